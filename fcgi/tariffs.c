#include "tariffs.h"

#include "civil.h"
#include "store.h"

#include <math.h>
#include <stdio.h>

#define DAY_MINUTES 1440

/* Columns of STORE_TARIFFS. */
enum {
	TAR_ID,
	TAR_FROM,
	TAR_CURRENCY,
	TAR_DAY,
	TAR_NIGHT,
	TAR_START,
	TAR_END,
	TAR_EXPORT,
	TAR_FEE
};

int tariffs_read(struct tariffs *t, struct req *q, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_TARIFFS, &st, e);

	t->n = 0;
	while (r >= 0 && t->n < TARIFFS_MAX && (r = db_step(st, e)) > 0) {
		struct tariff *a = &t->at[t->n];

		*a = (struct tariff){
			.id = sqlite3_column_int64(st, TAR_ID),
			.day_price = sqlite3_column_double(st, TAR_DAY),
			.night_price = sqlite3_column_type(st, TAR_NIGHT) == SQLITE_NULL
					       ? (double)NAN
					       : sqlite3_column_double(st, TAR_NIGHT),
			.night_from = sqlite3_column_int(st, TAR_START),
			.night_to = sqlite3_column_int(st, TAR_END),
			.export_price = sqlite3_column_double(st, TAR_EXPORT),
			.month_fee = sqlite3_column_double(st, TAR_FEE),
		};
		snprintf(a->currency, sizeof(a->currency), "%s", db_text(st, TAR_CURRENCY));
		t->n += civil_parse(db_text(st, TAR_FROM), &a->from, NULL) == 0;
	}
	return r < 0 ? r : 0;
}

const struct tariff *tariff_on(const struct tariffs *t, int64_t day)
{
	const struct tariff *found = NULL;

	for (unsigned i = 0; i < t->n && t->at[i].from <= day; i++)
		found = &t->at[i];
	return found;
}

static bool is_night(const struct tariff *t, int minute)
{
	if (t->night_from <= t->night_to)
		return minute >= t->night_from && minute < t->night_to;
	return minute >= t->night_from || minute < t->night_to;
}

double tariff_price(const struct tariff *t, int minute)
{
	return !isnan(t->night_price) && is_night(t, minute) ? t->night_price : t->day_price;
}

double tariff_mean(const struct tariff *t)
{
	int night = (t->night_to - t->night_from + DAY_MINUTES) % DAY_MINUTES;

	if (isnan(t->night_price))
		return t->day_price;
	return (night * t->night_price + (DAY_MINUTES - night) * t->day_price) / DAY_MINUTES;
}
