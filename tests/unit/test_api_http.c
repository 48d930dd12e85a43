/* Requests taken apart: paths, queries, cookies, origins, bodies. */
#include "http.h"
#include "params.h"
#include "routes.h"

#include "svitlo/util.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static const struct param table[] = {
	{ "n", PARAM_INT, true, -5, 10, "a number", NULL },
	{ "x", PARAM_NUM, false, 0, 1, "a fraction", NULL },
	{ "on", PARAM_BOOL, false, 0, 0, "a switch", NULL },
	{ "s", PARAM_STR, false, 1, 3, "a text", NULL },
	{ "l", PARAM_LINE, false, 0, 3, "a line", NULL },
	{ "w", PARAM_WORD, false, 0, 0, "a word", "keep remove" },
	{ 0 },
};

static int query(const char *text, struct value v[PARAMS_MAX], struct err *e)
{
	static char b[256];

	memset(v, 0, sizeof(*v) * PARAMS_MAX);
	snprintf(b, sizeof(b), "%s", text);
	return params_query(table, b, v, e);
}

static void test_query(void **state)
{
	static const struct {
		const char *text, *says; /* NULL: is fine */
	} rows[] = {
		{ "n=5", NULL },
		{ "n=-5&x=0.5&on=true&s=a%20b&l=", NULL },
		{ "%6E=5", NULL },
		{ "n=5&&x=1", "there is no parameter \"\"" },
		{ "", "n is missing" },
		{ "x=1", "n is missing" },
		{ "n", "n must be a whole number" },
		{ "n=11", "n must be from -5 to 10" },
		{ "n=5&n=5", "n is given twice" },
		{ "n=5.5", "n must be a whole number" },
		{ "n=0x5", "n must be a whole number" },
		{ "n= 5", "n must be a whole number" },
		{ "n=5-", "n is not a number" },
		{ "n=99999999999999999999", "n is not a number" },
		{ "n=1&x=nan", "x must be a number" },
		{ "n=1&x=1e999", "x is not a number" },
		{ "n=1&x=1.01", "x must be from 0 to 1" },
		{ "n=1&on=1", "on must be true or false" },
		{ "n=1&s=", "s must have 1 to 3" },
		{ "n=1&s=abcd", "s must have 1 to 3" },
		{ "n=1&s=%D1%96%D1%97%D1%94", NULL },
		{ "n=1&s=%FF", "s is not UTF-8" },
		{ "n=1&s=%C0%80", "s is not UTF-8" },
		{ "n=1&s=%ED%A0%80", "s is not UTF-8" },
		{ "n=1&l=%0A", "l must not have control" },
		{ "n=1&s=%00", "malformed" },
		{ "n=1&s=%4", "malformed" },
		{ "n=1&s=%g1", "malformed" },
		{ "n=1&w=keep", NULL },
		{ "n=1&w=remove", NULL },
		{ "n=1&w=", "w must be one of: keep remove" },
		{ "n=1&w=kee", "w must be one of" },
		{ "n=1&w=keep%20remove", "w must be one of" },
		{ "n=1&w=Keep", "w must be one of" },
		{ "n=1&what=2", "there is no parameter \"what\"" },
	};
	struct value v[PARAMS_MAX];

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct err e = { 0 };
		int r = query(rows[i].text, v, &e);

		if (rows[i].says ? r != -EINVAL || !strstr(e.text, rows[i].says) : r != 0)
			fail_msg("%s: %d %s", rows[i].text, r, e.text);
	}
	assert_int_equal(query("n=-5&x=0.5&on=true&s=a+b", v, NULL), 0);
	assert_int_equal(v[0].i, -5);
	assert_true(v[1].d > 0.49 && v[1].d < 0.51 && v[2].b && !v[4].set);
	assert_string_equal(v[3].s, "a b");
}

static void test_body(void **state)
{
	static const struct {
		const char *type, *text, *says;
		int code;
	} rows[] = {
		{ "application/json", "{\"n\":1,\"s\":\"abc\",\"on\":false,\"x\":1}", NULL, 0 },
		{ "Application/JSON; charset=utf-8", "{\"n\":1}", NULL, 0 },
		{ "application/jsonp", "{\"n\":1}", "application/json", -EMEDIUMTYPE },
		{ "text/plain", "{\"n\":1}", "application/json", -EMEDIUMTYPE },
		{ NULL, "{\"n\":1}", "application/json", -EMEDIUMTYPE },
		{ "application/json", "", "not JSON", -EINVAL },
		{ "application/json", "{\"n\":1}x", "not JSON", -EINVAL },
		{ "application/json", "{\"n\":1,\"n\":1}", "not JSON", -EINVAL },
		{ "application/json", "{\"n\":1,\"s\":\"\\u0000\"}", "not JSON", -EINVAL },
		{ "application/json", "[1]", "must be a JSON object", -EINVAL },
		{ "application/json", "{}", "n is missing", -EINVAL },
		{ "application/json", "{\"n\":1.0}", "n must be a whole number", -EINVAL },
		{ "application/json", "{\"n\":\"1\"}", "n must be a whole number", -EINVAL },
		{ "application/json", "{\"n\":null}", "n must be a whole number", -EINVAL },
		{ "application/json", "{\"n\":11}", "n must be from", -EINVAL },
		{ "application/json", "{\"n\":1,\"on\":1}", "on must be true or false", -EINVAL },
		{ "application/json", "{\"n\":1,\"w\":\"keep\"}", NULL, 0 },
		{ "application/json", "{\"n\":1,\"w\":\"drop\"}", "one of: keep remove", -EINVAL },
		{ "application/json", "{\"n\":1,\"w\":1}", "w must be a word", -EINVAL },
		{ "application/json", "{\"n\":1,\"z\":1}", "no parameter \"z\"", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct req q = { .env = { .type = rows[i].type, .origin = "https://x" } };
		struct err e = { 0 };
		int r = http_body(&q, rows[i].text, strlen(rows[i].text), &e);

		if (r == 0)
			r = params_body(table, q.json, q.body, &e);
		if (r != rows[i].code || (rows[i].says && !strstr(e.text, rows[i].says)))
			fail_msg("%s: %d %s", rows[i].text, r, e.text);
		http_req_free(&q);
	}
	/* what was not understood is not said back: it may be a password */
	struct req plain = { .env.type = "application/json" };
	struct err said = { 0 };

	assert_int_equal(http_body(&plain, "{\"password\": hunter2}", 21, &said), -EINVAL);
	assert_non_null(strstr(said.text, "line 1, column"));
	assert_null(strstr(said.text, "hunter"));
	/* a script, which has no origin, need not say what it sends */
	struct req script = { .env.type = "application/x-www-form-urlencoded" };

	assert_int_equal(http_body(&script, "{\"n\":1}", 7, NULL), 0);
	http_req_free(&script);
}

/* What a body said is gone from memory with its request. */
static void test_wiped(void **state)
{
	struct req q = { .env.type = "application/json" };
	const char *pin;
	json_t *kept;

	(void)state;
	assert_int_equal(http_body(&q, "{\"pin\":\"1234\",\"n\":1}", 20, NULL), 0);
	kept = json_incref(json_object_get(q.json, "pin"));
	pin = json_string_value(kept);
	assert_string_equal(pin, "1234");
	http_req_free(&q);
	assert_memory_equal(pin, "\0\0\0\0", 4);
	json_decref(kept);
	http_req_free(&q); /* nothing left to free */
}

static void test_routes(void **state)
{
	static const struct {
		const char *method, *uri;
		int code;
		const char *id, *allow;
	} rows[] = {
		{ "GET", "/api/v1/health", 0, NULL, "" },
		{ "HEAD", "/api/v1/health?x=1", 0, NULL, "" },
		{ "GET", "/api/v1/devices/12", 0, "12", "" },
		{ "GET", "/api/v1/devices/a%2Fb", 0, "a/b", "" },
		{ "GET", "/api/v1/devices/", -ENOENT, NULL, "" },
		{ "GET", "/api/v1/devices/1/2", -ENOENT, NULL, "" },
		{ "POST", "/api/v1/devices/12/release", 0, "12", "" },
		{ "POST", "/api/v1/devices/release", -ENOTSUP, NULL, "DELETE, GET, HEAD, PATCH" },
		{ "POST", "/api/v1/devices//release", -ENOENT, NULL, "" },
		{ "POST", "/api/v1/devices/12/release/", -ENOENT, NULL, "" },
		{ "GET", "/api/v1/devices/12/release", -ENOTSUP, NULL, "POST" },
		{ "GET", "/api/v1/jobs/7/file", 0, "7", "" },
		{ "PUT", "/api/v1/devices/1", -ENOTSUP, NULL, "DELETE, GET, HEAD, PATCH" },
		{ "GET", "/api/v1/Health", -ENOENT, NULL, "" },
		{ "GET", "/", -ENOENT, NULL, "" },
		{ "GET", "/api/v1/./health", -ENOENT, NULL, "" },
		{ "GET", "/api%2Fv1/health", -ENOENT, NULL, "" },
		{ "PUT", "/api/v1/session", -ENOTSUP, NULL, "DELETE, GET, HEAD, POST" },
		{ "HEAD", "/api/v1/claim", -ENOTSUP, NULL, "POST" },
		{ "PUT", "/api/v1/accounts/tapo", 0, NULL, "" },
		{ "GET", "/api/v1/accounts/tapo", -ENOTSUP, NULL, "DELETE, PUT" },
		{ "PUT", "/api/v1/accounts/kasa", -ENOENT, NULL, "" },
		{ "DELETE", "/api/v1/timers/4", 0, "4", "" },
		{ "POST", "/api/v1/timers", 0, NULL, "" },
		{ "GET", "/api/v1/commands", -ENOTSUP, NULL, "POST" },
		{ NULL, "/api/v1/claim", -ENOTSUP, NULL, "POST" },
		{ "get", "/api/v1/health", -ENOTSUP, NULL, "GET, HEAD" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct req q = { .env = { .method = rows[i].method, .uri = rows[i].uri } };
		char allow[48];

		assert_int_equal(http_uri(&q, NULL), 0);
		assert_int_equal(routes_find(&q, allow, sizeof(allow)), rows[i].code);
		if (rows[i].code == -ENOTSUP)
			assert_string_equal(allow, rows[i].allow);
		if (rows[i].id)
			assert_string_equal(q.id, rows[i].id);
	}
}

static void test_uri(void **state)
{
	static char many[600];
	const char *const bad[] = { many, "x", "", "/%", "/%00", "/a%ff", "/1/2/3/4/5/6/7/8/9" };

	(void)state;
	memset(many, 'a', sizeof(many) - 1);
	many[0] = '/';
	for (size_t i = 0; i < SV_LEN(bad); i++) {
		struct req q = { .env.uri = bad[i] };

		assert_true(http_uri(&q, NULL) < 0);
	}
	struct req none = { 0 };
	assert_int_equal(http_uri(&none, NULL), -EINVAL);
}

/* The first that has a body. */
static const struct route *route_with_body(void)
{
	unsigned i = 0;

	while (i + 1 < routes_count && !routes[i].body)
		i++;
	return &routes[i];
}

static void test_table(void **state)
{
	static const struct param rangeless[] = { { "a", PARAM_INT, true, 1, 1, "x", NULL },
						  { 0 } };
	static const struct param wordless[] = { { "a", PARAM_WORD, true, 0, 0, "x", NULL },
						 { 0 } };
	const struct route *post = route_with_body();
	struct route t[2] = { routes[0], routes[1] };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(routes_check(routes, routes_count, &e), 0);
	t[1] = routes[0];
	assert_int_equal(routes_check(t, 2, &e), -EINVAL);
	assert_non_null(strstr(e.text, "not in its place"));
	t[0].level = LEVEL__UNSET;
	assert_int_equal(routes_check(t, 1, &e), -EINVAL);
	assert_non_null(strstr(e.text, "no level"));
	t[0] = *post;
	t[0].body = rangeless;
	assert_int_equal(routes_check(t, 1, &e), -EINVAL);
	assert_non_null(strstr(e.text, "no range"));
	t[0] = *post;
	t[0].body = wordless;
	assert_int_equal(routes_check(t, 1, &e), -EINVAL);
	assert_non_null(strstr(e.text, "has words"));
	t[0] = routes[0];
	t[0].body = post->body; /* on a GET */
	assert_int_equal(routes_check(t, 1, &e), -EINVAL);
	t[0] = *post;
	t[0].fn = NULL;
	assert_int_equal(routes_check(t, 1, &e), -EINVAL);
	t[0] = *post;
	t[0].later = 5;
	assert_int_equal(routes_check(t, 1, &e), -EINVAL);
}

static void test_token(void **state)
{
#define T "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_-"
	static const struct {
		const char *cookie;
		bool ok;
	} rows[] = {
		{ "__Host-svitlo=" T, true },
		{ "a=b; __Host-svitlo=" T "; c=d", true },
		{ "a=b;__Host-svitlo=" T, true },
		{ "x__Host-svitlo=" T, false },
		{ "a=__Host-svitlo=" T, false },
		{ "__Host-svitlo=" T "x", false },
		{ "__Host-svitlo=" T "; __Host-svitlo=" T, false },
		{ "__Host-svitlo=", false },
		{ "__Host-svitlo=\"" T "\"", false },
		{ "", false },
		{ ";;; ;", false },
		{ NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		char token[HTTP_TOKEN_LEN + 1];

		assert_int_equal(http_token(rows[i].cookie, token), rows[i].ok);
		if (rows[i].ok)
			assert_string_equal(token, T);
	}
#undef T
}

static void test_origin(void **state)
{
	static const struct {
		const char *host, *origin, *site;
		bool ok;
	} rows[] = {
		{ "pi.local:8443", NULL, NULL, true },
		{ "pi.local:8443", "https://pi.local:8443", NULL, true },
		{ "pi.local:8443", "https://PI.local:8443", "cross-site", true },
		{ "pi.local:8443", "https://pi.local", NULL, false },
		{ "pi.local:8443", "https://pi.local:8443.evil", NULL, false },
		{ "pi.local:8443", "http://pi.local:8443", NULL, false },
		{ "pi.local:8443", "null", NULL, false },
		{ NULL, "https://", NULL, false },
		{ "pi.local", NULL, "same-origin", true },
		{ "pi.local", NULL, "none", true },
		{ "pi.local", NULL, "same-site", false },
		{ "pi.local", NULL, "cross-site", false },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct http_env env = { .host = rows[i].host,
					.origin = rows[i].origin,
					.fetch_site = rows[i].site };

		assert_int_equal(http_origin(&env, NULL), rows[i].ok ? 0 : -EACCES);
	}
}

static void test_env(void **state)
{
	char *const envp[] = { (char[]){ "REQUEST_METHOD=GET" }, (char[]){ "HTTP_HOST=" },
			       (char[]){ "nonsense" },		 (char[]){ "=" },
			       (char[]){ "REQUEST_URI=/a=b" },	 NULL };
	struct http_env env;

	(void)state;
	http_env_read(&env, envp);
	assert_string_equal(env.method, "GET");
	assert_string_equal(env.uri, "/a=b");
	assert_null(env.host);
}

static void test_reply(void **state)
{
	struct reply r = { 0 };
	struct err e;
	char head[HTTP_HEAD_MAX];

	(void)state;
	err_set(&e, -EROFS, "/secret/path: attempt to write");
	reply_error(&r, &e);
	assert_int_equal(r.status, 503);
	assert_null(strstr(jw_text(&r.w), "secret"));
	assert_true(reply_head(&r, head, sizeof(head)) > 0);
	assert_non_null(strstr(head, "Status: 503 Service Unavailable\r\n"));
	assert_non_null(strstr(head, "Retry-After: 60\r\n"));
	assert_non_null(strstr(head, "Cache-Control: no-store\r\n"));
	assert_string_equal(head + strlen(head) - 4, "\r\n\r\n");
	assert_int_equal(reply_head(&r, head, 40), -E2BIG);
	err_set(&e, -ENOSPC, "full");
	reply_error(&r, &e);
	assert_int_equal(r.status, 507);
	err_set(&e, -EDOM, "what?");
	reply_error(&r, &e);
	assert_int_equal(r.status, 500);
	r.w.bad = true; /* out of memory while writing: an error, never half an answer */
	r.status = 200;
	assert_true(reply_head(&r, head, sizeof(head)) > 0);
	assert_non_null(strstr(head, "Status: 500"));
	reply_conflict(&r, "exists", "device", 3, "\"%s\" has it", "Pack");
	assert_int_equal(r.status, 409);
	assert_non_null(strstr(jw_text(&r.w), "\"code\":\"exists\",\"device\":3}"));
	assert_non_null(strstr(jw_text(&r.w), "\\\"Pack\\\" has it"));
	jw_free(&r.w);
}

/* A file is announced with its length and its name, and closed with the reply. */
static void test_reply_file(void **state)
{
	struct reply r = { 0 };
	char head[HTTP_HEAD_MAX];

	(void)state;
	reply_reset(&r);
	r.file = tmpfile();
	assert_non_null(r.file);
	r.file_len = 12345;
	r.type = "text/plain";
	snprintf(r.save_as, sizeof(r.save_as), "a.cap");
	assert_true(reply_head(&r, head, sizeof(head)) > 0);
	assert_non_null(strstr(head, "Content-Length: 12345\r\n"));
	assert_non_null(strstr(head, "Content-Disposition: attachment; filename=\"a.cap\"\r\n"));
	assert_null(reply_body(&r));
	reply_reset(&r);
	assert_null(r.file);
	jw_free(&r.w);
}

static void test_id(void **state)
{
	static const struct {
		const char *id;
		int64_t is;
	} rows[] = {
		{ "1", 1 },  { "123456789012345", 123456789012345 },
		{ "0", 0 },  { "01", 0 },
		{ "-1", 0 }, { "1x", 0 },
		{ "", 0 },   { "1234567890123456", 0 },
		{ " 1", 0 }, { "..", 0 },
		{ NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct req q = { .id = rows[i].id };

		assert_int_equal(req_id(&q), rows[i].is);
	}
}

static void test_needs_body(void **state)
{
	static const struct param all[] = { { "a", PARAM_INT, true, 0, 1, "x", NULL }, { 0 } };
	static const struct param none[] = { { 0 } };
	struct route t = { .method = "POST", .body = none };

	(void)state;
	assert_false(route_needs_body(&t));
	t.body = all;
	assert_true(route_needs_body(&t));
	t = (struct route){ .method = "PATCH", .body = none };
	assert_true(route_needs_body(&t) && route_changes(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),	   cmocka_unit_test(test_body),
		cmocka_unit_test(test_routes),	   cmocka_unit_test(test_uri),
		cmocka_unit_test(test_table),	   cmocka_unit_test(test_token),
		cmocka_unit_test(test_origin),	   cmocka_unit_test(test_env),
		cmocka_unit_test(test_reply),	   cmocka_unit_test(test_reply_file),
		cmocka_unit_test(test_wiped),	   cmocka_unit_test(test_id),
		cmocka_unit_test(test_needs_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
