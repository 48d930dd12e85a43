/*
 * IPv4 subnets to be searched, as an owner writes them: "192.168.1.0/24". Only those of a home:
 * private, link-local and loopback ones, of SUBNET_BITS_MIN or more bits.
 */
#pragma once

#include "err.h"

#include <stdint.h>

#define SUBNET_BITS_MIN 22
#define SUBNET_TEXT_MAX 20

struct subnet {
	uint32_t first,
		count; /* hosts to be asked, host byte order; without network and broadcast */
};

/* -EINVAL with what is wrong. */
int subnet_parse(struct subnet *ret, const char *text, struct err *e);
