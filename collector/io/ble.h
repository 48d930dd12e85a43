/*
 * Bluetooth LE centrals over BlueZ (D-Bus), on the event loop. Knows no device family.
 *
 * One struct ble holds the bus connection and a picture of BlueZ's object tree (ble_tree.c);
 * adapters scan and connect, one peer at a time each (ble_adapter.c); each link is a state machine
 * (ble_link.c); ble_agent.c answers when a peer wants to be paired. Bus, bluetoothd and adapters
 * may come and go at any time.
 * Source: BlueZ doc/org.bluez.*.rst, behaviour of 5.66 and later.
 */
#pragma once

#include "link.h"

#include "svitlo/err.h"

#include <systemd/sd-event.h>

#define BLE_PIN_MAX 17

struct ble;
struct jw;

/* How notifications are fetched: by file descriptor (AcquireNotify), by D-Bus signals
 * (StartNotify); some peripherals lose packets with the first, some adapters refuse it. */
enum ble_notify { BLE_NOTIFY_AUTO, BLE_NOTIFY_FD, BLE_NOTIFY_SIGNAL };

struct ble_peer {
	const char *address; /* "C8:47:80:12:34:56" */
	const char *service; /* UUID, lower case, 36 characters */
	enum ble_notify notify;
	const char *adapter; /* "hci1"; "": the one that hears it best */
	const char *pin;     /* for pairing; "": none */
};

/* bus: "system" or a D-Bus address; adapter: "hci0", or "" for all that work. Never fails for want
 * of a bus: it keeps trying. */
int ble_new(struct ble **ret, sd_event *ev, const char *bus, const char *adapter, struct err *e);
/* Links must be closed before. Waits, some seconds at most, until the peers are let go. */
void ble_free(struct ble *b);

/* -EINVAL: not an address; -EEXIST: another link has it. */
int ble_open(struct ble *b, const struct ble_peer *peer, const struct link_owner *owner,
	     struct link **ret, struct err *e);

/* Nobody wants this peer: a connection that an earlier life left behind is dropped, once. */
void ble_let_go(struct ble *b, const char *address);

/* Is it written like one? */
bool ble_is_address(const char *a);

/* {"reason","detail","adapters":[…]} of fcgi/README.md, without its age. */
void ble_json(const struct ble *b, struct jw *w);
/* Times that an adapter was power-cycled; *ret_name: which one last. */
unsigned ble_power_cycles(const struct ble *b, const char **ret_name);

/* ---- who is there ---- */

struct ble_advert {
	const char *address, *name, *adapter; /* name: "" if not heard */
	int rssi;			      /* dBm, 0: connected, not heard */
	bool connected;
	const uint16_t *services, *companies; /* advertised 16-bit UUIDs, company identifiers */
	unsigned n_services, n_companies;
};

/* Listens on all adapters for so long, besides everything else. -ENODEV: no adapter works, the
 * text says why. */
int ble_survey_start(struct ble *b, int seconds, struct err *e);
void ble_survey_stop(struct ble *b);
double ble_survey_progress(const struct ble *b); /* 0 to 1; 1: over */
/* Each peer heard since the start, or connected: once an address, by the adapter that hears it
 * best. */
void ble_survey_each(const struct ble *b, void (*take)(void *ud, const struct ble_advert *a),
		     void *ud);
