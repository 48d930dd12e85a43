/*
 * Energy of inverters, counted by ourselves: power over time, by the civil day of the house.
 *
 * Power is integrated over readings that follow each other closely; what a reading marks suspect is
 * not counted. While nobody looked (the stick was silent, we were not running) the inverter's
 * lifetime counter went on: what it grew by is added afterwards. It counts in steps of 100 Wh, so
 * its step is awaited: there its value and ours can be compared to a few Wh, before the gap and
 * after it. A counter that falls, or jumps without a gap, changes nothing of ours: it only is
 * compared anew. What it counts need not be quite what we do (of the load often only what hangs on
 * the inverter's output): how the two compare is learned while both go on.
 *
 * Of a gap over midnight the inverter's counters of the day say how much belongs to the new one:
 * with its clock taken into account, and when they really began anew the last time that was seen.
 *
 * All sums only grow. They survive a restart: struct energy_owner keeps them.
 */
#pragma once

#include "svitlo/limits.h"
#include "svitlo/reading.h"
#include "svitlo/zone.h"

#include <stdbool.h>
#include <stdint.h>

#define ENERGY_DEVICES_MAX DEVICES_MAX
#define ENERGY_STEP_WH	   100 /* of the inverter's counters, if the reading says nothing else */

enum energy_channel {
	ENERGY_PV,
	ENERGY_LOAD,
	ENERGY_IMPORT,
	ENERGY_EXPORT,
	ENERGY_CHARGE,
	ENERGY_DISCHARGE,
	ENERGY_GEN,
	ENERGY__MAX
};
const char *energy_channel_name(enum energy_channel c); /* "import" */

struct jw;

/* A row of energy_day. */
struct energy_day {
	char day[ZONE_DAY_MAX]; /* "": none */
	double wh[ENERGY__MAX]; /* NAN: not measured */
	double measured_s;	/* with readings */
	double filled_wh;	/* of all of them, from counters */
};

/* Where it is kept. */
struct energy_owner {
	char *(*recall)(void *ud, int64_t device); /* JSON, to be freed; NULL: none */
	void (*keep)(void *ud, int64_t device, const char *json);
	bool (*load)(void *ud, int64_t device, const char *day, struct energy_day *ret);
	void (*save)(void *ud, int64_t device, const struct energy_day *d);
	void *ud;
};

struct energy_count {
	double total;	 /* Wh, since it was first met */
	double watts;	 /* of the last reading that was believed */
	int64_t at_ms;	 /* monotonic, of it; 0: in an earlier life, or never */
	int64_t wall_ms; /* the same by the wall clock; 0: never */
	double counter;	 /* Wh, of the inverter, as last seen; NAN: never */
	double step;	 /* Wh, in which it goes on */
	double before;	 /* total, some time before now: a step is looked for in between */
	int64_t before_ms;
	double offset; /* counter - total, as compared at its steps; NAN: not yet */
	double gain; /* what we count while the counter goes on by 1: it may leave something out */
	double step_counter, step_total;   /* at its last step since the last gap; NAN: none */
	double learn_counter, learn_total; /* grown from step to step since gain was learned */
	int64_t odd_ms; /* monotonic, since when the counter is lower than it was; 0: it is not */
	bool gap;	/* after a gap its step has not come yet */
	bool seen;	/* the counter was seen since the gap */
	int64_t gap_from_ms, gap_to_ms; /* wall clock */
	int64_t rest_ms;		/* wall clock: end of the first gap since the last step */
};

struct energy_device {
	int64_t device;
	struct energy_count count[ENERGY__MAX];
	struct energy_day day;
	int64_t mono_ms; /* of the last reading; 0: in an earlier life */
	/* its own counters of the day, summed: when do they begin anew? */
	double own, own_before;		       /* now; before they fell */
	int64_t own_ms, fell_ms, fell_wall_ms; /* fell_ms 0: they have not */
	int64_t lag_ms;			       /* after midnight by its clock; 0: as it should be */
};

struct energy {
	struct energy_device all[ENERGY_DEVICES_MAX];
	unsigned n;
	struct energy_owner owner;
};

void energy_reading(struct energy *e, int64_t device, const struct reading *r);
void energy_remove(struct energy *e, int64_t device);

/* Of all inverters: {"pv_wh":…} of the day that wall_ms is in. */
void energy_today_json(const struct energy *e, int64_t wall_ms, struct jw *w);
/* Since they were first met, of all inverters. */
double energy_total(const struct energy *e, enum energy_channel c);
