/* What goes into history.db, once a minute. */
#include "store_priv.h"

#include "energy.h"
#include "svitlo/clock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define STORE_ROWS_MAX                                                                             \
	100000 /* unsaved, three days of four packs, some 25 MB; then the oldest go */
#define STORE_EVENTS_MAX   20000 /* the same for events */
#define STORE_EVENTS_SLICE 2000
#define STORE_SLICE_S	   3600 /* of history saved in one go: the loop must not wait long */
#define STORE_FUTURE_S	   3600 /* rows further ahead than this come from a clock that was wrong */

/* The rows up to which a slice goes; the oldest that waits, 0: none. */
static int store_rows_slice(struct store *s, int64_t *before_t, int64_t *ret_oldest, bool *more,
			    struct err *e)
{
	int r = 0;

	*ret_oldest = 0;
	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++) {
		sqlite3_stmt *oldest = s->row_st[k][ROW_OLDEST];
		int64_t t;

		r = db_step(oldest, e);
		if (r <= 0)
			continue;
		t = sqlite3_column_int64(oldest, 0);
		if (t && (!*ret_oldest || t < *ret_oldest))
			*ret_oldest = t;
		if (t && t + STORE_SLICE_S < *before_t) {
			*before_t = t + STORE_SLICE_S;
			*more = true;
		}
		db_reset(oldest);
	}
	return r < 0 ? r : 0;
}

/* The event up to which a slice goes; 0: there is none. */
static int store_events_slice(struct store *s, int64_t *last, bool *more, struct err *e)
{
	sqlite3_stmt *st = s->st[ST_EVENT_SLICE];
	int r;

	db_bind(st, "i", (int64_t)STORE_EVENTS_SLICE);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	*last = sqlite3_column_int64(st, 0);
	*more = *more || sqlite3_column_int64(st, 1) > *last;
	db_reset(st);
	return 0;
}

static int store_run(sqlite3_stmt *st, int64_t arg, struct err *e)
{
	db_bind(st, "i", arg);
	return db_run(st, e);
}

/* The same statement of each table of rows. Gives the rows changed in all. */
static int store_rows_run(struct store *s, enum row_stmt which, int64_t arg, struct err *e)
{
	int r = 0, n = 0;

	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++) {
		r = store_run(s->row_st[k][which], arg, e);
		n += r;
	}
	return r < 0 ? r : n;
}

/* The days of rows from one time to another have their places. */
static int store_slots(struct store *s, int64_t from, int64_t to, struct err *e)
{
	int r = 0;

	for (int64_t t = from - from % HISTORY_SLOT_S; r >= 0 && t < to; t += HISTORY_SLOT_S)
		r = keep_slot(s->keep, t > from ? t : from, !s->quiet, e);
	return r;
}

/* First all into history.db in one transaction, then out of live.db: a crash between the two
 * leaves what the next life knows to be there already. */
int store_save(struct store *s, int64_t before_t, bool *ret_more, struct err *e)
{
	int64_t event = 0, oldest_t;
	int r, rows;

	*ret_more = false;
	r = store_rows_slice(s, &before_t, &oldest_t, ret_more, e);
	if (r == 0)
		r = store_events_slice(s, &event, ret_more, e);
	if (r == 0)
		r = db_exec(s->history, "BEGIN", e);
	if (r < 0)
		return r;
	if (oldest_t)
		r = store_slots(s, oldest_t, before_t, e);
	if (oldest_t && r >= 0)
		r = roll_late(s->roll, oldest_t, e);
	if (r >= 0)
		r = store_rows_run(s, ROW_SAVE, history_id(before_t, 0), e);
	if (r >= 0)
		r = store_run(s->st[ST_EVENT_SAVE], event, e);
	if (r >= 0)
		r = db_run(s->st[ST_ENERGY_SAVE], e);
	if (r >= 0)
		r = db_run(s->st[ST_DOC_SAVE], e);
	if (r >= 0)
		r = db_exec(s->history, "COMMIT", e);
	if (r < 0) {
		sqlite3_exec(s->history, "ROLLBACK", NULL, NULL, NULL);
		return r;
	}
	s->saved_t = before_t - STORE_ROW_S;
	rows = store_rows_run(s, ROW_SAVED, history_id(before_t, 0), e);
	r = store_run(s->st[ST_EVENT_SAVED], event, e);
	if (r >= 0)
		r = db_run(s->st[ST_ENERGY_SAVED], e);
	return rows < 0 || r >= 0 ? rows : r;
}

int store_commit(struct store *s, int64_t wall_ms)
{
	int64_t t = wall_ms / 1000 / STORE_ROW_S * STORE_ROW_S;
	struct err e = { 0 };
	int r;

	if (s->believe_ms)
		return 0;
	if (clock_wall_sane(wall_ms) &&
	    store_rows_run(s, ROW_FUTURE, history_id(t + STORE_FUTURE_S, 0), NULL) > 0)
		log_warn("rows of a clock that was ahead are dropped");
	/* the running rows too, as far as they are: a power cut loses a minute, not more */
	r = store_save(s, t + STORE_ROW_S, &s->behind, &e);
	if (r < 0) {
		if (r == -ENOSPC && s->history_failed.e.code != -ENOSPC)
			store_event(s, wall_ms, 0, "disk_full", NULL);
		store_failed(&s->history_failed, "history.db", &e);
		store_rows_run(s, ROW_TRIM, STORE_ROWS_MAX, NULL);
	} else {
		store_worked(&s->history_failed, "history.db");
	}
	return r;
}

bool store_behind(const struct store *s)
{
	return s->behind && !s->history_failed.e.code;
}

static int store_event_write(sqlite3_stmt *st, int64_t wall_ms, int64_t device, const char *kind,
			     const char *json, struct err *e)
{
	db_bind(st, "iiss", wall_ms, device, kind, json);
	return db_run(st, e);
}

void store_event(struct store *s, int64_t wall_ms, int64_t device, const char *kind,
		 const char *json)
{
	struct err e = { 0 };

	if (!clock_wall_sane(wall_ms))
		return;
	s->seq++;
	if (store_event_write(s->st[ST_EVENT], wall_ms, device, kind, json, &e) >= 0) {
		store_run(s->st[ST_EVENT_TRIM], STORE_EVENTS_MAX, NULL);
		return;
	}
	store_failed(&s->live_failed, "live.db", &e);
	if (store_event_write(s->st[ST_EVENT_MAIN], wall_ms, device, kind, json, &e) < 0) {
		store_failed(&s->history_failed, "history.db", &e);
		log_err("an event is lost: %s of device %lld: %s", kind, (long long)device,
			json ? json : "");
	}
}

int store_outage(struct store *s, int64_t device, int64_t wall_ms, int64_t *ret_t_ms,
		 char reason[STORE_REASON_MAX])
{
	sqlite3_stmt *st = s->st[ST_OUTAGE];
	bool lost;

	/* what a clock that was ahead has left behind would be the newest for ever */
	db_bind(st, "ii", device, clock_wall_sane(wall_ms) ? wall_ms : INT64_MAX);
	if (db_step(st, NULL) <= 0)
		return 0;
	lost = strcmp(db_text(st, 0), "device_lost") == 0;
	*ret_t_ms = sqlite3_column_int64(st, 1);
	snprintf(reason, STORE_REASON_MAX, "%s", db_text(st, 2));
	db_reset(st);
	return lost;
}

int64_t store_newest(struct store *s)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;

	if (!s->history ||
	    db_prepare(s->history, &st, "SELECT 1000 * max(until) FROM rollup", NULL) < 0 ||
	    db_step(st, NULL) <= 0)
		return 0;
	return sqlite3_column_int64(st, 0);
}

int store_event_last(struct store *s, const char *kind, const char *other, int64_t wall_ms,
		     bool *ret_other, int64_t *ret_t_ms, char **ret_data)
{
	sqlite3_stmt *st = s->st[ST_EVENT_LAST];
	const char *data;

	db_bind(st, "ssi", kind, other, clock_wall_sane(wall_ms) ? wall_ms : INT64_MAX);
	if (db_step(st, NULL) <= 0)
		return 0;
	*ret_other = strcmp(db_text(st, 0), other) == 0;
	*ret_t_ms = sqlite3_column_int64(st, 1);
	data = db_text(st, 2);
	*ret_data = *data ? strdup(data) : NULL;
	db_reset(st);
	return 1;
}

/* Columns of energy_day. */
enum { DAY_DAY, DAY_DEVICE, DAY_FIRST, DAY_MEASURED = DAY_FIRST + ENERGY__MAX, DAY_FILLED };

bool store_energy_load(struct store *s, int64_t device, const char *day, struct energy_day *ret)
{
	sqlite3_stmt *st = s->st[ST_ENERGY_LOAD];

	db_bind(st, "si", day, device);
	if (db_step(st, NULL) <= 0)
		return false;
	*ret = (struct energy_day){ .measured_s = sqlite3_column_double(st, DAY_MEASURED),
				    .filled_wh = sqlite3_column_double(st, DAY_FILLED) };
	snprintf(ret->day, sizeof(ret->day), "%s", day);
	for (int c = 0; c < ENERGY__MAX; c++)
		ret->wh[c] = sqlite3_column_type(st, DAY_FIRST + c) == SQLITE_NULL
				     ? NAN
				     : sqlite3_column_double(st, DAY_FIRST + c);
	db_reset(st);
	return true;
}

void store_energy_save(struct store *s, int64_t device, const struct energy_day *d)
{
	sqlite3_stmt *st = s->st[ST_ENERGY];
	struct err e = { 0 };

	sqlite3_bind_text(st, DAY_DAY + 1, d->day, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, DAY_DEVICE + 1, device);
	for (int c = 0; c < ENERGY__MAX; c++)
		if (!isnan(d->wh[c]))
			sqlite3_bind_double(st, DAY_FIRST + c + 1, round(d->wh[c] * 10) / 10);
	sqlite3_bind_double(st, DAY_MEASURED + 1, round(d->measured_s));
	sqlite3_bind_double(st, DAY_FILLED + 1, round(d->filled_wh * 10) / 10);
	if (db_run(st, &e) < 0)
		store_failed(&s->live_failed, "live.db", &e);
}
