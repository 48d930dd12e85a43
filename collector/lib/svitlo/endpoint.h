/*
 * Addresses of inverters, as the owner writes them:
 *
 *	solarman://HOST[:8899][?unit=1][&serial=N]	a Wi-Fi stick, Solarman V5
 *	modbus://HOST[:502][?unit=1]			Modbus TCP
 *	rtu:///dev/ttyUSB0[?baud=9600][&parity=n][&unit=1]
 *
 * HOST is a name, an IPv4 address, or an IPv6 address in brackets.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENDPOINT_HOST_MAX 256
#define ENDPOINT_TEXT_MAX (ENDPOINT_HOST_MAX + 80)

enum endpoint_kind { ENDPOINT_SOLARMAN, ENDPOINT_MODBUS, ENDPOINT_RTU, ENDPOINT__MAX };

struct endpoint {
	enum endpoint_kind kind;
	char host[ENDPOINT_HOST_MAX]; /* without brackets; of RTU the path */
	uint16_t port;
	uint8_t unit;
	uint32_t serial; /* of the stick; 0: to be learned */
	unsigned baud;
	char parity; /* N, E, O */
};

/* Does it begin like one? */
bool endpoint_is(const char *url);

/* -EINVAL with what is wrong. */
int endpoint_parse(struct endpoint *ret, const char *url, struct err *e);

/* The one way to write it: nothing that goes without saying, and no serial. Two addresses of the
 * same inverter give the same text. */
void endpoint_text(char ret[ENDPOINT_TEXT_MAX], const struct endpoint *p);
/* The same without the unit: those with equal texts share one line. */
void endpoint_line(char ret[ENDPOINT_TEXT_MAX], const struct endpoint *p);
