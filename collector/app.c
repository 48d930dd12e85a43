#include "app.h"

#include "account.h"
#include "app_priv.h"
#include "pipe/claim.h"
#include "pipe/devices.h"
#include "settings.h"
#include "svitlo/history.h"
#include "svitlo/log.h"
#include "svitlo/util.h"
#include "svitlo/version.h"
#include "svitlo/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>

#define APP_TICK_US 1000000ull

struct device *app_device(void *ud, int64_t id)
{
	struct app *a = ud;

	for (unsigned i = 0; i < a->n_devices; i++)
		if (a->devices[i]->conf.id == id)
			return a->devices[i];
	return NULL;
}

static void app_remove(struct app *a, struct device *d, bool forget)
{
	int64_t id = d->conf.id;

	app_let_go(a, id);
	commands_gone(a->commands, d, clock_wall_ms());
	for (unsigned i = 0; i < a->n_devices; i++)
		if (a->devices[i] == d)
			a->devices[i] = a->devices[--a->n_devices];
	bank_remove(&a->bank, id);
	house_remove(&a->house, id);
	device_free(d);
	if (!forget)
		return;
	store_forget(a->store, id);
	changes_forget(&a->changes, id);
	alarms_forget(&a->alarms, id);
	outage_forget(&a->outages, id);
}

/* Can it go on running as it is? */
static bool app_same(struct device *d, const struct device_config *c)
{
	bool released = d->state == DEVICE_RELEASED;

	/* what was wrong may lie elsewhere: another device that had the address */
	if (d->reason && strcmp(d->reason, "bad_config") == 0)
		return false;
	return d->conf.enabled == c->enabled && strcmp(d->conf.kind, c->kind) == 0 &&
	       strcmp(d->conf.address, c->address) == 0 && strcmp(d->conf.pin, c->pin) == 0 &&
	       released == (c->enabled && device_released(c, clock_wall_ms())) &&
	       (!released || d->until_ms == c->released_until_ms) &&
	       (strcmp(d->conf.options, c->options) == 0 ||
		(d->drv && d->driver->adapt && d->driver->adapt(d, c)));
}

static int app_configure(void *ud, const struct device_config *c, struct err *e)
{
	struct app *a = ud;
	struct device *d = app_device(a, c->id);
	const struct device_owner owner = app_owner(a);

	if (d && app_same(d, c)) {
		bool asked = d->conf.retry_ms != c->retry_ms;

		d->conf = *c;
		if (asked && d->driver && d->driver->retry && d->drv)
			d->driver->retry(d);
		return 0;
	}
	if (d)
		app_remove(a, d, false);
	if (c->id >= HISTORY_DEVICES_MAX)
		log_warn("device %lld: history has room for ids below %d, nothing of it is stored",
			 (long long)c->id, HISTORY_DEVICES_MAX);
	if (a->n_devices == APP_DEVICES_MAX)
		return err_set(e, -ENOSPC, "more than %d devices", APP_DEVICES_MAX);
	d = device_new(c, &a->env, &owner);
	if (!d)
		return err_set(e, -ENOMEM, "out of memory");
	a->devices[a->n_devices++] = d;
	if (c->enabled && d->driver && d->driver->battery)
		bank_add(&a->bank, c->id);
	if (c->enabled && d->driver && d->driver->inverter)
		house_add(&a->house, c->id);
	app_show_state(a, d);
	return 0;
}

/* The zone of the house and how long what is kept. */
static void app_load_settings(struct app *a)
{
	struct settings s;
	struct err e = { 0 };
	int r = settings_load(&s, a->config, &e);

	if (r >= 0) {
		const char *zone = *s.zone ? s.zone : a->conf->zone;

		store_keep_days(a->store, s.keep_days, s.card_tbw);
		r = strcmp(zone, a->zone) != 0 ? zone_set(zone, &e) : 0;
		if (r >= 0 && strcmp(zone, a->zone) != 0) {
			snprintf(a->zone, sizeof(a->zone), "%s", zone);
			log_notice("days are those of %s", zone_name());
		}
	}
	if (r < 0)
		log_warn("settings: %s", err_text(&e));
}

/* Makes the running devices those of config.db: at start, and whenever somebody wrote to it.
 * First the removed ones go: a new one may have their address. */
static int app_reload(struct app *a, struct err *e)
{
	int64_t ids[APP_DEVICES_MAX];
	struct err account = { 0 };
	int n = devices_ids(a->config, ids, APP_DEVICES_MAX, e);

	if (n < 0)
		return n;
	app_load_settings(a);
	for (unsigned i = a->n_devices; i-- > 0;) {
		bool kept = false;

		for (int k = 0; k < n; k++)
			kept = kept || ids[k] == a->devices[i]->conf.id;
		if (!kept)
			app_remove(a, a->devices[i], true);
	}
	store_keep(a->store, ids, (size_t)n);
	if (account_load(a->config, &a->key, a->plugs, &account) < 0)
		log_warn("the account of plugs cannot be read, enter it again: %s",
			 err_text(&account));
	return devices_load(a->config, &a->key, app_configure, a, e);
}

static void app_watch_config(struct app *a)
{
	static struct log_once failed;
	struct err e = { 0 };
	int64_t seen = a->config_seen;
	int r = devices_version(a->config, &seen, &e);

	if (r >= 0 && seen != a->config_seen)
		r = app_reload(a, &e);
	if (r >= 0)
		a->config_seen = seen;
	else if (log_once_due(&failed, clock_mono_ms()))
		log_err("config.db: %s", err_text(&e));
}

/* Orders, and when each plug is to go off by itself. */
static void app_step_commands(struct app *a, int64_t wall)
{
	commands_poll(a->commands, wall, clock_believed(&a->belief, clock_mono_ms(), wall),
		      clock_synced());
	for (unsigned i = 0; i < a->n_devices; i++) {
		struct device *d = a->devices[i];
		int64_t off_at = commands_off_at(a->commands, d->conf.id);

		if (d->drv && d->driver->arm && off_at != COMMANDS_OFF_UNSURE)
			d->driver->arm(d, off_at);
	}
}

static int app_on_next(sd_event_source *s, void *ud)
{
	(void)s;
	app_step_commands(ud, clock_wall_ms());
	return 0;
}

static void app_on_bell(void *ud)
{
	struct app *a = ud;

	app_watch_config(a);
	app_step_commands(a, clock_wall_ms());
}

/* Those that were let go for a while are taken back: by reading config.db again. */
static void app_watch_released(struct app *a, int64_t wall)
{
	for (unsigned i = 0; i < a->n_devices; i++)
		if (a->devices[i]->state == DEVICE_RELEASED &&
		    !device_released(&a->devices[i]->conf, wall))
			a->config_seen = -1;
}

static void app_watch_clock(struct app *a, int64_t mono, int64_t wall)
{
	int64_t jump = clock_watch_step(&a->clock, mono, wall);
	char json[64];

	if (!jump)
		return;
	commands_jump(a->commands, wall);
	a->belief.since_ms = mono;
	log_warn("the clock jumped by %.1f s", (double)jump / 1000);
	store_jumped(a->store, wall - jump, wall, mono);
	snprintf(json, sizeof(json), "{\"by_ms\":%lld}", (long long)jump);
	store_event(a->store, wall, 0, "clock_jump", json);
}

/* The adapters, for the page, and what was done to them. */
static void app_watch_bluetooth(struct app *a, int64_t wall)
{
	struct jw *j = &a->json;
	const char *adapter;
	unsigned cycles = ble_power_cycles(a->ble, &adapter);

	if (cycles != a->power_cycles) {
		a->power_cycles = cycles;
		jw_reset(j);
		jw_obj(j);
		jw_kstr(j, "adapter", adapter);
		jw_kstr(j, "detail", "it failed more batteries than it served");
		jw_end(j);
		store_event(a->store, wall, 0, "adapter_power_cycle", jw_text(j));
	}
	jw_reset(j);
	ble_json(a->ble, j);
	if (!jw_text(j) || (a->bluetooth && strcmp(a->bluetooth, jw_text(j)) == 0))
		return;
	free(a->bluetooth);
	a->bluetooth = strdup(jw_text(j));
	store_doc(a->store, 0, "bluetooth", jw_text(j), wall);
}

static void app_show_house(struct app *a, int64_t mono, int64_t wall)
{
	struct summary sum;
	struct reading r;

	house_step(&a->house, mono, wall);
	jw_reset(&a->json);
	sum = house_json(&a->house, mono, wall, &a->json, &r);
	if (jw_text(&a->json))
		store_summary(a->store, STORE_HOUSE, a->house.n ? jw_text(&a->json) : "null", &sum);
	if (sum.t_ms)
		store_whole(a->store, &r);
}

static void app_show_bank(struct app *a, int64_t mono)
{
	struct summary sum;
	struct reading r;

	jw_reset(&a->json);
	sum = bank_json(&a->bank, mono, &a->json, &r);
	if (jw_text(&a->json))
		store_summary(a->store, STORE_BANK, a->bank.n ? jw_text(&a->json) : "null", &sum);
	if (sum.t_ms)
		store_whole(a->store, &r);
}

static void app_show_loop(struct app *a)
{
	jw_reset(&a->json);
	jw_obj(&a->json);
	loop_json(&a->loop, &a->json);
	jw_end(&a->json);
	if (jw_text(&a->json))
		store_loop(a->store, jw_text(&a->json));
}

static int app_on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct app *a = ud;
	int64_t mono = clock_mono_ms(), wall = clock_wall_ms();

	app_watch_clock(a, mono, wall);
	app_watch_released(a, wall);
	app_watch_config(a);
	app_step_commands(a, wall);
	app_watch_bluetooth(a, wall);
	jobs_poll(a->jobs, mono, wall);
	for (unsigned i = 0; i < a->n_devices; i++) {
		app_watch_outage(a, a->devices[i]);
		app_show_state(a, a->devices[i]);
	}
	app_show_bank(a, mono);
	app_show_house(a, mono, wall);
	app_show_loop(a);
	store_flush(a->store, wall);
	if (mono - a->committed_ms >= a->conf->commit_s * 1000LL || store_behind(a->store)) {
		a->committed_ms = mono;
		store_commit(a->store, wall);
	}
	if (store_upkeep(a->store, mono, wall))
		jobs_history(a->jobs, store_history(a->store));
	app_watch_wal(a);
	sd_event_source_set_time(s, usec + APP_TICK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int app_lock(struct app *a, struct err *e)
{
	char path[CONF_STR_MAX + 32], pid[24] = "";

	snprintf(path, sizeof(path), "%s/collector.lock", a->conf->store_dir);
	a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (a->lock < 0)
		return err_set(e, -errno, "%s: %s: does the folder exist, and is it yours?", path,
			       strerror(errno));
	if (flock(a->lock, LOCK_EX | LOCK_NB) < 0) {
		if (pread(a->lock, pid, sizeof(pid) - 1, 0) < 0)
			pid[0] = 0;
		pid[strcspn(pid, "\n")] = 0;
		return err_set(e, -EBUSY,
			       "another collector (process %s) is running on %s: stop it first",
			       pid, a->conf->store_dir);
	}
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* for people only: a full disk is no reason to stop */
	if (ftruncate(a->lock, 0) < 0 || pwrite(a->lock, pid, strlen(pid), 0) < 0)
		log_warn("%s: %s", path, strerror(errno));
	return 0;
}

static int app_loop(struct app *a)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r = sd_event_default(&a->ev);
	if (r >= 0)
		r = sd_event_add_signal(a->ev, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(a->ev, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(a->ev, true);
	if (r >= 0)
		r = sd_event_add_time_relative(a->ev, &a->tick, CLOCK_MONOTONIC, APP_TICK_US, 10000,
					       app_on_tick, a);
	return r;
}

static void app_on_switched(void *ud, int64_t t_ms, int64_t device, const char *json)
{
	struct app *a = ud;

	store_event(a->store, t_ms, device, "switched", json);
}

static int64_t app_mono(void *ud)
{
	(void)ud;
	return clock_mono_ms();
}

static int app_open_plugs(struct app *a, int64_t wall, struct err *e)
{
	const struct commands_env env = { .config = a->config,
					  .device = app_device,
					  .switched = app_on_switched,
					  .boot = clock_boot_id(),
					  .mono = app_mono,
					  .ud = a };
	char path[CONF_STR_MAX + 8];
	struct err bell = { 0 };
	int r = plugs_new(&a->plugs, a->ev, NULL, e);

	a->belief = (struct clock_belief){ .newest_ms = store_newest(a->store),
					   .since_ms = clock_mono_ms() };
	if (r >= 0)
		r = commands_open(&a->commands, &env, wall, e);
	if (r >= 0)
		r = sd_event_add_defer(a->ev, &a->next, app_on_next, a);
	if (r >= 0)
		r = sd_event_source_set_enabled(a->next, SD_EVENT_OFF);
	snprintf(path, sizeof(path), "%s/bell", a->conf->live_dir);
	/* without it orders are seen a second later */
	if (r >= 0 && bell_open(&a->bell, a->ev, path, app_on_bell, a, &bell) < 0)
		log_warn("%s", err_text(&bell));
	return r;
}

static int app_start(struct app *a, struct err *e)
{
	const struct conf *c = a->conf;
	int64_t wall = clock_wall_ms();
	int r;

	r = app_lock(a, e);
	if (r >= 0)
		r = db_open(&a->config, DB_CONFIG, DB_COLLECTOR, c->store_dir, e);
	if (r >= 0)
		r = store_open(&a->store, c->store_dir, c->live_dir, wall, e);
	if (r >= 0)
		r = app_open_jobs(a, wall, e);
	if (r < 0)
		return r;
	r = zone_set(c->zone, e);
	if (r < 0)
		return r;
	snprintf(a->zone, sizeof(a->zone), "%s", c->zone);
	if (!clock_wall_sane(wall))
		log_warn("the clock is plainly wrong: no history is stored until it is set");
	/* PINs are the only thing that is closed without the key */
	if (seal_key_load(&a->key, c->store_dir, e) < 0 ||
	    devices_offer_key(a->config, &a->key, e) < 0)
		log_err("secrets cannot be read or taken: %s", err_text(e));
	r = app_loop(a);
	if (r < 0)
		return err_set(e, r, "event loop: %s", strerror(-r));
	r = app_open_disk(a, e);
	if (r >= 0)
		r = ble_new(&a->ble, a->ev, c->bus, c->adapter, e);
	if (r < 0)
		return r;
	r = regs_hub_new(&a->regs, a->ev);
	if (r < 0)
		return err_set(e, r, "inverters: %s", strerror(-r));
	r = app_open_plugs(a, wall, e);
	if (r < 0)
		return r;
	a->env = (struct device_env){
		.ev = a->ev, .ble = a->ble, .regs = a->regs, .plugs = a->plugs
	};
	store_event(a->store, wall, 0, "start", NULL);
	app_open_house(a);
	a->committed_ms = clock_mono_ms();
	r = devices_version(a->config, &a->config_seen, e);
	if (r >= 0)
		r = app_reload(a, e);
	if (r >= 0)
		r = store_flush(a->store, wall);
	/* a disk that is full right now is no reason to look away from the batteries */
	if (r >= 0 && claim_offer(a->config, wall, e) < 0)
		log_err("no claim code: %s", err_text(e));
	return r;
}

static void app_stop(struct app *a, bool clean)
{
	int64_t wall = clock_wall_ms();
	struct err e = { 0 };

	bell_close(a->bell);
	jobs_close(a->jobs, wall);
	while (a->n_devices)
		app_remove(a, a->devices[0], false);
	commands_close(a->commands, wall);
	changes_free(&a->changes);
	alarms_free(&a->alarms);
	ble_free(a->ble);
	regs_hub_free(a->regs);
	plugs_free(a->plugs);
	worker_free(a->disk);
	if (a->store && clean)
		store_event(a->store, wall, 0, "stop", NULL);
	store_close(a->store, clean ? wall : 0);
	if (clean && a->config && db_merge_wal(a->config, &e) < 0)
		log_warn("config.db: %s", err_text(&e));
	db_close(a->config);
	seal_key_wipe(&a->key);
	sd_event_source_disable_unref(a->tick);
	sd_event_source_disable_unref(a->next);
	sd_event_unref(a->ev);
	jw_free(&a->json);
	free(a->bluetooth);
	if (a->lock >= 0)
		close(a->lock);
}

int app_run(const struct conf *conf, struct err *e)
{
	struct app a = { .conf = conf, .lock = -1 };
	int r = app_start(&a, e);

	if (r >= 0) {
		log_info("svitlo %s: %u devices", sv_version, a.n_devices);
		sd_notify(0, "READY=1");
		r = loop_run(a.ev, &a.loop);
		if (r < 0)
			err_set(e, r, "event loop: %s", strerror(-r));
		sd_notify(0, "STOPPING=1");
	}
	app_stop(&a, r >= 0);
	return r;
}
