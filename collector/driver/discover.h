/*
 * Looks for inverters' sticks and plugs on the local network: asks the broadcast addresses, and one
 * by one the hosts of a given subnet, and collects who answers.
 */
#pragma once

#include "svitlo/err.h"

#include <stdint.h>
#include <systemd/sd-event.h>

struct discover;
struct jw;
struct plugs;

/* subnet: "" for the broadcasts alone. plugs: borrowed. -EINVAL, or -errno. */
int discover_new(struct discover **ret, sd_event *ev, struct plugs *plugs, const char *subnet,
		 struct err *e);
double discover_progress(const struct discover *d); /* 0 to 1; 1: over */
/* Which device it is already: 0, none. */
struct discover_known {
	int64_t (*stick)(void *ud, const char *address, uint32_t serial);
	int64_t (*plug)(void *ud, const char *address, const char *mac);
	void *ud;
};
/* {"devices":[…],"asked"} of fcgi/README.md. */
void discover_json(const struct discover *d, const struct discover_known *known, struct jw *w);
void discover_free(struct discover *d); /* NULL is fine */
