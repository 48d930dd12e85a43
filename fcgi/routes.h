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
	const char *type; /* of the answer's body; NULL: JSON */
	int later;	  /* status when it has not ended yet; 0: it always has */
};
extern const struct route routes[];
extern const unsigned routes_count;

/* A PATCH: all fields are optional, but one must be there. */
bool route_changes(const struct route *t);
/* Is an empty body an error? */
bool route_needs_body(const struct route *t);

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

route_fn api_account_delete, api_account_put, api_accounts_get, api_bluetooth_get, api_claim_post,
	api_command_get, api_commands_post, api_devices_get, api_devices_post, api_device_get,
	api_device_patch, api_device_delete, api_device_capture, api_device_connect,
	api_device_release, api_discoveries_post, api_events_get, api_grid_outages_get,
	api_health_get, api_job_get, api_job_delete, api_job_file, api_journal_get, api_live_get,
	api_metrics_get, api_openapi_get, api_probes_post, api_scans_post, api_status_get,
	api_session_post, api_session_get, api_session_delete, api_session_check, api_timer_delete,
	api_timers_get, api_timers_post, api_cells_get, api_energy_get, api_export_get,
	api_series_get, api_settings_get, api_settings_patch, api_tariff_delete, api_tariff_patch,
	api_tariffs_get, api_tariffs_post;
