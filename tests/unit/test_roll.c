/* The upper tiers against brute force: random rows with gaps, repeats, suspect ones, two nights on
 * which the clocks change, zones that change; and what goes by its age. */
#include "pipe/fold.h"
#include "pipe/keep.h"
#include "pipe/roll.h"
#include "svitlo/db.h"
#include "svitlo/history.h"
#include "svitlo/log.h"
#include "svitlo/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUTUMN                                                                                     \
	1792879200 /* 2026-10-25 00:00 in Kyiv, the day of 25 hours begins 21:00 UTC before */
#define DAY	86400
#define DEVICES 2
#define CELLS	4

static char dir[64];
static sqlite3 *db;
static struct roll *roll;
static unsigned seed;

static unsigned chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 12) % n;
}

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *fmt, ...)
{
	struct err e = { 0 };
	char sql[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	if (db_exec(db, sql, &e) < 0)
		fail_msg("%s", e.text);
}

/* The first column of the first row as text. */
static const char *ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *ask(const char *fmt, ...)
{
	static char ret[512];
	struct err e = { 0 };
	sqlite3_stmt *st;
	char sql[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	if (db_prepare(db, &st, sql, &e) < 0)
		fail_msg("%s", e.text);
	snprintf(ret, sizeof(ret), "%s", db_step(st, &e) > 0 ? db_text(st, 0) : "no row");
	sqlite3_finalize(st);
	return ret;
}

static int setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	log_max = 0;
	seed = 7;
	snprintf(dir, sizeof(dir), "/tmp/svitlo-roll-XXXXXX");
	if (!mkdtemp(dir) || zone_set("Europe/Kyiv", &e) < 0)
		return -1;
	if (db_open(&db, DB_HISTORY, DB_COLLECTOR, dir, &e) < 0 || roll_new(&roll, db, &e) < 0) {
		print_error("%s\n", err_text(&e));
		return -1;
	}
	run("PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536");
	/* the place of a day is its number: an id is t * 4096 + device */
	run("CREATE TEMP TRIGGER battery_day AFTER INSERT ON battery_10s BEGIN INSERT OR IGNORE "
	    "INTO"
	    " slot VALUES (new.t / 86400 * 86400, new.t / 86400, 86400); END;"
	    "CREATE TEMP TRIGGER house_day AFTER INSERT ON house_10s BEGIN INSERT OR IGNORE INTO"
	    " slot VALUES (new.t / 86400 * 86400, new.t / 86400, 86400); END");
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	roll_free(roll);
	db_close(db);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? -1 : 0; /* NOLINT(cert-env33-c): our own folder */
}

/* Steps until nothing is left to do; gives how many it took. */
static int roll_all(int64_t saved_t)
{
	struct err e = { 0 };
	int n = 0, r;

	while ((r = roll_step(roll, saved_t, &e)) > 0)
		n++;
	if (r < 0)
		fail_msg("%s", err_text(&e));
	return n;
}

/* A random raw row of a battery. Some values are null, some rows suspect. */
static void put_row(int64_t t, int device)
{
	char cells[64] = "null", current[16] = "NULL";
	unsigned n = chance(10);

	if (n)
		snprintf(cells, sizeof(cells), "'[%u,%u,null,%u]'", 3200 + chance(200),
			 3200 + chance(200), 3200 + chance(200));
	if (chance(8))
		snprintf(current, sizeof(current), "%d", (int)chance(60000) - 30000);
	run("INSERT OR REPLACE INTO battery_10s (id, t, n, quality, voltage_mv, current_ma,"
	    " power_mw, soc, remaining_mah, flags, errors, cells_mv)"
	    " VALUES (%lld * 4096 + %d, %lld, 5, %d, %u, %s, %d, %u, %u, %u, %u, %s)",
	    (long long)t, device, (long long)t, chance(15) ? 0 : 2, 50000 + chance(5000), current,
	    (int)chance(2000000) - 1000000, chance(100), chance(280000), chance(32),
	    1u << chance(8), cells);
}

static void put_house(int64_t t)
{
	run("INSERT OR REPLACE INTO house_10s (id, t, n, quality, pv_w, load_w, grid_w,"
	    " battery_w, gen_w, battery_soc, flags)"
	    " VALUES (%lld * 4096, %lld, 1, 0, %u, %u, %d, %d, %u, %u, %u)",
	    (long long)t, (long long)t, chance(5000), chance(4000), (int)chance(6000) - 3000,
	    (int)chance(6000) - 3000, chance(3) ? 0 : chance(2000), chance(101), chance(3));
}

/* Which quality of rows counts in each bucket. */
static void make_best(const char *bucket)
{
	run("DROP TABLE IF EXISTS temp.best;"
	    "CREATE TEMP TABLE best (d, b, q, PRIMARY KEY (d, b)) WITHOUT ROWID");
	run("INSERT INTO best SELECT device, %s, min(quality) FROM battery_10s AS r GROUP BY 1, 2",
	    bucket);
}

/* The same numbers from the raw rows by SQL that has nothing in common with the code. Rounded
 * averages may differ by one count, those of days, made from rounded quarters, too. */
static void check_tier(enum history_tier tier, const char *bucket, const char *from)
{
	char table[HISTORY_NAME_MAX];
	const char *bad;

	history_table(table, READING_BATTERY, tier);
	run("DROP TABLE IF EXISTS temp.brute");
	make_best(bucket);
	run("CREATE TEMP TABLE brute AS SELECT r.device, b AS t, count(*) * 10 AS covered_s, q AS "
	    "quality,"
	    " min(voltage_mv) AS lo, avg(voltage_mv) AS mean, max(voltage_mv) AS hi,"
	    " min(current_ma) AS clo, avg(current_ma) AS cmean, max(current_ma) AS chi,"
	    " sum(max(power_mw, 0)) / 360.0 AS charge, sum(max(-power_mw, 0)) / 360.0 AS discharge,"
	    " max(r.t) AS at"
	    " FROM battery_10s AS r JOIN best ON d = r.device AND b = %s AND q = r.quality"
	    " WHERE r.t >= %s GROUP BY 1, 2",
	    bucket, from);
	bad = ask("SELECT 'rows ' || (SELECT count(*) FROM %s WHERE t >= %s) || ' brute ' ||"
		  " (SELECT count(*) FROM brute)"
		  " WHERE (SELECT count(*) FROM %s WHERE t >= %s) <> (SELECT count(*) FROM brute)",
		  table, from, table, from);
	assert_string_equal(bad, "no row");
	/* a day is made of quarters, whose quality may differ: then it is another set of rows */
	bad = ask("SELECT b.device || ' ' || b.t || ': ' || b.covered_s || ' ' || s.covered_s || ' "
		  "' ||"
		  " b.mean || ' ' || s.voltage_mv || ' ' || b.charge || ' ' || s.charge_mwh"
		  " FROM brute AS b LEFT JOIN %s AS s USING (device, t) WHERE s.t IS NULL"
		  " OR s.covered_s <> b.covered_s OR s.quality <> b.quality"
		  " OR s.voltage_mv_min <> b.lo OR s.voltage_mv_max <> b.hi"
		  " OR abs(s.voltage_mv - b.mean) > 1.01 OR s.current_ma_min IS NOT b.clo"
		  " OR s.current_ma_max IS NOT b.chi OR abs(s.current_ma - b.cmean) > %d"
		  " OR abs(s.charge_mwh - b.charge) > 50 OR abs(s.discharge_mwh - b.discharge) > 50"
		  " OR s.remaining_mah <> (SELECT remaining_mah FROM battery_10s AS l WHERE l.t = "
		  "b.at AND l.device = b.device) LIMIT 1",
		  /* a quarter weighs what it measured, though its current may be of less */
		  table, tier == HISTORY_DAY ? 500 : 2);
	assert_string_equal(bad, "no row");
}

/* Cells: lowest, mean and highest of each over the window, by SQL. */
static void check_cells(enum history_tier tier, const char *bucket)
{
	char table[HISTORY_NAME_MAX];

	history_arrays(table, READING_BATTERY, tier);
	run("DROP TABLE IF EXISTS temp.mine;"
	    "CREATE TEMP TABLE mine (device, t, key, lo, mean, hi, PRIMARY KEY (device, t, key))"
	    " WITHOUT ROWID");
	make_best(bucket);
	run("INSERT INTO mine SELECT device, t, c.key,"
	    " c.value - coalesce(json_extract(cells_mv_below, '$[' || c.key || ']'), 0), c.value,"
	    " c.value + coalesce(json_extract(cells_mv_above, '$[' || c.key || ']'), 0)"
	    " FROM %s, json_each(cells_mv) AS c WHERE c.value IS NOT NULL",
	    table);
	assert_string_equal(
		ask("WITH brute AS (SELECT r.device, b AS t, key, min(value) AS lo,"
		    " avg(value) AS mean, max(value) AS hi FROM battery_10s AS r"
		    " JOIN best ON d = r.device AND b = %s AND q = r.quality, json_each(cells_mv)"
		    " WHERE value IS NOT NULL GROUP BY 1, 2, 3)"
		    " SELECT b.t || ' ' || b.key || ' ' || b.mean || ' ' || m.mean || ' ' || b.lo "
		    "|| ' '"
		    " || m.lo FROM brute AS b LEFT JOIN mine AS m USING (device, t, key)"
		    " WHERE m.t IS NULL OR abs(m.mean - b.mean) > 1.01 OR m.lo <> b.lo OR m.hi <> "
		    "b.hi"
		    " LIMIT 1",
		    bucket),
		"no row");
}

/* Days of Kyiv as SQL: the zone's change is at 01:00 UTC. */
#define KYIV_DAY                                                                                   \
	"iif(r.t < 1792890000, (r.t + 10800) / 86400 * 86400 - 10800,"                             \
	" iif((r.t + 7200) / 86400 * 86400 - 7200 < 1792890000,"                                   \
	" (1792890000 + 10800) / 86400 * 86400 - 10800, (r.t + 7200) / 86400 * 86400 - 7200))"

static void fill(int64_t from, int64_t to, int64_t step)
{
	run("BEGIN");
	for (int64_t t = from; t < to; t += step) {
		if (!chance(400))
			t += 10 * (int64_t)chance(900); /* nobody measured */
		if (t >= to)
			break;
		for (int d = 1; d <= DEVICES; d++)
			if (chance(20))
				put_row(t, d);
		if (!chance(50))
			put_row(t, 1); /* the same time again */
		put_house(t);
	}
	run("COMMIT");
}

static void test_random(void **state)
{
	const int64_t from = AUTUMN - 5000, to = AUTUMN + DAY / 3 + 3333;

	(void)state;
	fill(from, to, 10);
	roll_all(to);
	run("DELETE FROM battery_10s WHERE t >= (SELECT until FROM rollup WHERE tier = '15min')");
	check_tier(HISTORY_1MIN, "r.t / 60 * 60", "0");
	check_tier(HISTORY_15MIN, "r.t / 900 * 900", "0");
	check_cells(HISTORY_1MIN, "r.t / 60 * 60");
	check_cells(HISTORY_15MIN, "r.t / 900 * 900");
}

/* The last day of the zone is not over: nothing is made of it. */
static void cut_day(void)
{
	run("DELETE FROM battery_10s WHERE t >= (SELECT until FROM rollup WHERE tier = 'day')");
}

/* All rows good: then a day is its rows, whatever its quarters were. */
static void test_days(void **state)
{
	const int64_t from = AUTUMN - 2 * DAY, to = AUTUMN + 3 * DAY;

	(void)state;
	fill(from, to, 60);
	run("UPDATE battery_10s SET quality = 0");
	roll_all(to);
	cut_day();
	check_tier(HISTORY_DAY, KYIV_DAY, "0");
	assert_string_equal(
		ask("SELECT group_concat(day, ' ') FROM (SELECT DISTINCT day FROM house_day"
		    " ORDER BY t)"),
		"2026-10-23 2026-10-24 2026-10-25 2026-10-26 2026-10-27");
	assert_string_equal(ask("SELECT max(t) - min(t) FROM house_day WHERE day IN ('2026-10-25',"
				" '2026-10-26')"),
			    "90000"); /* 25 hours */
}

/* In whatever pieces, and whatever is done again: the same rows. */
static void test_pieces(void **state)
{
	const int64_t from = AUTUMN - DAY, to = AUTUMN + DAY;
	char once[64];
	struct err e = { 0 };

	(void)state;
	fill(from, to, 10);
	roll_all(to);
#define SUM                                                                                        \
	"SELECT (SELECT total(voltage_mv + charge_mwh + covered_s + t %% 9973) FROM "              \
	"battery_15min) || ' '"                                                                    \
	" || (SELECT total(pv_load_mwh + grid_battery_mwh) FROM house_1min) || ' ' ||"             \
	" (SELECT total(voltage_mv_max) FROM battery_day)"
	snprintf(once, sizeof(once), "%s", ask(SUM));
	run("UPDATE rollup SET until = 0");
	run("DELETE FROM battery_1min; DELETE FROM battery_15min; DELETE FROM battery_day;"
	    " DELETE FROM house_1min; DELETE FROM battery_cells_1min");
	for (int64_t t = from; t < to; t += 60 * (1 + (int64_t)chance(90))) {
		if (!chance(10)) { /* as after kill -9 */
			roll_free(roll);
			assert_int_equal(roll_new(&roll, db, &e), 0);
		}
		if (!chance(3))
			run("UPDATE rollup SET until = max(until - %u, 0)", chance(5) * 900);
		for (unsigned n = chance(30); n && roll_step(roll, t, &e) > 0; n--)
			continue;
	}
	roll_all(to);
	assert_string_equal(ask(SUM), once);
}

static void test_late(void **state)
{
	const int64_t from = AUTUMN - DAY, to = AUTUMN + DAY;
	struct err e = { 0 };

	(void)state;
	fill(from, to, 10);
	run("CREATE TEMP TABLE late AS SELECT * FROM battery_10s WHERE t BETWEEN %lld AND %lld",
	    (long long)AUTUMN, (long long)AUTUMN + 7000);
	run("DELETE FROM battery_10s WHERE t BETWEEN %lld AND %lld", (long long)AUTUMN,
	    (long long)AUTUMN + 7000);
	roll_all(to);
	run("INSERT INTO battery_10s (id, t, n, quality, voltage_mv, current_ma, power_mw, soc, "
	    "remaining_mah, flags, errors, cells_mv) SELECT id, t, n, quality, voltage_mv, "
	    "current_ma, power_mw, soc, remaining_mah, flags, errors, cells_mv FROM late");
	assert_int_equal(roll_late(roll, AUTUMN + 3, &e), 0);
	assert_true(roll_all(to) > 0);
	check_tier(HISTORY_15MIN, "r.t / 900 * 900", "0");
	assert_int_equal(roll_all(to), 0); /* and then nothing is left to do */
}

/* Another zone: other days, none of the old ones left. */
static void test_zone(void **state)
{
	const int64_t from = AUTUMN - 3 * DAY, to = AUTUMN + 3 * DAY;
	struct err e = { 0 };
	char kyiv[128];

	(void)state;
	fill(from, to, 60);
	run("UPDATE battery_10s SET quality = 0");
	roll_all(to);
	snprintf(kyiv, sizeof(kyiv), "%s", ask("SELECT group_concat(t) FROM house_day"));
	assert_int_equal(zone_set("UTC", &e), 0);
	assert_true(isnan(roll_days_done(roll)));
	assert_true(roll_step(roll, to, &e) > 0);
	assert_false(isnan(roll_days_done(roll)));
	roll_all(to);
	assert_true(isnan(roll_days_done(roll)));
	assert_string_equal(ask("SELECT count(*) FROM house_day WHERE t %% 86400"), "0");
	assert_string_equal(ask("SELECT zone FROM rollup WHERE tier = 'day'"), "UTC");
	cut_day();
	check_tier(HISTORY_DAY, "r.t / 86400 * 86400", "0");
	assert_int_equal(zone_set("Europe/Kyiv", &e), 0);
	roll_all(to);
	assert_string_equal(ask("SELECT group_concat(t) FROM house_day"), kyiv);
}

/* Who fed whom: nothing is given twice, nothing that was not there. */
static void test_flows(void **state)
{
	const int64_t from = AUTUMN - DAY, to = AUTUMN;

	(void)state;
	fill(from, to, 10);
	roll_all(to);
	assert_string_equal(ask("SELECT t || ': ' || pv_mwh || ' ' || pv_load_mwh || ' ' || "
				"pv_battery_mwh || ' ' ||"
				" pv_grid_mwh FROM house_1min WHERE"
				" pv_load_mwh + pv_battery_mwh + pv_grid_mwh > pv_mwh + 3"
				" OR pv_load_mwh + battery_load_mwh + grid_load_mwh + gen_load_mwh "
				"> load_mwh + 3"
				" OR grid_load_mwh + grid_battery_mwh > import_mwh + 3"
				" OR pv_battery_mwh + grid_battery_mwh > charge_mwh + 3"
				" OR battery_load_mwh + battery_grid_mwh > discharge_mwh + 3"
				" OR pv_grid_mwh + battery_grid_mwh > export_mwh + 3"
				" OR min(pv_load_mwh, pv_battery_mwh, pv_grid_mwh, grid_load_mwh, "
				"grid_battery_mwh,"
				" battery_load_mwh, battery_grid_mwh, gen_load_mwh) < 0"),
			    "no row");
	/* by SQL: what the sun gave straight into the loads */
	assert_string_equal(ask("SELECT abs((SELECT sum(pv_load_mwh) FROM house_15min) -"
				" (SELECT sum(min(pv_w, load_w)) / 0.36 FROM house_10s)) < 200"),
			    "1");
	assert_string_equal(ask("SELECT (SELECT sum(grid_away_s) FROM house_15min) ="
				" (SELECT count(*) * 10 FROM house_10s WHERE flags & 2)"),
			    "1");
}

static void test_keep(void **state)
{
	const int64_t from = AUTUMN - 40 * (int64_t)DAY, to = AUTUMN;
	int days[HISTORY_TIER__MAX] = { [HISTORY_10S] = 14, [HISTORY_1MIN] = 30 };
	struct err e = { 0 };
	struct keep *k = NULL;
	int n = 0;

	(void)state;
	run("WITH RECURSIVE s(t) AS (SELECT %lld UNION ALL SELECT t + 300 FROM s WHERE t < %lld)"
	    " INSERT INTO battery_10s (id, t, n, quality, voltage_mv, flags, cells_mv)"
	    " SELECT t * 4096 + 1 + t / 300 %% 2, t, 1, 0, 52000, 0, '[3250,3251]' FROM s",
	    (long long)from, (long long)to);
	assert_int_equal(keep_new(&k, db, &e), 0);
	keep_set(k, days);
	/* nothing goes that nothing was made of */
	while (keep_step(k, to, &e) > 0)
		continue;
	assert_string_equal(ask("SELECT min(t) FROM battery_10s"), "1789423200");
	roll_all(to);
	keep_set(k, (int[HISTORY_TIER__MAX]){ 0 });
	keep_set(k, days);
	while (keep_step(k, to, &e) > 0)
		n++;
	assert_true(n > 30); /* in small pieces */
	/* the running day is one of them; a place waits an hour for a new day */
	assert_string_equal(ask("SELECT min(t) - (%lld - 3600) / 86400 * 86400 FROM battery_10s",
				(long long)to - 13LL * DAY),
			    "0");
	assert_string_equal(ask("SELECT min(t) BETWEEN %lld - 86400 AND %lld FROM battery_1min",
				(long long)to - 30LL * DAY, (long long)to - 30LL * DAY),
			    "1");
	assert_string_equal(ask("SELECT (SELECT count(*) FROM battery_cells_1min) ="
				" (SELECT count(*) FROM battery_1min)"),
			    "1");
	assert_string_equal(ask("SELECT min(t) - %lld FROM battery_15min", (long long)from), "0");
	assert_int_equal(keep_oldest(k, HISTORY_15MIN), from);
	/* a clock that was ahead */
	assert_int_equal(keep_drop_from(k, to - DAY, &e), 0);
	assert_string_equal(ask("SELECT max(t) < %lld FROM battery_15min", (long long)to - DAY),
			    "1");
	assert_string_equal(ask("SELECT max(t) < %lld FROM battery_10s", (long long)to - DAY), "1");
	keep_free(k);
}

/* The declaration is what the migrations made: each column is there, and no other. */
static void test_schema(void **state)
{
	char table[HISTORY_NAME_MAX], insert[FOLD_SQL_MAX], name[64];

	(void)state;
	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int t = HISTORY_1MIN; t < HISTORY_TIER__MAX; t++) {
			unsigned commas = 0;

			history_table(table, (enum reading_kind)k, (enum history_tier)t);
			fold_insert(insert, (enum reading_kind)k, (enum history_tier)t);
			for (const char *c = insert; *c && *c != ')'; c++)
				commas += *c == ',';
			snprintf(name, sizeof(name), "%u", commas + 1);
			assert_string_equal(
				ask("SELECT count(*) FROM pragma_table_info('%s')", table), name);
			if (!history_kinds[k].n_many)
				continue;
			history_arrays(table, (enum reading_kind)k, (enum history_tier)t);
			snprintf(name, sizeof(name), "%u", 2 + 3 * history_kinds[k].n_many);
			assert_string_equal(
				ask("SELECT count(*) FROM pragma_table_info('%s')", table), name);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_days, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_schema, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
