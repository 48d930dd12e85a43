/*
 * See plug_load.h.
 */
#include "plug_load.h"

#include <math.h>

#define QUANTUM_S    1.0
#define WANDER_LEAST 0.6
#define WANDER_S     30.0
#define TAPER_END    0.02
#define COLD	     0.95 /* below it a thermostat heats when it gets power */

static const struct plug_load_type single[] = {
	{ "Бойлер", PLUG_THERMOSTAT, 2000, 0, 2700, 5400 },
	{ "Lamp", PLUG_STEADY, 9, 0, 0, 0 },
	{ "Heater", PLUG_THERMOSTAT, 1500, 1, 900, 450 },
	{ "Холодильник", PLUG_THERMOSTAT, 90, 2, 900, 1500 },
	{ "Television", PLUG_WANDERING, 110, 0, 0, 0 },
	{ "Pump", PLUG_STEADY, 370, 0, 0, 0 },
	{ "Washing machine", PLUG_WANDERING, 600, 2, 0, 0 },
	{ "Scooter charger", PLUG_TAPERING, 160, 3, 3600, 0 },
};

static const struct plug_load_type small[] = {
	{ "Router", PLUG_STEADY, 12, 0, 0, 0 },
	{ "Computer", PLUG_WANDERING, 140, 0, 0, 0 },
	{ "Monitor", PLUG_STEADY, 28, 0, 0, 0 },
	{ "Phone charger", PLUG_TAPERING, 18, 0.2, 1800, 0 },
};

const struct plug_load_type *plug_load_single(size_t turn)
{
	return &single[turn % (sizeof(single) / sizeof(single[0]))];
}

const struct plug_load_type *plug_load_small(size_t turn)
{
	return &small[turn % (sizeof(small) / sizeof(small[0]))];
}

static double watts(const struct plug_load *l)
{
	const struct plug_load_type *t = l->type;

	if (!l->powered)
		return 0;
	switch (t->kind) {
	case PLUG_THERMOSTAT:
		return l->working ? l->full_w : t->idle_w;
	case PLUG_WANDERING:
		return l->full_w * (WANDER_LEAST + (1 - WANDER_LEAST) * l->level);
	case PLUG_TAPERING:
		return 1 - l->level < TAPER_END ? t->idle_w : l->full_w * (1 - l->level);
	case PLUG_STEADY:
	default:
		return l->full_w;
	}
}

/* Without power what is warm cools down, and what is charged is used up. */
static void quantum(struct plug_load *l)
{
	const struct plug_load_type *t = l->type;
	double swing = rng_normal(&l->rng);

	switch (t->kind) {
	case PLUG_THERMOSTAT:
		l->level += l->powered && l->working ? QUANTUM_S / t->on_s : -QUANTUM_S / t->off_s;
		l->level = fmax(0, fmin(1, l->level));
		if (l->level >= 1)
			l->working = false;
		else if (l->level <= 0)
			l->working = true;
		break;
	case PLUG_WANDERING:
		l->level += (0.5 - l->level) * QUANTUM_S / WANDER_S + 0.08 * swing;
		l->level = fmax(0, fmin(1, l->level));
		break;
	case PLUG_TAPERING:
		l->level += ((l->powered ? 1 : 0.1) - l->level) * QUANTUM_S / t->on_s;
		break;
	case PLUG_STEADY:
	default:
		break;
	}
	l->now_w = watts(l);
}

void plug_load_init(struct plug_load *l, const struct plug_load_type *type, uint64_t seed,
		    uint64_t stream)
{
	*l = (struct plug_load){ .type = type, .rng = rng_fork(seed, stream) };
	l->full_w = type->watts * rng_range(&l->rng, 0.95, 1.05);
	l->level = rng_range(&l->rng, 0.1, 0.5);
}

void plug_load_power(struct plug_load *l, bool on)
{
	if (on && !l->powered && l->type->kind == PLUG_THERMOSTAT)
		l->working = l->level < COLD;
	l->powered = on;
	l->now_w = watts(l);
}

double plug_load_step(struct plug_load *l, double dt_s)
{
	double sum = 0;
	unsigned n = 0;

	l->pending_s += dt_s;
	for (; l->pending_s >= QUANTUM_S; l->pending_s -= QUANTUM_S, n++) {
		quantum(l);
		sum += l->now_w;
	}
	return n ? sum / n : l->now_w;
}
