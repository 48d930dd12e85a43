/*
 * Adapter1 objects: discovery, power, rfkill, plug. See bluez.h.
 */
#include "bluez_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define POWER_MS 700 /* and up to half a second more: how long a change of power takes */

static void stop_discovery(struct bluez_adapter *a)
{
	a->sessions = sd_bus_track_unref(a->sessions);
	a->filter_hides = a->filter_ours = false;
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
		    strcasecmp(uuid, "0000ffe0" BLUEZ_UUID_TAIL) == 0)
			ours = true;
	}
	if (r < 0)
		return r;
	a->filter_hides = a->filter_hides || (any && !ours);
	a->filter_ours = any;
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
	a->filter_hides = a->filter_ours = false;
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
		agent_forget(d);
		d->pack->stale = HOUSE_FRESH;
		return sd_bus_reply_method_return(m, NULL);
	}
	if (neighbours_remove(a, path))
		return sd_bus_reply_method_return(m, NULL);
	return bluez_fail(err, "DoesNotExist", "Does Not Exist");
}

/* ---- power ---- */

static void power_changed(struct bluez_adapter *a)
{
	sd_bus_emit_properties_changed(a->bz->bus, a->path, ADAPTER_IFACE, "Powered", "PowerState",
				       NULL);
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
	if (on)
		a->stuck = BLUEZ_WORKS;
	power_changed(a);
	bluez_kick(a->bz);
}

static void power_reply(struct bluez_adapter *a, const char *error, const char *text)
{
	sd_bus_message *m = a->power_call;

	a->power_call = NULL;
	a->power_ms = BLUEZ_NEVER;
	if (m && error)
		sd_bus_reply_method_errorf(m, error, "%s", text);
	else if (m)
		sd_bus_reply_method_return(m, NULL);
	sd_bus_message_unref(m);
}

static void power_done(struct bluez_adapter *a)
{
	a->power_cycles += a->power_goal && !a->powered && a->was_cycled;
	a->was_cycled = !a->power_goal;
	set_power(a, a->power_goal);
	power_reply(a, NULL, NULL);
}

static int power_asked(struct bluez_adapter *a, sd_bus_message *m, bool on)
{
	if (a->power_call)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.Busy", "Busy");
	if (on && a->blocked)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.Blocked",
						  "Blocked through rfkill");
	if (a->powered == on)
		return sd_bus_reply_method_return(m, NULL);
	a->power_call = sd_bus_message_ref(m);
	a->power_goal = on;
	a->power_ms = bluez_now_ms(a->bz) + POWER_MS + rng_below(&a->bz->rng, 500);
	bluez_changed(a->bz, a->path, ADAPTER_IFACE, "PowerState");
	return 1;
}

/* Comes before the vtable: Set(Powered) is answered only when the power has changed. */
static int on_message(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	const char *iface, *property;
	int on, r;

	(void)err;
	if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Properties", "Set"))
		return 0;
	r = sd_bus_message_read(m, "ss", &iface, &property);
	if (r >= 0 && !strcmp(iface, ADAPTER_IFACE) && !strcmp(property, "Powered") &&
	    sd_bus_message_read(m, "v", "b", &on) >= 0) {
		r = power_asked(ud, m, on);
		return r < 0 ? r : 1;
	}
	return sd_bus_message_rewind(m, 1) < 0 ? -EBADMSG : 0;
}

static int get_power_state(sd_bus *bus, const char *path, const char *iface, const char *property,
			   sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_adapter *a = ud;
	const char *state = a->powered ? "on" : "off";

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	if (a->blocked)
		state = "off-blocked";
	else if (a->power_call)
		state = a->power_goal ? "off-enabling" : "on-disabling";
	return sd_bus_message_append(reply, "s", state);
}

static int get_adapter_uuids(sd_bus *bus, const char *path, const char *iface, const char *property,
			     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	(void)bus, (void)path, (void)iface, (void)property, (void)ud, (void)err;
	return sd_bus_message_append(reply, "as", 2, "00001800" BLUEZ_UUID_TAIL,
				     "00001801" BLUEZ_UUID_TAIL);
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
	/* on_message() takes its Set */
	SD_BUS_WRITABLE_PROPERTY("Powered", "b", NULL, NULL, AT(powered),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("PowerState", "s", get_power_state, 0, CHANGES),
	SD_BUS_WRITABLE_PROPERTY("Pairable", "b", NULL, NULL, AT(pairable),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_WRITABLE_PROPERTY("Discoverable", "b", NULL, NULL, AT(discoverable),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Discovering", "b", NULL, AT(discovering), CHANGES),
	SD_BUS_PROPERTY("UUIDs", "as", get_adapter_uuids, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

void adapter_init(struct bluez *bz, size_t number)
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
	a->power_ms = BLUEZ_NEVER;
	for (size_t k = 0; k < bz->house->options.packs; k++)
		device_init(&a->device[k], a, k);
}

int adapter_plug_in(struct bluez_adapter *a)
{
	int r = sd_bus_add_object_vtable(a->bz->bus, &a->slot, a->path, ADAPTER_IFACE,
					 adapter_vtable, a);

	if (r >= 0)
		r = sd_bus_add_object(a->bz->bus, &a->set_slot, a->path, on_message, a);
	return r < 0 ? r : sd_bus_emit_object_added(a->bz->bus, a->path);
}

void adapter_unplug(struct bluez_adapter *a)
{
	for (size_t k = 0; k < a->bz->house->options.packs; k++)
		device_hide(&a->device[k]);
	neighbours_hide(a);
	power_reply(a, "org.bluez.Error.Failed", "Failed");
	a->sessions = sd_bus_track_unref(a->sessions);
	a->discovering = false;
	a->stuck = BLUEZ_WORKS;
	sd_bus_emit_object_removed(a->bz->bus, a->path);
	a->set_slot = sd_bus_slot_unref(a->set_slot);
	a->slot = sd_bus_slot_unref(a->slot);
}

void adapter_tick(struct bluez_adapter *a, int64_t now_ms)
{
	if (now_ms >= a->power_ms)
		power_done(a);
	for (size_t k = 0; k < a->bz->house->options.packs; k++)
		device_tick(&a->device[k], now_ms);
	neighbours_tick(a, now_ms);
}

/* ---- what the control socket does ---- */

static struct bluez_adapter *present(struct bluez *bz, size_t adapter)
{
	if (adapter >= HOUSE_ADAPTERS_MAX || !bz->adapter[adapter].slot)
		return NULL;
	return &bz->adapter[adapter];
}

bool bluez_power(struct bluez *bz, size_t adapter, bool on)
{
	struct bluez_adapter *a = present(bz, adapter);

	if (!a || (on && a->blocked))
		return false;
	power_reply(a, "org.bluez.Error.Failed", "Failed");
	set_power(a, on);
	return true;
}

bool bluez_block(struct bluez *bz, size_t adapter, bool block)
{
	struct bluez_adapter *a = present(bz, adapter);

	if (!a || a->blocked == block)
		return false;
	power_reply(a, "org.bluez.Error.Blocked", "Blocked through rfkill");
	a->blocked = block;
	if (block)
		a->restore = a->powered;
	set_power(a, !block && a->restore); /* bluetoothd puts back what was */
	power_changed(a);
	return true;
}

bool bluez_stick(struct bluez *bz, size_t adapter, enum bluez_stuck how)
{
	struct bluez_adapter *a = present(bz, adapter);

	if (a)
		a->stuck = how;
	return a;
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

static void print_adapter(const struct bluez_adapter *a, FILE *out)
{
	unsigned links = 0;

	for (size_t k = 0; k < a->bz->house->options.packs; k++)
		links += a->device[k].connected;
	fprintf(out,
		"{\"name\":\"hci%zu\",\"present\":%s,\"powered\":%s,\"blocked\":%s,"
		"\"stuck\":%s,\"discovering\":%s,\"links\":%u,\"power_cycles\":%u}",
		a->number, a->slot ? "true" : "false", a->powered ? "true" : "false",
		a->blocked ? "true" : "false", a->stuck ? "true" : "false",
		a->discovering ? "true" : "false", links, a->power_cycles);
}

void bluez_print(const struct bluez *bz, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < bz->house->options.adapters; i++) {
		if (i)
			fputc(',', out);
		print_adapter(&bz->adapter[i], out);
	}
	fputc(']', out);
}
