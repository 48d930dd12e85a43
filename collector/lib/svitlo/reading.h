/*
 * A reading: all values of one frame or poll under one time stamp, taken whole or not at all.
 * Absent values are NAN. Units, signs and ranges are those of metrics.def.
 */
#pragma once

#include "metrics.h"

#include <stdint.h>

#define READING_MANY_MAX 32 /* cells of the largest pack */

struct jw;

struct reading_many {
	unsigned n;
	double v[READING_MANY_MAX];
};

struct reading {
	int64_t t_ms;	      /* wall clock, ms since 1970 UTC */
	int64_t mono_ms;      /* the same moment, monotonic */
	enum quality quality; /* worst of the values */
	uint64_t suspect;     /* bit a metric: out of range, an impossible jump, sums that differ */
	double one[METRIC__MAX];
	struct reading_many temperatures, cell_voltages, wire_resistances;
	const char *(*bit_name)(unsigned bit); /* of METRIC_ERROR_BITS; NULL: no names */
};
_Static_assert(METRIC__MAX <= 64, "the suspect bit set is full");

void reading_init(struct reading *r, int64_t t_ms, int64_t mono_ms);

/* The array of a METRIC_MANY metric, NULL for others. */
const struct reading_many *reading_many(const struct reading *r, enum metric m);

/* {"voltage":53.1,…}: the values that are there, keys and digits of metrics.def. */
void reading_json(struct jw *w, const struct reading *r);
/* ["cell_voltages",…]: the keys of the suspect ones. */
void reading_suspect_json(struct jw *w, const struct reading *r);
