#include "house.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

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

void house_init(struct house *h, const struct house_owner *owner, const char *last_kind,
		int64_t last_ms, const char *last_data)
{
	json_auto_t *o = last_data ? json_loads(last_data, 0, NULL) : NULL;
	const json_t *soc = json_object_get(o, "soc");
	const json_t *wh = json_object_get(o, "discharged_wh");
	bool lost = last_kind && strcmp(last_kind, "grid_lost") == 0;

	h->owner = *owner;
	h->energy.owner = owner->energy;
	h->lost_soc = json_is_number(soc) ? json_number_value(soc) : NAN;
	h->lost_discharge_wh = json_is_number(wh) ? json_number_value(wh) : NAN;
	if (last_kind)
		grid_resume(&h->grid, lost ? GRID_ABSENT : GRID_PRESENT, last_ms);
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

static void say_grid(struct house *h, const struct grid_change *c, int64_t mono_ms)
{
	double soc = house_soc(h, mono_ms);
	double wh = energy_total(&h->energy, ENERGY_DISCHARGE);
	struct jw w = { 0 };

	jw_obj(&w);
	if (c->to == GRID_ABSENT) {
		h->lost_soc = soc;
		h->lost_discharge_wh = wh;
		jw_knum(&w, "soc", soc, 0);
		jw_knum(&w, "discharged_wh", wh, 1);
	} else {
		jw_kint(&w, "lost_ms", c->lost_ms);
		jw_knum(&w, "soc_from", h->lost_soc, 0);
		jw_knum(&w, "soc_to", soc, 0);
		jw_knum(&w, "battery_wh", fmax(wh - h->lost_discharge_wh, 0), 0);
	}
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

	if (c.changed)
		say_grid(h, &c, mono_ms);
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
