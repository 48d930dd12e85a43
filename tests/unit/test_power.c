/*
 * The power goes: a child stores a house's readings in a hurry, at random moments it is stopped and its
 * files on the disk are copied as they are, those in memory not. The copy is opened as the next start
 * would: it is whole, has every row that was committed, and the tiers agree with the rows.
 */
#include "pipe/store.h"
#include "svitlo/db.h"
#include "svitlo/log.h"
#include "svitlo/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define T0	 4000000200000ll /* a quarter of an hour begins */
#define PACKS	 4
#define CUTS	 200
#define COMMIT_S 60

/* What the child tells. */
struct told {
	volatile int64_t now_ms, saved_t; /* all rows before it are on the disk, it was told */
};

static char dir[3][64]; /* disk, memory, copy */
static struct told *told;

static struct reading frame(enum reading_kind k, int64_t t_ms, int n)
{
	struct reading r;
	double *cells;

	reading_init(&r, t_ms, t_ms - T0 + 1000);
	r.kind = k;
	r.one[METRIC_POWER] = 100 * n + (double)(t_ms / 10000 % 100);
	r.one[METRIC_VOLTAGE] = 52;
	r.one[METRIC_PV_POWER] = 1500;
	r.one[METRIC_LOAD_POWER] = 700;
	if (k == READING_BATTERY) {
		cells = reading_many(&r, METRIC_CELL_VOLTAGES, 16);
		for (int i = 0; i < 16; i++)
			cells[i] = 3.2 + 0.001 * i;
	}
	return r;
}

static _Noreturn void child(void)
{
	struct store *s;
	struct err e = { 0 };

	if (store_open(&s, dir[0], dir[1], T0, &e) < 0) {
		fprintf(stderr, "%s\n", err_text(&e));
		_exit(1);
	}
	for (int64_t t = T0;; t += 5000) {
		struct reading r;

		told->now_ms = t;
		for (int i = 1; i <= PACKS; i++) {
			r = frame(READING_BATTERY, t, i);
			store_reading(s, i, &r);
		}
		r = frame(READING_HOUSE, t, 0);
		store_whole(s, &r);
		r = frame(READING_PLUG, t, 1);
		store_reading(s, PACKS + 1, &r);
		if (store_flush(s, t) < 0)
			_exit(2);
		if (t / 1000 % COMMIT_S == 0) {
			if (store_commit(s, t) < 0)
				_exit(3);
			told->saved_t = t / 10000 * 10;
		}
		store_upkeep(s, t - T0 + 700000, t);
	}
}

static int64_t number(sqlite3 *db, const char *sql)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct err e = { 0 };

	if (db_prepare(db, &st, sql, &e) < 0 || db_step(st, &e) <= 0)
		fail_msg("%s: %s", sql, err_text(&e));
	return sqlite3_column_int64(st, 0);
}

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *fmt, ...)
{
	char command[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our own folders */
}

/* What the next start would find. */
static void check_copy(int64_t saved_t, int64_t now_ms)
{
	struct err e = { 0 };
	char sql[400];
	sqlite3 *db;

	if (db_open(&db, DB_HISTORY, DB_COLLECTOR, dir[2], &e) < 0)
		fail_msg("%s", err_text(&e));
	assert_int_equal(number(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
			 1);
	/* every row that was said to be saved: no gap, of each pack */
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM battery_10s WHERE t < %lld",
		 (long long)saved_t);
	assert_int_equal(number(db, sql), (saved_t - T0 / 1000) / 10 * PACKS);
	/* at most a minute is lost */
	snprintf(sql, sizeof(sql), "SELECT coalesce(max(t), %lld) FROM battery_10s", T0 / 1000);
	assert_true(now_ms / 1000 - number(db, sql) <= COMMIT_S);
	/* what is said to be rolled up is what its rows say */
	assert_int_equal(
		number(db,
		       "SELECT (SELECT coalesce(sum(covered_s), 0) FROM battery_15min"
		       " WHERE t < (SELECT until FROM rollup WHERE tier = '15min')) ="
		       " (SELECT count(*) * 10 FROM battery_10s WHERE t < (SELECT until FROM rollup"
		       " WHERE tier = '15min'))"),
		1);
	assert_int_equal(
		number(db,
		       "SELECT (SELECT coalesce(sum(covered_s), 0) FROM plug_1min"
		       " WHERE t < (SELECT until FROM rollup WHERE tier = '1min')) ="
		       " (SELECT count(*) * 10 FROM plug_10s WHERE t < (SELECT until FROM rollup"
		       " WHERE tier = '1min'))"),
		1);
	assert_int_equal(number(db, "SELECT (SELECT count(*) FROM battery_cells_15min) ="
				    " (SELECT count(*) FROM battery_15min)"),
			 1);
	db_close(db);
}

static void test_power_cut(void **state)
{
	pid_t pid;
	int status, windows = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(dir[i], sizeof(dir[i]), "%s/svitlo-power-XXXXXX", i ? "/dev/shm" : "/tmp");
		assert_non_null(mkdtemp(dir[i]));
	}
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(told != MAP_FAILED);
	log_max = 0;
	assert_int_equal(zone_set("Europe/Kyiv", NULL), 0);
	pid = fork();
	if (pid == 0)
		child();
	assert_true(pid > 0);
	while (!told->saved_t)
		usleep(1000);
	srand(7);
	for (int i = 0; i < CUTS; i++) {
		usleep((useconds_t)(rand() % 30000));
		kill(pid, SIGSTOP);
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		assert_true(WIFSTOPPED(status));
		shell("rm -f %s/* && cp %s/history.db %s/history.db-wal %s/", dir[2], dir[0],
		      dir[0], dir[2]);
		check_copy(told->saved_t, told->now_ms);
		windows = (int)((told->saved_t - T0 / 1000) / 900);
		kill(pid, SIGCONT);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("ok - %d cuts over %d quarters of an hour\n", CUTS, windows);
	assert_true(windows > 4); /* some were in the middle of a roll-up */
	for (int i = 0; i < 3; i++)
		shell("rm -rf %s", dir[i]);
	munmap(told, sizeof(*told));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_power_cut) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
