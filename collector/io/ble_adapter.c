/*
 * One adapter: what it is to do next.
 *
 * It scans while somebody is missing, and connects one peer at a time, never while scanning: BlueZ
 * refuses or stalls otherwise. One that fails more peers than it serves is switched off and on.
 */
#include "ble_priv.h"

#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <string.h>
#include <time.h>

#define ADAPTER_WAIT_S 25
#define ADAPTER_GATHER_MS                                                                          \
	1000 /* of scanning before the first is connected: others may be near too */
#define ADAPTER_LISTEN_MS   10000 /* of scanning before a connection is tried blindly */
#define ADAPTER_REFUSED_MS  5000
#define ADAPTER_DEAF_MS	    60000 /* of scanning without hearing anybody */
#define ADAPTER_ANSWER_S    60	  /* BlueZ gives up after 40 */
#define ADAPTER_GIVE_UP_MS  5000  /* to wait for the answer to a Connect that was given up */
#define ADAPTER_OFF_MS	    2000  /* switched off for so long in a power cycle */
#define ADAPTER_ON_MS	    5000  /* switched on again so often until it is */
#define ADAPTER_LATE_MS	    30000 /* after which an off is not ours any more */
#define ADAPTER_LEAVE_TRIES 5
#define ADAPTER_CYCLE_MS    600000
#define ADAPTER_CYCLE_SHIFT 3 /* at most every 80 min when it helps nobody */

static bool adapter_ours(const struct ble_adapter *a)
{
	return !*a->ble->adapter_name || strcmp(a->name, a->ble->adapter_name) == 0;
}

bool ble_adapter_works(const struct ble_adapter *a)
{
	return a->obj && a->obj->powered && a->cycle == BLE_CYCLE_NONE && adapter_ours(a);
}

static struct ble_adapter *adapter_find(struct ble *b, const char *path)
{
	for (unsigned i = 0; i < b->n_adapters; i++)
		if (strcmp(b->adapters[i].path, path) == 0)
			return &b->adapters[i];
	return NULL;
}

/* Its radio is off or gone: nothing that was under way there goes on. */
static void adapter_down(struct ble_adapter *a)
{
	a->scan = BLE_SCAN_OFF;
	a->scan_ms = 0;
	a->scan_call = sd_bus_slot_unref(a->scan_call);
	a->connect = sd_bus_slot_unref(a->connect);
	a->connect_of = NULL;
	a->given_up[0] = 0;
	for (struct ble_link *l = a->ble->links; l; l = ble_link_next(l))
		ble_link_adapter_gone(l, a);
}

void ble_adapter_changed(struct ble *b, struct ble_obj *o)
{
	struct ble_adapter *a = adapter_find(b, o->path);

	if (!a) {
		const char *name = strrchr(o->path, '/');

		if (!name || b->n_adapters == BLE_ADAPTERS_MAX)
			return;
		a = &b->adapters[b->n_adapters++];
		*a = (struct ble_adapter){ .ble = b };
		memcpy(a->path, o->path, sizeof(a->path));
		a->name = a->path + (name + 1 - o->path);
	}
	a->obj = o;
	if (o->powered) {
		a->was_on = true;
		return;
	}
	if (a->late_ms && clock_mono_ms() - a->late_ms < ADAPTER_LATE_MS)
		a->was_on = false; /* our own doing, at last */
	a->late_ms = 0;
	adapter_down(a);
}

void ble_adapter_gone(struct ble *b, const char *path)
{
	struct ble_adapter *a = adapter_find(b, path);

	if (!a)
		return;
	a->obj = NULL;
	a->was_on = false;
	a->cycle = BLE_CYCLE_NONE;
	adapter_down(a);
}

enum adapter_state { A_ON, A_RESTARTING, A_BLOCKED, A_OFF };
static const char *const adapter_states[] = { "on", "restarting", "blocked", "off" };
static const char *const adapter_reasons[] = { NULL, "adapter_restarting", "adapter_blocked",
					       "adapter_off" };
static const char *const adapter_texts[] = {
	"works",
	"is being switched off and on, since nothing answered through it",
	"is blocked: unblock it (rfkill unblock bluetooth)",
	"is switched off: switch it on (bluetoothctl power on)",
};

static bool adapter_blocked(const struct ble_adapter *a)
{
	return strcmp(a->obj->power, "off-blocked") == 0;
}

static enum adapter_state adapter_state(const struct ble_adapter *a)
{
	return a->cycle != BLE_CYCLE_NONE ? A_RESTARTING
	       : a->obj->powered	  ? A_ON
	       : adapter_blocked(a)	  ? A_BLOCKED
					  : A_OFF;
}

const char *ble_adapter_reason(const struct ble_adapter *a)
{
	return a->obj ? adapter_reasons[adapter_state(a)] : "adapter_absent";
}

void ble_adapters_why(struct ble *b)
{
	const struct ble_adapter *seen = NULL;

	for (unsigned i = 0; i < b->n_adapters; i++) {
		const struct ble_adapter *a = &b->adapters[i];

		if (a->obj && adapter_ours(a) && (!seen || a->cycle != BLE_CYCLE_NONE))
			seen = a;
	}
	b->why = seen ? ble_adapter_reason(seen) : "adapter_absent";
	if (!seen)
		snprintf(b->why_text, sizeof(b->why_text),
			 "there is no Bluetooth adapter%s%s: is it plugged in?",
			 *b->adapter_name ? " " : "", b->adapter_name);
	else
		snprintf(b->why_text, sizeof(b->why_text), "the Bluetooth adapter %s %s",
			 seen->name, adapter_texts[adapter_state(seen)]);
}

/* ---- power ---- */

static void adapter_power(struct ble_adapter *a, bool on)
{
	ble_call(a->ble, NULL, a->path, "org.freedesktop.DBus.Properties", "Set", ADAPTER_WAIT_S,
		 NULL, NULL, "ssv", "org.bluez.Adapter1", "Powered", "b", (int)on);
}

static void adapter_cycle(struct ble_adapter *a, int64_t now)
{
	log_warn("bluetooth: %s fails more peers than it serves: switching it off and on", a->name);
	a->cycle = BLE_CYCLE_DOWN;
	a->cycle_ms = now;
	a->cycled_wall_ms = clock_wall_ms();
	a->cycles++;
	a->in_vain++;
	for (struct ble_link *l = a->ble->links; l; l = ble_link_next(l))
		ble_link_power_cycled(l, a);
	adapter_power(a, false);
}

/* A power cycle under way goes on. */
static void adapter_cycling(struct ble_adapter *a, int64_t now)
{
	bool on = a->obj->powered;

	if (adapter_blocked(a)) { /* it is switched on when it is free again */
		a->cycle = BLE_CYCLE_NONE;
		a->was_on = false;
	} else if (a->cycle == BLE_CYCLE_DOWN && !on && now - a->cycle_ms >= ADAPTER_OFF_MS) {
		a->cycle = BLE_CYCLE_UP;
		a->cycle_ms = now;
		adapter_power(a, true);
	} else if (a->cycle == BLE_CYCLE_DOWN && on && now - a->cycle_ms >= ADAPTER_ON_MS) {
		log_warn("bluetooth: %s cannot be switched off", a->name);
		a->cycle = BLE_CYCLE_NONE;
		a->late_ms = now;
	} else if (a->cycle == BLE_CYCLE_UP && on) {
		a->cycle = BLE_CYCLE_NONE;
		ble_wake(a->ble);
	} else if (a->cycle == BLE_CYCLE_UP && now - a->cycle_ms >= ADAPTER_ON_MS) {
		a->cycle_ms = now;
		adapter_power(a, true);
	}
}

/* Does it scan and hear nobody at all? */
static bool adapter_deaf(struct ble_adapter *a, int64_t now)
{
	if (a->scan == BLE_SCAN_ON)
		a->unheard_ms += now - (a->looked_ms > a->scan_ms ? a->looked_ms : a->scan_ms);
	for (const struct ble_obj *o = a->ble->tree.objs; o && a->unheard_ms; o = o->next)
		if (o->kind == BLE_DEVICE && o->heard_ms > a->looked_ms &&
		    strcmp(o->parent, a->path) == 0)
			a->unheard_ms = 0;
	a->looked_ms = now;
	return a->unheard_ms >= ADAPTER_DEAF_MS;
}

/* Only when it helps more peers than it hurts, and seldom when it didn't help. */
static bool adapter_hopeless(struct ble_adapter *a, int64_t now)
{
	unsigned shift = a->in_vain < ADAPTER_CYCLE_SHIFT ? a->in_vain : ADAPTER_CYCLE_SHIFT;
	bool deaf = adapter_deaf(a, now);
	unsigned ailing = 0, well = 0;

	if (a->cycle_ms && now - a->cycle_ms < ((int64_t)ADAPTER_CYCLE_MS << shift))
		return false;
	for (struct ble_link *l = a->ble->links; l; l = ble_link_next(l)) {
		ailing += ble_link_ails(l, a, deaf);
		well += ble_link_served(l, a);
	}
	return ailing > well;
}

/* ---- scanning ---- */

static int adapter_on_scan(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_adapter *a = ud;
	const sd_bus_error *e = sd_bus_message_get_error(m);
	/* InProgress: it is on already */
	bool refused = e && !sd_bus_error_has_name(e, "org.bluez.Error.InProgress");

	(void)err;
	a->scan_call = sd_bus_slot_unref(a->scan_call);
	if (a->scan == BLE_SCAN_STARTING) {
		a->scan = refused ? BLE_SCAN_OFF : BLE_SCAN_ON;
		*(refused ? &a->refused_ms : &a->scan_ms) = clock_mono_ms();
	} else if (a->scan == BLE_SCAN_STOPPING) {
		a->scan = BLE_SCAN_OFF; /* an error means that it was off */
	}
	if (!refused)
		ble_wake(a->ble);
	return BLE_ANSWERED;
}

static void adapter_scan(struct ble_adapter *a, bool on)
{
	int r = 0;

	if (on)
		r = ble_call(a->ble, NULL, a->path, "org.bluez.Adapter1", "SetDiscoveryFilter",
			     ADAPTER_WAIT_S, NULL, NULL, "a{sv}", 2, "Transport", "s", "le",
			     "DuplicateData", "b", 0);
	a->scan = on ? BLE_SCAN_STARTING : BLE_SCAN_STOPPING;
	if (r >= 0)
		r = ble_call(a->ble, &a->scan_call, a->path, "org.bluez.Adapter1",
			     on ? "StartDiscovery" : "StopDiscovery", ADAPTER_WAIT_S,
			     adapter_on_scan, a, "");
	if (r < 0)
		a->scan = BLE_SCAN_OFF;
}

void ble_adapter_rescan(struct ble_adapter *a)
{
	if (a->scan == BLE_SCAN_ON)
		adapter_scan(a, false);
}

/* ---- connecting ---- */

static int adapter_on_connect(sd_bus_message *m, void *ud, sd_bus_error *err)
{
	struct ble_adapter *a = ud;
	struct ble_link *l = a->connect_of;

	(void)err;
	a->connect = sd_bus_slot_unref(a->connect);
	a->connect_of = NULL;
	if (l)
		ble_link_answered(l, m);
	ble_wake(a->ble);
	return BLE_ANSWERED;
}

int ble_adapter_connect(struct ble_adapter *a, struct ble_link *l, const char *device)
{
	a->connect_of = l;
	return ble_call(a->ble, &a->connect, device, ble_iface(BLE_DEVICE), "Connect",
			ADAPTER_ANSWER_S, adapter_on_connect, a, "");
}

void ble_adapter_give_up(struct ble_adapter *a, const struct ble_link *l)
{
	struct ble_obj *o;

	if (a->connect_of != l)
		return;
	a->connect_of = NULL;
	a->given_up_ms = clock_mono_ms();
	o = ble_link_device(l, a);
	snprintf(a->given_up, sizeof(a->given_up), "%s", o ? o->path : "");
}

/* Whoever connects another one before BlueZ has answered both the Connect that was given up and
 * the Disconnect gets a device that BlueZ holds for connected for ever. */
static bool adapter_giving_up(struct ble_adapter *a, int64_t now)
{
	const struct ble *b = a->ble;

	if (b->cancelled_ms && now - b->cancelled_ms < ADAPTER_GIVE_UP_MS && b->partings)
		return true;
	if (!a->given_up_ms || now - a->given_up_ms >= ADAPTER_GIVE_UP_MS) {
		a->given_up_ms = 0;
		if (!a->connect_of)
			a->connect = sd_bus_slot_unref(a->connect);
		return false;
	}
	return (a->connect && !a->connect_of) || ble_is_parting(a->ble, a->given_up);
}

/* ---- who is next ---- */

struct plan {
	struct ble_link *next; /* to be connected */
	int ready;	       /* as ble_link_ready() says of it */
	bool search;	       /* somebody is missing */
	bool hopeful;	       /* somebody waits who will surely be quick */
};

static struct plan adapter_plan(struct ble_adapter *a, int64_t now)
{
	bool survey = a->ble->survey_until_ms > now;
	struct plan p = { .search = survey, .hopeful = survey };

	for (struct ble_link *l = a->ble->links; l; l = ble_link_next(l)) {
		int ready = ble_link_ready(l, a);
		bool scan = ble_link_wants_scan(l, a, now) || ready == 1, first;

		p.search = p.search || scan;
		p.hopeful = p.hopeful || ble_link_hopeful(l, ready, now);
		if (!ready)
			continue;
		/* heard before blind; hopeful before doubtful; then who waited longest */
		first = !p.next || ready > p.ready ||
			(ready == p.ready && ble_link_doubtful(l) < ble_link_doubtful(p.next)) ||
			(ready == p.ready && ble_link_doubtful(l) == ble_link_doubtful(p.next) &&
			 ble_link_waited(l) < ble_link_waited(p.next));
		if (first) {
			p.next = l;
			p.ready = ready;
		}
	}
	return p;
}

/* To scan: some adapters do while many links are up. */
static bool adapter_refuses(const struct ble_adapter *a, int64_t now)
{
	return a->refused_ms && now - a->refused_ms < ADAPTER_REFUSED_MS;
}

static void adapter_step(struct ble_adapter *a, struct plan p, int64_t now)
{
	int64_t scanned = a->scan_ms ? now - a->scan_ms : 0;

	/* peers that are away must not keep the others from being heard */
	if (p.ready == 1 && scanned < ADAPTER_LISTEN_MS && !adapter_refuses(a, now))
		p.next = NULL;
	if (p.next && p.search && a->scan == BLE_SCAN_ON && scanned < ADAPTER_GATHER_MS)
		return;
	if (p.next && a->scan == BLE_SCAN_ON) {
		adapter_scan(a, false);
	} else if (p.next && a->scan == BLE_SCAN_OFF) {
		if (p.ready == 1)
			a->scan_ms = 0;
		ble_link_connect(p.next, a);
	} else if (!p.next && p.search && a->scan == BLE_SCAN_OFF) {
		if (!adapter_refuses(a, now))
			adapter_scan(a, true);
	} else if (!p.next && !p.search && a->scan == BLE_SCAN_ON) {
		adapter_scan(a, false);
	}
}

void ble_adapter_work(struct ble_adapter *a, int64_t now)
{
	struct plan p;

	if (!a->obj || !adapter_ours(a))
		return;
	if (a->cycle != BLE_CYCLE_NONE) {
		adapter_cycling(a, now);
		return;
	}
	/* until it was on once; switched off later, it is somebody's will */
	if (!a->obj->powered && !a->was_on && !adapter_blocked(a) &&
	    (!a->on_ms || now - a->on_ms >= ADAPTER_REFUSED_MS)) {
		a->on_ms = now;
		adapter_power(a, true);
	}
	if (!a->obj->powered)
		return;
	if (adapter_hopeless(a, now)) {
		adapter_cycle(a, now);
		return;
	}
	p = adapter_plan(a, now);
	if (adapter_giving_up(a, now))
		return;
	if (!a->connecting)
		adapter_step(a, p, now);
	else if (p.hopeful)
		ble_link_give_way(a->connecting, now);
}

void ble_adapter_leave(struct ble_adapter *a)
{
	/* BlueZ is busy until the off that is under way is done */
	for (int i = 0; i < ADAPTER_LEAVE_TRIES && a->cycle != BLE_CYCLE_NONE && a->ble->bus; i++) {
		const struct timespec second = { .tv_sec = 1 };

		if (sd_bus_set_property(a->ble->bus, "org.bluez", a->path, "org.bluez.Adapter1",
					"Powered", NULL, "b", 1) >= 0)
			a->cycle = BLE_CYCLE_NONE;
		else
			nanosleep(&second, NULL);
	}
}

/* ---- for people ---- */

unsigned ble_power_cycles(const struct ble *b, const char **ret_name)
{
	int64_t last = 0;
	unsigned n = 0;

	*ret_name = "";
	for (unsigned i = 0; i < b->n_adapters; i++) {
		n += b->adapters[i].cycles;
		if (b->adapters[i].cycled_wall_ms > last) {
			last = b->adapters[i].cycled_wall_ms;
			*ret_name = b->adapters[i].name;
		}
	}
	return n;
}

void ble_json(const struct ble *b, struct jw *w)
{
	bool works = false;

	for (unsigned i = 0; i < b->n_adapters; i++)
		works = works || ble_adapter_works(&b->adapters[i]);
	jw_obj(w);
	jw_kstr(w, "reason", works ? NULL : b->why);
	jw_kstr(w, "detail", works ? NULL : b->why_text);
	jw_key(w, "adapters");
	jw_arr(w);
	for (unsigned i = 0; i < b->n_adapters; i++) {
		const struct ble_adapter *a = &b->adapters[i];
		int links = 0;

		if (!a->obj)
			continue;
		for (struct ble_link *l = b->links; l; l = ble_link_next(l))
			links += ble_link_on(l, a);
		jw_obj(w);
		jw_kstr(w, "name", a->name);
		jw_kstr(w, "address", a->obj->address);
		jw_kstr(w, "state", adapter_states[adapter_state(a)]);
		jw_kbool(w, "scanning", a->scan == BLE_SCAN_ON);
		jw_kint(w, "links", links);
		jw_kint(w, "power_cycles", a->cycles);
		jw_key(w, "last_power_cycle_ms");
		if (a->cycled_wall_ms)
			jw_int(w, a->cycled_wall_ms);
		else
			jw_null(w);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
}
