/* Outages: what begins and ends one, what its cause is, what a restart makes of it. */
#include "pipe/outage.h"
#include "svitlo/jw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WALL 4000000000000ll

struct
try {
	struct outage o;
	struct device d;
};

/* The next event, as text; "" for none. Wall and monotonic clock go on together. */
static const char *next(struct try *t, int64_t ms)
{
	static char text[400];
	struct jw w = { 0 };
	struct outage_event ev = outage_step(&t->o, &t->d, ms, WALL + ms, &w);

	text[0] = '\0';
	if (ev.kind)
		snprintf(text, sizeof(text), "%lld %s %s", (long long)(ev.t_ms - WALL), ev.kind,
			 jw_text(&w));
	jw_free(&w);
	return text;
}

static const char *becomes(struct try *t, int64_t ms, enum device_state s, const char *reason)
{
	t->d.state = s;
	t->d.reason = reason;
	snprintf(t->d.detail, sizeof(t->d.detail), "%s", reason ? "why" : "");
	return next(t, ms);
}

static void not_before_it_was_live(void **state)
{
	struct try t = { 0 };

	(void)state;
	assert_string_equal(becomes(&t, 1000, DEVICE_SEARCHING, NULL), "");
	assert_string_equal(becomes(&t, 2000, DEVICE_LOST, "connect_failed"), "");
	assert_string_equal(next(&t, 60000), "");
	assert_string_equal(becomes(&t, 61000, DEVICE_LIVE, NULL), "");
}

static void lost_and_back(void **state)
{
	struct try t = { 0 };

	(void)state;
	becomes(&t, 1000, DEVICE_LIVE, NULL);
	outage_reading(&t.o, 5000);
	assert_string_equal(becomes(&t, 5500, DEVICE_LOST, "link_dropped"), ""); /* cause settles */
	assert_string_equal(becomes(&t, 6000, DEVICE_SEARCHING, "not_seen"), "");
	assert_string_equal(next(&t, 7500), "5500 device_lost {\"reason\":\"link_dropped\","
					    "\"detail\":\"why\",\"silent_ms\":500}");
	assert_string_equal(becomes(&t, 8000, DEVICE_CONNECTING, NULL), "");
	t.d.cure = "reconnect";
	assert_string_equal(becomes(&t, 9500, DEVICE_LIVE, NULL),
			    "9500 device_back {\"reason\":\"link_dropped\",\"lost_ms\":4500,"
			    "\"cure\":\"reconnect\"}");
	assert_string_equal(next(&t, 9500), "");
}

/* Both are told, in order, also when it is back before the cause has settled. */
static void short_outage(void **state)
{
	struct try t = { 0 };

	(void)state;
	becomes(&t, 1000, DEVICE_LIVE, NULL);
	outage_reading(&t.o, 1000);
	assert_string_equal(becomes(&t, 1200, DEVICE_LOST, "link_dropped"), "");
	assert_string_equal(becomes(&t, 1900, DEVICE_LIVE, NULL),
			    "1200 device_lost {\"reason\":\"link_dropped\",\"detail\":\"why\","
			    "\"silent_ms\":200}");
	assert_string_equal(next(&t, 1900), "1900 device_back {\"reason\":\"link_dropped\","
					    "\"lost_ms\":900,\"cure\":null}");
	assert_string_equal(next(&t, 1900), "");
}

static void silence_is_told_at_once(void **state)
{
	struct try t = { 0 };

	(void)state;
	becomes(&t, 1000, DEVICE_LIVE, NULL);
	outage_reading(&t.o, 1000);
	assert_string_equal(becomes(&t, 11000, DEVICE_SILENT, "silent"),
			    "11000 device_lost {\"reason\":\"silent\",\"detail\":\"why\","
			    "\"silent_ms\":10000}");
	assert_string_equal(becomes(&t, 15000, DEVICE_LOST, "silent"), "");
	assert_string_equal(becomes(&t, 15100, DEVICE_UNAVAILABLE, "adapter_restarting"), "");
	assert_non_null(strstr(becomes(&t, 20000, DEVICE_LIVE, NULL), "\"reason\":\"silent\""));
}

/* A state without a reason: the first one that follows. */
static void reason_may_come_later(void **state)
{
	struct try t = { 0 };

	(void)state;
	becomes(&t, 1000, DEVICE_LIVE, NULL);
	assert_string_equal(becomes(&t, 2000, DEVICE_SEARCHING, NULL), "");
	assert_string_equal(becomes(&t, 2500, DEVICE_LOST, "not_seen"), "");
	assert_string_equal(becomes(&t, 3000, DEVICE_LOST, "connect_failed"), "");
	assert_non_null(strstr(next(&t, 4000), "\"reason\":\"not_seen\""));
}

static void adapter_is_the_cause(void **state)
{
	static const char lost[] =
		"5000 device_lost {\"reason\":\"adapter_off\",\"detail\":\"why\"}";
	struct try t = { 0 };

	(void)state;
	becomes(&t, 1000, DEVICE_LIVE, NULL);
	assert_string_equal(becomes(&t, 5000, DEVICE_LOST, "link_dropped"), "");
	assert_string_equal(becomes(&t, 5300, DEVICE_UNAVAILABLE, "adapter_off"), lost);
	assert_string_equal(becomes(&t, 9000, DEVICE_UNAVAILABLE, "bluez_unavailable"), "");
	assert_string_equal(becomes(&t, 20000, DEVICE_LIVE, NULL),
			    "20000 device_back {\"reason\":\"adapter_off\",\"lost_ms\":15000,"
			    "\"cure\":null}");
	/* an adapter that goes later is not why the link dropped */
	becomes(&t, 30000, DEVICE_LOST, "link_dropped");
	assert_string_equal(becomes(&t, 32500, DEVICE_LOST, "link_dropped"),
			    "30000 device_lost {\"reason\":\"link_dropped\",\"detail\":\"why\"}");
	assert_string_equal(becomes(&t, 33000, DEVICE_UNAVAILABLE, "adapter_off"), "");
	assert_non_null(strstr(becomes(&t, 40000, DEVICE_LIVE, NULL), "link_dropped"));
}

static void owner_lets_go(void **state)
{
	static const enum device_state lets_go[] = { DEVICE_RELEASED, DEVICE_DISABLED };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct try t = { 0 };

		becomes(&t, 1000, DEVICE_LIVE, NULL);
		assert_string_equal(becomes(&t, 2000, lets_go[i], NULL), "");
		assert_string_equal(becomes(&t, 3000, DEVICE_SEARCHING, NULL), "");
		assert_string_equal(next(&t, 60000), "");
		assert_string_equal(becomes(&t, 61000, DEVICE_LIVE, NULL), "");
		/* what was lost before he did is said, and is over when it is back */
		becomes(&t, 70000, DEVICE_LOST, "link_dropped");
		assert_non_null(strstr(becomes(&t, 70500, lets_go[i], NULL), "70000 device_lost"));
		assert_non_null(strstr(becomes(&t, 80000, DEVICE_LIVE, NULL), "\"lost_ms\":10000"));
	}
}

static void a_stop_tells_what_it_knows(void **state)
{
	struct outage_event ev;
	struct try t = { 0 };
	struct jw w = { 0 };

	(void)state;
	becomes(&t, 1000, DEVICE_LIVE, NULL);
	ev = outage_let_go(&t.o, &w); /* while live: no outage */
	assert_null(ev.kind);
	becomes(&t, 2000, DEVICE_LIVE, NULL);
	becomes(&t, 3000, DEVICE_LOST, "link_dropped");
	ev = outage_let_go(&t.o, &w);
	assert_string_equal(ev.kind, "device_lost");
	assert_int_equal(ev.t_ms, WALL + 3000);
	jw_free(&w);
}

static void goes_on_over_a_restart(void **state)
{
	struct try t = { 0 };

	(void)state;
	outage_resume(&t.o, WALL - 60000, "silent");
	assert_string_equal(becomes(&t, 1000, DEVICE_SEARCHING, NULL), "");
	assert_string_equal(becomes(&t, 4000, DEVICE_LIVE, NULL),
			    "4000 device_back {\"reason\":\"silent\",\"lost_ms\":64000,"
			    "\"cure\":null}");
	outage_resume(&t.o, WALL + 60000, ""); /* the clock was set back */
	assert_string_equal(becomes(&t, 5000, DEVICE_LIVE, NULL),
			    "5000 device_back {\"reason\":null,\"lost_ms\":0,\"cure\":null}");
}

static void one_record_a_device(void **state)
{
	static struct outages all;
	struct outage *one;
	bool first;

	(void)state;
	one = outage_of(&all, 1, &first);
	assert_true(first);
	outage_resume(one, WALL, "silent");
	assert_ptr_equal(outage_of(&all, 1, &first), one);
	assert_false(first);
	for (int i = 2; i <= OUTAGES_MAX; i++)
		assert_non_null(outage_of(&all, i, &first));
	assert_null(outage_of(&all, 1000, &first));
	assert_false(first);
	outage_forget(&all, 1);
	one = outage_of(&all, 1, &first);
	assert_true(first);
	assert_false(one->lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_before_it_was_live),
		cmocka_unit_test(lost_and_back),
		cmocka_unit_test(short_outage),
		cmocka_unit_test(adapter_is_the_cause),
		cmocka_unit_test(silence_is_told_at_once),
		cmocka_unit_test(reason_may_come_later),
		cmocka_unit_test(owner_lets_go),
		cmocka_unit_test(a_stop_tells_what_it_knows),
		cmocka_unit_test(goes_on_over_a_restart),
		cmocka_unit_test(one_record_a_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
