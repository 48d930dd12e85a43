#include "ble_link_priv.h"

#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define BLE_RETRY_US   (2 * 1000000ull)
#define BLE_TICK_US    500000ull
#define BLE_BUS_WAIT_S 25

static void ble_bus_down(struct ble *b, const char *why, const char *text);

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

/* ---- what BlueZ says ---- */

static bool ble_was_let_go(struct ble *b, const char *address)
{
	for (unsigned i = 0; i < b->n_stale; i++)
		if (strcasecmp(b->stale[i], address) == 0) {
			memcpy(b->stale[i], b->stale[--b->n_stale], BLE_ADDR_MAX);
			return true;
		}
	return false;
}

static void ble_on_changed(void *ud, struct ble_obj *o)
{
	struct ble *b = ud;
	struct ble_link *l;

	if (o->kind == BLE_ADAPTER)
		ble_adapter_changed(b, o);
	if (o->kind == BLE_DEVICE) {
		l = ble_link_of(b, o->path);
		if (!o->connected)
			ble_unlinked(b, o->path);
		if (l)
			ble_link_changed(l, o);
		else if (o->connected && ble_was_let_go(b, o->address))
			ble_part(b, o->path, -1);
	}
	ble_wake(b);
}

static void ble_on_value(void *ud, const char *path, const uint8_t *p, size_t n)
{
	struct ble_link *l = ble_link_of(ud, path);

	if (l)
		ble_link_value(l, path, p, n);
}

static int ble_on_added(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	const char *path;

	(void)err;
	if (sd_bus_message_read(m, "o", &path) < 0 ||
	    ble_tree_read(&b->tree, m, path, clock_mono_ms()) < 0)
		log_warn("bluetooth: BlueZ sent an InterfacesAdded that cannot be read");
	return 0;
}

static void ble_gone(struct ble *b, const char *path, enum ble_kind kind)
{
	struct ble_link *l = ble_link_of(b, path);

	ble_tree_drop(&b->tree, path);
	if (kind == BLE_ADAPTER)
		ble_adapter_gone(b, path);
	if (kind == BLE_DEVICE)
		ble_parted(b, path);
	if (l)
		ble_link_gone(l, path);
	ble_wake(b);
}

static int ble_on_removed(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	struct ble_obj *o;
	const char *path, *iface;
	bool gone = false;

	(void)err;
	if (sd_bus_message_read(m, "o", &path) < 0)
		return 0;
	o = ble_tree_find(&b->tree, path);
	if (!o || sd_bus_message_enter_container(m, 'a', "s") < 0)
		return 0;
	/* others come and go on the same path: Battery1 at each disconnect */
	while (sd_bus_message_read(m, "s", &iface) > 0)
		gone = gone || strcmp(iface, ble_iface(o->kind)) == 0;
	if (gone)
		ble_gone(b, path, o->kind);
	return 0;
}

static int ble_on_properties(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;
	struct ble_obj *o = ble_tree_find(&b->tree, sd_bus_message_get_path(m));

	(void)err;
	if (o && ble_tree_update(&b->tree, m, o, clock_mono_ms()) < 0)
		log_warn("bluetooth: BlueZ sent properties of %s that cannot be read", o->path);
	return 0;
}

/* ---- the bus ---- */

static void ble_retry_later(struct ble *b)
{
	sd_event_source_set_time_relative(b->retry, BLE_RETRY_US);
	sd_event_source_set_enabled(b->retry, SD_EVENT_ONESHOT);
}

/* A Connect that an earlier life died of goes on in BlueZ, and nobody is scanned for or connected
 * until it is cancelled. Where there is none this is only refused. */
static void ble_cancel_old(struct ble *b)
{
	if (b->cancelled_ms)
		return;
	b->cancelled_ms = clock_mono_ms();
	for (const struct ble_obj *o = b->tree.objs; o; o = o->next)
		if (o->kind == BLE_DEVICE && !o->connected && ble_link_of(b, o->path))
			ble_part(b, o->path, -1);
}

static int ble_on_objects(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble *b = ud;

	(void)err;
	if (sd_bus_message_is_method_error(m, NULL)) {
		b->why = "bluez_unavailable";
		snprintf(b->why_text, sizeof(b->why_text), "bluetoothd does not answer: %s",
			 link_error(m));
		ble_wake(b);
		ble_retry_later(b); /* it may be there and slow: no owner change would tell */
		return BLE_ANSWERED;
	}
	b->bluez = true;
	snprintf(b->bluez_owner, sizeof(b->bluez_owner), "%s", sd_bus_message_get_sender(m) ?: "");
	if (ble_tree_read_all(&b->tree, m, clock_mono_ms()) < 0)
		log_warn("bluetooth: BlueZ sent an object tree that cannot be read");
	b->n_stale = 0; /* what an earlier life left behind has been seen now */
	ble_cancel_old(b);
	ble_agent_register(b);
	ble_wake(b);
	return BLE_ANSWERED;
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
	b->bluez_owner[0] = 0;
	b->why = "bluez_unavailable";
	snprintf(b->why_text, sizeof(b->why_text), "%s", text);
	for (unsigned i = 0; i < b->n_adapters; i++)
		ble_adapter_gone(b, b->adapters[i].path);
	ble_part_all(b);
	ble_tree_clear(&b->tree);
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
	if (r >= 0)
		r = ble_agent_export(b);
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
	ble_part_all(b); /* their calls end with the bus */
	if (b->bus) {
		sd_bus_detach_event(b->bus);
		sd_bus_close_unref(b->bus);
		b->bus = NULL;
	}
	ble_bluez_down(b, text);
	b->why = why;
	ble_retry_later(b);
}

/* ---- what to do next ---- */

static bool ble_busy(const struct ble *b)
{
	bool busy = b->partings || b->survey_until_ms;

	for (unsigned i = 0; i < b->n_adapters; i++)
		busy = busy || b->adapters[i].cycle != BLE_CYCLE_NONE ||
		       (b->adapters[i].obj && !b->adapters[i].was_on) ||
		       b->adapters[i].scan != BLE_SCAN_OFF;
	for (struct ble_link *l = b->links; l && !busy; l = ble_link_next(l))
		busy = !ble_link_settled(l);
	return busy;
}

static int ble_work(sd_event_source *s, void *ud)
{
	struct ble *b = ud;
	int64_t now = clock_mono_ms();
	bool works = false;

	(void)s;
	ble_part_late(b, now);
	if (b->survey_until_ms && now >= b->survey_until_ms)
		ble_survey_stop(b);
	for (unsigned i = 0; i < b->n_adapters; i++)
		works = works || ble_adapter_works(&b->adapters[i]);
	if (!works && b->bluez)
		ble_adapters_why(b);
	for (struct ble_link *l = b->links; l; l = ble_link_next(l))
		if (!works)
			ble_link_unavailable(l, b->why, b->why_text);
		else if (ble_link_has_adapter(l))
			ble_link_available(l);
		else
			ble_link_unavailable(
				l, "adapter_absent",
				"the Bluetooth adapter chosen for it is off or absent");
	for (unsigned i = 0; i < b->n_adapters; i++)
		ble_adapter_work(&b->adapters[i], now);
	if (b->bluez && ble_busy(b)) {
		sd_event_source_set_time_relative(b->tick, BLE_TICK_US);
		sd_event_source_set_enabled(b->tick, SD_EVENT_ONESHOT);
	}
	return 0;
}

static int ble_on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	(void)s;
	(void)usec;
	ble_wake(ud);
	return 0;
}

void ble_wake(struct ble *b)
{
	sd_event_source_set_enabled(b->work, SD_EVENT_ONESHOT);
}

void ble_let_go(struct ble *b, const char *address)
{
	if (b->bluez || b->n_stale == SV_LEN(b->stale) || !ble_is_address(address))
		return;
	snprintf(b->stale[b->n_stale++], BLE_ADDR_MAX, "%s", address);
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
		b->tree = (struct ble_tree){ .changed = ble_on_changed,
					     .value = ble_on_value,
					     .ud = b };
		b->ev = sd_event_ref(ev);
		r = sd_event_add_time_relative(ev, &b->retry, CLOCK_MONOTONIC, 0, 0, ble_on_retry,
					       b);
	}
	if (r >= 0)
		r = sd_event_add_time_relative(ev, &b->tick, CLOCK_MONOTONIC, BLE_TICK_US, 50000,
					       ble_on_tick, b);
	if (r >= 0)
		r = sd_event_add_defer(ev, &b->work, ble_work, b);
	if (r < 0) {
		ble_free(b);
		return err_set(e, r, "bluetooth: %s", strerror(-r));
	}
	b->why = "bus_unavailable";
	snprintf(b->why_text, sizeof(b->why_text), "BlueZ has not answered yet");
	sd_event_source_set_enabled(b->tick, SD_EVENT_OFF);
	sd_event_source_set_enabled(b->work, SD_EVENT_OFF);
	*ret = b;
	return 0;
}

void ble_free(struct ble *b)
{
	if (!b)
		return;
	for (unsigned i = 0; i < b->n_adapters; i++)
		ble_adapter_leave(&b->adapters[i]);
	ble_part_wait(b);
	sd_event_source_disable_unref(b->retry);
	sd_event_source_disable_unref(b->tick);
	sd_event_source_disable_unref(b->work);
	if (b->bus) {
		sd_bus_flush(b->bus);
		sd_bus_close_unref(b->bus);
	}
	ble_tree_clear(&b->tree);
	sd_event_unref(b->ev);
	free(b);
}
