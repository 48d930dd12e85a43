/*
 * One peer over BlueZ: its life.
 *
 *	SEEK ──advertised──> QUEUED ──our turn──> CONNECT ──> RESOLVE ──> SUBSCRIBE ──> UP
 *	  ^                                          │            │        (PAIR)        │ SWITCH
 *	  └────────── backoff over ── LOST <─────────┴────────────┴────────────┴─────────┘
 *	                              REST   when many tries in a row brought nothing
 *
 * Connections that bring nothing that makes sense to the owner count like failed ones: after some
 * of them BlueZ's object of the device is removed, after more the link rests.
 */
#include "ble_link_priv.h"

#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define LINK_CONNECT_S 8 /* BlueZ would wait 40, and nobody else may connect meanwhile */
#define LINK_DOUBT_S   5 /* for one that failed before or was not heard */
#define LINK_RESOLVE_S 30
#define LINK_LATELY_MS 10000
#define LINK_BLIND_S   20 /* known to BlueZ but not heard for so long: try all the same */
#define LINK_SETTLED_MS                                                                            \
	500 /* until the cause of a drop is known: the adapter's end says so later */
#define LINK_WELL_MS	  10000 /* of frames: then the failures before are forgotten */
#define LINK_BACKOFF_MS	  1000
#define LINK_BACKOFF_MAX  8000 /* a BMS may hold a dead connection for a minute */
#define LINK_FORGET_AT	  3    /* tries in vain after which BlueZ's object is thrown away */
#define LINK_REST_AT	  8    /* tries in vain, for at least … */
#define LINK_REST_FROM_MS 180000
#define LINK_REST_MS	  300000
#define LINK_RESTS_MAX	  3 /* … times as long after some */
#define LINK_PHANTOMS	  2 /* connections that were none: BlueZ is out of step with its radio */
#define LINK_OUTWEIGHS	  16
#define LINK_AILS	  4 /* tries in vain after which the adapter is doubted */

static const char not_seen[] = "not_seen";

struct ble_link *ble_link_next(struct ble_link *l)
{
	return l->next;
}

int64_t ble_link_waited(const struct ble_link *l)
{
	return l->tried_ms;
}

bool ble_link_doubtful(const struct ble_link *l)
{
	return l->barren >= 2;
}

bool ble_link_hopeful(const struct ble_link *l, int ready, int64_t now)
{
	bool lately = l->step == SEEK && l->link.ups && now - l->seek_ms < LINK_LATELY_MS;

	return (ready == 2 || lately) && !ble_link_doubtful(l);
}

bool ble_link_on(const struct ble_link *l, const struct ble_adapter *a)
{
	return l->adapter == a && l->step >= CONNECT && l->step <= UP;
}

bool ble_link_served(const struct ble_link *l, const struct ble_adapter *a)
{
	return ble_link_on(l, a) && (l->step == UP ? l->well : !ble_link_doubtful(l));
}

bool ble_link_settled(const struct ble_link *l)
{
	return l->step == UP || l->link.state == LINK_UNAVAILABLE;
}

struct ble_link *ble_link_of(struct ble *b, const char *path)
{
	for (struct ble_link *l = b->links; l; l = l->next) {
		char tail[sizeof("/dev_") + BLE_ADDR_MAX - 1] = "/dev_";
		const char *at;

		for (size_t i = 0; i < BLE_ADDR_MAX - 1; i++)
			tail[5 + i] = l->address[i] == ':' ? '_' : l->address[i];
		at = strstr(path, tail);
		if (at && (at[22] == 0 || at[22] == '/'))
			return l;
	}
	return NULL;
}

/* ---- telling ---- */

static int link_on_tell(sd_event_source *s, uint64_t usec, void *ud)
{
	struct ble_link *l = ud;

	(void)s;
	(void)usec;
	l->link.owner.state(l->link.owner.ud, l->link.state, l->reason,
			    l->detail[0] ? l->detail : NULL);
	return 0;
}

static void link_tell_in(struct ble_link *l, uint64_t ms, enum link_state state, const char *reason,
			 const char *detail)
{
	/* a cause that has not been told yet stays */
	if (!reason && state != LINK_UP && sd_event_source_get_enabled(l->tell, NULL) > 0) {
		reason = l->reason;
		detail = l->detail;
	}
	l->link.state = state;
	l->reason = reason;
	if (detail != l->detail)
		snprintf(l->detail, sizeof(l->detail), "%s", detail ? detail : "");
	sd_event_source_set_time_relative(l->tell, ms * 1000);
	sd_event_source_set_enabled(l->tell, SD_EVENT_ONESHOT);
}

static void link_tell(struct ble_link *l, enum link_state state, const char *reason,
		      const char *detail)
{
	link_tell_in(l, 0, state, reason, detail);
}

/* ---- steps ---- */

/* Lets go of everything that belongs to the present connection but its descriptor. */
static void link_release(struct ble_link *l)
{
	l->call = sd_bus_slot_unref(l->call);
	l->io = sd_event_source_disable_unref(l->io);
	l->notify_path[0] = l->write_path[0] = 0;
	l->link.mtu = 0;
	l->link.notify = NULL;
	l->link.adapter[0] = 0;
	l->well = l->pairing = false;
	if (l->adapter)
		ble_adapter_give_up(l->adapter, l);
	if (l->adapter && l->adapter->connecting == l) {
		l->adapter->connecting = NULL;
		ble_wake(l->ble);
	}
}

/* And takes the connection down, also one that is only being made. */
static void link_part(struct ble_link *l)
{
	const struct ble_obj *o = ble_link_device(l, l->adapter);
	int fd = link_take_fd(l);

	if (l->ble->bluez && l->device[0] && (l->step == CONNECT || (o && o->connected)))
		ble_part(l->ble, l->device, fd);
	else if (fd >= 0)
		close(fd);
}

static void link_deadline(struct ble_link *l, uint64_t ms)
{
	sd_event_source_set_time_relative(l->timer, ms * 1000);
	sd_event_source_set_enabled(l->timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void link_step(struct ble_link *l, enum step step, uint64_t timeout_ms)
{
	if (step == SEEK && l->step != SEEK)
		l->seek_ms = clock_mono_ms();
	if (step == QUEUED) {
		l->queued_ms = clock_mono_ms();
		if (l->link.state == LINK_UNAVAILABLE) /* its turn may be long in coming */
			link_tell(l, LINK_SEARCHING, NULL, NULL);
	}
	l->step = step;
	if (step == SEEK && !timeout_ms)
		timeout_ms = LINK_BLIND_S * 1000;
	if (step == SEEK && l->link.state != LINK_SEARCHING)
		link_tell(l, LINK_SEARCHING, l->barren ? l->reason : NULL,
			  l->barren ? l->detail : NULL);
	l->link.until_ms = step == LOST || step == REST ? clock_mono_ms() + (int64_t)timeout_ms : 0;
	link_deadline(l, timeout_ms);
	ble_wake(l->ble);
}

/* After a wait: to be connected when it is there, else to be sought. */
static void link_resume(struct ble_link *l)
{
	struct ble_adapter *a = link_best(l);
	const struct ble_obj *o = ble_link_device(l, a);

	if (!ble_link_has_adapter(l))
		link_deadline(l, LINK_BACKOFF_MS);
	else if (o && ble_is_parting(l->ble, o->path))
		link_deadline(l, LINK_BACKOFF_MS / 4); /* the old link is still being taken down */
	else
		link_step(l, o && (o->fresh || o->connected) ? QUEUED : SEEK, 0);
}

static void link_sought(struct ble_link *l)
{
	if (link_best(l)) { /* BlueZ knows it of old: a directed try costs less than waiting */
		link_step(l, QUEUED, 0);
		return;
	}
	if (l->reason != not_seen)
		link_tell(l, LINK_SEARCHING, not_seen,
			  "no advertisement heard: is it near, switched on, and not connected to "
			  "another phone?");
	link_deadline(l, LINK_BLIND_S * 1000);
}

/* BlueZ may say that the services are resolved before it shows them. */
static void link_resolved(struct ble_link *l)
{
	const struct ble_obj *o = ble_link_device(l, l->adapter);

	if (o && o->resolved) {
		link_subscribe(l);
		return;
	}
	l->bare++;
	link_fail(l, "no_service", "connected, but its services were not found");
}

static int link_on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	struct ble_link *l = ud;

	(void)s;
	(void)usec;
	switch (l->step) {
	case SEEK:
		link_sought(l);
		break;
	case LOST:
	case REST:
		link_resume(l);
		break;
	case CONNECT:
		link_fail(l, l->blind ? not_seen : "connect_failed",
			  l->blind ? "it is not heard and does not answer: is it switched on?"
				   : "it was heard, but does not answer: is it too far away?");
		break;
	case RESOLVE:
		link_resolved(l);
		break;
	case SUBSCRIBE:
		link_fail(l, "notify_failed", "BlueZ did not answer the request for notifications");
		break;
	case PAIR:
		link_fail(l, "pairing_failed", "BlueZ did not answer the request to pair");
		break;
	case SWITCH:
		if (l->call)
			link_fail(l, "notify_failed", "BlueZ did not stop the notifications");
		else
			link_notify(l);
		break;
	case QUEUED:
	case UP:
		break;
	}
	return 0;
}

/* ---- failing ---- */

static bool link_gives_up(const struct ble_link *l, const char *reason, int64_t now)
{
	static const char *const at_once[] = { "pairing_needed", "pin_refused", "pairing_failed" };

	for (size_t i = 0; i < SV_LEN(at_once); i++)
		if (strcmp(reason, at_once[i]) == 0)
			return true; /* trying again would only be refused again */
	return l->barren >= LINK_REST_AT && now - l->barren_ms >= LINK_REST_FROM_MS;
}

/* The stale object of a device that connects and brings nothing, or shows no services. */
static void link_forget(struct ble_link *l)
{
	if (l->blind || !l->ble->bluez || !ble_link_device(l, l->adapter) ||
	    (l->bare < LINK_FORGET_AT && l->barren % LINK_FORGET_AT != 0))
		return;
	l->bare = 0;
	link_cure_tried(&l->link, LINK_FORGET, clock_wall_ms());
	ble_call(l->ble, NULL, l->adapter->path, "org.bluez.Adapter1", "RemoveDevice", 10, NULL,
		 NULL, "o", l->device);
}

static int64_t link_backoff(const struct ble_link *l)
{
	unsigned shift = l->barren > 1 ? l->barren - 1 : 0;
	int64_t ms = LINK_BACKOFF_MS << (shift < 6 ? shift : 6);

	if (ms > LINK_BACKOFF_MAX)
		ms = LINK_BACKOFF_MAX;
	/* jitter from the address and the count, so that peers that fell together rise apart */
	return ms + ms / 8 * ((l->address[16] + (int)l->barren) % 3 - 1);
}

void link_fail(struct ble_link *l, const char *reason, const char *detail)
{
	int64_t now = clock_mono_ms();
	bool was_up = l->step == UP;

	link_part(l);
	link_release(l);
	if (l->barren++ == 0)
		l->barren_ms = now;
	link_forget(l);
	if (link_gives_up(l, reason, now)) {
		l->rests += l->rests < LINK_RESTS_MAX;
		link_cure_tried(&l->link, LINK_REST, clock_wall_ms());
		link_step(l, REST, (uint64_t)LINK_REST_MS * l->rests);
		l->seek_ms = now;
		link_tell(l, LINK_RESTING, reason, detail);
		return;
	}
	link_step(l, LOST, (uint64_t)link_backoff(l));
	link_tell_in(l, was_up ? LINK_SETTLED_MS : 0, LINK_LOST, reason, detail);
}

void ble_link_give_way(struct ble_link *l, int64_t now)
{
	if (l->step != CONNECT) {
		if (now - l->tried_ms >= LINK_CONNECT_S * 1000)
			l->adapter->connecting = NULL;
		return;
	}
	if (!ble_link_doubtful(l))
		return;
	link_part(l);
	link_release(l);
	link_step(l, LOST, (uint64_t)link_backoff(l));
	link_tell(l, LINK_LOST, l->reason ?: "connect_failed", "it let another one go first");
}

/* Its adapter is off or gone, which BlueZ says before or after the link's own end. */
void ble_link_adapter_gone(struct ble_link *l, const struct ble_adapter *a)
{
	const char *reason = ble_adapter_reason(a);

	if (l->adapter != a)
		return;
	if (l->step >= CONNECT && l->step <= UP)
		link_fail(l, reason ?: "adapter_off", "its Bluetooth adapter is off or gone");
	else if (l->step == LOST && l->reason && strcmp(l->reason, "link_dropped") == 0)
		l->reason = reason ?: l->reason;
	if (!a->obj)
		l->adapter = NULL;
}

void ble_link_unavailable(struct ble_link *l, const char *why, const char *text)
{
	int fd;

	if (l->link.state == LINK_UNAVAILABLE && l->reason == why &&
	    strncmp(l->detail, text, sizeof(l->detail) - 1) == 0)
		return;
	fd = link_take_fd(l);
	if (fd >= 0)
		close(fd);
	link_release(l);
	l->barren = l->bare = l->rests = 0;
	l->woken = false;
	link_step(l, LOST, LINK_BACKOFF_MS);
	l->link.until_ms = 0;
	link_tell(l, LINK_UNAVAILABLE, why, text);
}

void ble_link_available(struct ble_link *l)
{
	if (l->step == QUEUED && !link_best(l)) /* it is gone, or its adapter */
		link_step(l, SEEK, 0);
	if (l->step == LOST && l->link.state == LINK_UNAVAILABLE && !l->woken) {
		l->woken = true;
		link_deadline(l, 1);
	}
}

unsigned ble_link_ails(const struct ble_link *l, const struct ble_adapter *a, bool deaf)
{
	if (l->adapter != a || l->step == UP)
		return 0;
	if (l->phantoms >= LINK_PHANTOMS)
		return LINK_OUTWEIGHS;
	return (deaf && l->link.ups) || (l->barren >= LINK_AILS && !l->blind);
}

void ble_link_power_cycled(struct ble_link *l, const struct ble_adapter *a)
{
	if (l->adapter != a)
		return;
	l->phantoms = 0;
	if (!ble_link_served(l, a))
		link_cure_tried(&l->link, LINK_POWER_CYCLE, clock_wall_ms());
}

/* ---- connecting ---- */

const char *link_error(sd_bus_message *m)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	return e->message && *e->message ? e->message : e->name;
}

void ble_link_answered(struct ble_link *l, sd_bus_message *m)
{
	struct ble_obj *o = ble_link_device(l, l->adapter);

	if (sd_bus_message_is_method_error(m, "org.bluez.Error.AlreadyConnected") == 0 &&
	    sd_bus_message_is_method_error(m, NULL)) {
		link_fail(l, "connect_failed", link_error(m));
		return;
	}
	if (!o) {
		link_fail(l, "link_dropped", "it vanished while connecting");
		return;
	}
	o->connected = true; /* a busy BlueZ may never signal it */
	l->looks = 0;
	if (l->step == CONNECT)
		link_step(l, RESOLVE, LINK_RESOLVE_S * 1000);
	if (o->resolved)
		link_subscribe(l);
}

void ble_link_connect(struct ble_link *l, struct ble_adapter *a)
{
	struct ble_obj *o = ble_link_device(l, a);
	uint64_t wait_s;
	int r;

	if (!o)
		return;
	l->tried_ms = clock_mono_ms();
	l->blind = !o->fresh && !o->connected;
	wait_s = l->blind || ble_link_doubtful(l) ? LINK_DOUBT_S : LINK_CONNECT_S;
	l->adapter = a;
	a->connecting = l;
	o->fresh = false;
	memcpy(l->device, o->path, sizeof(l->device));
	if (l->link.ups)
		link_cure_tried(&l->link, LINK_RECONNECT, clock_wall_ms());
	link_tell(l, LINK_CONNECTING, l->barren ? l->reason : NULL, l->barren ? l->detail : NULL);
	link_step(l, CONNECT, wait_s * 1000);
	r = ble_adapter_connect(a, l, l->device);
	if (r < 0)
		link_fail(l, "connect_failed", strerror(-r));
}

void link_up(struct ble_link *l, const char *how, unsigned mtu)
{
	bool anew = l->link.state != LINK_UP;

	l->link.notify = how;
	l->link.mtu = mtu;
	snprintf(l->link.adapter, sizeof(l->link.adapter), "%s", l->adapter->name);
	if (anew) {
		l->link.ups++;
		l->up_ms = clock_mono_ms();
	}
	if (l->adapter->connecting == l)
		l->adapter->connecting = NULL;
	link_step(l, UP, 0);
	link_tell(l, LINK_UP, NULL, NULL);
}

/* Changes of its objects on any adapter; those of the connection only from the one in use. */
void ble_link_changed(struct ble_link *l, const struct ble_obj *o)
{
	bool mine = strcmp(o->path, l->device) == 0;

	if (strcasecmp(o->address, l->address) != 0)
		return; /* known by its path, but it cannot be told what it is */
	if (o->rssi && (mine || l->step == SEEK))
		l->link.rssi = o->rssi;
	switch (l->step) {
	case SEEK:
		if ((o->connected || (o->fresh && !ble_is_parting(l->ble, o->path))) &&
		    link_best(l))
			link_step(l, QUEUED, 0);
		break;
	case REST: /* it was away, and is back */
		if (l->blind && o->fresh)
			link_step(l, QUEUED, 0);
		break;
	case RESOLVE:
		if (mine && !o->connected)
			link_fail(l, "link_dropped",
				  "the link dropped before its services were known");
		else if (mine && o->resolved && !l->looks)
			link_subscribe(l);
		break;
	case SUBSCRIBE:
	case PAIR:
	case SWITCH:
	case UP:
		if (mine && !o->connected)
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
	if ((l->step == SUBSCRIBE || l->step == SWITCH || l->step == UP) &&
	    strcmp(path, l->notify_path) == 0)
		link_fail(l, "link_dropped", "its services went away");
	else if (l->step >= CONNECT && l->step <= UP && strcmp(path, l->device) == 0)
		link_fail(l, l->step == CONNECT ? "connect_failed" : "link_dropped",
			  "BlueZ forgot the device");
}

/* ---- what the owner calls ---- */

static void link_alive(struct link *link)
{
	struct ble_link *l = (struct ble_link *)link;

	l->well = true;
	if (l->adapter && link->trying >= LINK_POWER_CYCLE)
		l->adapter->in_vain = 0; /* it did bring one back */
	if ((l->barren || l->phantoms) && clock_mono_ms() - l->up_ms >= LINK_WELL_MS)
		l->barren = l->bare = l->rests = l->phantoms = 0;
}

static void link_restart(struct link *link, const char *reason, const char *detail)
{
	struct ble_link *l = (struct ble_link *)link;

	if (l->step == UP || l->step == SWITCH || l->step == SUBSCRIBE)
		link_fail(l, reason, detail);
}

static void link_retry(struct link *link)
{
	struct ble_link *l = (struct ble_link *)link;

	l->barren = l->bare = l->rests = 0;
	if (l->step == LOST || l->step == REST || l->step == SEEK)
		link_step(l, LOST, 1);
}

static void link_close(struct link *link)
{
	struct ble_link *l = (struct ble_link *)link;

	for (struct ble_link **p = &l->ble->links; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	link_part(l);
	link_release(l);
	sd_event_source_disable_unref(l->timer);
	sd_event_source_disable_unref(l->tell);
	explicit_bzero(l->pin, sizeof(l->pin));
	free(l);
}

bool ble_is_address(const char *a)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? a[i] != ':' : !strchr("0123456789ABCDEFabcdef", a[i]) || !a[i])
			return false;
	return a[17] == 0;
}

static struct ble_link *link_new(struct ble *b, const struct ble_peer *peer,
				 const struct link_owner *owner)
{
	static const struct link_ops ops = { .write = link_write,
					     .resubscribe = link_resubscribe,
					     .restart = link_restart,
					     .alive = link_alive,
					     .retry = link_retry,
					     .close = link_close };
	struct ble_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->link = (struct link){
		.ops = &ops, .owner = *owner, .state = LINK_SEARCHING, .trying = -1
	};
	l->ble = b;
	l->fd = -1;
	for (int i = 0; i < 17; i++) /* as BlueZ writes it */
		l->address[i] =
			(char)(peer->address[i] >= 'a' ? peer->address[i] - 32 : peer->address[i]);
	snprintf(l->service, sizeof(l->service), "%s", peer->service);
	snprintf(l->fixed, sizeof(l->fixed), "%s", peer->adapter);
	snprintf(l->pin, sizeof(l->pin), "%s", peer->pin);
	l->notify = peer->notify;
	l->by_signal = peer->notify == BLE_NOTIFY_SIGNAL;
	return l;
}

int ble_open(struct ble *b, const struct ble_peer *peer, const struct link_owner *owner,
	     struct link **ret, struct err *e)
{
	struct ble_link *l;
	int r;

	if (!ble_is_address(peer->address))
		return err_set(e, -EINVAL,
			       "\"%.40s\" is not a Bluetooth address (C8:47:80:12:34:56)",
			       peer->address);
	for (l = b->links; l; l = l->next)
		if (strcasecmp(l->address, peer->address) == 0)
			return err_set(e, -EEXIST,
				       "%s is another device's address too: a pack takes "
				       "one connection",
				       peer->address);
	l = link_new(b, peer, owner);
	if (!l)
		return err_set(e, -ENOMEM, "out of memory");
	r = sd_event_add_time_relative(b->ev, &l->timer, CLOCK_MONOTONIC, 0, 0, link_on_timer, l);
	if (r >= 0)
		r = sd_event_add_time_relative(b->ev, &l->tell, CLOCK_MONOTONIC, 0, 1000,
					       link_on_tell, l);
	if (r < 0) {
		sd_event_source_disable_unref(l->timer);
		free(l);
		return err_set(e, r, "bluetooth: %s", strerror(-r));
	}
	sd_event_source_set_enabled(l->tell, SD_EVENT_OFF);
	l->next = b->links;
	b->links = l;
	l->step = LOST;
	link_step(l, LOST, 1); /* finds out from the loop whether to seek or to connect */
	*ret = &l->link;
	return 0;
}
