#include "routes.h"

#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct param login_body[] = {
	{ "user", PARAM_LINE, true, 1, 64, "name of the user" },
	{ "password", PARAM_STR, true, 8, 128, "the password" },
	{ 0 },
};
static const struct param claim_body[] = {
	{ "code", PARAM_LINE, true, 8, 16, "the one-time code from svitlo's log" },
	{ "user", PARAM_LINE, true, 1, 64, "name that the first user shall have" },
	{ "password", PARAM_STR, true, 8, 128, "password that the first user shall have" },
	{ 0 },
};

/* clang-format off */
const struct route routes[] = { /* sorted by path, then method */
	{ "POST",   "/api/v1/claim",         LEVEL_PUBLIC, 201, NULL, claim_body, api_claim_post,
	  "Make the first user with the one-time code" },
	{ "GET",    "/api/v1/devices",       LEVEL_VIEWER, 200, NULL, NULL, api_devices_get,
	  "All devices: configuration and state" },
	{ "GET",    "/api/v1/devices/{id}",  LEVEL_VIEWER, 200, NULL, NULL, api_device_get,
	  "One device: configuration, state, values, link, what it says of itself" },
	{ "GET",    "/api/v1/health",        LEVEL_PUBLIC, 200, NULL, NULL, api_health_get,
	  "Does it run?" },
	{ "GET",    "/api/v1/live",          LEVEL_VIEWER, 200, NULL, NULL, api_live_get,
	  "The present: bank and all devices with their values" },
	{ "GET",    "/api/v1/metrics",       LEVEL_VIEWER, 200, NULL, NULL, api_metrics_get,
	  "The vocabulary of measurements" },
	{ "GET",    "/api/v1/openapi.json",  LEVEL_VIEWER, 200, NULL, NULL, api_openapi_get,
	  "This document" },
	{ "DELETE", "/api/v1/session",       LEVEL_VIEWER, 204, NULL, NULL, api_session_delete,
	  "Log out" },
	{ "GET",    "/api/v1/session",       LEVEL_VIEWER, 200, NULL, NULL, api_session_get,
	  "Who am I?" },
	{ "POST",   "/api/v1/session",       LEVEL_PUBLIC, 201, NULL, login_body, api_session_post,
	  "Log in" },
	{ "GET",    "/api/v1/session/check", LEVEL_VIEWER, 204, NULL, NULL, api_session_check,
	  "Is the session valid? The level is in X-Svitlo-Level" },
};
/* clang-format on */
const unsigned routes_count = SV_LEN(routes);

const char *level_name(enum level l)
{
	static const char *const names[LEVEL__MAX] = { "", "public", "viewer", "operator",
						       "admin" };

	return (unsigned)l < LEVEL__MAX ? names[l] : "";
}

static int params_check(const struct param *p, struct err *e)
{
	for (int i = 0; p && p[i].name; i++) {
		if (i >= PARAMS_MAX)
			return err_set(e, -EINVAL, "more than %d parameters", PARAMS_MAX);
		if (p[i].type == PARAM__UNSET || p[i].type >= PARAM__MAX || !p[i].doc)
			return err_set(e, -EINVAL, "%s has no type or no text", p[i].name);
		if (p[i].type != PARAM_BOOL && p[i].lo >= p[i].hi)
			return err_set(e, -EINVAL, "%s has no range", p[i].name);
	}
	return 0;
}

int routes_check(const struct route *table, unsigned count, struct err *e)
{
	for (unsigned i = 0; i < count; i++) {
		const struct route *t = &table[i];
		int order = i ? strcmp(table[i - 1].path, t->path) : -1;
		struct err pe = { 0 };

		if (order > 0 || (order == 0 && strcmp(table[i - 1].method, t->method) >= 0))
			return err_set(e, -EINVAL, "%s %s is not in its place", t->method, t->path);
		if (t->level == LEVEL__UNSET || t->level >= LEVEL__MAX)
			return err_set(e, -EINVAL, "%s %s has no level", t->method, t->path);
		if (t->path[0] != '/' || !t->fn || !t->summary || t->status < 200 ||
		    (t->body && !http_writes(t->method)))
			return err_set(e, -EINVAL, "%s %s is not complete", t->method, t->path);
		if (params_check(t->query, &pe) < 0 || params_check(t->body, &pe) < 0)
			return err_set(e, -EINVAL, "%s %s: %s", t->method, t->path, pe.text);
	}
	return 0;
}

/* Does the request's path fit? Fills *ret_id with what stands for {id}. */
static bool route_fits(const struct route *t, const struct req *q, const char **ret_id)
{
	const char *p = t->path;
	unsigned i = 0;

	for (; *p == '/'; i++) {
		size_t n = strcspn(++p, "/");

		if (i >= q->segs_count)
			return false;
		if (*p == '{' && *q->segs[i])
			*ret_id = q->segs[i];
		else if (strlen(q->segs[i]) != n || memcmp(q->segs[i], p, n) != 0)
			return false;
		p += n;
	}
	return i == q->segs_count;
}

int routes_find(struct req *q, char *allow, size_t room)
{
	const char *method = q->env.method ? q->env.method : "";
	size_t n = 0;

	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	allow[0] = 0;
	for (unsigned i = 0; i < routes_count; i++) {
		const char *id = NULL;

		if (!route_fits(&routes[i], q, &id))
			continue;
		if (strcmp(routes[i].method, method) == 0) {
			q->route = &routes[i];
			q->id = id;
			return 0;
		}
		n += (size_t)snprintf(allow + n, room - n, "%s%s%s", n ? ", " : "",
				      routes[i].method,
				      strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	return n ? -ENOTSUP : -ENOENT;
}
