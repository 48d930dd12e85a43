#include "ble_priv.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <string.h>

#define BLE_RETRY_US   (5 * 1000000ull)
#define BLE_BUS_WAIT_S 25
#define BLE_LEAVE_MS   4000  /* Disconnect takes BlueZ about 2 s */
#define BLE_GATHER_MS  1000  /* of scanning before the first is connected: others may be near too */
#define BLE_LISTEN_MS  10000 /* of scanning before a connection is tried blindly */

static const char *const ble_ifaces[BLE_KIND__MAX] = {
	[BLE_ADAPTER] = "org.bluez.Adapter1",
	[BLE_DEVICE] = "org.bluez.Device1",
	[BLE_SERVICE] = "org.bluez.GattService1",
	[BLE_CHAR] = "org.bluez.GattCharacteristic1",
};

static void ble_bus_down(struct ble *b, const char *why, const char *text);

struct ble_obj *ble_obj_find(struct ble *b, const char *path)
{
	for (struct ble_obj *o = b->objs; o; o = o->next)
		if (strcmp(o->path, path) == 0)
			return o;
	return NULL;
}

static struct ble_obj *ble_obj_make(struct ble *b, const char *path, enum ble_kind kind)
{
	struct ble_obj *o = ble_obj_find(b, path);

	if (o)
		return o->kind == kind ? o : NULL;
	if (strlen(path) >= BLE_PATH_MAX || b->n_objs >= BLE_OBJS_MAX)
		return NULL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->kind = kind;
	memcpy(o->path, path, strlen(path) + 1);
	o->next = b->objs;
	b->objs = o;
	b->n_objs++;
	return o;
}

static void ble_obj_drop(struct ble *b, const char *path)
{
	for (struct ble_obj **p = &b->objs; *p; p = &(*p)->next) {
		struct ble_obj *o = *p;

		if (strcmp(o->path, path) != 0)
			continue;
		*p = o->next;
		b->n_objs--;
		if (b->adapter == o) {
			b->adapter = NULL;
			b->scan = BLE_SCAN_OFF;
		}
		free(o);
		return;
	}
}

static void ble_objs_clear(struct ble *b)
{
	while (b->objs)
		ble_obj_drop(b, b->objs->path);
}

/* The link that an object belongs to: its device's path begins the object's. */
static struct ble_link *ble_link_of(struct ble *b, const char *path)
{
	for (struct ble_link *l = b->links; l; l = ble_link_next(l)) {
		char tail[sizeof("/dev_") + BLE_ADDR_MAX - 1] = "/dev_";
		const char *a = ble_link_address(l), *at;

		for (size_t i = 0; i < BLE_ADDR_MAX - 1; i++)
			tail[5 + i] = a[i] == ':' ? '_' : a[i];
		at = strstr(path, tail);
		if (at && (at[22] == 0 || at[22] == '/'))
			return l;
	}
	return NULL;
}

int ble_call(struct ble *b, sd_bus_slot **slot, const char *path, const char *iface,
	     const char *method, uint64_t timeout_s, sd_bus_message_handler_t done, void *ud,
	     const char *types, ...)
{
	SV_CLEANUP(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	va_list ap;
	int r;

	if (!b->bus)
		return -ENOTCONN;
	r = sd_bus_message_new_method_call(b->bus, &m, "org.bluez", path, iface, method);
	if (r >= 0 && *types) {
		va_start(ap, types);
		r = sd_bus_message_appendv(m, types, ap);
		va_end(ap);
	}
	if (r >= 0)
		r = sd_bus_call_async(b->bus, slot, m, done, ud, timeout_s * 1000000);
	return r;
}

/* ---- properties: wrong types and unknown names are stepped over ---- */

static int ble_read_flags(sd_bus_message *m, struct ble_obj *o)
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

static int ble_read_value(struct ble *b, sd_bus_message *m, struct ble_obj *o)
{
	struct ble_link *l = ble_link_of(b, o->path);
	const void *p;
	size_t n;
	int r = sd_bus_message_read_array(m, 'y', &p, &n);

	if (r >= 0 && l)
		ble_link_value(l, o->path, p, n);
	return r;
}

static void ble_copy(char *to, size_t room, const char *from)
{
	size_t n = strlen(from);

	if (n < room)
		memcpy(to, from, n + 1);
}

/* A variant's content of the type that a property has by BlueZ's documents. */
static int ble_read_prop(struct ble *b, sd_bus_message *m, struct ble_obj *o, const char *name)
{
	enum { P_STR, P_BOOL, P_I16, P_FLAGS, P_VALUE };
	static const struct {
		const char *name, *type;
		int what;
		size_t offset, room;
	} props[] = {
#define AT(f) offsetof(struct ble_obj, f), sizeof(((struct ble_obj *)0)->f)
		{ "Address", "s", P_STR, AT(address) },
		{ "UUID", "s", P_STR, AT(uuid) },
		{ "Adapter", "o", P_STR, AT(parent) },
		{ "Service", "o", P_STR, AT(parent) },
		{ "Powered", "b", P_BOOL, AT(powered) },
		{ "Connected", "b", P_BOOL, AT(connected) },
		{ "ServicesResolved", "b", P_BOOL, AT(resolved) },
		{ "RSSI", "n", P_I16, AT(rssi) },
		{ "Flags", "as", P_FLAGS, AT(flags) },
		{ "Value", "ay", P_VALUE, 0, 0 },
#undef AT
	};
	const char *type, *s;
	char c;
	int r = sd_bus_message_peek_type(m, &c, &type), flag;
	int16_t i16;

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
				ble_copy(at, props[i].room, s);
			break;
		case P_BOOL:
			r = sd_bus_message_read(m, "b", &flag);
			if (r >= 0)
				*(bool *)(void *)at = flag;
			break;
		case P_I16:
			r = sd_bus_message_read(m, "n", &i16);
			if (r >= 0) {
				o->rssi = i16;
				o->fresh = true;
			}
			break;
		case P_FLAGS:
			r = ble_read_flags(m, o);
			break;
		default:
			r = ble_read_value(b, m, o);
		}
		return r < 0 ? r : sd_bus_message_exit_container(m);
	}
	return sd_bus_message_skip(m, "v");
}

static int ble_read_props(struct ble *b, sd_bus_message *m, struct ble_obj *o)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = ble_read_prop(b, m, o, name);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void ble_changed(struct ble *b, struct ble_obj *o)
{
	struct ble_link *l = o->kind == BLE_DEVICE ? ble_link_of(b, o->path) : NULL;

	if (l)
		ble_link_changed(l, o);
	ble_wake(b);
}

/* a{sa{sv}}: interfaces of one object with their properties */
static int ble_read_object(struct ble *b, sd_bus_message *m, const char *path)
{
	const char *iface;
	int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		struct ble_obj *o = NULL;

		r = sd_bus_message_read(m, "s", &iface);
		for (int k = 0; r >= 0 && k < BLE_KIND__MAX; k++)
			if (strcmp(iface, ble_ifaces[k]) == 0)
				o = ble_obj_make(b, path, (enum ble_kind)k);
		if (r >= 0)
			r = o ? ble_read_props(b, m, o) : sd_bus_message_skip(m, "a{sv}");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (o)
			ble_changed(b, o);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int ble_on_added(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	const char *path;

	(void)err;
	if (sd_bus_message_read(m, "o", &path) < 0 || ble_read_object(ud, m, path) < 0)
		log_warn("bluetooth: BlueZ sent an InterfacesAdded that cannot be read");
	return 0;
}

static int ble_on_removed(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	struct ble_link *l;
	struct ble_obj *o;
	const char *path, *iface;
	bool gone = false;

	(void)err;
	if (sd_bus_message_read(m, "o", &path) < 0)
		return 0;
	o = ble_obj_find(b, path);
	if (!o || sd_bus_message_enter_container(m, 'a', "s") < 0)
		return 0;
	/* others come and go on the same path: Battery1 at each disconnect */
	while (sd_bus_message_read(m, "s", &iface) > 0)
		gone = gone || strcmp(iface, ble_ifaces[o->kind]) == 0;
	if (!gone)
		return 0;
	ble_obj_drop(b, path);
	l = ble_link_of(b, path);
	if (l)
		ble_link_gone(l, path);
	ble_wake(b);
	return 0;
}

static int ble_on_properties(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	const char *iface;
	struct ble_obj *o = ble_obj_find(b, sd_bus_message_get_path(m));

	(void)err;
	if (!o || sd_bus_message_read(m, "s", &iface) < 0 ||
	    strcmp(iface, ble_ifaces[o->kind]) != 0)
		return 0;
	if (ble_read_props(b, m, o) < 0)
		log_warn("bluetooth: BlueZ sent properties of %s that cannot be read", o->path);
	if (o->kind == BLE_DEVICE || o->kind == BLE_ADAPTER)
		ble_changed(b, o);
	return 0;
}

/* ---- the bus ---- */

static void ble_retry_in(struct ble *b, uint64_t us)
{
	sd_event_source_set_time_relative(b->retry, us);
	sd_event_source_set_enabled(b->retry, SD_EVENT_ONESHOT);
}

static void ble_retry_later(struct ble *b)
{
	ble_retry_in(b, BLE_RETRY_US);
}

static int ble_on_objects(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	const char *path;
	int r;

	(void)err;
	if (sd_bus_message_is_method_error(m, NULL)) {
		b->why = "bluez_unavailable";
		snprintf(b->why_text, sizeof(b->why_text), "bluetoothd does not answer: %s",
			 sd_bus_message_get_error(m)->message);
		ble_wake(b);
		ble_retry_later(b); /* it may be there and slow: no owner change would tell */
		return 0;
	}
	b->bluez = true;
	r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_read(m, "o", &path);
		if (r >= 0)
			r = ble_read_object(b, m, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r < 0)
		log_warn("bluetooth: BlueZ sent an object tree that cannot be read");
	ble_wake(b);
	return 0;
}

static void ble_ask_objects(struct ble *b)
{
	int r = ble_call(b, NULL, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
			 BLE_BUS_WAIT_S, ble_on_objects, b, "");

	if (r < 0)
		ble_bus_down(b, "bus_unavailable", strerror(-r));
}

static void ble_bluez_down(struct ble *b, const char *text)
{
	b->bluez = false;
	b->scan = BLE_SCAN_OFF;
	b->why = "bluez_unavailable";
	snprintf(b->why_text, sizeof(b->why_text), "%s", text);
	ble_objs_clear(b);
	ble_wake(b);
}

static int ble_on_owner(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	const char *name, *was, *is;

	(void)err;
	if (sd_bus_message_read(m, "sss", &name, &was, &is) < 0)
		return 0;
	if (*was)
		ble_bluez_down(ud, "bluetoothd has stopped; waiting for it to come back");
	if (*is)
		ble_ask_objects(ud);
	return 0;
}

static int ble_on_disconnected(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	(void)m;
	(void)err;
	ble_bus_down(ud, "bus_unavailable", "the D-Bus connection was lost; trying again");
	return 0;
}

static int ble_bus_up(struct ble *b)
{
	static const struct {
		const char *sender, *path, *iface, *member;
		sd_bus_message_handler_t fn;
	} signals[] = {
		{ "org.bluez", NULL, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
		  ble_on_added },
		{ "org.bluez", NULL, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
		  ble_on_removed },
		{ "org.bluez", NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged",
		  ble_on_properties },
		{ "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
		  "org.freedesktop.DBus.Local", "Disconnected", ble_on_disconnected },
	};
	int r;

	r = sd_bus_new(&b->bus);
	if (r >= 0) /* else it closes when the loop ends, before the packs were let go */
		r = sd_bus_set_close_on_exit(b->bus, 0);
	if (r >= 0 && strcmp(b->bus_address, "system") != 0)
		r = sd_bus_set_address(b->bus, b->bus_address);
	else if (r >= 0)
		r = sd_bus_set_address(b->bus, getenv("DBUS_SYSTEM_BUS_ADDRESS")
						       ?: "unix:path=/run/dbus/system_bus_socket");
	if (r >= 0)
		r = sd_bus_set_bus_client(b->bus, 1);
	if (r >= 0)
		r = sd_bus_negotiate_fds(b->bus, 1);
	if (r >= 0)
		r = sd_bus_start(b->bus);
	if (r >= 0)
		r = sd_bus_attach_event(b->bus, b->ev, SD_EVENT_PRIORITY_NORMAL);
	for (size_t i = 0; r >= 0 && i < SV_LEN(signals); i++)
		r = sd_bus_match_signal_async(b->bus, NULL, signals[i].sender, signals[i].path,
					      signals[i].iface, signals[i].member, signals[i].fn,
					      NULL, b);
	if (r >= 0)
		r = sd_bus_add_match_async(b->bus, NULL,
					   "type='signal',sender='org.freedesktop.DBus',"
					   "interface='org.freedesktop.DBus',member='"
					   "NameOwnerChanged',arg0='org.bluez'",
					   ble_on_owner, NULL, b);
	if (r < 0) {
		char text[160];

		snprintf(text, sizeof(text), "the D-Bus (%.80s) cannot be reached: %s",
			 b->bus_address, strerror(-r));
		ble_bus_down(b, "bus_unavailable", text);
		return r;
	}
	ble_ask_objects(b);
	return 0;
}

static int ble_on_retry(sd_event_source *s, uint64_t usec, void *ud)
{
	struct ble *b = ud;

	(void)s;
	(void)usec;
	if (!b->bus)
		ble_bus_up(b);
	else if (!b->bluez)
		ble_ask_objects(b);
	ble_wake(b);
	return 0;
}

static void ble_bus_down(struct ble *b, const char *why, const char *text)
{
	if (b->bus) {
		sd_bus_detach_event(b->bus);
		sd_bus_close_unref(b->bus);
		b->bus = NULL;
		b->leaving = 0;
	}
	ble_bluez_down(b, text);
	b->why = why;
	ble_retry_later(b);
}

/* ---- what to do next ---- */

static void ble_choose_adapter(struct ble *b)
{
	struct ble_obj *absent = NULL;

	if (b->adapter && b->adapter->powered)
		return;
	b->adapter = NULL;
	b->scan = BLE_SCAN_OFF;
	for (struct ble_obj *o = b->objs; o; o = o->next) {
		const char *name = strrchr(o->path, '/');

		if (o->kind != BLE_ADAPTER)
			continue;
		if (*b->adapter_name && name && strcmp(name + 1, b->adapter_name) != 0)
			continue;
		absent = o;
		if (o->powered && (!b->adapter || strcmp(o->path, b->adapter->path) < 0))
			b->adapter = o;
	}
	if (b->adapter || !b->bluez)
		return;
	b->why = absent ? "adapter_off" : "adapter_absent";
	if (absent)
		snprintf(b->why_text, sizeof(b->why_text),
			 "the Bluetooth adapter %s is switched off: switch it on (bluetoothctl "
			 "power on)",
			 strrchr(absent->path, '/') + 1);
	else
		snprintf(b->why_text, sizeof(b->why_text),
			 "there is no Bluetooth adapter%s%s: is it plugged in?",
			 *b->adapter_name ? " " : "", b->adapter_name);
}

static int ble_on_scan(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	const sd_bus_error *e = sd_bus_message_get_error(m);
	/* InProgress: it is on already */
	bool refused = e && !sd_bus_error_has_name(e, "org.bluez.Error.InProgress");

	(void)err;
	if (b->scan == BLE_SCAN_STARTING && refused) {
		b->scan = BLE_SCAN_OFF;
		ble_retry_later(b);
		return 0;
	}
	if (b->scan == BLE_SCAN_STARTING) {
		b->scan = BLE_SCAN_ON;
		b->scan_ms = clock_mono_ms();
	} else if (b->scan == BLE_SCAN_STOPPING) {
		b->scan = BLE_SCAN_OFF; /* an error means that it was off */
	}
	ble_wake(b);
	return 0;
}

static void ble_scan_set(struct ble *b, bool on)
{
	int r = 0;

	if (on)
		r = ble_call(b, NULL, b->adapter->path, "org.bluez.Adapter1", "SetDiscoveryFilter",
			     BLE_BUS_WAIT_S, NULL, NULL, "a{sv}", 2, "Transport", "s", "le",
			     "DuplicateData", "b", 0);
	b->scan = on ? BLE_SCAN_STARTING : BLE_SCAN_STOPPING;
	if (r >= 0)
		r = ble_call(b, NULL, b->adapter->path, "org.bluez.Adapter1",
			     on ? "StartDiscovery" : "StopDiscovery", BLE_BUS_WAIT_S, ble_on_scan,
			     b, "");
	if (r < 0) {
		b->scan = BLE_SCAN_OFF;
		ble_retry_later(b);
	}
}

/* One connection attempt at a time, never while scanning: BlueZ refuses or stalls otherwise. */
static int ble_work(sd_event_source *s, void *ud)
{
	struct ble *b = ud;
	struct ble_link *next = NULL;
	bool search = false;
	int ready = 0;

	(void)s;
	ble_choose_adapter(b);
	if (!b->adapter) {
		for (struct ble_link *l = b->links; l; l = ble_link_next(l))
			ble_link_unavailable(l);
		return 0;
	}
	for (struct ble_link *l = b->links; l; l = ble_link_next(l)) {
		int r;

		ble_link_available(l);
		r = ble_link_ready(l);

		search = search || ble_link_wants_scan(l) || r == 1;
		if (r > ready || (r && r == ready && ble_link_waited(l) < ble_link_waited(next))) {
			next = l;
			ready = r;
		}
	}
	if (b->connecting)
		return 0;
	/* packs that are away must not keep the others from being heard */
	if (ready == 1 && (!b->scan_ms || clock_mono_ms() - b->scan_ms < BLE_LISTEN_MS)) {
		next = NULL;
		ble_retry_later(b);
	}
	if (next && search && b->scan == BLE_SCAN_ON &&
	    clock_mono_ms() - b->scan_ms < BLE_GATHER_MS) {
		ble_retry_in(b, BLE_GATHER_MS * 1000);
	} else if (next && b->scan == BLE_SCAN_ON) {
		ble_scan_set(b, false);
	} else if (next && b->scan == BLE_SCAN_OFF) {
		if (ready == 1)
			b->scan_ms = 0;
		ble_link_connect(next);
	} else if (!next && search && b->scan == BLE_SCAN_OFF) {
		ble_scan_set(b, true);
	} else if (!next && !search && b->scan == BLE_SCAN_ON) {
		ble_scan_set(b, false);
	}
	return 0;
}

void ble_wake(struct ble *b)
{
	sd_event_source_set_enabled(b->work, SD_EVENT_ONESHOT);
}

int ble_new(struct ble **ret, sd_event *ev, const char *bus, const char *adapter, struct err *e)
{
	struct ble *b = calloc(1, sizeof(*b));
	int r = b ? 0 : -ENOMEM;

	if (r == 0 &&
	    (strlen(bus) >= sizeof(b->bus_address) || strlen(adapter) >= sizeof(b->adapter_name)))
		r = -ENAMETOOLONG;
	if (r == 0) {
		memcpy(b->bus_address, bus, strlen(bus) + 1);
		memcpy(b->adapter_name, adapter, strlen(adapter) + 1);
		b->ev = sd_event_ref(ev);
		r = sd_event_add_time_relative(ev, &b->retry, CLOCK_MONOTONIC, 0, 0, ble_on_retry,
					       b);
	}
	if (r >= 0)
		r = sd_event_add_defer(ev, &b->work, ble_work, b);
	if (r < 0) {
		ble_free(b);
		return err_set(e, r, "bluetooth: %s", strerror(-r));
	}
	b->why = "bus_unavailable";
	sd_event_source_set_enabled(b->work, SD_EVENT_OFF);
	*ret = b;
	return 0;
}

static int ble_on_left(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;

	(void)m;
	(void)err;
	b->leaving--;
	return 0;
}

void ble_disconnect(struct ble *b, const char *device)
{
	if (ble_call(b, NULL, device, "org.bluez.Device1", "Disconnect", 10, ble_on_left, b, "") >=
	    0)
		b->leaving++;
}

/* Waits until the packs are let go: bluetoothd may not get to a request whose sender has gone. */
static void ble_leave(struct ble *b)
{
	int64_t until = clock_mono_ms() + BLE_LEAVE_MS;

	while (b->bus && b->leaving && clock_mono_ms() < until) {
		int r = sd_bus_process(b->bus, NULL);

		if (r == 0 && b->bus)
			r = sd_bus_wait(b->bus, 200000);
		if (r < 0)
			break;
	}
}

void ble_free(struct ble *b)
{
	if (!b)
		return;
	ble_leave(b);
	sd_event_source_disable_unref(b->retry);
	sd_event_source_disable_unref(b->work);
	if (b->bus) {
		sd_bus_flush(b->bus);
		sd_bus_close_unref(b->bus);
	}
	ble_objs_clear(b);
	sd_event_unref(b->ev);
	free(b);
}
