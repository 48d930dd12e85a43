/*
 * Bluetooth LE centrals over BlueZ (D-Bus), on the event loop. Knows no device family.
 *
 * One struct ble holds the bus connection and a picture of BlueZ's object tree; each link is a
 * state machine over it (ble_link.c). Bus, bluetoothd and adapter may come and go at any time.
 * Source: BlueZ doc/org.bluez.*.rst, behaviour of 5.66 and later.
 */
#pragma once

#include "link.h"

#include "svitlo/err.h"

#include <systemd/sd-event.h>

struct ble;

/* How notifications are fetched: by file descriptor (AcquireNotify), by D-Bus signals
 * (StartNotify); some peripherals lose packets with the first, some adapters refuse it. */
enum ble_notify { BLE_NOTIFY_AUTO, BLE_NOTIFY_FD, BLE_NOTIFY_SIGNAL };

struct ble_peer {
	const char *address; /* "C8:47:80:12:34:56" */
	const char *service; /* UUID, lower case, 36 characters */
	enum ble_notify notify;
};

/* bus: "system" or a D-Bus address; adapter: "hci0", or "" for the first that works. Never fails
 * for want of a bus: it keeps trying. */
int ble_new(struct ble **ret, sd_event *ev, const char *bus, const char *adapter, struct err *e);
/* Links must be closed before. Sends what is queued (disconnects). */
void ble_free(struct ble *b);

/* -EINVAL: not an address. */
int ble_open(struct ble *b, const struct ble_peer *peer, const struct link_owner *owner,
	     struct link **ret, struct err *e);
