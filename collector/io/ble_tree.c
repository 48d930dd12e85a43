#include "ble_tree.h"

#include "svitlo/util.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BASE_TAIL "-0000-1000-8000-00805f9b34fb" /* of 16-bit UUIDs */

const char *ble_iface(enum ble_kind k)
{
	static const char *const names[BLE_KIND__MAX] = {
		[BLE_ADAPTER] = "org.bluez.Adapter1",
		[BLE_DEVICE] = "org.bluez.Device1",
		[BLE_SERVICE] = "org.bluez.GattService1",
		[BLE_CHAR] = "org.bluez.GattCharacteristic1",
	};

	return names[k];
}

struct ble_obj *ble_tree_find(const struct ble_tree *t, const char *path)
{
	for (struct ble_obj *o = t->objs; o; o = o->next)
		if (strcmp(o->path, path) == 0)
			return o;
	return NULL;
}

struct ble_obj *ble_tree_device(const struct ble_tree *t, const char *adapter, const char *address)
{
	for (struct ble_obj *o = t->objs; o; o = o->next)
		if (o->kind == BLE_DEVICE && strcasecmp(o->address, address) == 0 &&
		    strcmp(o->parent, adapter) == 0)
			return o;
	return NULL;
}

static struct ble_obj *tree_make(struct ble_tree *t, const char *path, enum ble_kind kind)
{
	struct ble_obj *o = ble_tree_find(t, path);

	if (o)
		return o->kind == kind ? o : NULL;
	if (strlen(path) >= BLE_PATH_MAX || t->n >= BLE_OBJS_MAX)
		return NULL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->kind = kind;
	memcpy(o->path, path, strlen(path) + 1);
	o->next = t->objs;
	t->objs = o;
	t->n++;
	return o;
}

void ble_tree_drop(struct ble_tree *t, const char *path)
{
	for (struct ble_obj **p = &t->objs; *p; p = &(*p)->next) {
		struct ble_obj *o = *p;

		if (strcmp(o->path, path) != 0)
			continue;
		*p = o->next;
		t->n--;
		free(o);
		return;
	}
}

void ble_tree_clear(struct ble_tree *t)
{
	while (t->objs) {
		struct ble_obj *o = t->objs;

		t->objs = o->next;
		free(o);
	}
	t->n = 0;
}

/* ---- properties ---- */

static void copy_text(char *to, size_t room, const char *from)
{
	size_t n = strlen(from);

	if (n < room)
		memcpy(to, from, n + 1);
}

static int read_flags(sd_bus_message *m, struct ble_obj *o)
{
	static const struct {
		const char *name;
		enum ble_flag flag;
	} names[] = { { "notify", BLE_CAN_NOTIFY },
		      { "write", BLE_CAN_WRITE },
		      { "write-without-response", BLE_CAN_WRITE_CMD } };
	const char *s;
	int r = sd_bus_message_enter_container(m, 'a', "s");

	if (r < 0)
		return r;
	o->flags = 0;
	while ((r = sd_bus_message_read(m, "s", &s)) > 0)
		for (size_t i = 0; i < SV_LEN(names); i++)
			if (strcmp(s, names[i].name) == 0)
				o->flags |= names[i].flag;
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* UUIDs: those of 16 bits are all that we ask for */
static int read_services(sd_bus_message *m, struct ble_obj *o)
{
	const char *s;
	int r = sd_bus_message_enter_container(m, 'a', "s");

	if (r < 0)
		return r;
	o->n_services = 0;
	while ((r = sd_bus_message_read(m, "s", &s)) > 0) {
		char *end;
		unsigned long v = strtoul(s, &end, 16);

		if (end == s + 8 && v <= UINT16_MAX && strcasecmp(end, BASE_TAIL) == 0 &&
		    o->n_services < BLE_SERVICES_MAX)
			o->services[o->n_services++] = (uint16_t)v;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_companies(sd_bus_message *m, struct ble_obj *o)
{
	uint16_t id;
	int r = sd_bus_message_enter_container(m, 'a', "{qv}");

	if (r < 0)
		return r;
	o->n_companies = 0;
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "qv")) > 0) {
		r = sd_bus_message_read(m, "q", &id);
		if (r >= 0 && o->n_companies < BLE_COMPANY_MAX)
			o->companies[o->n_companies++] = id;
		if (r >= 0)
			r = sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_value(struct ble_tree *t, sd_bus_message *m, const struct ble_obj *o)
{
	const void *p;
	size_t n;
	int r = sd_bus_message_read_array(m, 'y', &p, &n);

	if (r >= 0 && t->value)
		t->value(t->ud, o->path, p, n);
	return r;
}

static int read_rssi(sd_bus_message *m, struct ble_obj *o, int64_t mono_ms)
{
	int16_t v;
	int r = sd_bus_message_read(m, "n", &v);

	if (r < 0)
		return r;
	o->rssi = v;
	o->fresh = true;
	o->heard_ms = mono_ms;
	return r;
}

/* A variant's content of the type that a property has by BlueZ's documents. */
static int read_prop(struct ble_tree *t, sd_bus_message *m, struct ble_obj *o, const char *name,
		     int64_t mono_ms)
{
	enum { P_STR, P_BOOL, P_RSSI, P_FLAGS, P_SERVICES, P_COMPANIES, P_VALUE };
	static const struct {
		const char *name, *type;
		int what;
		size_t offset, room;
	} props[] = {
#define AT(f) offsetof(struct ble_obj, f), sizeof(((struct ble_obj *)0)->f)
		{ "Value", "ay", P_VALUE, 0, 0 },
		{ "RSSI", "n", P_RSSI, 0, 0 },
		{ "Address", "s", P_STR, AT(address) },
		{ "Name", "s", P_STR, AT(name) },
		{ "UUID", "s", P_STR, AT(uuid) },
		{ "Adapter", "o", P_STR, AT(parent) },
		{ "Service", "o", P_STR, AT(parent) },
		{ "PowerState", "s", P_STR, AT(power) },
		{ "Powered", "b", P_BOOL, AT(powered) },
		{ "Connected", "b", P_BOOL, AT(connected) },
		{ "ServicesResolved", "b", P_BOOL, AT(resolved) },
		{ "Flags", "as", P_FLAGS, 0, 0 },
		{ "UUIDs", "as", P_SERVICES, 0, 0 },
		{ "ManufacturerData", "a{qv}", P_COMPANIES, 0, 0 },
#undef AT
	};
	const char *type, *s;
	char c;
	int r = sd_bus_message_peek_type(m, &c, &type), flag;

	if (r < 0)
		return r;
	for (size_t i = 0; i < SV_LEN(props); i++) {
		char *at = (char *)o + props[i].offset;

		if (strcmp(name, props[i].name) != 0 || strcmp(type, props[i].type) != 0)
			continue;
		r = sd_bus_message_enter_container(m, 'v', type);
		if (r < 0)
			return r;
		switch (props[i].what) {
		case P_STR:
			r = sd_bus_message_read(m, type, &s);
			if (r >= 0)
				copy_text(at, props[i].room, s);
			break;
		case P_BOOL:
			r = sd_bus_message_read(m, "b", &flag);
			if (r >= 0)
				*(bool *)(void *)at = flag;
			break;
		case P_RSSI:
			r = read_rssi(m, o, mono_ms);
			break;
		case P_FLAGS:
			r = read_flags(m, o);
			break;
		case P_SERVICES:
			r = read_services(m, o);
			break;
		case P_COMPANIES:
			r = read_companies(m, o);
			break;
		default:
			r = read_value(t, m, o);
		}
		return r < 0 ? r : sd_bus_message_exit_container(m);
	}
	return sd_bus_message_skip(m, "v");
}

static int read_props(struct ble_tree *t, sd_bus_message *m, struct ble_obj *o, int64_t mono_ms)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = read_prop(t, m, o, name, mono_ms);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

int ble_tree_read(struct ble_tree *t, sd_bus_message *m, const char *path, int64_t mono_ms)
{
	const char *iface;
	int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		struct ble_obj *o = NULL;

		r = sd_bus_message_read(m, "s", &iface);
		for (int k = 0; r >= 0 && k < BLE_KIND__MAX; k++)
			if (strcmp(iface, ble_iface((enum ble_kind)k)) == 0)
				o = tree_make(t, path, (enum ble_kind)k);
		if (r >= 0)
			r = o ? read_props(t, m, o, mono_ms) : sd_bus_message_skip(m, "a{sv}");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (o && t->changed)
			t->changed(t->ud, o);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

int ble_tree_read_all(struct ble_tree *t, sd_bus_message *m, int64_t mono_ms)
{
	const char *path;
	int r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_read(m, "o", &path);
		if (r >= 0)
			r = ble_tree_read(t, m, path, mono_ms);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

int ble_tree_update(struct ble_tree *t, sd_bus_message *m, struct ble_obj *o, int64_t mono_ms)
{
	const char *iface;
	int r = sd_bus_message_read(m, "s", &iface);

	if (r < 0 || strcmp(iface, ble_iface(o->kind)) != 0)
		return r;
	r = read_props(t, m, o, mono_ms);
	if (o->kind != BLE_CHAR && t->changed)
		t->changed(t->ud, o);
	return r;
}
