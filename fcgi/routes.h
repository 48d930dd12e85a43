/* The table of everything the API answers. The OpenAPI document is printed from it. */
#pragma once

#include "http.h"
#include "level.h"
#include "params.h"

/* Fills the reply; a negative return with *e becomes a problem by reply_error(). */
typedef int route_fn(struct req *q, struct reply *r, struct err *e);

struct route {
	const char *method, *path;
	enum level level;
	int status;			  /* of success */
	const struct param *query, *body; /* NULL: none accepted; unknown names are 400 */
	route_fn *fn;
	const char *summary;
};
extern const struct route routes[];
extern const unsigned routes_count;

/* Sorted, levels set, tables sound? -EINVAL names the row that isn't. */
int routes_check(const struct route *table, unsigned count, struct err *e);

/*
 * Finds q's route by its path and method (HEAD as GET) and fills q->route and q->id.
 * -ENOENT: no such path; -ENOTSUP: not this method, allow has those that are.
 */
int routes_find(struct req *q, char *allow, size_t room);

/* The whole request: route, session, level, origin, parameters, handler. Never fails. */
void api_serve(struct req *q, struct reply *r, const char *body, size_t body_len);

/* Prints the document. */
void openapi_write(struct jw *w);

route_fn api_claim_post, api_devices_get, api_device_get, api_health_get, api_live_get,
	api_metrics_get, api_openapi_get, api_session_post, api_session_get, api_session_delete,
	api_session_check;
