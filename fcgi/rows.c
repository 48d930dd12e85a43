#include "rows.h"

#include "store.h"

#include "svitlo/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROWS_SQL_MAX  4096
#define ROWS_FROM_MAX 512
/* Of history.db no row of 10 s is looked for further ahead: there stand those of the day that is written
 * over. A clock that was set back leaves an hour. */
#define ROWS_AHEAD_S 3600

enum { NEW, OLD };
enum { ROW_DEVICE, ROW_T, ROW_COVERED, ROW_QUALITY, ROW_FIRST };

struct text {
	char at[ROWS_SQL_MAX];
	size_t n;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->n += (size_t)vsnprintf(t->at + t->n, sizeof(t->at) - t->n, fmt, ap);
	va_end(ap);
	assert(t->n < sizeof(t->at));
}

static bool has(uint32_t bits, unsigned i)
{
	return bits >> i & 1u;
}

static void put_columns(struct text *t, const struct history_kind *h, const struct rows_want *w,
			bool upper)
{
	for (unsigned i = 0; i < h->n_columns; i++) {
		const char *name = h->columns[i].name;

		if (!has(w->columns, i))
			continue;
		if (upper && h->columns[i].mean)
			put(t, ", r.%s_min, r.%s, r.%s_max", name, name, name);
		else
			put(t, ", r.%s", name);
	}
	if (w->flags)
		put(t, ", r.flags");
	for (unsigned i = 0; w->bits && i < h->n_bits; i++)
		put(t, ", r.%s", h->bits[i].name);
	for (unsigned i = 0; upper && w->sums && i < h->n_sums; i++)
		put(t, ", r.%s", h->sums[i].name);
	for (unsigned i = 0; i < h->n_many; i++) {
		const char *name = h->many[i].name;

		if (!has(w->many, i))
			continue;
		if (upper)
			put(t, ", a.%s, a.%s_below, a.%s_above", name, name, name);
		else
			put(t, ", r.%s", name);
	}
}

/* Of a table in one file: those of 10 s stand elsewhere in live.db than in history.db. */
static void rows_sql(struct text *t, enum reading_kind k, enum history_tier tier,
		     const struct rows_want *w, enum db_file file)
{
	static const char *const raw[] = {
		[DB_LIVE] = "@ AS r WHERE r.id >= ?2 * 4096 AND r.id < ?3 * 4096"
			    " AND (?1 < 0 OR r.device = ?1) ORDER BY r.id",
		[DB_HISTORY] =
			HISTORY_RAW("?2", "?3") " AND (?1 < 0 OR r.device = ?1)" HISTORY_RAW_ORDER,
	};
	char table[HISTORY_NAME_MAX], from[ROWS_FROM_MAX];
	bool upper = tier != HISTORY_10S;

	history_table(table, k, tier);
	put(t, "SELECT r.device, r.t, ");
	if (upper)
		put(t, "r.covered_s, r.quality");
	else
		put(t, "%d, r.quality", HISTORY_ROW_S);
	put_columns(t, &history_kinds[k], w, upper);
	if (!upper) {
		history_sql(from, sizeof(from), raw[file], table);
		put(t, " FROM %s LIMIT ?4", from);
		return;
	}
	put(t, " FROM %s AS r", table);
	if (w->many) {
		history_arrays(table, k, tier);
		put(t, " LEFT JOIN %s AS a ON a.device = r.device AND a.t = r.t", table);
	}
	put(t, " WHERE r.device = ?1 AND r.t >= ?2 AND r.t < ?3 ORDER BY r.t, r.device LIMIT ?4");
}

/* What the sums of 10 s are made of. */
static void want_powers(struct rows_want *w, enum reading_kind k)
{
	static const enum metric from[] = { METRIC_POWER,	  METRIC_PV_POWER,
					    METRIC_LOAD_POWER,	  METRIC_GRID_POWER,
					    METRIC_BATTERY_POWER, METRIC_GEN_POWER };

	for (size_t i = 0; i < SV_LEN(from); i++) {
		const struct history_column *c = history_column(k, from[i]);

		if (c)
			w->columns |= 1u << (c - history_kinds[k].columns);
	}
	w->flags = w->flags || history_kinds[k].n_flags;
}

int rows_open(struct rows *v, struct store *s, enum reading_kind k, enum history_tier t,
	      const struct rows_want *want, struct err *e)
{
	struct text live = { .n = 0 }, sql = { .n = 0 };
	int r = 0;

	*v = (struct rows){ .kind = k, .tier = t, .want = *want };
	if (t == HISTORY_10S && want->sums)
		want_powers(&v->want, k);
	rows_sql(&sql, k, t, &v->want, DB_HISTORY);
	if (t == HISTORY_10S) {
		rows_sql(&live, k, t, &v->want, DB_LIVE);
		r = store_prepare(s, DB_LIVE, live.at, &v->st[NEW], e);
	}
	if (r == 0 || r == -ENOENT)
		r = store_prepare(s, DB_HISTORY, sql.at, &v->st[OLD], e);
	if (r < 0 && r != -ENOENT)
		rows_close(v);
	return r == -ENOENT ? 0 : r;
}

void rows_close(struct rows *v)
{
	for (int i = NEW; i <= OLD; i++) {
		sqlite3_finalize(v->st[i]);
		v->st[i] = NULL;
	}
}

void rows_stop(struct rows *v)
{
	for (int i = NEW; i <= OLD; i++) {
		if (v->st[i])
			db_reset(v->st[i]);
		v->at[i] = false;
	}
}

static int rows_step(struct rows *v, int which, struct err *e)
{
	int r;

	v->at[which] = false;
	if (!v->st[which])
		return 0;
	r = db_step(v->st[which], e);
	v->at[which] = r > 0;
	v->read += which == OLD && r > 0;
	return r < 0 ? r : 0;
}

int rows_run(struct rows *v, int64_t device, int64_t from, int64_t to, int64_t limit, struct err *e)
{
	int64_t ahead = clock_wall_ms() / 1000 + ROWS_AHEAD_S;
	int r = 0;

	rows_stop(v);
	v->limit = limit;
	v->read = 0;
	/* in this order: what moves over in between is seen twice, not never */
	for (int i = NEW; r == 0 && i <= OLD; i++) {
		if (v->st[i])
			db_bind(v->st[i], "iiii", device, from,
				i == OLD && v->tier == HISTORY_10S && to > ahead ? ahead : to,
				i == OLD && limit ? limit : (int64_t)-1);
		r = rows_step(v, i, e);
	}
	return r;
}

static double number_at(sqlite3_stmt *st, int col)
{
	return sqlite3_column_type(st, col) == SQLITE_NULL ? NAN
							   : (double)sqlite3_column_int64(st, col);
}

static void array_read(struct row *w, unsigned i, sqlite3_stmt *st, int col, bool upper)
{
	double mean[HISTORY_ARRAY_MAX], below[HISTORY_ARRAY_MAX] = { 0 },
					above[HISTORY_ARRAY_MAX] = { 0 };

	w->n[i] = history_array((const char *)sqlite3_column_text(st, col), mean);
	if (upper) { /* null: all are 0 */
		history_array((const char *)sqlite3_column_text(st, col + 1), below);
		history_array((const char *)sqlite3_column_text(st, col + 2), above);
	}
	for (unsigned j = 0; j < w->n[i]; j++)
		w->many[i][j] =
			(struct history_value){ mean[j] - below[j], mean[j], mean[j] + above[j] };
}

static void row_read(struct rows *v, sqlite3_stmt *st)
{
	const struct history_kind *h = &history_kinds[v->kind];
	const struct rows_want *w = &v->want;
	bool upper = v->tier != HISTORY_10S;
	struct row *to = &v->row;
	int col = ROW_FIRST;

	to->device = sqlite3_column_int64(st, ROW_DEVICE);
	to->t = sqlite3_column_int64(st, ROW_T);
	to->covered_s = sqlite3_column_int(st, ROW_COVERED);
	to->quality = sqlite3_column_int(st, ROW_QUALITY);
	for (unsigned i = 0; i < h->n_columns; i++) {
		bool three = upper && h->columns[i].mean;
		double low;

		if (!has(w->columns, i))
			continue;
		low = number_at(st, col++);
		to->col[i] = (struct history_value){ low, low, low };
		if (three) {
			to->col[i].mean = number_at(st, col++);
			to->col[i].high = number_at(st, col++);
		}
	}
	if (w->flags) {
		to->has_flags = sqlite3_column_type(st, col) != SQLITE_NULL;
		to->flags = (unsigned)sqlite3_column_int(st, col++);
	}
	for (unsigned i = 0; w->bits && i < h->n_bits; i++, col++) {
		to->has_bits[i] = sqlite3_column_type(st, col) != SQLITE_NULL;
		to->bits[i] = sqlite3_column_int64(st, col);
	}
	for (unsigned i = 0; upper && w->sums && i < h->n_sums; i++)
		to->sums[i] = number_at(st, col++);
	if (!upper && w->sums)
		history_sums(v->kind, to->col, to->flags, to->sums);
	for (unsigned i = 0; i < h->n_many; i++)
		if (has(w->many, i)) {
			array_read(to, i, st, col, upper);
			col += upper ? 3 : 1;
		}
}

/* <0: the one of live.db is first; 0: both are the same row. */
static int rows_order(const struct rows *v)
{
	int64_t a[2], b[2];

	for (int i = NEW; i <= OLD; i++) {
		a[i] = sqlite3_column_int64(v->st[i], ROW_T);
		b[i] = sqlite3_column_int64(v->st[i], ROW_DEVICE);
	}
	if (a[NEW] != a[OLD])
		return a[NEW] < a[OLD] ? -1 : 1;
	return b[NEW] == b[OLD] ? 0 : b[NEW] < b[OLD] ? -1 : 1;
}

bool rows_cut(const struct rows *v)
{
	return v->limit && v->read >= v->limit;
}

int rows_next(struct rows *v, const struct row **ret, struct err *e)
{
	int which, order, r = 0;

	if (!v->at[NEW] && !v->at[OLD])
		return 0;
	/* what live.db has beyond the limit comes when its turn is */
	if (!v->at[OLD] && rows_cut(v))
		return 0;
	order = !v->at[OLD] ? -1 : !v->at[NEW] ? 1 : rows_order(v);
	which = order < 0 ? NEW : OLD;
	row_read(v, v->st[which]);
	*ret = &v->row;
	if (order == 0)
		r = rows_step(v, NEW, e);
	if (r == 0)
		r = rows_step(v, which, e);
	return r < 0 ? r : 1;
}
