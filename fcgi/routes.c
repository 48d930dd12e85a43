#include "routes.h"

#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROUTES_KINDS  "jk-bms deye"
#define ROUTES_NOTIFY "auto fd signal"
#define ROUTES_EVENTS                                                                              \
	"start stop clock_jump device_lost device_back setting_changed adapter_power_cycle "       \
	"grid_lost grid_back"
#define ROUTES_FAMILIES "auto hybrid1p hybrid3p_lv hybrid3p_hv string micro"
#define ROUTES_SCALES	"auto 1 10"
#define ROUTES_CLAMP	"auto on off"
#define ROUTES_BLOCK	"auto 125 60 16"
#define ROUTES_POLL_MAX 300
#define ROUTES_ID_MAX	999999999999999.0
#define ROUTES_TIME_MAX 9007199254740991.0

static const struct param login_body[] = {
	{ "user", PARAM_LINE, true, 1, 64, "name of the user", NULL },
	{ "password", PARAM_STR, true, 8, 128, "the password", NULL },
	{ 0 },
};
static const struct param claim_body[] = {
	{ "code", PARAM_LINE, true, 8, 16, "the one-time code from svitlo's log", NULL },
	{ "user", PARAM_LINE, true, 1, 64, "name that the first user shall have", NULL },
	{ "password", PARAM_STR, true, 8, 128, "password that the first user shall have", NULL },
	{ 0 },
};
/* clang-format off */
#define INVERTER_OPTIONS                                                                           \
	{ "poll_s", PARAM_INT, false, 1, ROUTES_POLL_MAX, "seconds between readings", NULL },      \
	{ "family", PARAM_WORD, false, 0, 0, "of the inverter", ROUTES_FAMILIES },                 \
	{ "power_scale", PARAM_WORD, false, 0, 0, "W of one count of grid and load",               \
	  ROUTES_SCALES },                                                                         \
	{ "battery_scale", PARAM_WORD, false, 0, 0, "0.01 A of one count of battery current",      \
	  ROUTES_SCALES },                                                                         \
	{ "clamp", PARAM_WORD, false, 0, 0, "is there a clamp (CT) on the house's mains?",         \
	  ROUTES_CLAMP },                                                                          \
	{ "block", PARAM_WORD, false, 0, 0, "registers in one question at most", ROUTES_BLOCK },   \
	{ "serial", PARAM_INT, false, 0, 4294967295., "of the stick; 0: found out", NULL }
/* clang-format on */
static const struct param add_body[] = {
	{ "kind", PARAM_WORD, false, 0, 0, "driver; jk-bms if not said", ROUTES_KINDS },
	{ "name", PARAM_LINE, true, 1, 64, "name for people", NULL },
	{ "address", PARAM_LINE, true, 1, 500,
	  "Bluetooth address; solarman://HOST, modbus://HOST, rtu:///dev/…; capture:FILE", NULL },
	{ "notify", PARAM_WORD, false, 0, 0, "how BlueZ hands on what the BMS says",
	  ROUTES_NOTIFY },
	{ "adapter", PARAM_LINE, false, 0, 16, "as hci1; empty: svitlo chooses", NULL },
	{ "pin", PARAM_LINE, false, 0, 16, "for pairing, 4 to 16 digits or letters", NULL },
	INVERTER_OPTIONS,
	{ 0 },
};
static const struct param change_body[] = {
	{ "name", PARAM_LINE, false, 1, 64, "name for people", NULL },
	{ "enabled", PARAM_BOOL, false, 0, 0, "connect to it?", NULL },
	{ "position", PARAM_INT, false, 1, 1000, "place in the list, 1 is the first", NULL },
	{ "notify", PARAM_WORD, false, 0, 0, "how BlueZ hands on what the BMS says",
	  ROUTES_NOTIFY },
	{ "adapter", PARAM_LINE, false, 0, 16, "as hci1; empty: svitlo chooses", NULL },
	{ "pin", PARAM_LINE, false, 0, 16, "4 to 16 digits or letters; empty: none", NULL },
	INVERTER_OPTIONS,
	{ 0 },
};
static const struct param drop_query[] = {
	{ "history", PARAM_WORD, false, 0, 0, "its measurements; keep if not said", "keep remove" },
	{ 0 },
};
static const struct param capture_body[] = {
	{ "minutes", PARAM_INT, false, 1, 30, "for so long; 2 if not said", NULL },
	{ 0 },
};
static const struct param release_body[] = {
	{ "seconds", PARAM_INT, false, 10, 3600, "for so long; 300 if not said", NULL },
	{ 0 },
};
static const struct param scan_body[] = {
	{ "seconds", PARAM_INT, false, 5, 60, "for so long; 12 if not said", NULL },
	{ 0 },
};
static const struct param discover_body[] = {
	{ "subnet", PARAM_LINE, false, 0, 20, "as 192.168.1.0/24, /22 at most; without: broadcasts",
	  NULL },
	{ 0 },
};
static const struct param probe_body[] = {
	{ "address", PARAM_LINE, true, 1, 300, "as of a device, or a host: then all ways are tried",
	  NULL },
	{ 0 },
};
static const struct param outages_query[] = {
	{ "before_ms", PARAM_INT, false, 0, ROUTES_TIME_MAX, "only older ones", NULL },
	{ "limit", PARAM_INT, false, 1, 200, "at most so many; 20 if not said", NULL },
	{ 0 },
};
static const struct param empty_body[] = { { 0 } }; /* nothing, or {} */
static const struct param events_query[] = {
	{ "device", PARAM_INT, false, 1, ROUTES_ID_MAX, "only of this device", NULL },
	{ "kind", PARAM_WORD, false, 0, 0, "only of this kind", ROUTES_EVENTS },
	{ "before_ms", PARAM_INT, false, 0, ROUTES_TIME_MAX, "only older ones", NULL },
	{ "limit", PARAM_INT, false, 1, 200, "at most so many; 50 if not said", NULL },
	{ 0 },
};

/* clang-format off */
#define R "/api/v1"
const struct route routes[] = { /* sorted by path, then method */
	{ "GET",    R "/bluetooth",             LEVEL_VIEWER,   200, NULL, NULL, api_bluetooth_get,
	  "The Bluetooth adapters", NULL },
	{ "POST",   R "/claim",                 LEVEL_PUBLIC,   201, NULL, claim_body, api_claim_post,
	  "Make the first user with the one-time code", NULL },
	{ "GET",    R "/devices",               LEVEL_VIEWER,   200, NULL, NULL, api_devices_get,
	  "All devices: configuration and state", NULL },
	{ "POST",   R "/devices",               LEVEL_ADMIN,    201, NULL, add_body, api_devices_post,
	  "Add a device", NULL },
	{ "DELETE", R "/devices/{id}",          LEVEL_ADMIN,    200, drop_query, NULL, api_device_delete,
	  "Remove a device; job: what removes its history", NULL },
	{ "GET",    R "/devices/{id}",          LEVEL_VIEWER,   200, NULL, NULL, api_device_get,
	  "One device: configuration, state, values, link, what it says of itself", NULL },
	{ "PATCH",  R "/devices/{id}",          LEVEL_ADMIN,    200, NULL, change_body, api_device_patch,
	  "Change a device", NULL },
	{ "POST",   R "/devices/{id}/captures", LEVEL_ADMIN,    202, NULL, capture_body, api_device_capture,
	  "Record what the device says, for a bug report", NULL },
	{ "POST",   R "/devices/{id}/connect",  LEVEL_OPERATOR, 200, NULL, empty_body, api_device_connect,
	  "End a release or a rest and try now", NULL },
	{ "POST",   R "/devices/{id}/release",  LEVEL_OPERATOR, 200, NULL, release_body, api_device_release,
	  "Let go of the device, so that the maker's app can connect", NULL },
	{ "POST",   R "/discoveries",           LEVEL_ADMIN,    202, NULL, discover_body, api_discoveries_post,
	  "Look for inverters on the network", NULL },
	{ "GET",    R "/events",                LEVEL_VIEWER,   200, events_query, NULL, api_events_get,
	  "What happened, newest first", NULL },
	{ "GET",    R "/grid/outages",          LEVEL_VIEWER,   200, outages_query, NULL, api_grid_outages_get,
	  "When the grid was away, newest first", NULL },
	{ "GET",    R "/health",                LEVEL_PUBLIC,   200, NULL, NULL, api_health_get,
	  "Does it run?", NULL },
	{ "DELETE", R "/jobs/{id}",             LEVEL_ADMIN,    200, NULL, NULL, api_job_delete,
	  "Ask a job to stop", NULL },
	{ "GET",    R "/jobs/{id}",             LEVEL_VIEWER,   200, NULL, NULL, api_job_get,
	  "A job and how far it is", NULL },
	{ "GET",    R "/jobs/{id}/file",        LEVEL_ADMIN,    200, NULL, NULL, api_job_file,
	  "The capture that a job recorded", "text/plain" },
	{ "GET",    R "/live",                  LEVEL_VIEWER,   200, NULL, NULL, api_live_get,
	  "The present: house, bank and all devices with their values", NULL },
	{ "GET",    R "/metrics",               LEVEL_VIEWER,   200, NULL, NULL, api_metrics_get,
	  "The vocabulary of measurements", NULL },
	{ "GET",    R "/openapi.json",          LEVEL_VIEWER,   200, NULL, NULL, api_openapi_get,
	  "This document", NULL },
	{ "POST",   R "/probes",                LEVEL_ADMIN,    202, NULL, probe_body, api_probes_post,
	  "Is an inverter at this address?", NULL },
	{ "POST",   R "/scans",                 LEVEL_ADMIN,    202, NULL, scan_body, api_scans_post,
	  "Look for batteries", NULL },
	{ "DELETE", R "/session",               LEVEL_VIEWER,   204, NULL, NULL, api_session_delete,
	  "Log out", NULL },
	{ "GET",    R "/session",               LEVEL_VIEWER,   200, NULL, NULL, api_session_get,
	  "Who am I?", NULL },
	{ "POST",   R "/session",               LEVEL_PUBLIC,   201, NULL, login_body, api_session_post,
	  "Log in", NULL },
	{ "GET",    R "/session/check",         LEVEL_VIEWER,   204, NULL, NULL, api_session_check,
	  "Is the session valid? The level is in X-Svitlo-Level", NULL },
	{ "GET",    R "/status",                LEVEL_VIEWER,   200, NULL, NULL, api_status_get,
	  "How svitlo itself is", NULL },
};
#undef R
/* clang-format on */
const unsigned routes_count = SV_LEN(routes);

const char *level_name(enum level l)
{
	static const char *const names[LEVEL__MAX] = { "", "public", "viewer", "operator",
						       "admin" };

	return (unsigned)l < LEVEL__MAX ? names[l] : "";
}

bool route_changes(const struct route *t)
{
	return strcmp(t->method, "PATCH") == 0;
}

bool route_needs_body(const struct route *t)
{
	bool needed = route_changes(t);

	for (const struct param *p = t->body; p && p->name; p++)
		needed = needed || p->required;
	return needed;
}

static int params_check(const struct param *p, struct err *e)
{
	for (int i = 0; p && p[i].name; i++) {
		if (i >= PARAMS_MAX)
			return err_set(e, -EINVAL, "more than %d parameters", PARAMS_MAX);
		if (p[i].type == PARAM__UNSET || p[i].type >= PARAM__MAX || !p[i].doc)
			return err_set(e, -EINVAL, "%s has no type or no text", p[i].name);
		if ((p[i].type == PARAM_WORD) != (p[i].words && *p[i].words))
			return err_set(e, -EINVAL, "%s: only a word has words", p[i].name);
		if (p[i].type != PARAM_BOOL && p[i].type != PARAM_WORD && p[i].lo >= p[i].hi)
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
