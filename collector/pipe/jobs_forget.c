/*
 * The job forget: what the databases hold of a device that was removed. history.db is clustered by
 * time, so that a device's rows stand everywhere: it is gone through in slices of so many rows, of
 * all devices, as take a few milliseconds.
 */
#include "jobs_priv.h"

#include "svitlo/clock.h"
#include "svitlo/history.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TURN_MS	     12 /* after so long no further slice is begun at this tick */
#define SLICE_MS     8	/* what a slice should take */
#define SLICE_ROWS   1000
#define SLICE_MIN    300 /* more than there can be devices: each has a row at the same t */
#define SLICE_MAX    100000
#define EVENTS_SLICE 200
#define UPPER_SLICE  500
#define RETRY_MS     10000

enum stmt { ST_EVENTS, ST_DOC, ST_ENERGY, ST_DONE, ST_REFUSE, ST__MAX };

static const char *const sql[ST__MAX] = {
	[ST_EVENTS] = "DELETE FROM main.event WHERE id IN"
		      " (SELECT id FROM main.event WHERE device = ?1 LIMIT ?2)",
	[ST_DOC] = "DELETE FROM main.doc WHERE device = ?1",
	[ST_ENERGY] = "DELETE FROM main.energy_day WHERE device = ?1", /* a row a day */
	[ST_DONE] = "UPDATE job SET args = json_set(args, '$.done', json('true')) WHERE id = ?1",
	/* for good: the device may be removed later, and its history be meant to stay */
	[ST_REFUSE] = "UPDATE job SET cancelled = 1 WHERE id = ?1",
};

/* What is clustered by time, at the places of days: rows of all devices are gone through by id. */
enum rows_stmt { ROWS_RANGE, ROWS_SLICE, ROWS_DELETE, ROWS__MAX };

static const char *const rows_sql[ROWS__MAX] = {
	[ROWS_RANGE] = "SELECT min(id) / 4096, max(id) / 4096 FROM main.@",
	[ROWS_SLICE] =
		"SELECT id / 4096 FROM main.@ WHERE id >= ?1 * 4096 ORDER BY id LIMIT 1 OFFSET ?2",
	[ROWS_DELETE] =
		"DELETE FROM main.@ WHERE id >= ?2 * 4096 AND id < ?3 * 4096 AND device = ?1",
};

/* What is clustered by device: so many of its rows at once. */
#define UPPER_SQL                                                                                  \
	"DELETE FROM main.@ WHERE device = ?1 AND t IN"                                            \
	" (SELECT t FROM main.@ WHERE device = ?1 ORDER BY t LIMIT ?2)"
#define UPPER_TABLES (2 * READING_KIND__MAX * HISTORY_TIER__MAX)

static const char *const live_sql[] = {
	"DELETE FROM main.battery_10s WHERE device = ?1",
	"DELETE FROM main.inverter_10s WHERE device = ?1",
	"DELETE FROM main.plug_10s WHERE device = ?1",
	"DELETE FROM main.energy_day WHERE device = ?1",
	"DELETE FROM main.event WHERE device = ?1",
	"DELETE FROM main.doc WHERE device = ?1",
	"DELETE FROM main.live WHERE device = ?1",
};

struct forget {
	sqlite3_stmt *st[ST__MAX], *rows_st[READING_KIND__MAX][ROWS__MAX];
	sqlite3_stmt *upper[UPPER_TABLES];
	unsigned tables, uppers, upper_at; /* how many there are; the present one */
	bool prepared, live_gone, events_gone, ranged, done;
	unsigned table;	     /* of those clustered by time, the present one */
	int64_t from, t, to; /* of ids, without the device; to is not included */
	int64_t slice, rows; /* rows at once; removed so far */
	int64_t again_ms;    /* monotonic: the disk refused, not before */
	struct log_once said;
};

static int forget_exists(const struct job *job, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(job->env->config, &st, "SELECT 1 FROM device WHERE id = ?1", e);

	if (r < 0)
		return r;
	db_bind(st, "i", job->device);
	return db_step(st, e);
}

static int forget_end(struct job *job, enum job_end how, struct err *e)
{
	struct forget *f = job->own;

	(void)how;
	(void)e;
	for (int i = 0; i < ST__MAX; i++)
		sqlite3_finalize(f->st[i]);
	for (unsigned t = 0; t < f->tables; t++)
		for (int i = 0; i < ROWS__MAX; i++)
			sqlite3_finalize(f->rows_st[t][i]);
	for (unsigned t = 0; t < f->uppers; t++)
		sqlite3_finalize(f->upper[t]);
	return 0;
}

static int forget_refuse(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	int r;

	db_bind(f->st[ST_REFUSE], "i", job->id);
	r = db_run(f->st[ST_REFUSE], e);
	return r < 0 ? r
		     : err_set(e, -EEXIST,
			       "the device is still there: only a removed one's history goes");
}

static int forget_upper(struct job *job, const char *table, struct err *e)
{
	struct forget *f = job->own;
	char text[256];

	history_sql(text, sizeof(text), UPPER_SQL, table);
	return db_prepare(job->env->history, &f->upper[f->uppers++], text, e);
}

/* Prepares what all its tables need. */
static int forget_kind(struct job *job, enum reading_kind k, struct err *e)
{
	struct forget *f = job->own;
	char table[HISTORY_NAME_MAX], text[256];
	int r = 0;

	history_table(table, k, HISTORY_10S);
	for (int i = 0; r >= 0 && i < ROWS__MAX; i++) {
		history_sql(text, sizeof(text), rows_sql[i], table);
		r = db_prepare(job->env->history, &f->rows_st[f->tables][i], text, e);
	}
	f->tables++;
	for (int t = HISTORY_1MIN; r >= 0 && t < HISTORY_TIER__MAX; t++) {
		history_table(table, k, (enum history_tier)t);
		r = forget_upper(job, table, e);
		if (r < 0 || !history_kinds[k].n_many)
			continue;
		history_arrays(table, k, (enum history_tier)t);
		r = forget_upper(job, table, e);
	}
	return r;
}

static int forget_prepare(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	int r = 0;

	for (int i = 0; r >= 0 && i < ST__MAX; i++)
		r = db_prepare(i < ST_DONE ? job->env->history : job->env->config, &f->st[i],
			       sql[i], e);
	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++)
		if (!history_kinds[k].whole)
			r = forget_kind(job, (enum reading_kind)k, e);
	f->prepared = r >= 0;
	return r;
}

/* Begins at the first table again: rows may have come back with what was salvaged. */
static void forget_history(struct job *job)
{
	struct forget *f = job->own;

	forget_end(job, JOB_CANCELLED, NULL);
	*f = (struct forget){ .slice = SLICE_ROWS, .live_gone = f->live_gone, .rows = f->rows };
}

static int forget_start(struct job *job, json_t *args, struct err *e)
{
	struct forget *f = job->own;
	int r = forget_exists(job, e);
	bool exists = r > 0;

	if (r >= 0 && !job->device)
		r = err_set(e, -EINVAL, "no device was named");
	f->slice = SLICE_ROWS;
	f->done = json_is_true(json_object_get(args, "done")); /* in an earlier life */
	if (r >= 0)
		r = forget_prepare(job, e);
	if (r >= 0 && exists)
		r = forget_refuse(job, e);
	if (r < 0)
		forget_end(job, JOB_FAILED, NULL);
	return r;
}

static int forget_live(struct job *job, struct err *e)
{
	struct forget *f = job->own;

	for (size_t i = 0; i < SV_LEN(live_sql); i++) {
		SV_AUTO_STMT sqlite3_stmt *st = NULL;
		int r = db_prepare(job->env->live, &st, live_sql[i], e);

		if (r < 0)
			return r;
		db_bind(st, "i", job->device);
		r = db_run(st, e);
		if (r < 0)
			return r;
		f->rows += r;
	}
	f->live_gone = true;
	return 0;
}

static int forget_events(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	int r;

	db_bind(f->st[ST_EVENTS], "ii", job->device, (int64_t)EVENTS_SLICE);
	r = db_run(f->st[ST_EVENTS], e);
	if (r < 0)
		return r;
	f->rows += r;
	f->events_gone = r < EVENTS_SLICE;
	for (int i = ST_DOC; r >= 0 && f->events_gone && i <= ST_ENERGY; i++) {
		db_bind(f->st[i], "i", job->device);
		r = db_run(f->st[i], e);
	}
	return r < 0 ? r : 0;
}

static int forget_range(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	sqlite3_stmt *st = f->rows_st[f->table][ROWS_RANGE];
	int r = db_step(st, e);

	if (r < 0)
		return r;
	f->from = f->t = f->to = 0;
	if (sqlite3_column_type(st, 0) != SQLITE_NULL) {
		f->from = f->t = sqlite3_column_int64(st, 0);
		f->to = sqlite3_column_int64(st, 1) + 1;
	}
	db_reset(st);
	f->ranged = true;
	return 0;
}

/* Where the slice that begins at f->t ends. */
static int forget_slice(struct forget *f, int64_t *ret, struct err *e)
{
	sqlite3_stmt *st = f->rows_st[f->table][ROWS_SLICE];
	int r;

	db_bind(st, "ii", f->t, f->slice);
	r = db_step(st, e);
	*ret = f->to;
	if (r <= 0)
		return r;
	*ret = sqlite3_column_int64(st, 0);
	db_reset(st);
	return 0;
}

static int forget_rows(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	sqlite3_stmt *st = f->rows_st[f->table][ROWS_DELETE];
	int64_t begun = clock_mono_ms(), took, end;
	int r = forget_slice(f, &end, e);

	if (r < 0)
		return r;
	db_bind(st, "iii", job->device, f->t, end);
	r = db_run(st, e);
	if (r < 0)
		return r;
	f->rows += r;
	f->t = end;
	took = clock_mono_ms() - begun;
	if (took > SLICE_MS && f->slice > SLICE_MIN)
		f->slice /= 2;
	else if (took < SLICE_MS / 2 && f->slice < SLICE_MAX)
		f->slice *= 2;
	return 0;
}

/* 1: nothing is left; 0: more to do. */
static int forget_step(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	int r;

	if (f->done)
		return 1;
	if (!f->prepared) {
		forget_history(job); /* what a try before has prepared */
		return forget_prepare(job, e);
	}
	if (!f->live_gone)
		return forget_live(job, e);
	if (!f->events_gone)
		return forget_events(job, e);
	if (!f->ranged)
		return forget_range(job, e);
	if (f->t < f->to)
		return forget_rows(job, e);
	if (f->table + 1 < f->tables) {
		f->table++;
		f->ranged = false;
		return 0;
	}
	/* what is made from these rows goes after them: it would be made again */
	if (f->upper_at < f->uppers) {
		db_bind(f->upper[f->upper_at], "ii", job->device, (int64_t)UPPER_SLICE);
		r = db_run(f->upper[f->upper_at], e);
		f->rows += r > 0 ? r : 0;
		f->upper_at += r >= 0 && r < UPPER_SLICE;
		return r < 0 ? r : 0;
	}
	db_bind(f->st[ST_DONE], "i", job->id);
	r = db_run(f->st[ST_DONE], e);
	return r < 0 ? r : 1;
}

static int forget_tick(struct job *job, struct err *e)
{
	struct forget *f = job->own;
	int64_t begun = clock_mono_ms();
	double part = 0;
	int r;

	/* not let go yet: the device would be written anew */
	if (job->mono_ms < f->again_ms || job->env->device(job->env->ud, job->device))
		return 0;
	do
		r = forget_step(job, e);
	while (r == 0 && clock_mono_ms() - begun < TURN_MS);
	if (f->to > f->from)
		part = (double)(f->t - f->from) / (double)(f->to - f->from);
	job->progress = (f->table + f->upper_at + fmin(part, 1)) / (f->tables + f->uppers);
	jw_reset(&job->result);
	jw_obj(&job->result);
	jw_kint(&job->result, "rows", f->rows);
	jw_end(&job->result);
	job->text[0] = 0;
	if (r >= 0)
		return r;
	/* a disk that is full or busy: what was promised is done later */
	f->again_ms = job->mono_ms + RETRY_MS;
	snprintf(job->text, sizeof(job->text), "%s; tried again", err_text(e));
	if (log_once_due(&f->said, job->mono_ms))
		log_err("forget: %s", job->text);
	return 0;
}

const struct job_kind job_forget = { .name = "forget",
				     .size = sizeof(struct forget),
				     .stays = true,
				     .start = forget_start,
				     .history = forget_history,
				     .tick = forget_tick,
				     .end = forget_end };
