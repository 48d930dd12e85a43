/*
 * Energy of the house by civil periods: rows of its tiers summed up, energy_day where it knows
 * better (it includes what was missed, from the inverter's counters), and what it costs.
 */
#pragma once

#include "civil.h"
#include "range.h"
#include "tariffs.h"

#define ENERGY_PERIODS_MAX 1000
#define ENERGY_COUNTED	   7 /* of the house's sums, those that energy_day has */

enum energy_by { ENERGY_HOUR, ENERGY_DAY, ENERGY_MONTH, ENERGY_YEAR };

/* NAN: nothing measured. */
struct energy_sum {
	double covered_s;
	double mwh[HISTORY_SUMS_MAX]; /* the last is s */
	double filled_wh;
	/* where both are known: all of the sun and of the load, and of it what was not the grid's */
	double pv, pv_own, load, load_own;
	double cost, earned, fee, saved;
};

struct energy {
	enum energy_by by;
	unsigned n;
	int64_t first;				/* number of the first day, month or year */
	int64_t starts[ENERGY_PERIODS_MAX + 1]; /* s; the last is the end */
	struct energy_sum at[ENERGY_PERIODS_MAX], total;
	struct tariffs tariffs;
	const char
		*currency; /* of what it costs; NULL: nobody knows. Other currencies are left out */
};

/* The periods; -E2BIG: they are too many. */
int energy_periods(struct energy *n, enum energy_by by, const struct range *g);
int energy_fill(struct energy *n, struct range *g, struct req *q, struct err *e);
