/* Whole requests against real databases: who may, what is written, what becomes stale. */
#include "http.h"
#include "routes.h"
#include "session.h"
#include "store.h"

#include "svitlo/clock.h"
#include "svitlo/conf.h"
#include "svitlo/crypto.h"
#include "svitlo/log.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_-"

static struct conf conf;
static struct store store;
static struct reply reply;
static sqlite3 *config, *live;

static void run(sqlite3 *db, const char *sql)
{
	struct err e = { 0 };

	if (db_exec(db, sql, &e) < 0)
		fail_msg("%s", e.text);
}

static int setup(void **state)
{
	char sql[2048], hex[65];
	uint8_t digest[CRYPTO_SHA256_LEN];
	long long now = clock_wall_ms();

	(void)state;
	log_max = 0;
	conf_defaults(&conf);
	snprintf(conf.store_dir, sizeof(conf.store_dir), "/tmp/svitlo-api-XXXXXX");
	if (!mkdtemp(conf.store_dir))
		return -1;
	memcpy(conf.live_dir, conf.store_dir, sizeof(conf.live_dir));
	if (db_open(&config, DB_CONFIG, DB_COLLECTOR, conf.store_dir, NULL) < 0 ||
	    db_open(&live, DB_LIVE, DB_COLLECTOR, conf.live_dir, NULL) < 0 ||
	    crypto_sha256(digest, TOKEN, HTTP_TOKEN_LEN, NULL) < 0)
		return -1;
	for (int i = 0; i < CRYPTO_SHA256_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	snprintf(sql, sizeof(sql),
		 "INSERT INTO user VALUES (1, 'v', '*', 2, 1);"
		 "INSERT INTO session VALUES (x'%s', 1, 1, %lld, NULL);"
		 "INSERT INTO device (id, kind, name, address, created_ms) VALUES (1, 'jk-bms', "
		 "'A', 'a', 1);"
		 "INSERT INTO job (kind, device, created_ms) VALUES ('capture', 1, 1);"
		 "INSERT INTO command (device, action, by, created_ms, expires_ms, state) VALUES "
		 "(1, 'on', 'user', 1, 2, 'done')",
		 hex, now + 60000);
	run(config, sql);
	snprintf(sql, sizeof(sql),
		 "INSERT INTO collector VALUES (1, 1, 5, %lld, 'running', 1, NULL, NULL, NULL);"
		 "INSERT INTO live VALUES (1, %lld, 'live', 1, NULL, NULL, 0, '[]', '{\"soc\":7}', "
		 "'{}', NULL, 10000);"
		 "INSERT INTO job_state VALUES (1, 'capture', 1, 'done', 5, 6, 1, NULL, '{}');"
		 "INSERT INTO summary VALUES ('bank', %lld, 0, 10000, "
		 "'{\"packs\":1,\"values\":{}}')",
		 now, now, now);
	run(live, sql);
	store_init(&store, &conf);
	return 0;
}

static int teardown(void **state)
{
	char cmd[CONF_STR_MAX + 16];

	(void)state;
	store_free(&store);
	jw_free(&reply.w);
	db_close(config);
	db_close(live);
	config = live = NULL;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", conf.store_dir);
	return system(cmd);
}

static json_t *ask(const char *method, const char *uri, const char *seen)
{
	struct req q = { .store = &store,
			 .conf = &conf,
			 .env = { .method = method,
				  .uri = uri,
				  .cookie = HTTP_COOKIE "=" TOKEN,
				  .if_none_match = seen } };
	char head[HTTP_HEAD_MAX];
	const char *body;

	api_serve(&q, &reply, "", 0);
	assert_true(reply_head(&reply, head, sizeof(head)) > 0);
	body = reply_body(&reply);
	return body ? json_loads(body, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static const char *text_at(const json_t *j, const char *a, const char *b)
{
	const json_t *o = json_object_get(j, a);

	if (json_is_array(o))
		o = json_array_get(o, 0);
	return json_string_value(json_object_get(o, b));
}

static void test_stale(void **state)
{
	static const struct {
		const char *sql, *collector, *device, *bank;
	} rows[] = {
		{ "SELECT 1", "running", "ok", "ok" },
		{ "UPDATE live SET quality = 2; UPDATE summary SET quality = 2", "running",
		  "suspect", "suspect" },
		{ "UPDATE live SET t_ms = t_ms - 10500; UPDATE summary SET quality = 0", "running",
		  "stale", "ok" },
		{ "UPDATE live SET fresh_ms = 15000", "running", "suspect", "ok" },
		{ "UPDATE live SET fresh_ms = 10000", "running", "stale", "ok" },
		{ "UPDATE summary SET t_ms = t_ms - 10500", "running", "stale", "stale" },
		{ "UPDATE summary SET t_ms = NULL", "running", "stale", "none" },
		{ "UPDATE collector SET beat_ms = beat_ms - 5500", "stopped", "stale", "none" },
		{ "UPDATE live SET t_ms = NULL", "stopped", "none", "none" },
		{ "DELETE FROM live", "stopped", "none", "none" },
		{ "UPDATE collector SET beat_ms = beat_ms + 99999", "running", "none", "none" },
		{ "UPDATE collector SET state = 'stopped'", "stopped", "none", "none" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		json_t *j;

		run(live, rows[i].sql);
		j = ask("GET", "/api/v1/live", NULL);
		assert_int_equal(reply.status, 200);
		assert_non_null(j);
		assert_string_equal(text_at(j, "collector", "state"), rows[i].collector);
		assert_string_equal(text_at(j, "devices", "quality"), rows[i].device);
		assert_string_equal(text_at(j, "bank", "quality"), rows[i].bank);
		json_decref(j);
	}
	run(live, "UPDATE summary SET body = '{}'");
	json_t *j = ask("GET", "/api/v1/live", NULL);
	assert_true(json_is_null(json_object_get(j, "bank")));
	json_decref(j);
}

/* What a plug shows besides its values comes out of both databases, and changes the ETag. */
static void test_plug(void **state)
{
	static const struct {
		const char *config, *live, *key, *wanted; /* wanted: JSON */
		bool same;				  /* the ETag */
	} rows[] = {
		{ "SELECT 1", "SELECT 1", "measures", "null", true },
		{ "SELECT 1", "SELECT 1", "sockets", "null", true },
		{ "SELECT 1", "SELECT 1", "priority", "5", true },
		{ "SELECT 1", "SELECT 1", "never_off", "false", true },
		{ "SELECT 1", "SELECT 1", "estimated_w", "0", true },
		{ "SELECT 1", "SELECT 1", "parent", "null", true },
		{ "SELECT 1", "UPDATE live SET link = '{\"measures\":true,\"sockets\":3}'",
		  "sockets", "3", false },
		{ "SELECT 1", "UPDATE live SET link = '{\"measures\":false}'", "measures", "false",
		  false },
		{ "SELECT 1", "UPDATE live SET link = '{\"measures\":1'", "measures", "null",
		  false },
		{ "UPDATE device SET options = '{\"priority\":1,\"never_off\":\"yes\"}'",
		  "SELECT 1", "never_off", "true", false },
		{ "UPDATE device SET options = '{\"estimated_w\":40}'", "SELECT 1", "estimated_w",
		  "40", false },
		{ "UPDATE device SET options = '[]'", "SELECT 1", "priority", "5", false },
		{ "INSERT INTO timer VALUES (1, 1, 'on', 900, 'user', 'v', 1, 0, NULL, NULL, NULL, "
		  "NULL)",
		  "SELECT 1", "timer", "{\"id\":1,\"action\":\"on\",\"at_ms\":900,\"by\":\"user\"}",
		  false },
		{ "INSERT INTO timer VALUES (2, 1, 'off', 800, 'limit', 'v', 1, 0, NULL, NULL, "
		  "NULL, NULL)",
		  "SELECT 1", "timer",
		  "{\"id\":2,\"action\":\"off\",\"at_ms\":800,\"by\":\"limit\"}", false },
		{ "INSERT INTO timer VALUES (3, 1, 'on', 1000, 'user', 'v', 1, 0, NULL, NULL, "
		  "NULL, NULL)",
		  "SELECT 1", "timer",
		  "{\"id\":2,\"action\":\"off\",\"at_ms\":800,\"by\":\"limit\"}", true },
		{ "UPDATE timer SET at_ms = 801 WHERE id = 2", "SELECT 1", "priority", "5", false },
		{ "DELETE FROM timer", "SELECT 1", "timer", "null", false },
		{ "SELECT 1", "SELECT 1", "command", "null", true },
		{ "INSERT INTO command VALUES (8, 1, 'on', NULL, 0, 'user', 'v', 1, "
		  "32503680000000, 'pending', NULL, NULL, NULL, NULL, NULL)",
		  "SELECT 1", "command", "{\"id\":8,\"action\":\"on\"}", false },
		{ "UPDATE command SET state = 'claimed', expires_ms = 2 WHERE id = 8", "SELECT 1",
		  "command", "{\"id\":8,\"action\":\"on\"}", true },
		{ "UPDATE command SET state = 'pending' WHERE id = 8", "SELECT 1", "command",
		  "null", false },
		{ "UPDATE command SET state = 'done' WHERE id = 8", "SELECT 1", "command", "null",
		  true },
	};
	char tag[64] = "\"none\"";

	(void)state;
	run(config, "UPDATE device SET kind = 'tapo', address = 'tapo://10.0.0.1'");
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		json_t *j, *seen;
		char *text;

		run(config, rows[i].config);
		run(live, rows[i].live);
		json_decref(ask("GET", "/api/v1/live", tag));
		if (i && reply.status != (rows[i].same ? 304 : 200))
			fail_msg("%s: %d", rows[i].config, reply.status);
		j = ask("GET", "/api/v1/live", NULL);
		memcpy(tag, reply.etag, sizeof(tag));
		seen = json_array_get(json_object_get(j, "devices"), 0);
		text = json_dumps(json_object_get(seen, rows[i].key),
				  JSON_COMPACT | JSON_ENCODE_ANY);
		if (!text || strcmp(text, rows[i].wanted) != 0)
			fail_msg("%s, %s: %s %s", rows[i].config, rows[i].live, rows[i].key, text);
		free(text);
		json_decref(j);
	}
}

/* Everything but an age changes the ETag; an age doesn't. */
static void test_etag(void **state)
{
	static const struct {
		bool config, same;
		const char *sql;
	} rows[] = {
		{ false, true, "UPDATE live SET t_ms = t_ms - 100" },
		{ false, true, "UPDATE collector SET beat_ms = beat_ms - 100" },
		{ false, false, "UPDATE collector SET seq = seq + 1" },
		{ false, false, "UPDATE collector SET started_ms = 6" },
		{ false, false, "UPDATE collector SET problem = 'full'" },
		{ false, false, "UPDATE live SET t_ms = t_ms - 11000" },
		{ true, false, "UPDATE device SET name = 'B'" },
		{ true, false, "UPDATE device SET position = 1" },
		{ false, false, "UPDATE live SET until_ms = 5" },
		{ false, false, "UPDATE live SET state = 'resting'" },
		{ true, false, "UPDATE device SET released_until_ms = 32503680000000" },
		{ true, false, "UPDATE device SET released_until_ms = 32503680000001" },
		{ true, false, "UPDATE device SET released_until_ms = 1" },
		{ true, true, "UPDATE device SET released_until_ms = 2, retry_ms = 3" },
		{ true, false, "UPDATE device SET enabled = 0" },
		{ true, false, "DELETE FROM device" },
	};
	char tag[64];

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		json_decref(ask("GET", "/api/v1/live", NULL));
		memcpy(tag, reply.etag, sizeof(tag));
		run(rows[i].config ? config : live, rows[i].sql);
		json_decref(ask("GET", "/api/v1/live", tag));
		if (reply.status != (rows[i].same ? 304 : 200))
			fail_msg("%s: %d", rows[i].sql, reply.status);
	}
	json_decref(ask("GET", "/api/v1/live", "\"a\", *"));
	assert_int_equal(reply.status, 200);
	json_decref(ask("GET", "/api/v1/live", "*"));
	assert_int_equal(reply.status, 304);
}

/* What a worker must never do, whatever its statements say. */
static void test_guard(void **state)
{
	static const struct {
		const char *sql;
		bool may;
	} rows[] = {
		{ "INSERT INTO journal (t_ms, device, action, by, result) VALUES (1, 1, 'on', "
		  "'user', 'done')",
		  false },
		{ "UPDATE journal SET who = 'x'", false },
		{ "DELETE FROM journal", false },
		{ "SELECT * FROM journal", true },
		{ "INSERT INTO timer (device, action, at_ms, by, created_ms) VALUES (1, 'on', 1, "
		  "'user', 1)",
		  true },
		{ "UPDATE command SET state = 'failed'", true },
		{ "DELETE FROM account", true },
	};
	SV_AUTO_DB sqlite3 *worker = NULL;

	(void)state;
	assert_int_equal(db_open(&worker, DB_CONFIG, DB_WORKER, conf.store_dir, NULL), 0);
	for (size_t i = 0; i < SV_LEN(rows); i++)
		if (db_exec(worker, rows[i].sql, NULL) != (rows[i].may ? 0 : -EPERM))
			fail_msg("%s", rows[i].sql);
}

static void test_levels(void **state)
{
	(void)state;
	json_decref(ask("GET", "/api/v1/session/check", NULL));
	assert_int_equal(reply.status, 204);
	assert_string_equal(reply.level, "viewer");
	run(config, "UPDATE session SET expires_ms = 1");
	json_decref(ask("GET", "/api/v1/session/check", NULL));
	assert_int_equal(reply.status, 401);
	run(config, "DELETE FROM session");
	json_decref(ask("GET", "/api/v1/live", NULL));
	assert_int_equal(reply.status, 401);
}

/* No statement may hold its read transaction beyond a request: the WAL could never shrink. */
static void test_unheld(void **state)
{
	static const char *const uris[] = {
		"/api/v1/health",
		"/api/v1/live",
		"/api/v1/devices",
		"/api/v1/devices/1",
		"/api/v1/devices/9",
		"/api/v1/session",
		"/api/v1/session/check",
		"/api/v1/events",
		"/api/v1/events?limit=1",
		"/api/v1/bluetooth",
		"/api/v1/jobs/1",
		"/api/v1/jobs/9",
		"/api/v1/commands/1",
		"/api/v1/commands/9",
		"/api/v1/timers",
		"/api/v1/timers?device=1",
		"/api/v1/journal",
		"/api/v1/journal?limit=1",
		"/api/v1/accounts",
		"/api/v1/tariffs",
		"/api/v1/settings",
		"/api/v1/status",
		"/api/v1/events?from_ms=2",
		"/api/v1/series?device=1&metric=soc&from_ms=1763800000000&to_ms=1763900000000",
		"/api/v1/energy?by=day&from_ms=1763800000000&to_ms=1763900000000",
	};

	(void)state;
	run(live, "INSERT INTO event (t_ms, device, kind) VALUES (1, 1, 'device_lost'), (2, 1, "
		  "'device_back'), (3, NULL, 'start');"
		  "INSERT INTO doc VALUES (0, 'bluetooth', 1, '{\"adapters\":[]}')");
	for (size_t i = 0; i < SV_LEN(uris); i++) {
		json_decref(ask("GET", uris[i], NULL));
		for (int s = 0; s < STORE__MAX; s++)
			assert_false(store.st[s] && sqlite3_stmt_busy(store.st[s]));
	}
}

static void capture_write(const char *text)
{
	char path[CONF_STR_MAX + 32];
	FILE *f;

	snprintf(path, sizeof(path), "%s/captures", conf.store_dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/captures/1.cap", conf.store_dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* What a route wants to be told. */
static const char *needed(const struct route *t)
{
	static const struct {
		const char *path, *query;
	} rows[] = {
		{ "/api/v1/cells", "?device=1&from_ms=1763800000000&to_ms=1763900000000" },
		{ "/api/v1/energy", "?by=day&from_ms=1763800000000&to_ms=1763900000000" },
		{ "/api/v1/export.csv", "?from_ms=1763800000000&to_ms=1763900000000" },
		{ "/api/v1/series",
		  "?device=1&metric=soc&from_ms=1763800000000&to_ms=1763900000000" },
	};

	for (size_t i = 0; i < SV_LEN(rows); i++)
		if (strcmp(rows[i].path, t->path) == 0)
			return rows[i].query;
	return "";
}

static void test_answers(void **state)
{
	json_t *j;

	(void)state;
	run(config, "UPDATE user SET level = 4");
	capture_write("# svitlo capture 1\n");
	for (unsigned i = 0; i < routes_count; i++) {
		const char *id = strstr(routes[i].path, "{id}");
		char uri[160];

		if (strcmp(routes[i].method, "GET") != 0)
			continue;
		snprintf(uri, sizeof(uri), "%.*s%s%s%s",
			 (int)(id ? id - routes[i].path : (long)strlen(routes[i].path)),
			 routes[i].path, id ? "1" : "", id ? id + 4 : "", needed(&routes[i]));
		j = ask("GET", uri, NULL);
		assert_int_equal(reply.status, routes[i].status);
		assert_int_equal(json_is_object(j), routes[i].status != 204 && !routes[i].type);
		assert_int_equal(reply.file || reply.stream, routes[i].type != NULL);
		json_decref(j);
		assert_null(ask("HEAD", uri, NULL));
		assert_int_equal(reply.status, routes[i].status);
	}
}

/* What was asked for shows at once, before the collector has looked. */
static void test_released(void **state)
{
	static const struct {
		const char *config, *live, *state, *reason;
		bool until;
	} rows[] = {
		{ "SELECT 1", "UPDATE live SET reason = 'not_seen', until_ms = 9", "live",
		  "not_seen", true },
		{ "UPDATE device SET released_until_ms = 32503680000000", "SELECT 1", "released",
		  NULL, true },
		{ "SELECT 1", "UPDATE live SET state = 'released', reason = NULL", "released", NULL,
		  true },
		{ "UPDATE device SET released_until_ms = NULL", "SELECT 1", "searching", NULL,
		  false },
		{ "SELECT 1", "UPDATE live SET state = 'resting', until_ms = NULL", "resting", NULL,
		  false },
		{ "UPDATE device SET released_until_ms = 1", "SELECT 1", "resting", NULL, false },
		{ "UPDATE device SET enabled = 0, released_until_ms = 32503680000000", "SELECT 1",
		  "disabled", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		const char *reason;
		json_t *j, *d;

		run(config, rows[i].config);
		run(live, rows[i].live);
		j = ask("GET", "/api/v1/live", NULL);
		d = json_array_get(json_object_get(j, "devices"), 0);
		assert_string_equal(json_string_value(json_object_get(d, "state")), rows[i].state);
		assert_int_equal(json_is_integer(json_object_get(d, "until_ms")), rows[i].until);
		reason = json_string_value(json_object_get(d, "reason"));
		assert_string_equal(reason ? reason : "-", rows[i].reason ? rows[i].reason : "-");
		json_decref(j);
	}
}

/* The last 24 hours out of the events of both databases; times in minutes before now. */
static void test_outages(void **state)
{
	static const struct {
		const char *history, *live; /* l: lost, b: back, and when */
		int count, lost_min, last_min, back_min;
	} rows[] = {
		{ "", "", 0, 0, 0, 0 },
		{ "", "l5", 1, 5, 5, -1 },
		{ "l30 b20", "", 1, 10, 30, 20 },
		{ "l30 b20 l10", "b5", 2, 15, 10, 5 },
		{ "l30 b20", "l30 b20 l10", 2, 20, 10, -1 }, /* written to both for a moment */
		{ "l1500 b1445", "", 0, 0, 0, 0 },	     /* yesterday's */
		{ "l1500 b1430", "", 1, 10, 1500, 1430 },    /* half of it is today's */
		{ "l9000", "", 1, 1440, 9000, -1 },	     /* since days */
		{ "b20", "", 0, 0, 0, 0 },		     /* its beginning is not known */
		{ "l30 l20 b10", "", 2, 20, 20, 10 },
		{ "l30 b20 b10", "", 1, 10, 30, 20 },
	};
	SV_AUTO_DB sqlite3 *history = NULL;

	(void)state;
	assert_int_equal(db_open(&history, DB_HISTORY, DB_COLLECTOR, conf.store_dir, NULL), 0);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		const char *texts[] = { rows[i].history, rows[i].live };
		sqlite3 *dbs[] = { history, live };
		long long now = clock_wall_ms();
		json_t *j, *o, *last;

		for (int d = 0; d < 2; d++) {
			const char *t = texts[d];

			run(dbs[d], "DELETE FROM event");
			while (*t) {
				char sql[256], *end;
				long minutes = strtol(t + 1, &end, 10);

				snprintf(sql, sizeof(sql),
					 "INSERT INTO event (t_ms, device, kind, data) VALUES "
					 "(%lld, 1, '%s', '{\"reason\":\"silent\",\"detail\":\"d\","
					 "\"cure\":\"ask\"}')",
					 now - minutes * 60000,
					 *t == 'l' ? "device_lost" : "device_back");
				run(dbs[d], sql);
				t = *end ? end + 1 : end;
			}
		}
		j = ask("GET", "/api/v1/devices/1", NULL);
		o = json_object_get(j, "outages");
		last = json_object_get(o, "last");
		if (json_integer_value(json_object_get(o, "count")) != rows[i].count ||
		    (json_integer_value(json_object_get(o, "lost_ms")) / 1000 + 1) / 60 !=
			    rows[i].lost_min)
			fail_msg("row %zu: %lld times, %lld ms", i,
				 (long long)json_integer_value(json_object_get(o, "count")),
				 (long long)json_integer_value(json_object_get(o, "lost_ms")));
		assert_int_equal(json_is_object(last), rows[i].count != 0);
		if (rows[i].count) {
			json_int_t t = json_integer_value(json_object_get(last, "t_ms"));
			const json_t *back = json_object_get(last, "back_ms");

			assert_int_equal((now - t) / 60000, rows[i].last_min);
			assert_int_equal(json_is_integer(back), rows[i].back_min >= 0);
			if (rows[i].back_min >= 0)
				assert_int_equal((now - json_integer_value(back)) / 60000,
						 rows[i].back_min);
			assert_string_equal(json_string_value(json_object_get(last, "reason")),
					    "silent");
			assert_int_equal(json_is_string(json_object_get(last, "cure")),
					 rows[i].back_min >= 0);
		}
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_etag, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plug, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unheld, setup, teardown),
		cmocka_unit_test_setup_teardown(test_released, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
