/*
 * What the files of the BlueZ-shaped service share: bluez.c (service), bluez_adapter.c,
 * bluez_device.c (devices, links), bluez_gatt.c (services, characteristics), bluez_agent.c
 * (pairing), bluez_odd.c (neighbours, objects that are not as they should be).
 */
#ifndef HOUSE_BLUEZ_INT_H
#define HOUSE_BLUEZ_INT_H

#include "bluez.h"
#include "gattdb.h"

#define BLUEZ_PATH_MAX	120
#define BLUEZ_NEVER	INT64_MAX
#define BLUEZ_UUID_SIZE 37
#define BLUEZ_UUID_TAIL "-0000-1000-8000-00805f9b34fb"

#define AGENTS_MAX 4

#define ADAPTER_IFACE "org.bluez.Adapter1"
#define DEVICE_IFACE  "org.bluez.Device1"
#define SERVICE_IFACE "org.bluez.GattService1"
#define CHR_IFACE     "org.bluez.GattCharacteristic1"
#define DESC_IFACE    "org.bluez.GattDescriptor1"

struct bluez_device;
struct bluez_service;

/* Fields that sd-bus reads by offset have the types it wants: int for "b", pointers for "s". */
struct bluez_desc {
	char path[BLUEZ_PATH_MAX];
	char uuid[BLUEZ_UUID_SIZE];
	const char *chr_path_p, *uuid_p;
	sd_bus_slot *slot;
};

struct bluez_chr {
	struct bluez_device *device;
	const struct bluez_service *service;
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
	bool dead; /* a second copy that nothing stands behind */
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
	int paired, bonded, trusted, blocked, legacy, connected, resolved;
	int16_t rssi;
	bool temporary; /* never connected: forgotten when not heard for a while */
	bool browsed;	/* GATT objects are on the bus */
	int64_t appear_ms, heard_ms, rssi_ms;
	int64_t connect_ms, connect_until_ms, resolve_ms, disconnect_ms, orphan_ms;
	sd_bus_message *connect_call, *disconnect_call, *pair_call;
	sd_bus_slot *agent_call; /* to the client's agent */
	struct bluez_agent *asked;
	sd_bus_track *owners; /* clients that connected it */
	struct bluez_service service[GATTDB_SERVICES_MAX];
};

/* A device that is not of ours, and not for us. */
struct bluez_neighbour {
	struct bluez_adapter *adapter;
	const struct bluez_stranger *who;
	char path[BLUEZ_PATH_MAX];
	sd_bus_slot *slot;
	int16_t rssi;
	int64_t rssi_ms, heard_ms;
};

/* A client's org.bluez.Agent1. */
struct bluez_agent {
	struct bluez *bz;
	char owner[64]; /* "": free */
	char path[BLUEZ_PATH_MAX];
	bool keyboard; /* can be asked for digits */
	sd_bus_track *track;
};

struct bluez_adapter {
	struct bluez *bz;
	size_t number;
	char path[32];
	char address[18], name[16];
	char *alias; /* own */
	const char *address_p, *address_type_p, *name_p;
	sd_bus_slot *slot; /* NULL: unplugged */
	sd_bus_slot *set_slot;
	enum bluez_stuck stuck; /* until powered anew */
	bool blocked, restore;	/* rfkill; whether it was on before */
	int64_t power_ms;	/* when the change of power is done */
	sd_bus_message *power_call;
	bool power_goal;
	unsigned power_cycles; /* off and on again by clients */
	bool was_cycled;
	int powered, discovering, pairable, discoverable;
	bool filter_hides; /* the discovery filter lets none of our devices through */
	bool filter_ours;  /* or only them */
	sd_bus_track *sessions;
	struct bluez_device device[MODEL_PACKS_MAX];
	struct bluez_neighbour neighbour[HOUSE_NEIGHBOURS_MAX];
};

struct bluez {
	sd_event *event;
	sd_bus *bus;
	struct house *house;
	sd_event_source *timer;
	sd_bus_slot *manager, *lost, *agents;
	struct bluez_agent agent[AGENTS_MAX];
	struct bluez_agent *default_agent;
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

void adapter_init(struct bluez *bz, size_t number);
int adapter_plug_in(struct bluez_adapter *a);
void adapter_unplug(struct bluez_adapter *a);
void adapter_tick(struct bluez_adapter *a, int64_t now_ms);

void device_init(struct bluez_device *d, struct bluez_adapter *a, size_t number);
void device_tick(struct bluez_device *d, int64_t now_ms);
void device_link_down(struct bluez_device *d);
/* Takes it from the bus: link down, objects removed. */
void device_hide(struct bluez_device *d);

/* -> false: out of the adapter's reach, switched off, or another has the one link */
bool device_in_reach(const struct bluez_device *d, int64_t now_ms);
int device_on_connect(sd_bus_message *m, void *ud, sd_bus_error *err);
int device_on_disconnect(sd_bus_message *m, void *ud, sd_bus_error *err);

/* bluez_agent.c */
int agents_start(struct bluez *bz);
void agents_end(struct bluez *bz);
int agent_on_pair(sd_bus_message *m, void *ud, sd_bus_error *err);
int agent_on_cancel(sd_bus_message *m, void *ud, sd_bus_error *err);
void agent_link_down(struct bluez_device *d); /* ends a pairing that runs */
void agent_forget(struct bluez_device *d);    /* the bond */
/* Whether the pack keeps its characteristics shut until it is paired. */
bool agent_shut(const struct bluez_device *d);

/* bluez_odd.c */
const sd_bus_vtable *odd_vtable(enum house_odd odd); /* NULL: the right one */
void neighbours_tick(struct bluez_adapter *a, int64_t now_ms);
void neighbours_hide(struct bluez_adapter *a);
bool neighbours_remove(struct bluez_adapter *a, const char *path);

int gatt_objects_add(struct bluez_device *d);
void gatt_objects_remove(struct bluez_device *d);
/* Somebody listens to the signals of the characteristic that talks. */
bool gatt_objects_by_signal(struct bluez_device *d);
void gatt_objects_notify(struct bluez_device *d, const uint8_t *data, size_t len);

#endif
