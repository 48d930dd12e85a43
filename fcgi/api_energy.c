/* Energy by hour, day, month and year. */
#include "energy.h"
#include "routes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WH_DIGITS    1
#define RATIO_DIGITS 4
#define MONEY_DIGITS 4

enum what {
	WHAT_COVERED,
	WHAT_SUMS,
	WHAT_FILLED = WHAT_SUMS + HISTORY_SUMS_MAX,
	WHAT_SELF_USE,
	WHAT_AUTARKY,
	WHAT_COST,
	WHAT_EARNED,
	WHAT_FEE,
	WHAT_SAVED,
	WHAT__MAX
};

static const char *what_key(unsigned w)
{
	static const char *const keys[WHAT__MAX] = {
		[WHAT_COVERED] = "covered_s", [WHAT_FILLED] = "filled_wh",
		[WHAT_SELF_USE] = "self_use", [WHAT_AUTARKY] = "autarky",
		[WHAT_COST] = "cost",	      [WHAT_EARNED] = "earned",
		[WHAT_FEE] = "fee",	      [WHAT_SAVED] = "saved",
	};

	return keys[w] ? keys[w] : history_kinds[READING_HOUSE].sums[w - WHAT_SUMS].key;
}

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : NAN;
}

static void what_write(struct jw *w, const struct energy_sum *s, unsigned what)
{
	switch (what) {
	case WHAT_COVERED:
		jw_num(w, s->covered_s, 0);
		break;
	case WHAT_FILLED:
		jw_num(w, s->filled_wh, WH_DIGITS);
		break;
	case WHAT_SELF_USE:
		jw_num(w, ratio(s->pv_own, s->pv), RATIO_DIGITS);
		break;
	case WHAT_AUTARKY:
		jw_num(w, ratio(s->load_own, s->load), RATIO_DIGITS);
		break;
	case WHAT_COST:
		jw_num(w, s->cost, MONEY_DIGITS);
		break;
	case WHAT_EARNED:
		jw_num(w, s->earned, MONEY_DIGITS);
		break;
	case WHAT_FEE:
		jw_num(w, s->fee, MONEY_DIGITS);
		break;
	case WHAT_SAVED:
		jw_num(w, s->saved, MONEY_DIGITS);
		break;
	default:
		jw_num(w,
		       s->mwh[what - WHAT_SUMS] /
			       history_kinds[READING_HOUSE].sums[what - WHAT_SUMS].scale,
		       WH_DIGITS);
	}
}

static void energy_write(struct jw *w, const struct energy *n, const char *by)
{
	jw_obj(w);
	jw_kstr(w, "by", by);
	jw_kstr(w, "zone", zone_name());
	jw_kstr(w, "currency", n->currency);
	jw_key(w, "periods");
	jw_obj(w);
	jw_key(w, "t_ms");
	jw_arr(w);
	for (unsigned i = 0; i < n->n; i++)
		jw_int(w, n->starts[i] * 1000);
	jw_end(w);
	for (unsigned k = 0; k < WHAT__MAX; k++) {
		jw_key(w, what_key(k));
		jw_arr(w);
		for (unsigned i = 0; i < n->n; i++)
			what_write(w, &n->at[i], k);
		jw_end(w);
	}
	jw_end(w);
	jw_key(w, "total");
	jw_obj(w);
	for (unsigned k = 0; k < WHAT__MAX; k++) {
		jw_key(w, what_key(k));
		what_write(w, &n->total, k);
	}
	jw_end(w);
	jw_end(w);
}

static enum energy_by by_word(const char *word)
{
	static const char *const words[] = { "hour", "day", "month", "year" };
	int i = ENERGY_HOUR;

	while (i < ENERGY_YEAR && strcmp(word, words[i]) != 0)
		i++;
	return (enum energy_by)i;
}

static int energy_answer(struct energy *n, struct req *q, struct reply *r, struct err *e)
{
	struct range g = { 0 };
	int rc = range_read(&g, q, e);

	if (rc == 0)
		rc = civil_zone(q, e);
	if (rc < 0 || !civil_zone_same(q, r))
		return rc;
	if (energy_periods(n, by_word(req_str(q, "by")), &g) < 0)
		return err_set(e, -EINVAL,
			       "by: the range has more than %d periods, ask for longer ones",
			       ENERGY_PERIODS_MAX);
	rc = energy_fill(n, &g, q, e);
	if (rc < 0)
		return rc;
	energy_write(&r->w, n, req_str(q, "by"));
	range_cache(q, r, false); /* a tariff may be changed later */
	return 0;
}

int api_energy_get(struct req *q, struct reply *r, struct err *e)
{
	struct energy *n = malloc(sizeof(*n));
	int rc = n ? energy_answer(n, q, r, e) : err_set(e, -ENOMEM, "out of memory");

	free(n);
	return rc;
}
