/*
 * Any bytes as a request: lines of NAME=value as nginx sends them, an empty line, the body. Goes
 * through the whole API with no database behind it; the answer must be whole JSON or nothing.
 */
#include "http.h"
#include "routes.h"
#include "store.h"

#include "svitlo/conf.h"
#include "svitlo/log.h"

#include <assert.h>
#include <string.h>

#define ENV_MAX 32

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
	static char text[65536], head[HTTP_HEAD_MAX];
	struct store store;
	struct req q = { .conf = &conf, .store = &store };
	char *envp[ENV_MAX + 1], *rest = text, *line;
	size_t n = 0;

	if (size >= sizeof(text))
		return 0;
	log_max = 0;
	memcpy(text, data, size);
	text[size] = 0;
	while ((line = strsep(&rest, "\n")) && *line && n < ENV_MAX)
		envp[n++] = line;
	envp[n] = NULL;
	store_init(&store, &conf);
	http_env_read(&q.env, envp);
	fuzz_params(&q.env, rest ? rest : "");
	api_serve(&q, &r, rest ? rest : "", rest ? size - (size_t)(rest - text) : 0);
	assert(r.status >= 200 && r.status < 600);
	if (reply_head(&r, head, sizeof(head)) > 0 && reply_body(&r)) {
		json_t *j = json_loads(reply_body(&r), 0, NULL);

		assert(j);
		json_decref(j);
	}
	store_free(&store);
	return 0;
}
