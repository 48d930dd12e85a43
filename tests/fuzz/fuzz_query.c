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
