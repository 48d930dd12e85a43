/* What the parts of the Bluetooth central know of each other. */
#pragma once

#include "ble.h"
#include "ble_tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BLE_ADAPTERS_MAX 8
/* What the callback of a call returns. Not 0: sd-bus (252) would go on to write to a bus on which
 * the callback has just failed to send, and abort. */
#define BLE_ANSWERED   1
#define BLE_PARTING_MS 4000 /* Disconnect takes BlueZ about 2 s */

struct ble_link;

enum ble_scan { BLE_SCAN_OFF, BLE_SCAN_STARTING, BLE_SCAN_ON, BLE_SCAN_STOPPING };
enum ble_cycle { BLE_CYCLE_NONE, BLE_CYCLE_DOWN, BLE_CYCLE_UP };

/* An adapter that was seen; it keeps its place while it is unplugged. */
struct ble_adapter {
	struct ble *ble;
	struct ble_obj *obj; /* NULL: not there */
	char path[BLE_PATH_MAX];
	const char *name; /* "hci0", in path */
	enum ble_scan scan;
	int64_t scan_ms;    /* monotonic, when the scan came on; 0: not since the last blind try */
	int64_t refused_ms; /* monotonic, when BlueZ refused to scan */
	sd_bus_slot *scan_call;	     /* StartDiscovery or StopDiscovery under way */
	struct ble_link *connecting; /* until it is up */
	sd_bus_slot *connect;	     /* Connect that BlueZ has not answered yet … */
	struct ble_link *connect_of; /* … and who waits for it; NULL: given up, to be waited out */
	char given_up[BLE_PATH_MAX];	  /* the device whose Connect was given up last */
	int64_t given_up_ms;		  /* monotonic */
	bool was_on;			  /* else it is switched on */
	int64_t on_ms;			  /* monotonic, when that was tried last */
	int64_t looked_ms, unheard_ms;	  /* of scanning without hearing anybody */
	enum ble_cycle cycle;		  /* power cycle under way */
	int64_t cycle_ms, cycled_wall_ms; /* last step, monotonic; last one; 0: never */
	int64_t late_ms;		  /* monotonic, when we gave up on our own off */
	unsigned cycles, in_vain;	  /* in_vain: in a row that brought nobody back */
};

/* A link that is being taken down: BlueZ may not be left with a notification that nobody reads. */
struct ble_parting {
	struct ble_parting *next;
	struct ble *ble;
	char path[BLE_PATH_MAX];
	int64_t until_ms;
	sd_bus_slot *call; /* Disconnect */
	bool linked;	   /* else only a Connect is cancelled */
	int fd;		   /* -1: none */
	sd_event_source *io;
};

struct ble {
	sd_event *ev;
	sd_bus *bus;
	char bus_address[512], adapter_name[32];
	sd_event_source *retry; /* bus or bluetoothd gone: try again */
	sd_event_source *tick;	/* while something is under way */
	sd_event_source *work;	/* look at everything once the present message is done */
	bool bluez;		/* org.bluez answered GetManagedObjects */
	char bluez_owner[64];	/* its unique name: nobody else may ask for PINs */
	struct ble_tree tree;
	struct ble_adapter adapters[BLE_ADAPTERS_MAX];
	unsigned n_adapters;
	struct ble_link *links;
	struct ble_parting *partings;
	char stale[16][BLE_ADDR_MAX]; /* of ble_let_go() */
	unsigned n_stale;
	int64_t cancelled_ms;		    /* monotonic, when what an earlier life had begun was */
	int64_t survey_ms, survey_until_ms; /* monotonic; 0: none */
	const char *why;		    /* reason while nothing works */
	char why_text[160];
};

/* ble.c */
void ble_wake(struct ble *b); /* have everything looked at soon */
int ble_call(struct ble *b, sd_bus_slot **slot, const char *path, const char *iface,
	     const char *method, uint64_t timeout_s, sd_bus_message_handler_t done, void *ud,
	     const char *types, ...);

/* ble_part.c: drops a connection. fd: its notifications, taken over and read away until it is
 * down; -1: none. */
void ble_part(struct ble *b, const char *device, int fd);
bool ble_is_parting(const struct ble *b, const char *device);
void ble_parted(struct ble *b, const char *device);   /* it is gone */
void ble_unlinked(struct ble *b, const char *device); /* BlueZ says that it is not connected */
void ble_part_late(struct ble *b, int64_t mono_ms);   /* no longer waits for those that never end */
void ble_part_all(struct ble *b);		      /* forgets all at once */
void ble_part_wait(struct ble *b);		      /* at the end, without the loop */

/* ble_adapter.c */
void ble_adapter_changed(struct ble *b, struct ble_obj *o); /* seen or changed */
void ble_adapter_gone(struct ble *b, const char *path);
bool ble_adapter_works(const struct ble_adapter *a);
void ble_adapter_work(struct ble_adapter *a, int64_t mono_ms);
void ble_adapter_leave(struct ble_adapter *a);	/* at the end: not while it is off by our doing */
void ble_adapter_rescan(struct ble_adapter *a); /* all who are near shall be heard anew */
/* Asks BlueZ to connect; the answer goes to ble_link_answered(). */
int ble_adapter_connect(struct ble_adapter *a, struct ble_link *l, const char *device);
/* l waits no more for its Connect. */
void ble_adapter_give_up(struct ble_adapter *a, const struct ble_link *l);
const char *ble_adapter_reason(const struct ble_adapter *a); /* why it doesn't work */
/* None works: fills b->why. */
void ble_adapters_why(struct ble *b);

/* ble_link.c */
struct ble_link *ble_link_of(struct ble *b, const char *path); /* whose object it is, or NULL */
struct ble_link *ble_link_next(struct ble_link *l);
struct ble_obj *ble_link_device(const struct ble_link *l, const struct ble_adapter *a);
bool ble_link_has_adapter(const struct ble_link *l); /* one that works, and may be used */
void ble_link_unavailable(struct ble_link *l, const char *why, const char *text);
void ble_link_available(struct ble_link *l); /* there is an adapter: no need to wait any more */
void ble_link_changed(struct ble_link *l, const struct ble_obj *o); /* its device object changed */
void ble_link_gone(struct ble_link *l, const char *path);	    /* an object under it is gone */
void ble_link_adapter_gone(struct ble_link *l, const struct ble_adapter *a);
void ble_link_value(struct ble_link *l, const char *path, const uint8_t *p, size_t n);
bool ble_link_wants_scan(const struct ble_link *l, const struct ble_adapter *a, int64_t mono_ms);
/* Could be connected by a now: 0 no; 1 blindly, BlueZ knows it but it was not heard; 2 yes. */
int ble_link_ready(struct ble_link *l, struct ble_adapter *a);
/* Its attempts bring nothing: it must not hold up the others. */
bool ble_link_doubtful(const struct ble_link *l);
/* It waits, and will surely be quick: it was there a moment ago, or is heard. */
bool ble_link_hopeful(const struct ble_link *l, int ready, int64_t mono_ms);
/* For another's sake: a doubtful attempt ends, a long one goes on beside the other's. */
void ble_link_give_way(struct ble_link *l, int64_t mono_ms);
int64_t ble_link_waited(const struct ble_link *l); /* for fairness: who tried longest ago */
void ble_link_connect(struct ble_link *l, struct ble_adapter *a);
void ble_link_answered(struct ble_link *l, sd_bus_message *m);		 /* to its Connect */
bool ble_link_on(const struct ble_link *l, const struct ble_adapter *a); /* up or nearly so */
/* Up by a, and what comes makes sense, or on the way there without trouble. */
bool ble_link_served(const struct ble_link *l, const struct ble_adapter *a);
/* Would a power cycle of a, which failed it, be of any use to it? 0 no, 1 perhaps, more: surely,
 * and so many that are well may be disturbed for it. */
unsigned ble_link_ails(const struct ble_link *l, const struct ble_adapter *a, bool deaf);
void ble_link_power_cycled(struct ble_link *l, const struct ble_adapter *a);
bool ble_link_settled(const struct ble_link *l); /* nothing to wait for */

/* ble_agent.c: org.bluez.Agent1 on our bus connection */
int ble_agent_export(struct ble *b);
void ble_agent_register(struct ble *b);
/* The PIN of the peer whose object is path; marks that it was asked for, if it is. NULL: not ours.
 */
const char *ble_link_pin(struct ble *b, const char *path, bool asked);
