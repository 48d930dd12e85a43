/*
 * A picture of BlueZ's object tree: the properties that matter, read from its messages. Wrong
 * types and unknown names are stepped over; nothing here calls BlueZ.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BLE_PATH_MAX	 128
#define BLE_UUID_MAX	 40
#define BLE_ADDR_MAX	 18
#define BLE_NAME_MAX	 64
#define BLE_SERVICES_MAX 8
#define BLE_COMPANY_MAX	 4
/* more than a busy neighbourhood holds; beyond it new ones are ignored */
#define BLE_OBJS_MAX 4096

enum ble_kind { BLE_ADAPTER, BLE_DEVICE, BLE_SERVICE, BLE_CHAR, BLE_KIND__MAX };
enum ble_flag { BLE_CAN_NOTIFY = 1, BLE_CAN_WRITE = 2, BLE_CAN_WRITE_CMD = 4 };

struct ble_obj {
	struct ble_obj *next;
	enum ble_kind kind;
	char path[BLE_PATH_MAX];
	char parent[BLE_PATH_MAX];  /* device: adapter; characteristic: service */
	char address[BLE_ADDR_MAX]; /* adapter, device */
	char uuid[BLE_UUID_MAX];    /* service, characteristic */
	char power[20];		    /* adapter: PowerState where BlueZ has it, "off-blocked" */
	char name[BLE_NAME_MAX];    /* device, as it advertises; "" if not heard */
	bool powered;		    /* adapter */
	bool connected, resolved;   /* device */
	bool fresh;		    /* device: its advertisement was heard since the last attempt */
	int64_t heard_ms;	    /* device: monotonic, last advertisement; 0: never */
	int rssi;		    /* device; 0: unknown */
	unsigned flags;		    /* characteristic: BLE_CAN_… */
	uint16_t services[BLE_SERVICES_MAX], companies[BLE_COMPANY_MAX]; /* device, advertised */
	unsigned n_services, n_companies;
};

struct ble_tree {
	struct ble_obj *objs;
	unsigned n;
	/* Hears of each change and of each notified value. */
	void (*changed)(void *ud, struct ble_obj *o);
	void (*value)(void *ud, const char *path, const uint8_t *p, size_t n);
	void *ud;
};

const char *ble_iface(enum ble_kind k); /* "org.bluez.Device1" */
struct ble_obj *ble_tree_find(const struct ble_tree *t, const char *path);
/* The device with this address on that adapter, or NULL. */
struct ble_obj *ble_tree_device(const struct ble_tree *t, const char *adapter, const char *address);
void ble_tree_drop(struct ble_tree *t, const char *path);
void ble_tree_clear(struct ble_tree *t);

/* Each reads from the present place of m; negative: the message cannot be read. */
int ble_tree_read_all(struct ble_tree *t, sd_bus_message *m, int64_t mono_ms); /* a{oa{sa{sv}}} */
int ble_tree_read(struct ble_tree *t, sd_bus_message *m, const char *path,
		  int64_t mono_ms); /* a{sa{sv}} */
/* sa{sv}…: a PropertiesChanged of o. */
int ble_tree_update(struct ble_tree *t, sd_bus_message *m, struct ble_obj *o, int64_t mono_ms);
