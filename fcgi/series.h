/* Metrics of devices over the buckets of a range. */
#pragma once

#include "range.h"
#include "rows.h"

#include <stdbool.h>
#include <stdint.h>

#define SERIES_DEVICES_MAX 32
#define SERIES_METRICS_MAX 16
#define SERIES_CELLS_MAX   200000 /* buckets of all: what one answer may take of memory */

enum series_type {
	SERIES_MEAN,
	SERIES_LAST,
	SERIES_FLAG,
	SERIES_MANY, /* one of an array; else as SERIES_MEAN */
};

struct series_cell {
	double low, high;
	double total; /* × weight; of those not averaged: the last, or the bits */
	uint32_t weight;
	int quality;
};

struct series {
	struct subject of;
	enum metric metric;
	enum series_type type;
	unsigned place; /* in history_kinds[] */
	unsigned index; /* of an array, from 0; */
	double scale;
	struct series_cell *cells;
};

struct series_list {
	struct subject subjects[SERIES_DEVICES_MAX];
	unsigned n_subjects, n;
	struct series *all;
	struct series_cell *cells;
};

void series_free(struct series_list *l);
#define SERIES_AUTO SV_CLEANUP(series_free)

/* One metric, or one value of an array (index from 0), of a subject; false: its kind does not store
 * it. */
bool series_find(struct series *ret, const struct subject *s, enum metric m, unsigned index);
/* Is there anything to say of it in this bucket? */
bool series_has(const struct series_cell *c);
/* Units of the metric; NAN: nothing. */
double series_average(const struct series *s, const struct series_cell *c);
double series_low(const struct series *s, const struct series_cell *c);
double series_high(const struct series *s, const struct series_cell *c);

/* Room for n more; -ENOMEM. */
int series_room(struct series_list *l, unsigned n, struct err *e);
/* Reads the rows of the range into the cells, which are made here. */
int series_fill(struct series_list *l, const struct range *g, struct req *q, struct err *e);
