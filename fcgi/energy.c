#include "energy.h"

#include "rows.h"
#include "store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_S	    3600
#define MWH_OF_KWH  1e6
#define MWH_OF_WH   1e3
#define PLACE_PV    0 /* of the house's sums, as history.c has them */
#define PLACE_LOAD  1
#define PLACE_IN    2
#define PLACE_OUT   3
#define PLACE_PVOUT 9
#define PLACE_INUSE 10

static const struct history_kind *const house = &history_kinds[READING_HOUSE];

/* ---- periods ---- */

static int64_t number_of(enum energy_by by, int64_t day)
{
	struct civil c = civil_date(day);

	return by == ENERGY_DAY ? day : by == ENERGY_MONTH ? c.year * 12 + c.month - 1 : c.year;
}

static int64_t start_of(enum energy_by by, int64_t number)
{
	return civil_start(by == ENERGY_DAY ? number
			   : by == ENERGY_MONTH
				   ? civil_number(number / 12, (int)(number % 12) + 1, 1)
				   : civil_number(number, 1, 1));
}

/* The full hour by the clock on the wall that t is in. */
static int64_t hour_start(int64_t t)
{
	int64_t local = t + zone_offset_ms(t * 1000) / 1000;

	return t - (local % HOUR_S + HOUR_S) % HOUR_S;
}

static int hours(struct energy *n, int64_t from, int64_t to)
{
	int64_t t = hour_start(from);

	for (n->n = 0; t < to; n->n++) {
		int64_t next = hour_start(t + HOUR_S);

		if (n->n == ENERGY_PERIODS_MAX)
			return -E2BIG;
		n->starts[n->n] = t;
		t = next > t ? next : t + HOUR_S;
	}
	n->starts[n->n] = t;
	return 0;
}

int energy_periods(struct energy *n, enum energy_by by, const struct range *g)
{
	int64_t from = g->from_ms / 1000, last = (g->to_ms - 1) / 1000, to;

	n->by = by;
	if (by == ENERGY_HOUR)
		return hours(n, from, last + 1);
	n->first = number_of(by, civil_day_of(from));
	to = number_of(by, civil_day_of(last));
	if (to - n->first >= ENERGY_PERIODS_MAX)
		return -E2BIG;
	n->n = (unsigned)(to - n->first) + 1;
	for (unsigned i = 0; i <= n->n; i++)
		n->starts[i] = start_of(by, n->first + i);
	return 0;
}

/* t: of an hour's rows; day: of all other periods. NULL: none. */
static struct energy_sum *period_at(struct energy *n, int64_t t, int64_t day)
{
	int64_t i = 0;

	if (n->by != ENERGY_HOUR) {
		i = number_of(n->by, day) - n->first;
		return i >= 0 && i < n->n ? &n->at[i] : NULL;
	}
	if (t < n->starts[0] || t >= n->starts[n->n])
		return NULL;
	for (unsigned lo = 0, hi = n->n; hi - lo > 1; i = lo) {
		unsigned mid = (lo + hi) / 2;

		if (n->starts[mid] <= t)
			lo = mid;
		else
			hi = mid;
	}
	return &n->at[i];
}

/* ---- sums ---- */

static void sum_init(struct energy_sum *s)
{
	double *d = (double *)s;

	for (size_t i = 0; i < sizeof(*s) / sizeof(*d); i++)
		d[i] = NAN;
}
_Static_assert(sizeof(struct energy_sum) == (HISTORY_SUMS_MAX + 10) * sizeof(double),
	       "only doubles");

static void add(double *to, double v)
{
	if (!isnan(v))
		*to = isnan(*to) ? v : *to + v;
}

static void sum_add(struct energy_sum *to, const struct energy_sum *s)
{
	const double *v = (const double *)s;
	double *d = (double *)to;

	for (size_t i = 0; i < sizeof(*s) / sizeof(*d); i++)
		add(&d[i], v[i]);
}

/* The one that is in force that day, if it is of the currency that is reckoned in. */
static const struct tariff *tariff_of(const struct energy *n, int64_t day)
{
	const struct tariff *t = tariff_on(&n->tariffs, day);

	return t && strcmp(t->currency, n->currency) == 0 ? t : NULL;
}

static void row_add(struct energy_sum *s, const struct row *row, enum history_tier tier,
		    const struct tariff *t)
{
	double price, load = row->sums[PLACE_LOAD] - row->sums[PLACE_INUSE];

	for (unsigned i = 0; i < house->n_sums; i++)
		add(&s->mwh[i], row->sums[i]);
	add(&s->covered_s, row->covered_s);
	if (!t)
		return;
	price = tier == HISTORY_DAY ? tariff_mean(t) : tariff_price(t, civil_minute(row->t));
	add(&s->cost, row->sums[PLACE_IN] / MWH_OF_KWH * price);
	add(&s->earned, row->sums[PLACE_OUT] / MWH_OF_KWH * t->export_price);
	add(&s->saved, fmax(load, 0) / MWH_OF_KWH * (isnan(load) ? NAN : price));
}

/* What follows from a whole day's, or an hour's, sums. */
static void sum_end(struct energy_sum *s)
{
	double pv = s->mwh[PLACE_PV], load = s->mwh[PLACE_LOAD];

	if (!isnan(pv) && !isnan(s->mwh[PLACE_PVOUT])) {
		s->pv = pv;
		s->pv_own = pv > s->mwh[PLACE_PVOUT] ? pv - s->mwh[PLACE_PVOUT] : 0;
	}
	if (!isnan(load) && !isnan(s->mwh[PLACE_INUSE])) {
		s->load = load;
		s->load_own = load > s->mwh[PLACE_INUSE] ? load - s->mwh[PLACE_INUSE] : 0;
	}
}

/* ---- energy_day ---- */

enum { NEW, OLD };
enum { CNT_DAY, CNT_DEVICE, CNT_FIRST, CNT_MEASURED = CNT_FIRST + ENERGY_COUNTED, CNT_FILLED };

/* Both databases by day and device; of what both have live.db's is the newer. */
struct counts {
	sqlite3_stmt *st[2];
	bool at[2];
	int64_t day; /* INT64_MAX: no more */
	double wh[ENERGY_COUNTED], measured_s, filled_wh;
};

static void counts_close(struct counts *c)
{
	for (int i = NEW; i <= OLD; i++)
		if (c->st[i])
			db_reset(c->st[i]);
}
#define COUNTS_AUTO SV_CLEANUP(counts_close)

static int counts_step(struct counts *c, int which, struct err *e)
{
	int r = db_step(c->st[which], e);

	c->at[which] = r > 0;
	return r < 0 ? r : 0;
}

static int counts_order(const struct counts *c)
{
	int64_t a, b;
	int order;

	if (!c->at[NEW] || !c->at[OLD])
		return c->at[NEW] ? -1 : 1;
	order = strcmp(db_text(c->st[NEW], CNT_DAY), db_text(c->st[OLD], CNT_DAY));
	a = sqlite3_column_int64(c->st[NEW], CNT_DEVICE);
	b = sqlite3_column_int64(c->st[OLD], CNT_DEVICE);
	return order ? order : a < b ? -1 : a > b;
}

/* All inverters of the next day. */
static int counts_next(struct counts *c, struct err *e)
{
	int r = 0;

	c->day = INT64_MAX;
	c->measured_s = c->filled_wh = NAN;
	for (int i = 0; i < ENERGY_COUNTED; i++)
		c->wh[i] = NAN;
	while (r == 0 && (c->at[NEW] || c->at[OLD])) {
		int order = counts_order(c);
		sqlite3_stmt *st = c->st[order <= 0 ? NEW : OLD];
		int64_t day;

		if (civil_parse(db_text(st, CNT_DAY), &day, NULL) < 0)
			day = c->day; /* a clock of five digits' years: of no day */
		if (c->day < INT64_MAX && day != c->day)
			return 0;
		c->day = day;
		for (int i = 0; i < ENERGY_COUNTED; i++)
			if (sqlite3_column_type(st, CNT_FIRST + i) != SQLITE_NULL)
				add(&c->wh[i], sqlite3_column_double(st, CNT_FIRST + i));
		if (!(c->measured_s > sqlite3_column_double(st, CNT_MEASURED)))
			c->measured_s = sqlite3_column_double(st, CNT_MEASURED);
		add(&c->filled_wh, sqlite3_column_double(st, CNT_FILLED));
		if (order <= 0)
			r = counts_step(c, NEW, e);
		if (order >= 0 && r == 0)
			r = counts_step(c, OLD, e);
	}
	return r;
}

static int counts_open(struct counts *c, struct req *q, int64_t first, int64_t last, struct err *e)
{
	static const enum store_stmt ids[] = { STORE_NEW_ENERGY, STORE_ENERGY };
	char from[ZONE_DAY_MAX], to[ZONE_DAY_MAX];
	int r = 0;

	civil_text(from, first);
	civil_text(to, last);
	for (int i = NEW; r == 0 && i <= OLD; i++) {
		r = store_stmt(q->store, ids[i], &c->st[i], e);
		if (r == -ENOENT) {
			c->st[i] = NULL;
			r = 0;
			continue;
		}
		if (r < 0)
			return r;
		/* texts of this function: copied */
		sqlite3_bind_text(c->st[i], 1, from, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(c->st[i], 2, to, -1, SQLITE_TRANSIENT);
		r = counts_step(c, i, e);
	}
	return r < 0 ? r : counts_next(c, e);
}

/* Takes the place of what the tiers say of the day, as far as it says something. */
static void counts_apply(const struct counts *c, struct energy_sum *s, const struct tariff *t)
{
	double had = s->mwh[PLACE_IN], in, out;

	for (int i = 0; i < ENERGY_COUNTED; i++)
		if (!isnan(c->wh[i]))
			s->mwh[i] = c->wh[i] * MWH_OF_WH;
	s->filled_wh = c->filled_wh;
	if (isnan(s->covered_s))
		s->covered_s = c->measured_s;
	if (!t)
		return;
	in = s->mwh[PLACE_IN];
	out = s->mwh[PLACE_OUT];
	/* at the mean of the hours that were measured */
	s->cost = had > 0 ? in * (s->cost / had) : in / MWH_OF_KWH * tariff_mean(t);
	s->earned = out / MWH_OF_KWH * t->export_price;
}

/* ---- all together ---- */

struct filling {
	struct energy *n;
	struct counts *counts;
	int64_t day, from, to; /* that is being summed, s; to 0: none yet */
	const struct tariff *tariff;
	struct energy_sum sum;
};

static void day_take(struct filling *f, struct energy_sum *s, int64_t day)
{
	struct energy_sum *p = period_at(f->n, 0, day);

	sum_end(s);
	if (p)
		sum_add(p, s);
}

/* Days before `day` of which only the counts know. */
static int days_counted(struct filling *f, int64_t day, struct err *e)
{
	int r = 0;

	while (r == 0 && f->counts->day < day) {
		struct energy_sum s;

		sum_init(&s);
		counts_apply(f->counts, &s,
			     f->n->currency ? tariff_of(f->n, f->counts->day) : NULL);
		day_take(f, &s, f->counts->day);
		r = counts_next(f->counts, e);
	}
	return r;
}

static int day_end(struct filling *f, struct err *e)
{
	int r = 0;

	if (!f->to || f->n->by == ENERGY_HOUR)
		return 0;
	r = days_counted(f, f->day, e);
	if (r == 0 && f->counts->day == f->day) {
		counts_apply(f->counts, &f->sum, f->tariff);
		r = counts_next(f->counts, e);
	}
	day_take(f, &f->sum, f->day);
	return r;
}

static int day_begin(struct filling *f, int64_t t, struct err *e)
{
	int r = day_end(f, e);

	f->day = civil_day_of(t);
	f->from = civil_start(f->day);
	f->to = civil_start(f->day + 1);
	f->tariff = f->n->currency ? tariff_of(f->n, f->day) : NULL;
	sum_init(&f->sum);
	return r;
}

static int span_read(struct filling *f, struct req *q, const struct range_span *span, struct err *e)
{
	static const struct rows_want want = { .sums = true };
	ROWS_AUTO struct rows rows = { 0 };
	const struct row *row;
	int r = rows_open(&rows, q->store, READING_HOUSE, span->tier, &want, e);

	if (r == 0)
		r = rows_run(&rows, 0, span->from, span->to, 0, e);
	while (r >= 0 && (r = rows_next(&rows, &row, e)) > 0) {
		struct energy_sum *s = &f->sum;

		if (row->t < f->from || row->t >= f->to) {
			r = day_begin(f, row->t, e);
			if (r < 0)
				break;
		}
		if (f->n->by == ENERGY_HOUR)
			s = period_at(f->n, row->t, 0);
		if (s)
			row_add(s, row, span->tier, f->tariff);
	}
	return r < 0 ? r : 0;
}

/* Is there a price by the hour among what is in force? */
static bool by_hour(const struct energy *n)
{
	if (n->by == ENERGY_HOUR)
		return true;
	for (unsigned i = 0; n->currency && i < n->tariffs.n; i++)
		if (!isnan(n->tariffs.at[i].night_price))
			return true;
	return false;
}

/* Quarters where hours matter, days else; and days where the quarters were deleted by age. */
static int spans_of(struct energy *n, const struct range *g, struct req *q,
		    struct range_span ret[RANGE_SPANS_MAX], unsigned *ret_n, struct err *e)
{
	const struct subject of = { 0, READING_HOUSE };
	int64_t from = n->starts[0], to = n->starts[n->n], fine, coarse;
	enum history_tier tier = by_hour(n) ? HISTORY_15MIN : HISTORY_DAY;
	int r;

	*ret_n = 0;
	if (tier == HISTORY_15MIN && n->by != ENERGY_HOUR) {
		r = range_oldest(q, HISTORY_15MIN, &of, &fine, e);
		if (r == 0)
			r = range_oldest(q, HISTORY_DAY, &of, &coarse, e);
		if (r < 0)
			return r;
		if (fine == INT64_MAX)
			fine = g->until[HISTORY_15MIN];
		if (fine > from && coarse < INT64_MAX && coarse + CIVIL_DAY_S <= fine) {
			int64_t day = civil_day_of(fine - 1) + 1, end = civil_start(day);

			end = end < to ? end : to;
			*ret_n = 1;
			ret[0] = (struct range_span){ HISTORY_DAY, from, end };
			from = end;
		}
	}
	*ret_n += range_spans(g, tier, from, to, ret + *ret_n);
	return 0;
}

static void fees(struct energy *n, int64_t now)
{
	int64_t first = civil_day_of(n->starts[0]), today = civil_day_of(now);
	int64_t last = civil_day_of(n->starts[n->n] - 1);

	for (int64_t day = first; day <= last && day <= today; day++) {
		const struct tariff *t = tariff_of(n, day);
		struct civil c = civil_date(day);
		double fee;

		if (!t)
			continue;
		fee = t->month_fee / (double)(civil_number(c.year, c.month + 1, 1) -
					      civil_number(c.year, c.month, 1));
		if (n->by != ENERGY_HOUR) {
			add(&period_at(n, 0, day)->fee, fee);
			continue;
		}
		int64_t from = civil_start(day), to = civil_start(day + 1);

		for (unsigned i = 0; i < n->n; i++)
			if (n->starts[i] >= from && n->starts[i] < to && n->starts[i] <= now)
				add(&n->at[i].fee, fee * (double)(n->starts[i + 1] - n->starts[i]) /
							   (double)(to - from));
	}
}

static const char *currency_of(const struct energy *n)
{
	const struct tariff *t = tariff_on(&n->tariffs, civil_day_of(n->starts[n->n] - 1));

	return t ? t->currency : NULL;
}

int energy_fill(struct energy *n, struct range *g, struct req *q, struct err *e)
{
	COUNTS_AUTO struct counts counts = { .day = INT64_MAX };
	struct filling f = { .n = n, .counts = &counts };
	struct range_span spans[RANGE_SPANS_MAX + 1];
	unsigned n_spans = 0;
	int r = tariffs_read(&n->tariffs, q, e);

	sum_init(&n->total);
	for (unsigned i = 0; i < n->n; i++)
		sum_init(&n->at[i]);
	n->currency = currency_of(n);
	if (r == 0)
		r = range_until(g, q, e);
	if (r == 0)
		r = spans_of(n, g, q, spans, &n_spans, e);
	if (r == 0 && n->by != ENERGY_HOUR)
		r = counts_open(&counts, q, civil_day_of(n->starts[0]),
				civil_day_of(n->starts[n->n] - 1), e);
	for (unsigned i = 0; r == 0 && i < n_spans; i++)
		r = span_read(&f, q, &spans[i], e);
	if (r == 0)
		r = day_end(&f, e);
	if (r == 0 && n->by != ENERGY_HOUR)
		r = days_counted(&f, INT64_MAX, e);
	if (r < 0)
		return r;
	if (n->currency)
		fees(n, q->now_ms / 1000);
	for (unsigned i = 0; i < n->n; i++) {
		if (n->by == ENERGY_HOUR)
			sum_end(&n->at[i]);
		sum_add(&n->total, &n->at[i]);
	}
	return 0;
}
