#include "house.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GRID_KEEP_MS 1000

static const enum metric flows[HOUSE__FLOWS] = {
	[HOUSE_PV] = METRIC_PV_POWER,	  [HOUSE_LOAD] = METRIC_LOAD_POWER,
	[HOUSE_GRID] = METRIC_GRID_POWER, [HOUSE_BATTERY] = METRIC_BATTERY_POWER,
	[HOUSE_GEN] = METRIC_GEN_POWER,
};

static struct house_inverter *house_find(struct house *h, int64_t device)
{
	for (unsigned i = 0; i < h->n; i++)
		if (h->all[i].device == device)
			return &h->all[i];
	return NULL;
}

static double number_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static int64_t time_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static enum grid_state state_of(const json_t *o)
{
	const char *s = json_string_value(json_object_get(o, "known"));

	for (int g = GRID_PRESENT; s && g <= GRID_ABSENT; g++)
		if (strcmp(s, grid_state_name(g)) == 0)
			return g;
	return GRID_UNKNOWN;
}

void house_init(struct house *h, const struct house_owner *owner)
{
	SV_AUTO_FREE char *text = owner->recall(owner->ud);
	json_auto_t *o = text ? json_loads(text, 0, NULL) : NULL;
	const struct grid_past past = { .known = state_of(o),
					.before = json_is_true(json_object_get(o, "before")),
					.since_ms = time_of(o, "since_ms"),
					.seen_ms = time_of(o, "seen_ms") };

	h->owner = *owner;
	h->energy.owner = owner->energy;
	h->lost_soc = number_of(o, "soc");
	h->lost_discharge_wh = number_of(o, "discharged_wh");
	grid_resume(&h->grid, &past);
}

/* At each change, and at each look: a second apart at least, for the two clocks are not read as one. */
static void keep_grid(struct house *h, const struct grid_change *c)
{
	const struct grid *g = &h->grid;
	struct jw w = { 0 };

	if (!c->to && llabs(g->seen_ms - h->kept_ms) < GRID_KEEP_MS)
		return;
	jw_obj(&w);
	jw_kstr(&w, "known", grid_state_name(g->known));
	jw_kbool(&w, "before", g->before);
	jw_kint(&w, "since_ms", g->since_ms);
	jw_kint(&w, "seen_ms", g->seen_ms);
	if (g->known == GRID_ABSENT) {
		jw_knum(&w, "soc", h->lost_soc, 0);
		jw_knum(&w, "discharged_wh", h->lost_discharge_wh, 1);
	}
	jw_end(&w);
	if (jw_text(&w))
		h->owner.keep(h->owner.ud, jw_text(&w));
	jw_free(&w);
	h->kept_ms = g->seen_ms;
}

void house_add(struct house *h, int64_t device)
{
	if (!house_find(h, device) && h->n < HOUSE_INVERTERS_MAX)
		h->all[h->n++] = (struct house_inverter){ .device = device };
}

void house_remove(struct house *h, int64_t device)
{
	struct house_inverter *v = house_find(h, device);

	if (v)
		*v = h->all[--h->n];
	grid_remove(&h->grid, device);
	energy_remove(&h->energy, device);
}

static bool is_fresh(const struct house_inverter *v, int64_t mono_ms)
{
	return v->sum.t_ms && mono_ms - v->mono_ms <= v->sum.fresh_ms;
}

/* Its grid is what the house exchanges, by a clamp or a meter, not only what it does itself. */
static bool sees_mains(const struct reading *r)
{
	return !isnan(r->one[METRIC_CT_POWER]) ||
	       (!isnan(r->one[METRIC_GRID_POWER]) && isnan(r->one[METRIC_INSIDE_POWER]));
}

static void forget_metrics(struct reading *r, const enum metric *which, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r->one[which[i]] = NAN;
}

/* What the reading says of the house. With a clamp on the mains what others exchange with the grid
 * is in it already, and stays inside the house; what they put out, the house uses too. */
static void see_as_house(const struct house *h, const struct house_inverter *v, struct reading *r)
{
	static const enum metric grid[] = { METRIC_GRID_POWER, METRIC_TOTAL_IMPORT_WH,
					    METRIC_TOTAL_EXPORT_WH, METRIC_DAY_IMPORT_WH,
					    METRIC_DAY_EXPORT_WH };
	static const enum metric counts[] = { METRIC_TOTAL_LOAD_WH, METRIC_DAY_LOAD_WH };
	const struct house_inverter *first = NULL;
	double others = NAN;

	for (unsigned i = 0; i < h->n; i++) {
		const struct house_inverter *o = &h->all[i];

		if (o->mains &&
		    (!first || (!is_fresh(first, r->mono_ms) && is_fresh(o, r->mono_ms))))
			first = o;
		if (!o->mains && is_fresh(o, r->mono_ms) && !isnan(o->output))
			others = isnan(others) ? o->output : others + o->output;
	}
	if (first && !v->mains) {
		forget_metrics(r, grid, SV_LEN(grid));
		r->one[METRIC_LOAD_POWER] = NAN;
		forget_metrics(r, counts, SV_LEN(counts));
	} else if (v == first && !isnan(others)) {
		/* not its own view of the load, which has no less than 0 */
		r->one[METRIC_LOAD_POWER] = fmax(v->output + r->one[METRIC_GRID_POWER] + others, 0);
		forget_metrics(r, counts, SV_LEN(counts)); /* of its own view */
	}
}

void house_reading(struct house *h, int64_t device, const struct reading *r)
{
	struct house_inverter *v = house_find(h, device);
	struct reading mine = *r;

	if (!v)
		return;
	v->sum = (struct summary){ 0 };
	summary_add(&v->sum, r);
	v->mono_ms = r->mono_ms;
	v->soc = r->one[METRIC_BATTERY_SOC];
	v->output = r->one[METRIC_INVERTER_POWER];
	v->mains = sees_mains(r);
	see_as_house(h, v, &mine);
	for (int f = 0; f < HOUSE__FLOWS; f++)
		v->flow[f] = mine.one[flows[f]];
	energy_reading(&h->energy, device, &mine);
	if (grid_reading(&h->grid, device, r))
		h->owner.hurry(h->owner.ud, device);
	house_step(h, r->mono_ms, r->t_ms);
}

/* Of the fresh ones that know it, the mean. */
static double house_soc(const struct house *h, int64_t mono_ms)
{
	double sum = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < h->n; i++)
		if (is_fresh(&h->all[i], mono_ms) && !isnan(h->all[i].soc)) {
			sum += h->all[i].soc;
			n++;
		}
	return n ? sum / n : NAN;
}

/* Where the battery stood when the grid went, or when we first saw that it had gone. */
static void note_loss(struct house *h, int64_t mono_ms)
{
	h->lost_soc = house_soc(h, mono_ms);
	h->lost_discharge_wh = energy_total(&h->energy, ENERGY_DISCHARGE);
}

static void say_grid(struct house *h, const struct grid_change *c, int64_t mono_ms)
{
	double used = energy_total(&h->energy, ENERGY_DISCHARGE) - h->lost_discharge_wh;
	struct jw w = { 0 };

	jw_obj(&w);
	if (c->to == GRID_ABSENT) {
		jw_knum(&w, "soc", h->lost_soc, 0);
		jw_knum(&w, "discharged_wh", h->lost_discharge_wh, 1);
	} else {
		jw_kint(&w, "lost_ms", c->lost_ms);
		jw_knum(&w, "soc_from", h->lost_soc, 0);
		jw_knum(&w, "soc_to", house_soc(h, mono_ms), 0);
		jw_knum(&w, "battery_wh", isnan(used) ? NAN : fmax(used, 0), 0);
	}
	if (c->at_least)
		jw_kbool(&w, "at_least", true);
	if (c->unsure_ms)
		jw_kint(&w, "unsure_ms", c->unsure_ms);
	jw_end(&w);
	if (jw_text(&w))
		h->owner.event(h->owner.ud, c->t_ms,
			       c->to == GRID_ABSENT ? "grid_lost" : "grid_back", jw_text(&w));
	jw_free(&w);
}

void house_step(struct house *h, int64_t mono_ms, int64_t wall_ms)
{
	struct grid_change c = grid_step(&h->grid, mono_ms, wall_ms);

	if (c.to == GRID_ABSENT)
		note_loss(h, mono_ms);
	if (c.changed)
		say_grid(h, &c, mono_ms);
	keep_grid(h, &c);
}

struct summary house_json(const struct house *h, int64_t mono_ms, int64_t wall_ms, struct jw *w,
			  struct reading *ret)
{
	struct reading r;
	struct summary sum = { 0 };
	unsigned live = 0;

	reading_init(&r, 0, mono_ms);
	jw_obj(w);
	jw_key(w, "left_out");
	jw_arr(w);
	for (unsigned i = 0; i < h->n; i++) {
		const struct house_inverter *v = &h->all[i];

		if (!is_fresh(v, mono_ms)) {
			jw_int(w, v->device);
			continue;
		}
		live++;
		if (v->sum.t_ms > sum.t_ms)
			sum.t_ms = v->sum.t_ms;
		sum.fresh_ms = v->sum.fresh_ms > sum.fresh_ms ? v->sum.fresh_ms : sum.fresh_ms;
		sum.quality = v->sum.quality > sum.quality ? v->sum.quality : sum.quality;
		for (int f = 0; f < HOUSE__FLOWS; f++) {
			double *to = &r.one[flows[f]];

			if (!isnan(v->flow[f]))
				*to = isnan(*to) ? v->flow[f] : *to + v->flow[f];
		}
	}
	jw_end(w);
	r.one[METRIC_BATTERY_SOC] = house_soc(h, mono_ms);
	jw_kint(w, "inverters", h->n);
	jw_kint(w, "inverters_live", live);
	jw_key(w, "values");
	reading_json(w, &r);
	jw_key(w, "grid");
	jw_obj(w);
	grid_json(&h->grid, w);
	jw_end(w);
	jw_key(w, "today");
	jw_obj(w);
	energy_today_json(&h->energy, wall_ms, w);
	jw_end(w);
	jw_kstr(w, "zone", zone_name());
	jw_end(w);
	r.kind = READING_HOUSE;
	r.t_ms = sum.t_ms;
	r.quality = sum.quality;
	if (h->grid.state != GRID_UNKNOWN)
		r.one[METRIC_GRID_PRESENT] = h->grid.state == GRID_PRESENT;
	*ret = r;
	return sum;
}
