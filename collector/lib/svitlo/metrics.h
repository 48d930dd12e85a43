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
enum metric_shape { METRIC_ONE, METRIC_MANY };

struct metric_info {
	const char *key, *unit;
	enum metric_kind kind;
	enum metric_shape shape;
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
