/* history.db as a file: opened, set aside when it is damaged, kept in shape, and what that costs. */
#include "store_priv.h"

#include "svitlo/clock.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DISK_TURN_MS	8 /* after so long no further piece is begun at this tick */
#define DISK_JUMP_MS	3600000
#define DISK_BELIEVE_MS 600000
#define DISK_QUIET_MS	86400000
#define DISK_START_MS	600000 /* after a start nothing goes by its age for so long, */
#define DISK_AWAY_S                                                                                \
	172800 /* or for DISK_QUIET_MS when nothing was measured for so long: is the clock right? */
#define DISK_MEASURE_MS 60000
#define DISK_FILL	1.1 /* a page is not quite full */
#define DISK_RETRY_MS	60000
#define DISK_YEAR_DAYS	365

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

static int history_open(struct store *s, struct err *e)
{
	int r = db_open(&s->history, DB_HISTORY, DB_COLLECTOR, s->store_dir, e);

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

/* Bytes that this process has had written to a disk; -1: the system does not say. */
static int64_t disk_written(void)
{
	FILE *f = fopen("/proc/self/io", "re");
	char line[128];
	long long n, written = -1, cancelled = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "write_bytes: %lld", &n) == 1)
			written = n;
		else if (sscanf(line, "cancelled_write_bytes: %lld", &n) == 1)
			cancelled = n;
	}
	if (f)
		fclose(f);
	return written < 0 ? -1 : written - cancelled;
}

static void count_written(struct store *s, int64_t wall_ms)
{
	struct written *w = &s->written;
	struct zone_day day = zone_day(wall_ms);
	int64_t now = disk_written();
	struct jw j = { 0 };

	if (now < 0 || !clock_wall_sane(wall_ms))
		return;
	if (strcmp(w->day, day.text) != 0) {
		/* the first day began before we did */
		w->last_day = *w->day && w->whole ? w->today : -1;
		w->whole = *w->day != 0;
		w->today = 0;
		memcpy(w->day, day.text, sizeof(w->day));
	}
	w->today += now - w->seen;
	w->seen = now;
	jw_obj(&j);
	jw_kstr(&j, "day", w->day);
	jw_kint(&j, "today", w->today);
	jw_kint(&j, "last_day", w->last_day);
	jw_kbool(&j, "whole", w->whole);
	jw_end(&j);
	if (jw_text(&j))
		store_doc(s, 0, "written", jw_text(&j), wall_ms);
	jw_free(&j);
}

void store_written_load(struct store *s)
{
	SV_AUTO_FREE char *text = store_doc_get(s, 0, "written");
	json_auto_t *o = text ? json_loads(text, 0, NULL) : NULL;
	const char *day = json_string_value(json_object_get(o, "day"));

	s->written.last_day = -1;
	s->written.seen = disk_written();
	if (!day || strlen(day) >= sizeof(s->written.day))
		return;
	memcpy(s->written.day, day, strlen(day) + 1);
	s->written.today = json_integer_value(json_object_get(o, "today"));
	s->written.last_day = json_integer_value(json_object_get(o, "last_day"));
	s->written.whole = json_is_true(json_object_get(o, "whole"));
}

static int64_t pragma_number(struct store *s, const char *sql)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;

	return db_prepare(s->history, &st, sql, NULL) == 0 && db_step(st, NULL) > 0
		       ? sqlite3_column_int64(st, 0)
		       : 0;
}

/* After a year of it as it is now. NAN: nothing was rolled up yet. */
static double year_bytes(const struct store *s)
{
	double sum = 0;

	for (int t = 0; t < HISTORY_TIER__MAX; t++) {
		int days = keep_days(s->keep)[t];
		double a_day = roll_day_bytes(s->roll, (enum history_tier)t);

		if (t == HISTORY_DAY && isnan(a_day))
			continue; /* no day is over yet: it is less than a hundredth */
		sum += a_day * (days && days < DISK_YEAR_DAYS ? days : DISK_YEAR_DAYS);
	}
	return sum * DISK_FILL;
}

static void tiers_json(struct store *s, struct jw *j, int64_t now_t)
{
	jw_key(j, "tiers");
	jw_arr(j);
	for (int t = 0; t < HISTORY_TIER__MAX; t++) {
		int64_t from = keep_oldest(s->keep, (enum history_tier)t);
		double a_day = roll_day_bytes(s->roll, (enum history_tier)t) * DISK_FILL;
		double days = (double)(now_t - from) / 86400;

		jw_obj(j);
		jw_kstr(j, "name", history_tiers[t].name);
		jw_key(j, "from_ms");
		if (from)
			jw_int(j, from * 1000);
		else
			jw_null(j);
		jw_key(j, "keep_days");
		if (keep_days(s->keep)[t])
			jw_int(j, keep_days(s->keep)[t]);
		else
			jw_null(j);
		jw_knum(j, "bytes", from ? a_day * days : NAN, 0);
		jw_end(j);
	}
	jw_end(j);
}

static void storage_json(struct store *s, struct jw *j, int64_t wall_ms)
{
	int64_t page = pragma_number(s, "PRAGMA main.page_size");
	const struct written *w = &s->written;
	double per_day = w->last_day > 0 ? (double)w->last_day : NAN;
	char path[4200];
	struct stat st;

	jw_obj(j);
	jw_kint(j, "db_bytes", page * pragma_number(s, "PRAGMA main.page_count"));
	jw_kint(j, "free_bytes", page * pragma_number(s, "PRAGMA main.freelist_count"));
	snprintf(path, sizeof(path), "%s/%s-wal", s->store_dir, db_file_name(DB_HISTORY));
	jw_kint(j, "wal_bytes", stat(path, &st) == 0 ? st.st_size : 0);
	tiers_json(s, j, wall_ms / 1000);
	jw_kint(j, "written_today_bytes", w->today);
	jw_knum(j, "written_day_bytes", per_day, 0);
	jw_knum(j, "year_bytes", year_bytes(s), 0);
	jw_kint(j, "card_tbw", s->card_tbw);
	jw_knum(j, "card_years", s->card_tbw * 1e12 / per_day / DISK_YEAR_DAYS, 1);
	jw_key(j, "rollup");
	jw_obj(j);
	jw_kstr(j, "zone", zone_name());
	jw_knum(j, "days_done", roll_days_done(s->roll), 3);
	jw_end(j);
	jw_end(j);
}

static void measure(struct store *s, int64_t mono_ms, int64_t wall_ms)
{
	struct jw j = { 0 };

	if (s->measured_ms && mono_ms - s->measured_ms < DISK_MEASURE_MS)
		return;
	s->measured_ms = mono_ms;
	count_written(s, wall_ms);
	storage_json(s, &j, wall_ms);
	if (jw_text(&j)) {
		free(s->storage);
		s->storage = strdup(jw_text(&j));
	}
	jw_free(&j);
}

/* 1: a piece was done. */
static int upkeep_piece(struct store *s, int64_t mono_ms, int64_t wall_ms, struct err *e)
{
	int r = s->saved_t ? roll_step(s->roll, s->saved_t, e) : 0;

	if (r == 0 && mono_ms >= s->quiet_until_ms)
		r = keep_step(s->keep, wall_ms / 1000, e);
	return r;
}

bool store_upkeep(struct store *s, int64_t mono_ms, int64_t wall_ms)
{
	int64_t begun = clock_mono_ms();
	struct err e = { 0 };
	int r = 0;

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
		r = upkeep_piece(s, mono_ms, wall_ms, &e);
	while (r > 0 && clock_mono_ms() - begun < DISK_TURN_MS);
	if (r < 0)
		store_failed(&s->history_failed, "history.db", &e);
	else
		measure(s, mono_ms, wall_ms);
	return false;
}
