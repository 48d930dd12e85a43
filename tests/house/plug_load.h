/*
 * What hangs on a plug: a lamp, a boiler with its thermostat, a fridge … Pure computation; time is
 * the model's, cut into quanta, seeded.
 */
#ifndef HOUSE_PLUG_LOAD_H
#define HOUSE_PLUG_LOAD_H

#include "rng.h"

#include <stdbool.h>
#include <stddef.h>

enum plug_load_kind {
	PLUG_STEADY,
	PLUG_THERMOSTAT, /* full power until warm, then a pause */
	PLUG_WANDERING,	 /* between 60 % and 100 % */
	PLUG_TAPERING,	 /* a charger: ever less, down to idle_w */
};

struct plug_load_type {
	const char *name; /* as the owner calls it */
	enum plug_load_kind kind;
	double watts, idle_w;
	double on_s, off_s; /* thermostat: from cold to warm, and back; tapering: time constant */
};

struct plug_load {
	const struct plug_load_type *type;
	struct rng rng;
	double full_w;	  /* of this very one */
	double level;	  /* 0 .. 1: warm, or charged; wandering: where it is */
	double pending_s; /* not simulated yet */
	double now_w;	  /* when the plug is on; else 0 */
	bool powered, working;
};

/* Of single plugs, and of the sockets of strips, in turn. */
const struct plug_load_type *plug_load_single(size_t turn);
const struct plug_load_type *plug_load_small(size_t turn);

void plug_load_init(struct plug_load *l, const struct plug_load_type *type, uint64_t seed,
		    uint64_t stream);
void plug_load_power(struct plug_load *l, bool on);
/* -> mean W of these seconds, or the present ones when they are less than a quantum */
double plug_load_step(struct plug_load *l, double dt_s);

#endif
