/* A datagram socket that others ring after they have written something down for us. What they send
 * says nothing: the tables do. */
#pragma once

#include "svitlo/err.h"

#include <systemd/sd-event.h>

struct bell;

/* At PATH, which is made anew. rung: from the loop, once for all that rang at the same time. */
int bell_open(struct bell **ret, sd_event *ev, const char *path, void (*rung)(void *ud), void *ud,
	      struct err *e);
void bell_close(struct bell *b); /* NULL is fine */
