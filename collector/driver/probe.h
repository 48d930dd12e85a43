/*
 * Is an inverter or a plug at this address, and which of the ways in leads to it? Tries them one
 * after the other, as a device would, and keeps what the first one that answers says. When none
 * does: the most telling reason, and what can be done.
 */
#pragma once

#include "driver.h"

struct probe;

/* address: of endpoint.h or plug_address.h, or a bare host: then all ways are tried. transport: as of a
 * plug's options, NULL: auto, which shows nobody a password. -EINVAL. */
int probe_new(struct probe **ret, const struct device_env *env, const char *address,
	      const char *transport, struct err *e);
double probe_progress(const struct probe *p); /* 0 to 1; 1: over */
bool probe_found(const struct probe *p);      /* when it is over */
bool probe_built_in(const struct probe *p);   /* a plug that lets anybody in */
/* Why nothing was found, NULL if something was or nobody knows; and what to do. */
const char *probe_reason(const struct probe *p, const char **ret_advice);
/* Members of an open object, of fcgi/README.md. */
void probe_json(const struct probe *p, struct jw *w);
void probe_free(struct probe *p); /* NULL is fine */
