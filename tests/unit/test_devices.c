/* The table device: ids are not used in vain, and what is too much is refused. */
#include "pipe/devices.h"
#include "svitlo/db.h"
#include "svitlo/limits.h"
#include "svitlo/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define T0	 4000000000000ll
#define RESTARTS 1000

struct fixture {
	char dir[64];
	sqlite3 *db;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .dir = "/tmp/svitlo-devices-XXXXXX" };
	if (!mkdtemp(f.dir) || db_open(&f.db, DB_CONFIG, DB_COLLECTOR, f.dir, NULL) < 0)
		return -1;
	*state = &f;
	return db_exec(f.db, "PRAGMA synchronous=OFF", NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[100];

	db_close(f->db);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	return system(cmd);
}

static int64_t ask(struct fixture *f, const char *text)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;

	assert_int_equal(db_prepare(f->db, &st, text, NULL), 0);
	assert_int_equal(db_step(st, NULL), 1);
	return sqlite3_column_int64(st, 0);
}

static void run(struct fixture *f, const char *text)
{
	struct err e = { 0 };

	if (db_exec(f->db, text, &e) < 0)
		fail_msg("%s", e.text);
}

#define ADD "INSERT INTO device (kind, name, address, created_ms) VALUES ('jk-bms', 'a', "

static void strips_use_up_no_ids(void **state)
{
	struct fixture *f = *state;
	const struct device_socket sockets[] = { { .position = 1, .name = "" },
						 { .position = 2, .name = "" } };
	const struct device_config strip = { .id = 1, .name = "Strip" };

	run(f, "INSERT INTO device (kind, name, address, created_ms) VALUES ('tapo', 'Strip', 's', "
	       "1)");
	assert_int_equal(devices_add_sockets(f->db, &strip, "tapo-socket", sockets, 2, T0, NULL),
			 2);
	for (int i = 0; i < RESTARTS; i++)
		assert_int_equal(
			devices_add_sockets(f->db, &strip, "tapo-socket", sockets, 2, T0, NULL), 0);
	run(f, ADD "'next', 1)");
	assert_int_equal(ask(f, "SELECT max(id) FROM device"), 4);
}

static void the_command_line_uses_up_no_ids(void **state)
{
	struct fixture *f = *state;
	char add[] = "add", kind[] = "jk-bms", name[] = "A", address[] = "C8:47:80:12:34:56";
	char *argv[] = { add, kind, name, address };

	for (int i = 0; i < 3; i++)
		assert_int_equal(devices_main(f->dir, 4, argv), 0);
	run(f, ADD "'next', 1)");
	assert_int_equal(ask(f, "SELECT max(id) FROM device"), 2);
}

static void one_too_many_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };

	run(f, "BEGIN");
	for (int i = 0; i < DEVICES_MAX; i++) {
		char text[200];

		snprintf(text, sizeof(text), ADD "'%d', 1)", i);
		run(f, text);
	}
	run(f, "COMMIT");
	assert_int_equal(db_exec(f->db, ADD "'more', 1)", &e), -EDQUOT);
	assert_string_equal(e.text,
			    "there are 256 devices, svitlo takes no more; remove one first");
	run(f, "DELETE FROM device WHERE id = 1");
	run(f, ADD "'more', 1)");
	assert_int_equal(ask(f, "SELECT max(id) FROM device"), DEVICES_MAX + 1);
}

static void ids_beyond_history_are_refused(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };

	run(f, "INSERT INTO device (id, kind, name, address, created_ms)"
	       " VALUES (4095, 'jk-bms', 'a', 'b', 1)");
	assert_int_equal(db_exec(f->db, ADD "'more', 1)", &e), -EDQUOT);
	assert_non_null(strstr(e.text, "device ids are used up"));
	assert_int_equal(ask(f, "SELECT count(*) FROM device"), 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(strips_use_up_no_ids),
		TEST(the_command_line_uses_up_no_ids),
		TEST(one_too_many_is_refused),
		TEST(ids_beyond_history_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
