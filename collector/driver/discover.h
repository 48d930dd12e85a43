/*
 * Looks for inverters' sticks on the local network: asks the broadcast addresses, and one by one
 * the hosts of a given subnet, and collects who answers.
 */
#pragma once

#include "svitlo/err.h"

#include <stdint.h>
#include <systemd/sd-event.h>

struct discover;
struct jw;

/* subnet: "" for the broadcasts alone. -EINVAL, or -errno. */
int discover_new(struct discover **ret, sd_event *ev, const char *subnet, struct err *e);
double discover_progress(const struct discover *d); /* 0 to 1; 1: over */
/* {"devices":[{"kind","address","serial","mac","device"}],"asked"}: device by `configured`, from
 * the address and the stick's serial, 0: none has them. */
void discover_json(const struct discover *d,
		   int64_t (*configured)(void *ud, const char *address, uint32_t serial), void *ud,
		   struct jw *w);
void discover_free(struct discover *d); /* NULL is fine */
