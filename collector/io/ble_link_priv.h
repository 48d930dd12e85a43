/* One peer: what its life (ble_link.c) and its GATT (ble_gatt.c) share. */
#pragma once

#include "ble_priv.h"

enum step { SEEK, QUEUED, CONNECT, RESOLVE, SUBSCRIBE, PAIR, SWITCH, UP, LOST, REST };

struct ble_link {
	struct link link;
	struct ble *ble;
	struct ble_link *next;
	char address[BLE_ADDR_MAX], service[BLE_UUID_MAX], pin[BLE_PIN_MAX], fixed[16];
	enum ble_notify notify;
	bool by_signal; /* the method in use */
	enum step step;
	struct ble_adapter
		*adapter; /* of the present connection or the last attempt; may be NULL */
	char device[BLE_PATH_MAX], notify_path[BLE_PATH_MAX], write_path[BLE_PATH_MAX];
	unsigned write_flags;
	sd_bus_slot *call;	/* the one request in flight; unreferencing it forgets the answer */
	sd_event_source *timer; /* deadline of the step, end of a wait */
	sd_event_source *io;	/* notifications, when by descriptor */
	int fd;			/* theirs, -1: none */
	sd_event_source *tell;	/* the owner hears from the loop, never from within its own call */
	const char *reason;	/* what the owner is to hear; string constants only */
	char detail[160];
	/* attempts and connections in a row that brought nothing that made sense; since when */
	unsigned barren;
	int64_t barren_ms;
	unsigned bare;	   /* in a row without services */
	unsigned rests;	   /* in a row */
	unsigned phantoms; /* in a row: connected, says BlueZ, and then that it isn't */
	unsigned looks;	   /* for its characteristics, on this connection */
	int64_t tried_ms, up_ms, seek_ms, queued_ms;
	bool well;	/* what comes makes sense */
	bool blind;	/* the last attempt was made without having heard it */
	bool woken;	/* since it was unavailable */
	bool pin_asked; /* in this attempt to pair */
	bool pairing;	/* was tried on this connection */
};

/* ble_link.c */
void link_step(struct ble_link *l, enum step step, uint64_t timeout_ms);
void link_fail(struct ble_link *l, const char *reason, const char *detail);
void link_up(struct ble_link *l, const char *how, unsigned mtu);
/* The error's own text: BlueZ puts the cause there ("le-connection-abort-by-local"). */
const char *link_error(sd_bus_message *m);

/* ble_choose.c */
struct ble_adapter *link_best(const struct ble_link *l); /* NULL: none knows it */

/* ble_gatt.c */
void link_subscribe(struct ble_link *l); /* finds the characteristics, asks for notifications */
void link_notify(struct ble_link *l);	 /* asks for them by l->by_signal */
void link_resubscribe(struct link *link);
int link_write(struct link *link, const uint8_t *p, size_t n);
int link_take_fd(struct ble_link *l); /* gives the descriptor, or -1 */
