/* What devices say: taken down, summed up, watched for outages, and told to those who wait for it. */
#include "app_priv.h"

#include "pipe/devices.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <string.h>

void app_show_state(struct app *a, struct device *d)
{
	struct jw *j = &a->json;
	struct store_state now = { device_state_name(d->state), d->reason, d->detail, "{}",
				   d->until_ms };

	jw_reset(j);
	jw_obj(j);
	if (d->driver && d->drv && d->driver->link_json)
		d->driver->link_json(d, j);
	jw_end(j);
	if (jw_text(j))
		now.link = jw_text(j);
	store_state(a->store, d->conf.id, &now, clock_wall_ms());
}

/* The device's outages; those of an earlier life go on. NULL: no room. */
static struct outage *app_outage(struct app *a, int64_t id)
{
	char reason[STORE_REASON_MAX];
	struct outage *o;
	int64_t since;
	bool first;

	o = outage_of(&a->outages, id, &first);
	if (o && first && store_outage(a->store, id, clock_wall_ms(), &since, reason) > 0)
		outage_resume(o, since, reason);
	return o;
}

void app_watch_outage(struct app *a, struct device *d)
{
	struct outage *o = app_outage(a, d->conf.id);
	struct outage_event ev = { 0 };

	do {
		jw_reset(&a->json);
		if (o)
			ev = outage_step(o, d, clock_mono_ms(), clock_wall_ms(), &a->json);
		if (ev.kind)
			store_event(a->store, ev.t_ms, d->conf.id, ev.kind, jw_text(&a->json));
	} while (ev.kind);
}

/* It goes because its owner wants so, or because we end. */
void app_let_go(struct app *a, int64_t id)
{
	struct outage *o = app_outage(a, id);
	struct outage_event ev = { 0 };

	jw_reset(&a->json);
	if (o)
		ev = outage_let_go(o, &a->json);
	if (ev.kind)
		store_event(a->store, ev.t_ms, id, ev.kind, jw_text(&a->json));
}

static char *app_alarms_recall(void *ud, int64_t device)
{
	struct app *a = ud;

	return store_doc_get(a->store, device, "alarms");
}

static void app_alarms_keep(void *ud, int64_t device, const char *json)
{
	struct app *a = ud;

	store_doc(a->store, device, "alarms", json, clock_wall_ms());
}

static void app_on_alarm(void *ud, int64_t t_ms, int64_t device, const char *kind, const char *json)
{
	struct app *a = ud;

	log_notice("device %lld: %s: %s", (long long)device, kind, json);
	store_event(a->store, t_ms, device, kind, json);
}

static void app_on_reading(void *ud, struct device *d, const struct reading *r)
{
	struct app *a = ud;
	struct outage *o = app_outage(a, d->conf.id);
	const struct alarms_owner owner = { app_alarms_recall, app_alarms_keep, app_on_alarm, a };

	alarms_reading(&a->alarms, d->conf.id, r, &owner);
	store_reading(a->store, d->conf.id, r);
	bank_reading(&a->bank, d->conf.id, r);
	house_reading(&a->house, d->conf.id, r);
	if (o)
		outage_reading(o, r->mono_ms);
}

static char *app_settings_before(void *ud, int64_t device)
{
	struct app *a = ud;

	return store_doc_get(a->store, device, "settings");
}

static void app_on_setting(void *ud, int64_t device, const char *data)
{
	struct app *a = ud;

	log_notice("device %lld: a setting was changed: %s", (long long)device, data);
	store_event(a->store, clock_wall_ms(), device, "setting_changed", data);
}

static void app_on_doc(void *ud, struct device *d, const char *kind, const char *json)
{
	struct app *a = ud;
	const struct changes_owner owner = { app_settings_before, app_on_setting, a };
	struct changes_say say = { .doc = json };

	if (strcmp(kind, "settings") == 0)
		say = changes_take(&a->changes, d->conf.id, json, &owner);
	if (say.doc)
		store_doc(a->store, d->conf.id, kind, say.doc, clock_wall_ms());
	if (say.ask && d->driver->refresh)
		d->driver->refresh(d);
}

static char *app_on_recall(void *ud, struct device *d, const char *kind)
{
	struct app *a = ud;

	return store_doc_get(a->store, d->conf.id, kind);
}

static void app_on_changed(void *ud, struct device *d)
{
	struct app *a = ud;

	log_info("device %lld (%s): %s%s%s%s%s", (long long)d->conf.id, d->conf.name,
		 device_state_name(d->state), d->reason ? ", " : "", d->reason ? d->reason : "",
		 d->detail[0] ? ": " : "", d->detail);
	app_watch_outage(a, d);
	app_show_state(a, d);
	if (d->state == DEVICE_LIVE)
		commands_live(a->commands, d->conf.id);
}

static void app_on_piece(void *ud, struct device *d, char dir, const uint8_t *p, size_t n)
{
	struct app *a = ud;

	jobs_piece(a->jobs, d, dir, p, n, clock_mono_ms());
}

static void app_on_done(void *ud, struct device *d, const struct device_done *r)
{
	struct app *a = ud;

	commands_done(a->commands, d, r, clock_wall_ms());
	sd_event_source_set_enabled(a->next, SD_EVENT_ONESHOT); /* not from within the device */
}

static void app_on_turned(void *ud, struct device *d, bool on, const char *by)
{
	struct app *a = ud;

	commands_turned(a->commands, d, on, by, clock_wall_ms());
}

/* Both change config.db: it is read again at the next look. */
static void app_on_moved(void *ud, struct device *d, const char *address)
{
	struct app *a = ud;
	struct err e = { 0 };

	/* configured twice, it would change places with itself for ever */
	for (unsigned i = 0; i < a->n_devices; i++) {
		const struct device *o = a->devices[i];

		if (o != d && o->state == DEVICE_LIVE && o->drv && o->driver->mac &&
		    strcmp(o->driver->mac(o), d->driver->mac(d)) == 0) {
			log_warn("device %lld is the same plug as device %lld",
				 (long long)d->conf.id, (long long)o->conf.id);
			return;
		}
	}
	if (devices_move(a->config, d->conf.id, address, &e) < 0)
		log_err("config.db: %s", err_text(&e));
	a->config_seen = -1;
}

static void app_on_sockets(void *ud, struct device *d, const struct device_socket *s, unsigned n)
{
	struct app *a = ud;
	struct err e = { 0 };
	int r = devices_add_sockets(a->config, &d->conf, d->driver->socket_kind, s, n,
				    clock_wall_ms(), &e);

	if (r < 0)
		log_err("config.db: %s", err_text(&e));
	if (r > 0)
		a->config_seen = -1;
}

struct device_owner app_owner(struct app *a)
{
	return (struct device_owner){ .recall = app_on_recall,
				      .reading = app_on_reading,
				      .doc = app_on_doc,
				      .changed = app_on_changed,
				      .done = app_on_done,
				      .turned = app_on_turned,
				      .moved = app_on_moved,
				      .sockets = app_on_sockets,
				      .piece = app_on_piece,
				      .ud = a };
}

static void app_on_hurry(void *ud, int64_t device)
{
	struct device *d = app_device(ud, device);

	if (d && d->drv && d->driver->hurry)
		d->driver->hurry(d);
}

static void app_on_house_event(void *ud, int64_t t_ms, const char *kind, const char *json)
{
	struct app *a = ud;

	log_notice("%s: %s", kind, json);
	store_event(a->store, t_ms, 0, kind, json);
}

static char *app_energy_recall(void *ud, int64_t device)
{
	struct app *a = ud;

	return store_doc_get(a->store, device, "energy");
}

static void app_energy_keep(void *ud, int64_t device, const char *json)
{
	struct app *a = ud;

	store_doc(a->store, device, "energy", json, clock_wall_ms());
}

static bool app_energy_load(void *ud, int64_t device, const char *day, struct energy_day *ret)
{
	struct app *a = ud;

	return store_energy_load(a->store, device, day, ret);
}

static void app_energy_save(void *ud, int64_t device, const struct energy_day *d)
{
	struct app *a = ud;

	store_energy_save(a->store, device, d);
}

/* A state of an older version has no such document: its last event says as much. */
static char *app_grid_of_event(struct app *a)
{
	SV_AUTO_FREE char *data = NULL;
	json_auto_t *o = NULL;
	int64_t t_ms = 0;
	bool back = false;

	if (store_event_last(a->store, "grid_lost", "grid_back", clock_wall_ms(), &back, &t_ms,
			     &data) <= 0)
		return NULL;
	o = data ? json_loads(data, 0, NULL) : NULL;
	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	json_object_set_new(o, "known",
			    json_string(grid_state_name(back ? GRID_PRESENT : GRID_ABSENT)));
	json_object_set_new(o, "since_ms", json_integer(t_ms));
	json_object_set_new(o, "seen_ms", json_integer(t_ms));
	return json_dumps(o, JSON_COMPACT);
}

static char *app_grid_recall(void *ud)
{
	struct app *a = ud;
	char *text = store_doc_get(a->store, 0, "grid");

	return text ? text : app_grid_of_event(a);
}

static void app_grid_keep(void *ud, const char *json)
{
	struct app *a = ud;

	store_doc(a->store, 0, "grid", json, clock_wall_ms());
}

void app_open_house(struct app *a)
{
	const struct house_owner owner = { .hurry = app_on_hurry,
					   .event = app_on_house_event,
					   .recall = app_grid_recall,
					   .keep = app_grid_keep,
					   .energy = { .recall = app_energy_recall,
						       .keep = app_energy_keep,
						       .load = app_energy_load,
						       .save = app_energy_save,
						       .ud = a },
					   .ud = a };

	house_init(&a->house, &owner);
}
