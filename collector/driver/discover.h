/*
 * Looks for inverters' sticks and plugs: asks the broadcast addresses, and one by one the hosts of
 * some networks, and collects who answers.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/subnet.h"

#include <stdint.h>
#include <systemd/sd-event.h>

struct discover;
struct jw;
struct plugs;

/* Networks whose hosts are asked one by one. A zeroed one is ready. */
#define DISCOVER_NETS_MAX 4
struct discover_nets {
	struct {
		struct subnet hosts;
		char text[SUBNET_TEXT_MAX];
	} net[DISCOVER_NETS_MAX];
	unsigned n;
};
/* The one that its owner names. -EINVAL. */
int discover_nets_add(struct discover_nets *n, const char *subnet, struct err *e);
/* The /24 around a device that is known by this address, if it is in a home's network and there is
 * room. */
void discover_nets_near(struct discover_nets *n, const char *address);

/* plugs: borrowed. -errno. */
int discover_new(struct discover **ret, sd_event *ev, struct plugs *plugs,
		 const struct discover_nets *nets, struct err *e);
double discover_progress(const struct discover *d); /* 0 to 1; 1: over */
/* Which device it is already: 0, none. */
struct discover_known {
	int64_t (*stick)(void *ud, const char *address, uint32_t serial);
	int64_t (*plug)(void *ud, const char *address, const char *mac);
	void *ud;
};
/* {"devices":[…],"asked","networks","broadcasts"} of fcgi/README.md. */
void discover_json(const struct discover *d, const struct discover_known *known, struct jw *w);
void discover_free(struct discover *d); /* NULL is fine */
