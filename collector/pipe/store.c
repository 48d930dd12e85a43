#include "store_priv.h"

#include "svitlo/clock.h"

#include <errno.h>
#include <string.h>

static const char *const sql[ST__MAX] = {
	[ST_LIVE] =
		"INSERT INTO live (device, t_ms, state, state_since_ms, reason, detail, quality,"
		" suspect, vals, link, until_ms, fresh_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, 0), ?12)"
		/* a device that has not spoken yet keeps what it said in an earlier life */
		" ON CONFLICT (device) DO UPDATE SET state = ?3, state_since_ms = ?4,"
		" reason = ?5, detail = ?6, link = ?10, until_ms = nullif(?11, 0), t_ms = "
		"coalesce(?2, t_ms),"
		" quality = iif(?2 IS NULL, quality, ?7),"
		" suspect = iif(?2 IS NULL, suspect, ?8), vals = iif(?2 IS NULL, vals, ?9),"
		" fresh_ms = iif(?2 IS NULL, fresh_ms, ?12)",
	[ST_DOC] = "INSERT OR REPLACE INTO doc VALUES (?1, ?2, ?3, ?4)",
	[ST_DOC_GET] = "SELECT body FROM doc WHERE device = ?1 AND kind = ?2",
	/* history.db takes nothing but JSON: one event that is not would keep all from being saved
	 */
	[ST_EVENT] = "INSERT INTO event (t_ms, device, kind, data)"
		     " VALUES (?1, nullif(?2, 0), ?3, iif(json_valid(?4), ?4, NULL))",
	[ST_EVENT_TRIM] = "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?1",
	[ST_SUMMARY] = "INSERT OR REPLACE INTO summary VALUES (?1, nullif(?2, 0), ?3, ?4, ?5)",
	[ST_ENERGY] = "INSERT OR REPLACE INTO energy_day VALUES"
		      " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[ST_BEAT] = "INSERT OR REPLACE INTO collector (id, pid, started_ms, beat_ms, state, seq,"
		    " problem, loop, storage) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[ST_FORGET_LIVE] = "DELETE FROM live WHERE device = ?1",
	[ST_KNOWN] = "SELECT device FROM live UNION SELECT device FROM doc WHERE device > 0",
	[ST_FORGET_DOC] = "DELETE FROM doc WHERE device = ?1",
	[ST_EVENT_MAIN] = "INSERT INTO main.event (t_ms, device, kind, data)"
			  " VALUES (?1, nullif(?2, 0), ?3, iif(json_valid(?4), ?4, NULL))",
	[ST_EVENT_SLICE] = "SELECT max(id), (SELECT max(id) FROM live.event)"
			   " FROM (SELECT id FROM live.event ORDER BY id LIMIT ?1)",
	/* an event is what happened when to whom: one that is there already was saved by a life
	 * that ended before it could be deleted from live.db */
	[ST_EVENT_SAVE] = "INSERT INTO main.event (t_ms, device, kind, data)"
			  " SELECT t_ms, device, kind, data FROM live.event AS l WHERE id <= ?1"
			  " AND NOT EXISTS (SELECT 1 FROM main.event AS h WHERE h.t_ms = l.t_ms"
			  " AND h.device IS l.device AND h.kind = l.kind AND h.data IS l.data)"
			  " ORDER BY id",
	[ST_EVENT_SAVED] = "DELETE FROM live.event WHERE id <= ?1",
	[ST_OUTAGE] = "SELECT kind, t_ms, data ->> 'reason' FROM ("
		      "SELECT * FROM (SELECT 0 AS waits, * FROM main.event WHERE device = ?1"
		      " AND t_ms <= ?2 AND kind IN ('device_lost', 'device_back')"
		      " ORDER BY t_ms DESC, id DESC LIMIT 1)"
		      " UNION ALL SELECT 1, * FROM live.event WHERE device = ?1"
		      " AND t_ms <= ?2 AND kind IN ('device_lost', 'device_back'))"
		      " ORDER BY t_ms DESC, waits DESC, id DESC LIMIT 1",
	[ST_EVENT_LAST] =
		"SELECT kind, t_ms, data FROM ("
		"SELECT * FROM (SELECT 0 AS waits, * FROM main.event WHERE device IS NULL"
		" AND t_ms <= ?3 AND kind IN (?1, ?2) ORDER BY t_ms DESC, id DESC LIMIT 1)"
		" UNION ALL SELECT 1, * FROM live.event WHERE device IS NULL"
		" AND t_ms <= ?3 AND kind IN (?1, ?2))"
		" ORDER BY t_ms DESC, waits DESC, id DESC LIMIT 1",
	[ST_ENERGY_LOAD] = "SELECT * FROM live.energy_day WHERE day = ?1 AND device = ?2 UNION ALL"
			   " SELECT * FROM main.energy_day WHERE day = ?1 AND device = ?2 LIMIT 1",
	[ST_ENERGY_SAVE] = "INSERT OR REPLACE INTO main.energy_day SELECT * FROM live.energy_day",
	/* the newest day of each is still being counted */
	[ST_ENERGY_SAVED] =
		"DELETE FROM live.energy_day AS l WHERE day <"
		" (SELECT max(day) FROM live.energy_day AS m WHERE m.device = l.device)",
	[ST_DOC_SAVE] = "INSERT OR REPLACE INTO main.doc SELECT * FROM live.doc AS l"
			" WHERE (device > 0 OR kind = 'grid')"
			" AND NOT EXISTS (SELECT 1 FROM main.doc AS h WHERE h.device = l.device"
			" AND h.kind = l.kind AND h.body = l.body)",
	[ST_DOC_LOAD] = "INSERT OR IGNORE INTO live.doc SELECT * FROM main.doc",
	[ST_DOC_MAIN] = "SELECT body FROM main.doc WHERE device = ?1 AND kind = ?2",
	[ST_FORGET_DOC_MAIN] = "DELETE FROM main.doc WHERE device = ?1",
};

const char *store_sql(enum stmt i)
{
	return sql[i];
}

struct store_device *store_device(struct store *s, int64_t id)
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

void store_failed(struct failure *f, const char *what, const struct err *e)
{
	f->e = *e;
	if (log_once_due(&f->said, clock_mono_ms()))
		log_err("%s: %s; what came since is kept in memory and tried again", what,
			err_text(e));
}

void store_worked(struct failure *f, const char *what)
{
	if (f->e.code)
		log_notice("%s: written again", what);
	f->e.code = 0;
}

/* ---- live.db ---- */

void store_state(struct store *s, int64_t device, const struct store_state *now, int64_t wall_ms)
{
	struct store_device *d = store_device(s, device);
	/* cut JSON is none, and would spoil the whole answer */
	const char *link = strlen(now->link) < STORE_LINK_MAX ? now->link : "{}";

	if (!d)
		return;
	if (d->since_ms && d->state == now->state && sv_same(d->reason, now->reason) &&
	    d->until_ms == now->until_ms && strcmp(d->detail, now->detail) == 0 &&
	    strcmp(d->link, link) == 0)
		return; /* told each second: nothing new keeps its ETag */
	if (d->state != now->state || !d->since_ms)
		d->since_ms = wall_ms;
	d->state = now->state;
	d->reason = now->reason;
	d->until_ms = now->until_ms;
	snprintf(d->detail, sizeof(d->detail), "%s", now->detail);
	snprintf(d->link, sizeof(d->link), "%s", link);
	d->dirty = true;
}

void store_summary(struct store *s, enum store_summary which, const char *json,
		   const struct summary *sum)
{
	char **old = &s->summaries[which].json;

	if (*old && strcmp(*old, json) == 0 && s->summaries[which].sum.t_ms == sum->t_ms)
		return;
	free(*old);
	*old = strdup(json);
	s->summaries[which].sum = *sum;
	s->seq++; /* a pack that fell out changes nothing else */
}

static int summaries_write(struct store *s, struct err *e)
{
	static const char *const names[] = { [STORE_BANK] = "bank", [STORE_HOUSE] = "house" };
	int r = 0;

	for (int i = 0; r >= 0 && i < STORE_SUMMARY__MAX; i++) {
		const struct summary *sum = &s->summaries[i].sum;

		if (!s->summaries[i].json)
			continue;
		db_bind(s->st[ST_SUMMARY], "siiis", names[i], sum->t_ms, (int64_t)sum->quality,
			sum->fresh_ms, s->summaries[i].json);
		r = db_run(s->st[ST_SUMMARY], e);
	}
	return r;
}

void store_loop(struct store *s, const char *json)
{
	free(s->loop);
	s->loop = strdup(json);
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
	db_bind(s->st[ST_LIVE], "iisississsii", d->id, d->last.t_ms, d->state, d->since_ms,
		d->reason, d->detail[0] ? d->detail : NULL,
		(int64_t)(d->has_last ? d->last.quality : QUALITY_NONE), jw_text(&suspect),
		jw_text(j), d->link, d->until_ms,
		d->has_last ? d->last.fresh_ms : READING_FRESH_MS);
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
			r = store_row_write(s, d, ROW_PUT, e);
	}
	if (r >= 0)
		r = summaries_write(s, e);
	if (r >= 0) {
		db_bind(s->st[ST_BEAT], "iiisisss", (int64_t)getpid(), s->started_ms, wall_ms,
			state, s->seq, store_problem(s), s->loop, s->storage);
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

const char *store_problem(const struct store *s)
{
	return s->history_failed.e.code ? err_text(&s->history_failed.e)
	       : s->live_failed.e.code	? err_text(&s->live_failed.e)
	       : *s->set_aside		? s->set_aside
					: NULL;
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
	s->store_dir = store_dir;
	s->live_dir = live_dir;
	s->card_tbw = HISTORY_CARD_TBW;
	r = store_open_live(s, live_dir, e);
	for (int i = 0; r >= 0 && i < ST__LIVE; i++)
		r = db_prepare(s->live, &s->st[i], sql[i], e);
	if (r >= 0)
		r = store_history_open(s, wall_ms, e);
	if (r < 0) {
		store_close(s, 0);
		return r;
	}
	if (db_run(s->st[ST_DOC_LOAD], e) < 0)
		store_failed(&s->live_failed, "live.db", e);
	store_history_quiet(s, wall_ms, clock_mono_ms());
	store_written_load(s);
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
		if (r >= 0)
			r = db_merge_wal(s->history, &e);
		if (r < 0)
			log_err("history.db: %s", err_text(&e));
	}
	while (s->devices) {
		struct store_device *d = s->devices;

		s->devices = d->next;
		free(d);
	}
	for (int i = 0; i < ST__LIVE; i++)
		sqlite3_finalize(s->st[i]);
	store_history_close(s); /* first: live's own connection is the one that keeps its WAL */
	db_close(s->live);
	jw_free(&s->json);
	for (int i = 0; i < STORE_SUMMARY__MAX; i++)
		free(s->summaries[i].json);
	free(s->loop);
	free(s->storage);
	free(s);
}
