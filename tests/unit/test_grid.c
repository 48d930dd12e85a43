/* Is the grid there: witnesses, doubts, several inverters, restarts. */
#include "pipe/grid.h"
#include "svitlo/util.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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
	struct grid g = { 0 };
	struct grid_change c;

	(void)state;
	grid_resume(&g, GRID_ABSENT, T0 - 3600000);
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
	grid_resume(&g, GRID_ABSENT, T0 - 3600000);
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
	for (int i = 0; i < 100; i++)
		grid_reading(&g, 100 + i, &hybrid);
	assert_int_equal(g.n, GRID_INVERTERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_witnesses),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_silence_is_unknown),
		cmocka_unit_test(test_over_a_restart),
		cmocka_unit_test(test_several),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
