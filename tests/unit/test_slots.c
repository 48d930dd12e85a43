/* The places of days: what is written over what, against a model that knows nothing of places. */
#include "pipe/slots.h"
#include "svitlo/db.h"
#include "svitlo/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY	86400
#define T0	(20000ll * DAY)
#define STEP	600
#define A_DAY	(DAY / STEP)
#define DAYS	30
#define DEVICES 4

static char dir[64];
static sqlite3 *db;
static struct slots *slots;
static uint64_t seed;
static unsigned char model[DAYS * A_DAY][DEVICES]; /* n of the row; 0: none */

static unsigned chance(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void ok(int r, const struct err *e)
{
	if (r < 0)
		fail_msg("%s", err_text(e));
}

static int setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	seed = 11;
	for (size_t i = 0; i < SV_LEN(model); i++)
		for (int d = 0; d < DEVICES; d++)
			model[i][d] = 0;
	snprintf(dir, sizeof(dir), "/tmp/svitlo-slots-XXXXXX");
	if (!mkdtemp(dir) || db_open(&db, DB_HISTORY, DB_COLLECTOR, dir, &e) < 0 ||
	    slots_new(&slots, db, &e) < 0) {
		print_error("%s\n", err_text(&e));
		return -1;
	}
	return db_exec(db, "PRAGMA synchronous=OFF", &e);
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	slots_free(slots);
	db_close(db);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): our own folder */
}

static int64_t number(const char *sql)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	ok(db_prepare(db, &st, sql, &e), &e);
	assert_int_equal(db_step(st, &e), 1);
	return sqlite3_column_int64(st, 0);
}

static void put(int64_t t, int device, int n)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	ok(db_prepare(db, &st,
		      "INSERT OR REPLACE INTO battery_10s (id, t, n, quality, flags)"
		      " SELECT " HISTORY_RAW_ID("?1") " + ?2, ?1, ?3, 0, 0 FROM slot AS s"
						      " WHERE s.day = ?1 / 86400 * 86400",
		      &e),
	   &e);
	db_bind(st, "iii", t, (int64_t)device, (int64_t)n);
	assert_int_equal(db_run(st, &e), 1);
	model[(t - T0) / STEP][device] = (unsigned char)n;
}

/* A day with gaps, and devices that come and go. */
static void write_day(int day, int64_t free_t)
{
	int64_t t = T0 + (int64_t)day * DAY;
	unsigned there = chance(15) + 1;
	struct err e = { 0 };

	ok(db_exec(db, "BEGIN", &e), &e);
	ok(slots_take(slots, t + chance(DAY), free_t, &e), &e);
	for (int i = 0; i < A_DAY; i++, t += STEP) {
		if (chance(30) == 0) {
			i += 20;
			t += 20 * STEP;
		}
		for (int d = 0; d < DEVICES && i < A_DAY; d++)
			if (there >> d & 1 && chance(10))
				put(t, d, 1 + (int)chance(200));
	}
	ok(db_exec(db, "COMMIT", &e), &e);
}

static void sweep(int64_t now_t, int64_t free_t)
{
	struct err e = { 0 };
	int n = 0, r;

	while ((r = slots_sweep(slots, now_t, free_t, &e)) > 0)
		assert_true(++n < 10000);
	ok(r, &e);
}

/* All rows of a range, in their order; of days that have no place any more none. */
static void check_range(int64_t from, int64_t to)
{
	char sql[600];
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };
	int64_t oldest = number("SELECT min(day) FROM slot");

	history_sql(sql, sizeof(sql),
		    "SELECT r.t, r.device, r.n FROM " HISTORY_RAW("?1", "?2") HISTORY_RAW_ORDER,
		    "battery_10s");
	ok(db_prepare(db, &st, sql, &e), &e);
	db_bind(st, "ii", from, to);
	for (size_t i = 0; i < SV_LEN(model); i++)
		for (int d = 0; d < DEVICES; d++) {
			int64_t t = T0 + (int64_t)i * STEP;

			if (!model[i][d] || t < from || t >= to || t < oldest)
				continue;
			assert_int_equal(db_step(st, &e), 1);
			assert_int_equal(sqlite3_column_int64(st, 0), t);
			assert_int_equal(sqlite3_column_int64(st, 1), d);
			assert_int_equal(sqlite3_column_int64(st, 2), model[i][d]);
		}
	assert_int_equal(db_step(st, &e), 0);
}

static void test_over_and_over(void **state)
{
	(void)state;
	for (int day = 0; day < DAYS; day++) {
		int64_t now = T0 + (int64_t)(day + 1) * DAY;

		/* five days are kept, this one is one of them */
		write_day(day, now - 5 * (int64_t)DAY);
		if (chance(2))
			sweep(now - chance(DAY), now - 5 * (int64_t)DAY);
		check_range(T0, T0 + DAYS * (int64_t)DAY);
		for (int i = 0; i < 5; i++) {
			int64_t from = now - chance(7 * DAY);

			check_range(from, from + chance(3 * DAY));
		}
		assert_true(number("SELECT count(*) FROM slot") <= 5);
		assert_true(number("SELECT max(place) FROM slot") < 5);
	}
	sweep(T0 + (DAYS + 1) * (int64_t)DAY, T0);
	assert_int_equal(number("SELECT count(*) FROM battery_10s"
				" WHERE t < (SELECT min(day) FROM slot)"),
			 0);
	check_range(T0, T0 + DAYS * (int64_t)DAY);
}

/* Fewer days are kept: the places of the others are emptied, and taken again from the lowest on. */
static void test_fewer(void **state)
{
	const int64_t now = T0 + 10 * (int64_t)DAY;

	(void)state;
	for (int day = 0; day < 10; day++)
		write_day(day, 0);
	assert_int_equal(number("SELECT count(*) FROM slot"), 10);
	sweep(now, now - 3 * (int64_t)DAY); /* one of them waits an hour for the new day */
	assert_int_equal(number("SELECT count(*) FROM slot"), 4);
	assert_int_equal(number("SELECT min(t) FROM battery_10s") / DAY, T0 / DAY + 6);
	write_day(10, now - 3 * (int64_t)DAY);
	assert_int_equal(number("SELECT count(*) FROM slot"), 4);
	write_day(11, 0);
	assert_int_equal(number("SELECT place FROM slot WHERE day / 86400 = 20011"), 0);
	check_range(T0, T0 + DAYS * (int64_t)DAY);
	assert_true(slots_oldest(slots) >= T0 + 7 * (int64_t)DAY);
}

/* A clock that was ahead: its rows go, those before stay. */
static void test_drop(void **state)
{
	const int64_t t = T0 + 2 * (int64_t)DAY + 40000;
	struct err e = { 0 };

	(void)state;
	for (int day = 0; day < 6; day++)
		write_day(day, 0);
	ok(slots_drop_from(slots, t, &e), &e);
	for (size_t i = 0; i < SV_LEN(model); i++)
		for (int d = 0; d < DEVICES && T0 + (int64_t)i * STEP >= t; d++)
			model[i][d] = 0;
	assert_true(number("SELECT max(t) FROM battery_10s") < t);
	assert_int_equal(number("SELECT count(*) FROM slot"), 3);
	check_range(T0, T0 + DAYS * (int64_t)DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_over_and_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fewer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
