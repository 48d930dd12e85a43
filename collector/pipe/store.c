#include "store.h"

#include "svitlo/clock.h"
#include "svitlo/db.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define STORE_ROWS_MAX                                                                             \
	100000		    /* unsaved, three days of four packs, some 25 MB; then the oldest go */
#define STORE_SLICE_S  3600 /* of history saved in one go: the loop must not wait long */
#define STORE_FUTURE_S 3600 /* rows further ahead than this come from a clock that was wrong */

/* A column of battery_10s that comes from one metric. */
static const struct column {
	enum metric metric;
	double scale;
	bool average; /* else the last value */
} columns[] = {
	/* the order of the table */
	{ METRIC_VOLTAGE, 1000, true },
	{ METRIC_CURRENT, 1000, true },
	{ METRIC_POWER, 1000, true },
	{ METRIC_SOC, 1, false },
	{ METRIC_SOH, 1, false },
	{ METRIC_REMAINING_AH, 1000, false },
	{ METRIC_NOMINAL_AH, 1000, false },
	{ METRIC_CYCLE_COUNT, 1, false },
	{ METRIC_BALANCE_CURRENT, 1000, true },
	{ METRIC_MOS_TEMPERATURE, 10, true },
};
enum { COL_T, COL_DEVICE, COL_N, COL_QUALITY, COL_FIRST };
enum { COL_FLAGS = COL_FIRST + SV_LEN(columns), COL_ERRORS, COL_TEMPERATURES, COL_CELLS, COL__N };

static const struct {
	enum metric metric;
	unsigned flag;
} flags[] = { { METRIC_CHARGE_FET, 1 },
	      { METRIC_DISCHARGE_FET, 2 },
	      { METRIC_PRECHARGE_FET, 4 },
	      { METRIC_HEATING, 8 },
	      { METRIC_BALANCING, 16 } };

struct mean {
	double sum;
	unsigned n;
};

/* The running row of a device. */
struct row {
	int64_t t; /* 0: none */
	unsigned n;
	enum quality quality;
	struct mean col[SV_LEN(columns)];
	struct mean temperatures[READING_MANY_MAX], cells[READING_MANY_MAX];
	unsigned n_temperatures, n_cells, flags;
	uint32_t errors;
	bool has_errors;
	bool taken; /* the clock was set back: another reading's row, not to be touched */
};

struct store_device {
	struct store_device *next;
	int64_t id;
	struct reading last;
	bool has_last, dirty, row_dirty;
	struct row row;
	const char *state, *reason; /* constants of their owner */
	char detail[200], link[400];
	int64_t since_ms;
};

enum stmt {
	/* on live.db */
	ST_LIVE,
	ST_ROW,
	ST_ROW_TRIM,
	ST_FUTURE,
	ST_DOC,
	ST_BANK,
	ST_BEAT,
	ST_FORGET_LIVE,
	ST_FORGET_DOC,
	ST_KNOWN,
	ST__LIVE,
	/* on history.db with live.db attached */
	ST_SAVE = ST__LIVE,
	ST_SAVED,
	ST_ROW_GET,
	ST_ROW_MAIN,
	ST_OLDEST,
	ST_NEWEST,
	ST_EVENT,
	ST__MAX
};
static const char *const sql[ST__MAX] = {
	[ST_LIVE] =
		"INSERT INTO live (device, t_ms, state, state_since_ms, reason, detail, quality,"
		" suspect, vals, link) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
		/* a device that has not spoken yet keeps what it said in an earlier life */
		" ON CONFLICT (device) DO UPDATE SET state = ?3, state_since_ms = ?4,"
		" reason = ?5, detail = ?6, link = ?10, t_ms = coalesce(?2, t_ms),"
		" quality = iif(?2 IS NULL, quality, ?7),"
		" suspect = iif(?2 IS NULL, suspect, ?8), vals = iif(?2 IS NULL, vals, ?9)",
	[ST_ROW] = "INSERT OR REPLACE INTO battery_10s VALUES"
		   " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
		   "?18)",
	[ST_FUTURE] = "DELETE FROM battery_10s WHERE t > ?1",
	[ST_ROW_TRIM] = "DELETE FROM battery_10s WHERE t < (SELECT t FROM battery_10s"
			" ORDER BY t DESC LIMIT 1 OFFSET ?1)",
	[ST_DOC] = "INSERT OR REPLACE INTO doc VALUES (?1, ?2, ?3, ?4)",
	[ST_BANK] = "INSERT OR REPLACE INTO bank VALUES (1, ?1, ?2)",
	[ST_BEAT] = "INSERT OR REPLACE INTO collector (id, pid, started_ms, beat_ms, state, seq,"
		    " problem) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
	[ST_FORGET_LIVE] = "DELETE FROM live WHERE device = ?1",
	[ST_KNOWN] = "SELECT device FROM live UNION SELECT device FROM doc",
	[ST_FORGET_DOC] = "DELETE FROM doc WHERE device = ?1",
	/* the key makes this safe to do twice: a crash between the two loses and doubles nothing;
	 * a row that went on after it was saved (row_begin) holds all that the saved one held */
	[ST_SAVE] = "INSERT OR REPLACE INTO main.battery_10s SELECT * FROM live.battery_10s"
		    " WHERE t < ?1",
	[ST_SAVED] = "DELETE FROM live.battery_10s WHERE t < ?1",
	[ST_ROW_GET] = "SELECT * FROM live.battery_10s WHERE t = ?1 AND device = ?2 UNION ALL"
		       " SELECT * FROM main.battery_10s WHERE t = ?1 AND device = ?2 LIMIT 1",
	[ST_ROW_MAIN] = "INSERT OR REPLACE INTO main.battery_10s VALUES"
			" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
			"?17, ?18)",
	[ST_OLDEST] = "SELECT min(t) FROM live.battery_10s",
	[ST_NEWEST] = "SELECT max(coalesce((SELECT max(t) FROM main.battery_10s), 0),"
		      " coalesce((SELECT max(t) FROM live.battery_10s), 0))",
	[ST_EVENT] = "INSERT INTO main.event (t_ms, kind, data) VALUES (?1, ?2, ?3)",
};

struct store {
	sqlite3 *live, *history;
	sqlite3_stmt *st[ST__MAX];
	struct store_device *devices;
	struct jw json;
	int64_t started_ms, seq;
	char *bank;
	int64_t bank_ms;
	int64_t newest_t; /* of all rows: the only one that a new life may go on with */
	bool behind;	  /* more than a slice waits */
	struct failure {
		struct err e; /* code 0: none */
		struct log_once said;
	} live_failed, history_failed;
};

static struct store_device *store_device(struct store *s, int64_t id)
{
	struct store_device *d;

	for (d = s->devices; d; d = d->next)
		if (d->id == id)
			return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->id = id;
	d->state = "searching";
	memcpy(d->link, "{}", 3);
	d->next = s->devices;
	return s->devices = d;
}

/* ---- rows ---- */

static void mean_add(struct mean *m, double v, bool average)
{
	if (isnan(v))
		return;
	if (!average)
		*m = (struct mean){ 0 };
	m->sum += v;
	m->n++;
}

static void many_add(struct mean *m, unsigned *n, const struct reading_many *many)
{
	if (many->n > *n)
		*n = many->n;
	for (unsigned i = 0; i < many->n; i++)
		mean_add(&m[i], many->v[i], true);
}

static void row_add(struct row *w, const struct reading *r)
{
	/* a good frame displaces suspect ones, a suspect one never spoils an average of good ones
	 */
	if (w->n && r->quality > w->quality)
		return;
	if (r->quality < w->quality || !w->n)
		*w = (struct row){ .t = w->t, .quality = r->quality };
	w->n++;
	for (size_t i = 0; i < SV_LEN(columns); i++)
		mean_add(&w->col[i], r->one[columns[i].metric], columns[i].average);
	many_add(w->temperatures, &w->n_temperatures, &r->temperatures);
	many_add(w->cells, &w->n_cells, &r->cell_voltages);
	w->flags = 0;
	for (size_t i = 0; i < SV_LEN(flags); i++)
		if (r->one[flags[i].metric] > 0)
			w->flags |= flags[i].flag;
	if (!isnan(r->one[METRIC_ERROR_BITS])) {
		w->errors |= (uint32_t)r->one[METRIC_ERROR_BITS];
		w->has_errors = true;
	}
}

static void mean_json(struct jw *w, const struct mean *m, unsigned n, double scale)
{
	jw_arr(w);
	for (unsigned i = 0; i < n; i++)
		if (m[i].n)
			jw_int(w, llround(m[i].sum / m[i].n * scale));
		else
			jw_null(w);
	jw_end(w);
}

/* which: ST_ROW or, when live.db fails, ST_ROW_MAIN. */
static int row_write(struct store *s, const struct store_device *d, int which, struct err *e)
{
	sqlite3_stmt *st = s->st[which];
	const struct row *w = &d->row;
	struct jw *j = &s->json;

	sqlite3_bind_int64(st, COL_T + 1, w->t);
	sqlite3_bind_int64(st, COL_DEVICE + 1, d->id);
	sqlite3_bind_int64(st, COL_N + 1, w->n);
	sqlite3_bind_int64(st, COL_QUALITY + 1, w->quality);
	for (size_t i = 0; i < SV_LEN(columns); i++)
		if (w->col[i].n)
			sqlite3_bind_int64(st, COL_FIRST + (int)i + 1,
					   llround(w->col[i].sum / w->col[i].n * columns[i].scale));
	sqlite3_bind_int64(st, COL_FLAGS + 1, w->flags);
	if (w->has_errors)
		sqlite3_bind_int64(st, COL_ERRORS + 1, w->errors);
	jw_reset(j);
	mean_json(j, w->temperatures, w->n_temperatures, 10);
	if (jw_text(j))
		sqlite3_bind_text(st, COL_TEMPERATURES + 1, jw_text(j), -1, SQLITE_TRANSIENT);
	jw_reset(j);
	mean_json(j, w->cells, w->n_cells, 1000);
	if (jw_text(j))
		sqlite3_bind_text(st, COL_CELLS + 1, jw_text(j), -1, SQLITE_TRANSIENT);
	return db_run(st, e);
}

static void mean_read(sqlite3_stmt *st, int col, double scale, unsigned n, struct mean *m)
{
	if (sqlite3_column_type(st, col) != SQLITE_NULL)
		*m = (struct mean){ sqlite3_column_double(st, col) / scale * n, n };
}

static unsigned many_read(const char *json, double scale, unsigned n, struct mean *m)
{
	json_auto_t *a = json_loads(json, 0, NULL);
	unsigned len = 0;

	for (; len < json_array_size(a) && len < READING_MANY_MAX; len++) {
		const json_t *v = json_array_get(a, len);

		if (json_is_number(v))
			m[len] = (struct mean){ json_number_value(v) / scale * n, n };
	}
	return len;
}

/* Goes on with the row that an earlier life began. */
static void row_begin(struct store *s, struct store_device *d, int64_t t)
{
	sqlite3_stmt *st = s->st[ST_ROW_GET];
	struct row *w = &d->row;

	*w = (struct row){ .t = t };
	db_bind(st, "ii", t, d->id);
	if (db_step(st, NULL) <= 0) {
		if (t > s->newest_t)
			s->newest_t = t;
		return;
	}
	w->taken = t != s->newest_t;
	w->n = (unsigned)sqlite3_column_int(st, COL_N);
	w->quality = (enum quality)sqlite3_column_int(st, COL_QUALITY);
	for (size_t i = 0; i < SV_LEN(columns); i++)
		mean_read(st, COL_FIRST + (int)i, columns[i].scale, columns[i].average ? w->n : 1,
			  &w->col[i]);
	w->flags = (unsigned)sqlite3_column_int(st, COL_FLAGS);
	w->has_errors = sqlite3_column_type(st, COL_ERRORS) != SQLITE_NULL;
	w->errors = (uint32_t)sqlite3_column_int64(st, COL_ERRORS);
	w->n_temperatures = many_read(db_text(st, COL_TEMPERATURES), 10, w->n, w->temperatures);
	w->n_cells = many_read(db_text(st, COL_CELLS), 1000, w->n, w->cells);
	db_reset(st);
}

static void store_failed(struct failure *f, const char *what, const struct err *e)
{
	f->e = *e;
	if (log_once_due(&f->said, clock_mono_ms()))
		log_err("%s: %s; what came since is kept in memory and tried again", what,
			err_text(e));
}

static void store_worked(struct failure *f, const char *what)
{
	if (f->e.code)
		log_notice("%s: written again", what);
	f->e.code = 0;
}

void store_reading(struct store *s, int64_t device, const struct reading *r)
{
	struct store_device *d = store_device(s, device);
	int64_t t = r->t_ms / 1000 / STORE_ROW_S * STORE_ROW_S;
	struct err e = { 0 };

	if (!d)
		return;
	d->last = *r;
	d->has_last = d->dirty = true;
	if (!clock_wall_sane(r->t_ms))
		return; /* nothing is stored under a date that is plainly wrong */
	if (d->row.t != t) {
		if (d->row_dirty && row_write(s, d, ST_ROW, &e) < 0) {
			store_failed(&s->live_failed, "live.db", &e);
			if (row_write(s, d, ST_ROW_MAIN, &e) < 0)
				log_err("a row of device %lld is lost: %s", (long long)d->id,
					err_text(&e));
		}
		d->row_dirty = false;
		row_begin(s, d, t);
	}
	if (d->row.taken)
		return;
	row_add(&d->row, r);
	d->row_dirty = true;
}

/* ---- live.db ---- */

void store_state(struct store *s, int64_t device, const char *state, const char *reason,
		 const char *detail, const char *link, int64_t wall_ms)
{
	struct store_device *d = store_device(s, device);

	if (!d)
		return;
	if (d->since_ms && d->state == state && d->reason == reason &&
	    strcmp(d->detail, detail) == 0 && strcmp(d->link, link) == 0)
		return; /* told each second: nothing new keeps its ETag */
	if (d->state != state || !d->since_ms)
		d->since_ms = wall_ms;
	d->state = state;
	d->reason = reason;
	snprintf(d->detail, sizeof(d->detail), "%s", detail);
	snprintf(d->link, sizeof(d->link), "%s", link);
	d->dirty = true;
}

void store_doc(struct store *s, int64_t device, const char *kind, const char *json, int64_t wall_ms)
{
	struct err e = { 0 };

	db_bind(s->st[ST_DOC], "isis", device, kind, wall_ms, json);
	if (db_run(s->st[ST_DOC], &e) < 0)
		store_failed(&s->live_failed, "live.db", &e);
	s->seq++;
}

void store_bank(struct store *s, const char *json, int64_t t_ms)
{
	if (s->bank && strcmp(s->bank, json) == 0 && s->bank_ms == t_ms)
		return;
	free(s->bank);
	s->bank = strdup(json);
	s->bank_ms = t_ms;
	s->seq++; /* a pack that fell out changes nothing else */
}

void store_forget(struct store *s, int64_t device)
{
	for (struct store_device **p = &s->devices; *p; p = &(*p)->next)
		if ((*p)->id == device) {
			struct store_device *d = *p;

			*p = d->next;
			if (d->row_dirty)
				row_write(s, d, ST_ROW, NULL);
			free(d);
			break;
		}
	db_bind(s->st[ST_FORGET_LIVE], "i", device);
	db_run(s->st[ST_FORGET_LIVE], NULL);
	db_bind(s->st[ST_FORGET_DOC], "i", device);
	db_run(s->st[ST_FORGET_DOC], NULL);
	s->seq++;
}

void store_keep(struct store *s, const int64_t *devices, size_t n)
{
	int64_t gone[64];
	size_t n_gone = 0;

	while (db_step(s->st[ST_KNOWN], NULL) > 0) {
		int64_t id = sqlite3_column_int64(s->st[ST_KNOWN], 0);
		bool kept = false;

		for (size_t i = 0; i < n; i++)
			kept = kept || devices[i] == id;
		if (!kept && n_gone < SV_LEN(gone))
			gone[n_gone++] = id;
	}
	for (size_t i = 0; i < n_gone; i++)
		store_forget(s, gone[i]);
}

static int live_write(struct store *s, struct store_device *d, struct err *e)
{
	struct jw suspect = { 0 };
	struct jw *j = &s->json;
	int r;

	jw_reset(j);
	reading_suspect_json(&suspect, &d->last);
	if (d->has_last)
		reading_json(j, &d->last);
	else
		jw_raw(j, "{}");
	if (!jw_text(j) || !jw_text(&suspect)) {
		jw_free(&suspect);
		return err_set(e, -ENOMEM, "out of memory");
	}
	db_bind(s->st[ST_LIVE], "iisississs", d->id, d->last.t_ms, d->state, d->since_ms, d->reason,
		d->detail[0] ? d->detail : NULL,
		(int64_t)(d->has_last ? d->last.quality : QUALITY_NONE), jw_text(&suspect),
		jw_text(j), d->link);
	if (!d->has_last)
		sqlite3_bind_null(s->st[ST_LIVE], 2);
	r = db_run(s->st[ST_LIVE], e);
	jw_free(&suspect);
	return r;
}

static int store_flush_as(struct store *s, const char *state, int64_t wall_ms, struct err *e)
{
	int r = db_exec(s->live, "BEGIN IMMEDIATE", e);

	if (r < 0)
		return r;
	for (struct store_device *d = s->devices; r >= 0 && d; d = d->next) {
		if (d->dirty) {
			r = live_write(s, d, e);
			s->seq++;
		}
		if (r >= 0 && d->row_dirty)
			r = row_write(s, d, ST_ROW, e);
	}
	if (r >= 0 && s->bank) {
		db_bind(s->st[ST_BANK], "is", s->bank_ms, s->bank);
		r = db_run(s->st[ST_BANK], e);
	}
	if (r >= 0) {
		db_bind(s->st[ST_BEAT], "iiisis", (int64_t)getpid(), s->started_ms, wall_ms, state,
			s->seq, store_problem(s));
		r = db_run(s->st[ST_BEAT], e);
	}
	if (r >= 0)
		r = db_exec(s->live, "COMMIT", e);
	if (r < 0) {
		sqlite3_exec(s->live, "ROLLBACK", NULL, NULL, NULL);
		return r;
	}
	for (struct store_device *d = s->devices; d; d = d->next)
		d->dirty = d->row_dirty = false;
	return 0;
}

int store_flush(struct store *s, int64_t wall_ms)
{
	struct err e = { 0 };
	int r = store_flush_as(s, "running", wall_ms, &e);

	if (r < 0)
		store_failed(&s->live_failed, "live.db", &e);
	else
		store_worked(&s->live_failed, "live.db");
	return r;
}

/* ---- history.db ---- */

/* One slice of what is older than before_t. *ret_more: there is more. */
static int store_save(struct store *s, int64_t before_t, bool *ret_more, struct err *e)
{
	sqlite3_stmt *oldest = s->st[ST_OLDEST];
	int r = db_step(oldest, e);

	if (r < 0)
		return r;
	*ret_more = r > 0 && sqlite3_column_type(oldest, 0) != SQLITE_NULL &&
		    sqlite3_column_int64(oldest, 0) + STORE_SLICE_S < before_t;
	if (*ret_more)
		before_t = sqlite3_column_int64(oldest, 0) + STORE_SLICE_S;
	db_reset(oldest);
	db_bind(s->st[ST_SAVE], "i", before_t);
	r = db_run(s->st[ST_SAVE], e);
	if (r < 0)
		return r;
	db_bind(s->st[ST_SAVED], "i", before_t);
	return db_run(s->st[ST_SAVED], e);
}

int store_commit(struct store *s, int64_t wall_ms)
{
	int64_t t = wall_ms / 1000 / STORE_ROW_S * STORE_ROW_S;
	struct err e = { 0 };
	int r;

	db_bind(s->st[ST_FUTURE], "i", t + STORE_FUTURE_S);
	if (clock_wall_sane(wall_ms) && db_run(s->st[ST_FUTURE], NULL) > 0)
		log_warn("rows of a clock that was ahead are dropped");
	r = store_save(s, t, &s->behind, &e);
	if (r < 0) {
		store_failed(&s->history_failed, "history.db", &e);
		db_bind(s->st[ST_ROW_TRIM], "i", (int64_t)STORE_ROWS_MAX);
		db_run(s->st[ST_ROW_TRIM], NULL);
	} else {
		store_worked(&s->history_failed, "history.db");
	}
	return r;
}

bool store_behind(const struct store *s)
{
	return s->behind && !s->history_failed.e.code;
}

void store_event(struct store *s, int64_t wall_ms, const char *kind, const char *json)
{
	struct err e = { 0 };

	if (!clock_wall_sane(wall_ms))
		return;
	db_bind(s->st[ST_EVENT], "iss", wall_ms, kind, json);
	if (db_run(s->st[ST_EVENT], &e) < 0)
		store_failed(&s->history_failed, "history.db", &e);
}

const char *store_problem(const struct store *s)
{
	return s->history_failed.e.code ? err_text(&s->history_failed.e)
	       : s->live_failed.e.code	? err_text(&s->live_failed.e)
					: NULL;
}

static int store_attach(struct store *s, const char *live_dir, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/%s", live_dir, db_file_name(DB_LIVE));
	r = db_prepare(s->history, &st, "ATTACH ?1 AS live", e);
	if (r < 0)
		return r;
	db_bind(st, "s", path);
	return db_run(st, e);
}

/* live.db is rebuilt by itself: one that is damaged or of a newer version is begun anew. */
static int store_open_live(struct store *s, const char *dir, struct err *e)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	int r = db_open(&s->live, DB_LIVE, DB_COLLECTOR, dir, e);
	char path[4096];

	if (r != -EBADMSG && r != -EPROTONOSUPPORT)
		return r;
	log_warn("%s: begun anew", err_text(e));
	for (size_t i = 0; i < SV_LEN(tails); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, db_file_name(DB_LIVE), tails[i]);
		unlink(path);
	}
	return db_open(&s->live, DB_LIVE, DB_COLLECTOR, dir, e);
}

int store_open(struct store **ret, const char *store_dir, const char *live_dir, int64_t wall_ms,
	       struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	s->started_ms = wall_ms;
	r = db_open(&s->history, DB_HISTORY, DB_COLLECTOR, store_dir, e);
	if (r >= 0)
		r = store_open_live(s, live_dir, e);
	if (r >= 0)
		r = store_attach(s, live_dir, e);
	for (int i = 0; r >= 0 && i < ST__MAX; i++)
		r = db_prepare(i < ST__LIVE ? s->live : s->history, &s->st[i], sql[i], e);
	if (r >= 0)
		r = db_step(s->st[ST_NEWEST], e);
	if (r < 0) {
		store_close(s, 0);
		return r;
	}
	s->newest_t = sqlite3_column_int64(s->st[ST_NEWEST], 0);
	db_reset(s->st[ST_NEWEST]);
	/* a disk that is full keeps what an earlier life left waiting, not the batteries */
	if (clock_wall_sane(wall_ms))
		store_commit(s, wall_ms);
	*ret = s;
	return 0;
}

sqlite3 *store_live(const struct store *s)
{
	return s->live;
}

sqlite3 *store_history(const struct store *s)
{
	return s->history;
}

void store_close(struct store *s, int64_t wall_ms)
{
	struct err e = { 0 };
	bool more;
	int r;

	if (!s)
		return;
	if (wall_ms) {
		if (store_flush_as(s, "stopped", wall_ms, &e) < 0)
			log_err("live.db: %s", err_text(&e));
		/* the running rows too: the power may go next */
		do
			r = store_save(s, wall_ms / 1000 + STORE_ROW_S, &more, &e);
		while (r >= 0 && more);
		if (r < 0)
			log_err("history.db: %s", err_text(&e));
	}
	while (s->devices) {
		struct store_device *d = s->devices;

		s->devices = d->next;
		free(d);
	}
	for (int i = 0; i < ST__MAX; i++)
		sqlite3_finalize(s->st[i]);
	db_close(s->history); /* first: live's own connection is the one that keeps its WAL */
	db_close(s->live);
	jw_free(&s->json);
	free(s->bank);
	free(s);
}
