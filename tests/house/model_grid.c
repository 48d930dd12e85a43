/*
 * The utility: there or not by a timetable of the house's day, its voltages and frequency
 * wandering, and the relay by which the inverters join it after they have watched it for a while.
 */
#include "model.h"

#include <math.h>
#include <string.h>

#define MEAN_V	      228.0
#define MEAN_HZ	      50.0
#define WANDER_V      0.25 /* in a second; 2 V in the long run */
#define WANDER_V_S    120.0
#define WANDER_HZ     0.003
#define WANDER_HZ_S   60.0
#define WANDER_HZ_MAX 0.05
#define DIP_SHAKE     0.1 /* what is left of the wandering in a sag */

static bool in_outage(const struct model_timetable *t, double s)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct model_outage *o = &t->outage[i];
		bool after = s >= o->from_s, before = s < o->to_s;

		if (o->from_s <= o->to_s ? after && before : after || before)
			return true;
	}
	return false;
}

static bool supplied(const struct model_grid *g, double of_day_s)
{
	if (g->mode == MODEL_GRID_AUTO)
		return !in_outage(&g->timetable, of_day_s);
	return g->mode == MODEL_GRID_ON;
}

static void wander(struct model_grid *g, double dt)
{
	for (size_t i = 0; i < MODEL_PHASES; i++)
		g->wander_v[i] += rng_normal(&g->rng) * WANDER_V * sqrt(dt) -
				  g->wander_v[i] * dt / WANDER_V_S;
	g->wander_hz +=
		rng_normal(&g->rng) * WANDER_HZ * sqrt(dt) - g->wander_hz * dt / WANDER_HZ_S;
	g->wander_hz = fmin(WANDER_HZ_MAX, fmax(-WANDER_HZ_MAX, g->wander_hz));
}

static void show(struct model_grid *g)
{
	for (size_t i = 0; i < MODEL_PHASES; i++) {
		double v = MEAN_V + g->wander_v[i];

		if (g->dip_v > 0)
			v = fmin(v, g->dip_v + DIP_SHAKE * g->wander_v[i]);
		g->volts[i] = g->present ? v : 0;
	}
	g->hz = g->present ? MEAN_HZ + g->wander_hz : 0;
}

void model_grid_step(struct model_grid *g, double of_day_s, double dt_s)
{
	bool before = g->present;

	wander(g, dt_s);
	g->present = supplied(g, of_day_s);
	if (g->present && !before)
		g->wait_s = g->reconnect_s;
	else if (g->present)
		g->wait_s = fmax(0, g->wait_s - dt_s);
	g->joined = g->present && g->wait_s <= 0;
	show(g);
}

void model_grid_init(struct model_grid *g, const struct model_setup *s)
{
	*g = (struct model_grid){
		.timetable = s->outages,
		.reconnect_s = s->reconnect_s,
		.rng = rng_fork(s->seed, 3),
	};
	/* A house that starts with the grid has long been joined to it. */
	g->present = supplied(g, s->start_s);
}
