/* What jobs may do: scans, searches of the network, probes, accounts. */
#include "app_priv.h"

#include "account.h"
#include "driver/discover.h"
#include "driver/probe.h"
#include "driver/survey.h"

#include <string.h>
#include <strings.h>

static int app_scan_start(void *ud, int seconds, struct err *e)
{
	struct app *a = ud;

	return ble_survey_start(a->ble, seconds, e);
}

static int64_t app_address_of(void *ud, const char *address)
{
	struct app *a = ud;

	for (unsigned i = 0; i < a->n_devices; i++)
		if (strcasecmp(a->devices[i]->conf.address, address) == 0)
			return a->devices[i]->conf.id;
	return 0;
}

static int app_scan_poll(void *ud, double *progress, struct jw *result, struct err *e)
{
	struct app *a = ud;

	(void)e;
	*progress = ble_survey_progress(a->ble);
	survey_json(a->ble, app_address_of, a, result);
	return *progress >= 1;
}

static void app_scan_stop(void *ud)
{
	struct app *a = ud;

	ble_survey_stop(a->ble);
}

static int64_t app_stick_of(void *ud, const char *address, uint32_t serial)
{
	struct app *a = ud;

	for (unsigned i = 0; serial && i < a->n_devices; i++) {
		const struct device *d = a->devices[i];

		if (d->drv && d->driver->serial && d->driver->serial(d) == serial)
			return d->conf.id;
	}
	return app_address_of(ud, address);
}

static int64_t app_plug_of(void *ud, const char *address, const char *mac)
{
	struct app *a = ud;

	for (unsigned i = 0; *mac && i < a->n_devices; i++) {
		const struct device *d = a->devices[i];

		if (d->drv && d->driver->mac && strcmp(d->driver->mac(d), mac) == 0)
			return d->conf.id;
	}
	return app_address_of(ud, address);
}

static void *app_discover_start(void *ud, const json_t *args, struct err *e)
{
	const char *subnet = json_string_value(json_object_get(args, "subnet"));
	struct discover_nets nets = { .n = 0 };
	struct discover *d = NULL;
	struct app *a = ud;
	int r = 0;

	if (subnet && *subnet)
		r = discover_nets_add(&nets, subnet, e);
	else
		for (unsigned i = 0; i < a->n_devices; i++)
			discover_nets_near(&nets, a->devices[i]->conf.address);
	return r < 0 || discover_new(&d, a->ev, a->plugs, &nets, e) < 0 ? NULL : d;
}

static double app_discover_poll(void *ud, void *it, struct jw *result)
{
	const struct discover_known known = { app_stick_of, app_plug_of, ud };

	discover_json(it, &known, result);
	return discover_progress(it);
}

static void app_discover_stop(void *it)
{
	discover_free(it);
}

static void *app_probe_start(void *ud, const json_t *args, struct err *e)
{
	struct probe *p = NULL;
	struct app *a = ud;

	return probe_new(&p, &a->env, json_string_value(json_object_get(args, "address")),
			 json_string_value(json_object_get(args, "transport")), e) < 0
		       ? NULL
		       : p;
}

static double app_probe_poll(void *ud, void *it, struct jw *result)
{
	(void)ud;
	jw_obj(result);
	probe_json(it, result);
	jw_end(result);
	return probe_progress(it);
}

static void app_probe_stop(void *it)
{
	probe_free(it);
}

static void *app_account_start(void *ud, const json_t *args, struct err *e)
{
	struct account_try *t = NULL;
	struct app *a = ud;

	return account_try_new(&t, a->config, &a->key, &a->env, args, e) < 0 ? NULL : t;
}

static int app_account_poll(void *ud, void *it, int64_t wall_ms, double *progress,
			    struct jw *result, struct err *e)
{
	struct app *a = ud;
	int r = account_try_poll(it, wall_ms, progress, result, e);

	if (r > 0)
		a->config_seen = -1; /* the plugs shall hear of it */
	return r;
}

static void app_account_stop(void *it)
{
	account_try_free(it);
}

int app_open_jobs(struct app *a, int64_t wall, struct err *e)
{
	static const struct jobs_network discover = { app_discover_start, app_discover_poll,
						      app_discover_stop };
	static const struct jobs_network probe = { app_probe_start, app_probe_poll,
						   app_probe_stop };
	static const struct jobs_account account = { app_account_start, app_account_poll,
						     app_account_stop };
	const struct jobs_env env = { .config = a->config,
				      .live = store_live(a->store),
				      .history = store_history(a->store),
				      .store_dir = a->conf->store_dir,
				      .device = app_device,
				      .scan_start = app_scan_start,
				      .scan_poll = app_scan_poll,
				      .scan_stop = app_scan_stop,
				      .discover = &discover,
				      .probe = &probe,
				      .account = &account,
				      .ud = a };

	return jobs_open(&a->jobs, &env, wall, e);
}
