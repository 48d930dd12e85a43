/*
 * Energy by day against a truth of its own: 30 random days with restarts, silences, glitches of
 * counters and nights of the clock change; and each rule alone.
 */
#include "pipe/energy.h"
#include "svitlo/util.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAYS_MAX 64
#define HOUR_MS	 3600000ll

/* Where the sums are kept, over restarts. */
struct kept {
	char *json;
	struct energy_day days[DAYS_MAX];
	unsigned n;
};

static char *on_recall(void *ud, int64_t device)
{
	const struct kept *k = ud;

	(void)device;
	return k->json ? strdup(k->json) : NULL;
}

static void on_keep(void *ud, int64_t device, const char *json)
{
	struct kept *k = ud;

	(void)device;
	free(k->json);
	k->json = strdup(json);
}

static struct energy_day *day_of(struct kept *k, const char *day)
{
	for (unsigned i = 0; i < k->n; i++)
		if (strcmp(k->days[i].day, day) == 0)
			return &k->days[i];
	return NULL;
}

static bool on_load(void *ud, int64_t device, const char *day, struct energy_day *ret)
{
	const struct energy_day *d = day_of(ud, day);

	(void)device;
	if (d)
		*ret = *d;
	return d != NULL;
}

static void on_save(void *ud, int64_t device, const struct energy_day *d)
{
	struct kept *k = ud;
	struct energy_day *old = day_of(k, d->day);

	(void)device;
	assert_true(k->n < DAYS_MAX);
	if (!old)
		old = &k->days[k->n++];
	else
		for (int c = 0; c < ENERGY__MAX; c++) /* sums only grow */
			assert_true(isnan(old->wh[c]) || d->wh[c] >= old->wh[c] - 1e-6);
	*old = *d;
}

static struct energy *new_energy(struct kept *k)
{
	struct energy *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	e->owner = (struct energy_owner){ on_recall, on_keep, on_load, on_save, k };
	return e;
}

static void free_kept(struct kept *k)
{
	free(k->json);
	*k = (struct kept){ 0 };
}

static struct reading at(int64_t t_ms, double pv)
{
	struct reading r;

	reading_init(&r, t_ms, t_ms - 1795000000000);
	r.kind = READING_INVERTER;
	r.fresh_ms = 15000;
	r.one[METRIC_PV_POWER] = pv;
	r.one[METRIC_CLOCK_DRIFT_S] = 0;
	return r;
}

static double wh(struct kept *k, const char *day, enum energy_channel c)
{
	const struct energy_day *d = day_of(k, day);

	return d ? d->wh[c] : NAN;
}

static void near(double a, double b, double by)
{
	if (!(fabs(a - b) <= by))
		fail_msg("%f is not %f", a, b);
}

static void test_integral(void **state)
{
	struct kept k = { 0 };
	struct energy *e = new_energy(&k);
	const int64_t t0 = 1795608000000; /* 12:00 UTC on 2026-11-25 */

	(void)state;
	zone_set("UTC", NULL);
	for (int i = 0; i <= 720; i++) {
		struct reading r = at(t0 + i * 5000, 1000);

		r.one[METRIC_GRID_POWER] = i < 360 ? 600 : -200;
		r.one[METRIC_BATTERY_POWER] = i < 360 ? -500 : 900;
		energy_reading(e, 1, &r);
	}
	near(wh(&k, "2026-11-25", ENERGY_PV), 1000, 0.01);
	near(wh(&k, "2026-11-25", ENERGY_IMPORT), 300, 1);
	near(wh(&k, "2026-11-25", ENERGY_EXPORT), 100, 1);
	near(wh(&k, "2026-11-25", ENERGY_DISCHARGE), 250, 1);
	near(wh(&k, "2026-11-25", ENERGY_CHARGE), 450, 1);
	assert_true(isnan(wh(&k, "2026-11-25", ENERGY_LOAD))); /* unknown is not 0 */
	near(k.days[0].measured_s, 3600, 1);
	near(energy_total(e, ENERGY_PV), 1000, 0.01);
	free(e);
	free_kept(&k);
}

/* Suspect power is not counted, and nothing is made up over a long silence. */
static void test_not_counted(void **state)
{
	struct kept k = { 0 };
	struct energy *e = new_energy(&k);
	const int64_t t0 = 1795608000000;

	(void)state;
	for (int i = 0; i <= 720; i++) {
		struct reading r = at(t0 + i * 5000, i % 10 == 5 ? 1e6 : 1000);

		if (i % 10 == 5)
			metric_set_add(&r.suspect, METRIC_PV_POWER);
		energy_reading(e, 1, &r);
	}
	near(wh(&k, "2026-11-25", ENERGY_PV), 1000, 0.1);
	energy_reading(e, 1, &(struct reading){ .kind = READING_INVERTER }); /* 1970 */
	for (int i = 0; i < 3; i++) {
		struct reading r = at(t0 + 3 * HOUR_MS + i * 5000, 1000);

		energy_reading(e, 1, &r);
	}
	near(wh(&k, "2026-11-25", ENERGY_PV), 1000 + 1000 * 10 / 3600.0, 0.1);
	free(e);
	free_kept(&k);
}

static void test_midnight(void **state)
{
	struct kept k = { 0 };
	struct energy *e = new_energy(&k);
	const int64_t midnight = 1795651200000; /* 2026-11-26 */

	(void)state;
	for (int i = -720; i <= 720; i++) {
		struct reading r = at(midnight + i * 5000 + 2000, 1000);

		energy_reading(e, 1, &r);
	}
	near(wh(&k, "2026-11-25", ENERGY_PV), 1000, 1);
	near(wh(&k, "2026-11-26", ENERGY_PV), 1000, 1);
	near(wh(&k, "2026-11-25", ENERGY_PV) + wh(&k, "2026-11-26", ENERGY_PV), 2000, 0.01);
	free(e);
	free_kept(&k);
}

/* ---- 30 days ---- */

struct truth {
	double wh[ENERGY__MAX];		   /* since the start */
	double day[DAYS_MAX][ENERGY__MAX]; /* by civil day, in the order of the days */
	double day_counter[ENERGY__MAX];   /* of the inverter */
	char days[DAYS_MAX][ZONE_DAY_MAX];
	unsigned n;
};

static double random_unit(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 8 & 0xFFFF) / 65536.0;
}

struct weather {
	double cloud, load;
};

static void powers(struct weather *w, int64_t t_ms, unsigned *seed, double ret[ENERGY__MAX])
{
	double hour = fmod((double)(t_ms + zone_offset_ms(t_ms)) / 3.6e6, 24);
	double sun = hour > 6 && hour < 18 ? 5000 * sin((hour - 6) / 12 * M_PI) : 0, grid, battery;

	w->cloud += (0.7 - w->cloud) * 0.01 + (random_unit(seed) - 0.5) * 0.15;
	w->cloud = fmin(1, fmax(0.1, w->cloud));
	w->load += (700 + 900 * random_unit(seed) - w->load) * 0.1;
	ret[ENERGY_PV] = sun * w->cloud;
	ret[ENERGY_LOAD] = w->load;
	battery = fmax(-1500, fmin(2000, ret[ENERGY_PV] - w->load));
	grid = w->load + battery - ret[ENERGY_PV];
	ret[ENERGY_CHARGE] = fmax(battery, 0);
	ret[ENERGY_DISCHARGE] = fmax(-battery, 0);
	ret[ENERGY_IMPORT] = fmax(grid, 0);
	ret[ENERGY_EXPORT] = fmax(-grid, 0);
	ret[ENERGY_GEN] = 0;
}

static void truth_add(struct truth *t, int64_t t_ms, const double w[ENERGY__MAX], double s)
{
	struct zone_day d = zone_day(t_ms);

	if (!t->n || strcmp(t->days[t->n - 1], d.text) != 0) {
		memcpy(t->days[t->n++], d.text, ZONE_DAY_MAX);
		memset(t->day_counter, 0, sizeof(t->day_counter));
	}
	for (int c = 0; c < ENERGY__MAX; c++) {
		double by = w[c] * s / 3600;

		t->wh[c] += by;
		t->day[t->n - 1][c] += by;
		t->day_counter[c] += by;
	}
}

static const enum metric totals[ENERGY__MAX] = { METRIC_TOTAL_PV_WH,	 METRIC_TOTAL_LOAD_WH,
						 METRIC_TOTAL_IMPORT_WH, METRIC_TOTAL_EXPORT_WH,
						 METRIC_TOTAL_CHARGE_WH, METRIC_TOTAL_DISCHARGE_WH,
						 METRIC_TOTAL_GEN_WH };
static const enum metric days[ENERGY__MAX] = { METRIC_DAY_PV_WH,     METRIC_DAY_LOAD_WH,
					       METRIC_DAY_IMPORT_WH, METRIC_DAY_EXPORT_WH,
					       METRIC_DAY_CHARGE_WH, METRIC_DAY_DISCHARGE_WH,
					       METRIC_DAY_GEN_WH };

static double steps(double v)
{
	return floor(v / ENERGY_STEP_WH) * ENERGY_STEP_WH;
}

struct counters {
	double total[ENERGY__MAX], day[ENERGY__MAX];
};

static struct reading shown(int64_t t_ms, const double w[ENERGY__MAX], const struct counters *n)
{
	struct reading r = at(t_ms, round(w[ENERGY_PV]));

	r.one[METRIC_LOAD_POWER] = round(w[ENERGY_LOAD]);
	r.one[METRIC_GRID_POWER] = round(w[ENERGY_IMPORT] - w[ENERGY_EXPORT]);
	r.one[METRIC_BATTERY_POWER] = round(w[ENERGY_CHARGE] - w[ENERGY_DISCHARGE]);
	for (int c = 0; c < ENERGY__MAX; c++) {
		r.one[totals[c]] = n->total[c];
		r.one[days[c]] = n->day[c];
	}
	return r;
}

static void random_month(const char *zone, int64_t t0, unsigned seed)
{
	struct kept k = { 0 };
	struct energy *e = new_energy(&k);
	struct truth *t = calloc(1, sizeof(*t));
	struct weather sky = { 0.7, 800 };
	struct counters n = { 0 };
	int64_t blind_until = 0;
	double worst = 0, most = 0;
	unsigned gaps = 0;

	assert_non_null(t);
	zone_set(zone, NULL);
	for (int64_t s = 0; s < 31 * 86400; s += 5) {
		int64_t now = t0 + s * 1000;
		double w[ENERGY__MAX];
		struct reading r;

		powers(&sky, now, &seed, w);
		truth_add(t, now, w, 5);
		if (s % 30 == 0)
			for (int c = 0; c < ENERGY__MAX; c++) {
				n.total[c] = steps(1e6 + c * 12345 + t->wh[c]);
				n.day[c] = steps(t->day_counter[c]);
			}
		if (now < blind_until)
			continue;
		if (random_unit(&seed) < 1.0 / 5000) { /* some 3 a day: silent, or restarted */
			double how = random_unit(&seed);

			blind_until = now + (int64_t)(how * how * how * 4 * HOUR_MS) + 10000;
			gaps++;
			if (how > 0.3) {
				free(e);
				e = new_energy(&k);
			}
			continue;
		}
		r = shown(now, w, &n);
		if (random_unit(&seed) < 0.001)
			for (int c = 0; c < ENERGY__MAX; c++)
				r.one[totals[c]] = 0;
		if (random_unit(&seed) < 0.001)
			for (int c = 0; c < ENERGY__MAX; c++)
				metric_set_add(&r.suspect, totals[c]);
		energy_reading(e, 1, &r);
	}
	for (unsigned i = 1; i + 1 < t->n; i++)
		for (int c = 0; c < ENERGY__MAX; c++) {
			double have = wh(&k, t->days[i], (enum energy_channel)c), by;

			if (t->day[i][c] < 1)
				continue;
			by = fabs(have - t->day[i][c]) / t->day[i][c];
			worst = fmax(worst, t->day[i][c] > 2000 ? by : 0);
			most = fmax(most, fabs(have - t->day[i][c]));
			/* the counters have steps: after a gap a part of one may be in doubt */
			if (!(fabs(have - t->day[i][c]) <=
			      fmax(0.01 * t->day[i][c], ENERGY_STEP_WH)))
				fail_msg("%s: %s is %.0f Wh, not %.0f", t->days[i],
					 energy_channel_name((enum energy_channel)c), have,
					 t->day[i][c]);
		}
	print_message("%u days in %s, %u gaps: at most %.2f %% off (of 2 kWh and more), %.0f Wh\n",
		      t->n - 2, zone, gaps, worst * 100, most);
	assert_true(worst < 0.01);
	free(t);
	free(e);
	free_kept(&k);
}

static void test_month(void **state)
{
	(void)state;
	random_month("Europe/Kyiv", 1795561049000, 1);
	random_month("Europe/Kyiv", 1791500000000 + 365 * 86400000ll,
		     2); /* over the autumn night */
	random_month("Europe/Kyiv", 1773500000000 + 365 * 86400000ll, 3); /* and the spring one */
	random_month("America/New_York", 1795561049000, 4);
}

/* A counter that falls, or jumps without a gap, changes nothing of ours. */
static void test_glitches(void **state)
{
	struct kept k = { 0 };
	struct energy *e = new_energy(&k);
	const int64_t t0 = 1795608000000;

	(void)state;
	zone_set("UTC", NULL);
	for (int i = 0; i <= 2880; i++) {
		struct reading r = at(t0 + i * 5000, 1000);
		double total = 5e6 + floor(i * 5 / 360.0) * 100;

		/* nothing for a moment; another inverter from the second hour on */
		r.one[METRIC_TOTAL_PV_WH] = i % 100 == 50 ? 0 : i > 1440 ? total - 4e6 : total;
		if (i > 2000)
			r.one[METRIC_TOTAL_PV_WH] += 90000;
		energy_reading(e, 1, &r);
	}
	near(wh(&k, "2026-11-25", ENERGY_PV), 4000, 1);
	near(k.days[0].filled_wh, 0, 0.1);
	free(e);
	free_kept(&k);
}

/* Counters that turn out to count whole kWh, tenfold from one life to the next: nothing is filled
 * in; and a later gap is filled by them, to a step. */
static void test_another_unit(void **state)
{
	struct kept k = { 0 };
	const int64_t t0 = 1795608000000;
	double filled = 0;

	(void)state;
	zone_set("UTC", NULL);
	for (int life = 0; life < 3; life++) {
		struct energy *e = new_energy(&k);
		double unit = life ? 10 : 1;

		for (int i = 0; i <= 2880; i++) {
			double hours = 5 * life + i * 5 / 3600.0;
			struct reading r = at(t0 + 5 * life * HOUR_MS + i * 5000, 1000);

			r.total_step_wh = unit * 100;
			r.one[METRIC_TOTAL_PV_WH] = floor(5000 + hours) * 100 * unit;
			energy_reading(e, 1, &r);
		}
		free(e);
		if (life == 1)
			near(k.days[0].filled_wh, 0, 0.1);
		filled = k.days[0].filled_wh;
	}
	near(filled, 1000, 1000);
	assert_true(filled > 0);
	free_kept(&k);
}

/* A gap over midnight: what the day's own counter says is the new day's. */
static void test_gap_over_midnight(void **state)
{
	struct kept k = { 0 };
	struct energy *e = new_energy(&k);
	const int64_t midnight = 1795651200000;

	(void)state;
	for (int pass = 0; pass < 2; pass++) { /* before and after */
		for (int i = 0; i < 1440; i++) {
			int64_t t = midnight + (pass ? 2 : -4) * HOUR_MS + i * 5000;
			double since = (double)(t - (midnight - 4 * HOUR_MS)) / 3.6e6 * 1000;
			double today = (double)(t - midnight) / 3.6e6 * 1000;
			struct reading r = at(t, 1000);

			/* 1 kW all the time, but 3 in the last hour of the old day */
			since += t > midnight ? 2000 : 0;
			r.one[METRIC_TOTAL_PV_WH] = steps(1e6 + 30 + since);
			r.one[METRIC_DAY_PV_WH] = t > midnight ? steps(today) : 20000;
			energy_reading(e, 1, &r);
		}
	}
	near(wh(&k, "2026-11-25", ENERGY_PV), 6000, ENERGY_STEP_WH);
	near(wh(&k, "2026-11-26", ENERGY_PV), 4000, ENERGY_STEP_WH);
	near(wh(&k, "2026-11-25", ENERGY_PV) + wh(&k, "2026-11-26", ENERGY_PV), 10000, 15);
	near(k.days[0].filled_wh, 4000, 100);
	free(e);
	free_kept(&k);
}

static void test_rubbish(void **state)
{
	static const char *const texts[] = { "",
					     "[]",
					     "{}",
					     "{\"pv\":1}",
					     "{\"t_ms\":\"x\",\"pv\":[]}",
					     "{\"t_ms\":1e300,\"pv\":[-5,null,\"x\"]}" };
	const int64_t t0 = 1795608000000;

	(void)state;
	for (size_t i = 0; i < SV_LEN(texts); i++) {
		struct kept k = { .json = strdup(texts[i]) };
		struct energy *e = new_energy(&k);

		for (int n = 0; n < 10; n++) {
			struct reading r = at(t0 + n * 5000, 3600);

			energy_reading(e, 1, &r);
		}
		near(energy_total(e, ENERGY_PV), 45, 0.01);
		free(e);
		free_kept(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integral),	  cmocka_unit_test(test_not_counted),
		cmocka_unit_test(test_midnight),	  cmocka_unit_test(test_month),
		cmocka_unit_test(test_glitches),	  cmocka_unit_test(test_another_unit),
		cmocka_unit_test(test_gap_over_midnight), cmocka_unit_test(test_rubbish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
