/* What ble.c (bus, object tree, discovery) and ble_link.c (one peer) know of each other. */
#pragma once

#include "ble.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BLE_PATH_MAX 128
#define BLE_UUID_MAX 40
#define BLE_ADDR_MAX 18
/* more than a busy neighbourhood holds; beyond it new ones are ignored */
#define BLE_OBJS_MAX 4096

enum ble_kind { BLE_ADAPTER, BLE_DEVICE, BLE_SERVICE, BLE_CHAR, BLE_KIND__MAX };
enum ble_flag { BLE_CAN_NOTIFY = 1, BLE_CAN_WRITE = 2, BLE_CAN_WRITE_CMD = 4 };

/* One object of BlueZ's tree: the properties that matter. */
struct ble_obj {
	struct ble_obj *next;
	enum ble_kind kind;
	char path[BLE_PATH_MAX];
	char parent[BLE_PATH_MAX];  /* device: adapter; characteristic: service */
	char address[BLE_ADDR_MAX]; /* adapter, device */
	char uuid[BLE_UUID_MAX];    /* service, characteristic */
	bool powered;		    /* adapter */
	bool connected, resolved;   /* device */
	bool fresh;		    /* device: its advertisement was heard since the last attempt */
	int rssi;		    /* device; 0: unknown */
	unsigned flags;		    /* characteristic: BLE_CAN_… */
};

enum ble_scan { BLE_SCAN_OFF, BLE_SCAN_STARTING, BLE_SCAN_ON, BLE_SCAN_STOPPING };

struct ble_link;

struct ble {
	sd_event *ev;
	sd_bus *bus;
	char bus_address[512], adapter_name[32];
	sd_event_source *retry; /* bus gone: try again; scan refused: try again */
	sd_event_source *work;	/* look at everything once the present message is done */
	bool bluez;		/* org.bluez answered GetManagedObjects */
	struct ble_obj *objs;
	unsigned n_objs;
	struct ble_obj *adapter; /* in use, NULL: none works */
	enum ble_scan scan;
	int64_t scan_ms; /* monotonic, when the scan came on; 0: not since the last blind try */
	struct ble_link *links, *connecting;
	unsigned leaving; /* Disconnects that BlueZ has not answered */
	const char *why;  /* reason while nothing works */
	char why_text[160];
};

/* ble.c */
struct ble_obj *ble_obj_find(struct ble *b, const char *path);
void ble_wake(struct ble *b); /* have ble_work() run soon */
int ble_call(struct ble *b, sd_bus_slot **slot, const char *path, const char *iface,
	     const char *method, uint64_t timeout_s, sd_bus_message_handler_t done, void *ud,
	     const char *types, ...);

void ble_disconnect(struct ble *b, const char *device);

/* ble_link.c */
void ble_link_unavailable(struct ble_link *l);
void ble_link_available(struct ble_link *l); /* there is an adapter: no need to wait any more */
void ble_link_changed(struct ble_link *l, const struct ble_obj *o); /* its device object changed */
void ble_link_gone(struct ble_link *l, const char *path);	    /* an object under it is gone */
void ble_link_value(struct ble_link *l, const char *path, const uint8_t *p, size_t n);
bool ble_link_wants_scan(const struct ble_link *l);
/* Could be connected now: 0 no; 1 blindly, BlueZ knows it but it was not heard; 2 it is there. */
int ble_link_ready(struct ble_link *l);		   /* could be connected now */
int64_t ble_link_waited(const struct ble_link *l); /* for fairness: who tried longest ago */
void ble_link_connect(struct ble_link *l);
const char *ble_link_address(const struct ble_link *l);
struct ble_link *ble_link_next(struct ble_link *l);
