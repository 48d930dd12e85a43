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

static struct reading frame(int64_t t_ms, double volts)
{
	struct reading r;

	reading_init(&r, t_ms, t_ms - T0 + 1000);
	r.one[METRIC_VOLTAGE] = volts;
	r.one[METRIC_SOC] = 70;
	r.one[METRIC_CHARGE_FET] = 1;
	r.one[METRIC_ERROR_BITS] = 16;
	r.cell_voltages.n = 3;
	r.cell_voltages.v[0] = 3.3;
	r.cell_voltages.v[1] = NAN;
	r.cell_voltages.v[2] = 3.4;
	return r;
}

static void put(struct fixture *f, int64_t t_ms, double volts)
{
	struct reading r = frame(t_ms, volts);

	store_reading(f->store, 1, &r);
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
	assert_int_equal(store_commit(f->store, T0 + 10200), 1);
	assert_string_equal(ask(f->disk, DB_HISTORY,
				"SELECT t || ' ' || n || ' ' || voltage_mv || ' ' || soc || ' ' ||"
				" flags || ' ' || errors || cells_mv FROM battery_10s"),
			    "4000000000 2 51000 70 1 16[3300,null,3400]");
	/* the running row is in live.db only */
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT count(*) || ' ' || t FROM battery_10s"),
			    "1 4000000010");
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
	assert_string_equal(ask(f->disk, DB_HISTORY, "SELECT count(*) FROM battery_10s"), "1");
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
	bad.suspect = 1u << METRIC_VOLTAGE;
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
	store_state(f->store, 1, "live", NULL, "", "{}", T0);
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
	store_state(f->store, 1, "live", NULL, "", "{}", T0);
	store_close(f->store, T0 + 200);
	open_store(f, T0 + 5000);
	store_state(f->store, 1, "searching", NULL, "", "{}", T0 + 5000);
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
	assert_int_equal(store_commit(f->store, T0 + 20100), 1);
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
	store_state(f->store, 1, "live", NULL, "", "{}", T0);
	store_state(f->store, 2, "live", NULL, "", "{}", T0);
	store_close(f->store, T0 + 200);
	open_store(f, T0 + 300);
	store_keep(f->store, keep, 1);
	assert_string_equal(ask(f->live, DB_LIVE, "SELECT group_concat(device) FROM live"), "2");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(averages_rows),
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
