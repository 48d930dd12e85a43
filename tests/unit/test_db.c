/* The three files: created once, versions refused, and what a worker cannot do. */
#include "svitlo/db.h"
#include "svitlo/migrations.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/svitlo-db-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	char path[128];

	(void)state;
	for (int f = 0; f < DB__MAX; f++) {
		static const char *const ends[] = { "", "-wal", "-shm" };

		for (size_t i = 0; i < SV_LEN(ends); i++) {
			snprintf(path, sizeof(path), "%s/%s%s", dir, db_file_name((enum db_file)f),
				 ends[i]);
			unlink(path);
		}
	}
	return rmdir(dir);
}

static void test_missing(void **state)
{
	sqlite3 *db = NULL;
	struct err e = { 0 };

	(void)state;
	for (int f = 0; f < DB__MAX; f++) {
		assert_int_equal(db_open(&db, (enum db_file)f, DB_WORKER, dir, &e), -ENOENT);
		assert_null(db);
	}
	assert_int_equal(db_open(&db, DB_LIVE, DB_COLLECTOR, "/nowhere/at/all", &e), -ENOENT);
}

static void test_twice(void **state)
{
	(void)state;
	for (int f = 0; f < DB__MAX; f++)
		for (int i = 0; i < 2; i++) {
			SV_AUTO_DB sqlite3 *db = NULL;
			struct err e = { 0 };

			assert_int_equal(db_open(&db, (enum db_file)f, DB_COLLECTOR, dir, &e), 0);
			assert_false(db_moved(db));
		}
}

/* A worker writes its tables of intent and nothing else. */
static void test_worker(void **state)
{
	static const struct {
		enum db_file file;
		const char *sql;
		bool may;
	} rows[] = {
		{ DB_CONFIG, "INSERT INTO setting VALUES ('a', 'b')", true },
		{ DB_CONFIG, "DELETE FROM session", true },
		{ DB_CONFIG, "UPDATE claim SET tries = 1", true },
		{ DB_CONFIG, "INSERT INTO sqlite_sequence VALUES ('x', 1)", false },
		{ DB_CONFIG, "CREATE TABLE x (a)", false },
		{ DB_CONFIG, "CREATE TEMP TABLE x (a)", false },
		{ DB_CONFIG, "DROP TABLE device", false },
		{ DB_CONFIG, "PRAGMA user_version=7", false },
		{ DB_CONFIG, "PRAGMA writable_schema=1", false },
		{ DB_CONFIG, "ATTACH '/tmp/x.db' AS x", false },
		{ DB_CONFIG, "VACUUM", false },
		{ DB_HISTORY, "SELECT * FROM battery", true },
		{ DB_HISTORY, "DELETE FROM battery_10s", false },
		{ DB_HISTORY, "INSERT INTO event (t_ms, kind) VALUES (1, 'start')", false },
		{ DB_LIVE, "SELECT * FROM live", true },
		{ DB_LIVE, "DELETE FROM live", false },
		{ DB_LIVE, "INSERT INTO summary VALUES ('bank', 1, 0, 1, '{}')", false },
		{ DB_LIVE, "UPDATE collector SET pid = 1", false },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		SV_AUTO_DB sqlite3 *owner = NULL, *db = NULL;
		struct err e = { 0 };

		assert_int_equal(db_open(&owner, rows[i].file, DB_COLLECTOR, dir, &e), 0);
		assert_int_equal(db_open(&db, rows[i].file, DB_WORKER, dir, &e), 0);
		if ((db_exec(db, rows[i].sql, &e) == 0) != rows[i].may)
			fail_msg("%s: %s", rows[i].sql, e.text);
	}
}

static void test_version(void **state)
{
	SV_AUTO_DB sqlite3 *owner = NULL, *db = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(db_open(&owner, DB_LIVE, DB_COLLECTOR, dir, &e), 0);
	assert_int_equal(db_exec(owner, "PRAGMA user_version=99", &e), 0);
	assert_int_equal(db_open(&db, DB_LIVE, DB_WORKER, dir, &e), -EPROTONOSUPPORT);
	assert_non_null(strstr(e.text, "99"));
	assert_int_equal(db_open(&db, DB_LIVE, DB_COLLECTOR, dir, &e), -EPROTONOSUPPORT);
	assert_null(db);
	assert_int_equal(db_exec(owner, "PRAGMA user_version=0", &e), 0);
	assert_int_equal(db_open(&db, DB_LIVE, DB_WORKER, dir, &e), -EPROTONOSUPPORT);
}

/* A history of the time when there were 10 s alone keeps its rows, each at its day's place. */
static void test_history_grows(void **state)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	char path[128];
	struct err e = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/history.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (unsigned i = 0; i < migrations_count; i++)
		if (migrations[i].file == DB_HISTORY && migrations[i].version <= 4)
			assert_int_equal(db_exec(db, migrations[i].sql, &e), 0);
	assert_int_equal(
		db_exec(db,
			"PRAGMA user_version=4;"
			"INSERT INTO battery_10s (t, device, n, quality, voltage_mv, flags) VALUES"
			" (1700000000, 1, 1, 0, 52000, 0), (1700086400, 1, 1, 0, 53000, 0),"
			" (1700000010, 2, 1, 0, 51000, 0);"
			"INSERT INTO inverter_10s (t, device, n, quality, pv_w, flags) VALUES"
			" (1700000010, 3, 1, 0, 900, 0);"
			"INSERT INTO plug_10s (t, device, n, quality, power_mw, flags) VALUES"
			" (1700172800, 4, 1, 0, 60000, 1)",
			&e),
		0);
	db_close(SV_STEAL(db));
	assert_int_equal(db_open(&db, DB_HISTORY, DB_COLLECTOR, dir, &e), 0);
	assert_int_equal(
		db_prepare(db, &st,
			   "SELECT (SELECT group_concat(voltage_v, ' ') FROM battery) || ' ' ||"
			   " (SELECT pv_w FROM inverter) || ' ' || (SELECT power_w FROM plug) ||"
			   " ' ' || (SELECT count(*) FROM slot)",
			   &e),
		0);
	assert_int_equal(db_step(st, &e), 1);
	assert_string_equal(db_text(st, 0), "52.0 51.0 53.0 900 60.0 3");
}

/* How plugs let us in before that was kept: it goes on so, and no plug is let to do less. */
static void test_logins_grow(void **state)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	char path[128], sql[64];
	unsigned before = 0;
	struct err e = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/live.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (unsigned i = 0; i < migrations_count && !before; i++) {
		if (migrations[i].file != DB_LIVE)
			continue;
		if (strstr(migrations[i].sql, "'login'"))
			before = migrations[i].version - 1u;
		else
			assert_int_equal(db_exec(db, migrations[i].sql, &e), 0);
	}
	assert_true(before > 0);
	snprintf(sql, sizeof(sql), "PRAGMA user_version=%u", before);
	assert_int_equal(db_exec(db, sql, &e), 0);
	assert_int_equal(
		db_exec(db,
			"INSERT INTO live (device, state, state_since_ms, quality, suspect, vals, "
			"link) VALUES"
			" (1, 'live', 1, 0, '[]', '{}', '{\"transport\":\"aes\",\"readings\":9}'),"
			" (2, 'live', 1, 0, '[]', '{}', '{\"transport\":\"klap\",\"readings\":9}'),"
			" (3, 'live', 1, 0, '[]', '{}', "
			"'{\"transport\":\"klap\",\"readings\":9,\"built_in\":true}'),"
			" (4, 'lost', 1, 0, '[]', '{}', '{\"transport\":\"aes\",\"readings\":0}'),"
			" (5, 'live', 1, 0, '[]', '{}', '{\"transport\":\"tcp\",\"readings\":9}'),"
			" (6, 'live', 1, 0, '[]', '{}', '{}')",
			&e),
		0);
	db_close(SV_STEAL(db));
	assert_int_equal(db_open(&db, DB_LIVE, DB_COLLECTOR, dir, &e), 0);
	assert_int_equal(db_prepare(db, &st,
				    "SELECT group_concat(device || body, ' ') FROM doc"
				    " WHERE kind = 'login'",
				    &e),
			 0);
	assert_int_equal(db_step(st, &e), 1);
	assert_string_equal(db_text(st, 0), "1{\"transport\":\"aes\",\"account\":false}"
					    " 2{\"transport\":\"klap\",\"account\":true}");
}

static void test_rows(void **state)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	SV_AUTO_STMT sqlite3_stmt *put = NULL, *get = NULL, *begin = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(db_open(&db, DB_CONFIG, DB_COLLECTOR, dir, &e), 0);
	assert_int_equal(db_prepare(db, &put, "INSERT INTO setting VALUES (?1, ?2)", &e), 0);
	assert_int_equal(db_prepare(db, &get, "SELECT value FROM setting WHERE key = ?1", &e), 0);
	db_bind(put, "ss", "k", "v");
	assert_int_equal(db_run(put, &e), 1);
	/* what changes no row says so, whatever was before it */
	assert_int_equal(db_prepare(db, &begin, "BEGIN IMMEDIATE", &e), 0);
	assert_int_equal(db_run(begin, &e), 0);
	assert_int_equal(db_exec(db, "COMMIT", &e), 0);
	db_bind(put, "ss", "k", "w");
	assert_int_equal(db_run(put, &e), -EEXIST);
	db_bind(get, "s", "k");
	assert_int_equal(db_step(get, &e), 1);
	assert_string_equal(db_text(get, 0), "v");
	assert_int_equal(db_step(get, &e), 0);
	db_bind(get, "s", "other");
	assert_int_equal(db_step(get, &e), 0);
	assert_int_not_equal(db_prepare(db, &get, "SELECT nothing", &e), 0);
}

static void test_moved(void **state)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	struct err e = { 0 };
	char path[128];

	(void)state;
	assert_int_equal(db_open(&db, DB_LIVE, DB_COLLECTOR, dir, &e), 0);
	snprintf(path, sizeof(path), "%s/live.db", dir);
	assert_int_equal(unlink(path), 0);
	assert_true(db_moved(db));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_missing, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_twice, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_worker, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_version, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_history_grows, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_logins_grow, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_rows, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_moved, make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
