/*
 * The service, its clock tick, and what the control socket asks of it. See bluez.h.
 */
#include "bluez_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICK_MAX_MS 100 /* the model and the radio move at least this often */
#define MS	    1000

int bluez_fail(sd_bus_error *err, const char *name, const char *text)
{
	char full[80];

	snprintf(full, sizeof(full), "org.bluez.Error.%s", name);
	return sd_bus_error_set(err, full, text);
}

int64_t bluez_now_ms(const struct bluez *bz)
{
	uint64_t us = 0;

	sd_event_now(bz->event, CLOCK_MONOTONIC, &us);
	return (int64_t)(us / 1000);
}

void bluez_changed(struct bluez *bz, const char *path, const char *iface, const char *property)
{
	sd_bus_emit_properties_changed(bz->bus, path, iface, property, NULL);
}

void bluez_uuid(char out[static BLUEZ_UUID_SIZE], uint16_t short_uuid)
{
	snprintf(out, BLUEZ_UUID_SIZE, "0000%04x%s", short_uuid, BLUEZ_UUID_TAIL);
}

int bluez_track(struct bluez *bz, sd_bus_track **track, sd_bus_message *m,
		sd_bus_track_handler_t on_empty, void *ud)
{
	int r = 0;

	if (!*track)
		r = sd_bus_track_new(bz->bus, track, on_empty, ud);
	return r < 0 ? r : sd_bus_track_add_sender(*track, m);
}

void bluez_kick(struct bluez *bz)
{
	sd_event_source_set_time(bz->timer, 0);
	sd_event_source_set_enabled(bz->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	struct bluez *bz = ud;
	int64_t now = bluez_now_ms(bz);
	int64_t next = now + TICK_MAX_MS;

	(void)usec;
	house_advance(bz->house, now);
	for (size_t i = 0; i < HOUSE_ADAPTERS_MAX; i++)
		if (bz->adapter[i].slot)
			adapter_tick(&bz->adapter[i], now);
	for (size_t k = 0; k < bz->house->options.packs; k++) {
		int64_t due = gatt_tick(&bz->house->pack[k].gatt, now);

		next = due < next ? due : next;
	}
	sd_event_source_set_time(s, (uint64_t)next * MS);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

void bluez_drop(struct bluez *bz, size_t pack)
{
	for (size_t i = 0; i < HOUSE_ADAPTERS_MAX; i++)
		if (bz->adapter[i].slot)
			device_link_down(&bz->adapter[i].device[pack]);
}

void bluez_reshow(struct bluez *bz, size_t pack)
{
	for (size_t i = 0; i < HOUSE_ADAPTERS_MAX; i++)
		if (bz->adapter[i].slot)
			device_hide(&bz->adapter[i].device[pack]);
}

void bluez_lose(struct bluez *bz, size_t pack, size_t adapter)
{
	if (bz->adapter[adapter].slot)
		device_link_down(&bz->adapter[adapter].device[pack]);
}

void bluez_unpair(struct bluez *bz, size_t pack)
{
	bluez_drop(bz, pack);
	for (size_t i = 0; i < bz->house->options.adapters; i++)
		agent_forget(&bz->adapter[i].device[pack]);
}

void bluez_deafen(struct bluez *bz, size_t pack)
{
	struct house_pack *p = &bz->house->pack[pack];

	p->deaf = p->link && gatt_objects_by_signal(p->link) ? HOUSE_DEAF_SIGNAL : HOUSE_DEAF_FD;
}

/* ---- the service ---- */

static int on_bus_lost(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez *bz = ud;

	(void)m, (void)err;
	fputs("house: the bus is gone\n", stderr);
	return sd_event_exit(bz->event, 1);
}

/* A notification of pack k goes to whichever adapter's device holds the link. */
static void on_notify(void *ud, const uint8_t *data, size_t len)
{
	struct bluez_device *const *link = ud;

	if (*link)
		gatt_objects_notify(*link, data, len);
}

static int bring_up(struct bluez *bz)
{
	int r = sd_bus_add_object_manager(bz->bus, &bz->manager, "/");

	if (r >= 0)
		r = agents_start(bz);
	for (size_t i = 0; r >= 0 && i < bz->house->options.adapters; i++) {
		adapter_init(bz, i);
		r = adapter_plug_in(&bz->adapter[i]);
	}
	if (r >= 0)
		r = sd_bus_match_signal(bz->bus, &bz->lost, NULL, "/org/freedesktop/DBus/Local",
					"org.freedesktop.DBus.Local", "Disconnected", on_bus_lost,
					bz);
	if (r >= 0)
		r = sd_event_add_time(bz->event, &bz->timer, CLOCK_MONOTONIC, 0, 500, on_timer, bz);
	if (r >= 0)
		r = sd_bus_request_name(bz->bus, "org.bluez", 0);
	return r;
}

struct bluez *bluez_new(sd_event *event, sd_bus *bus, struct house *house)
{
	struct bluez *bz = calloc(1, sizeof(*bz));
	int r;

	if (!bz)
		return NULL;
	bz->event = event;
	bz->bus = bus;
	bz->house = house;
	bz->rng = rng_fork(house->options.seed, 2);
	for (size_t k = 0; k < house->options.packs; k++) {
		house->pack[k].gatt.on_notify = on_notify;
		house->pack[k].gatt.ud = &house->pack[k].link;
	}
	r = bring_up(bz);
	if (r < 0) {
		fprintf(stderr, "house: cannot be org.bluez on this bus: %s\n",
			r == -EEXIST ? "the name is taken" : strerror(-r));
		return bluez_free(bz);
	}
	return bz;
}

struct bluez *bluez_free(struct bluez *bz)
{
	if (!bz)
		return NULL;
	for (size_t i = 0; i < HOUSE_ADAPTERS_MAX; i++) {
		if (bz->adapter[i].slot)
			adapter_unplug(&bz->adapter[i]);
		for (size_t k = 0; k < MODEL_PACKS_MAX; k++)
			free(bz->adapter[i].device[k].alias);
		free(bz->adapter[i].alias);
	}
	agents_end(bz);
	sd_event_source_disable_unref(bz->timer);
	sd_bus_slot_unref(bz->lost);
	sd_bus_slot_unref(bz->manager);
	free(bz);
	return NULL;
}
