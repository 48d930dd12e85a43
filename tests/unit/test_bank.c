/* The bank: packs of different size, stale ones, open MOSFETs, extremes, times. */
#include "pipe/bank.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct reading pack(int64_t mono_ms, double volts, double amps, double soc, double full)
{
	struct reading r;

	reading_init(&r, 1700000000000 + mono_ms, mono_ms);
	r.one[METRIC_VOLTAGE] = volts;
	r.one[METRIC_CURRENT] = amps;
	r.one[METRIC_POWER] = volts * amps;
	r.one[METRIC_SOC] = soc;
	r.one[METRIC_NOMINAL_AH] = full;
	r.one[METRIC_REMAINING_AH] = full * soc / 100;
	r.one[METRIC_DISCHARGE_FET] = 1;
	r.one[METRIC_CELL_MAX] = volts / 16 + 0.01;
	r.one[METRIC_CELL_MAX_NUMBER] = 3;
	r.one[METRIC_CELL_MIN] = volts / 16 - 0.01;
	r.one[METRIC_CELL_MIN_NUMBER] = 5;
	return r;
}

static json_t *ask(struct bank *b, int64_t mono_ms)
{
	struct jw w = { 0 };
	struct reading r;
	json_t *o;

	bank_json(b, mono_ms, &w, &r);
	o = json_loads(jw_text(&w), 0, NULL);
	assert_non_null(o);
	jw_free(&w);
	return o;
}

static double value(json_t *o, const char *key)
{
	json_t *v = json_object_get(json_object_get(o, "values"), key);

	return v ? json_number_value(v) : NAN;
}

static void sums_and_weights(void **state)
{
	struct bank b = { 0 };
	struct reading one = pack(1000, 53.0, -10, 50, 100), two = pack(1000, 53.2, -20, 80, 300);
	json_auto_t *o = NULL;

	(void)state;
	assert_int_equal(bank_add(&b, 1), 0);
	assert_int_equal(bank_add(&b, 2), 0);
	assert_int_equal(bank_add(&b, 2), 0); /* twice is once */
	bank_reading(&b, 1, &one);
	bank_reading(&b, 2, &two);
	bank_reading(&b, 9, &two); /* not of the bank */
	o = ask(&b, 2000);
	assert_int_equal(json_integer_value(json_object_get(o, "packs")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), 2);
	assert_float_equal(value(o, "current"), -30, 1e-9);
	assert_float_equal(value(o, "voltage"), 53.1, 1e-9);
	assert_float_equal(value(o, "soc"), 72.5, 1e-9); /* by capacity, not 65 */
	assert_float_equal(value(o, "remaining_ah"), 290, 1e-9);
	assert_float_equal(value(o, "time_to_empty_s"), 290.0 / 30 * 3600, 1);
	assert_true(isnan(value(o, "time_to_full_s")));
	assert_int_equal(json_integer_value(json_object_get(o, "max_device")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "min_device")), 1);
}

static void takes_a_whole_house(void **state)
{
	struct bank *b = calloc(1, sizeof(*b));
	struct reading live = pack(20000, 53, 5, 50, 100);
	json_auto_t *o = NULL;

	(void)state;
	for (int i = 1; i <= DEVICES_MAX; i++) {
		assert_int_equal(bank_add(b, i), 0);
		bank_reading(b, i, &live);
	}
	o = ask(b, 21000);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), DEVICES_MAX);
	assert_float_equal(value(o, "current"), 5 * DEVICES_MAX, 1e-6);
	free(b);
}

static void leaves_out(void **state)
{
	struct bank b = { 0 };
	struct reading live = pack(20000, 53, 5, 50, 100), stale = pack(1000, 53, 5, 50, 100),
		       open = pack(20000, 59, 0, 50, 100), balancer, dumb = live;
	SV_AUTO_FREE char *text = NULL;
	json_auto_t *o = NULL;

	(void)state;
	open.one[METRIC_DISCHARGE_FET] = 0;
	reading_init(&balancer, 1, 20000); /* JK04: a voltage and nothing else */
	balancer.one[METRIC_VOLTAGE] = 53;
	dumb.one[METRIC_VOLTAGE] = NAN;
	for (int i = 1; i <= 6; i++)
		bank_add(&b, i);
	bank_reading(&b, 6, &dumb);
	bank_reading(&b, 1, &live);
	bank_reading(&b, 2, &stale);
	bank_reading(&b, 3, &open);
	bank_reading(&b, 4, &balancer); /* 5 never spoke */
	o = ask(&b, 21000);
	assert_int_equal(json_integer_value(json_object_get(o, "packs")), 6);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), 2);
	text = json_dumps(json_object_get(o, "left_out"), JSON_COMPACT);
	assert_string_equal(text, "[{\"device\":2,\"why\":\"stale\"},"
				  "{\"device\":3,\"why\":\"discharge_off\"},"
				  "{\"device\":5,\"why\":\"stale\"},"
				  "{\"device\":6,\"why\":\"no_voltage\"}]");
	/* the open pack's cells are the extremes of nothing that can be drawn from */
	assert_float_equal(value(o, "cell_max"), live.one[METRIC_CELL_MAX], 1e-3);
	assert_float_equal(value(o, "current"), 5, 1e-9);
	assert_float_equal(value(o, "nominal_ah"), 100, 1e-9);
	assert_float_equal(value(o, "soc"), 50, 1e-9);
	assert_float_equal(value(o, "time_to_full_s"), 50.0 / 5 * 3600, 1);
	bank_remove(&b, 1);
	bank_remove(&b, 4);
	json_decref(SV_STEAL(o));
	o = ask(&b, 21000);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), 0);
	assert_true(isnan(value(o, "current"))); /* missing is missing, never 0 */
}

static void resting_has_no_times(void **state)
{
	struct bank b = { 0 };
	struct reading r = pack(1000, 53, 0.05, 50, 100);
	json_auto_t *o = NULL;

	(void)state;
	bank_add(&b, 1);
	bank_reading(&b, 1, &r);
	o = ask(&b, 1000);
	assert_true(isnan(value(o, "time_to_full_s")));
	assert_true(isnan(value(o, "time_to_empty_s")));
}

static void times_are_smoothed(void **state)
{
	struct bank b = { 0 };
	struct reading r = pack(1000, 53, -10, 50, 100);
	json_auto_t *o = NULL;

	(void)state;
	bank_add(&b, 1);
	bank_reading(&b, 1, &r);
	json_decref(ask(&b, 1000));
	r.one[METRIC_CURRENT] = -100; /* a kettle for a second */
	r.mono_ms = 2000;
	bank_reading(&b, 1, &r);
	o = ask(&b, 2000);
	assert_in_range((uintmax_t)value(o, "time_to_empty_s"), 50 * 3600 / 13, 50 * 3600 / 10);
}

/* A second of the bank: each pack says its current. */
static json_t *second(struct bank *b, int64_t mono_ms, double a1, double a2)
{
	struct reading one = pack(mono_ms, 53, a1, 50, 100), two = pack(mono_ms, 53, a2, 50, 100);

	bank_reading(b, 1, &one);
	bank_reading(b, 2, &two);
	return ask(b, mono_ms);
}

static bool has(json_t *o, const char *key)
{
	return !isnan(value(o, key));
}

static void a_balancer_spoils_nothing(void **state)
{
	struct reading one = pack(1000, 53.0, -10, 50, 100), two = pack(1000, 53.0, -10, 80, 300),
		       balancer = pack(1000, 53.0, 0, 0, 500),
		       no_soc = pack(1000, 53.0, -5, 0, 100);
	struct bank b = { 0 };
	json_auto_t *o = NULL;

	(void)state;
	balancer.one[METRIC_CURRENT] = balancer.one[METRIC_POWER] = NAN;
	balancer.one[METRIC_SOC] = balancer.one[METRIC_REMAINING_AH] = NAN;
	balancer.one[METRIC_DISCHARGE_FET] = NAN;
	balancer.one[METRIC_CELL_MIN] = 2.9;
	balancer.one[METRIC_CELL_MIN_NUMBER] = 9;
	balancer.one[METRIC_CELL_MAX] = NAN;
	no_soc.one[METRIC_SOC] = no_soc.one[METRIC_REMAINING_AH] = NAN;
	for (int i = 1; i <= 4; i++)
		bank_add(&b, i);
	bank_reading(&b, 4, &no_soc);
	bank_reading(&b, 3, &balancer);
	bank_reading(&b, 1, &one);
	bank_reading(&b, 2, &two);
	o = ask(&b, 1500);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), 4);
	assert_float_equal(value(o, "soc"), 72.5, 1e-9);
	assert_float_equal(value(o, "current"), -25, 1e-9);
	assert_float_equal(value(o, "remaining_ah"), 290, 1e-9);
	assert_float_equal(value(o, "nominal_ah"), 400, 1e-9);
	/* only from packs that say how much they have and how much goes */
	assert_float_equal(value(o, "time_to_empty_s"), 290.0 / 20 * 3600, 1);
	assert_float_equal(value(o, "cell_min"), 2.9, 1e-9);
	assert_float_equal(value(o, "cell_min_number"), 9, 1e-9);
	assert_int_equal(json_integer_value(json_object_get(o, "min_device")), 3);
	assert_int_equal(json_integer_value(json_object_get(o, "max_device")), 1);
}

static void small_currents_do_not_flip(void **state)
{
	struct bank b = { 0 };
	int64_t t = 1000;
	json_t *o;

	(void)state;
	bank_add(&b, 1);
	bank_add(&b, 2);
	o = second(&b, t, -5, -5); /* 200 Ah: rests below 0.4 A, once it moves below 0.2 A */
	assert_true(has(o, "time_to_empty_s"));
	json_decref(o);
	for (int i = 0; i < 600; i++)
		json_decref(second(&b, t += 1000, -0.15, -0.15));
	o = second(&b, t += 1000, -0.15, -0.15);
	assert_true(has(o, "time_to_empty_s")); /* 0.3 A, still */
	json_decref(o);
	for (int i = 0; i < 600; i++) { /* around zero: neither, and never the other one */
		o = second(&b, t += 1000, i & 1 ? 0.3 : -0.3, 0);
		assert_false(has(o, "time_to_full_s"));
		if (i > 120)
			assert_false(has(o, "time_to_empty_s"));
		json_decref(o);
	}
	for (int i = 0; i < 600; i++) { /* 0.3 A is not enough to begin */
		o = second(&b, t += 1000, 0.15, 0.15);
		assert_false(has(o, "time_to_full_s"));
		json_decref(o);
	}
	for (int i = 0; i < 600; i++)
		json_decref(second(&b, t += 1000, 1, 1));
	o = second(&b, t += 1000, 1, 1);
	assert_float_equal(value(o, "time_to_full_s"), 100.0 / 2 * 3600, 60);
	assert_false(has(o, "time_to_empty_s"));
	json_decref(o);
}

static void a_pack_that_takes_nothing_is_not_waited_for(void **state)
{
	struct reading one = pack(1000, 53, 10, 90, 100), two = pack(1000, 53, 0, 50, 100);
	struct bank b = { 0 };
	json_t *o;

	(void)state;
	one.one[METRIC_CHARGE_FET] = 1;
	two.one[METRIC_CHARGE_FET] = 0;
	bank_add(&b, 1);
	bank_add(&b, 2);
	bank_reading(&b, 1, &one);
	bank_reading(&b, 2, &two);
	o = ask(&b, 1000);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), 2);
	assert_float_equal(value(o, "soc"), 70, 1e-9); /* what it has counts */
	assert_float_equal(value(o, "time_to_full_s"), 10.0 / 10 * 3600, 1);
	json_decref(o);
	one.one[METRIC_CHARGE_FET] = 0;
	bank_reading(&b, 1, &one);
	o = ask(&b, 1000);
	assert_false(has(o, "time_to_full_s")); /* never, not at once */
	json_decref(o);
	one.one[METRIC_CHARGE_FET] = 1;
	one.one[METRIC_REMAINING_AH] = 101; /* counts on above its capacity */
	bank_reading(&b, 1, &one);
	o = ask(&b, 1000);
	assert_float_equal(value(o, "time_to_full_s"), 0, 1e-9);
	json_decref(o);
}

/* Falls out for a while: the other's time is its own at once, and both's when it is back. */
static void a_pack_that_falls_out_leaves_no_trace(void **state)
{
	struct reading one = pack(1000, 53, -10, 50, 100), two = pack(1000, 53, -30, 50, 100);
	struct bank b = { 0 };
	json_t *o;

	(void)state;
	bank_add(&b, 1);
	bank_add(&b, 2);
	bank_reading(&b, 1, &one);
	bank_reading(&b, 2, &two);
	one.mono_ms = 12000;
	bank_reading(&b, 1, &one);
	o = ask(&b, 12000);
	assert_float_equal(value(o, "time_to_empty_s"), 50.0 / 10 * 3600, 1);
	json_decref(o);
	two.mono_ms = 13000;
	bank_reading(&b, 2, &two);
	o = ask(&b, 13000);
	assert_float_equal(value(o, "time_to_empty_s"), 100.0 / 40 * 3600, 1);
	json_decref(o);
}

/* An outage: two packs charge for ten minutes, then carry a load that is switched on and off. The
 * time is right two seconds after each step, and what flickers for one reading changes nothing. */
static void a_step_begins_the_average_anew(void **state)
{
	static const double amps[] = { 40, -35, -50, -44, 12, -0.9, -35, 3 };
	struct bank b = { 0 };
	int64_t t = 1000;
	json_t *o;

	(void)state;
	bank_add(&b, 1);
	bank_add(&b, 2);
	for (size_t i = 0; i < SV_LEN(amps); i++) {
		double a = amps[i], truth = 100 / fabs(2 * a) * 3600;
		const char *key = a < 0 ? "time_to_empty_s" : "time_to_full_s";

		for (int s = 0; s < 600; s++) {
			double noise = s % 3 ? 0.02 : -0.04;
			bool glitch = s == 100;

			o = second(&b, t += 1000, glitch ? -a * 3 : a * (1 + noise),
				   a * (1 - noise));
			if (s >= 1 && fabs(value(o, key) - truth) > truth / 10)
				fail_msg("%g A, second %d: %g s, not %g", a, s, value(o, key),
					 truth);
			if (s >= 1)
				assert_false(has(o, a < 0 ? "time_to_full_s" : "time_to_empty_s"));
			json_decref(o);
		}
	}
}

static void is_as_good_as_its_worst_pack(void **state)
{
	struct reading one = pack(1000, 53, -10, 50, 100), two = pack(1500, 53, -30, 50, 100);
	struct summary sum;
	struct bank b = { 0 };
	struct reading whole;
	struct jw w = { 0 };

	(void)state;
	bank_add(&b, 1);
	bank_add(&b, 2);
	two.quality = QUALITY_SUSPECT;
	bank_reading(&b, 1, &one);
	bank_reading(&b, 2, &two);
	sum = bank_json(&b, 2000, &w, &whole);
	assert_int_equal(sum.quality, QUALITY_SUSPECT);
	assert_int_equal(sum.t_ms, two.t_ms);
	assert_int_equal(whole.kind, READING_BANK);
	assert_int_equal(whole.t_ms, two.t_ms);
	assert_int_equal(whole.quality, QUALITY_SUSPECT);
	assert_true(whole.one[METRIC_VOLTAGE] > 0);
	assert_int_equal(sum.fresh_ms, READING_FRESH_MS);
	jw_reset(&w);
	two.one[METRIC_DISCHARGE_FET] = 0;
	bank_reading(&b, 2, &two);
	assert_int_equal(bank_json(&b, 2000, &w, &whole).quality, QUALITY_OK);
	jw_free(&w);
}

static void full_bank(void **state)
{
	struct bank b = { 0 };

	(void)state;
	for (int i = 1; i <= BANK_PACKS_MAX; i++)
		assert_int_equal(bank_add(&b, i), 0);
	assert_true(bank_add(&b, 1000) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_and_weights),
		cmocka_unit_test(takes_a_whole_house),
		cmocka_unit_test(leaves_out),
		cmocka_unit_test(resting_has_no_times),
		cmocka_unit_test(times_are_smoothed),
		cmocka_unit_test(a_balancer_spoils_nothing),
		cmocka_unit_test(small_currents_do_not_flip),
		cmocka_unit_test(a_pack_that_takes_nothing_is_not_waited_for),
		cmocka_unit_test(a_pack_that_falls_out_leaves_no_trace),
		cmocka_unit_test(a_step_begins_the_average_anew),
		cmocka_unit_test(is_as_good_as_its_worst_pack),
		cmocka_unit_test(full_bank),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
