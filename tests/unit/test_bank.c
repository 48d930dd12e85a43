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
	json_t *o;

	bank_json(b, mono_ms, &w);
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

static void leaves_out(void **state)
{
	struct bank b = { 0 };
	struct reading live = pack(20000, 53, 5, 50, 100), stale = pack(1000, 53, 5, 50, 100),
		       open = pack(20000, 53, 0, 50, 100), balancer;
	json_auto_t *o = NULL;

	(void)state;
	open.one[METRIC_DISCHARGE_FET] = 0;
	reading_init(&balancer, 1, 20000); /* JK04: a voltage and nothing else */
	balancer.one[METRIC_VOLTAGE] = 53;
	for (int i = 1; i <= 5; i++)
		bank_add(&b, i);
	bank_reading(&b, 1, &live);
	bank_reading(&b, 2, &stale);
	bank_reading(&b, 3, &open);
	bank_reading(&b, 4, &balancer); /* 5 never spoke */
	o = ask(&b, 21000);
	assert_int_equal(json_integer_value(json_object_get(o, "packs")), 5);
	assert_int_equal(json_integer_value(json_object_get(o, "packs_live")), 2);
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
	bank_reading(&b, 1, &r);
	o = ask(&b, 2000);
	assert_in_range((uintmax_t)value(o, "time_to_empty_s"), 50 * 3600 / 13, 50 * 3600 / 10);
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
		cmocka_unit_test(leaves_out),
		cmocka_unit_test(resting_has_no_times),
		cmocka_unit_test(times_are_smoothed),
		cmocka_unit_test(full_bank),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
