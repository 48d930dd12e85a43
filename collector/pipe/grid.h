/*
 * Is the utility grid there? Two of three witnesses of an inverter decide: its grid relay, the
 * voltage and the frequency on the grid's side; never that 0 W flow. Witnesses that a reading
 * marks suspect are not heard, and a stick that does not answer is no outage: then it is unknown.
 *
 * A change counts when two readings in a row say so. Its time is that of the first of them.
 * Inverters without a relay (no battery) are heard only where there is no other: they may hang on
 * the output of one that makes a grid of its own.
 */
#pragma once

#include "svitlo/limits.h"
#include "svitlo/reading.h"

#include <stdbool.h>
#include <stdint.h>

#define GRID_INVERTERS_MAX DEVICES_MAX
#define GRID_LEAST_V	   90 /* half of the lowest nominal voltage, and more than is induced */
#define GRID_LEAST_HZ	   40

enum grid_state { GRID_UNKNOWN, GRID_PRESENT, GRID_ABSENT };
const char *grid_state_name(enum grid_state s);

struct jw;

struct grid_inverter {
	int64_t device;
	bool relay;	       /* it has one: it is heard first */
	enum grid_state says;  /* confirmed */
	enum grid_state doubt; /* what the last reading said instead; GRID_UNKNOWN: nothing else */
	int64_t doubt_ms;      /* wall clock, of the first that did */
	int64_t change_ms;     /* wall clock, of the first reading that said what it says */
	int64_t seen_ms;       /* monotonic, of the last reading that was decided */
	int64_t fresh_ms;
};

struct grid {
	struct grid_inverter all[GRID_INVERTERS_MAX];
	unsigned n;
	enum grid_state state; /* as it is now */
	enum grid_state known; /* as it last was when it was known */
	int64_t since_ms;      /* wall clock, of `known`; 0: not known */
	bool before;	 /* it was absent when we first looked, at since_ms: it began earlier */
	int64_t seen_ms; /* wall clock, when it was last seen to be so */
};

/* What one reading says. */
enum grid_state grid_witness(const struct reading *r);

/* -> a second reading would decide: take one soon */
bool grid_reading(struct grid *g, int64_t device, const struct reading *r);
void grid_remove(struct grid *g, int64_t device);

/* As an earlier life knew it, and when it last looked. */
struct grid_past {
	enum grid_state known;
	bool before;
	int64_t since_ms, seen_ms;
};
void grid_resume(struct grid *g, const struct grid_past *past);

struct grid_change {
	bool changed;
	enum grid_state to;
	int64_t t_ms;	   /* wall clock: when it became so */
	int64_t lost_ms;   /* when it is back: how long it was away */
	int64_t unsure_ms; /* so much earlier it may have happened: nobody looked */
	bool at_least;	   /* it was away for longer than lost_ms: we never saw it go */
	bool met;	   /* no change: it is absent when we first look */
};
/* After each reading, and each second. A change comes once. */
struct grid_change grid_step(struct grid *g, int64_t mono_ms, int64_t wall_ms);

/* Members of an open object: state, since_ms, seen_ms. */
void grid_json(const struct grid *g, struct jw *w);
