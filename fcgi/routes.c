#include "routes.h"

#include "range.h"

#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROUTES_KINDS  "jk-bms deye tapo tapo-socket"
#define ROUTES_NOTIFY "auto fd signal"
#define ROUTES_EVENTS                                                                              \
	"start stop clock_jump device_lost device_back setting_changed adapter_power_cycle "       \
	"alarm_began alarm_ended "                                                                 \
	"grid_lost grid_back switched history_corrupt disk_full"
#define ROUTES_EXPORTS	  "battery inverter plug bank house event all"
#define ROUTES_FROM	  946684800000.0  /* 2000 */
#define ROUTES_TO	  4102444800000.0 /* 2100 */
#define ROUTES_PRICE_MAX  1e6
#define ROUTES_FAMILIES	  "auto hybrid1p hybrid3p_lv hybrid3p_hv string micro"
#define ROUTES_SCALES	  "auto 1 10"
#define ROUTES_CLAMP	  "auto on off"
#define ROUTES_BLOCK	  "auto 125 60 16"
#define ROUTES_POLL_MAX	  300
#define ROUTES_TRANSPORTS "auto klap klap1 aes tpap"
#define ROUTES_ACTIONS	  "on off"
#define ROUTES_ID_MAX	  999999999999999.0
#define ROUTES_AHEAD_S	  31622400.0 /* 366 days */
#define ROUTES_TIME_MAX	  9007199254740991.0

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
	{ "poll_s", PARAM_INT, false, 1, ROUTES_POLL_MAX, "seconds between readings; 2 at least of a tapo", NULL },      \
	{ "family", PARAM_WORD, false, 0, 0, "of the inverter", ROUTES_FAMILIES },                 \
	{ "power_scale", PARAM_WORD, false, 0, 0, "W of one count of grid and load",               \
	  ROUTES_SCALES },                                                                         \
	{ "battery_scale", PARAM_WORD, false, 0, 0, "0.01 A of one count of battery current",      \
	  ROUTES_SCALES },                                                                         \
	{ "day_scale", PARAM_WORD, false, 0, 0, "0.1 kWh of one count of the day's energies",      \
	  ROUTES_SCALES },                                                                         \
	{ "total_scale", PARAM_WORD, false, 0, 0, "0.1 kWh of one count of lifetime energies",     \
	  ROUTES_SCALES },                                                                         \
	{ "clamp", PARAM_WORD, false, 0, 0, "is there a clamp (CT) on the house's mains?",         \
	  ROUTES_CLAMP },                                                                          \
	{ "block", PARAM_WORD, false, 0, 0, "registers in one question at most", ROUTES_BLOCK },   \
	{ "serial", PARAM_INT, false, 0, 4294967295., "of the stick; 0: found out", NULL }
#define PLUG_TRANSPORT                                                                             \
	{ "transport", PARAM_WORD, false, 0, 0,                                                    \
	  "how the plug is spoken to; aes hands the account's password to whoever answers",        \
	  ROUTES_TRANSPORTS }
#define PLUG_OPTIONS                                                                               \
	{ "energy_s", PARAM_INT, false, 10, 3600, "seconds between two questions for energy",      \
	  NULL },                                                                                  \
	PLUG_TRANSPORT,                                                                            \
	{ "priority", PARAM_INT, false, 1, 9, "of the load, 1 is the most important", NULL },      \
	{ "never_off", PARAM_WORD, false, 0, 0, "off only by who confirms it", "yes no" },         \
	{ "estimated_w", PARAM_INT, false, 0, 10000, "what it draws when on; 0: unknown", NULL },  \
	{ "notes", PARAM_STR, false, 0, 500, "for people", NULL }
/* clang-format on */
static const struct param add_body[] = {
	{ "kind", PARAM_WORD, false, 0, 0, "driver; jk-bms if not said", ROUTES_KINDS },
	{ "name", PARAM_LINE, true, 1, 64, "name for people", NULL },
	{ "address", PARAM_LINE, true, 1, 500,
	  "Bluetooth address; solarman://HOST, modbus://HOST, rtu:///dev/…; tapo://IP; "
	  "capture:FILE",
	  NULL },
	{ "notify", PARAM_WORD, false, 0, 0, "how BlueZ hands on what the BMS says",
	  ROUTES_NOTIFY },
	{ "adapter", PARAM_LINE, false, 0, 16, "as hci1; empty: svitlo chooses", NULL },
	{ "pin", PARAM_LINE, false, 0, 16, "for pairing, 4 to 16 digits or letters", NULL },
	INVERTER_OPTIONS,
	PLUG_OPTIONS,
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
	PLUG_OPTIONS,
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
	{ "subnet", PARAM_LINE, false, 0, 20,
	  "as 192.168.1.0/24, /22 at most; without: broadcasts, and around known devices", NULL },
	{ 0 },
};
static const struct param probe_body[] = {
	{ "address", PARAM_LINE, true, 1, 300,
	  "as of an inverter or a plug, or a host: then all ways are tried", NULL },
	PLUG_TRANSPORT,
	{ 0 },
};
static const struct param account_body[] = {
	{ "user", PARAM_LINE, true, 3, 200, "e-mail address of the account", NULL },
	{ "password", PARAM_LINE, true, 1, 128, "its password", NULL },
	{ "address", PARAM_LINE, false, 0, 100,
	  "of the plug where it is tried, tapo://IP; not said: one that is configured", NULL },
	PLUG_TRANSPORT,
	{ "untested", PARAM_BOOL, false, 0, 0, "keep it without trying", NULL },
	{ 0 },
};
static const struct param command_body[] = {
	{ "device", PARAM_INT, true, 1, ROUTES_ID_MAX, "the plug", NULL },
	{ "action", PARAM_WORD, true, 0, 0, "what it shall be", ROUTES_ACTIONS },
	{ "for_s", PARAM_INT, false, 10, 86400, "of an on: off again after so many seconds", NULL },
	{ "confirm", PARAM_BOOL, false, 0, 0, "switch it off though it is never_off", NULL },
	{ 0 },
};
static const struct param timers_query[] = {
	{ "device", PARAM_INT, false, 1, ROUTES_ID_MAX, "only of this device", NULL },
	{ 0 },
};
static const struct param timer_body[] = {
	{ "device", PARAM_INT, true, 1, ROUTES_ID_MAX, "the plug", NULL },
	{ "action", PARAM_WORD, true, 0, 0, "what it shall be then", ROUTES_ACTIONS },
	{ "at_ms", PARAM_INT, false, 0, ROUTES_TIME_MAX, "when; or in_s", NULL },
	{ "in_s", PARAM_INT, false, 5, ROUTES_AHEAD_S, "seconds from now; or at_ms", NULL },
	{ 0 },
};
static const struct param journal_query[] = {
	{ "device", PARAM_INT, false, 1, ROUTES_ID_MAX, "only of this device", NULL },
	{ "before_id", PARAM_INT, false, 1, ROUTES_ID_MAX, "only older ones", NULL },
	{ "limit", PARAM_INT, false, 1, 200, "at most so many; 50 if not said", NULL },
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
	{ "from_ms", PARAM_INT, false, 0, ROUTES_TIME_MAX, "not those before it", NULL },
	{ "limit", PARAM_INT, false, 1, 200, "at most so many; 50 if not said", NULL },
	{ 0 },
};
/* clang-format off */
#define FROM_TO                                                                                    \
	{ "from_ms", PARAM_INT, true, ROUTES_FROM, ROUTES_TO, "beginning", NULL },                 \
	{ "to_ms", PARAM_INT, true, ROUTES_FROM, ROUTES_TO, "end", NULL }
#define ZONE                                                                                       \
	{ "zone", PARAM_LINE, false, 1, 63, "the house's, so that the answer may be kept; 409 if "  \
	  "it is another one", NULL }
#define TARIFF(required)                                                                           \
	{ "valid_from", PARAM_LINE, required, 8, 10, "a day, as 2026-11-24", NULL },              \
	{ "currency", PARAM_LINE, required, 1, 8, "as UAH", NULL },                                \
	{ "day_price", PARAM_NUM, required, 0, ROUTES_PRICE_MAX, "of a kWh bought", NULL },        \
	{ "night_price", PARAM_NUM_NULL, false, 0, ROUTES_PRICE_MAX, "null: the same at night",    \
	  NULL },                                                                                  \
	{ "night_from", PARAM_LINE, false, 4, 5, "as 23:00", NULL },                               \
	{ "night_to", PARAM_LINE, false, 4, 5, "as 07:00", NULL },                                 \
	{ "export_price", PARAM_NUM, false, 0, ROUTES_PRICE_MAX, "of a kWh sold; 0 if not said",   \
	  NULL },                                                                                  \
	{ "month_fee", PARAM_NUM, false, 0, ROUTES_PRICE_MAX, "fixed; 0 if not said", NULL }
/* clang-format on */
static const struct param series_query[] = {
	{ "device", PARAM_LINE, true, 1, 600, "numbers, bank, house; commas between", NULL },
	{ "metric", PARAM_LINE, true, 1, 600, "as power, cell_voltages.16; commas between", NULL },
	FROM_TO,
	{ "points", PARAM_INT, false, 10, 5000, "at most so many; 800 if not said", NULL },
	{ "tier", PARAM_WORD, false, 0, 0, "auto if not said", RANGE_WORDS },
	ZONE,
	{ 0 },
};
static const struct param cells_query[] = {
	{ "device", PARAM_INT, true, 1, ROUTES_ID_MAX, "the battery", NULL },
	FROM_TO,
	{ "points", PARAM_INT, false, 10, 1000, "at most so many; 200 if not said", NULL },
	{ "tier", PARAM_WORD, false, 0, 0, "auto if not said", RANGE_WORDS },
	ZONE,
	{ 0 },
};
static const struct param energy_query[] = {
	{ "by", PARAM_WORD, true, 0, 0, "the periods", "hour day month year" },
	FROM_TO,
	ZONE,
	{ 0 },
};
static const struct param export_query[] = {
	{ "kind", PARAM_WORD, false, 0, 0, "all, in long form, if not said", ROUTES_EXPORTS },
	{ "device", PARAM_LINE, false, 1, 600, "only these, as of series", NULL },
	{ "tier", PARAM_WORD, false, 0, 0, "1min if not said", "10s 1min 15min day" },
	FROM_TO,
	{ 0 },
};
static const struct param tariff_body[] = { TARIFF(true), { 0 } };
static const struct param tariff_change_body[] = { TARIFF(false), { 0 } };
static const struct param settings_body[] = {
	{ "zone", PARAM_LINE, false, 1, 63, "as Europe/Kyiv", NULL },
	{ "keep_10s_days", PARAM_INT, false, 2, 400, "rows of 10 s", NULL },
	{ "keep_1min_days", PARAM_INT, false, 7, 3650, "rows of a minute", NULL },
	{ "keep_15min_days", PARAM_INT, false, 0, 36500, "of a quarter; 0: for ever, else 365 on",
	  NULL },
	{ "card_tbw", PARAM_INT, false, 1, 1000, "TB that the card endures", NULL },
	{ 0 },
};

/* clang-format off */
#define R "/api/v1"
const struct route routes[] = { /* sorted by path, then method */
	{ "GET",    R "/accounts",              LEVEL_VIEWER,   200, NULL, NULL, api_accounts_get,
	  "Which accounts with makers svitlo has", NULL, 0 },
	{ "DELETE", R "/accounts/tapo",         LEVEL_ADMIN,    204, NULL, NULL, api_account_delete,
	  "Forget the TP-Link account", NULL, 0 },
	{ "PUT",    R "/accounts/tapo",         LEVEL_ADMIN,    202, NULL, account_body, api_account_put,
	  "Try the TP-Link account of all plugs, and keep it", NULL, 0 },
	{ "GET",    R "/bluetooth",             LEVEL_VIEWER,   200, NULL, NULL, api_bluetooth_get,
	  "The Bluetooth adapters", NULL, 0 },
	{ "GET",    R "/cells",                 LEVEL_VIEWER,   200, cells_query, NULL, api_cells_get,
	  "The cells of a battery over time", NULL, 0 },
	{ "POST",   R "/claim",                 LEVEL_PUBLIC,   201, NULL, claim_body, api_claim_post,
	  "Make the first user with the one-time code", NULL, 0 },
	{ "POST",   R "/commands",              LEVEL_OPERATOR, 200, NULL, command_body, api_commands_post,
	  "Switch a plug", NULL, 202 },
	{ "GET",    R "/commands/{id}",         LEVEL_VIEWER,   200, NULL, NULL, api_command_get,
	  "An order to a plug, and what came of it", NULL, 0 },
	{ "GET",    R "/devices",               LEVEL_VIEWER,   200, NULL, NULL, api_devices_get,
	  "All devices: configuration and state", NULL, 0 },
	{ "POST",   R "/devices",               LEVEL_ADMIN,    201, NULL, add_body, api_devices_post,
	  "Add a device", NULL, 0 },
	{ "DELETE", R "/devices/{id}",          LEVEL_ADMIN,    200, drop_query, NULL, api_device_delete,
	  "Remove a device; job: what removes its history", NULL, 0 },
	{ "GET",    R "/devices/{id}",          LEVEL_VIEWER,   200, NULL, NULL, api_device_get,
	  "One device: configuration, state, values, link, what it says of itself", NULL, 0 },
	{ "PATCH",  R "/devices/{id}",          LEVEL_ADMIN,    200, NULL, change_body, api_device_patch,
	  "Change a device", NULL, 0 },
	{ "POST",   R "/devices/{id}/captures", LEVEL_ADMIN,    202, NULL, capture_body, api_device_capture,
	  "Record what the device says, for a bug report", NULL, 0 },
	{ "POST",   R "/devices/{id}/connect",  LEVEL_OPERATOR, 200, NULL, empty_body, api_device_connect,
	  "End a release or a rest and try now", NULL, 0 },
	{ "POST",   R "/devices/{id}/release",  LEVEL_OPERATOR, 200, NULL, release_body, api_device_release,
	  "Let go of the device, so that the maker's app can connect", NULL, 0 },
	{ "POST",   R "/discoveries",           LEVEL_ADMIN,    202, NULL, discover_body, api_discoveries_post,
	  "Look for inverters and plugs on the network", NULL, 0 },
	{ "GET",    R "/energy",                LEVEL_VIEWER,   200, energy_query, NULL, api_energy_get,
	  "Energy by hour, day, month or year: where from, where to, what it costs", NULL, 0 },
	{ "GET",    R "/events",                LEVEL_VIEWER,   200, events_query, NULL, api_events_get,
	  "What happened, newest first", NULL, 0 },
	{ "GET",    R "/export.csv",            LEVEL_VIEWER,   200, export_query, NULL, api_export_get,
	  "History as CSV", "text/csv", 0 },
	{ "GET",    R "/grid/outages",          LEVEL_VIEWER,   200, outages_query, NULL, api_grid_outages_get,
	  "When the grid was away, newest first", NULL, 0 },
	{ "GET",    R "/health",                LEVEL_PUBLIC,   200, NULL, NULL, api_health_get,
	  "Does it run?", NULL, 0 },
	{ "DELETE", R "/jobs/{id}",             LEVEL_ADMIN,    200, NULL, NULL, api_job_delete,
	  "Ask a job to stop", NULL, 0 },
	{ "GET",    R "/jobs/{id}",             LEVEL_VIEWER,   200, NULL, NULL, api_job_get,
	  "A job and how far it is", NULL, 0 },
	{ "GET",    R "/jobs/{id}/file",        LEVEL_ADMIN,    200, NULL, NULL, api_job_file,
	  "The capture that a job recorded", "text/plain", 0 },
	{ "GET",    R "/journal",               LEVEL_VIEWER,   200, journal_query, NULL, api_journal_get,
	  "Each switch of a plug, newest first", NULL, 0 },
	{ "GET",    R "/live",                  LEVEL_VIEWER,   200, NULL, NULL, api_live_get,
	  "The present: house, bank and all devices with their values", NULL, 0 },
	{ "GET",    R "/metrics",               LEVEL_VIEWER,   200, NULL, NULL, api_metrics_get,
	  "The vocabulary of measurements", NULL, 0 },
	{ "GET",    R "/openapi.json",          LEVEL_VIEWER,   200, NULL, NULL, api_openapi_get,
	  "This document", NULL, 0 },
	{ "POST",   R "/probes",                LEVEL_ADMIN,    202, NULL, probe_body, api_probes_post,
	  "Is an inverter or a plug at this address?", NULL, 0 },
	{ "POST",   R "/scans",                 LEVEL_ADMIN,    202, NULL, scan_body, api_scans_post,
	  "Look for batteries", NULL, 0 },
	{ "GET",    R "/series",                LEVEL_VIEWER,   200, series_query, NULL, api_series_get,
	  "Metrics over time", NULL, 0 },
	{ "DELETE", R "/session",               LEVEL_VIEWER,   204, NULL, NULL, api_session_delete,
	  "Log out", NULL, 0 },
	{ "GET",    R "/session",               LEVEL_VIEWER,   200, NULL, NULL, api_session_get,
	  "Who am I?", NULL, 0 },
	{ "POST",   R "/session",               LEVEL_PUBLIC,   201, NULL, login_body, api_session_post,
	  "Log in", NULL, 0 },
	{ "GET",    R "/session/check",         LEVEL_VIEWER,   204, NULL, NULL, api_session_check,
	  "Is the session valid? The level is in X-Svitlo-Level", NULL, 0 },
	{ "GET",    R "/settings",              LEVEL_VIEWER,   200, NULL, NULL, api_settings_get,
	  "The house's zone, and how long history is kept", NULL, 0 },
	{ "PATCH",  R "/settings",              LEVEL_ADMIN,    200, NULL, settings_body, api_settings_patch,
	  "Change them", NULL, 0 },
	{ "GET",    R "/status",                LEVEL_VIEWER,   200, NULL, NULL, api_status_get,
	  "How svitlo itself is", NULL, 0 },
	{ "GET",    R "/tariffs",               LEVEL_VIEWER,   200, NULL, NULL, api_tariffs_get,
	  "What energy costs, by the day from which on", NULL, 0 },
	{ "POST",   R "/tariffs",               LEVEL_ADMIN,    201, NULL, tariff_body, api_tariffs_post,
	  "Add a tariff", NULL, 0 },
	{ "DELETE", R "/tariffs/{id}",          LEVEL_ADMIN,    204, NULL, NULL, api_tariff_delete,
	  "Remove a tariff", NULL, 0 },
	{ "PATCH",  R "/tariffs/{id}",          LEVEL_ADMIN,    200, NULL, tariff_change_body, api_tariff_patch,
	  "Change a tariff", NULL, 0 },
	{ "GET",    R "/timers",                LEVEL_VIEWER,   200, timers_query, NULL, api_timers_get,
	  "What will be switched later, soonest first", NULL, 0 },
	{ "POST",   R "/timers",                LEVEL_OPERATOR, 201, NULL, timer_body, api_timers_post,
	  "Switch a plug later", NULL, 0 },
	{ "DELETE", R "/timers/{id}",           LEVEL_OPERATOR, 204, NULL, NULL, api_timer_delete,
	  "Cancel a timer", NULL, 0 },
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
		if (t->path[0] != '/' || (t->later && t->later < 200) || !t->fn || !t->summary ||
		    t->status < 200 || (t->body && !http_writes(t->method)))
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
