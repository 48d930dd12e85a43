/*
 * Modbus TCP: the MBAP header, for telling who speaks it; reading is libmodbus's work.
 *
 *	26 8f | 00 00 | 00 e5 | 01 | 03 | e2 …		transaction protocol length unit function …
 *
 * Big endian, no CRC. length counts from the unit on.
 *
 * Whoever takes a V5 frame for MBAP answers with its first bytes, function | 80 and exception 02,
 * nine bytes in all (seen in a capture of an Ethernet stick): a5 17 00 10 45 03 00 d6 02.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MBAP_HEAD_LEN  7
#define MBAP_FRAME_MAX 260

struct mbap {
	uint16_t transaction, protocol, length;
	uint8_t unit, function; /* function without bit 7 */
	uint8_t exception;	/* 0: none */
	const uint8_t *words;	/* of an answer to a read, big endian; NULL: none */
	unsigned n;
};

/* Is it one whole frame? Protocol 0, a length that fits, a function of 1 to 127. */
bool mbap_parse(const uint8_t *p, size_t n, struct mbap *ret);
/* Is it the answer of one that took a V5 frame (its first five bytes) for MBAP? */
bool mbap_is_echo(const uint8_t request[5], const uint8_t *p, size_t n);
