/*
 * What the parts of the radio know of each other: hci.c is the adapter's controller as the kernel
 * sees it, air.c the packs around it and their links, radio.c takes orders and keeps time.
 */
#ifndef VM_RADIO_H
#define VM_RADIO_H

#include "../house/house.h"
#include "att.h"

#define L2CAP_MAX	    700
#define SUPERVISION_TIMEOUT 0x08
#define LOCAL_HOST	    0x16
#define NOT_ESTABLISHED	    0x3E
#define NO_CONNECTION	    0x02

/* type of address, then the address with its low byte first: as HCI has it in many places */
struct peer_address {
	uint8_t b[7];
};

struct peer {
	struct house_pack *pack;
	size_t number; /* from 1 */
	struct peer_address address;
	struct att att;
	uint16_t handle; /* 0: not connected */
	bool reported;	 /* since the scan began, when duplicates are filtered */
	int64_t dies_ms; /* 0: it doesn't; a link that is deaf from its start */
	unsigned fail;	 /* so many connections fail to be established */
	bool far;
	bool mute;	   /* until its next connection */
	int64_t paused_ms; /* until then it begins no frame and hears no question */
	uint64_t frames;   /* of any kind, begun while somebody was subscribed */
	size_t n_rx;
	uint8_t rx[L2CAP_MAX];
};

#define LIST_MAX 16
#define LIST_MAX 16

struct radio {
	int vhci; /* -1: unplugged */
	struct house house;
	struct peer peer[MODEL_PACKS_MAX];
	size_t n_peers;
	bool scanning, active, filtered, no_duplicates;
	bool connecting;
	struct peer_address wanted;
	struct peer_address list[LIST_MAX];
	size_t n_list;
};
extern struct radio radio;

/* radio.c */
int64_t now_ms(void);
__attribute__((format(printf, 1, 2))) void say(const char *f, ...);

/* hci.c: to the kernel */
bool plug(void);
void unplug(void);
void hci_read(void);
void hci_send_acl(uint16_t handle, const uint8_t *data, size_t n);
void hci_advertisement(const struct peer_address *from, bool answer, const uint8_t *data, size_t n);
/* p: NULL when no connection came of it */
void hci_connected(const struct peer *p, uint8_t status);
void hci_disconnected(uint16_t handle, uint8_t reason);

/* air.c */
void air_add_packs(void);
void air_tick(int64_t now);
struct peer *peer_by_handle(uint16_t handle);
void link_down(struct peer *p, uint8_t reason);
void link_show_services(struct peer *p, bool shown);
void link_forget(struct peer *p); /* without telling anyone */
/* One piece of what the kernel sends; begins: of a new L2CAP frame. */
void link_received(struct peer *p, bool begins, const uint8_t *d, size_t n);

#endif
