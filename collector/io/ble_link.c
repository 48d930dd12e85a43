/*
 * One peer over BlueZ.
 *
 *	SEEK ──advertised──> QUEUED ──our turn──> CONNECT ──> RESOLVE ──> SUBSCRIBE ──> UP
 *	  ^                                          │            │            │         │
 *	  └────────── backoff over ── LOST <─────────┴────────────┴────────────┴─────────┘
 */
#include "ble_priv.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define BLE_CONNECT_S	12 /* BlueZ would wait 40, and nobody else may connect meanwhile */
#define BLE_RESOLVE_S	30
#define BLE_SUBSCRIBE_S 15
#define BLE_BLIND_S	20   /* known to BlueZ but not heard for so long: try all the same */
#define BLE_DROP_MS	4000 /* Disconnect takes BlueZ about 2 s */
#define BLE_BACKOFF_MS	1000
#define BLE_BACKOFF_MAX 60000
#define BLE_FORGET	3 /* tries without services after which BlueZ's cache is thrown away */

enum step { SEEK, QUEUED, CONNECT, RESOLVE, SUBSCRIBE, UP, LOST };

struct ble_link {
	struct link link;
	struct ble *ble;
	struct ble_link *next;
	char address[BLE_ADDR_MAX], service[BLE_UUID_MAX];
	enum ble_notify notify;
	enum step step;
	char device[BLE_PATH_MAX], notify_path[BLE_PATH_MAX], write_path[BLE_PATH_MAX];
	unsigned write_flags;
	sd_bus_slot *call;	/* the one request in flight; unreferencing it forgets the answer */
	sd_event_source *timer; /* deadline of the step, end of the backoff */
	sd_event_source *fd;	/* notifications, when by descriptor */
	sd_event_source *tell;	/* the owner hears from the loop, never from within its own call */
	const char *reason;	/* what the owner is to hear; string constants only */
	char detail[160];
	unsigned fails; /* in a row */
	unsigned bare;	/* in a row without services */
	int64_t tried_ms;
	bool woken;	     /* since it was unavailable */
	int64_t dropping_ms; /* until then a connected device is the old link, not a new one */
};

static const char not_seen[] = "not_seen";

static void link_step(struct ble_link *l, enum step step, uint64_t timeout_ms);
static void link_fail(struct ble_link *l, const char *reason, const char *detail);
static void link_subscribe(struct ble_link *l);

const char *ble_link_address(const struct ble_link *l)
{
	return l->address;
}

struct ble_link *ble_link_next(struct ble_link *l)
{
	return l->next;
}

int64_t ble_link_waited(const struct ble_link *l)
{
	return l->tried_ms;
}

/* This peer's device object on the adapter in use, or NULL. */
static struct ble_obj *link_device(struct ble_link *l)
{
	for (struct ble_obj *o = l->ble->objs; o; o = o->next)
		if (o->kind == BLE_DEVICE && strcasecmp(o->address, l->address) == 0 &&
		    l->ble->adapter && strcmp(o->parent, l->ble->adapter->path) == 0)
			return o;
	return NULL;
}

bool ble_link_wants_scan(const struct ble_link *l)
{
	return l->step == SEEK;
}

int ble_link_ready(struct ble_link *l)
{
	struct ble_obj *o = l->step == QUEUED ? link_device(l) : NULL;

	if (l->step != QUEUED)
		return 0;
	return !o || o->fresh || o->connected ? 2 : 1; /* gone: its turn finds out */
}

static int link_on_tell(sd_event_source *s, void *ud)
{
	struct ble_link *l = ud;

	(void)s;
	l->link.owner.state(l->link.owner.ud, l->link.state, l->reason,
			    l->detail[0] ? l->detail : NULL);
	return 0;
}

static void link_tell(struct ble_link *l, enum link_state state, const char *reason,
		      const char *detail)
{
	l->link.state = state;
	l->reason = reason;
	if (detail != l->detail)
		snprintf(l->detail, sizeof(l->detail), "%s", detail ? detail : "");
	sd_event_source_set_enabled(l->tell, SD_EVENT_ONESHOT);
}

/* Lets go of everything that belongs to the present connection. */
static void link_release(struct ble_link *l)
{
	l->call = sd_bus_slot_unref(l->call);
	l->fd = sd_event_source_disable_unref(l->fd);
	l->notify_path[0] = l->write_path[0] = 0;
	l->link.mtu = 0;
	l->link.notify = NULL;
	if (l->ble->connecting == l) {
		l->ble->connecting = NULL;
		ble_wake(l->ble);
	}
}

static void link_disconnect(struct ble_link *l)
{
	if (l->device[0] && l->ble->bluez)
		ble_disconnect(l->ble, l->device);
}

static void link_deadline(struct ble_link *l, uint64_t ms)
{
	sd_event_source_set_time_relative(l->timer, ms * 1000);
	sd_event_source_set_enabled(l->timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int link_on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	struct ble_link *l = ud;
	struct ble_obj *o;

	(void)s;
	(void)usec;
	switch (l->step) {
	case SEEK:
		o = link_device(l);
		if (o) /* BlueZ knows it of old: a directed try costs less than waiting for ever */
			link_step(l, QUEUED, 0);
		else if (l->reason != not_seen)
			link_tell(l, LINK_SEARCHING, not_seen,
				  "no advertisement heard: is it near, switched on, and not "
				  "connected to another phone?");
		if (!o)
			link_deadline(l, BLE_BLIND_S * 1000);
		break;
	case LOST:
		if (!l->ble->adapter) {
			link_deadline(l, BLE_BACKOFF_MS);
			break;
		}
		o = link_device(l);
		if (o && o->connected && clock_mono_ms() < l->dropping_ms) {
			link_deadline(l,
				      BLE_BACKOFF_MS); /* the old link is still being taken down */
			break;
		}
		link_step(l, o && (o->fresh || o->connected) ? QUEUED : SEEK, 0);
		break;
	case CONNECT:
		link_fail(l, "connect_failed", "BlueZ did not answer the connection request");
		break;
	case RESOLVE:
		l->bare++;
		link_fail(l, "no_service", "connected, but its services were not found");
		break;
	case SUBSCRIBE:
		link_fail(l, "notify_failed", "BlueZ did not answer the request for notifications");
		break;
	case QUEUED:
	case UP:
		break;
	}
	return 0;
}

static void link_step(struct ble_link *l, enum step step, uint64_t timeout_ms)
{
	l->step = step;
	if (step == SEEK) {
		if (!timeout_ms)
			timeout_ms = BLE_BLIND_S * 1000;
		if (l->link.state != LINK_SEARCHING)
			link_tell(l, LINK_SEARCHING, l->fails ? l->reason : NULL,
				  l->fails ? l->detail : NULL);
	}
	link_deadline(l, timeout_ms);
	ble_wake(l->ble);
}

static void link_fail(struct ble_link *l, const char *reason, const char *detail)
{
	uint32_t shift = l->fails < 6 ? l->fails : 6;
	int64_t ms = (int64_t)BLE_BACKOFF_MS << shift;

	if (ms > BLE_BACKOFF_MAX)
		ms = BLE_BACKOFF_MAX;
	/* jitter from the address and the count, so that packs that fell together rise apart */
	ms += ms / 8 * ((l->address[16] + (int)l->fails) % 3 - 1);
	l->fails++;
	link_release(l);
	link_disconnect(l);
	l->dropping_ms = clock_mono_ms() + BLE_DROP_MS;
	if (l->bare >= BLE_FORGET && l->ble->adapter && l->device[0]) {
		l->bare = 0;
		ble_call(l->ble, NULL, l->ble->adapter->path, "org.bluez.Adapter1", "RemoveDevice",
			 10, NULL, NULL, "o", l->device);
	}
	link_tell(l, LINK_LOST, reason, detail);
	link_step(l, LOST, (uint64_t)ms);
}

void ble_link_unavailable(struct ble_link *l)
{
	struct ble *b = l->ble;

	if (l->link.state == LINK_UNAVAILABLE && l->reason == b->why &&
	    strncmp(l->detail, b->why_text, sizeof(l->detail) - 1) == 0)
		return;
	link_release(l);
	l->fails = 0;
	l->woken = false;
	l->step = LOST;
	link_deadline(l, BLE_BACKOFF_MS);
	link_tell(l, LINK_UNAVAILABLE, b->why, b->why_text);
}

void ble_link_available(struct ble_link *l)
{
	if (l->step == LOST && l->link.state == LINK_UNAVAILABLE && !l->woken) {
		l->woken = true;
		link_deadline(l, 1);
	}
}

/* ---- connecting ---- */

/* The error's own text: BlueZ puts the cause there ("le-connection-abort-by-local"). */
static const char *link_error(sd_bus_message *m)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	return e->message && *e->message ? e->message : e->name;
}

static int link_on_connected(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;
	struct ble_obj *o = link_device(l);

	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	if (sd_bus_message_is_method_error(m, "org.bluez.Error.AlreadyConnected") == 0 &&
	    sd_bus_message_is_method_error(m, NULL)) {
		link_fail(l, "connect_failed",
			  sd_bus_message_get_errno(m) == ETIMEDOUT
				  ? "it was heard, but does not answer: is it too far away?"
				  : link_error(m));
		return 0;
	}
	if (!o) {
		link_fail(l, "link_dropped", "it vanished while connecting");
		return 0;
	}
	if (l->step == CONNECT)
		link_step(l, RESOLVE, BLE_RESOLVE_S * 1000);
	if (o->resolved)
		link_subscribe(l);
	return 0;
}

void ble_link_connect(struct ble_link *l)
{
	struct ble_obj *o = link_device(l);
	int r;

	l->tried_ms = clock_mono_ms();
	if (!o) {
		link_step(l, SEEK, 0);
		return;
	}
	l->ble->connecting = l;
	o->fresh = false;
	memcpy(l->device, o->path, sizeof(l->device));
	link_tell(l, LINK_CONNECTING, NULL, NULL);
	link_step(l, CONNECT, (BLE_CONNECT_S + 5) * 1000);
	r = ble_call(l->ble, &l->call, l->device, "org.bluez.Device1", "Connect", BLE_CONNECT_S,
		     link_on_connected, l, "");
	if (r < 0)
		link_fail(l, "connect_failed", strerror(-r));
}

void ble_link_changed(struct ble_link *l, const struct ble_obj *o)
{
	if (link_device(l) != o)
		return;
	if (o->rssi)
		l->link.rssi = o->rssi;
	switch (l->step) {
	case SEEK:
		if (o->fresh || o->connected)
			link_step(l, QUEUED, 0);
		break;
	case RESOLVE:
		if (!o->connected)
			link_fail(l, "link_dropped",
				  "the link dropped before its services were known");
		else if (o->resolved)
			link_subscribe(l);
		break;
	case SUBSCRIBE:
	case UP:
		if (!o->connected)
			link_fail(l, "link_dropped", "the link dropped");
		break;
	case QUEUED:
	case CONNECT: /* the answer to Connect decides */
	case LOST:
		break;
	}
}

void ble_link_gone(struct ble_link *l, const char *path)
{
	if ((l->step == SUBSCRIBE || l->step == UP) && strcmp(path, l->notify_path) == 0)
		link_fail(l, "link_dropped", "its services went away");
	else if (l->step >= CONNECT && l->step <= UP && strcmp(path, l->device) == 0)
		link_fail(l, "link_dropped", "BlueZ forgot the device");
}

/* ---- notifications ---- */

static void link_up(struct ble_link *l, const char *how, unsigned mtu)
{
	l->link.notify = how;
	l->link.mtu = mtu;
	l->link.ups++;
	l->fails = l->bare = 0;
	if (l->ble->connecting == l)
		l->ble->connecting = NULL;
	link_step(l, UP, 0);
	link_tell(l, LINK_UP, NULL, NULL);
}

void ble_link_value(struct ble_link *l, const char *path, const uint8_t *p, size_t n)
{
	if (l->step == UP && !l->fd && strcmp(path, l->notify_path) == 0)
		l->link.owner.data(l->link.owner.ud, p, n);
}

static int link_on_readable(sd_event_source *s, int fd, uint32_t events, void *ud)
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

static int link_on_signal_mode(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;

	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	if (sd_bus_message_is_method_error(m, NULL))
		link_fail(l, "notify_failed", link_error(m));
	else
		link_up(l, "signal", 0);
	return 0;
}

static void link_start_notify(struct ble_link *l)
{
	int r = ble_call(l->ble, &l->call, l->notify_path, "org.bluez.GattCharacteristic1",
			 "StartNotify", BLE_SUBSCRIBE_S, link_on_signal_mode, l, "");

	if (r < 0)
		link_fail(l, "notify_failed", strerror(-r));
}

static int link_on_acquired(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_link *l = ud;
	SV_AUTO_CLOSE int own = -1;
	uint16_t mtu;
	int fd, r;

	(void)err;
	l->call = sd_bus_slot_unref(l->call);
	if (sd_bus_message_is_method_error(m, NULL)) {
		if (l->notify == BLE_NOTIFY_AUTO)
			link_start_notify(l);
		else
			link_fail(l, "notify_failed", link_error(m));
		return 0;
	}
	r = sd_bus_message_read(m, "hq", &fd, &mtu); /* the message owns fd */
	if (r >= 0 && (own = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
		r = -errno;
	if (r >= 0)
		r = sd_event_add_io(l->ble->ev, &l->fd, own, EPOLLIN, link_on_readable, l);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(l->fd, 1);
	if (r < 0) {
		link_fail(l, "notify_failed", strerror(-r));
		return 0;
	}
	own = -1;
	link_up(l, "fd", mtu);
	return 0;
}

/* By properties, not by UUID alone: one module has two characteristics of the same UUID. */
static const char *link_find_chars(struct ble_link *l)
{
	const struct ble_obj *service = NULL, *notify = NULL, *write = NULL;
	size_t n = strlen(l->device);

	for (struct ble_obj *o = l->ble->objs; o; o = o->next)
		if (o->kind == BLE_SERVICE && strncmp(o->path, l->device, n) == 0 &&
		    o->path[n] == '/' && strcasecmp(o->uuid, l->service) == 0 &&
		    (!service || strcmp(o->path, service->path) < 0))
			service = o;
	if (!service)
		return "no_service";
	for (struct ble_obj *o = l->ble->objs; o; o = o->next) {
		if (o->kind != BLE_CHAR || strcmp(o->parent, service->path) != 0)
			continue;
		if (o->flags & BLE_CAN_NOTIFY && (!notify || strcmp(o->path, notify->path) < 0))
			notify = o;
	}
	for (struct ble_obj *o = l->ble->objs; o; o = o->next) {
		if (o->kind != BLE_CHAR || strcmp(o->parent, service->path) != 0 ||
		    !(o->flags & (BLE_CAN_WRITE | BLE_CAN_WRITE_CMD)))
			continue;
		/* the notifying one where it can be written, else the first that can */
		if (!write || o == notify || (write != notify && strcmp(o->path, write->path) < 0))
			write = o;
	}
	if (!notify || !write)
		return "no_characteristic";
	memcpy(l->notify_path, notify->path, sizeof(l->notify_path));
	memcpy(l->write_path, write->path, sizeof(l->write_path));
	l->write_flags = write->flags;
	return NULL;
}

static void link_subscribe(struct ble_link *l)
{
	const char *missing = link_find_chars(l); /* anew at each connection: handles move */
	int r;

	if (missing) {
		l->bare++;
		link_fail(l, missing,
			  "connected, but it does not offer the expected GATT service: "
			  "is it a JK-BMS?");
		return;
	}
	link_step(l, SUBSCRIBE, (BLE_SUBSCRIBE_S + 5) * 1000);
	if (l->notify == BLE_NOTIFY_SIGNAL) {
		link_start_notify(l);
		return;
	}
	r = ble_call(l->ble, &l->call, l->notify_path, "org.bluez.GattCharacteristic1",
		     "AcquireNotify", BLE_SUBSCRIBE_S, link_on_acquired, l, "a{sv}", 0);
	if (r < 0)
		link_fail(l, "notify_failed", strerror(-r));
}

/* ---- what the owner calls ---- */

static int link_write(struct link *link, const uint8_t *p, size_t n)
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

static void link_restart(struct link *link, const char *reason, const char *detail)
{
	struct ble_link *l = (struct ble_link *)link;

	if (l->step == UP)
		link_fail(l, reason, detail);
}

static void link_close(struct link *link)
{
	struct ble_link *l = (struct ble_link *)link;
	bool linked = l->step >= CONNECT && l->step <= UP;

	for (struct ble_link **p = &l->ble->links; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	link_release(l);
	if (linked)
		link_disconnect(l);
	sd_event_source_disable_unref(l->timer);
	sd_event_source_disable_unref(l->tell);
	free(l);
}

static bool is_address(const char *a)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? a[i] != ':' : !strchr("0123456789ABCDEFabcdef", a[i]) || !a[i])
			return false;
	return a[17] == 0;
}

int ble_open(struct ble *b, const struct ble_peer *peer, const struct link_owner *owner,
	     struct link **ret, struct err *e)
{
	static const struct link_ops ops = { link_write, link_restart, link_close };
	struct ble_link *l;
	int r;

	if (!is_address(peer->address))
		return err_set(e, -EINVAL,
			       "\"%.40s\" is not a Bluetooth address (C8:47:80:12:34:56)",
			       peer->address);
	for (l = b->links; l; l = l->next)
		if (strcasecmp(l->address, peer->address) == 0)
			return err_set(e, -EEXIST,
				       "%s is another device's address too: a pack takes "
				       "one connection",
				       peer->address);
	assert(strlen(peer->service) < BLE_UUID_MAX);
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(e, -ENOMEM, "out of memory");
	l->link = (struct link){ .ops = &ops, .owner = *owner, .state = LINK_SEARCHING };
	l->ble = b;
	for (int i = 0; i < 17; i++) /* as BlueZ writes it */
		l->address[i] =
			(char)(peer->address[i] >= 'a' ? peer->address[i] - 32 : peer->address[i]);
	memcpy(l->service, peer->service, strlen(peer->service) + 1);
	l->notify = peer->notify;
	r = sd_event_add_time_relative(b->ev, &l->timer, CLOCK_MONOTONIC, 0, 0, link_on_timer, l);
	if (r >= 0)
		r = sd_event_add_defer(b->ev, &l->tell, link_on_tell, l);
	if (r < 0) {
		sd_event_source_disable_unref(l->timer);
		free(l);
		return err_set(e, r, "bluetooth: %s", strerror(-r));
	}
	sd_event_source_set_enabled(l->tell, SD_EVENT_OFF);
	l->next = b->links;
	b->links = l;
	link_step(l, LOST, 1); /* finds out from the loop whether to seek or to connect */
	*ret = &l->link;
	return 0;
}
