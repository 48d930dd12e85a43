/* history.db as a file: opened, set aside when it is damaged, kept in shape; and clocks that lie. */
#include "store_priv.h"

#include "svitlo/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DISK_TURN_MS	8 /* after so long no further piece is begun at this tick */
#define DISK_JUMP_MS	3600000
#define DISK_BELIEVE_MS 600000
#define DISK_QUIET_MS	86400000
#define DISK_START_MS	600000 /* after a start nothing goes by its age for so long, */
#define DISK_AWAY_S                                                                                \
	172800 /* or for DISK_QUIET_MS when nothing was measured for so long: is the clock right? */
#define DISK_RETRY_MS 60000

/* Pages of a WAL when it is copied into its file. What is written again within hours goes there once. */
#define DISK_WAL      8000
#define DISK_WAL_LATE 24000 /* who should have done it did not: the loop waits for the card */
#define DISK_WAL_LIVE 1000  /* live.db, attached here; SQLite's own */

static int history_attach(struct store *s, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/%s", s->live_dir, db_file_name(DB_LIVE));
	r = db_prepare(s->history, &st, "ATTACH ?1 AS live", e);
	if (r < 0)
		return r;
	db_bind(st, "s", path);
	return db_run(st, e);
}

static int on_wal(void *ud, sqlite3 *db, const char *name, int pages)
{
	struct store *s = ud;
	bool live = strcmp(name, "live") == 0;

	if (pages >= (live ? DISK_WAL_LIVE : s->wal_aside ? DISK_WAL_LATE : DISK_WAL))
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (!live)
		s->wal_due = s->wal_aside && pages >= DISK_WAL;
	return SQLITE_OK;
}

void store_wal_aside(struct store *s)
{
	s->wal_aside = true;
}

bool store_wal_due(struct store *s)
{
	bool due = s->wal_due;

	s->wal_due = false;
	return due;
}

static int history_open(struct store *s, struct err *e)
{
	int r = db_open(&s->history, DB_HISTORY, DB_COLLECTOR, s->store_dir, e);

	if (r >= 0)
		sqlite3_wal_hook(s->history, on_wal, s);
	if (r >= 0)
		r = history_attach(s, e);
	for (int i = ST__LIVE; r >= 0 && i < ST__MAX; i++)
		r = db_prepare(s->history, &s->st[i], store_sql((enum stmt)i), e);
	if (r >= 0)
		r = store_rows_open(s, e);
	if (r >= 0)
		r = roll_new(&s->roll, s->history, e);
	return r < 0 ? r : keep_new(&s->keep, s->history, e);
}

void store_history_close(struct store *s)
{
	roll_free(s->roll);
	keep_free(s->keep);
	s->roll = NULL;
	s->keep = NULL;
	for (int i = ST__LIVE; i < ST__MAX; i++) {
		sqlite3_finalize(s->st[i]);
		s->st[i] = NULL;
	}
	store_rows_close(s);
	db_close(s->history);
	s->history = NULL;
}

/* Renames it to history.db.damaged-DATE: somebody may be able to read some of it still. */
static int history_set_aside(struct store *s, int64_t wall_ms, struct err *e)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char from[4096], to[4200], when[32];
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm))
		snprintf(when, sizeof(when), "%lld", (long long)t);
	for (size_t i = 0; i < SV_LEN(tails); i++) {
		snprintf(from, sizeof(from), "%s/%s%s", s->store_dir, db_file_name(DB_HISTORY),
			 tails[i]);
		snprintf(to, sizeof(to), "%s/%s.damaged-%s%s", s->store_dir,
			 db_file_name(DB_HISTORY), when, tails[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			return err_set(e, -errno, "%s is damaged and cannot be renamed: %s", from,
				       strerror(errno));
		if (i == 0)
			snprintf(s->set_aside, sizeof(s->set_aside),
				 "history.db was damaged: it was renamed to %s.damaged-%s, and a "
				 "new history begun; settings are untouched",
				 db_file_name(DB_HISTORY), when);
	}
	log_err("%s", s->set_aside);
	return 0;
}

static void history_said(struct store *s, int64_t wall_ms)
{
	struct jw w = { 0 };

	jw_obj(&w);
	jw_kstr(&w, "detail", s->set_aside);
	jw_end(&w);
	if (jw_text(&w))
		store_event(s, wall_ms, 0, "history_corrupt", jw_text(&w));
	jw_free(&w);
}

int store_history_open(struct store *s, int64_t wall_ms, struct err *e)
{
	int r = history_open(s, e);

	if (r != -EBADMSG)
		return r;
	log_err("%s", err_text(e));
	store_history_close(s);
	r = history_set_aside(s, wall_ms, e);
	if (r >= 0)
		r = history_open(s, e);
	if (r >= 0)
		history_said(s, wall_ms);
	return r;
}

void store_history_quiet(struct store *s, int64_t wall_ms, int64_t mono_ms)
{
	bool long_ago = s->newest_t && wall_ms / 1000 - s->newest_t > DISK_AWAY_S;

	s->quiet_until_ms = mono_ms + (long_ago ? DISK_QUIET_MS : DISK_START_MS);
	s->quiet = true;
}

/* What belongs to one opening of history.db. */
static void history_hand_over(struct store *to, const struct store *from)
{
	to->history = from->history;
	to->roll = from->roll;
	to->keep = from->keep;
	memcpy(to->row_st, from->row_st, sizeof(to->row_st));
	for (int i = ST__LIVE; i < ST__MAX; i++)
		to->st[i] = from->st[i];
}

/* live.db is attached to the same connection: is it the one that is damaged? */
static bool live_is_well(struct store *s)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;

	return db_prepare(s->live, &st, "PRAGMA quick_check(1)", NULL) == 0 &&
	       db_step(st, NULL) > 0 && strcmp(db_text(st, 0), "ok") == 0;
}

/* Damage that was met in use. The old file stays open until the new one is. */
static bool history_mend(struct store *s, int64_t wall_ms)
{
	static const struct store none;
	struct store old = *s;
	struct err e = { 0 };
	int days[HISTORY_TIER__MAX];
	int r;

	if (!live_is_well(s))
		return false;
	memcpy(days, keep_days(s->keep), sizeof(days));
	r = history_set_aside(s, wall_ms, &e);
	if (r >= 0) {
		history_hand_over(s, &none);
		r = history_open(s, &e);
		if (r < 0) {
			store_history_close(s);
			history_hand_over(s, &old);
		}
	}
	if (r < 0) {
		store_failed(&s->history_failed, "history.db", &e);
		s->history_failed.e.code = -EBADMSG; /* tried again */
		return false;
	}
	store_history_close(&old);
	keep_set(s->keep, days);
	s->history_failed.e.code = 0;
	history_said(s, wall_ms);
	return true;
}

/* ---- the clock ---- */

void store_jumped(struct store *s, int64_t from_ms, int64_t to_ms, int64_t mono_ms)
{
	struct err e = { 0 };
	int64_t t = to_ms / 1000;

	if (to_ms - from_ms > DISK_JUMP_MS) {
		s->ahead_t = t - STORE_ROW_S;
		s->believe_ms = mono_ms + DISK_BELIEVE_MS;
		s->quiet_until_ms = mono_ms + DISK_QUIET_MS;
		s->quiet = true;
		return;
	}
	/* what comes now was not measured when the rows that are there were: none is gone on with */
	if (to_ms < from_ms)
		s->newest_t = 0;
	if (!s->ahead_t || t + DISK_JUMP_MS / 2000 > s->ahead_t)
		return;
	/* it is back: what was measured meanwhile was never then */
	log_warn("rows of the clock that was ahead are dropped");
	s->believe_ms = 0;
	if (keep_drop_from(s->keep, s->ahead_t, &e) < 0 ||
	    store_rows_drop_from(s, s->ahead_t, &e) < 0 || roll_late(s->roll, t, &e) < 0)
		store_failed(&s->history_failed, "history.db", &e);
	s->ahead_t = 0;
}

/* ---- each second ---- */

void store_keep_days(struct store *s, const int days[HISTORY_TIER__MAX], int card_tbw)
{
	keep_set(s->keep, days);
	s->card_tbw = card_tbw;
}

/* 1: a piece was done. */
static int upkeep_piece(struct store *s, int64_t wall_ms, struct err *e)
{
	int r = s->saved_t ? roll_step(s->roll, s->saved_t, e) : 0;

	if (r == 0 && !s->quiet)
		r = keep_step(s->keep, wall_ms / 1000, e);
	return r;
}

bool store_upkeep(struct store *s, int64_t mono_ms, int64_t wall_ms)
{
	int64_t begun = clock_mono_ms();
	struct err e = { 0 };
	int r = 0;

	s->quiet = mono_ms < s->quiet_until_ms;
	if (s->believe_ms && mono_ms >= s->believe_ms)
		s->believe_ms = 0;
	if (s->history_failed.e.code == -EBADMSG && mono_ms >= s->mend_ms) {
		s->mend_ms = mono_ms + DISK_RETRY_MS;
		return history_mend(s, wall_ms);
	}
	/* what failed is tried again with the next commit */
	if (!clock_wall_sane(wall_ms) || s->believe_ms || s->history_failed.e.code)
		return false;
	do
		r = upkeep_piece(s, wall_ms, &e);
	while (r > 0 && clock_mono_ms() - begun < DISK_TURN_MS);
	if (r < 0)
		store_failed(&s->history_failed, "history.db", &e);
	else
		store_measure(s, mono_ms, wall_ms);
	return false;
}
