/*
 * See house_truth.h.
 */
#include "house.h"

#include <math.h>
#include <string.h>

#define DAYS_PRINTED 3

static const struct {
	const char *key;
	enum model_meter meter;
} names[] = {
	{ "pv_wh", MODEL_PV },
	{ "load_wh", MODEL_LOAD },
	{ "backup_wh", MODEL_BACKUP },
	{ "grid_import_wh", MODEL_IMPORT },
	{ "grid_export_wh", MODEL_EXPORT },
	{ "battery_charge_wh", MODEL_CHARGE },
	{ "battery_discharge_wh", MODEL_DISCHARGE },
	{ "generator_wh", MODEL_GENERATOR },
};

static bool reopen_day(struct house_truth *t)
{
	for (size_t i = 0; i < t->n_days; i++) {
		const struct house_day *d = &t->day[i];

		if (d->year == t->civil.year && d->month == t->civil.month &&
		    d->day == t->civil.day) {
			t->now = i;
			return true;
		}
	}
	return false;
}

static void open_day(struct house_truth *t)
{
	if (reopen_day(t))
		return;
	t->newest = t->n_days ? (t->newest + 1) % HOUSE_TRUTH_DAYS : 0;
	t->n_days += t->n_days < HOUSE_TRUTH_DAYS;
	t->now = t->newest;
	t->day[t->newest] = (struct house_day){ .year = t->civil.year,
						.month = t->civil.month,
						.day = t->civil.day };
}

void house_truth_add(struct house_truth *t, const double w[static MODEL_METER__MAX],
		     int64_t from_ms, int64_t to_ms)
{
	while (from_ms < to_ms) {
		int64_t until = to_ms;
		double hours;

		if (house_civil_follow(&t->civil, from_ms) || !t->n_days)
			open_day(t);
		if (until > t->civil.end_ms)
			until = t->civil.end_ms;
		hours = (double)(until - from_ms) / 3600000;
		for (size_t i = 0; i < MODEL_METER__MAX; i++) {
			t->total_wh[i] += w[i] * hours;
			t->day[t->now].wh[i] += w[i] * hours;
		}
		from_ms = until;
	}
}

const struct house_day *house_truth_day(const struct house *h, size_t i)
{
	const struct house_truth *t = &h->truth;

	if (i >= t->n_days)
		return NULL;
	return &t->day[(t->newest + HOUSE_TRUTH_DAYS - i) % HOUSE_TRUTH_DAYS];
}

double house_truth_wh(const struct house *h, const char *key, int day)
{
	const struct house_day *d = day < 0 ? NULL : house_truth_day(h, (size_t)day);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].key, key) != 0)
			continue;
		if (day < 0)
			return h->truth.total_wh[names[i].meter];
		return d ? d->wh[names[i].meter] : NAN;
	}
	return NAN;
}

static void print_energies(FILE *out, const double wh[MODEL_METER__MAX])
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fprintf(out, "%s\"%s\":%.3f", i ? "," : "", names[i].key, wh[names[i].meter]);
}

void house_truth_print(const struct house *h, FILE *out)
{
	const struct house_day *d;

	fputs("{\"total\":{", out);
	print_energies(out, h->truth.total_wh);
	fputs("},\"days\":[", out);
	for (size_t i = 0; i < DAYS_PRINTED && (d = house_truth_day(h, i)); i++) {
		fprintf(out, "%s{\"day\":\"%04d-%02d-%02d\",", i ? "," : "", d->year, d->month,
			d->day);
		print_energies(out, d->wh);
		fputc('}', out);
	}
	fputs("]}", out);
}
