/* The house, out of its inverters: who has the clamp, what adds up, what is left out. */
#include "pipe/house.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0    1795561049000ll
#define NONE  NAN
#define SUN   NAN, NAN, NAN /* an inverter without a battery: no clamp, no inside, no load */
#define FRESH 15000

static char *recall_none(void *ud, int64_t device)
{
	(void)ud;
	(void)device;
	return NULL;
}

static void keep_none(void *ud, int64_t device, const char *json)
{
	(void)ud;
	(void)device;
	(void)json;
}

static bool load_none(void *ud, int64_t device, const char *day, struct energy_day *ret)
{
	(void)ud;
	(void)device;
	(void)day;
	(void)ret;
	return false;
}

static void save_none(void *ud, int64_t device, const struct energy_day *d)
{
	(void)ud;
	(void)device;
	(void)d;
}

static void hurry_none(void *ud, int64_t device)
{
	(void)ud;
	(void)device;
}

static void event_none(void *ud, int64_t t_ms, const char *kind, const char *json)
{
	(void)ud;
	(void)t_ms;
	(void)kind;
	(void)json;
}

static char *grid_none(void *ud)
{
	(void)ud;
	return NULL;
}

static void keep_grid_none(void *ud, const char *json)
{
	(void)ud;
	(void)json;
}

static const struct house_owner nobody = {
	.hurry = hurry_none,
	.event = event_none,
	.recall = grid_none,
	.keep = keep_grid_none,
	.energy = { recall_none, keep_none, load_none, save_none, NULL },
};

struct inverter {
	double output, ct, inside, load;
};

static void tell(struct house *h, int64_t device, int64_t s, const struct inverter *v)
{
	struct reading r;

	reading_init(&r, T0 + s * 1000, 1000 + s * 1000);
	r.kind = READING_INVERTER;
	r.fresh_ms = FRESH;
	r.one[METRIC_INVERTER_POWER] = v->output;
	r.one[METRIC_CT_POWER] = v->ct;
	r.one[METRIC_INSIDE_POWER] = v->inside;
	r.one[METRIC_GRID_POWER] = isnan(v->ct) ? v->inside : v->ct;
	r.one[METRIC_LOAD_POWER] = v->load;
	house_reading(h, device, &r);
}

static json_t *say(const struct house *h, int64_t s)
{
	struct jw w = { 0 };
	struct reading r;
	json_t *o;

	house_json(h, 1000 + s * 1000, T0 + s * 1000, &w, &r);
	o = json_loads(jw_text(&w), 0, NULL);
	jw_free(&w);
	assert_non_null(o);
	return o;
}

static void expect(const json_t *o, const char *key, double v)
{
	const json_t *got = json_object_get(json_object_get(o, "values"), key);

	if (isnan(v) ? got != NULL : !json_is_number(got) || fabs(json_number_value(got) - v) > 0.5)
		fail_msg("%s: %s, %g expected", key, got ? "another value" : "none", v);
}

static void test_who_sees_the_mains(void **state)
{
	static const struct {
		const char *what;
		struct inverter all[3];
		double grid, load;
	} rows[] = {
		{ "one with a clamp", { { 900, 300, -100, 1200 } }, 300, 1200 },
		{ "one without", { { 900, NONE, -100, 800 } }, -100, 800 },
		{ "two without", { { 900, NONE, -100, 800 }, { 500, NONE, 50, 550 } }, -50, 1350 },
		{ "the first has it",
		  { { 900, 300, -100, 1200 }, { 500, NONE, -50, 450 } },
		  300,
		  1700 },
		{ "the last has it",
		  { { 500, NONE, -50, 450 }, { 900, 300, -100, 1200 } },
		  300,
		  1700 },
		{ "it charges from its neighbour: it sees no load at all",
		  { { -500, 0, 700, 0 }, { 3000, SUN } },
		  0,
		  2500 },
		{ "each has one, on its own phase",
		  { { 900, 300, -100, 1200 }, { 500, -200, -300, 300 }, { 400, SUN } },
		  100,
		  1900 },
		{ "only sun, and nobody measures the house",
		  { { 400, SUN }, { 300, SUN } },
		  NAN,
		  NAN },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct house *h = calloc(1, sizeof(*h));
		json_t *o;

		assert_non_null(h);
		house_init(h, &nobody);
		for (int64_t d = 0; d < 3 && rows[i].all[d].output != 0; d++)
			house_add(h, d + 1);
		for (int64_t s = 0; s < 10; s += 5)
			for (unsigned d = 0; d < h->n; d++)
				tell(h, d + 1, s, &rows[i].all[d]);
		print_message("%s\n", rows[i].what);
		o = say(h, 5);
		expect(o, "grid_power", rows[i].grid);
		expect(o, "load_power", rows[i].load);
		json_decref(o);
		free(h);
	}
}

/* The one with the clamp is silent: what the other says of its own grid is not the house's. */
static void test_clamp_is_silent(void **state)
{
	struct house *h = calloc(1, sizeof(*h));
	json_t *o;

	(void)state;
	assert_non_null(h);
	house_init(h, &nobody);
	house_add(h, 1);
	house_add(h, 2);
	tell(h, 1, 0, &(struct inverter){ 900, 300, -100, 1200 });
	for (int64_t s = 0; s <= 60; s += 5)
		tell(h, 2, s, &(struct inverter){ 500, NONE, -50, 450 });
	o = say(h, 60);
	expect(o, "grid_power", NAN);
	expect(o, "load_power", NAN);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(o, "left_out"), 0)), 1);
	assert_int_equal(json_integer_value(json_object_get(o, "inverters_live")), 1);
	json_decref(o);
	house_remove(h, 1); /* it is gone for good: the other speaks for the house */
	tell(h, 2, 65, &(struct inverter){ 500, NONE, -50, 450 });
	o = say(h, 65);
	expect(o, "grid_power", -50);
	expect(o, "load_power", 450);
	json_decref(o);
	free(h);
}

/* Over an hour: the house's, not each inverter's. */
static void test_energy_is_the_houses(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	house_init(h, &nobody);
	house_add(h, 1);
	house_add(h, 2);
	for (int64_t s = 0; s <= 3600; s += 5) {
		tell(h, 1, s, &(struct inverter){ -500, 0, 700, 0 });
		tell(h, 2, s, &(struct inverter){ 3000, NONE, -2900, 100 });
	}
	assert_true(fabs(energy_total(&h->energy, ENERGY_LOAD) - 2500) < 5);
	assert_true(energy_total(&h->energy, ENERGY_IMPORT) < 1);
	assert_true(energy_total(&h->energy, ENERGY_EXPORT) < 1);
	free(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_sees_the_mains),
		cmocka_unit_test(test_clamp_is_silent),
		cmocka_unit_test(test_energy_is_the_houses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
