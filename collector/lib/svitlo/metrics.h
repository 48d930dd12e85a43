/* The vocabulary of measurements (metrics.def), values with quality, and readings. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jw;

enum metric {
#define METRIC(id, ...) METRIC_##id,
#include "metrics.def"
#undef METRIC
	METRIC__MAX
};

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER, METRIC_STATE, METRIC_NAMES, METRIC_BITS };

struct metric_info {
	const char *key, *unit;
	enum metric_kind kind;
	unsigned room; /* values at most: more than 1 is an array, one a cell, sensor, phase, string
			*/
	int digits;
	double lo, hi; /* sane range, both included */
};
extern const struct metric_info metrics[METRIC__MAX];

const char *metric_kind_name(enum metric_kind k);

/* Worst last: the quality of a whole is the highest of its parts. */
enum quality {
	QUALITY_OK,
	QUALITY_ESTIMATED,
	QUALITY_SUSPECT,
	QUALITY_STALE,
	QUALITY_NONE,
	QUALITY__MAX
};
const char *quality_name(enum quality q);

bool metric_sane(enum metric m, double v);

/* A set of metrics. */
struct metric_set {
	uint64_t w[2];
};
_Static_assert(METRIC__MAX <= 128, "struct metric_set is full");

static inline void metric_set_add(struct metric_set *s, enum metric m)
{
	s->w[m / 64] |= 1ull << m % 64;
}
static inline bool metric_set_has(const struct metric_set *s, enum metric m)
{
	return s->w[m / 64] >> m % 64 & 1;
}
static inline bool metric_set_any(const struct metric_set *s)
{
	return s->w[0] || s->w[1];
}
