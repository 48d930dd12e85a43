/*
 * The GATT server of one radio module: attributes laid out as in tests/house/gattdb.c, requests
 * in, answers out. No I/O.
 */
#ifndef VM_ATT_H
#define VM_ATT_H

#include "../house/gattdb.h"

#include <stdbool.h>

#define ATT_ATTRS_MAX 48
#define ATT_VALUE_MAX 24
#define ATT_PDU_MAX   520

struct att_attr {
	uint16_t handle, type, end; /* end: last handle of a service, else 0 */
	uint8_t len, value[ATT_VALUE_MAX];
};

struct att {
	size_t n, n_generic, n_all;	     /* present; those before the BMS's own; with them */
	struct att_attr attr[ATT_ATTRS_MAX]; /* by rising handle */
	uint16_t most_mtu, mtu;
	uint16_t write_handle, notify_handle;
	/* What was written where the BMS listens. data is valid during the call. */
	void (*on_write)(void *ud, const uint8_t *data, size_t len);
	void *ud;
};

void att_init(struct att *a, const struct gattdb_layout *layout, const char *name, uint16_t mtu);
/* A new connection: nobody is subscribed, the MTU is the least. */
void att_connected(struct att *a);
/* The central's subscriptions are lost. */
void att_unsubscribe(struct att *a);
/* The BMS's own services go or come -> length of the indication of that, 0 when nobody asked for it
 */
size_t att_show_services(struct att *a, bool shown, uint8_t out[static ATT_PDU_MAX]);
/* -> length of the answer, 0 for none */
size_t att_request(struct att *a, const uint8_t *req, size_t len, uint8_t out[static ATT_PDU_MAX]);
/* -> length of the notification, 0 when nobody is subscribed */
size_t att_notify(const struct att *a, const uint8_t *data, size_t len,
		  uint8_t out[static ATT_PDU_MAX]);

#endif
