#include "deye.h"

#include "svitlo/util.h"

#include <math.h>
#include <stdlib.h>

#define RATED_UNKNOWN_W 36000 /* the largest string that is believed */
#define PV_MOST		2.0   /* times rated power: strings are often larger than the inverter */
#define OUT_MOST	1.1
#define BATTERY_MOST	1.5
#define NONSENSE	3   /* so many values out of range: nothing of it is believed */
#define SLACK_WH	200 /* two steps of a counter */
#define MIDNIGHT_MS	900000
#define NOTHING_WH	300 /* a counter that has just begun */

static const enum metric totals[DEYE_COUNTERS] = {
	METRIC_TOTAL_PV_WH,	METRIC_TOTAL_LOAD_WH,	METRIC_TOTAL_IMPORT_WH,
	METRIC_TOTAL_EXPORT_WH, METRIC_TOTAL_CHARGE_WH, METRIC_TOTAL_DISCHARGE_WH,
	METRIC_TOTAL_GEN_WH,
};
static const enum metric days[DEYE_COUNTERS] = {
	METRIC_DAY_PV_WH,     METRIC_DAY_LOAD_WH,      METRIC_DAY_IMPORT_WH, METRIC_DAY_EXPORT_WH,
	METRIC_DAY_CHARGE_WH, METRIC_DAY_DISCHARGE_WH, METRIC_DAY_GEN_WH,
};
/* Times rated power: what passes through the inverter, and what passes it by. */
static const double most[DEYE_COUNTERS] = { PV_MOST, 4, 4, 4, BATTERY_MOST, BATTERY_MOST, 4 };

static bool is_flow(int m)
{
	return m >= METRIC_PV_POWER && m < METRIC__MAX && metrics[m].kind != METRIC_COUNTER;
}

/* -> how many are out of range */
static unsigned check_ranges(struct reading *r)
{
	unsigned bad = 0;

	for (int m = METRIC_PV_POWER; m < METRIC__MAX; m++) {
		unsigned n, out = 0;
		const double *v = reading_get(r, (enum metric)m, &n);

		for (unsigned i = 0; i < n; i++)
			out += !isnan(v[i]) && !metric_sane((enum metric)m, v[i]);
		if (out)
			metric_set_add(&r->suspect, (enum metric)m);
		bad += out;
	}
	return bad;
}

static unsigned check_rated(const struct deye_unit *u, struct reading *r)
{
	const struct {
		enum metric metric;
		double times;
	} limits[] = { { METRIC_PV_POWER, PV_MOST },
		       { METRIC_INVERTER_POWER, OUT_MOST },
		       { METRIC_BATTERY_POWER, BATTERY_MOST } };
	unsigned bad = 0;

	if (r->one[METRIC_PV_POWER] > fmax(RATED_UNKNOWN_W, PV_MOST * u->rated_w)) {
		metric_set_add(&r->suspect, METRIC_PV_POWER);
		bad++;
	}
	for (size_t i = 0; u->rated_w > 0 && i < SV_LEN(limits); i++) {
		if (!(fabs(r->one[limits[i].metric]) > limits[i].times * u->rated_w))
			continue;
		metric_set_add(&r->suspect, limits[i].metric);
		bad++;
	}
	return bad;
}

static bool none_of(const struct reading *r, enum metric m)
{
	unsigned n;
	const double *v = reading_get(r, m, &n);

	for (unsigned i = 0; i < n; i++)
		if (v[i] > 0)
			return false;
	return true;
}

/* Who speaks has a voltage somewhere: a block of zeros passes every check sum. Panels tell only of
 * who has no battery: they may have been asked for at another time than the rest. */
static bool is_all_zero(const struct reading *r)
{
	bool hybrid = !isnan(r->one[METRIC_BATTERY_VOLTAGE]);

	return none_of(r, METRIC_GRID_VOLTAGES) && none_of(r, METRIC_INVERTER_VOLTAGES) &&
	       none_of(r, METRIC_LOAD_VOLTAGES) && none_of(r, METRIC_BATTERY_VOLTAGE) &&
	       (hybrid || none_of(r, METRIC_PV_VOLTAGES));
}

static void all_suspect(struct reading *r)
{
	for (int m = METRIC_PV_POWER; m < METRIC__MAX; m++) {
		unsigned n;

		reading_get(r, (enum metric)m, &n);
		if (n)
			metric_set_add(&r->suspect, (enum metric)m);
	}
}

/* Could it have grown by so much in the time since? */
static bool can_grow(double from, double to, int64_t ms, double watts)
{
	return to >= from && to - from <= watts * (double)ms / 3.6e6 + SLACK_WH;
}

static bool check_total(struct deye_counter *c, double v, double watts, int64_t now_ms)
{
	if (!c->known || can_grow(c->good, v, now_ms - c->good_ms, watts)) {
		*c = (struct deye_counter){ .known = true, .good = v, .good_ms = now_ms };
		return true;
	}
	/* the inverter was replaced, or its memory lost: the new value stays and goes on from there
	 */
	if (!c->odd_ms || !can_grow(c->odd, v, now_ms - c->odd_ms, watts)) {
		c->odd = v;
		c->odd_ms = now_ms;
	}
	if (now_ms - c->odd_ms < DEYE_ODD_MS || v == 0)
		return false;
	*c = (struct deye_counter){ .known = true, .good = v, .good_ms = now_ms };
	return true;
}

/*
 * Has it begun with the house's day? A counter of PV may begin when the inverter wakes: there was
 * nothing to count before. The others have missed what was before.
 */
static bool check_day(struct deye_counter *c, double v, bool late_is_fine, double drift_s,
		      int64_t day_ms, const struct reading *r)
{
	bool right_clock = !(fabs(drift_s) * 1000 > MIDNIGHT_MS);
	bool midnight = llabs(r->t_ms - day_ms) <= MIDNIGHT_MS;

	if (c->known && v < c->good && v <= NOTHING_WH)
		c->reset_ms = r->t_ms;
	else if (v <= 0 && midnight)
		c->reset_ms = day_ms;
	else if (!c->known && right_clock && !midnight)
		c->reset_ms = day_ms; /* met in the middle of a day: nothing speaks against it */
	c->known = true;
	c->good = v;
	return v <= 0 || (c->reset_ms >= day_ms - MIDNIGHT_MS && right_clock &&
			  (late_is_fine || c->reset_ms <= day_ms + MIDNIGHT_MS));
}

static void check_counters(struct deye_watch *w, const struct deye_unit *u, int64_t day_ms,
			   struct reading *r)
{
	double rated = u->rated_w > 0 ? u->rated_w : RATED_UNKNOWN_W;

	for (int i = 0; i < DEYE_COUNTERS; i++) {
		double total = r->one[totals[i]], day = r->one[days[i]];

		if (!isnan(total) && !check_total(&w->total[i], total, most[i] * rated, r->mono_ms))
			metric_set_add(&r->suspect, totals[i]);
		if (!isnan(day) &&
		    !check_day(&w->day[i], day, days[i] == METRIC_DAY_PV_WH, u->drift_s, day_ms, r))
			metric_set_add(&r->suspect, days[i]);
	}
}

void deye_check(struct deye_watch *w, const struct deye_unit *u, int64_t day_ms, struct reading *r)
{
	unsigned bad = check_ranges(r) + check_rated(u, r);

	if (bad >= NONSENSE || is_all_zero(r))
		all_suspect(r);
	else
		check_counters(w, u, day_ms, r);
	/* a counter that starts late does not spoil what is measured now */
	for (int m = 0; m < METRIC__MAX; m++)
		if (is_flow(m) && metric_set_has(&r->suspect, (enum metric)m))
			r->quality = QUALITY_SUSPECT;
}
