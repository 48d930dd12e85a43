/*
 * The service, its clock tick, and the adapters. See bluez.h.
 */
#include "bluez_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TICK_MAX_MS	 100 /* the model and the radio move at least this often */
#define MS		 1000
#define BASE_UUID_SUFFIX "-0000-1000-8000-00805f9b34fb"

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
	snprintf(out, BLUEZ_UUID_SIZE, "0000%04x%s", short_uuid, BASE_UUID_SUFFIX);
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
	for (size_t i = 0; i < HOUSE_ADAPTERS_MAX; i++) {
		struct bluez_adapter *a = &bz->adapter[i];

		for (size_t k = 0; a->slot && k < bz->house->options.packs; k++)
			device_tick(&a->device[k], now);
	}
	for (size_t k = 0; k < bz->house->options.packs; k++) {
		int64_t due = gatt_tick(&bz->house->pack[k].gatt, now);

		next = due < next ? due : next;
	}
	sd_event_source_set_time(s, (uint64_t)next * MS);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* ---- adapters ---- */

static void stop_discovery(struct bluez_adapter *a)
{
	a->sessions = sd_bus_track_unref(a->sessions);
	a->filter_hides = false;
	if (!a->discovering)
		return;
	a->discovering = false;
	bluez_changed(a->bz, a->path, ADAPTER_IFACE, "Discovering");
}

static int on_no_session(sd_bus_track *t, void *ud)
{
	(void)t;
	stop_discovery(ud);
	return 1; /* 0 would call again at once */
}

static int on_start_discovery(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_adapter *a = ud;
	int r;

	if (!a->powered)
		return bluez_fail(err, "NotReady", "Resource Not Ready");
	if (a->sessions && sd_bus_track_count_sender(a->sessions, m) > 0)
		return bluez_fail(err, "InProgress", "Operation already in progress");
	r = bluez_track(a->bz, &a->sessions, m, on_no_session, a);
	if (r < 0)
		return r;
	if (!a->discovering) {
		a->discovering = true;
		bluez_changed(a->bz, a->path, ADAPTER_IFACE, "Discovering");
	}
	bluez_kick(a->bz);
	return sd_bus_reply_method_return(m, NULL);
}

static int on_stop_discovery(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_adapter *a = ud;

	if (!a->powered)
		return bluez_fail(err, "NotReady", "Resource Not Ready");
	if (!a->sessions || sd_bus_track_count_sender(a->sessions, m) <= 0)
		return bluez_fail(err, "Failed", "No discovery started");
	sd_bus_track_remove_sender(a->sessions, m);
	if (sd_bus_track_count(a->sessions) == 0)
		stop_discovery(a);
	return sd_bus_reply_method_return(m, NULL);
}

static int filter_uuids(struct bluez_adapter *a, sd_bus_message *m)
{
	const char *uuid;
	bool any = false, ours = false;
	int r = sd_bus_message_enter_container(m, 'v', "as");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "s");
	while (r >= 0 && (r = sd_bus_message_read(m, "s", &uuid)) > 0) {
		any = true;
		if (strcasecmp(uuid, "ffe0") == 0 || strcasecmp(uuid, "0xffe0") == 0 ||
		    strcasecmp(uuid, "0000ffe0" BASE_UUID_SUFFIX) == 0)
			ours = true;
	}
	if (r < 0)
		return r;
	a->filter_hides = a->filter_hides || (any && !ours);
	sd_bus_message_exit_container(m);
	return sd_bus_message_exit_container(m);
}

static int filter_transport(struct bluez_adapter *a, sd_bus_message *m)
{
	const char *transport;
	int r = sd_bus_message_read(m, "v", "s", &transport);

	if (r >= 0 && strcmp(transport, "bredr") == 0)
		a->filter_hides = true;
	return r;
}

/* Keys that are accepted and change nothing here. */
static bool filter_known(const char *key)
{
	static const char *const keys[] = { "RSSI", "Pathloss", "DuplicateData", "Discoverable",
					    "Pattern" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* One filter an adapter, of the last who set one; real ones are merged over the clients. */
static int on_set_filter(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_adapter *a = ud;
	const char *key;
	int r;

	if (!a->powered)
		return bluez_fail(err, "NotReady", "Resource Not Ready");
	a->filter_hides = false;
	r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &key);
		if (r >= 0 && strcmp(key, "UUIDs") == 0)
			r = filter_uuids(a, m);
		else if (r >= 0 && strcmp(key, "Transport") == 0)
			r = filter_transport(a, m);
		else if (r >= 0)
			r = filter_known(key) ? sd_bus_message_skip(m, "v") : -EINVAL;
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r < 0)
		return bluez_fail(err, "InvalidArguments", "Invalid arguments in method call");
	return sd_bus_reply_method_return(m, NULL);
}

static int on_remove_device(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_adapter *a = ud;
	const char *path;
	int r = sd_bus_message_read(m, "o", &path);

	if (r < 0)
		return r;
	if (!a->powered)
		return bluez_fail(err, "NotReady", "Resource Not Ready");
	for (size_t k = 0; k < a->bz->house->options.packs; k++) {
		struct bluez_device *d = &a->device[k];

		if (!d->slot || strcmp(d->path, path) != 0)
			continue;
		device_hide(d);
		return sd_bus_reply_method_return(m, NULL);
	}
	return bluez_fail(err, "DoesNotExist", "Does Not Exist");
}

static void set_power(struct bluez_adapter *a, bool on)
{
	if (a->powered == on)
		return;
	if (!on) {
		stop_discovery(a);
		for (size_t k = 0; k < a->bz->house->options.packs; k++)
			device_link_down(&a->device[k]);
	}
	a->powered = on;
	bluez_changed(a->bz, a->path, ADAPTER_IFACE, "Powered");
	bluez_kick(a->bz);
}

static int on_set_powered(sd_bus *bus, const char *path, const char *iface, const char *property,
			  sd_bus_message *value, void *ud, sd_bus_error *err)
{
	/* ud is the field, since the vtable entry has its offset */
	struct bluez_adapter *a =
		(struct bluez_adapter *)((char *)ud - offsetof(struct bluez_adapter, powered));
	int on, r = sd_bus_message_read(value, "b", &on);

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	if (r >= 0)
		set_power(a, on);
	return r;
}

static int get_adapter_uuids(sd_bus *bus, const char *path, const char *iface, const char *property,
			     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	(void)bus, (void)path, (void)iface, (void)property, (void)ud, (void)err;
	return sd_bus_message_append(reply, "as", 2, "00001800" BASE_UUID_SUFFIX,
				     "00001801" BASE_UUID_SUFFIX);
}

#define AT(field) offsetof(struct bluez_adapter, field)
#define FIXED	  SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES	  SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
static const sd_bus_vtable adapter_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("StartDiscovery", "", "", on_start_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopDiscovery", "", "", on_stop_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetDiscoveryFilter", "a{sv}", "", on_set_filter, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveDevice", "o", "", on_remove_device, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Address", "s", NULL, AT(address_p), FIXED),
	SD_BUS_PROPERTY("AddressType", "s", NULL, AT(address_type_p), FIXED),
	SD_BUS_PROPERTY("Name", "s", NULL, AT(name_p), FIXED),
	SD_BUS_WRITABLE_PROPERTY("Alias", "s", NULL, NULL, AT(alias),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_WRITABLE_PROPERTY("Powered", "b", NULL, on_set_powered, AT(powered),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_WRITABLE_PROPERTY("Pairable", "b", NULL, NULL, AT(pairable),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_WRITABLE_PROPERTY("Discoverable", "b", NULL, NULL, AT(discoverable),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Discovering", "b", NULL, AT(discovering), CHANGES),
	SD_BUS_PROPERTY("UUIDs", "as", get_adapter_uuids, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

static void adapter_init(struct bluez *bz, size_t number)
{
	struct bluez_adapter *a = &bz->adapter[number];

	a->bz = bz;
	a->number = number;
	snprintf(a->path, sizeof(a->path), "/org/bluez/hci%u", (unsigned)number);
	snprintf(a->address, sizeof(a->address), "00:1A:7D:DA:71:%02X", (uint8_t)(0x10 + number));
	snprintf(a->name, sizeof(a->name), "house%u", (unsigned)number);
	a->alias = strdup(a->name);
	a->address_p = a->address;
	a->address_type_p = "public";
	a->name_p = a->name;
	a->powered = a->pairable = true;
	for (size_t k = 0; k < bz->house->options.packs; k++)
		device_init(&a->device[k], a, k);
}

static int adapter_plug_in(struct bluez_adapter *a)
{
	int r = sd_bus_add_object_vtable(a->bz->bus, &a->slot, a->path, ADAPTER_IFACE,
					 adapter_vtable, a);

	return r < 0 ? r : sd_bus_emit_object_added(a->bz->bus, a->path);
}

static void adapter_unplug(struct bluez_adapter *a)
{
	for (size_t k = 0; k < a->bz->house->options.packs; k++)
		device_hide(&a->device[k]);
	a->sessions = sd_bus_track_unref(a->sessions);
	a->discovering = false;
	sd_bus_emit_object_removed(a->bz->bus, a->path);
	a->slot = sd_bus_slot_unref(a->slot);
}

bool bluez_power(struct bluez *bz, size_t adapter, bool on)
{
	if (adapter >= HOUSE_ADAPTERS_MAX || !bz->adapter[adapter].slot)
		return false;
	set_power(&bz->adapter[adapter], on);
	return true;
}

bool bluez_plug(struct bluez *bz, size_t adapter, bool in)
{
	struct bluez_adapter *a;

	if (adapter >= bz->house->options.adapters)
		return false;
	a = &bz->adapter[adapter];
	if (in == !!a->slot)
		return false;
	if (!in)
		adapter_unplug(a);
	else if (adapter_plug_in(a) < 0)
		return false;
	a->powered = true;
	bluez_kick(bz);
	return true;
}

void bluez_drop(struct bluez *bz, size_t pack)
{
	for (size_t i = 0; i < HOUSE_ADAPTERS_MAX; i++)
		if (bz->adapter[i].slot)
			device_link_down(&bz->adapter[i].device[pack]);
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
	sd_event_source_disable_unref(bz->timer);
	sd_bus_slot_unref(bz->lost);
	sd_bus_slot_unref(bz->manager);
	free(bz);
	return NULL;
}
