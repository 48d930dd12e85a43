/* What history costs the disk: for the page, and for whoever wonders how long the card lasts. */
#include "store_priv.h"

#include "svitlo/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COST_MEASURE_MS 60000
#define COST_FILL	1.1 /* a page is not quite full */
#define COST_YEAR_DAYS	365

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
		sum += a_day * (days && days < COST_YEAR_DAYS ? days : COST_YEAR_DAYS);
	}
	return sum * COST_FILL;
}

static void tiers_json(struct store *s, struct jw *j, int64_t now_t)
{
	jw_key(j, "tiers");
	jw_arr(j);
	for (int t = 0; t < HISTORY_TIER__MAX; t++) {
		int64_t from = keep_oldest(s->keep, (enum history_tier)t);
		double a_day = roll_day_bytes(s->roll, (enum history_tier)t) * COST_FILL;
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
	jw_knum(j, "card_years", s->card_tbw * 1e12 / per_day / COST_YEAR_DAYS, 1);
	jw_key(j, "rollup");
	jw_obj(j);
	jw_kstr(j, "zone", zone_name());
	jw_knum(j, "days_done", roll_days_done(s->roll), 3);
	jw_end(j);
	jw_end(j);
}

void store_measure(struct store *s, int64_t mono_ms, int64_t wall_ms)
{
	struct jw j = { 0 };

	if (s->measured_ms && mono_ms - s->measured_ms < COST_MEASURE_MS)
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
