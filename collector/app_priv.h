/* Inside the object graph: shared by app*.c only. */
#pragma once

#include "driver/driver.h"
#include "driver/plugs.h"
#include "io/bell.h"
#include "io/ble.h"
#include "io/regs.h"
#include "io/worker.h"
#include "loop.h"
#include "pipe/alarms.h"
#include "pipe/bank.h"
#include "pipe/changes.h"
#include "pipe/commands.h"
#include "pipe/house.h"
#include "pipe/jobs.h"
#include "pipe/outage.h"
#include "pipe/store.h"
#include "svitlo/clock.h"
#include "svitlo/conf.h"
#include "svitlo/db.h"
#include "svitlo/jw.h"
#include "svitlo/limits.h"
#include "svitlo/seal.h"

#define APP_DEVICES_MAX DEVICES_MAX

struct app {
	const struct conf *conf;
	sd_event *ev;
	sd_event_source *tick, *next; /* next: an order has ended, another one may begin */
	int lock;
	sqlite3 *config;
	struct seal_key key; /* opens what the workers sealed */
	int64_t config_seen; /* PRAGMA data_version, to notice other writers */
	struct ble *ble;
	struct regs_hub *regs;
	struct plugs *plugs;
	struct bell *bell;
	struct store *store;
	struct worker *disk;
	bool copying; /* the WAL of history.db, on that thread */
	struct jobs *jobs;
	struct commands *commands;
	struct bank bank;
	struct house house;
	struct changes changes;
	struct alarms alarms;
	struct outages outages;
	struct clock_watch clock;
	struct clock_belief belief;
	struct loop_watch loop;
	struct device_env env;
	struct device *devices[APP_DEVICES_MAX];
	unsigned n_devices;
	int64_t committed_ms; /* monotonic */
	char *bluetooth;      /* as last written */
	unsigned power_cycles;
	char zone[CONF_STR_MAX]; /* as it was set last */
	struct jw json;
};

struct device *app_device(void *ud, int64_t id); /* ud: the app; NULL: none */

/* app_devices.c: what devices say, and who is told. */
struct device_owner app_owner(struct app *a);
void app_show_state(struct app *a, struct device *d);
void app_watch_outage(struct app *a, struct device *d);
void app_let_go(struct app *a, int64_t id); /* by its owner's wish, or because we end: no outage */
void app_open_house(struct app *a);

/* app_disk.c: the thread that copies the WAL of history.db; looked after each tick. */
int app_open_disk(struct app *a, struct err *e);
void app_watch_wal(struct app *a);

/* app_jobs.c: what jobs may do. */
int app_open_jobs(struct app *a, int64_t wall, struct err *e);
