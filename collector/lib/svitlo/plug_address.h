/*
 * Addresses of plugs:
 *
 *	tapo://HOST[:80]	a plug or a strip
 *	socket:STRIP/N		socket N of the strip with this id
 *
 * HOST is an IPv4 address, or an IPv6 address in brackets: of a home's network, so that the
 * account's name and password are offered to nobody outside. No host's name: who answers to one can
 * change.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

#define PLUG_HOST_MAX	 64 /* an IPv6 address and a zone */
#define PLUG_ADDRESS_MAX (PLUG_HOST_MAX + 24)
#define PLUG_PORT	 80
#define PLUG_SOCKETS_MAX 16 /* of a strip */

struct plug_address {
	bool socket;		  /* strip and position count, else host and port */
	char host[PLUG_HOST_MAX]; /* without brackets */
	uint16_t port;
	int64_t strip;	   /* id of the device */
	unsigned position; /* 1: the first */
};

/* Does it begin like a plug's? */
bool plug_address_is(const char *text);

/* -EINVAL with what is wrong. */
int plug_address_parse(struct plug_address *ret, const char *text, struct err *e);

/* Of a plug or a strip itself, never of a socket, in the one way to write it. -EINVAL. */
int plug_address_canonical(char ret[PLUG_ADDRESS_MAX], const char *text, struct err *e);

/* The one way to write it. */
void plug_address_text(char ret[PLUG_ADDRESS_MAX], const struct plug_address *p);
