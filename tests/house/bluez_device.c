/*
 * Device1 objects: appear when heard, connect, resolve services, fall. See bluez.h.
 *
 * Each delay is a time in the device, looked at by device_tick(); BLUEZ_NEVER means none.
 */
#include "bluez_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATTERY_IFACE "org.bluez.Battery1"

#define CONNECT_WAIT_MS	  20000 /* how long Connect waits for an advertisement */
#define DISCONNECT_MS	  2000	/* Disconnect lingers, as BlueZ does */
#define FORGET_MS	  30000 /* devices that were never connected */
#define ORPHAN_MS	  1000
#define RETRY_MS	  50
#define CONNECT_FAILED	  "le-connection-abort-by-local"
#define CONNECT_CANCELLED "br-connection-canceled"

static int64_t some_ms(struct bluez_device *d, uint32_t lo, uint32_t hi)
{
	return lo + rng_below(&d->adapter->bz->rng, hi - lo);
}

static void changed(struct bluez_device *d, const char *property)
{
	bluez_changed(d->adapter->bz, d->path, DEVICE_IFACE, property);
}

static void connect_reply(struct bluez_device *d, const char *error)
{
	sd_bus_message *m = d->connect_call;

	d->connect_call = NULL;
	d->connect_ms = BLUEZ_NEVER;
	if (!m)
		return;
	if (error)
		sd_bus_reply_method_errorf(m, "org.bluez.Error.Failed", "%s", error);
	else
		sd_bus_reply_method_return(m, NULL);
	sd_bus_message_unref(m);
}

static void disconnect_reply(struct bluez_device *d)
{
	sd_bus_message *m = d->disconnect_call;

	d->disconnect_call = NULL;
	d->disconnect_ms = BLUEZ_NEVER;
	if (m)
		sd_bus_reply_method_return(m, NULL);
	sd_bus_message_unref(m);
}

/* BlueZ shows service 180F as an interface of the device's own object: it goes at disconnect while
 * the device stays. */
static int battery_percentage(sd_bus *bus, const char *path, const char *iface, const char *name,
			      sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	(void)bus, (void)path, (void)iface, (void)name, (void)ud, (void)err;
	return sd_bus_message_append(reply, "y", 100);
}

static const sd_bus_vtable battery_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Percentage", "y", battery_percentage, 0, 0),
	SD_BUS_VTABLE_END,
};

static void battery_show(struct bluez_device *d)
{
	sd_bus *bus = d->adapter->bz->bus;

	if (sd_bus_add_object_vtable(bus, &d->battery, d->path, BATTERY_IFACE, battery_vtable, d) >=
	    0)
		sd_bus_emit_interfaces_added(bus, d->path, BATTERY_IFACE, NULL);
}

static void battery_hide(struct bluez_device *d)
{
	if (!d->battery)
		return;
	sd_bus_emit_interfaces_removed(d->adapter->bz->bus, d->path, BATTERY_IFACE, NULL);
	d->battery = sd_bus_slot_unref(d->battery);
}

void device_link_down(struct bluez_device *d)
{
	connect_reply(d, CONNECT_FAILED);
	d->orphan_ms = d->resolve_ms = BLUEZ_NEVER;
	d->owners = sd_bus_track_unref(d->owners);
	agent_link_down(d);
	if (d->connected) {
		gatt_disconnect(&d->pack->gatt);
		d->pack->link = NULL;
		gatt_objects_remove(d);
		battery_hide(d);
		if (d->resolved) {
			d->resolved = false;
			changed(d, "ServicesResolved");
		}
		d->connected = false;
		changed(d, "Connected");
	}
	disconnect_reply(d);
}

static int on_no_owner(sd_bus_track *t, void *ud)
{
	struct bluez_device *d = ud;

	(void)t;
	if (!d->adapter->bz->house->options.keep_links)
		d->orphan_ms = bluez_now_ms(d->adapter->bz) + ORPHAN_MS;
	return 1; /* 0 would call again at once */
}

int device_on_connect(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_device *d = ud;
	struct bluez *bz = d->adapter->bz;
	int64_t now = bluez_now_ms(bz);
	int r;

	if (!d->adapter->powered)
		return bluez_fail(err, "NotReady", "Resource Not Ready");
	if (d->connect_call)
		return bluez_fail(err, "InProgress", "Operation already in progress");
	if (d->blocked)
		return bluez_fail(err, "Failed", "Input/output error");
	r = bluez_track(bz, &d->owners, m, on_no_owner, d);
	if (r < 0)
		return r;
	d->orphan_ms = BLUEZ_NEVER;
	/* A second Connect on a living LE link is a success for BlueZ, not AlreadyConnected. */
	if (d->connected)
		return sd_bus_reply_method_return(m, NULL);
	d->temporary = false;
	d->connect_call = sd_bus_message_ref(m);
	d->connect_ms = now + some_ms(d, 300, 900);
	d->connect_until_ms = now + CONNECT_WAIT_MS;
	return 1;
}

int device_on_disconnect(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct bluez_device *d = ud;

	if (d->connect_call) {
		connect_reply(d, CONNECT_CANCELLED);
		return sd_bus_reply_method_return(m, NULL);
	}
	if (!d->connected)
		return bluez_fail(err, "NotConnected", "Not Connected");
	if (d->disconnect_call)
		return bluez_fail(err, "InProgress", "Operation already in progress");
	d->disconnect_call = sd_bus_message_ref(m);
	d->disconnect_ms = bluez_now_ms(d->adapter->bz) + DISCONNECT_MS;
	return 1;
}

static int get_uuids(sd_bus *bus, const char *path, const char *iface, const char *property,
		     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	char ffe0[BLUEZ_UUID_SIZE], fee7[BLUEZ_UUID_SIZE];

	(void)bus, (void)path, (void)iface, (void)property, (void)ud, (void)err;
	bluez_uuid(ffe0, 0xFFE0);
	bluez_uuid(fee7, 0xFEE7);
	return sd_bus_message_append(reply, "as", 2, fee7, ffe0);
}

/* 88 A0 and the address with the old company number; 00 01 with the maker's own. */
static int get_maker_data(sd_bus *bus, const char *path, const char *iface, const char *property,
			  sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_device *d = ud;
	const struct jk_identity *id = &d->pack->id;
	uint8_t data[8] = { 0x88, 0xA0 };
	size_t len = sizeof(data);
	int r;

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	memcpy(data + 2, id->address, sizeof(id->address));
	if (id->product->maker_id == 0x4B4A) {
		memcpy(data, (uint8_t[]){ 0x00, 0x01 }, 2);
		len = 2;
	}
	r = sd_bus_message_open_container(reply, 'a', "{qv}");
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'e', "qv");
	if (r >= 0)
		r = sd_bus_message_append(reply, "q", id->product->maker_id);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'y', data, len);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(reply);
	return r;
}

#define AT(field) offsetof(struct bluez_device, field)
#define FIXED	  SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES	  SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define OPEN	  SD_BUS_VTABLE_UNPRIVILEGED
static const sd_bus_vtable device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "", "", device_on_connect, OPEN),
	SD_BUS_METHOD("Disconnect", "", "", device_on_disconnect, OPEN),
	SD_BUS_METHOD("Pair", "", "", agent_on_pair, OPEN),
	SD_BUS_METHOD("CancelPairing", "", "", agent_on_cancel, OPEN),
	SD_BUS_PROPERTY("Address", "s", NULL, AT(address_p), FIXED),
	SD_BUS_PROPERTY("AddressType", "s", NULL, AT(address_type_p), FIXED),
	SD_BUS_PROPERTY("Name", "s", NULL, AT(name_p), CHANGES),
	SD_BUS_WRITABLE_PROPERTY("Alias", "s", NULL, NULL, AT(alias), CHANGES | OPEN),
	SD_BUS_PROPERTY("Adapter", "o", NULL, AT(adapter_path_p), FIXED),
	SD_BUS_PROPERTY("Paired", "b", NULL, AT(paired), CHANGES),
	SD_BUS_PROPERTY("Bonded", "b", NULL, AT(bonded), CHANGES),
	SD_BUS_WRITABLE_PROPERTY("Trusted", "b", NULL, NULL, AT(trusted), CHANGES | OPEN),
	SD_BUS_WRITABLE_PROPERTY("Blocked", "b", NULL, NULL, AT(blocked), CHANGES | OPEN),
	SD_BUS_PROPERTY("LegacyPairing", "b", NULL, AT(legacy), CHANGES),
	SD_BUS_PROPERTY("RSSI", "n", NULL, AT(rssi), CHANGES),
	SD_BUS_PROPERTY("Connected", "b", NULL, AT(connected), CHANGES),
	SD_BUS_PROPERTY("ServicesResolved", "b", NULL, AT(resolved), CHANGES),
	SD_BUS_PROPERTY("UUIDs", "as", get_uuids, 0, CHANGES),
	SD_BUS_PROPERTY("ManufacturerData", "a{qv}", get_maker_data, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

void device_init(struct bluez_device *d, struct bluez_adapter *a, size_t number)
{
	const uint8_t *b;

	d->adapter = a;
	d->number = number;
	d->pack = &a->bz->house->pack[number];
	b = d->pack->id.address;
	snprintf(d->address, sizeof(d->address), "%02X:%02X:%02X:%02X:%02X:%02X", b[0], b[1], b[2],
		 b[3], b[4], b[5]);
	snprintf(d->path, sizeof(d->path), "%s/dev_%02X_%02X_%02X_%02X_%02X_%02X", a->path, b[0],
		 b[1], b[2], b[3], b[4], b[5]);
	d->alias = strdup(d->pack->id.name);
	d->address_p = d->address;
	d->address_type_p = "public";
	d->name_p = d->pack->id.name;
	d->adapter_path_p = a->path;
	d->appear_ms = d->connect_ms = d->resolve_ms = BLUEZ_NEVER;
	d->disconnect_ms = d->orphan_ms = BLUEZ_NEVER;
}

bool device_in_reach(const struct bluez_device *d, int64_t now_ms)
{
	return house_advertises(d->pack, now_ms) && !d->adapter->stuck &&
	       !(d->pack->beyond >> d->adapter->number & 1);
}

static int16_t rssi_at(const struct bluez_device *d)
{
	if (d->pack->far >> d->adapter->number & 1)
		return -91;
	return (int16_t)(-48 - 2 * (int)d->number - 10 * (int)d->adapter->number);
}

static void device_show(struct bluez_device *d, int64_t now_ms)
{
	sd_bus *bus = d->adapter->bz->bus;
	const sd_bus_vtable *odd = odd_vtable(d->pack->odd);

	d->address_p = d->pack->odd == HOUSE_ODD_BADADDRESS ? "here is no address" : d->address;
	if (sd_bus_add_object_vtable(bus, &d->slot, d->path, DEVICE_IFACE,
				     odd ? odd : device_vtable, d) < 0)
		return;
	d->temporary = true;
	d->heard_ms = now_ms;
	d->rssi = rssi_at(d);
	sd_bus_emit_object_added(bus, d->path);
}

void device_hide(struct bluez_device *d)
{
	device_link_down(d);
	d->appear_ms = BLUEZ_NEVER;
	if (!d->slot)
		return;
	sd_bus_emit_object_removed(d->adapter->bz->bus, d->path);
	d->slot = sd_bus_slot_unref(d->slot);
}

static void hear(struct bluez_device *d, int64_t now_ms)
{
	if (!d->slot) {
		if (d->appear_ms == BLUEZ_NEVER)
			d->appear_ms = now_ms + some_ms(d, 100, 1200);
		else if (now_ms >= d->appear_ms)
			device_show(d, now_ms);
		return;
	}
	d->appear_ms = BLUEZ_NEVER;
	if (now_ms < d->rssi_ms)
		return;
	d->heard_ms = now_ms;
	d->rssi_ms = now_ms + some_ms(d, 900, 1500);
	d->rssi = (int16_t)(rssi_at(d) + some_ms(d, 0, 7) - 3);
	changed(d, "RSSI");
}

static void link_up(struct bluez_device *d, int64_t now_ms)
{
	gatt_connect(&d->pack->gatt, now_ms);
	d->pack->link = d;
	d->connected = true;
	changed(d, "Connected");
	connect_reply(d, NULL);
	d->resolve_ms = now_ms + some_ms(d, 300, 600);
}

static void try_connect(struct bluez_device *d, int64_t now_ms)
{
	struct house_pack *p = d->pack;

	if (d->adapter->stuck == BLUEZ_HUNG) {
		d->connect_ms = BLUEZ_NEVER;
	} else if (d->adapter->stuck == BLUEZ_STUCK) {
		device_link_down(d);
	} else if (p->refuse) {
		p->refuse--;
		device_link_down(d);
	} else if (now_ms < p->held_until_ms) {
		device_link_down(d);
	} else if (device_in_reach(d, now_ms)) {
		link_up(d, now_ms);
	} else if (now_ms >= d->connect_until_ms) {
		device_link_down(d);
	} else {
		d->connect_ms = now_ms + RETRY_MS;
	}
}

/* A discovery that finds no service still ends with ServicesResolved, as seen with 19.x. */
static void resolve(struct bluez_device *d)
{
	d->resolve_ms = BLUEZ_NEVER;
	if (d->pack->no_services)
		d->pack->no_services--;
	else if (gatt_objects_add(d) < 0)
		return;
	battery_show(d);
	d->resolved = true;
	changed(d, "ServicesResolved");
}

void device_tick(struct bluez_device *d, int64_t now_ms)
{
	const struct bluez_adapter *a = d->adapter;
	bool busy = d->connected || d->connect_call;

	if (!a->powered)
		return;
	if (a->discovering && !a->filter_hides && device_in_reach(d, now_ms))
		hear(d, now_ms);
	else
		d->appear_ms = BLUEZ_NEVER;
	if (d->slot && d->temporary && !busy && now_ms - d->heard_ms > FORGET_MS)
		device_hide(d);
	if (now_ms >= d->connect_ms)
		try_connect(d, now_ms);
	if (now_ms >= d->resolve_ms)
		resolve(d);
	if (now_ms >= d->disconnect_ms || now_ms >= d->orphan_ms)
		device_link_down(d);
}
