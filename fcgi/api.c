/* What happens to every request before and after its handler. */
#include "routes.h"
#include "session.h"
#include "store.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"

#include <errno.h>
#include <string.h>

/* Errors of the databases. Logged once here, where the chain ends. */
static void api_failed(struct req *q, struct reply *r, const struct err *e)
{
	static struct log_once once;

	reply_error(r, e);
	if (r->status < 500 || !q->route)
		return;
	if (log_once_due(&once, clock_mono_ms()))
		log_err("api: %s %s: %s", q->route->method, q->route->path, err_text(e));
	if (e->code != -EBUSY && e->code != -ENOSPC) /* opening anew would help neither */
		store_drop(q->store);
}

static int api_allowed(struct req *q, struct reply *r, struct err *e)
{
	int rc;

	if (q->route->level == LEVEL_PUBLIC)
		return 1;
	rc = session_find(q, e);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		reply_problem(r, 401, "unauthenticated", "log in first");
		return 0;
	}
	if (q->session.level < q->route->level) {
		reply_problem(r, 403, "forbidden", "this needs the level %s",
			      level_name(q->route->level));
		return 0;
	}
	return 1;
}

static int api_params(struct req *q, const char *body, size_t n, struct err *e)
{
	int r = params_query(q->route->query, q->query_text, q->query, e);

	if (r < 0)
		return r;
	if (!q->route->body)
		return n ? err_set(e, -EINVAL, "this request takes no body") : 0;
	if (n == 0 && !route_needs_body(q->route))
		return 0;
	r = http_body(q, body, n, e);
	if (r == 0)
		r = params_body(q->route->body, q->json, q->body, e);
	if (r == 0 && route_changes(q->route) && json_object_size(q->json) == 0)
		r = err_set(e, -EINVAL, "the body says nothing to change");
	return r;
}

/* 0: answered, with an error for people or by the handler. */
static int api_run(struct req *q, struct reply *r, const char *body, size_t n, struct err *e)
{
	char allow[sizeof(r->allow)];
	int rc;

	rc = http_uri(q, e);
	if (rc < 0)
		return rc;
	rc = routes_find(q, allow, sizeof(allow));
	if (rc == -ENOENT) {
		reply_problem(r, 404, "not_found", "there is nothing here");
		return 0;
	}
	if (rc < 0) {
		reply_problem(r, 405, "method_not_allowed", "use %s", allow);
		memcpy(r->allow, allow, sizeof(allow));
		return 0;
	}
	if (n > HTTP_BODY_MAX) {
		reply_problem(r, 413, "too_large", "the body is over %d bytes", HTTP_BODY_MAX);
		return 0;
	}
	if (http_writes(q->route->method) && (rc = http_origin(&q->env, e)) < 0)
		return rc;
	rc = api_allowed(q, r, e);
	if (rc <= 0)
		return rc;
	rc = api_params(q, body, n, e);
	if (rc < 0)
		return rc;
	r->status = q->route->status;
	return q->route->fn(q, r, e);
}

void api_serve(struct req *q, struct reply *r, const char *body, size_t body_len)
{
	struct err e = { 0 };
	bool head = q->env.method && strcmp(q->env.method, "HEAD") == 0;

	reply_reset(r);
	store_next(q->store);
	q->now_ms = clock_wall_ms();
	if (api_run(q, r, body, body_len, &e) < 0)
		api_failed(q, r, &e);
	r->head = head;
	http_req_free(q);
}
