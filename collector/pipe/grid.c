#include "grid.h"

#include "svitlo/jw.h"

#include <math.h>
#include <stdlib.h>

#define GRID_LOOKED_MS 30000 /* between two looks, so that a change's time is sure */

const char *grid_state_name(enum grid_state s)
{
	return s == GRID_PRESENT ? "present" : s == GRID_ABSENT ? "absent" : "unknown";
}

/* Of three phases the one in the middle: a lost phase is not an outage, two are. */
static double middle_of(const double *v, unsigned n)
{
	double lo = INFINITY, hi = -INFINITY, sum = 0;

	for (unsigned i = 0; i < n; i++) {
		if (isnan(v[i]))
			return NAN;
		lo = fmin(lo, v[i]);
		hi = fmax(hi, v[i]);
		sum += v[i];
	}
	return n == 3 ? sum - lo - hi : n ? hi : NAN;
}

static void hear(int vote[2], const struct reading *r, enum metric m, double v, double least)
{
	if (!isnan(v) && !metric_set_has(&r->suspect, m))
		vote[v >= least]++;
}

enum grid_state grid_witness(const struct reading *r)
{
	unsigned n;
	const double *volts = reading_get(r, METRIC_GRID_VOLTAGES, &n);
	int vote[2] = { 0 };

	hear(vote, r, METRIC_GRID_RELAY, r->one[METRIC_GRID_RELAY], 1);
	hear(vote, r, METRIC_GRID_VOLTAGES, middle_of(volts, n), GRID_LEAST_V);
	hear(vote, r, METRIC_GRID_FREQUENCY, r->one[METRIC_GRID_FREQUENCY], GRID_LEAST_HZ);
	return vote[1] >= 2 ? GRID_PRESENT : vote[0] >= 2 ? GRID_ABSENT : GRID_UNKNOWN;
}

static struct grid_inverter *grid_find(struct grid *g, int64_t device)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->all[i].device == device)
			return &g->all[i];
	if (g->n == GRID_INVERTERS_MAX)
		return NULL;
	g->all[g->n] = (struct grid_inverter){ .device = device };
	return &g->all[g->n++];
}

void grid_remove(struct grid *g, int64_t device)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->all[i].device == device) {
			g->all[i] = g->all[--g->n];
			return;
		}
}

void grid_resume(struct grid *g, const struct grid_past *past)
{
	g->known = past->known;
	g->before = past->before;
	g->since_ms = past->since_ms;
	g->seen_ms = past->seen_ms;
}

bool grid_reading(struct grid *g, int64_t device, const struct reading *r)
{
	enum grid_state w = r->kind == READING_INVERTER ? grid_witness(r) : GRID_UNKNOWN;
	struct grid_inverter *v = w ? grid_find(g, device) : NULL;

	if (!v)
		return false; /* undecided: as before */
	v->relay = !isnan(r->one[METRIC_GRID_RELAY]);
	v->fresh_ms = r->fresh_ms;
	if (w == v->says) {
		v->doubt = GRID_UNKNOWN;
		v->seen_ms = r->mono_ms;
		return false;
	}
	if (w != v->doubt) {
		v->doubt = w;
		v->doubt_ms = r->t_ms;
		return true;
	}
	v->says = w;
	v->change_ms = v->doubt_ms;
	v->doubt = GRID_UNKNOWN;
	v->seen_ms = r->mono_ms;
	return false;
}

/* The one that is heard: fresh, with a relay rather than without, that it is there rather than
 * that it is not. */
static const struct grid_inverter *grid_heard(const struct grid *g, int64_t mono_ms)
{
	const struct grid_inverter *best = NULL;

	for (unsigned i = 0; i < g->n; i++) {
		const struct grid_inverter *v = &g->all[i];

		if (!v->says || mono_ms - v->seen_ms > 2 * v->fresh_ms)
			continue;
		if (!best || v->relay > best->relay ||
		    (v->relay == best->relay && v->says == GRID_PRESENT))
			best = v;
	}
	return best;
}

struct grid_change grid_step(struct grid *g, int64_t mono_ms, int64_t wall_ms)
{
	const struct grid_inverter *v = grid_heard(g, mono_ms);
	struct grid_change c = { 0 };

	g->state = v ? v->says : GRID_UNKNOWN;
	if (!v)
		return c;
	if (v->says != g->known) {
		c = (struct grid_change){ .changed = g->known != GRID_UNKNOWN,
					  .to = v->says,
					  .t_ms = v->change_ms,
					  .at_least = g->before };
		c.met = !c.changed && c.to == GRID_ABSENT;
		/* what we first see is not when it began */
		if (c.changed && c.t_ms - g->seen_ms > GRID_LOOKED_MS)
			c.unsure_ms = c.t_ms - g->seen_ms;
		if (c.changed && c.to == GRID_PRESENT && g->since_ms)
			c.lost_ms = c.t_ms > g->since_ms ? c.t_ms - g->since_ms : 0;
		g->known = v->says;
		g->since_ms = c.changed || c.met ? c.t_ms : 0;
		g->before = c.met;
	}
	g->seen_ms = wall_ms - (mono_ms - v->seen_ms);
	return c;
}

void grid_json(const struct grid *g, struct jw *w)
{
	jw_kstr(w, "state", grid_state_name(g->state));
	jw_kstr(w, "known", g->known ? grid_state_name(g->known) : NULL);
	jw_key(w, "since_ms");
	if (g->known && g->since_ms && !g->before)
		jw_int(w, g->since_ms);
	else
		jw_null(w);
}
