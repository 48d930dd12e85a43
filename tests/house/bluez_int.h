/*
 * What the three files of the BlueZ-shaped service share: bluez.c (service, adapters),
 * bluez_device.c (devices, links), bluez_gatt.c (services, characteristics).
 */
#ifndef HOUSE_BLUEZ_INT_H
#define HOUSE_BLUEZ_INT_H

#include "bluez.h"
#include "gattdb.h"

#define BLUEZ_PATH_MAX	120
#define BLUEZ_NEVER	INT64_MAX
#define BLUEZ_UUID_SIZE 37

#define ADAPTER_IFACE "org.bluez.Adapter1"
#define DEVICE_IFACE  "org.bluez.Device1"
#define SERVICE_IFACE "org.bluez.GattService1"
#define CHR_IFACE     "org.bluez.GattCharacteristic1"
#define DESC_IFACE    "org.bluez.GattDescriptor1"

struct bluez_device;

/* Fields that sd-bus reads by offset have the types it wants: int for "b", pointers for "s". */
struct bluez_desc {
	char path[BLUEZ_PATH_MAX];
	char uuid[BLUEZ_UUID_SIZE];
	const char *chr_path_p, *uuid_p;
	sd_bus_slot *slot;
};

struct bluez_chr {
	struct bluez_device *device;
	const struct gattdb_chr *db;
	char path[BLUEZ_PATH_MAX];
	char uuid[BLUEZ_UUID_SIZE];
	const char *service_path_p, *uuid_p;
	sd_bus_slot *slot;
	int notifying, notify_acquired, write_acquired;
	uint16_t mtu;
	uint8_t value[GATT_PIECE_MAX];
	size_t value_len;
	sd_bus_track *notifiers;	       /* clients that called StartNotify */
	int notify_fd;			       /* -1: none */
	sd_event_source *notify_io, *write_io; /* write_io owns its fd */
	struct bluez_desc desc;
};

struct bluez_service {
	const struct gattdb_service *db;
	char path[BLUEZ_PATH_MAX];
	char uuid[BLUEZ_UUID_SIZE];
	const char *device_path_p, *uuid_p;
	int primary;
	sd_bus_slot *slot;
	struct bluez_chr chr[GATTDB_CHRS_MAX];
};

struct bluez_device {
	struct bluez_adapter *adapter;
	struct house_pack *pack;
	size_t number;
	char path[BLUEZ_PATH_MAX];
	char address[18];
	char *alias; /* own */
	const char *address_p, *address_type_p, *name_p, *adapter_path_p;
	sd_bus_slot *slot;    /* NULL: not on the bus */
	sd_bus_slot *battery; /* of Battery1, there while the services are */
	int paired, trusted, blocked, legacy, connected, resolved;
	int16_t rssi;
	bool temporary; /* never connected: forgotten when not heard for a while */
	bool browsed;	/* GATT objects are on the bus */
	int64_t appear_ms, heard_ms, rssi_ms;
	int64_t connect_ms, connect_until_ms, resolve_ms, disconnect_ms, orphan_ms;
	sd_bus_message *connect_call, *disconnect_call;
	sd_bus_track *owners; /* clients that connected it */
	struct bluez_service service[GATTDB_SERVICES_MAX];
};

struct bluez_adapter {
	struct bluez *bz;
	size_t number;
	char path[32];
	char address[18], name[16];
	char *alias; /* own */
	const char *address_p, *address_type_p, *name_p;
	sd_bus_slot *slot; /* NULL: unplugged */
	int powered, discovering, pairable, discoverable;
	bool filter_hides; /* the discovery filter lets none of our devices through */
	sd_bus_track *sessions;
	struct bluez_device device[MODEL_PACKS_MAX];
};

struct bluez {
	sd_event *event;
	sd_bus *bus;
	struct house *house;
	sd_event_source *timer;
	sd_bus_slot *manager, *lost;
	struct rng rng; /* delays of the radio, apart from the packs' bytes */
	struct bluez_adapter adapter[HOUSE_ADAPTERS_MAX];
};

/* "org.bluez.Error." + name; -> negative, for a method handler to return */
int bluez_fail(sd_bus_error *err, const char *name, const char *text);
int64_t bluez_now_ms(const struct bluez *bz);
void bluez_changed(struct bluez *bz, const char *path, const char *iface, const char *property);
void bluez_uuid(char out[static BLUEZ_UUID_SIZE], uint16_t short_uuid);
/* The client that sent m stays in the track until it leaves the bus. */
int bluez_track(struct bluez *bz, sd_bus_track **track, sd_bus_message *m,
		sd_bus_track_handler_t on_empty, void *ud);

void device_init(struct bluez_device *d, struct bluez_adapter *a, size_t number);
void device_tick(struct bluez_device *d, int64_t now_ms);
void device_link_down(struct bluez_device *d);
/* Takes it from the bus: link down, objects removed. */
void device_hide(struct bluez_device *d);

int gatt_objects_add(struct bluez_device *d);
void gatt_objects_remove(struct bluez_device *d);
void gatt_objects_notify(struct bluez_device *d, const uint8_t *data, size_t len);

#endif
