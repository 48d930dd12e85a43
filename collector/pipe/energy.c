#include "energy.h"

#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_HOUR   3.6e6
#define GAIN_WH	      1000 /* of the counter, over which it is compared */
#define GAIN_LEAST    0.5
#define GAIN_MOST     2
#define SMOOTH	      0.2   /* of a new comparison with the counter */
#define BRIDGE_MS     30000 /* power is taken to be in between over so much, or two fresh readings */
#define LOOK_MS	      30000 /* counters are read that seldom */
#define HALF_DAY_MS   43200000ll
#define CLOCK_WAIT_MS 60000
#define ODD_MS	      600000 /* a counter that is lower for so long has begun anew */

/* A channel: the part of a power that has its sign, and the inverter's counters of it. */
static const struct channel {
	const char *name;
	enum metric power;
	int sign; /* 0: the power has but one */
	enum metric total, day;
} channels[ENERGY__MAX] = {
	[ENERGY_PV] = { "pv", METRIC_PV_POWER, 0, METRIC_TOTAL_PV_WH, METRIC_DAY_PV_WH },
	[ENERGY_LOAD] = { "load", METRIC_LOAD_POWER, 0, METRIC_TOTAL_LOAD_WH, METRIC_DAY_LOAD_WH },
	[ENERGY_IMPORT] = { "import", METRIC_GRID_POWER, 1, METRIC_TOTAL_IMPORT_WH,
			    METRIC_DAY_IMPORT_WH },
	[ENERGY_EXPORT] = { "export", METRIC_GRID_POWER, -1, METRIC_TOTAL_EXPORT_WH,
			    METRIC_DAY_EXPORT_WH },
	[ENERGY_CHARGE] = { "charge", METRIC_BATTERY_POWER, 1, METRIC_TOTAL_CHARGE_WH,
			    METRIC_DAY_CHARGE_WH },
	[ENERGY_DISCHARGE] = { "discharge", METRIC_BATTERY_POWER, -1, METRIC_TOTAL_DISCHARGE_WH,
			       METRIC_DAY_DISCHARGE_WH },
	[ENERGY_GEN] = { "gen", METRIC_GEN_POWER, 1, METRIC_TOTAL_GEN_WH, METRIC_DAY_GEN_WH },
};

const char *energy_channel_name(enum energy_channel c)
{
	return channels[c].name;
}

static double believed(const struct reading *r, enum metric m)
{
	return metric_set_has(&r->suspect, m) ? NAN : r->one[m];
}

static double channel_watts(const struct reading *r, const struct channel *c)
{
	double w = believed(r, c->power);

	return isnan(w) ? NAN : c->sign ? fmax(w * c->sign, 0) : fmax(w, 0);
}

/* ---- what is kept ---- */

static void day_init(struct energy_day *d, const char *day)
{
	*d = (struct energy_day){ 0 };
	snprintf(d->day, sizeof(d->day), "%s", day);
	for (int c = 0; c < ENERGY__MAX; c++)
		d->wh[c] = NAN;
}

static void day_add(struct energy_day *d, int c, double wh)
{
	d->wh[c] = isnan(d->wh[c]) ? wh : d->wh[c] + wh;
}

/* The newest moment that any of it knows. */
static int64_t device_wall_ms(const struct energy_device *v)
{
	int64_t t = 0;

	for (int c = 0; c < ENERGY__MAX; c++)
		if (v->count[c].wall_ms > t)
			t = v->count[c].wall_ms;
	return t;
}

static void keep(const struct energy *e, const struct energy_device *v)
{
	struct jw w = { 0 };

	jw_obj(&w);
	jw_kint(&w, "t_ms", device_wall_ms(v));
	jw_kint(&w, "lag_ms", v->lag_ms);
	for (int c = 0; c < ENERGY__MAX; c++) {
		const struct energy_count *n = &v->count[c];

		jw_key(&w, channels[c].name);
		jw_arr(&w);
		jw_num(&w, n->total, 3);
		jw_num(&w, n->counter, 1);
		jw_num(&w, n->offset, 3);
		jw_num(&w, n->gain, 4);
		jw_num(&w, n->step, 0);
		jw_end(&w);
	}
	jw_end(&w);
	if (jw_text(&w))
		e->owner.keep(e->owner.ud, v->device, jw_text(&w));
	jw_free(&w);
}

static double number_at(const json_t *a, size_t i)
{
	const json_t *v = json_array_get(a, i);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void recall(const struct energy *e, struct energy_device *v)
{
	SV_AUTO_FREE char *text = e->owner.recall(e->owner.ud, v->device);
	json_auto_t *o = text ? json_loads(text, 0, NULL) : NULL;
	int64_t wall_ms = json_integer_value(json_object_get(o, "t_ms"));
	int64_t lag_ms = json_integer_value(json_object_get(o, "lag_ms"));

	v->own = NAN;
	v->lag_ms = llabs(lag_ms) < HALF_DAY_MS ? lag_ms : 0;
	for (int c = 0; c < ENERGY__MAX; c++) {
		const json_t *a = json_object_get(o, channels[c].name);
		double total = number_at(a, 0), gain = number_at(a, 3);
		double step = number_at(a, 4);

		v->count[c] = (struct energy_count){ .total = total > 0 ? total : 0,
						     .wall_ms = wall_ms,
						     .counter = number_at(a, 1),
						     .step = step > 0 ? step : ENERGY_STEP_WH,
						     .offset = number_at(a, 2),
						     .gain = gain >= GAIN_LEAST && gain <= GAIN_MOST
								     ? gain
								     : 1,
						     .step_counter = NAN };
		v->count[c].before = v->count[c].total;
	}
}

/* The day's sums so far: also when the clock was set back into another day. */
static void begin_day(const struct energy *e, struct energy_device *v, const char *day)
{
	if (!e->owner.load(e->owner.ud, v->device, day, &v->day))
		day_init(&v->day, day);
}

static struct energy_device *device_of(struct energy *e, int64_t id)
{
	struct energy_device *v;

	for (unsigned i = 0; i < e->n; i++)
		if (e->all[i].device == id)
			return &e->all[i];
	if (e->n == ENERGY_DEVICES_MAX)
		return NULL;
	v = &e->all[e->n++];
	*v = (struct energy_device){ .device = id };
	recall(e, v);
	return v;
}

void energy_remove(struct energy *e, int64_t device)
{
	for (unsigned i = 0; i < e->n; i++)
		if (e->all[i].device == device) {
			e->all[i] = e->all[--e->n];
			return;
		}
}

/* ---- gaps ---- */

/* So much of a past day. */
static void credit(const struct energy *e, const struct energy_device *v, const char *day, int c,
		   double wh)
{
	struct energy_day d;

	if (!e->owner.load(e->owner.ud, v->device, day, &d))
		day_init(&d, day);
	day_add(&d, c, wh);
	d.filled_wh += wh;
	e->owner.save(e->owner.ud, v->device, &d);
}

/* To the day that t_ms is in. */
static void fill_day(const struct energy *e, struct energy_device *v, int c, int64_t t_ms,
		     double wh)
{
	struct zone_day d = zone_day(t_ms);

	if (strcmp(d.text, v->day.day) != 0) {
		credit(e, v, d.text, c, wh);
		return;
	}
	day_add(&v->day, c, wh);
	v->day.filled_wh += wh;
}

/* Of wh that came in a gap over midnight, what belongs to the day that begins there. */
static double after_midnight(const struct energy_device *v, int c, int64_t midnight_ms, double wh,
			     const struct reading *r)
{
	const struct energy_count *n = &v->count[c];
	double drift_s = r->one[METRIC_CLOCK_DRIFT_S], own = r->one[channels[c].day];
	/* when the inverter's own counter of the day began */
	int64_t begun_ms =
		midnight_ms + v->lag_ms - (isnan(drift_s) ? 0 : (int64_t)(1000 * drift_s));
	double gap = (double)(n->gap_to_ms - n->gap_from_ms);
	double late = (double)(n->gap_to_ms - midnight_ms);

	if (isnan(own) || begun_ms >= n->gap_to_ms || begun_ms <= n->gap_from_ms)
		return wh * late / gap;	   /* it says nothing: by time */
	own = fmin(own + n->step / 2, wh); /* it has steps too */
	if (begun_ms < midnight_ms)
		return own * late / (double)(n->gap_to_ms - begun_ms);
	return own +
	       (wh - own) * (double)(begun_ms - midnight_ms) / (double)(begun_ms - n->gap_from_ms);
}

/* What the counter grew by in the gap, to the days that it went over. */
static void fill_gap(const struct energy *e, struct energy_device *v, int c, double wh,
		     const struct reading *r)
{
	struct energy_count *n = &v->count[c];
	struct zone_day last = zone_day(n->gap_to_ms);
	double before_ms = (double)(last.start_ms - n->gap_from_ms), late = wh;

	n->total += wh;
	if (before_ms > 0)
		late = after_midnight(v, c, last.start_ms, wh, r);
	for (int64_t t = n->gap_from_ms; t < last.start_ms; t = zone_day(t).end_ms)
		fill_day(e, v, c, t, (wh - late) * (double)(zone_day(t).end_ms - t) / before_ms);
	fill_day(e, v, c, n->gap_to_ms, late);
}

/* The counter was seen, but has not made a step since the gap: at least this much is missing. */
static void fill_at_least(const struct energy *e, struct energy_device *v, int c, double counter,
			  const struct reading *r)
{
	struct energy_count *n = &v->count[c];
	/* without a comparison before it, the middle of what may be */
	double ours = isnan(n->offset) ? n->counter + n->step / 2 + n->total - n->before
				       : n->offset + n->total;

	double more = counter - ours;

	if (more <= 0)
		return;
	fill_gap(e, v, c, more * n->gain, r);
	n->offset += more - more * n->gain;
}

/* Our count `total` and the counter's, at one of its steps. */
static void learn_gain(struct energy_count *n, double counter, double total)
{
	double gain;

	if (!isnan(n->step_counter)) {
		n->learn_counter += counter - n->step_counter;
		n->learn_total += total - n->step_total;
	}
	n->step_counter = counter;
	n->step_total = total;
	if (n->learn_counter < GAIN_WH)
		return;
	gain = n->learn_total / n->learn_counter;
	if (gain >= GAIN_LEAST && gain <= GAIN_MOST)
		n->gain += SMOOTH * (gain - n->gain);
	n->learn_counter = n->learn_total = 0;
}

static void on_step(const struct energy *e, struct energy_device *v, int c, double counter)
{
	struct energy_count *n = &v->count[c];
	double grown = counter - n->counter;
	/* it stepped somewhere between the two looks */
	double total = (n->before + n->total) / 2, offset = counter - total;
	double more = offset - n->offset;

	if (!n->gap)
		learn_gain(n, counter, total);
	if (n->gap && more > 0) { /* the rest of a gap, less than a step */
		n->total += more * n->gain;
		n->offset += more - more * n->gain;
		fill_day(e, v, c, n->rest_ms, more * n->gain);
	} else if (n->gap || isnan(n->offset)) {
		n->offset = offset;
	} else {
		/* it goes on as the two compare, and is drawn to what is seen */
		n->offset += grown - grown * n->gain;
		n->offset += SMOOTH * (offset - n->offset);
	}
	n->gap = false;
}

static bool is_odd(struct energy_count *n, double counter, int64_t mono_ms)
{
	if (isnan(n->counter) || counter >= n->counter) {
		n->odd_ms = 0;
		return false;
	}
	if (!n->odd_ms)
		n->odd_ms = mono_ms;
	return counter == 0 || mono_ms - n->odd_ms < ODD_MS;
}

/* A counter in another unit: what it was says nothing about what it is. */
static void see_step(struct energy_count *n, const struct reading *r)
{
	double step = r->total_step_wh > 0 ? r->total_step_wh : ENERGY_STEP_WH;

	if (n->step == step)
		return;
	n->step = step;
	n->counter = n->offset = n->step_counter = NAN;
	n->gap = false;
}

/* Compares our count with the inverter's. */
static void look_at_counter(const struct energy *e, struct energy_device *v, int c,
			    const struct reading *r)
{
	struct energy_count *n = &v->count[c];
	double counter = believed(r, channels[c].total), grown = counter - n->counter;
	bool stepped = grown > 0;

	if (isnan(counter) || is_odd(n, counter, r->mono_ms))
		return;
	/* its clock comes a little later */
	if (n->gap && !n->seen && isnan(r->one[METRIC_CLOCK_DRIFT_S]) &&
	    r->t_ms - n->gap_to_ms < CLOCK_WAIT_MS)
		return;
	if (n->gap && !n->seen && grown >= 0) {
		fill_at_least(e, v, c, counter, r);
	} else if (stepped && grown <= 2 * n->step + 2 * (n->total - n->before)) {
		on_step(e, v, c, counter);
	} else if (grown != 0) { /* another inverter, or a jump that was no gap of ours */
		n->offset = NAN;
		n->gap = false;
	}
	n->seen = true;
	n->counter = counter;
	if (!stepped && r->mono_ms - n->before_ms < LOOK_MS)
		return;
	n->before = n->total;
	n->before_ms = r->mono_ms;
}

/* When do its counters of the day begin anew? One that is 0 for a moment has not. */
static void watch_own_day(struct energy_device *v, const struct reading *r)
{
	struct zone_day d = zone_day(v->fell_wall_ms);
	double own = NAN, drift_s = r->one[METRIC_CLOCK_DRIFT_S];
	int64_t at_ms;

	for (int c = 0; c < ENERGY__MAX; c++)
		if (!isnan(r->one[channels[c].day]))
			own = (isnan(own) ? 0 : own) + r->one[channels[c].day];
	if (isnan(own) || r->quality != QUALITY_OK)
		return;
	if (v->fell_ms && own >= v->own_before) {
		v->fell_ms = 0;
	} else if (v->fell_ms && r->mono_ms - v->fell_ms >= ODD_MS) {
		at_ms = v->fell_wall_ms - d.start_ms;
		if (at_ms > HALF_DAY_MS)
			at_ms = v->fell_wall_ms - d.end_ms;
		v->lag_ms = at_ms + (isnan(drift_s) ? 0 : (int64_t)(1000 * drift_s));
		v->fell_ms = 0;
	} else if (!v->fell_ms && own < v->own && r->mono_ms - v->own_ms <= 2 * LOOK_MS) {
		v->own_before = v->own;
		v->fell_ms = r->mono_ms;
		v->fell_wall_ms = r->t_ms;
	}
	v->own = own;
	v->own_ms = r->mono_ms;
}

/* ---- counting ---- */

/* What came since the last reading; NAN: it cannot be told, and a gap has begun. */
static double count_up(struct energy_device *v, int c, const struct reading *r)
{
	struct energy_count *n = &v->count[c];
	double watts = channel_watts(r, &channels[c]);
	int64_t bridge = 2 * r->fresh_ms > BRIDGE_MS ? 2 * r->fresh_ms : BRIDGE_MS;
	double wh = NAN;

	if (isnan(watts))
		return NAN;
	if (n->at_ms && r->mono_ms - n->at_ms <= bridge) {
		wh = (n->watts + watts) / 2 * (double)(r->mono_ms - n->at_ms) / MS_PER_HOUR;
		n->total += wh;
	} else if (n->wall_ms && n->wall_ms < r->t_ms) {
		if (!n->gap || n->seen)
			n->gap_from_ms = n->wall_ms;
		if (!n->gap)
			n->rest_ms = r->t_ms;
		n->gap_to_ms = r->t_ms;
		n->gap = true;
		n->seen = false;
		n->step_counter = NAN;
	}
	n->watts = watts;
	n->at_ms = r->mono_ms;
	n->wall_ms = r->t_ms;
	return wh;
}

static void add_all(struct energy_device *v, const double wh[ENERGY__MAX], double share)
{
	for (int c = 0; c < ENERGY__MAX; c++)
		if (!isnan(wh[c]))
			day_add(&v->day, c, wh[c] * share);
}

/* Into the day that it is now, and the one before if midnight was in between. */
static void count_days(const struct energy *e, struct energy_device *v,
		       const double wh[ENERGY__MAX], const struct reading *r)
{
	struct zone_day today = zone_day(r->t_ms);
	int64_t since_ms = v->mono_ms ? r->mono_ms - v->mono_ms : 0;
	double share = 1;

	if (strcmp(v->day.day, today.text) != 0) {
		if (since_ms > r->t_ms - today.start_ms && v->day.day[0])
			share = (double)(r->t_ms - today.start_ms) / (double)since_ms;
		if (v->day.day[0]) {
			add_all(v, wh, 1 - share);
			e->owner.save(e->owner.ud, v->device, &v->day);
		}
		begin_day(e, v, today.text);
	}
	add_all(v, wh, share);
}

void energy_reading(struct energy *e, int64_t device, const struct reading *r)
{
	struct energy_device *v;
	double wh[ENERGY__MAX];
	bool measured = false;

	/* nothing is counted under a date that is plainly wrong: the counters tell it later */
	if (r->kind != READING_INVERTER || !clock_wall_sane(r->t_ms))
		return;
	v = device_of(e, device);
	if (!v)
		return;
	for (int c = 0; c < ENERGY__MAX; c++) {
		wh[c] = count_up(v, c, r);
		measured = measured || !isnan(wh[c]);
	}
	count_days(e, v, wh, r);
	if (measured && v->mono_ms)
		v->day.measured_s += (double)(r->mono_ms - v->mono_ms) / 1000;
	watch_own_day(v, r);
	for (int c = 0; c < ENERGY__MAX; c++) {
		see_step(&v->count[c], r);
		look_at_counter(e, v, c, r);
	}
	v->mono_ms = r->mono_ms;
	e->owner.save(e->owner.ud, device, &v->day);
	keep(e, v);
}

/* ---- for the house ---- */

void energy_today_json(const struct energy *e, int64_t wall_ms, struct jw *w)
{
	struct zone_day today = zone_day(wall_ms);
	char key[32];

	for (int c = 0; c < ENERGY__MAX; c++) {
		double sum = NAN;

		for (unsigned i = 0; i < e->n; i++) {
			const struct energy_day *d = &e->all[i].day;

			if (strcmp(d->day, today.text) == 0 && !isnan(d->wh[c]))
				sum = isnan(sum) ? d->wh[c] : sum + d->wh[c];
		}
		snprintf(key, sizeof(key), "%s_wh", channels[c].name);
		jw_knum(w, key, sum, 0);
	}
}

double energy_total(const struct energy *e, enum energy_channel c)
{
	double sum = 0;

	for (unsigned i = 0; i < e->n; i++)
		sum += e->all[i].count[c].total;
	return sum;
}
