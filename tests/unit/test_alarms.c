/* When alarms began and ended: doubts, flicker, restarts. */
#include "pipe/alarms.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 1795561049000ll

struct life {
	struct alarms alarms;
	struct alarms_owner owner;
	char *kept;
	json_t *events; /* [{kind, t_s, name, for_ms}] */
};

static const char *name_of(unsigned bit)
{
	static const char *const names[] = { "cell_overvoltage", "mos_overtemperature" };

	return names[bit];
}

static char *recall(void *ud, int64_t device)
{
	struct life *l = ud;

	assert_int_equal(device, 7);
	return l->kept ? strdup(l->kept) : NULL;
}

static void keep(void *ud, int64_t device, const char *json)
{
	struct life *l = ud;

	assert_int_equal(device, 7);
	free(l->kept);
	l->kept = strdup(json);
}

static void event(void *ud, int64_t t_ms, int64_t device, const char *kind, const char *json)
{
	struct life *l = ud;
	json_t *o = json_loads(json, 0, NULL);

	assert_int_equal(device, 7);
	assert_non_null(o);
	json_object_set_new(o, "kind", json_string(kind));
	json_object_set_new(o, "t_s", json_integer((t_ms - T0) / 1000));
	json_array_append_new(l->events, o);
}

static struct life *life_new(void)
{
	struct life *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->owner = (struct alarms_owner){ recall, keep, event, l };
	l->events = json_array();
	return l;
}

static void life_free(struct life *l)
{
	alarms_free(&l->alarms);
	json_decref(l->events);
	free(l->kept);
	free(l);
}

static void hear(struct life *l, int64_t s, uint64_t errors)
{
	struct reading r;

	reading_init(&r, T0 + s * 1000, 1000 + s * 1000);
	r.errors = (struct reading_names){ true, errors, name_of };
	alarms_reading(&l->alarms, 7, &r, &l->owner);
}

static void is(const struct life *l, size_t i, const char *kind, const char *name, int64_t t_s)
{
	const json_t *o = json_array_get(l->events, i);

	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), kind);
	assert_string_equal(json_string_value(json_object_get(o, "name")), name);
	assert_int_equal(json_integer_value(json_object_get(o, "t_s")), t_s);
}

static int64_t for_ms(const struct life *l, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(l->events, i), "for_ms"));
}

static void begins_and_ends(void **state)
{
	struct life *l = life_new();

	(void)state;
	for (int s = 0; s < 10; s++)
		hear(l, s, 0);
	hear(l, 10, 3); /* a damaged frame */
	hear(l, 11, 0);
	assert_int_equal(json_array_size(l->events), 0);
	for (int s = 20; s < 50; s++)
		hear(l, s, s < 30 ? 1 : 3);
	for (int s = 50; s < 200; s++)
		hear(l, s, 2);
	is(l, 0, "alarm_began", "cell_overvoltage", 20);
	is(l, 1, "alarm_began", "mos_overtemperature", 30);
	is(l, 2, "alarm_ended", "cell_overvoltage", 50);
	assert_int_equal(for_ms(l, 2), 30000);
	assert_int_equal(json_array_size(l->events), 3);
	life_free(l);
}

/* In every rhythm, for a week: a bounded number of events, and the first one at once. */
static void flicker_is_bounded(void **state)
{
	static const int every_s[] = { 1, 2, 7, 59, 61, 90, 300, 1800, 5000 };

	(void)state;
	for (size_t i = 0; i < SV_LEN(every_s); i++) {
		struct life *l = life_new();
		size_t n;

		for (int s = 0; s < 7 * 86400; s += every_s[i] < 10 ? 1 : 5)
			hear(l, s, s / every_s[i] & 1);
		n = json_array_size(l->events);
		print_message("every %d s: %zu events in a week\n", every_s[i], n);
		if (n > 7 * 24 * 2)
			fail_msg("%zu events", n);
		if (every_s[i] == 1)
			assert_int_equal(n, 0); /* never two readings in a row */
		else
			is(l, 0, "alarm_began", "cell_overvoltage",
			   every_s[i] < 10 || every_s[i] % 5 == 0 ? every_s[i]
								  : (every_s[i] / 5 + 1) * 5);
		life_free(l);
	}
}

/* What stood is not told again, and what ended meanwhile has ended; silence ends nothing. */
static void over_a_restart(void **state)
{
	struct life *l = life_new();
	struct reading mute;

	(void)state;
	for (int s = 0; s < 10; s++)
		hear(l, s, 3);
	assert_int_equal(json_array_size(l->events), 2);
	alarms_free(&l->alarms);
	for (int s = 1000; s < 1010; s++)
		hear(l, s, 3);
	assert_int_equal(json_array_size(l->events), 2);
	alarms_free(&l->alarms);
	for (int s = 2000; s < 2100; s++)
		hear(l, s, 1);
	assert_int_equal(json_array_size(l->events), 3);
	is(l, 2, "alarm_ended", "mos_overtemperature", 2000);
	assert_int_equal(for_ms(l, 2), 2000000);
	reading_init(&mute, T0 + 3000000, 3000000);
	for (int i = 0; i < 200; i++) {
		mute.mono_ms += 1000;
		alarms_reading(&l->alarms, 7, &mute, &l->owner);
	}
	assert_int_equal(json_array_size(l->events), 3);
	/* a device that was removed leaves nothing */
	alarms_forget(&l->alarms, 7);
	alarms_forget(&l->alarms, 7);
	assert_null(l->alarms.devices);
	life_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_and_ends),
		cmocka_unit_test(flicker_is_bounded),
		cmocka_unit_test(over_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
