#include "roll.h"

#include "fold.h"
#include "svitlo/db.h"
#include "svitlo/util.h"
#include "svitlo/zone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S	    86400
#define ROLL_HOUR_S 3600
#define ROLL_LARGE  8000 /* raw rows of an hour: then a quarter is a window, else an hour */
#define ROLL_ROWS   1500 /* no further kind is begun in a piece that has read so many */
#define ROLL_SAMPLE 7	 /* each of so many raw rows is looked at for its size */

enum roll_stmt { ST_UNTIL, ST_SET, ST_BACK, ST_ZONE, ST_REZONE, ST__MAX };

static const char *const sql[ST__MAX] = {
	[ST_UNTIL] = "SELECT min(iif(tier = 'day', 9e18, until)), max(iif(tier = 'day', until, 0)),"
		     " max(zone) FROM main.rollup",
	[ST_SET] = "UPDATE main.rollup SET until = ?2 WHERE tier = ?1 AND until <> ?2",
	[ST_BACK] = "UPDATE main.rollup SET until = ?2 WHERE tier = ?1 AND until > ?2",
	[ST_ZONE] = "UPDATE main.rollup SET zone = ?1 WHERE tier = 'day'",
	[ST_REZONE] = "UPDATE main.rollup SET zone = ?1, until = 0 WHERE tier = 'day'",
};

enum kind_stmt {
	KIND_NEXT,    /* the first raw row from ?1 on, before ?2 */
	KIND_NEXT_15, /* the first quarter from ?1 on */
	KIND_LAST_15,
	KIND_RAW,    /* raw rows of a window */
	KIND_15,     /* quarters of a device and a day */
	KIND_DEVICE, /* the next device that has quarters */
	KIND_DROP,   /* rows of days that begin in this one: another zone's */
	KIND_DROP_ARRAYS,
	KIND_PUT,					/* + tier */
	KIND_PUT_ARRAYS = KIND_PUT + HISTORY_TIER__MAX, /* + tier */
	KIND__MAX = KIND_PUT_ARRAYS + HISTORY_TIER__MAX
};

/* Up to where, and what comes next. */
struct plan {
	int64_t until, day_until; /* of minutes and quarters; of days */
	int64_t t, end;		  /* the window */
	char day[ZONE_DAY_MAX];	  /* of days: its date; "": a quarter of an hour */
};

struct roll {
	sqlite3 *db;
	sqlite3_stmt *st[ST__MAX], *kind_st[READING_KIND__MAX][KIND__MAX];
	struct plan plan;
	unsigned rows, plan_rows; /* read in this piece, of this plan */
	bool large;		  /* many devices */
	int kind; /* of the plan, the next one to be done; READING_KIND__MAX: no plan */
	struct fold *minute, *quarter; /* one a device */
	unsigned n_folds, room;
	struct fold day;
	bool rezoned; /* all days are made anew */
	int64_t first_t, last_t;
	double bytes[HISTORY_TIER__MAX], day_bytes[HISTORY_TIER__MAX]; /* of the plan; a day */
};

static const char *const kind_templates[KIND_PUT] = {
	[KIND_NEXT] = "SELECT r.t FROM " HISTORY_RAW("?1", "?2") HISTORY_RAW_ORDER " LIMIT 1",
	/* by device, as they are clustered */
	[KIND_NEXT_15] = "SELECT min(t) FROM main.@ WHERE device = ?2 AND t >= ?1",
	[KIND_LAST_15] = "SELECT max(t) FROM main.@ WHERE device = ?1",
	[KIND_DEVICE] = "SELECT min(device) FROM main.@ WHERE device > ?1",
	[KIND_RAW] = HISTORY_RAW("?1", "?2") HISTORY_RAW_ORDER,
	[KIND_15] = "r.device = ?1 AND r.t >= ?2 AND r.t < ?3 ORDER BY r.t",
	[KIND_DROP] = "DELETE FROM main.@ WHERE device = ?1 AND t >= ?2 AND t < ?3",
	[KIND_DROP_ARRAYS] = "DELETE FROM main.@ WHERE device = ?1 AND t >= ?2 AND t < ?3",
};

/* "": there is nothing of the sort. */
static void kind_sql(char ret[FOLD_SQL_MAX], enum reading_kind k, int which)
{
	const bool many = history_kinds[k].n_many > 0;
	char table[HISTORY_NAME_MAX] = "";
	size_t n;

	*ret = 0;
	if (which >= KIND_PUT_ARRAYS) {
		if (many && which > KIND_PUT_ARRAYS + HISTORY_10S)
			fold_insert_arrays(ret, k, (enum history_tier)(which - KIND_PUT_ARRAYS));
		return;
	}
	if (which >= KIND_PUT) {
		if (which > KIND_PUT + HISTORY_10S)
			fold_insert(ret, k, (enum history_tier)(which - KIND_PUT));
		return;
	}
	if (which == KIND_RAW || which == KIND_15)
		fold_select(ret, k, which == KIND_RAW ? HISTORY_10S : HISTORY_15MIN);
	if (which == KIND_DROP_ARRAYS && many)
		history_arrays(table, k, HISTORY_DAY);
	else if (which == KIND_DROP_ARRAYS)
		return;
	else
		history_table(table, k,
			      which == KIND_NEXT || which == KIND_RAW ? HISTORY_10S
			      : which == KIND_DROP		      ? HISTORY_DAY
								      : HISTORY_15MIN);
	n = strlen(ret);
	history_sql(ret + n, FOLD_SQL_MAX - n, kind_templates[which], table);
}

int roll_new(struct roll **ret, sqlite3 *history, struct err *e)
{
	struct roll *r = calloc(1, sizeof(*r));
	char text[FOLD_SQL_MAX];
	int rc = 0;

	if (!r)
		return err_set(e, -ENOMEM, "out of memory");
	r->db = history;
	r->kind = READING_KIND__MAX;
	for (int t = 0; t < HISTORY_TIER__MAX; t++)
		r->day_bytes[t] = NAN;
	for (int i = 0; rc >= 0 && i < ST__MAX; i++)
		rc = db_prepare(history, &r->st[i], sql[i], e);
	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int i = 0; rc >= 0 && i < KIND__MAX; i++) {
			kind_sql(text, (enum reading_kind)k, i);
			if (*text)
				rc = db_prepare(history, &r->kind_st[k][i], text, e);
		}
	if (rc < 0) {
		roll_free(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void roll_free(struct roll *r)
{
	if (!r)
		return;
	for (int i = 0; i < ST__MAX; i++)
		sqlite3_finalize(r->st[i]);
	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int i = 0; i < KIND__MAX; i++)
			sqlite3_finalize(r->kind_st[k][i]);
	free(r->minute);
	free(r->quarter);
	free(r);
}

static int64_t floor_to(int64_t t, int64_t step)
{
	return t - t % step;
}

/* A statement that gives one number, bound already. -1: null, or no row. */
static int roll_number(sqlite3_stmt *st, int64_t *ret, struct err *e)
{
	int rc = db_step(st, e);

	*ret = -1;
	if (rc <= 0)
		return rc;
	if (sqlite3_column_type(st, 0) != SQLITE_NULL)
		*ret = sqlite3_column_int64(st, 0);
	db_reset(st);
	return 0;
}

static int roll_set(struct roll *r, enum roll_stmt which, enum history_tier t, int64_t until,
		    struct err *e)
{
	db_bind(r->st[which], "si", history_tiers[t].name, until);
	return db_run(r->st[which], e);
}

int roll_late(struct roll *r, int64_t t, struct err *e)
{
	int64_t from = floor_to(t, ROLL_WINDOW_S);
	int rc = roll_set(r, ST_BACK, HISTORY_1MIN, from, e);

	if (rc >= 0)
		rc = roll_set(r, ST_BACK, HISTORY_15MIN, from, e);
	if (rc > 0)
		r->kind = READING_KIND__MAX; /* what was planned may lie behind it */
	return rc < 0 ? rc : 0;
}

double roll_days_done(const struct roll *r)
{
	double part;

	if (!r->rezoned)
		return NAN;
	part = (double)(r->plan.day_until - r->first_t) / (double)(r->last_t - r->first_t + 1);
	return fmin(fmax(part, 0), 1);
}

double roll_day_bytes(const struct roll *r, enum history_tier t)
{
	return r->day_bytes[t];
}

/* ---- what comes next ---- */

static int roll_until(struct roll *r, struct err *e)
{
	sqlite3_stmt *st = r->st[ST_UNTIL];
	bool other;
	int rc = db_step(st, e);

	if (rc <= 0)
		return rc < 0 ? rc : err_set(e, -EBADMSG, "history.db: its table rollup is empty");
	r->plan.until = sqlite3_column_int64(st, 0);
	r->plan.day_until = sqlite3_column_int64(st, 1);
	other = strcmp(db_text(st, 2), zone_name()) != 0;
	rc = sqlite3_column_type(st, 2) != SQLITE_NULL;
	db_reset(st);
	if (!other)
		return 0;
	r->rezoned = rc;
	db_bind(r->st[rc ? ST_REZONE : ST_ZONE], "s", zone_name());
	if (rc)
		r->plan.day_until = 0;
	rc = db_run(r->st[rc ? ST_REZONE : ST_ZONE], e);
	return rc < 0 ? rc : 0;
}

/* The first raw row from t on and before end, of any kind; -1: none. */
static int roll_next_raw(struct roll *r, int64_t t, int64_t end, int64_t *ret, struct err *e)
{
	int rc = 0;

	*ret = -1;
	for (int k = 0; rc >= 0 && k < READING_KIND__MAX; k++) {
		int64_t at = -1;

		db_bind(r->kind_st[k][KIND_NEXT], "ii", t, end);
		rc = roll_number(r->kind_st[k][KIND_NEXT], &at, e);
		if (rc >= 0 && at >= 0 && (*ret < 0 || at < *ret))
			*ret = at;
	}
	return rc;
}

/* For each device that has quarters: the first from t on, and the last. -1: none. */
static int roll_next_quarter(struct roll *r, int64_t t, int64_t *ret, int64_t *ret_last,
			     struct err *e)
{
	int rc = 0;

	*ret = *ret_last = -1;
	for (int k = 0; rc >= 0 && k < READING_KIND__MAX; k++)
		for (int64_t device = -1, at; rc >= 0;) {
			db_bind(r->kind_st[k][KIND_DEVICE], "i", device);
			rc = roll_number(r->kind_st[k][KIND_DEVICE], &device, e);
			if (rc < 0 || device < 0)
				break;
			db_bind(r->kind_st[k][KIND_NEXT_15], "ii", t, device);
			rc = roll_number(r->kind_st[k][KIND_NEXT_15], &at, e);
			if (rc >= 0 && at >= 0 && (*ret < 0 || at < *ret))
				*ret = at;
			db_bind(r->kind_st[k][KIND_LAST_15], "i", device);
			if (rc >= 0)
				rc = roll_number(r->kind_st[k][KIND_LAST_15], &at, e);
			if (rc >= 0 && at > *ret_last)
				*ret_last = at;
		}
	return rc;
}

static void plan_begin(struct roll *r, int64_t t, int64_t end, const char *day)
{
	r->plan.t = t;
	r->plan.end = end;
	snprintf(r->plan.day, sizeof(r->plan.day), "%s", day);
	memset(r->bytes, 0, sizeof(r->bytes));
	r->plan_rows = 0;
	r->kind = 0;
}

static int plan_quarter(struct roll *r, int64_t saved_t, struct err *e)
{
	/* each hour: what the card pays for is places, and an hour's rows stand at as many */
	int64_t target = floor_to(saved_t, ROLL_HOUR_S), next;
	int rc;

	if (r->plan.until >= target)
		return 0;
	rc = roll_next_raw(r, r->plan.until, target, &next, e);
	if (rc < 0)
		return rc;
	if (next < 0) { /* nothing was measured since */
		rc = roll_set(r, ST_SET, HISTORY_1MIN, target, e);
		if (rc >= 0)
			rc = roll_set(r, ST_SET, HISTORY_15MIN, target, e);
		r->plan.until = target;
		return rc < 0 ? rc : 0;
	}
	next = floor_to(next, ROLL_WINDOW_S);
	plan_begin(r, next,
		   r->large ? next + ROLL_WINDOW_S : floor_to(next, ROLL_HOUR_S) + ROLL_HOUR_S, "");
	return 1;
}

static int plan_day(struct roll *r, struct err *e)
{
	struct zone_day d = zone_day(r->plan.day_until * 1000);
	int64_t next, last;
	int rc;

	/* asked of the tables only when the day that comes next is over */
	if (r->plan.day_until && d.end_ms / 1000 > r->plan.until) {
		r->rezoned = false;
		return 0;
	}
	rc = roll_next_quarter(r, r->plan.day_until, &next, &last, e);
	if (rc < 0)
		return rc;
	r->last_t = last;
	if (!r->plan.day_until)
		r->first_t = next;
	if (next >= 0)
		d = zone_day(next * 1000);
	if (next < 0 || d.end_ms / 1000 > r->plan.until) {
		r->rezoned = false;
		return 0;
	}
	plan_begin(r, d.start_ms / 1000, d.end_ms / 1000, d.text);
	return 1;
}

/* ---- doing it ---- */

static struct fold *fold_of(struct fold *all, unsigned n, int64_t device)
{
	for (unsigned i = 0; i < n; i++)
		if (all[i].row.device == device)
			return &all[i];
	return NULL;
}

static int folds_grow(struct roll *r, unsigned room, struct err *e)
{
	struct fold *quarter = reallocarray(r->quarter, room, sizeof(*quarter));
	struct fold *minute;

	if (!quarter)
		return err_set(e, -ENOMEM, "out of memory");
	r->quarter = quarter;
	minute = reallocarray(r->minute, room, sizeof(*minute));
	if (!minute)
		return err_set(e, -ENOMEM, "out of memory");
	r->minute = minute;
	r->room = room;
	return 0;
}

/* The folds of a device, made if need be: minute and quarter at the same place. */
static int roll_folds(struct roll *r, const struct fold_row *row, unsigned *ret, struct err *e)
{
	struct fold *at = fold_of(r->quarter, r->n_folds, row->device);
	unsigned n = r->n_folds + 1;
	int rc;

	if (at) {
		*ret = (unsigned)(at - r->quarter);
		return 0;
	}
	if (n > ROLL_DEVICES_MAX)
		return err_set(e, -E2BIG, "more than %d devices of a kind", ROLL_DEVICES_MAX);
	if (n > r->room) {
		rc = folds_grow(r, n * 2, e);
		if (rc < 0)
			return rc;
	}
	*ret = r->n_folds;
	r->n_folds = n;
	fold_begin(&r->quarter[n - 1], row->device, floor_to(row->t, ROLL_WINDOW_S));
	fold_begin(&r->minute[n - 1], row->device, floor_to(row->t, 60));
	return 0;
}

static int roll_write(struct roll *r, struct fold *f, enum history_tier t, struct err *e)
{
	enum reading_kind k = (enum reading_kind)r->kind;
	const struct fold_row *row = fold_end(f, k);
	sqlite3_stmt *st = r->kind_st[k][KIND_PUT + t];
	sqlite3_stmt *arrays = r->kind_st[k][KIND_PUT_ARRAYS + t];
	unsigned bytes = 0;
	int rc;

	if (!row)
		return 0;
	r->bytes[t] += fold_bind(st, row, k, t == HISTORY_DAY ? r->plan.day : NULL);
	rc = db_run(st, e);
	if (rc >= 0 && arrays && fold_bind_arrays(arrays, row, k, &bytes))
		rc = db_run(arrays, e);
	r->bytes[t] += bytes;
	return rc < 0 ? rc : 0;
}

/* What the row does not belong to any more is written first. */
static int roll_add(struct roll *r, struct fold *f, enum history_tier t, const struct fold_row *row,
		    struct err *e)
{
	int64_t begins = floor_to(row->t, history_tiers[t].seconds);
	int rc = 0;

	if (f->row.t != begins) {
		rc = roll_write(r, f, t, e);
		fold_begin(f, row->device, begins);
	}
	fold_add(f, (enum reading_kind)r->kind, row);
	return rc;
}

static int roll_window(struct roll *r, struct err *e)
{
	enum reading_kind k = (enum reading_kind)r->kind;
	sqlite3_stmt *st = r->kind_st[k][KIND_RAW];
	struct fold_row row;
	unsigned n = 0;
	int rc;

	r->n_folds = 0;
	db_bind(st, "ii", r->plan.t, r->plan.end);
	while ((rc = db_step(st, e)) > 0) {
		unsigned i = 0;

		fold_read(&row, st, k, HISTORY_10S);
		r->rows++;
		r->plan_rows++;
		if (n++ % ROLL_SAMPLE == 0)
			r->bytes[HISTORY_10S] += fold_bytes(st) * ROLL_SAMPLE;
		rc = roll_folds(r, &row, &i, e);
		if (rc < 0)
			break;
		rc = roll_add(r, &r->minute[i], HISTORY_1MIN, &row, e);
		if (rc >= 0)
			rc = roll_add(r, &r->quarter[i], HISTORY_15MIN, &row, e);
		if (rc < 0)
			break;
	}
	db_reset(st);
	for (unsigned i = 0; rc >= 0 && i < r->n_folds; i++) {
		rc = roll_write(r, &r->minute[i], HISTORY_1MIN, e);
		if (rc >= 0)
			rc = roll_write(r, &r->quarter[i], HISTORY_15MIN, e);
	}
	return rc;
}

static int roll_drop(struct roll *r, enum kind_stmt which, int64_t device, struct err *e)
{
	sqlite3_stmt *st = r->kind_st[r->kind][which];
	bool first = r->rezoned && r->plan.t <= r->first_t && r->first_t < r->plan.end;
	int rc;

	if (!st)
		return 0;
	/* the other zone's first day may have begun before ours */
	db_bind(st, "iii", device, first ? r->first_t - DAY_S + 1 : r->plan.t, r->plan.end);
	rc = db_run(st, e);
	return rc < 0 ? rc : 0;
}

static int roll_day(struct roll *r, int64_t device, struct err *e)
{
	enum reading_kind k = (enum reading_kind)r->kind;
	sqlite3_stmt *st = r->kind_st[k][KIND_15];
	struct fold_row row;
	int rc;

	fold_begin(&r->day, device, r->plan.t);
	db_bind(st, "iii", device, r->plan.t, r->plan.end);
	while ((rc = db_step(st, e)) > 0) {
		fold_read(&row, st, k, HISTORY_15MIN);
		r->rows++;
		fold_add(&r->day, k, &row);
	}
	/* a day whose quarters went by age keeps what was made of them */
	if (rc < 0 || !r->day.rows)
		return rc;
	rc = roll_drop(r, KIND_DROP, device, e);
	if (rc >= 0)
		rc = roll_drop(r, KIND_DROP_ARRAYS, device, e);
	return rc < 0 ? rc : roll_write(r, &r->day, HISTORY_DAY, e);
}

static int roll_days(struct roll *r, struct err *e)
{
	sqlite3_stmt *next = r->kind_st[r->kind][KIND_DEVICE];
	int rc = 0;

	for (int64_t device = -1; rc >= 0;) {
		db_bind(next, "i", device);
		rc = roll_number(next, &device, e);
		if (rc < 0 || device < 0)
			break;
		rc = roll_day(r, device, e);
	}
	return rc;
}

/* The plan is done with its last kind: that is written with it. */
static int roll_finish(struct roll *r, struct err *e)
{
	int rc;

	if (*r->plan.day)
		return roll_set(r, ST_SET, HISTORY_DAY, r->plan.end, e);
	rc = roll_set(r, ST_SET, HISTORY_1MIN, r->plan.end, e);
	if (rc >= 0)
		rc = roll_set(r, ST_SET, HISTORY_15MIN, r->plan.end, e);
	/* a day that was made already has changed */
	if (rc >= 0)
		rc = roll_set(r, ST_BACK, HISTORY_DAY, zone_day(r->plan.t * 1000).start_ms / 1000,
			      e);
	return rc;
}

static void roll_count(struct roll *r)
{
	double of_day = (double)(r->plan.end - r->plan.t) / DAY_S;

	if (!*r->plan.day)
		r->large = r->plan_rows * (ROLL_HOUR_S / (r->plan.end - r->plan.t)) > ROLL_LARGE;
	for (int t = 0; t < HISTORY_TIER__MAX; t++)
		if (r->bytes[t] > 0)
			r->day_bytes[t] = r->bytes[t] / of_day;
}

static int roll_kinds(struct roll *r, struct err *e)
{
	int rc = 0;

	for (r->rows = 0; rc >= 0 && r->kind < READING_KIND__MAX && r->rows < ROLL_ROWS; r->kind++)
		rc = *r->plan.day ? roll_days(r, e) : roll_window(r, e);
	return rc >= 0 && r->kind == READING_KIND__MAX ? roll_finish(r, e) : rc;
}

/* A commit costs the card more than what is in it: the kinds of a small house go together. */
static int roll_piece(struct roll *r, struct err *e)
{
	int rc = db_exec(r->db, "SAVEPOINT roll", e);

	if (rc < 0)
		return rc;
	rc = roll_kinds(r, e);
	if (rc >= 0)
		rc = db_exec(r->db, "RELEASE roll", e);
	if (rc < 0) {
		sqlite3_exec(r->db, "ROLLBACK TO roll; RELEASE roll", NULL, NULL, NULL);
		r->kind = READING_KIND__MAX; /* planned anew */
		return rc;
	}
	if (r->kind == READING_KIND__MAX)
		roll_count(r);
	return 1;
}

int roll_step(struct roll *r, int64_t saved_t, struct err *e)
{
	int rc;

	if (r->kind < READING_KIND__MAX)
		return roll_piece(r, e);
	rc = roll_until(r, e);
	if (rc >= 0)
		rc = plan_quarter(r, saved_t, e);
	if (rc == 0)
		rc = plan_day(r, e);
	return rc <= 0 ? rc : roll_piece(r, e);
}
