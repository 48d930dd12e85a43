/* The store: rows of 10 s, crash and restart, a disk that fails, a clock that lies. */
#include "pipe/store.h"
#include "svitlo/db.h"
#include "svitlo/log.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define T0 4000000000000ll /* a wall clock after any build, at the start of a row */

struct fixture {
	char disk[64], live[64];
	struct store *store;
};

static void open_store(struct fixture *f, int64_t wall_ms)
{
	struct err e = { 0 };

	if (store_open(&f->store, f->disk, f->live, wall_ms, &e) < 0)
		fail_msg("%s", e.text);
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .disk = "/tmp/svitlo-disk-XXXXXX",
			      .live = "/tmp/svitlo-live-XXXXXX" };
	if (!mkdtemp(f.disk) || !mkdtemp(f.live))
		return -1;
	log_max = 0;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[200];

	store_close(f->store, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s %s", f->disk, f->live);
	return system(cmd);
}

static const char *bit_name(unsigned bit)
{
	(void)bit;
	return "bit";
}

static struct reading frame(int64_t t_ms, double volts)
{
	struct reading r;
	double *cells;

	reading_init(&r, t_ms, t_ms - T0 + 1000);
	r.one[METRIC_VOLTAGE] = volts;
	r.one[METRIC_SOC] = 70;
	r.one[METRIC_CHARGE_FET] = 1;
	r.one[METRIC_ERROR_BITS] = 16;
	r.errors = (struct reading_names){ true, 16, bit_name };
	cells = reading_many(&r, METRIC_CELL_VOLTAGES, 3);
	cells[0] = 3.3;
	cells[2] = 3.4;
	return r;
}

static void put(struct fixture *f, int64_t t_ms, double volts)
{
	struct reading r = frame(t_ms, volts);

	store_reading(f->store, 1, &r);
}

static void put_state(struct fixture *f, int64_t device, const char *word, int64_t t_ms)
{
	const struct store_state now = { word, NULL, "", "{}", 0 };

	store_state(f->store, device, &now, t_ms);
}

/* One value of a query on a file of the fixture, as text; "" for none. */
static const char *ask(const char *dir, enum db_file file, const char *sql)
{
	static char text[512];
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *st;

	snprintf(path, sizeof(path), "%s/%s", dir, db_file_name(file));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	snprintf(text, sizeof(text), "%s", sqlite3_step(st) == SQLITE_ROW ? db_text(st, 0) : "");
	sqlite3_finalize(st);
	sqlite3_close(db);
	return text;
}

static int remove_live(struct fixture *f)
{
	char cmd[100];

	snprintf(cmd, sizeof(cmd), "rm -f %s/*", f->live);
	return system(cmd);
}

static void averages_rows(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put(f, T0 + 600, 52);
	put(f, T0 + 10100, 60);
	store_flush(f->store, T0 + 10200);
	/* the running row is saved as far as it is */
	assert_int_equal(store_commit(f->store, T0 + 10200), 2);
	assert_string_equal(ask(f->disk, DB_HISTORY,
				"SELECT t || ' ' || n || ' ' || voltage_mv || ' ' || soc || ' ' ||"
				" flags || ' ' || errors || cells_mv FROM battery_10s"),
			    "4000000000 2 51000 70 1 16[3300,null,3400]");
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) FROM battery_10s"), "0");
	/* and goes on */
	put(f, T0 + 10300, 62);
	store_flush(f->store, T0 + 10400);
	assert_string_equal(
		ask(f->live, DB_LIVE, "SELECT t || ' ' || n || ' ' || voltage_mv FROM battery_10s"),
		"4000000010 2 61000");
	store_commit(f->store, T0 + 10500);
	assert_string_equal(ask(f->disk, DB_HISTORY,
				"SELECT group_concat(n || ':' || voltage_mv) FROM battery_10s"),
			    "2:51000,2:61000");
}

static void put_inverter(struct fixture *f, int64_t t_ms, double pv, uint64_t faults)
{
	struct reading r;
	double *v;

	reading_init(&r, t_ms, t_ms - T0 + 1000);
	r.kind = READING_INVERTER;
	r.fresh_ms = 15000;
	r.one[METRIC_PV_POWER] = pv;
	r.one[METRIC_GRID_FREQUENCY] = 49.98;
	r.one[METRIC_GRID_RELAY] = 1;
	r.faults = (struct reading_names){ true, faults, bit_name };
	v = reading_many(&r, METRIC_GRID_VOLTAGES, 3);
	v[0] = 230.1;
	v[2] = 229;
	store_reading(f->store, 7, &r);
}

static void each_kind_has_its_rows(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put_inverter(f, T0 + 100, 1000, 1ull << 62);
	put_inverter(f, T0 + 5100, 1500, 1);
	store_flush(f->store, T0 + 5200);
	/* the next life takes the running row up where it stood */
	store_close(f->store, 0);
	open_store(f, T0 + 6000);
	put_inverter(f, T0 + 6100, 2000, 0);
	store_flush(f->store, T0 + 10200);
	assert_int_equal(store_commit(f->store, T0 + 10200),
			 1); /* the battery's was at the start */
	assert_string_equal(
		ask(f->disk, DB_HISTORY,
		    "SELECT t || ' ' || device || ' ' || n || ' ' || pv_w || ' ' ||"
		    " grid_hz || ' ' || grid_relay || ' ' || (faults = 4611686018427387905)"
		    " || grid_phases_dv || pv_strings_w || (load_w IS NULL) FROM inverter"),
		"4000000000 7 3 1500 49.98 1 1[2301,null,2290][]1");
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT fresh_ms FROM live WHERE device = 7"),
			    "15000");
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM battery_10s"), "1");
}

static void survives_kill(void **state)
{
	struct fixture *f = *state;
	struct store *killed;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put(f, T0 + 10100, 50);
	put(f, T0 + 10200, 50);
	store_flush(f->store, T0 + 10300);
	killed = f->store; /* no close: the next life finds what the last flush left */
	open_store(f, T0 + 13000);
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM battery_10s"), "2");
	put(f, T0 + 13500, 56); /* goes on with the begun row */
	store_close(f->store, T0 + 14000);
	f->store = killed;
	assert_string_equal(ask(f->disk, DB_HISTORY,
				"SELECT group_concat(n || ':' || voltage_mv) FROM battery_10s"),
			    "1:50000,3:52000");
}

static void stop_saves_and_start_goes_on(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	store_close(f->store, T0 + 200);
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT n FROM battery_10s"), "1");
	open_store(f, T0 + 5000);
	put(f, T0 + 5000, 52);
	store_close(f->store, T0 + 6000);
	f->store = NULL;
	assert_string_equal(
		ask(f->disk, DB_HISTORY,
		    "SELECT count(*) || ' ' || n || ' ' || voltage_mv FROM battery_10s"),
		"1 2 51000");
}

static void suspect_never_spoils(void **state)
{
	struct fixture *f = *state;
	struct reading bad = frame(T0 + 300, 900);

	open_store(f, T0);
	bad.quality = QUALITY_SUSPECT;
	metric_set_add(&bad.suspect, METRIC_VOLTAGE);
	store_reading(f->store, 1, &bad);
	store_flush(f->store, T0 + 400);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT suspect || quality FROM live"),
			    "[\"voltage\"]2");
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT quality || voltage_mv FROM battery_10s"),
			    "2900000");
	put(f, T0 + 500, 52);
	store_reading(f->store, 1, &bad);
	store_flush(f->store, T0 + 600);
	assert_string_equal(ask(f->live, DB_LIVE,
				"SELECT n || ' ' || quality || ' ' || voltage_mv FROM battery_10s"),
			    "1 0 52000");
}

static void wrong_clock_stores_nothing(void **state)
{
	struct fixture *f = *state;

	open_store(f, 5000);
	put(f, 5000, 50); /* 1970 */
	store_flush(f->store, 6000);
	store_close(f->store, 6000);
	f->store = NULL;
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM battery_10s"), "0");
}

static void full_disk_loses_nothing(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;
	char path[128];

	/* a disk that refuses: another process holds the write lock for longer than we wait */
	open_store(f, T0);
	snprintf(path, sizeof(path), "%s/history.db", f->disk);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	put(f, T0 + 100, 50);
	put(f, T0 + 10100, 51);
	store_flush(f->store, T0 + 10200);
	assert_int_equal(store_commit(f->store, T0 + 10200), -EBUSY);
	assert_non_null(strstr(store_problem(f->store), "history.db"));
	sqlite3_close(other);
	assert_int_equal(store_commit(f->store, T0 + 20200), 2);
	assert_null(store_problem(f->store));
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM battery_10s"), "2");
}

static void forgets_a_device(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put_state(f, 1, "live", T0);
	store_doc(f->store, 1, "info", "{}", T0);
	store_flush(f->store, T0 + 200);
	store_forget(f->store, 1);
	store_flush(f->store, T0 + 300);
	assert_string_equal(ask(f->live, DB_LIVE,
				"SELECT (SELECT count(*) FROM live) || (SELECT count(*) FROM doc)"),
			    "00");
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) FROM battery_10s"), "1");
}

static void keeps_last_values_over_a_restart(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put_state(f, 1, "live", T0);
	store_close(f->store, T0 + 200);
	open_store(f, T0 + 5000);
	put_state(f, 1, "searching", T0 + 5000);
	store_flush(f->store, T0 + 5000);
	assert_string_equal(
		ask(f->live, DB_LIVE,
		    "SELECT state || ' ' || t_ms || ' ' || (vals ->> 'voltage') FROM live"),
		"searching 4000000000100 50");
}

static void clock_set_back_touches_nothing(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put(f, T0 + 10100, 51);
	put(f, T0 + 20100, 52);
	put(f, T0 + 3100, 99); /* set back by 17 s: these 10 s are another reading's */
	put(f, T0 + 13100, 99);
	put(f, T0 + 23100, 54); /* the newest row goes on */
	store_close(f->store, T0 + 24000);
	/* a Pi without a clock comes up in the past, its memory folder empty */
	assert_int_equal(remove_live(f), 0);
	open_store(f, T0);
	put(f, T0 + 5000, 99);
	put(f, T0 + 15000, 99);
	store_close(f->store, T0 + 16000);
	f->store = NULL;
	assert_string_equal(
		ask(f->disk, DB_HISTORY, "SELECT group_concat(voltage_mv) FROM battery_10s"),
		"50000,51000,53000");
}

static void rows_of_the_future_are_dropped(void **state)
{
	struct fixture *f = *state;
	int64_t year = 365ll * 86400 * 1000;

	open_store(f, T0);
	put(f, T0 + year, 99); /* the clock was ahead for a moment */
	store_flush(f->store, T0 + year);
	put(f, T0 + 10000, 50);
	put(f, T0 + 20000, 51);
	store_flush(f->store, T0 + 20100);
	assert_int_equal(store_commit(f->store, T0 + 20100), 2);
	store_close(f->store, T0 + 20200);
	f->store = NULL;
	assert_string_equal(
		ask(f->disk, DB_HISTORY, "SELECT group_concat(voltage_mv) FROM battery_10s"),
		"50000,51000");
}

static void long_waits_are_saved_in_slices(void **state)
{
	struct fixture *f = *state;
	int64_t end = T0 + 3 * 3600 * 1000;
	int rows = 0, commits = 0;

	open_store(f, T0);
	for (int64_t t = T0; t < end; t += 10000)
		put(f, t, 50);
	store_flush(f->store, end);
	do {
		rows += store_commit(f->store, end);
		commits++;
	} while (store_behind(f->store));
	assert_int_equal(rows, 3 * 360);
	assert_in_range(commits, 3, 4);
}

static void damaged_live_is_begun_anew(void **state)
{
	struct fixture *f = *state;
	char path[128];
	FILE *out;

	open_store(f, T0);
	store_close(f->store, T0);
	assert_int_equal(remove_live(f), 0);
	snprintf(path, sizeof(path), "%s/live.db", f->live);
	out = fopen(path, "w");
	assert_non_null(out);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", out);
	fclose(out);
	open_store(f, T0);
	put(f, T0 + 100, 50);
	assert_int_equal(store_flush(f->store, T0 + 200), 0);
}

static void keeps_only_what_is_configured(void **state)
{
	struct fixture *f = *state;
	const int64_t keep[] = { 2 };

	open_store(f, T0);
	put_state(f, 1, "live", T0);
	put_state(f, 2, "live", T0);
	store_close(f->store, T0 + 200);
	open_store(f, T0 + 300);
	store_keep(f->store, keep, 1);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT group_concat(device) FROM live"), "2");
}

static void forgets_all_that_are_not_configured(void **state)
{
	struct fixture *f = *state;
	const int64_t keep[] = { 2 };

	open_store(f, T0);
	for (int64_t id = 1; id <= 200; id++)
		put_state(f, id, "live", T0);
	store_close(f->store, T0 + 200);
	open_store(f, T0 + 300);
	store_keep(f->store, keep, 1);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT group_concat(device) FROM live"), "2");
}

static void a_stop_leaves_a_whole_file(void **state)
{
	struct fixture *f = *state;
	char path[100];
	struct stat st;

	open_store(f, T0);
	put(f, T0 + 100, 50);
	store_close(f->store, T0 + 200);
	f->store = NULL;
	snprintf(path, sizeof(path), "%s/history.db-wal", f->disk);
	assert_true(stat(path, &st) < 0 || st.st_size == 0);
}

/* All events of history.db, oldest first. */
static const char *saved_events(struct fixture *f)
{
	return ask(f->disk, DB_HISTORY,
		   "SELECT group_concat((t_ms - 4000000000000) || ' ' || coalesce(device, '-') || "
		   "' ' ||"
		   " kind || coalesce(data, ''), ';') FROM (SELECT * FROM event ORDER BY id)");
}

static void events_wait_in_live(void **state)
{
	struct fixture *f = *state;

	open_store(f, T0);
	store_event(f->store, T0 + 1, 0, "start", NULL);
	store_event(f->store, T0 + 2, 7, "device_lost", "{\"reason\":\"silent\"}");
	store_event(f->store, 5000, 7, "device_back", NULL); /* 1970: no time to store it under */
	store_event(f->store, T0 + 3, 7, "device_back", "{cut");
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) FROM event"), "3");
	assert_string_equal(saved_events(f), "");
	assert_int_equal(store_commit(f->store, T0 + 10000), 0);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) FROM event"), "0");
	assert_string_equal(saved_events(f), "1 - start;2 7 device_lost{\"reason\":\"silent\"};"
					     "3 7 device_back");
}

static void events_survive_kill(void **state)
{
	struct fixture *f = *state;
	struct store *killed;

	open_store(f, T0);
	store_event(f->store, T0 + 1, 0, "start", NULL);
	killed = f->store;
	open_store(f, T0 + 5000);
	store_event(f->store, T0 + 5001, 0, "start", NULL);
	store_close(f->store, T0 + 6000); /* a clean stop saves what waits */
	f->store = killed;
	assert_string_equal(saved_events(f), "1 - start;5001 - start");
}

/* Saved, but not yet out of live.db, when the collector dies: the worst moment. */
static void events_are_not_doubled(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;
	char path[128];

	open_store(f, T0);
	put(f, T0 + 100, 50);
	put(f, T0 + 10100, 50);
	store_flush(f->store, T0 + 10200);
	store_event(f->store, T0 + 1, 0, "start", NULL);
	store_event(f->store, T0 + 2, 1, "setting_changed", "{\"key\":\"a\"}");
	store_event(f->store, T0 + 2, 1, "setting_changed", "{\"key\":\"b\"}");
	snprintf(path, sizeof(path), "%s/live.db", f->live);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_commit(f->store, T0 + 10200), -EBUSY);
	sqlite3_close(other);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) FROM event"), "3");
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM event"), "3");
	store_close(f->store, 0);
	open_store(f, T0 + 20000); /* commits */
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) FROM event"), "0");
	assert_string_equal(saved_events(f), "1 - start;2 1 setting_changed{\"key\":\"a\"};"
					     "2 1 setting_changed{\"key\":\"b\"}");
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM battery_10s"), "2");
}

static void events_go_to_disk_when_live_fails(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;
	char path[128];

	open_store(f, T0);
	snprintf(path, sizeof(path), "%s/live.db", f->live);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	store_event(f->store, T0 + 1, 0, "start", NULL);
	assert_non_null(strstr(store_problem(f->store), "live.db"));
	sqlite3_close(other);
	assert_string_equal(saved_events(f), "1 - start");
}

static void events_are_bounded_and_saved_in_slices(void **state)
{
	struct fixture *f = *state;
	int commits = 0;

	open_store(f, T0);
	for (int i = 1; i <= 20010; i++)
		store_event(f->store, T0 + i, 1, "device_lost", NULL);
	assert_string_equal(ask(f->live, DB_LIVE,
				"SELECT count(*) || ' ' || (min(t_ms) - 4000000000000) FROM event"),
			    "20000 11"); /* the oldest went */
	do {
		assert_true(store_commit(f->store, T0 + 30000) >= 0);
		commits++;
	} while (store_behind(f->store));
	assert_int_equal(commits, 10);
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM event"), "20000");
}

static int outage(struct fixture *f, int64_t device, int64_t wall_ms, int64_t *t_ms)
{
	char reason[STORE_REASON_MAX] = "";
	int r = store_outage(f->store, device, wall_ms, t_ms, reason);

	if (r > 0)
		assert_string_equal(reason, "silent");
	return r;
}

static void knows_outages_of_an_earlier_life(void **state)
{
	static const char why[] = "{\"reason\":\"silent\"}";
	struct fixture *f = *state;
	int64_t t = 0, year = 365ll * 86400 * 1000;

	open_store(f, T0);
	assert_int_equal(outage(f, 1, T0, &t), 0);
	store_event(f->store, T0 + 1, 1, "device_lost", why);
	store_event(f->store, T0 + 2, 1, "setting_changed", NULL);
	store_event(f->store, T0 + 3, 2, "device_lost", why);
	assert_int_equal(outage(f, 1, T0 + 10, &t), 1); /* waiting */
	assert_int_equal(t, T0 + 1);
	store_commit(f->store, T0 + 10);
	assert_int_equal(outage(f, 1, T0 + 10, &t), 1); /* saved */
	store_event(f->store, T0 + 3, 2, "device_back", why);
	assert_int_equal(outage(f, 2, T0 + 10, &t), 0);		  /* one is saved, one waits */
	store_event(f->store, T0 + year, 1, "device_back", NULL); /* a clock that was ahead */
	assert_int_equal(outage(f, 1, T0 + 10, &t), 1);
	store_event(f->store, T0 + 4, 1, "device_back", why);
	store_close(f->store, T0 + 20);
	open_store(f, T0 + 30);
	assert_int_equal(outage(f, 1, T0 + 30, &t), 0);
	assert_int_equal(outage(f, 2, T0 + 30, &t), 0);
}

static void documents_outlive_a_reboot(void **state)
{
	static const char count[] = "SELECT count(*) FROM doc WHERE device = 1";
	struct fixture *f = *state;
	const int64_t keep[] = { 2 };
	char *doc;

	open_store(f, T0);
	store_doc(f->store, 0, "bluetooth", "{}", T0);
	store_doc(f->store, 1, "settings", "{\"a\":1}", T0 + 1);
	store_doc(f->store, 2, "settings", "{\"a\":2}", T0 + 2);
	store_close(f->store, T0 + 10);
	assert_int_equal(remove_live(f), 0);
	open_store(f, T0 + 20);
	/* device 0 is svitlo itself: what it says of its adapters is of now */
	assert_string_equal(
		ask(f->live, DB_LIVE,
		    "SELECT group_concat(device || kind || (t_ms - 4000000000000) || body)"
		    " FROM doc"),
		"1settings1{\"a\":1},2settings2{\"a\":2}");
	doc = store_doc_get(f->store, 1, "settings");
	assert_string_equal(doc, "{\"a\":1}");
	free(doc);
	assert_null(store_doc_get(f->store, 1, "info"));
	store_doc(f->store, 0, "bluetooth", "{}", T0 + 20);
	store_keep(f->store, keep, 1);
	assert_string_equal(ask(f->live, DB_LIVE, count), "0");
	assert_string_equal(ask(f->disk, DB_HISTORY, count), "0");
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT group_concat(device) FROM doc"), "0,2");
}

static void same_document_is_not_written_again(void **state)
{
	static const char when[] = "SELECT (t_ms - 4000000000000) || body FROM doc";
	struct fixture *f = *state;

	open_store(f, T0);
	store_doc(f->store, 1, "settings", "{\"a\":1}", T0 + 1);
	store_commit(f->store, T0 + 10);
	store_doc(f->store, 1, "settings", "{\"a\":1}", T0 + 11);
	store_commit(f->store, T0 + 20);
	assert_string_equal(ask(f->disk, DB_HISTORY, when), "1{\"a\":1}");
	assert_string_equal(ask(f->live, DB_LIVE, when), "11{\"a\":1}"); /* its age is known */
	store_doc(f->store, 1, "settings", "{\"a\":2}", T0 + 21);
	store_commit(f->store, T0 + 30);
	assert_string_equal(ask(f->disk, DB_HISTORY, when), "21{\"a\":2}");
}

static void says_until_when(void **state)
{
	static const char until[] = "SELECT coalesce(until_ms - 4000000000000, 'null') FROM live";
	struct store_state now = { "released", NULL, "", "{}", T0 + 300 };
	struct fixture *f = *state;

	open_store(f, T0);
	store_state(f->store, 1, &now, T0);
	store_flush(f->store, T0);
	assert_string_equal(ask(f->live, DB_LIVE, until), "300");
	now.until_ms = T0 + 400;
	store_state(f->store, 1, &now, T0);
	store_flush(f->store, T0);
	assert_string_equal(ask(f->live, DB_LIVE, until), "400");
	now.until_ms = 0;
	store_state(f->store, 1, &now, T0);
	store_flush(f->store, T0);
	assert_string_equal(ask(f->live, DB_LIVE, until), "null");
}

static void long_link_is_json_still(void **state)
{
	struct fixture *f = *state;
	char link[4000];
	struct store_state now = { "live", NULL, "", link, 0 };

	open_store(f, T0);
	memset(link, 'x', sizeof(link));
	memcpy(link, "{\"a\":\"", 6);
	memcpy(link + sizeof(link) - 3, "\"}", 3);
	store_state(f->store, 1, &now, T0);
	store_flush(f->store, T0);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT link FROM live"), "{}");
	memcpy(link + 1000, "\"}", 3);
	store_state(f->store, 1, &now, T0);
	store_flush(f->store, T0);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT length(link) FROM live"), "1002");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(averages_rows),
		T(each_kind_has_its_rows),
		T(survives_kill),
		T(stop_saves_and_start_goes_on),
		T(suspect_never_spoils),
		T(wrong_clock_stores_nothing),
		T(full_disk_loses_nothing),
		T(forgets_a_device),
		T(keeps_last_values_over_a_restart),
		T(clock_set_back_touches_nothing),
		T(rows_of_the_future_are_dropped),
		T(long_waits_are_saved_in_slices),
		T(damaged_live_is_begun_anew),
		T(keeps_only_what_is_configured),
		T(forgets_all_that_are_not_configured),
		T(a_stop_leaves_a_whole_file),
		T(events_wait_in_live),
		T(events_survive_kill),
		T(events_are_not_doubled),
		T(events_go_to_disk_when_live_fails),
		T(events_are_bounded_and_saved_in_slices),
		T(knows_outages_of_an_earlier_life),
		T(documents_outlive_a_reboot),
		T(same_document_is_not_written_again),
		T(says_until_when),
		T(long_link_is_json_still),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
