/* history.db as a file: damaged at start and in use, a clock that was ahead, rows of bank and house. */
#include "pipe/store.h"
#include "svitlo/db.h"
#include "svitlo/log.h"
#include "svitlo/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define T0   4000000500000ll /* a quarter of an hour begins at 4000000500 s */
#define HOUR 3600000ll
#define DAY  (24 * HOUR)

static char disk[64], live[64];
static struct store *store;
static int64_t mono = 1000;

static void open_store(int64_t wall_ms)
{
	struct err e = { 0 };

	if (store_open(&store, disk, live, wall_ms, &e) < 0)
		fail_msg("%s", err_text(&e));
}

static int setup(void **state)
{
	(void)state;
	log_max = 0;
	snprintf(disk, sizeof(disk), "/tmp/svitlo-disk-XXXXXX");
	snprintf(live, sizeof(live), "/tmp/svitlo-live-XXXXXX");
	return mkdtemp(disk) && mkdtemp(live) && zone_set("Europe/Kyiv", NULL) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	char command[200];

	(void)state;
	store_close(store, 0);
	store = NULL;
	snprintf(command, sizeof(command), "rm -rf %s %s", disk, live);
	return system(command); /* NOLINT(cert-env33-c): our own folders */
}

static const char *ask(const char *dir, enum db_file file, const char *sql)
{
	static char ret[512];
	SV_AUTO_DB sqlite3 *db = NULL;
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	if (db_open(&db, file, DB_WORKER, dir, &e) < 0 || db_prepare(db, &st, sql, &e) < 0)
		fail_msg("%s", err_text(&e));
	snprintf(ret, sizeof(ret), "%s", db_step(st, &e) > 0 ? db_text(st, 0) : "no row");
	return ret;
}
#define HISTORY(sql) ask(disk, DB_HISTORY, sql)

/* true: history.db was begun anew. */
static bool pass_by(int64_t step_ms, int64_t from_ms, int64_t to_ms)
{
	bool anew = false;

	for (int64_t t = from_ms; t < to_ms; t += step_ms) {
		struct reading r;

		reading_init(&r, t, mono);
		r.one[METRIC_VOLTAGE] = 52;
		store_reading(store, 1, &r);
		assert_int_equal(store_flush(store, t), 0);
		if (t / 1000 % 60 == 0)
			store_commit(store, t);
		anew = store_upkeep(store, mono, t) || anew;
		mono += step_ms;
	}
	return anew;
}

static bool pass(int64_t from_ms, int64_t to_ms)
{
	return pass_by(10000, from_ms, to_ms);
}

/* Overwrites a piece, as a card that dies does. */
static void damage(int64_t page)
{
	static const char junk[1024] = "damaged";
	SV_AUTO_DB sqlite3 *db = NULL;
	char path[100];
	int fd;

	assert_int_equal(db_open(&db, DB_HISTORY, DB_COLLECTOR, disk, NULL), 0);
	assert_int_equal(db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL), 0);

	snprintf(path, sizeof(path), "%s/history.db", disk);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), (page - 1) * 1024), sizeof(junk));
	close(fd);
}

static int files_aside(void)
{
	char command[200];

	snprintf(command, sizeof(command), "ls %s/history.db.damaged-*Z >/dev/null 2>&1", disk);
	return system(command) == 0; /* NOLINT(cert-env33-c): our own folder */
}

static void test_damaged_at_start(void **state)
{
	(void)state;
	open_store(T0);
	pass(T0, T0 + HOUR);
	store_close(store, T0 + HOUR);
	damage(1);
	open_store(T0 + HOUR + 5000);
	assert_true(files_aside());
	assert_true(strstr(store_problem(store), "damaged") != NULL);
	pass(T0 + HOUR + 10000, T0 + HOUR + 130000);
	assert_string_equal(HISTORY("SELECT count(*) > 5 FROM battery_10s"), "1");
	assert_string_equal(HISTORY("SELECT count(*) FROM event WHERE kind = 'history_corrupt'"),
			    "1");
}

static void test_damaged_in_use(void **state)
{
	bool anew = false;
	int64_t t = T0 + 2 * HOUR;

	(void)state;
	open_store(T0);
	pass(T0, t);
	/* what was in the WAL goes into the file, then the pages break */
	store_close(store, t);
	damage(strtoll(HISTORY("SELECT rootpage FROM sqlite_schema WHERE name = 'battery_15min'"),
		       NULL, 10));
	open_store(t);
	for (int i = 0; i < 60 && !anew; i++, t += 60000)
		anew = pass(t, t + 60000);
	assert_true(anew);
	assert_true(files_aside());
	assert_true(strstr(store_problem(store), "damaged") != NULL);
	pass(t, t + HOUR);
	/* what waited was written into the new one */
	assert_string_equal(HISTORY("SELECT count(*) > 300 FROM battery_10s"), "1");
	assert_string_equal(HISTORY("SELECT count(*) > 2 FROM battery_15min"), "1");
	assert_string_equal(HISTORY("SELECT count(*) FROM event WHERE kind = 'history_corrupt'"),
			    "1");
}

/* A year ahead for an hour, then right again: nothing stays under a date that never was, and nothing
 * that was measured before goes. */
static void test_clock_ahead(void **state)
{
	const int64_t year = 365 * DAY;
	int64_t t = T0 + 3 * HOUR;
	char before[32];

	(void)state;
	open_store(T0);
	pass(T0, t);
	snprintf(before, sizeof(before), "%s", HISTORY("SELECT count(*) FROM battery_10s"));
	store_jumped(store, t, t + year, mono);
	pass(t + year, t + year + 300000); /* not believed yet: nothing is saved */
	assert_string_equal(HISTORY("SELECT count(*) FROM battery_10s"), before);
	pass(t + year + 300000, t + year + HOUR); /* believed by now */
	assert_string_equal(HISTORY("SELECT max(t) > 4020000000 FROM battery_10s"), "1");
	assert_string_equal(HISTORY("SELECT min(t) FROM battery_10s"), "4000000500");
	store_jumped(store, t + year + HOUR, t + HOUR, mono);
	pass(t + HOUR, t + 2 * HOUR);
	assert_string_equal(HISTORY("SELECT max(t) < 4020000000 FROM battery_10s"), "1");
	assert_string_equal(HISTORY("SELECT max(t) < 4020000000 FROM battery_15min"), "1");
	assert_string_equal(HISTORY("SELECT count(*) FROM battery_10s WHERE t < 4000011300"),
			    "1080");
	assert_string_equal(HISTORY("SELECT (SELECT sum(covered_s) FROM battery_15min) ="
				    " (SELECT count(*) * 10 FROM battery_10s WHERE t <"
				    " (SELECT until FROM rollup WHERE tier = '15min'))"),
			    "1");
}

/* Back by an hour: what is there already stays as it is, and what comes after it is stored. */
static void test_clock_back(void **state)
{
	int64_t t = T0 + 2 * HOUR;

	(void)state;
	open_store(T0);
	pass(T0, t);
	store_jumped(store, t, t - HOUR, mono);
	pass(t - HOUR, t + HOUR);
	assert_string_equal(HISTORY("SELECT count(*) - count(DISTINCT t) FROM battery_10s"), "0");
	assert_string_equal(HISTORY("SELECT count(*) >= 1070 FROM battery_10s"), "1");
	assert_string_equal(HISTORY("SELECT max(n) FROM battery_10s"), "1");
}

/* A new day is written over the oldest; after a start, when the clock may be wrong, over none. */
static void test_places(void **state)
{
	const int64_t midnight = (T0 / DAY + 1) * DAY;

	(void)state;
	open_store(T0);
	store_keep_days(store, (const int[]){ 2, 30, 0, 0 }, 20);
	pass_by(300000, T0, midnight + 4 * DAY + HOUR);
	assert_string_equal(HISTORY("SELECT count(*) || ' ' || max(place) FROM slot"), "2 1");
	assert_string_equal(HISTORY("SELECT count(*) FROM battery"), "300");
	assert_string_equal(HISTORY("SELECT max(day) / 86400 - min(t) / 86400 FROM battery"), "1");
	assert_string_equal(HISTORY("SELECT sum(covered_s) / 10 > 4 * 288 FROM battery_15min"),
			    "1");
	store_close(store, midnight + 4 * DAY + HOUR);
	open_store(midnight + 5 * DAY);
	pass_by(300000, midnight + 5 * DAY, midnight + 5 * DAY + 600000);
	assert_string_equal(HISTORY("SELECT count(*) FROM slot"), "3");
	assert_string_equal(HISTORY("SELECT count(*) FROM battery"), "302");
}

static void *copy_wal(void *ud)
{
	struct err *e = ud;

	db_checkpoint(DB_HISTORY, disk, e);
	return NULL;
}

/* A large WAL is somebody else's to copy; said once a commit, and not again when that was done. */
static void test_wal(void **state)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };
	pthread_t thread;

	(void)state;
	open_store(T0);
	store_wal_aside(store);
	pass(T0, T0 + 130000);
	assert_false(store_wal_due(store));
	assert_int_equal(db_open(&db, DB_HISTORY, DB_COLLECTOR, disk, &e), 0);
	assert_int_equal(db_exec(db,
				 "PRAGMA wal_autocheckpoint=0; CREATE TABLE junk (b);"
				 "INSERT INTO junk VALUES (zeroblob(9000000)); DROP TABLE junk",
				 &e),
			 0);
	pass(T0 + 130000, T0 + 190000);
	assert_true(store_wal_due(store));
	assert_false(store_wal_due(store));
	assert_int_equal(pthread_create(&thread, NULL, copy_wal, &e), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(e.code, 0);
	pass(T0 + 190000, T0 + 310000);
	assert_false(store_wal_due(store));
	assert_string_equal(HISTORY("SELECT count(*) FROM battery_10s"), "31");
	assert_int_equal(db_prepare(db, &st, "PRAGMA quick_check", &e), 0);
	assert_int_equal(db_step(st, &e), 1);
	assert_string_equal(db_text(st, 0), "ok");
}

static void test_whole(void **state)
{
	struct reading r;

	(void)state;
	open_store(T0);
	for (int64_t t = T0; t < T0 + 120000; t += 1000) {
		reading_init(&r, t / 2000 * 2000, mono);
		r.kind = READING_HOUSE;
		r.one[METRIC_PV_POWER] = 1200;
		r.one[METRIC_LOAD_POWER] = 700;
		r.one[METRIC_GRID_PRESENT] = t < T0 + 60000;
		store_whole(store, &r);
		r.kind = READING_BANK;
		r.one[METRIC_SOC] = 71.25;
		store_whole(store, &r);
		store_flush(store, t);
	}
	store_commit(store, T0 + 120000);
	/* each new one counts once */
	assert_string_equal(
		HISTORY("SELECT count(*) || ' ' || sum(n) || ' ' || max(device) FROM house_10s"),
		"12 60 0");
	assert_string_equal(HISTORY("SELECT group_concat(flags, '') FROM house_10s"),
			    "111111222222");
	assert_string_equal(HISTORY("SELECT min(soc_dp) || ' ' || max(soc_dp) FROM bank_10s"),
			    "713 713");
	assert_string_equal(ask(live, DB_LIVE, "SELECT count(*) FROM live"), "0");
}

static void test_storage(void **state)
{
	(void)state;
	open_store(T0);
	store_keep_days(store, (const int[]){ 7, 30, 0, 0 }, 20);
	pass(T0, T0 + HOUR);
	store_flush(store, T0 + HOUR);
	assert_string_equal(
		ask(live, DB_LIVE, "SELECT storage ->> '$.db_bytes' > 50000 FROM collector"), "1");
	assert_string_equal(ask(live, DB_LIVE, "SELECT storage ->> '$.card_tbw' FROM collector"),
			    "20");
	assert_string_equal(
		ask(live, DB_LIVE, "SELECT storage ->> '$.tiers[0].keep_days' FROM collector"),
		"7");
	assert_string_equal(
		ask(live, DB_LIVE, "SELECT storage ->> '$.tiers[0].from_ms' FROM collector"),
		"4000000500000");
	assert_string_equal(
		ask(live, DB_LIVE, "SELECT storage ->> '$.year_bytes' > 1000000 FROM collector"),
		"1");
	assert_string_equal(ask(live, DB_LIVE,
				"SELECT storage ->> '$.written_today_bytes' >= 0 FROM collector"),
			    "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_damaged_at_start, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_storage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
