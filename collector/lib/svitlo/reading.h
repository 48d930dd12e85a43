/*
 * A reading: all values of one frame or poll under one time stamp, taken whole or not at all.
 * Absent values are NAN. Units, signs and ranges are those of metrics.def.
 */
#pragma once

#include "metrics.h"

#include <stdint.h>

#define READING_FRESH_MS                                                                           \
	10000 /* a reading is stale after so long, if its driver says nothing else */

struct jw;

/* Where the values of each metric with more than one stand in struct reading's many. */
enum {
#define METRIC(id, key, unit, kind, room, ...)                                                     \
	READING_AT_##id, READING_TO_##id = READING_AT_##id + ((room) > 1 ? (room) : 0) - 1,
#include "metrics.def"
#undef METRIC
	READING_MANY_ROOM
};

/* What is measured: it decides the table of history that takes it. */
enum reading_kind {
	READING_BATTERY,
	READING_INVERTER,
	READING_PLUG,
	READING_BANK,  /* made from all packs */
	READING_HOUSE, /* made from all inverters */
	READING_KIND__MAX
};

/* A set of names, as bits: of METRIC_ERRORS, METRIC_FAULTS, METRIC_WARNINGS. */
struct reading_names {
	bool known;
	uint64_t bits;
	const char *(*name)(unsigned bit);
};

struct reading {
	int64_t t_ms;	  /* wall clock, ms since 1970 UTC */
	int64_t mono_ms;  /* the same moment, monotonic */
	int64_t fresh_ms; /* how long it holds */
	enum reading_kind kind;
	enum quality quality;	   /* worst of the values */
	struct metric_set suspect; /* out of range, an impossible jump, sums that differ */
	double total_step_wh;	   /* in which its lifetime counters go on; 0: it has none */
	double one[METRIC__MAX];
	uint8_t n[METRIC__MAX]; /* values of those that have many */
	double many[READING_MANY_ROOM];
	struct reading_names errors, faults, warnings;
};

/* What was made from readings: as old as the newest, as good as the worst of them. */
struct summary {
	int64_t t_ms; /* since 1970; 0: from none */
	int64_t fresh_ms;
	enum quality quality;
};

/* Takes one more into account. */
void summary_add(struct summary *s, const struct reading *r);

void reading_init(struct reading *r, int64_t t_ms, int64_t mono_ms);

/* Where the values of a metric that has many stand in `many`. */
unsigned reading_at(enum metric m);
/* Makes room for n values of a metric that has many, NAN each; n is cut to its room. */
double *reading_many(struct reading *r, enum metric m, unsigned n);
/* The values that are there, and their number. */
const double *reading_get(const struct reading *r, enum metric m, unsigned *ret_n);

/* {"voltage":53.1,…}: the values that are there, keys and digits of metrics.def. */
void reading_json(struct jw *w, const struct reading *r);
/* ["cell_voltages",…]: the keys of the suspect ones. */
void reading_suspect_json(struct jw *w, const struct reading *r);
