/* Is the grid there: witnesses, doubts, several inverters, restarts. */
#include "pipe/house.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 1795561049000ll

static struct reading see(int64_t s, double relay, double volts, double hertz)
{
	struct reading r;

	reading_init(&r, T0 + s * 1000, 1000 + s * 1000);
	r.kind = READING_INVERTER;
	r.fresh_ms = 15000;
	r.one[METRIC_GRID_RELAY] = relay;
	r.one[METRIC_GRID_FREQUENCY] = hertz;
	reading_many(&r, METRIC_GRID_VOLTAGES, 1)[0] = volts;
	return r;
}

static void test_witnesses(void **state)
{
	static const struct {
		double relay, volts, hertz;
		enum grid_state says;
	} rows[] = {
		{ 1, 230, 50, GRID_PRESENT },	 { 0, 0, 0, GRID_ABSENT },
		{ 1, 150, 50, GRID_PRESENT }, /* a dip */
		{ 1, 20, 50, GRID_PRESENT },  /* a deep one */
		{ 0, 230, 50, GRID_PRESENT }, /* back, and the inverter still waits */
		{ 1, 0, 0, GRID_ABSENT },     /* a relay that says nothing */
		{ 0, 12, 0, GRID_ABSENT },    /* induced */
		{ NAN, 230, 50, GRID_PRESENT },	 { NAN, 0, 0, GRID_ABSENT },
		{ NAN, 230, 0, GRID_UNKNOWN },	 { 1, NAN, NAN, GRID_UNKNOWN },
		{ NAN, NAN, NAN, GRID_UNKNOWN }, { 1, 120, 60, GRID_PRESENT },
	};
	struct reading r;
	double *v;

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		r = see(0, rows[i].relay, rows[i].volts, rows[i].hertz);
		if (grid_witness(&r) != rows[i].says)
			fail_msg("row %zu: %s", i, grid_state_name(grid_witness(&r)));
	}
	/* what is suspect is not heard */
	r = see(0, 0, 0, 0);
	metric_set_add(&r.suspect, METRIC_GRID_RELAY);
	metric_set_add(&r.suspect, METRIC_GRID_FREQUENCY);
	assert_int_equal(grid_witness(&r), GRID_UNKNOWN);
	/* one phase is lost, then two */
	r = see(0, 0, 0, 50);
	v = reading_many(&r, METRIC_GRID_VOLTAGES, 3);
	v[0] = 0;
	v[1] = v[2] = 230;
	assert_int_equal(grid_witness(&r), GRID_PRESENT);
	v[1] = 0;
	r.one[METRIC_GRID_FREQUENCY] = 0;
	assert_int_equal(grid_witness(&r), GRID_ABSENT);
}

static bool feed(struct grid *g, int64_t s, bool there)
{
	struct reading r = see(s, there, there ? 230 : 0, there ? 50 : 0);

	return grid_reading(g, 1, &r);
}

static struct grid_change step(struct grid *g, int64_t s)
{
	return grid_step(g, 1000 + s * 1000, T0 + s * 1000);
}

static void test_outage(void **state)
{
	struct grid g = { 0 };
	struct grid_change c;

	(void)state;
	assert_true(feed(&g, 0, true)); /* even the first is asked for again */
	assert_false(step(&g, 0).changed);
	assert_int_equal(g.state, GRID_UNKNOWN);
	assert_false(feed(&g, 1, true));
	assert_false(step(&g, 1).changed); /* it was there before, for all we know */
	assert_int_equal(g.state, GRID_PRESENT);
	assert_int_equal(g.since_ms, 0);
	assert_true(feed(&g, 6, false));
	assert_false(step(&g, 6).changed);
	assert_int_equal(g.state, GRID_PRESENT);
	assert_false(feed(&g, 7, false));
	c = step(&g, 7);
	assert_true(c.changed && c.to == GRID_ABSENT);
	assert_int_equal(c.t_ms, T0 + 6000); /* the first that saw it */
	assert_int_equal(c.unsure_ms, 0);
	assert_int_equal(g.since_ms, T0 + 6000);
	/* one reading that says otherwise is none */
	feed(&g, 12, true);
	feed(&g, 13, false);
	feed(&g, 18, true);
	feed(&g, 19, false);
	assert_false(step(&g, 19).changed);
	feed(&g, 100, true);
	feed(&g, 101, true);
	c = step(&g, 101);
	assert_true(c.changed && c.to == GRID_PRESENT);
	assert_int_equal(c.lost_ms, 94000);
	assert_true(c.unsure_ms > 60000); /* nobody looked for a while */
}

static void test_silence_is_unknown(void **state)
{
	struct grid g = { 0 };

	(void)state;
	feed(&g, 0, true);
	feed(&g, 1, true);
	step(&g, 1);
	assert_false(step(&g, 30).changed);
	assert_int_equal(g.state, GRID_PRESENT);
	assert_false(step(&g, 40).changed);
	assert_int_equal(g.state, GRID_UNKNOWN);
	assert_int_equal(g.known, GRID_PRESENT);
	feed(&g, 50, true);
	assert_false(step(&g, 50).changed); /* it was there all along, for all we know */
	assert_int_equal(g.state, GRID_PRESENT);
	grid_remove(&g, 1);
	step(&g, 51);
	assert_int_equal(g.state, GRID_UNKNOWN);
}

static void test_over_a_restart(void **state)
{
	const struct grid_past past = { .known = GRID_ABSENT,
					.since_ms = T0 - 3600000,
					.seen_ms = T0 - 3600000 };
	struct grid g = { 0 };
	struct grid_change c;

	(void)state;
	grid_resume(&g, &past);
	feed(&g, 0, false);
	feed(&g, 1, false);
	assert_false(step(&g, 1).changed);
	assert_int_equal(g.since_ms, T0 - 3600000);
	feed(&g, 6, true);
	feed(&g, 7, true);
	c = step(&g, 7);
	assert_true(c.changed);
	assert_int_equal(c.lost_ms, 3606000);
	/* it came back while nobody looked */
	grid_resume(&g, &past);
	c = step(&g, 8);
	assert_true(c.changed && c.to == GRID_PRESENT && c.unsure_ms > 3500000);
}

/* An inverter without a relay may hang on the output of one that makes a grid of its own. */
static void test_several(void **state)
{
	struct grid g = { 0 };
	struct reading hybrid = see(0, 0, 0, 0), micro = see(0, NAN, 230, 50);

	(void)state;
	for (int i = 0; i < 2; i++) {
		grid_reading(&g, 1, &micro);
		grid_reading(&g, 2, &hybrid);
	}
	step(&g, 0);
	assert_int_equal(g.state, GRID_ABSENT);
	/* a second hybrid that sees it: the first one's breaker is off */
	hybrid = see(0, 1, 231, 50);
	grid_reading(&g, 3, &hybrid);
	grid_reading(&g, 3, &hybrid);
	step(&g, 0);
	assert_int_equal(g.state, GRID_PRESENT);
	/* where there is no other, the micro-inverter is heard */
	grid_remove(&g, 2);
	grid_remove(&g, 3);
	step(&g, 0);
	assert_int_equal(g.state, GRID_PRESENT);
	for (int i = 0; i <= GRID_INVERTERS_MAX; i++)
		grid_reading(&g, 100 + i, &hybrid);
	assert_int_equal(g.n, GRID_INVERTERS_MAX);
}

/* ---- an outage over restarts, as the house tells it ---- */

struct life {
	struct house *house;
	char *kept;	/* in live.db */
	char *of_disk;	/* as the last commit has it */
	json_t *events; /* [{t_ms, kind, data}] */
	double soc;
};

static char *life_recall(void *ud)
{
	struct life *l = ud;

	return l->kept ? strdup(l->kept) : NULL;
}

static void life_keep(void *ud, const char *json)
{
	struct life *l = ud;

	free(l->kept);
	l->kept = strdup(json);
}

static void life_event(void *ud, int64_t t_ms, const char *kind, const char *json)
{
	struct life *l = ud;
	json_t *data = json_loads(json, 0, NULL);

	assert_non_null(data);
	json_array_append_new(l->events, json_pack("{s:I, s:s, s:o}", "t_ms", (json_int_t)t_ms,
						   "kind", kind, "data", data));
}

static void life_hurry(void *ud, int64_t device)
{
	(void)ud;
	(void)device;
}

static char *energy_recall(void *ud, int64_t device)
{
	(void)ud;
	(void)device;
	return NULL;
}

static void energy_keep(void *ud, int64_t device, const char *json)
{
	(void)ud;
	(void)device;
	(void)json;
}

static bool energy_load(void *ud, int64_t device, const char *day, struct energy_day *ret)
{
	(void)ud;
	(void)device;
	(void)day;
	(void)ret;
	return false;
}

static void energy_save(void *ud, int64_t device, const struct energy_day *d)
{
	(void)ud;
	(void)device;
	(void)d;
}

static void life_begin(struct life *l)
{
	const struct house_owner owner = { .hurry = life_hurry,
					   .event = life_event,
					   .recall = life_recall,
					   .keep = life_keep,
					   .energy = { energy_recall, energy_keep, energy_load,
						       energy_save, NULL },
					   .ud = l };

	free(l->house);
	l->house = calloc(1, sizeof(*l->house));
	assert_non_null(l->house);
	house_init(l->house, &owner);
	house_add(l->house, 1);
}

static void life_watch(struct life *l, int64_t from_s, int64_t to_s, bool there)
{
	for (int64_t s = from_s; s <= to_s; s += 5) {
		struct reading r = see(s, there, there ? 230 : 0, there ? 50 : 0);

		l->soc -= there ? 0 : 0.05;
		r.one[METRIC_BATTERY_SOC] = l->soc;
		r.one[METRIC_BATTERY_POWER] = there ? 0 : -3000;
		house_reading(l->house, 1, &r);
		if (s % 60 == 0) { /* a commit */
			free(l->of_disk);
			l->of_disk = l->kept ? strdup(l->kept) : NULL;
		}
	}
}

static int64_t of_event(const struct life *l, size_t i, const char *key)
{
	const json_t *ev = json_array_get(l->events, i);
	const json_t *v = json_object_get(json_object_get(ev, "data"), key);

	return json_is_number(v) ? (int64_t)json_number_value(v) : -1;
}

/* The grid goes at 600 s and is back at 1200 s. The collector is away from `from` to `to`. */
static void test_outage_is_whole_over_a_restart(void **state)
{
	static const struct {
		const char *what;
		int64_t from, to;
		bool cut; /* the power: what is not on the disk is gone */
		int64_t lost_s, unsure_s, back_unsure_s;
	} rows[] = {
		{ "killed before it", 500, 505, false, 600, 0, 0 },
		{ "killed a second before it, back at once", 595, 605, false, 595, 0, 0 },
		{ "killed as it began", 595, 660, false, 540, 65, 0 },
		{ "killed in it", 800, 805, false, 600, 0, 0 },
		{ "away for a while in it", 800, 1000, false, 600, 0, 0 },
		{ "killed when it ended", 1195, 1260, false, 660, 0, 65 },
		{ "a power cut before it", 500, 560, true, 600, 0, 0 },
		{ "a power cut as it began", 595, 660, true, 540, 120, 0 },
		{ "a power cut a minute after its begin", 665, 900, true, 600, 0, 0 },
		{ "a power cut in it", 1000, 1100, true, 600, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct life l = { .events = json_array(), .soc = 80 };
		size_t last;

		print_message("%s\n", rows[i].what);
		life_begin(&l);
		for (int64_t s = 0; s <= 1800; s += 5) {
			if (s == rows[i].to) {
				if (rows[i].cut) {
					free(l.kept);
					l.kept = l.of_disk ? strdup(l.of_disk) : NULL;
				}
				life_begin(&l);
			}
			if (s <= rows[i].from || s >= rows[i].to)
				life_watch(&l, s, s, s < 600 || s >= 1200);
		}
		last = json_array_size(l.events) - 1;
		assert_int_equal(last, 1);
		assert_int_equal(of_event(&l, 1, "lost_ms"), rows[i].lost_s * 1000);
		assert_int_equal(of_event(&l, 0, "unsure_ms"),
				 rows[i].unsure_s ? rows[i].unsure_s * 1000 : -1);
		assert_int_equal(of_event(&l, 1, "unsure_ms"),
				 rows[i].back_unsure_s ? rows[i].back_unsure_s * 1000 : -1);
		assert_in_range(of_event(&l, 1, "soc_from"), 78, 80);
		assert_in_range(of_event(&l, 1, "soc_to"), 70, 77);
		json_decref(l.events);
		free(l.kept);
		free(l.of_disk);
		free(l.house);
	}
}

/* Met in the middle of an outage for the first time: how long it was is at least what we saw. */
static void test_first_look_in_an_outage(void **state)
{
	struct life l = { .events = json_array(), .soc = 80 };
	json_t *data;

	(void)state;
	life_begin(&l);
	life_watch(&l, 0, 600, false);
	assert_int_equal(json_array_size(l.events), 0);
	assert_true(l.house->grid.before);
	life_begin(&l);
	life_watch(&l, 605, 1200, false);
	life_watch(&l, 1205, 1300, true);
	assert_int_equal(json_array_size(l.events), 1);
	data = json_object_get(json_array_get(l.events, 0), "data");
	assert_true(json_is_true(json_object_get(data, "at_least")));
	assert_int_equal(of_event(&l, 0, "lost_ms"), 1205000);
	assert_int_equal(of_event(&l, 0, "soc_from"), 80);
	json_decref(l.events);
	free(l.kept);
	free(l.of_disk);
	free(l.house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_witnesses),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_silence_is_unknown),
		cmocka_unit_test(test_over_a_restart),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_outage_is_whole_over_a_restart),
		cmocka_unit_test(test_first_look_in_an_outage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
