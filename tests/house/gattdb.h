/*
 * The GATT tables of the four kinds of radio module that JK uses.
 */
#ifndef HOUSE_GATTDB_H
#define HOUSE_GATTDB_H

#include <stddef.h>
#include <stdint.h>

#define GATTDB_CHRS_MAX	    4
#define GATTDB_SERVICES_MAX 4

enum gattdb_prop {
	GATTDB_READ = 0x02,
	GATTDB_WRITE_COMMAND = 0x04,
	GATTDB_WRITE = 0x08,
	GATTDB_NOTIFY = 0x10,
};

struct gattdb_chr {
	uint16_t uuid;
	uint16_t value_handle; /* the declaration is one before */
	uint16_t ccc_handle;   /* 0: none */
	uint8_t props;
};

struct gattdb_service {
	uint16_t uuid;
	uint16_t handle;
	size_t n_chrs;
	struct gattdb_chr chr[GATTDB_CHRS_MAX];
};

struct gattdb_layout {
	char name;
	uint16_t write_handle, notify_handle; /* where the BMS listens and talks */
	size_t n_services;
	struct gattdb_service service[GATTDB_SERVICES_MAX];
};

/* name: 'A' .. 'D', from the product table */
const struct gattdb_layout *gattdb_find(char name);

#endif
