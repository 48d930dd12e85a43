/* What energy costs: rows of config.db, each from its day on until the next one's. */
#pragma once

#include "http.h"

#define TARIFFS_MAX	    100
#define TARIFF_CURRENCY_MAX 33

struct tariff {
	int64_t id, from; /* a civil day's number */
	char currency[TARIFF_CURRENCY_MAX];
	double day_price, night_price; /* of a kWh bought; night NAN: the same */
	int night_from, night_to;      /* minutes after midnight */
	double export_price, month_fee;
};

struct tariffs {
	unsigned n;
	struct tariff at[TARIFFS_MAX]; /* by day */
};

int tariffs_read(struct tariffs *t, struct req *q, struct err *e);
/* The one of a day; NULL: none yet. */
const struct tariff *tariff_on(const struct tariffs *t, int64_t day);
/* At so many minutes after midnight. */
double tariff_price(const struct tariff *t, int minute);
/* Over a day. */
double tariff_mean(const struct tariff *t);
