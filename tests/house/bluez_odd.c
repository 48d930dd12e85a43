/*
 * What a client must put up with: other people's devices, and objects of ours that are not as
 * BlueZ's documents say. See bluez.h.
 */
#include "bluez_int.h"

#include <stdio.h>
#include <string.h>

#define HEARD_MS     1500
#define FORGET_MS    30000
#define APPLE	     0x004C
#define SAMSUNG	     0x0075
#define XIAOMI_UUID  0xFE95
#define FITNESS_UUID 0x180D
#define OPEN	     SD_BUS_VTABLE_UNPRIVILEGED
#define AT(field)    offsetof(struct bluez_device, field)
#define FIXED	     SD_BUS_VTABLE_PROPERTY_CONST

/* ---- our own packs, odd ---- */

static int get_bytes(sd_bus *bus, const char *path, const char *iface, const char *property,
		     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_device *d = ud;

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	return sd_bus_message_append_array(reply, 'y', d->pack->id.address, 6);
}

static int get_yes(sd_bus *bus, const char *path, const char *iface, const char *property,
		   sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	(void)bus, (void)path, (void)iface, (void)property, (void)ud, (void)err;
	return sd_bus_message_append(reply, "s", "yes");
}

static int get_number(sd_bus *bus, const char *path, const char *iface, const char *property,
		      sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	(void)bus, (void)path, (void)iface, (void)property, (void)ud, (void)err;
	return sd_bus_message_append(reply, "d", 42.0);
}

static const sd_bus_vtable missing_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "", "", device_on_connect, OPEN),
	SD_BUS_METHOD("Disconnect", "", "", device_on_disconnect, OPEN),
	SD_BUS_PROPERTY("Alias", "s", NULL, AT(alias), 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable types_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "", "", device_on_connect, OPEN),
	SD_BUS_METHOD("Disconnect", "", "", device_on_disconnect, OPEN),
	SD_BUS_PROPERTY("Address", "ay", get_bytes, 0, FIXED),
	SD_BUS_PROPERTY("AddressType", "d", get_number, 0, FIXED),
	SD_BUS_PROPERTY("Name", "d", get_number, 0, FIXED),
	SD_BUS_PROPERTY("Adapter", "s", get_yes, 0, FIXED),
	SD_BUS_PROPERTY("Paired", "s", get_yes, 0, 0),
	SD_BUS_PROPERTY("RSSI", "s", get_yes, 0, 0),
	SD_BUS_PROPERTY("Connected", "s", get_yes, 0, 0),
	SD_BUS_PROPERTY("ServicesResolved", "s", get_yes, 0, 0),
	SD_BUS_PROPERTY("UUIDs", "s", get_yes, 0, 0),
	SD_BUS_PROPERTY("ManufacturerData", "ay", get_bytes, 0, 0),
	SD_BUS_VTABLE_END,
};

const sd_bus_vtable *odd_vtable(enum house_odd odd)
{
	static const sd_bus_vtable *const tables[HOUSE_ODD__MAX] = {
		[HOUSE_ODD_MISSING] = missing_vtable,
		[HOUSE_ODD_TYPES] = types_vtable,
	};

	return tables[odd];
}

/* ---- the neighbours ---- */

struct bluez_stranger {
	const char *address, *type, *name; /* name NULL: none */
	uint16_t uuid, maker;		   /* 0: none */
	bool odd;			   /* some properties have a wrong type */
};

static const struct bluez_stranger strangers[HOUSE_NEIGHBOURS_MAX] = {
	{ "5C:3A:9E:10:22:41", "random", "Olena's phone", 0, APPLE, false },
	{ "8C:79:F5:0B:6D:02", "public", "[TV] Living room", 0, SAMSUNG, false },
	{ "A4:C1:38:7F:21:93", "public", "LYWSD03MMC", XIAOMI_UUID, 0, true },
	{ "F1:00:20:30:40:55", "anonymous", NULL, 0, 0, false },
	{ "D0:11:E5:6A:77:18", "random", "JK watch", FITNESS_UUID, 0, false },
};

static int get_who(sd_bus *bus, const char *path, const char *iface, const char *property,
		   sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_neighbour *n = ud;
	const struct bluez_stranger *w = n->who;
	char alias[18];

	(void)bus, (void)path, (void)iface, (void)err;
	if (!strcmp(property, "Address"))
		return sd_bus_message_append(reply, "s", w->address);
	if (!strcmp(property, "AddressType"))
		return sd_bus_message_append(reply, "s", w->type);
	if (!strcmp(property, "Adapter"))
		return sd_bus_message_append(reply, "o", n->adapter->path);
	if (w->name)
		return sd_bus_message_append(reply, "s", w->name);
	snprintf(alias, sizeof(alias), "%s", w->address);
	for (char *c = alias; *c; c++)
		*c = *c == ':' ? '-' : *c;
	return sd_bus_message_append(reply, "s", alias);
}

static int get_no(sd_bus *bus, const char *path, const char *iface, const char *property,
		  sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	(void)bus, (void)path, (void)iface, (void)property, (void)ud, (void)err;
	return sd_bus_message_append(reply, "b", 0);
}

static int get_services(sd_bus *bus, const char *path, const char *iface, const char *property,
			sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_neighbour *n = ud;
	char uuid[BLUEZ_UUID_SIZE];

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	bluez_uuid(uuid, n->who->uuid);
	return n->who->uuid ? sd_bus_message_append(reply, "as", 1, uuid)
			    : sd_bus_message_append(reply, "as", 0);
}

static int get_maker(sd_bus *bus, const char *path, const char *iface, const char *property,
		     sd_bus_message *reply, void *ud, sd_bus_error *err)
{
	const struct bluez_neighbour *n = ud;

	(void)bus, (void)path, (void)iface, (void)property, (void)err;
	return n->who->maker ? sd_bus_message_append(reply, "a{qv}", 1, n->who->maker, "ay", 3,
						     0x10, 0x05, 0x01)
			     : sd_bus_message_append(reply, "a{qv}", 0);
}

static int on_refused(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	(void)m, (void)ud;
	return bluez_fail(err, "Failed", "le-connection-abort-by-local");
}

#define N(field) offsetof(struct bluez_neighbour, field)
static const sd_bus_vtable neighbour_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "", "", on_refused, OPEN),
	SD_BUS_PROPERTY("Address", "s", get_who, 0, FIXED),
	SD_BUS_PROPERTY("AddressType", "s", get_who, 0, FIXED),
	SD_BUS_PROPERTY("Adapter", "o", get_who, 0, FIXED),
	SD_BUS_PROPERTY("Name", "s", get_who, 0, 0),
	SD_BUS_PROPERTY("Alias", "s", get_who, 0, 0),
	SD_BUS_PROPERTY("Connected", "b", get_no, 0, 0),
	SD_BUS_PROPERTY("Paired", "b", get_no, 0, 0),
	SD_BUS_PROPERTY("RSSI", "n", NULL, N(rssi), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("UUIDs", "as", get_services, 0, 0),
	SD_BUS_PROPERTY("ManufacturerData", "a{qv}", get_maker, 0, 0),
	SD_BUS_VTABLE_END,
};

/* BlueZ leaves Name out where there is none. */
static const sd_bus_vtable nameless_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "", "", on_refused, OPEN),
	SD_BUS_PROPERTY("Address", "s", get_who, 0, FIXED),
	SD_BUS_PROPERTY("AddressType", "s", get_who, 0, FIXED),
	SD_BUS_PROPERTY("Adapter", "o", get_who, 0, FIXED),
	SD_BUS_PROPERTY("Alias", "s", get_who, 0, 0),
	SD_BUS_PROPERTY("Connected", "b", get_no, 0, 0),
	SD_BUS_PROPERTY("RSSI", "n", NULL, N(rssi), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable wrong_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Connect", "", "", on_refused, OPEN),
	SD_BUS_PROPERTY("Address", "s", get_who, 0, FIXED),
	SD_BUS_PROPERTY("AddressType", "s", get_who, 0, FIXED),
	SD_BUS_PROPERTY("Adapter", "o", get_who, 0, FIXED),
	SD_BUS_PROPERTY("Name", "b", get_no, 0, 0),
	SD_BUS_PROPERTY("Alias", "s", get_who, 0, 0),
	SD_BUS_PROPERTY("Connected", "s", get_yes, 0, 0),
	SD_BUS_PROPERTY("RSSI", "d", get_number, 0, 0),
	SD_BUS_PROPERTY("UUIDs", "b", get_no, 0, 0),
	SD_BUS_PROPERTY("ManufacturerData", "as", get_services, 0, 0),
	SD_BUS_VTABLE_END,
};

static void neighbour_hide(struct bluez_neighbour *n)
{
	if (!n->slot)
		return;
	sd_bus_emit_object_removed(n->adapter->bz->bus, n->path);
	n->slot = sd_bus_slot_unref(n->slot);
}

static void neighbour_show(struct bluez_neighbour *n)
{
	const struct bluez_stranger *w = n->who;
	const sd_bus_vtable *table = w->odd ? wrong_vtable : neighbour_vtable;
	int len = snprintf(n->path, sizeof(n->path), "%s/dev_%s", n->adapter->path, w->address);

	for (int i = 0; i < len; i++)
		n->path[i] = n->path[i] == ':' ? '_' : n->path[i];
	if (sd_bus_add_object_vtable(n->adapter->bz->bus, &n->slot, n->path, DEVICE_IFACE,
				     w->name ? table : nameless_vtable, n) >= 0)
		sd_bus_emit_object_added(n->adapter->bz->bus, n->path);
}

static void neighbour_hear(struct bluez_neighbour *n, int64_t now_ms)
{
	if (now_ms < n->rssi_ms)
		return;
	n->heard_ms = now_ms;
	n->rssi_ms = now_ms + HEARD_MS;
	n->rssi = (int16_t)(-60 - rng_below(&n->adapter->bz->rng, 25));
	if (!n->slot)
		neighbour_show(n);
	else if (!n->who->odd)
		bluez_changed(n->adapter->bz, n->path, DEVICE_IFACE, "RSSI");
}

void neighbours_tick(struct bluez_adapter *a, int64_t now_ms)
{
	bool hears = a->powered && a->discovering && !a->filter_hides && !a->stuck;

	for (size_t i = 0; i < a->bz->house->options.neighbours; i++) {
		struct bluez_neighbour *n = &a->neighbour[i];

		n->adapter = a;
		n->who = &strangers[i];
		/* a filter for our service hides those that do not have it */
		if (hears && !a->filter_ours)
			neighbour_hear(n, now_ms);
		else if (n->slot && now_ms - n->heard_ms > FORGET_MS)
			neighbour_hide(n);
	}
}

void neighbours_hide(struct bluez_adapter *a)
{
	for (size_t i = 0; i < a->bz->house->options.neighbours; i++)
		neighbour_hide(&a->neighbour[i]);
}

bool neighbours_remove(struct bluez_adapter *a, const char *path)
{
	for (size_t i = 0; i < a->bz->house->options.neighbours; i++) {
		if (!a->neighbour[i].slot || strcmp(a->neighbour[i].path, path) != 0)
			continue;
		neighbour_hide(&a->neighbour[i]);
		return true;
	}
	return false;
}
