/*
 * What really flowed, in Wh: in all, and by civil day of the process's time zone. Counted in the
 * wall's time, whatever the speed of the model is.
 */
#ifndef HOUSE_TRUTH_H
#define HOUSE_TRUTH_H

#include "house_civil.h"
#include "model.h"

#include <stdio.h>

#define HOUSE_TRUTH_DAYS 64

struct house_day {
	int year, month, day;
	double wh[MODEL_METER__MAX];
};

struct house_truth {
	double total_wh[MODEL_METER__MAX];
	struct house_day day[HOUSE_TRUTH_DAYS]; /* a ring */
	size_t newest, n_days;
	size_t now; /* is counted; not the newest after the clock was set back */
	struct house_civil civil;
};

struct house;

void house_truth_add(struct house_truth *t, const double w[static MODEL_METER__MAX],
		     int64_t from_ms, int64_t to_ms);
/* 0: the present day, 1: the one before it that was counted … -> NULL: no more */
const struct house_day *house_truth_day(const struct house *h, size_t i);
/* By key as printed; day 0: the present one …, -1: in all. NaN: no such thing */
double house_truth_wh(const struct house *h, const char *key, int day);
/* {"total":{…},"days":[{"day":"2026-11-24",…}…]}, the newest three, today first */
void house_truth_print(const struct house *h, FILE *out);

#endif
