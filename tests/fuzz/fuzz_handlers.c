/*
 * Any requests to the handlers behind a session, with databases as the collector leaves them: as
 * nobody, a viewer, an operator and an admin, each from the same state. Requests as request.h reads
 * them, with "--" on a line of its own between two. None may be a fault of ours (500), and none may
 * succeed below its level.
 */
#include "request.h"

#include "store.h"

#include "svitlo/clock.h"
#include "svitlo/conf.h"
#include "svitlo/crypto.h"
#include "svitlo/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUESTS_MAX 16
#define STREAM_MAX   1000 /* pieces */
#define SQL_MAX	     16384

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_"

static struct conf conf;
static struct store store;
static sqlite3 *config, *history, *live;
static char clear_config[SQL_MAX], fill_config[SQL_MAX];

static void run(sqlite3 *db, const char *sql)
{
	struct err e = { 0 };

	if (db_exec(db, sql, &e) == 0)
		return;
	fprintf(stderr, "fuzz_handlers: %s\n", err_text(&e));
	abort();
}

static void drop_dir(void)
{
	char cmd[CONF_STR_MAX + 16];

	store_free(&store);
	db_close(config);
	db_close(history);
	db_close(live);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", conf.store_dir);
	if (system(cmd) != 0)
		perror(cmd);
}

/* Of each level from viewer on a user and a session, whose token ends in the level's digit. */
static size_t fill_sessions(char *sql, size_t room)
{
	size_t n = 0;

	for (int level = LEVEL_VIEWER; level <= LEVEL_ADMIN; level++) {
		uint8_t digest[CRYPTO_SHA256_LEN];
		char token[HTTP_TOKEN_LEN + 1], hex[2 * CRYPTO_SHA256_LEN + 1];

		snprintf(token, sizeof(token), TOKEN "%d", level);
		if (crypto_sha256(digest, token, HTTP_TOKEN_LEN, NULL) < 0)
			abort();
		for (int i = 0; i < CRYPTO_SHA256_LEN; i++)
			snprintf(hex + 2 * i, 3, "%02x", digest[i]);
		n += (size_t)snprintf(sql + n, room - n,
				      "INSERT INTO user VALUES (%d, 'user%d', '*', %d, 1);"
				      "INSERT INTO session VALUES (x'%s', %d, 1, %lld, NULL);",
				      level, level, level, hex, level,
				      (long long)clock_wall_ms() + 86400000);
	}
	return n;
}

static const char house[] =
	"INSERT INTO setting VALUES ('zone', 'Europe/Kyiv'), ('seal.public', "
	"'0900000000000000000000000000000000000000000000000000000000000000');"
	"INSERT INTO device (id, kind, name, address, options, created_ms, parent) VALUES "
	"(1, 'jk-bms', 'Pack 1', 'C8:47:80:00:00:01', '{}', 1, NULL),"
	"(2, 'jk-bms', '=1+1', 'C8:47:80:00:00:02', '{\"notify\":\"auto\"}', 1, NULL),"
	"(3, 'deye', 'Inverter', 'solarman://192.168.1.5', '{\"poll_s\":5}', 1, NULL),"
	"(4, 'tapo', 'Kettle', 'tapo://192.168.1.20', '{}', 1, NULL),"
	"(5, 'tapo', 'Strip', 'tapo://192.168.1.21', '{}', 1, NULL),"
	"(6, 'tapo-socket', 'Router', 'socket:5/1', '{\"never_off\":true}', 1, 5);"
	"INSERT INTO job (kind, device, created_ms) VALUES ('capture', 1, 1), ('scan', NULL, 1);"
	"INSERT INTO command (device, action, by, who, created_ms, expires_ms, state) VALUES "
	"(4, 'on', 'user', 'x', 1, 2, 'done'), (4, 'off', 'user', 'x', 1, 2, 'pending');"
	"INSERT INTO timer (device, action, at_ms, by, who, created_ms) VALUES "
	"(4, 'off', 4102444800000, 'user', 'x', 1);"
	"INSERT INTO tariff (valid_from, currency, day_price, night_price, month_fee) VALUES "
	"('2024-01-01', 'UAH', 4.32, 2.16, 30);"
	"INSERT INTO journal (t_ms, device, action, by, result) VALUES (5, 4, 'on', 'user', "
	"'done');";

static void fill_present(void)
{
	char sql[SQL_MAX];
	long long now = clock_wall_ms();

	snprintf(sql, sizeof(sql),
		 "INSERT INTO collector VALUES (1, 1, 5, %lld, 'running', 1, NULL, NULL, NULL);"
		 "INSERT INTO live VALUES "
		 "(1, %lld, 'live', 1, NULL, NULL, 0, '[]', '{\"soc\":7}', '{}', NULL, 86400000),"
		 "(4, %lld, 'live', 1, NULL, NULL, 0, '[]', '{\"on\":true}', "
		 "'{\"measures\":true}', NULL, 86400000);"
		 "INSERT INTO summary VALUES ('bank', %lld, 0, 86400000, "
		 "'{\"packs\":1,\"values\":{}}');"
		 "INSERT INTO job_state VALUES (1, 'capture', 1, 'done', 5, 6, 1, NULL, '{}');"
		 "INSERT INTO event (t_ms, device, kind, data) VALUES "
		 "(%lld, 1, 'device_lost', '{\"reason\":\"not_seen\"}')",
		 now, now, now, now, now);
	run(live, sql);
	/* some quarters of an hour, an outage */
	run(history,
	    "INSERT INTO battery_15min (device, t, covered_s, quality, power_mw_min, power_mw, "
	    "power_mw_max) VALUES (1, 1720000800, 900, 0, 1, 2, 3), (1, 1720001700, 900, 2, 4, 5, "
	    "6),"
	    " (2, 1720002600, 450, 0, -9, -8, -7);"
	    "INSERT INTO event (t_ms, device, kind, data) VALUES "
	    "(1720000800000, 3, 'grid_lost', '{}'), (1720000900000, 3, 'grid_back', '{}');"
	    "UPDATE rollup SET until = 1720008000");
}

/* What a request can have changed is emptied: all tables of config.db. */
static void fill_clear(void)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	size_t n = (size_t)snprintf(clear_config, SQL_MAX,
				    "PRAGMA foreign_keys=OFF; BEGIN; DELETE FROM sqlite_sequence;");

	if (db_prepare(config, &st,
		       "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
		       "'sqlite\\_%' ESCAPE '\\'",
		       NULL) < 0)
		abort();
	while (db_step(st, NULL) > 0)
		n += (size_t)snprintf(clear_config + n, SQL_MAX - n, "DELETE FROM %s;",
				      db_text(st, 0));
}

static void serve(char *text, size_t size, enum level level)
{
	static struct reply r;
	static char cookie[128];
	struct req q = { .conf = &conf, .store = &store };
	char *envp[REQUEST_ENV_MAX + 2], *body;
	size_t n = request_read(text, envp, &body);
	struct err e = { 0 };
	const char *piece;
	size_t len;

	snprintf(cookie, sizeof(cookie), "HTTP_COOKIE=" HTTP_COOKIE "=" TOKEN "%d", level);
	envp[n] = cookie; /* the last one counts */
	envp[n + 1] = NULL;
	http_env_read(&q.env, envp);
	api_serve(&q, &r, body, *body ? size - (size_t)(body - text) : 0);
	request_check(&r);
	assert(r.status != 500);
	assert(!q.route || q.route->level <= level || r.status >= 400);
	for (int i = 0; r.stream && i < STREAM_MAX; i++)
		if (r.stream->next(r.stream, &piece, &len, &e) <= 0)
			break;
	assert(!e.code);
	reply_reset(&r);
}

static void set_up(void)
{
	size_t n;

	if (config)
		return;
	log_max = 0;
	conf_defaults(&conf);
	snprintf(conf.store_dir, sizeof(conf.store_dir), "%s/svitlo-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(conf.store_dir))
		abort();
	memcpy(conf.live_dir, conf.store_dir, sizeof(conf.live_dir));
	if (db_open(&config, DB_CONFIG, DB_COLLECTOR, conf.store_dir, NULL) < 0 ||
	    db_open(&history, DB_HISTORY, DB_COLLECTOR, conf.store_dir, NULL) < 0 ||
	    db_open(&live, DB_LIVE, DB_COLLECTOR, conf.live_dir, NULL) < 0)
		abort();
	atexit(drop_dir);
	store_init(&store, &conf);
	fill_clear();
	fill_present();
	n = fill_sessions(fill_config, SQL_MAX);
	snprintf(fill_config + n, SQL_MAX - n, "%s COMMIT; PRAGMA foreign_keys=ON", house);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[65536];

	if (size >= sizeof(text))
		return 0;
	set_up();
	for (enum level level = LEVEL_PUBLIC; level <= LEVEL_ADMIN; level++) {
		char *rest = text, *next;

		memcpy(text, data, size);
		text[size] = 0;
		run(config, clear_config);
		run(config, fill_config);
		for (int i = 0; rest && i < REQUESTS_MAX; i++, rest = next) {
			next = strstr(rest, "\n--\n");
			if (next) {
				*next = 0;
				next += 4;
			}
			serve(rest, strlen(rest), level);
		}
	}
	return 0;
}
