/*
 * Modbus: the PDU, with the unit and the CRC of RTU around it, as sticks carry it too.
 *
 *	read request	01 | 03 | 00 aa | 00 01 | a4 2a		unit function first count crc
 *	answer		01 | 03 | 02 | 01 0a | 39 d3		unit function bytes words crc
 *	exception	01 | 83 | 02 | c0 f1			unit function|80 code crc
 *
 * Words are big endian, the CRC is little endian: polynomial A001, start FFFF.
 * Sticks of string inverters append a CRC to an answer that has one already, 00 00 behind it (seen
 * in captures): an answer is as long as its own byte count says, exactly two more zero bytes are
 * allowed. Source: Modbus Application Protocol 1.1b3; captures of sticks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTU_WORDS_MAX	125 /* in one read: 250 bytes, 256 with unit, function, count and CRC */
#define RTU_FRAME_MAX	256
#define RTU_REQUEST_LEN 8
#define RTU_READ	3 /* the only function that svitlo sends */

uint16_t rtu_crc(const uint8_t *p, size_t n);

/* A read of holding registers. */
void rtu_put_read(uint8_t to[RTU_REQUEST_LEN], uint8_t unit, uint16_t first, uint16_t count);

enum rtu_state {
	RTU_OK,
	RTU_EXCEPTION, /* .exception */
	RTU_SHORT,     /* less than a unit, a function and a CRC, or than its byte count says */
	RTU_LONG,      /* more bytes than its byte count says */
	RTU_CRC,
	RTU_OTHER, /* whole, but not an answer to a read of registers */
	RTU__MAX
};
const char *rtu_state_name(enum rtu_state s); /* "crc" */

struct rtu_answer {
	uint8_t unit, function; /* function without bit 7 */
	uint8_t exception;	/* 0: none */
	bool crc_ok, double_crc;
	unsigned n;
	const uint8_t *words; /* big endian, n of them; borrows from the bytes */
};

/* Never reads outside; fills ret as far as it comes. */
enum rtu_state rtu_parse_answer(const uint8_t *p, size_t n, struct rtu_answer *ret);

static inline uint16_t rtu_word(const uint8_t *words, unsigned i)
{
	return (uint16_t)(words[2 * i] << 8 | words[2 * i + 1]);
}

/* "illegal data address": what an exception means. Never NULL. */
const char *rtu_exception_text(unsigned code);
