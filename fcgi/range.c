#include "range.h"

#include "civil.h"
#include "store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RANGE_FINE     2.5  /* buckets of a tier, in those that were asked for */
#define RANGE_AFRESH_S 3600 /* what is younger may still change */

static int64_t floor_to(int64_t t, int64_t step)
{
	return t - (t % step + step) % step;
}

static int64_t floor_s(int64_t ms)
{
	return floor_to(ms, 1000) / 1000;
}

static int64_t ceil_s(int64_t ms)
{
	return floor_s(ms + 999);
}

int range_read(struct range *g, const struct req *q, struct err *e)
{
	g->from_ms = req_int(q, "from_ms", 0);
	g->to_ms = req_int(q, "to_ms", 0);
	return g->from_ms < g->to_ms ? 0 : err_set(e, -EINVAL, "from_ms must be before to_ms");
}

int range_until(struct range *g, struct req *q, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_ROLLUP, &st, e);

	memset(g->until, 0, sizeof(g->until));
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while ((r = db_step(st, e)) > 0)
		for (int t = HISTORY_1MIN; t < HISTORY_TIER__MAX; t++)
			if (strcmp(db_text(st, 0), history_tiers[t].name) == 0)
				g->until[t] = sqlite3_column_int64(st, 1);
	g->until[HISTORY_10S] = g->until[HISTORY_1MIN];
	return r;
}

bool range_tier(const struct req *q, enum history_tier *ret)
{
	const char *word = req_str(q, "tier");

	for (int t = 0; t < HISTORY_TIER__MAX; t++)
		if (strcmp(word, history_tiers[t].name) == 0) {
			*ret = (enum history_tier)t;
			return true;
		}
	return false;
}

/* ---- how far back ---- */

/* A number that a statement gives; INT64_MAX: no row, no file. */
static int oldest_by(struct req *q, enum db_file file, const char *sql, enum reading_kind k,
		     enum history_tier t, int64_t device, int64_t since, int64_t *ret,
		     struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	char table[HISTORY_NAME_MAX], text[512];
	int r;

	history_table(table, k, t);
	history_sql(text, sizeof(text), sql, table);
	*ret = INT64_MAX;
	r = store_prepare(q->store, file, text, &st, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	db_bind(st, "ii", device, since);
	r = db_step(st, e);
	if (r > 0)
		*ret = sqlite3_column_int64(st, 0);
	return r < 0 ? r : 0;
}

/* ?1: the device, ?2: since when. There is no index of the 10 s by device: the oldest is that of all. */
static const char sql_upper[] = "SELECT t FROM @ WHERE device = ?1 AND t >= ?2 ORDER BY t LIMIT 1";
static const char sql_live[] =
	"SELECT t FROM @ WHERE device = ?1 AND id >= ?2 * 4096 ORDER BY id LIMIT 1";
static const char sql_10s[] =
	"SELECT r.t FROM " HISTORY_RAW("?2", HISTORY_EVER) " AND r.device = ?1" HISTORY_RAW_ORDER
							   " LIMIT 1";
static const char sql_10s_all[] =
	"SELECT r.t FROM " HISTORY_RAW("?2", HISTORY_EVER) HISTORY_RAW_ORDER " LIMIT 1";

int range_oldest(struct req *q, enum history_tier t, const struct subject *s, int64_t *ret,
		 struct err *e)
{
	return oldest_by(q, DB_HISTORY, t == HISTORY_10S ? sql_10s_all : sql_upper, s->kind, t,
			 s->id, 0, ret, e);
}

static int begin_of(struct req *q, const struct range *g, const struct subject *s, int64_t *ret,
		    struct err *e)
{
	int64_t t, best = INT64_MAX;
	int r = 0;

	/* a day begins before what was measured of it: the finer ones say it better if they can */
	for (int tier = HISTORY_1MIN; r == 0 && tier < HISTORY_TIER__MAX; tier++) {
		r = range_oldest(q, (enum history_tier)tier, s, &t, e);
		if (r == 0 && t < INT64_MAX &&
		    (best == INT64_MAX || t + history_tiers[tier].seconds <= best))
			best = t;
	}
	if (r == 0 && best == INT64_MAX)
		r = oldest_by(q, DB_HISTORY, sql_10s, s->kind, HISTORY_10S, s->id,
			      g->until[HISTORY_1MIN], &best, e);
	if (r == 0 && best == INT64_MAX)
		r = oldest_by(q, DB_LIVE, sql_live, s->kind, HISTORY_10S, s->id, 0, &best, e);
	*ret = best;
	return r;
}

int range_begin(struct req *q, const struct range *g, const struct subject *s, unsigned n,
		int64_t *ret, struct err *e)
{
	int r = 0;

	*ret = INT64_MAX;
	for (unsigned i = 0; r == 0 && i < n; i++) {
		int64_t t;

		r = begin_of(q, g, &s[i], &t, e);
		if (r == 0 && t < *ret)
			*ret = t;
	}
	return r;
}

/* 1: the tier was deleted by age in the range, and the next coarser one was not. */
static int range_aged(const struct range *g, struct req *q, const struct subject *s, unsigned n,
		      struct err *e)
{
	int64_t from = floor_s(g->from_ms), fine, coarse;
	int next = g->tier + 1;

	for (unsigned i = 0; i < n; i++) {
		int r = range_oldest(q, g->tier, &s[i], &fine, e);

		if (r == 0)
			r = range_oldest(q, (enum history_tier)next, &s[i], &coarse, e);
		if (r < 0)
			return r;
		/* what is not made yet is not deleted either */
		if (fine == INT64_MAX && g->tier != HISTORY_10S)
			fine = g->until[g->tier];
		if (fine > from && coarse < INT64_MAX &&
		    coarse + history_tiers[next].seconds <= fine)
			return 1;
	}
	return 0;
}

/* ---- the grid ---- */

static unsigned grid_days(struct range *g)
{
	int64_t first = civil_day_of(floor_s(g->from_ms));
	int64_t last = civil_day_of(floor_s(g->to_ms - 1)), k = g->merged;
	unsigned n = 0;

	first = floor_to(first, k);
	if ((last - first) / k >= g->points)
		return 0;
	for (; first <= last; first += k)
		g->starts[n++] = civil_start(first);
	g->starts[n] = civil_start(first);
	return n;
}

static unsigned grid_even(struct range *g)
{
	int64_t step = history_tiers[g->tier].seconds * g->merged;
	int64_t first = floor_to(floor_s(g->from_ms), step), end = ceil_s(g->to_ms);
	unsigned n = 0;

	if ((end - first + step - 1) / step > g->points)
		return 0;
	for (; first < end; first += step)
		g->starts[n++] = first;
	g->starts[n] = first;
	return n;
}

static void range_grid(struct range *g)
{
	int64_t seconds = ceil_s(g->to_ms) - floor_s(g->from_ms);
	int64_t buckets = seconds / history_tiers[g->tier].seconds;

	g->merged = buckets / g->points;
	do {
		g->merged++;
		g->n = g->tier == HISTORY_DAY ? grid_days(g) : grid_even(g);
	} while (g->n == 0);
}

int range_plan(struct range *g, struct req *q, const struct subject *s, unsigned n, int points,
	       struct err *e)
{
	double width;
	int r = range_until(g, q, e);

	if (r < 0)
		return r;
	g->points = (unsigned)req_int(q, "points", points);
	width = (double)(g->to_ms - g->from_ms) / 1000 / g->points * RANGE_FINE;
	if (!range_tier(q, &g->tier))
		for (g->tier = HISTORY_DAY;
		     g->tier > HISTORY_10S && history_tiers[g->tier].seconds > width;)
			g->tier--;
	for (r = 1; r > 0 && g->tier < HISTORY_DAY;) {
		r = range_aged(g, q, s, n, e);
		if (r < 0)
			return r;
		g->tier += (unsigned)r;
	}
	range_grid(g);
	return 0;
}

int range_bucket(const struct range *g, int64_t t)
{
	unsigned lo = 0, hi = g->n;

	if (t < g->starts[0] || t >= g->starts[g->n])
		return -1;
	if (g->tier != HISTORY_DAY)
		return (int)((t - g->starts[0]) / (history_tiers[g->tier].seconds * g->merged));
	while (hi - lo > 1) {
		unsigned mid = (lo + hi) / 2;

		if (g->starts[mid] <= t)
			lo = mid;
		else
			hi = mid;
	}
	return (int)lo;
}

int64_t range_step_s(const struct range *g)
{
	return history_tiers[g->tier].seconds * g->merged;
}

unsigned range_spans(const struct range *g, enum history_tier tier, int64_t from, int64_t to,
		     struct range_span ret[RANGE_SPANS_MAX])
{
	unsigned n = 0;

	for (int t = (int)tier; t >= HISTORY_10S && from < to; t--) {
		int64_t end = t == HISTORY_10S || g->until[t] > to ? to : g->until[t];

		if (end <= from)
			continue;
		ret[n++] = (struct range_span){ (enum history_tier)t, from, end };
		from = end;
	}
	return n;
}

/* ---- how long it may be kept ---- */

/* Rows that came late put the finer tiers back first. */
bool range_final(const struct range *g, const struct req *q, int64_t end)
{
	for (int t = HISTORY_10S; t <= (int)g->tier; t++)
		if (end > g->until[t])
			return false;
	return end <= q->now_ms / 1000 - RANGE_AFRESH_S;
}

void range_cache(const struct req *q, struct reply *r, bool final)
{
	const char *text = jw_text(&r->w);
	uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */

	for (size_t i = 0; text && i < r->w.len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
	r->cache = final ? "private, max-age=86400, immutable" : "private, no-cache";
	snprintf(r->etag, sizeof(r->etag), "W/\"%016" PRIx64 "\"", hash);
	reply_etag(r, q);
}
