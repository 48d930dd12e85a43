/*
 * Any bytes as a request: lines of NAME=value as nginx sends them, an empty line, the body. Goes
 * through the whole API with no database behind it; the answer must be whole JSON or nothing.
 */
#include "request.h"

#include "store.h"

#include "svitlo/conf.h"
#include "svitlo/log.h"

/* The parameters of routes that ask for a session first: there is none here. */
static void fuzz_params(const struct http_env *env, const char *body)
{
	static struct req q;
	char allow[48];
	struct err e = { 0 };
	int r;

	q = (struct req){ .env = *env };
	if (http_uri(&q, &e) < 0 || routes_find(&q, allow, sizeof(allow)) < 0)
		return;
	req_id(&q);
	r = params_query(q.route->query, q.query_text, q.query, &e);
	if (r == 0 && q.route->body && (r = http_body(&q, body, strlen(body), &e)) == 0)
		r = params_body(q.route->body, q.json, q.body, &e);
	assert(r == 0 || (e.code == r && e.text[0]));
	http_req_free(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf = { .store_dir = "/nowhere", .live_dir = "/nowhere" };
	static struct reply r;
	static char text[65536];
	struct store store;
	struct req q = { .conf = &conf, .store = &store };
	char *envp[REQUEST_ENV_MAX + 2], *body;

	if (size >= sizeof(text))
		return 0;
	log_max = 0;
	memcpy(text, data, size);
	text[size] = 0;
	request_read(text, envp, &body);
	store_init(&store, &conf);
	http_env_read(&q.env, envp);
	fuzz_params(&q.env, body);
	api_serve(&q, &r, body, *body ? size - (size_t)(body - text) : 0);
	request_check(&r);
	store_free(&store);
	return 0;
}
