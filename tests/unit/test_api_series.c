/* History through the API: which rows answer, how they are reduced, what days and energy cost. */
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
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN	   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_-"
#define T0	   INT64_C(1720000800) /* 2024-07-03 10:00 UTC, a full quarter */
#define FAR	   INT64_C(4000000000)
#define QUARTER	   900
#define AUTUMN	   INT64_C(1729976400) /* 2024-10-27 00:00 in Kyiv, a day of 25 hours */
#define SPRING	   INT64_C(1711836000) /* 2024-03-31 00:00 in Kyiv, one of 23 */
#define ROWS_MAX   4000
#define SQL_MAX	   4096
#define EVEN_DAY_S 86400

static struct conf conf;
static struct store store;
static struct reply reply;
static sqlite3 *config, *live, *history;

static void run(sqlite3 *db, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void run(sqlite3 *db, const char *fmt, ...)
{
	char sql[SQL_MAX];
	struct err e = { 0 };
	va_list ap;

	va_start(ap, fmt);
	assert_in_range(vsnprintf(sql, sizeof(sql), fmt, ap), 1, (int)sizeof(sql) - 1);
	va_end(ap);
	if (db_exec(db, sql, &e) < 0)
		fail_msg("%s", e.text);
}

static int setup(void **state)
{
	char hex[65];
	uint8_t digest[CRYPTO_SHA256_LEN];

	(void)state;
	log_max = 0;
	conf_defaults(&conf);
	snprintf(conf.store_dir, sizeof(conf.store_dir), "/tmp/svitlo-api-XXXXXX");
	if (!mkdtemp(conf.store_dir))
		return -1;
	memcpy(conf.live_dir, conf.store_dir, sizeof(conf.live_dir));
	if (db_open(&config, DB_CONFIG, DB_COLLECTOR, conf.store_dir, NULL) < 0 ||
	    db_open(&history, DB_HISTORY, DB_COLLECTOR, conf.store_dir, NULL) < 0 ||
	    db_open(&live, DB_LIVE, DB_COLLECTOR, conf.live_dir, NULL) < 0 ||
	    crypto_sha256(digest, TOKEN, HTTP_TOKEN_LEN, NULL) < 0)
		return -1;
	for (int i = 0; i < CRYPTO_SHA256_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	run(history, "PRAGMA synchronous=OFF;"
		     "CREATE TEMP TRIGGER day AFTER INSERT ON battery_10s BEGIN"
		     " INSERT OR IGNORE INTO slot VALUES"
		     " (new.t / 86400 * 86400, new.t / 86400, 86400); END");
	run(config,
	    "INSERT INTO user VALUES (1, 'v', '*', 4, 1);"
	    "INSERT INTO session VALUES (x'%s', 1, 1, %" PRId64 ", NULL);"
	    "INSERT INTO setting VALUES ('zone', 'Europe/Kyiv');"
	    "INSERT INTO device (id, kind, name, address, created_ms) VALUES "
	    "(1, 'jk-bms', 'Pack \"1\", old', 'a', 1), (2, 'jk-bms', 'B', 'b', 1), "
	    "(3, 'deye', 'I', 'c', 1), (4, 'tapo', 'P', 'd', 1)",
	    hex, clock_wall_ms() + 60000);
	store_init(&store, &conf);
	return 0;
}

static int teardown(void **state)
{
	char cmd[CONF_STR_MAX + 16];

	(void)state;
	reply_reset(&reply);
	store_free(&store);
	jw_free(&reply.w);
	db_close(config);
	db_close(live);
	db_close(history);
	config = live = history = NULL;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", conf.store_dir);
	return system(cmd);
}

static json_t *ask_seen(const char *uri, const char *seen)
{
	struct req q = { .store = &store,
			 .conf = &conf,
			 .env = { .method = "GET",
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

static json_t *ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static json_t *ask(const char *fmt, ...)
{
	char uri[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(uri, sizeof(uri), fmt, ap);
	va_end(ap);
	return ask_seen(uri, NULL);
}

static json_t *good(json_t *j)
{
	if (reply.status != 200)
		fail_msg("%d %s", reply.status, jw_text(&reply.w));
	assert_non_null(j);
	return j;
}

static int64_t int_at(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

/* data[column][i]; NAN: null */
static double data_at(const json_t *j, size_t column, size_t i)
{
	const json_t *v = json_array_get(json_array_get(json_object_get(j, "data"), column), i);

	assert_non_null(v);
	return json_is_null(v) ? (double)NAN : json_number_value(v);
}

static size_t data_n(const json_t *j)
{
	return json_array_size(json_array_get(json_object_get(j, "data"), 0));
}

static void until(int64_t min, int64_t quarter, int64_t day)
{
	run(history,
	    "UPDATE rollup SET until = CASE tier WHEN '1min' THEN %" PRId64
	    " WHEN '15min' THEN %" PRId64 " ELSE %" PRId64 " END",
	    min, quarter, day);
}

static void upper_row(const char *table, int64_t device, int64_t t, int covered, int low, int mean,
		      int high)
{
	run(history,
	    "INSERT INTO %s (device, t, covered_s, quality, power_mw_min, power_mw, power_mw_max) "
	    "VALUES (%" PRId64 ", %" PRId64 ", %d, 0, %d, %d, %d)",
	    table, device, t, covered, low, mean, high);
}

static void raw_row(sqlite3 *db, int64_t device, int64_t t, int power)
{
	run(db,
	    "INSERT INTO battery_10s (id, t, n, quality, power_mw, flags) VALUES (%" PRId64
	    " * 4096 + %" PRId64 ", %" PRId64 ", 1, 0, %d, 0)",
	    t, device, t, power);
}

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : fabs(a - b) < 0.051;
}

/* ---- curves ---- */

/* Any number of points says the same as all rows put together by hand. */
static void test_reduction(void **state)
{
	static struct {
		int covered, low, mean, high;
	} rows[ROWS_MAX];
	static const int points[] = { 10, 13, 37, 64 };
	json_t *j;

	(void)state;
	srand(7);
	until(FAR, FAR, 0);
	run(history, "BEGIN");
	for (int i = 0; i < ROWS_MAX; i++) {
		if (rand() % 7 == 0 || (i > 1000 && i < 1700))
			continue; /* covered 0: a gap */
		rows[i].covered = 10 * (1 + rand() % 90);
		rows[i].mean = rand() % 2000000 - 1000000;
		rows[i].low = rows[i].mean - rand() % 50000;
		rows[i].high = rows[i].mean + rand() % 50000;
		upper_row("battery_15min", 1, T0 + (int64_t)i * QUARTER, rows[i].covered,
			  rows[i].low, rows[i].mean, rows[i].high);
		upper_row("battery_15min", 2, T0 + (int64_t)i * QUARTER, QUARTER, 1, 2, 3);
	}
	run(history, "COMMIT");
	for (size_t p = 0; p < SV_LEN(points); p++) {
		int64_t from = T0 + 5 * QUARTER + 17, to = T0 + (ROWS_MAX - 9) * QUARTER, step, t;

		j = good(ask("/api/v1/series?device=1&metric=power&tier=15min&points=%d"
			     "&from_ms=%" PRId64 "&to_ms=%" PRId64,
			     points[p], from * 1000, to * 1000));
		step = int_at(j, "step_s");
		assert_in_range(data_n(j), points[p] / 2, points[p]);
		assert_int_equal(step % QUARTER, 0);
		assert_true((int64_t)data_at(j, 0, 0) <= from &&
			    (int64_t)data_at(j, 0, 0) + step > from);
		t = (int64_t)data_at(j, 0, data_n(j) - 1);
		assert_true(t < to && t + step >= to);
		for (size_t b = 0; b < data_n(j); b++) {
			double total = 0, weight = 0, low = NAN, high = NAN;

			t = (int64_t)data_at(j, 0, b);
			assert_int_equal(t % step, 0);
			for (int i = 0; i < ROWS_MAX; i++) {
				int64_t at = T0 + (int64_t)i * QUARTER;

				if (at < t || at >= t + step || !rows[i].covered)
					continue;
				total += (double)rows[i].mean * rows[i].covered;
				weight += rows[i].covered;
				low = fmin(rows[i].low, low);
				high = fmax(rows[i].high, high);
			}
			if (!same(data_at(j, 1, b), weight > 0 ? total / weight / 1000 : NAN) ||
			    !same(data_at(j, 2, b), low / 1000) ||
			    !same(data_at(j, 3, b), high / 1000))
				fail_msg("%d points, bucket %zu: %f %f %f", points[p], b,
					 data_at(j, 1, b), data_at(j, 2, b), data_at(j, 3, b));
		}
		assert_int_equal(int_at(j, "oldest_ms"), T0 * 1000);
		json_decref(j);
	}
}

/* From each tier what the coarser one does not have yet, and the newest from live.db, once. */
static void test_cascade(void **state)
{
	const int64_t from = T0, q = T0 + QUARTER, m = q + 60, end = T0 + 2 * QUARTER;
	json_t *j;

	(void)state;
	until(m, q, 0);
	upper_row("battery_15min", 1, T0, QUARTER, 1000, 2000, 3000);
	upper_row("battery_15min", 1, q, QUARTER, 0, 9999000, 9999000); /* not counted yet */
	upper_row("battery_1min", 1, q - 60, 60, 0, 9999000, 9999000);	/* counted already */
	upper_row("battery_1min", 1, q, 60, 4000, 5000, 6000);
	raw_row(history, 1, m - 10, 9999000);
	raw_row(history, 1, m, 7000);
	raw_row(history, 2, m, 8888000);
	raw_row(live, 1, m, 1111000); /* just moved over */
	raw_row(live, 1, m + 10, 9000);
	raw_row(live, 2, m + 10, 8888000);
	j = good(ask("/api/v1/series?device=1,2&metric=power,soc&tier=15min&from_ms=%" PRId64
		     "&to_ms=%" PRId64,
		     from * 1000, end * 1000));
	assert_int_equal(data_n(j), 2);
	assert_true(same(data_at(j, 1, 0), 2) && same(data_at(j, 2, 0), 1));
	/* (60 × 5 + 10 × 7 + 10 × 9) / 80 */
	assert_true(same(data_at(j, 1, 1), 460. / 80));
	assert_true(same(data_at(j, 2, 1), 4) && same(data_at(j, 3, 1), 9));
	assert_true(isnan(data_at(j, 4, 1))); /* soc */
	assert_true(same(data_at(j, 7, 1), 8888) && isnan(data_at(j, 7, 0)));
	assert_string_equal(reply.cache, "private, no-cache");
	json_decref(j);
	/* a suspect row spoils no good one */
	run(history, "UPDATE battery_10s SET quality = 2 WHERE device = 1");
	j = good(ask("/api/v1/series?device=1&metric=power&tier=15min&from_ms=%" PRId64
		     "&to_ms=%" PRId64,
		     from * 1000, end * 1000));
	assert_true(same(data_at(j, 1, 1), (300. + 90) / 70));
	json_decref(j);
}

static void test_tiers(void **state)
{
	static const struct {
		int64_t seconds;
		int points;
		const char *tier;
	} rows[] = {
		{ 3600, 800, "10s" },		{ 5 * 3600, 800, "10s" },
		{ 6 * 3600, 800, "1min" },	{ 86400, 800, "1min" },
		{ 3 * 86400, 800, "1min" },	{ 4 * 86400, 800, "15min" },
		{ 86400, 5000, "10s" },		{ 365 * 86400, 800, "day" },
		{ 365 * 86400, 1000, "15min" }, { 30 * 86400, 800, "15min" },
	};
	json_t *j;

	(void)state;
	until(FAR, FAR, FAR);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		j = good(ask("/api/v1/series?device=1&metric=power&from_ms=%" PRId64
			     "&to_ms=%" PRId64 "&points=%d",
			     T0 * 1000, (T0 + rows[i].seconds) * 1000, rows[i].points));
		if (strcmp(json_string_value(json_object_get(j, "tier")), rows[i].tier) != 0)
			fail_msg("row %zu: %s", i, json_string_value(json_object_get(j, "tier")));
		assert_true(data_n(j) <= (size_t)rows[i].points);
		json_decref(j);
	}
	/* what was deleted by age is answered by the next coarser tier */
	upper_row("battery_15min", 1, T0, QUARTER, 1, 2, 3);
	upper_row("battery_1min", 1, T0 + 10 * EVEN_DAY_S, 60, 1, 2, 3);
	raw_row(history, 1, T0 + 20 * EVEN_DAY_S, 5);
	for (int day = 0; day < 30; day += 5) {
		j = good(ask("/api/v1/series?device=1&metric=power&tier=10s&from_ms=%" PRId64
			     "&to_ms=%" PRId64,
			     (T0 + day * EVEN_DAY_S) * 1000, (T0 + 30 * EVEN_DAY_S) * 1000));
		assert_string_equal(json_string_value(json_object_get(j, "tier")),
				    day < 10   ? "15min"
				    : day < 20 ? "1min"
					       : "10s");
		json_decref(j);
	}
}

/* Buckets of days begin when the house's days do. */
static void test_days(void **state)
{
	static const int64_t starts[] = { AUTUMN - 86400, AUTUMN, AUTUMN + 25 * 3600,
					  AUTUMN + 25 * 3600 + 86400 };
	json_t *j;

	(void)state;
	until(FAR, FAR, AUTUMN + 25 * 3600);
	for (int i = 0; i < 2; i++)
		run(history,
		    "INSERT INTO battery_day (device, t, day, covered_s, quality, power_mw_min, "
		    "power_mw, power_mw_max) VALUES (1, %" PRId64 ", 'd', 86400, 0, 0, %d, 0)",
		    starts[i], 1000 * (i + 1));
	upper_row("battery_15min", 1, AUTUMN + 25 * 3600, QUARTER, 0, 3000, 0);
	j = good(ask("/api/v1/series?device=1&metric=power&tier=day&from_ms=%" PRId64
		     "&to_ms=%" PRId64,
		     (starts[0] + 5000) * 1000, (starts[3] - 5000) * 1000));
	assert_int_equal(data_n(j), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal((int64_t)data_at(j, 0, i), starts[i]);
		assert_true(same(data_at(j, 1, i), (double)i + 1));
	}
	assert_int_equal(int_at(j, "step_s"), 86400);
	json_decref(j);
	j = good(ask("/api/v1/series?device=1&metric=power&tier=day&points=10&from_ms=%" PRId64
		     "&to_ms=%" PRId64,
		     (AUTUMN - 40 * 86400) * 1000, (AUTUMN + 40 * 86400) * 1000));
	assert_int_equal(int_at(j, "step_s") % 86400, 0);
	assert_in_range(data_n(j), 5, 10);
	json_decref(j);
}

static void test_cache(void **state)
{
	static const struct {
		const char *query;
		bool final;
		int status;
	} rows[] = {
		{ "&tier=15min", true, 200 },
		{ "&tier=day", false, 200 },
		{ "&tier=day&zone=Europe/Kyiv", true, 200 },
		{ "&tier=day&zone=Europe/Berlin", false, 409 },
		{ "&tier=15min&zone=UTC", false, 409 },
	};
	char uri[256], tag[64];

	(void)state;
	until(T0 + 3 * EVEN_DAY_S, T0 + 3 * EVEN_DAY_S, T0 + 3 * EVEN_DAY_S);
	upper_row("battery_15min", 1, T0, QUARTER, 1, 2, 3);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		snprintf(uri, sizeof(uri),
			 "/api/v1/series?device=1&metric=power&from_ms=%" PRId64 "&to_ms=%" PRId64
			 "%s",
			 T0 * 1000, (T0 + EVEN_DAY_S) * 1000, rows[i].query);
		json_decref(ask_seen(uri, NULL));
		if (reply.status != rows[i].status)
			fail_msg("%s: %d", uri, reply.status);
		if (rows[i].status == 409) {
			assert_non_null(strstr(jw_text(&reply.w), "zone_changed"));
			assert_non_null(strstr(jw_text(&reply.w), "Europe/Kyiv"));
			continue;
		}
		assert_string_equal(reply.cache, rows[i].final ? "private, max-age=86400, immutable"
							       : "private, no-cache");
		memcpy(tag, reply.etag, sizeof(tag));
		json_decref(ask_seen(uri, tag));
		assert_int_equal(reply.status, 304);
	}
	run(history, "UPDATE battery_15min SET power_mw = 5000");
	snprintf(uri, sizeof(uri),
		 "/api/v1/series?device=1&metric=power&from_ms=%" PRId64 "&to_ms=%" PRId64,
		 T0 * 1000, (T0 + EVEN_DAY_S) * 1000);
	json_decref(ask_seen(uri, tag));
	assert_int_equal(reply.status, 200);
	/* not made yet: may change */
	until(T0, T0, T0);
	json_decref(ask_seen(uri, NULL));
	assert_string_equal(reply.cache, "private, no-cache");
}

/* What is not averaged, flags, arrays, bank and house. */
static void test_kinds(void **state)
{
	json_t *j;

	(void)state;
	until(FAR, FAR, 0);
	run(history,
	    "INSERT INTO battery_15min (device, t, covered_s, quality, cycles, flags) VALUES "
	    "(1, %" PRId64 ", 900, 0, 7, 1), (1, %" PRId64 ", 900, 0, 8, 2);"
	    "INSERT INTO battery_cells_15min (device, t, cells_mv, cells_mv_below, cells_mv_above) "
	    "VALUES (1, %" PRId64 ", '[3300,null,3310]', '[1,0,2]', NULL), "
	    "(1, %" PRId64 ", '[3302,3320,3310]', NULL, '[0,0,5]');"
	    "INSERT INTO house_15min (device, t, covered_s, quality, pv_w_min, pv_w, pv_w_max, "
	    "flags) VALUES (0, %" PRId64 ", 900, 0, 1, 2, 3, 3)",
	    T0, T0 + QUARTER, T0, T0 + QUARTER, T0);
	j = good(ask("/api/v1/series?device=1,house,bank&metric=cycle_count,discharge_fet,"
		     "cell_voltages.3,pv_power,grid_present&tier=15min&points=10&from_ms=%" PRId64
		     "&to_ms=%" PRId64,
		     T0 * 1000, (T0 + 2 * QUARTER) * 1000));
	assert_int_equal(json_array_size(json_object_get(j, "columns")), 1 + 1 + 3 + 3 + 1);
	assert_true(same(data_at(j, 1, 0), 7) && same(data_at(j, 1, 1), 8));
	assert_true(same(data_at(j, 2, 0), 0) && same(data_at(j, 2, 1), 1));
	assert_true(same(data_at(j, 3, 0), 3.31));
	assert_true(fabs(data_at(j, 4, 0) - 3.308) < 1e-9 && fabs(data_at(j, 5, 1) - 3.315) < 1e-9);
	assert_true(same(data_at(j, 7, 0), 1) && same(data_at(j, 8, 0), 3));
	assert_true(same(data_at(j, 9, 0), 0)); /* it was away, if only for a while */
	json_decref(j);
	j = good(ask("/api/v1/cells?device=1&tier=15min&from_ms=%" PRId64 "&to_ms=%" PRId64,
		     T0 * 1000, (T0 + 2 * QUARTER) * 1000));
	assert_int_equal(int_at(j, "cells"), 3);
	assert_int_equal(json_array_size(json_object_get(j, "avg")), 3);
	assert_int_equal(json_array_size(json_object_get(j, "t_s")), 2);
	assert_true(json_is_null(json_array_get(json_array_get(json_object_get(j, "avg"), 1), 0)));
	json_decref(j);
}

static void test_questions(void **state)
{
	static const struct {
		int status;
		const char *uri, *says;
	} rows[] = {
		{ 400, "series?device=1&metric=power&from_ms=1720000000000&to_ms=1720000000000",
		  "from_ms must be before" },
		{ 400, "series?device=1&metric=power&from_ms=0&to_ms=1720000000000", "from_ms" },
		{ 400, "series?device=1&metric=power&from_ms=1720000000000&to_ms=9999999999999",
		  "to_ms" },
		{ 400, "series?device=1&metric=power&to_ms=1720000000000", "from_ms is missing" },
		{ 400,
		  "series?device=1&metric=power&points=1000000000&from_ms=1720000000000&to_ms="
		  "1720000001000",
		  "points" },
		{ 400,
		  "series?device=1&metric=power&tier=5min&from_ms=1720000000000&to_ms="
		  "1720000001000",
		  "tier" },
		{ 400, "series?device=1&metric=nonsense&from_ms=1720000000000&to_ms=1720000001000",
		  "soc" },
		{ 400, "series?device=1&metric=pv_power&from_ms=1720000000000&to_ms=1720000001000",
		  "pv_power" },
		{ 400,
		  "series?device=1&metric=cell_voltages&from_ms=1720000000000&to_ms=1720000001000",
		  "cell_voltages.1" },
		{ 400,
		  "series?device=1&metric=cell_voltages.33&from_ms=1720000000000&to_ms="
		  "1720000001000",
		  "metric" },
		{ 400, "series?device=1&metric=power.1&from_ms=1720000000000&to_ms=1720000001000",
		  "metric" },
		{ 400, "series?device=1&metric=,&from_ms=1720000000000&to_ms=1720000001000",
		  "metric" },
		{ 404, "series?device=9&metric=power&from_ms=1720000000000&to_ms=1720000001000",
		  "device" },
		{ 404, "series?device=x&metric=power&from_ms=1720000000000&to_ms=1720000001000",
		  "device" },
		{ 404, "series?device=1,&metric=power&from_ms=1720000000000&to_ms=1720000001000",
		  "device" },
		{ 404, "cells?device=9&from_ms=1720000000000&to_ms=1720000001000", "device" },
		{ 400, "cells?device=3&from_ms=1720000000000&to_ms=1720000001000", "battery" },
		{ 400, "energy?by=week&from_ms=1720000000000&to_ms=1720000001000", "by" },
		{ 400, "energy?by=hour&from_ms=1600000000000&to_ms=1720000001000", "1000" },
		{ 400, "export.csv?tier=auto&from_ms=1600000000000&to_ms=1720000001000", "tier" },
		{ 400, "export.csv?kind=x&from_ms=1600000000000&to_ms=1720000001000", "kind" },
		{ 404, "export.csv?device=9&from_ms=1600000000000&to_ms=1720000001000", "device" },
		{ 200, "series?device=1&metric=power&from_ms=946684800000&to_ms=4102444800000",
		  "data" },
		{ 200,
		  "series?device=1,1,2&metric=power,power&tier=10s&from_ms=946684800000&to_ms="
		  "4102444800000",
		  "data" },
		{ 200,
		  "series?device=1&metric=power&tier=day&points=10&from_ms=946684800000&to_ms="
		  "4102444800000",
		  "data" },
		{ 200, "energy?by=year&from_ms=946684800000&to_ms=4102444800000", "periods" },
		{ 200, "series?device=1&metric=power&from_ms=1720000000000&to_ms=1720000000001",
		  "data" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		json_decref(ask("/api/v1/%s", rows[i].uri));
		if (reply.status != rows[i].status || !strstr(jw_text(&reply.w), rows[i].says))
			fail_msg("%s: %d %s", rows[i].uri, reply.status, jw_text(&reply.w));
	}
}

/* No database is nothing yet; a damaged one is said to be. */
static void test_missing(void **state)
{
	static const char *const uris[] = {
		"series?device=1,house&metric=power,pv_power&from_ms=1720000000000&to_ms="
		"1720003600000",
		"cells?device=1&from_ms=1720000000000&to_ms=1720003600000",
		"energy?by=day&from_ms=1720000000000&to_ms=1720003600000",
		"export.csv?from_ms=1720000000000&to_ms=1720003600000",
	};
	char path[CONF_STR_MAX + 32], cmd[CONF_STR_MAX + 64];
	FILE *f;

	(void)state;
	db_close(history);
	history = NULL;
	snprintf(cmd, sizeof(cmd), "rm -f %s/history.db*", conf.store_dir);
	assert_int_equal(system(cmd), 0);
	raw_row(live, 1, 1720003500, 1000);
	for (size_t i = 0; i < SV_LEN(uris); i++) {
		json_decref(ask("/api/v1/%s", uris[i]));
		assert_int_equal(reply.status, 200);
	}
	json_t *j = good(ask("/api/v1/%s", uris[0]));
	assert_true(same(data_at(j, 1, data_n(j) - 10), 1));
	json_decref(j);
	snprintf(path, sizeof(path), "%s/history.db", conf.store_dir);
	f = fopen(path, "we");
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("this is not a database ", f);
	fclose(f);
	for (size_t i = 0; i < SV_LEN(uris); i++) {
		json_decref(ask("/api/v1/%s", uris[i]));
		if (reply.status != 503)
			fail_msg("%s: %d", uris[i], reply.status);
	}
}

/* ---- energy ---- */

static void house_row(const char *tier, int64_t t, int import_wh, int load_wh, int pv_wh)
{
	bool day = strcmp(tier, "day") == 0;

	run(history,
	    "INSERT INTO house_%s (device, t, covered_s, quality, import_mwh, load_mwh, pv_mwh, "
	    "pv_grid_mwh, grid_load_mwh, export_mwh%s) VALUES (0, %" PRId64
	    ", 900, 0, %d000, %d000, %d000, %d000, %d000, 0%s)",
	    tier, day ? ", day" : "", t, import_wh, load_wh, pv_wh, pv_wh / 4, import_wh,
	    day ? ", 'd'" : "");
}

static double period_at(const json_t *j, const char *key, size_t i)
{
	const json_t *v = json_array_get(json_object_get(json_object_get(j, "periods"), key), i);

	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static double total_of(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(json_object_get(j, "total"), key);

	return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

/* Nights of 23 and of 25 hours, by the hour and by the day; day and night prices. */
static void test_energy(void **state)
{
	static const struct {
		int64_t start;
		size_t hours;
		int night; /* hours of it at the night's price */
	} rows[] = { { AUTUMN, 25, 9 }, { SPRING, 23, 7 }, { AUTUMN - 86400, 24, 8 } };
	json_t *j;

	(void)state;
	run(config, "INSERT INTO tariff (valid_from, currency, day_price, night_price, month_fee) "
		    "VALUES ('2024-01-01', 'UAH', 4, 2, 31)");
	until(FAR, FAR, 0);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		size_t n = rows[i].hours;

		run(history, "DELETE FROM house_15min");
		for (size_t h = 0; h < 4 * n; h++)
			house_row("15min", rows[i].start + (int64_t)h * QUARTER, 250, 500, 100);
		j = good(ask("/api/v1/energy?by=hour&from_ms=%" PRId64 "&to_ms=%" PRId64,
			     rows[i].start * 1000, (rows[i].start + (int64_t)n * 3600) * 1000));
		assert_int_equal(
			json_array_size(json_object_get(json_object_get(j, "periods"), "t_ms")), n);
		for (size_t h = 0; h < n; h++) {
			assert_true(same(period_at(j, "t_ms", h),
					 (double)(rows[i].start + (int64_t)h * 3600) * 1000));
			assert_true(same(period_at(j, "import_wh", h), 1000));
		}
		json_decref(j);
		j = good(ask("/api/v1/energy?by=day&from_ms=%" PRId64 "&to_ms=%" PRId64,
			     (rows[i].start + 7) * 1000, (rows[i].start + 8) * 1000));
		assert_true(same(period_at(j, "import_wh", 0), 1000 * (double)n));
		assert_true(same(period_at(j, "covered_s", 0), 3600 * (double)n));
		assert_true(same(period_at(j, "cost", 0),
				 2 * rows[i].night + 4 * ((double)n - rows[i].night)));
		assert_true(same(period_at(j, "saved", 0), period_at(j, "cost", 0)));
		assert_true(same(period_at(j, "self_use", 0), 0.75));
		assert_true(same(period_at(j, "autarky", 0), 0.5));
		assert_string_equal(json_string_value(json_object_get(j, "currency")), "UAH");
		json_decref(j);
	}
	/* October has 31 days, and 31 of its fee */
	j = good(ask("/api/v1/energy?by=month&from_ms=%" PRId64 "&to_ms=%" PRId64, AUTUMN * 1000,
		     (AUTUMN + 10) * 1000));
	assert_true(same(total_of(j, "fee"), 31));
	json_decref(j);
}

/* energy_day says it better, with what was missed, at the day's mean price. */
static void test_counted(void **state)
{
	const int64_t next = AUTUMN + 25 * 3600;
	json_t *j;

	(void)state;
	until(FAR, FAR, next);
	run(config, "INSERT INTO tariff (valid_from, currency, day_price, export_price) "
		    "VALUES ('2024-10-27', 'UAH', 5, 2)");
	house_row("day", AUTUMN, 1000, 4000, 400);
	run(history, "INSERT INTO energy_day VALUES "
		     "('2024-10-25', 3, 1, NULL, 700, NULL, NULL, NULL, NULL, 60, 0), "
		     "('2024-10-27', 3, 0, 1, 2, 3, 0, 0, 0, 1, 0), "
		     "('2024-10-27', 5, 100, 1000, 500, 1000, 0, 0, 0, 80000, 0), "
		     "('2024-10-29', 3, 9, 9, 9, 9, 0, 0, 0, 1, 0)");
	run(live, "INSERT INTO energy_day VALUES "
		  "('2024-10-27', 3, 400, 4000, 1500, 2000, 0, 0, 0, 80000, 600)");
	j = good(ask("/api/v1/energy?by=day&from_ms=%" PRId64 "&to_ms=%" PRId64,
		     (AUTUMN - 2 * 86400) * 1000, (next + 1) * 1000));
	assert_true(same(period_at(j, "import_wh", 0), 700) && isnan(period_at(j, "load_wh", 0)));
	assert_true(isnan(period_at(j, "import_wh", 1)) && isnan(period_at(j, "cost", 0)));
	assert_true(same(period_at(j, "import_wh", 2), 2000));
	assert_true(same(period_at(j, "pv_wh", 2), 500));
	assert_true(same(period_at(j, "export_wh", 2), 3000));
	assert_true(same(period_at(j, "filled_wh", 2), 600));
	assert_true(same(period_at(j, "cost", 2), 10) && same(period_at(j, "earned", 2), 6));
	assert_true(same(period_at(j, "pv_grid_wh", 2), 100));
	assert_true(same(period_at(j, "self_use", 2), 0.8));
	assert_true(isnan(period_at(j, "import_wh", 3)));
	assert_true(same(total_of(j, "import_wh"), 2700));
	json_decref(j);
	/* another currency is not added up with this one */
	run(config, "INSERT INTO tariff (valid_from, currency, day_price) "
		    "VALUES ('2024-10-28', 'EUR', 1)");
	j = good(ask("/api/v1/energy?by=month&from_ms=%" PRId64 "&to_ms=%" PRId64, AUTUMN * 1000,
		     (AUTUMN + 1) * 1000));
	assert_string_equal(json_string_value(json_object_get(j, "currency")), "EUR");
	assert_true(same(total_of(j, "cost"), 0.009));
	json_decref(j);
	/* rows of 10 s, while nothing is made of them yet */
	run(history, "DELETE FROM house_day; DELETE FROM energy_day;"
		     "UPDATE rollup SET until = 0");
	run(live,
	    "DELETE FROM energy_day; INSERT INTO house_10s VALUES (%" PRId64 " * 4096, %" PRId64
	    ", 1, 0, 3600, 1800, 360, -360, NULL, 50, 2)",
	    AUTUMN + 3600, AUTUMN + 3600);
	j = good(ask("/api/v1/energy?by=hour&from_ms=%" PRId64 "&to_ms=%" PRId64,
		     (AUTUMN + 3600) * 1000, (AUTUMN + 7200) * 1000));
	assert_true(same(period_at(j, "pv_wh", 0), 10) && same(period_at(j, "load_wh", 0), 5));
	assert_true(same(period_at(j, "pv_load_wh", 0), 5));
	assert_true(same(period_at(j, "discharge_wh", 0), 1));
	assert_true(isnan(period_at(j, "gen_wh", 0)) && same(period_at(j, "gen_load_wh", 0), 0));
	assert_true(same(period_at(j, "grid_away_s", 0), 10));
	json_decref(j);
}

/* ---- CSV ---- */

static char *drain(void)
{
	char *text = calloc(1, 1);
	size_t n = 0;
	int r = 1;

	assert_non_null(reply.stream);
	while (r > 0) {
		struct err e = { 0 };
		const char *piece;
		size_t len;

		r = reply.stream->next(reply.stream, &piece, &len, &e);
		if (r < 0)
			fail_msg("%s", e.text);
		text = realloc(text, n + len + 1);
		assert_non_null(text);
		memcpy(text + n, piece, len);
		n += len;
		text[n] = 0;
		/* between two pieces nothing is held */
		for (int f = 0; f < DB__MAX; f++)
			for (sqlite3_stmt *st = NULL;
			     store.db[f] && (st = sqlite3_next_stmt(store.db[f], st));)
				assert_false(sqlite3_stmt_busy(st));
	}
	return text;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (const char *c = text; (c = strstr(c, "\r\n")); c += 2)
		n++;
	return n;
}

static void test_export(void **state)
{
	const int64_t m = T0 + 60 * 250;
	char *text;

	(void)state;
	until(m, 0, 0);
	run(history, "BEGIN");
	for (int i = 0; i < 250; i++)
		upper_row("battery_1min", 1, T0 + 60 * i, 60, 1000, 2000, i * 1000);
	upper_row("battery_1min", 2, T0, 60, 1000, -2500, 3000);
	run(history, "COMMIT");
	raw_row(history, 1, m, 5000);
	raw_row(live, 1, m, 7000);
	raw_row(live, 1, m + 10, 8000);
	ask("/api/v1/export.csv?kind=battery&from_ms=%" PRId64 "&to_ms=%" PRId64, T0 * 1000,
	    (m + 60) * 1000);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.save_as, "svitlo-battery-2024-07-03-2024-07-03.csv");
	text = drain();
	assert_int_equal(lines(text), 1 + 250 + 1 + 2);
	assert_int_equal(
		strncmp(text, "time,device,covered_s,quality,voltage_v_min,voltage_v_avg,", 57), 0);
	assert_non_null(
		strstr(text, "\r\n2024-07-03T13:00:00+03:00,\"Pack \"\"1\"\", old\",60,ok,"));
	assert_non_null(strstr(text, ",1,-2.5,3,"));
	free(text);
	ask("/api/v1/export.csv?device=2&from_ms=%" PRId64 "&to_ms=%" PRId64, T0 * 1000,
	    (m + 60) * 1000);
	text = drain();
	assert_string_equal(text, "time,device,metric,unit,min,avg,max\r\n"
				  "2024-07-03T13:00:00+03:00,B,power,W,1,-2.5,3\r\n");
	free(text);
	/* events of both databases, once */
	run(live, "INSERT INTO event (t_ms, device, kind, data) VALUES "
		  "(1720000800123, NULL, 'start', NULL), (1720000900000, 1, 'x', '{\"a\":1}')");
	for (int i = 0; i < 150; i++)
		run(history,
		    "INSERT INTO event (t_ms, device, kind, data) VALUES (1720000800000, 1, 'l', "
		    "NULL)");
	run(history, "INSERT INTO event (t_ms, device, kind, data) VALUES "
		     "(1720000900000, 1, 'x', '{\"a\":1}')");
	ask("/api/v1/export.csv?kind=event&from_ms=%" PRId64 "&to_ms=%" PRId64, T0 * 1000,
	    (m + 60) * 1000);
	text = drain();
	assert_int_equal(lines(text), 1 + 150 + 2);
	assert_non_null(strstr(text, "2024-07-03T13:00:00.123+03:00,svitlo,start,\r\n"));
	assert_non_null(strstr(text, ",x,\"{\"\"a\"\":1}\"\r\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reduction, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cascade, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tiers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_days, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_questions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_energy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_export, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
