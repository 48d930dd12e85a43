/*
 * A connected peer's characteristics: finding them, notifications by either method, writing, and
 * pairing where the peer demands it.
 */
#include "ble_link_priv.h"

#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define GATT_SUBSCRIBE_S 15
#define GATT_LOOKS	 6 /* for characteristics that BlueZ doesn't show yet */
#define GATT_LOOK_MS	 300
#define GATT_PAIR_S	 40
#define GATT_SWITCH_MS	 1000 /* BlueZ has to see that the descriptor was closed */

int link_take_fd(struct ble_link *l)
{
	int fd = l->fd;

	l->io = sd_event_source_disable_unref(l->io);
	l->fd = -1;
	return fd;
}

/* ---- finding ---- */

/* The first of the service that can do one of flags; the preferred one where it can. */
static const struct ble_obj *gatt_char(const struct ble_link *l, const struct ble_obj *service,
				       unsigned flags, const struct ble_obj *preferred)
{
	const struct ble_obj *best = NULL;

	for (const struct ble_obj *o = l->ble->tree.objs; o; o = o->next) {
		if (o->kind != BLE_CHAR || strcmp(o->parent, service->path) != 0 ||
		    !(o->flags & flags))
			continue;
		if (o == preferred)
			return o;
		if (!best || strcmp(o->path, best->path) < 0)
			best = o;
	}
	return best;
}

/* By properties, not by UUID alone: one module has two characteristics of the same UUID. A device
 * that shows the service twice is taken by the first that has what is needed. */
static const char *gatt_find(struct ble_link *l)
{
	const struct ble_obj *notify = NULL, *write = NULL, *of = NULL;
	size_t n = strlen(l->device);
	bool service = false;

	for (const struct ble_obj *o = l->ble->tree.objs; o; o = o->next) {
		const struct ble_obj *no, *wr;

		if (o->kind != BLE_SERVICE || strncmp(o->path, l->device, n) != 0 ||
		    o->path[n] != '/' || strcasecmp(o->uuid, l->service) != 0)
			continue;
		service = true;
		no = gatt_char(l, o, BLE_CAN_NOTIFY, NULL);
		wr = gatt_char(l, o, BLE_CAN_WRITE | BLE_CAN_WRITE_CMD, no);
		if (no && wr && (!of || strcmp(o->path, of->path) < 0)) {
			of = o;
			notify = no;
			write = wr;
		}
	}
	if (!of)
		return service ? "no_characteristic" : "no_service";
	memcpy(l->notify_path, notify->path, sizeof(l->notify_path));
	memcpy(l->write_path, write->path, sizeof(l->write_path));
	l->write_flags = write->flags;
	return NULL;
}

/* ---- pairing ---- */

/* The characteristic is there, but wants a paired link. */
static bool gatt_wants_pairing(sd_bus_message *m)
{
	static const char *const texts[] = { "Not paired", "ATT error: 0x05", "ATT error: 0x08",
					     "ATT error: 0x0c", "ATT error: 0x0f" };

	if (sd_bus_message_is_method_error(m, "org.bluez.Error.NotAuthorized"))
		return true;
	for (size_t i = 0; i < SV_LEN(texts); i++)
		if (strstr(link_error(m), texts[i]))
			return true;
	return false;
}

static int gatt_on_paired(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;

	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	if (!sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_is_method_error(m, "org.bluez.Error.AlreadyExists"))
		link_subscribe(l);
	else if (l->pin_asked && !*l->pin)
		link_fail(l, "pairing_needed",
			  "it wants to be paired with a PIN: enter the one that the maker's app "
			  "asks for (often 123456) among this battery's settings");
	else if (l->pin_asked)
		link_fail(l, "pin_refused",
			  "the PIN was refused: correct it among this battery's settings");
	else
		link_fail(l, "pairing_failed",
			  "it demands pairing and refuses ours: switch its Bluetooth PIN off in "
			  "the maker's app, or ask for other firmware");
	return BLE_ANSWERED;
}

static void gatt_pair(struct ble_link *l)
{
	int r;

	l->pairing = true;
	l->pin_asked = false;
	link_step(l, PAIR, (GATT_PAIR_S + 5) * 1000);
	r = ble_call(l->ble, &l->call, l->device, "org.bluez.Device1", "Pair", GATT_PAIR_S,
		     gatt_on_paired, l, "");
	if (r < 0)
		link_fail(l, "pairing_failed", strerror(-r));
}

const char *ble_link_pin(struct ble *b, const char *path, bool asked)
{
	struct ble_link *l = ble_link_of(b, path);

	if (!l)
		return NULL;
	l->pin_asked = l->pin_asked || asked;
	return l->pin;
}

/* ---- notifications ---- */

static int gatt_on_readable(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	struct ble_link *l = ud;
	uint8_t buf[1024];
	ssize_t n;

	(void)s;
	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		l->link.owner.data(l->link.owner.ud, buf, (size_t)n);
	if (n == 0 || events & (EPOLLHUP | EPOLLERR) ||
	    (n < 0 && errno != EAGAIN && errno != EINTR))
		link_fail(l, "link_dropped", "the link dropped");
	return 0;
}

void ble_link_value(struct ble_link *l, const char *path, const uint8_t *p, size_t n)
{
	if (l->step == UP && l->fd < 0 && strcmp(path, l->notify_path) == 0)
		l->link.owner.data(l->link.owner.ud, p, n);
}

static void gatt_refused(struct ble_link *l, sd_bus_message *m)
{
	if (gatt_wants_pairing(m) && !l->pairing) {
		gatt_pair(l);
		return;
	}
	if (strcmp(link_error(m), "Not connected") == 0)
		l->phantoms++;
	link_fail(l, "notify_failed", link_error(m));
}

static int gatt_on_started(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;

	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	/* InProgress: it is on, from an earlier life */
	if (sd_bus_message_is_method_error(m, NULL) &&
	    !sd_bus_message_is_method_error(m, "org.bluez.Error.InProgress"))
		gatt_refused(l, m);
	else
		link_up(l, "signal", 0);
	return BLE_ANSWERED;
}

static int gatt_on_acquired(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;
	uint16_t mtu;
	int fd, r;

	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	if (sd_bus_message_is_method_error(m, NULL)) {
		if (l->notify == BLE_NOTIFY_AUTO && !gatt_wants_pairing(m)) {
			l->by_signal = true;
			link_notify(l);
		} else {
			gatt_refused(l, m);
		}
		return BLE_ANSWERED;
	}
	r = sd_bus_message_read(m, "hq", &fd, &mtu); /* the message owns fd */
	if (r >= 0 && (l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
		r = -errno;
	if (r >= 0)
		r = sd_event_add_io(l->ble->ev, &l->io, l->fd, EPOLLIN, gatt_on_readable, l);
	if (r < 0)
		link_fail(l, "notify_failed", strerror(-r));
	else
		link_up(l, "fd", mtu);
	return BLE_ANSWERED;
}

void link_notify(struct ble_link *l)
{
	bool signal = l->by_signal;
	int r;

	link_step(l, SUBSCRIBE, (GATT_SUBSCRIBE_S + 5) * 1000);
	if (signal)
		r = ble_call(l->ble, &l->call, l->notify_path, "org.bluez.GattCharacteristic1",
			     "StartNotify", GATT_SUBSCRIBE_S, gatt_on_started, l, "");
	else
		r = ble_call(l->ble, &l->call, l->notify_path, "org.bluez.GattCharacteristic1",
			     "AcquireNotify", GATT_SUBSCRIBE_S, gatt_on_acquired, l, "a{sv}", 0);
	if (r < 0)
		link_fail(l, "notify_failed", strerror(-r));
}

void link_subscribe(struct ble_link *l)
{
	const char *missing = gatt_find(l); /* anew at each connection: handles move */

	if (!missing) {
		link_notify(l);
		return;
	}
	if (l->looks++ < GATT_LOOKS) {
		link_step(l, RESOLVE, GATT_LOOK_MS);
		return;
	}
	l->bare++;
	link_fail(l, missing,
		  "connected, but it does not offer the expected GATT service: is it the right "
		  "device?");
}

/* ---- the other method ---- */

static int gatt_on_stopped(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;

	(void)m; /* an error: it was off */
	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	link_notify(l);
	return BLE_ANSWERED;
}

void link_resubscribe(struct link *link)
{
	struct ble_link *l = (struct ble_link *)link;
	bool by_fd = l->fd >= 0;
	int r = 0;

	if (l->step != UP)
		return;
	link_cure_tried(link, LINK_RESUBSCRIBE, clock_wall_ms());
	if (l->notify == BLE_NOTIFY_AUTO)
		l->by_signal = !l->by_signal;
	link_step(l, SWITCH, GATT_SWITCH_MS);
	if (by_fd)
		close(link_take_fd(l)); /* BlueZ sees it and stops */
	else
		r = ble_call(l->ble, &l->call, l->notify_path, "org.bluez.GattCharacteristic1",
			     "StopNotify", GATT_SUBSCRIBE_S, gatt_on_stopped, l, "");
	if (r < 0)
		link_fail(l, "notify_failed", strerror(-r));
	else if (!by_fd)
		link_step(l, SWITCH, (GATT_SUBSCRIBE_S + 5) * 1000);
}

int link_write(struct link *link, const uint8_t *p, size_t n)
{
	struct ble_link *l = (struct ble_link *)link;
	SV_CLEANUP(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r;

	if (l->step != UP)
		return -ENOTCONN;
	r = sd_bus_message_new_method_call(l->ble->bus, &m, "org.bluez", l->write_path,
					   "org.bluez.GattCharacteristic1", "WriteValue");
	if (r >= 0)
		r = sd_bus_message_append_array(m, 'y', p, n);
	if (r >= 0)
		r = sd_bus_message_append(m, "a{sv}", 1, "type", "s",
					  l->write_flags & BLE_CAN_WRITE_CMD ? "command"
									     : "request");
	if (r >= 0)
		r = sd_bus_message_set_expect_reply(m, 0);
	return r < 0 ? r : sd_bus_send(l->ble->bus, m, NULL);
}
