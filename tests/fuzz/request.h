/* A request as fuzz targets write it: lines of NAME=value as nginx sends them, an empty line, the body. */
#pragma once

#include "http.h"
#include "routes.h"

#include <assert.h>
#include <string.h>

#define REQUEST_ENV_MAX 32

/* Cuts TEXT up. Fills envp, to which one more may be appended, and gives how many; the body stays
 * where it is: *ret_body, "" when there is none. */
static inline size_t request_read(char *text, char *envp[REQUEST_ENV_MAX + 2], char **ret_body)
{
	static char none[1];
	char *rest = text, *line;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) && *line && n < REQUEST_ENV_MAX)
		envp[n++] = line;
	envp[n] = NULL;
	*ret_body = rest ? rest : none;
	return n;
}

/* A status of HTTP, and JSON that is whole where it says JSON. */
static inline void request_check(struct reply *r)
{
	static char head[HTTP_HEAD_MAX];
	json_t *j;

	assert(r->status >= 200 && r->status < 600);
	if (reply_head(r, head, sizeof(head)) <= 0 || !reply_body(r))
		return;
	j = json_loads(reply_body(r), 0, NULL);
	assert(j);
	json_decref(j);
}
