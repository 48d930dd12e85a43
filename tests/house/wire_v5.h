/*
 * Solarman V5 frames, the side of the stick. Little endian but for the Modbus part.
 *
 *     A5 | 1700 | 10 45 | 97 00 | AA4C2C8E | 02 0000 00*12 | 0103 00AA 0001 A42A | 32 | 15
 *     A5 | 1500 | 10 15 | 97 6C | AA4C2C8E | 02 01 B6A60F00 1B270000 53760763 | 0103 02 010A 39D3
 *        | ED | 15
 *     0    1      3       5  6    7          11              26 in requests, 25 in answers
 *
 * payload length, control code, sequence of the client and counter of the stick, serial, payload:
 * frame type, status, seconds of work, since power-on, and offset to 1970; Modbus RTU; sum from
 * byte 1, end. Both frames are real (pysolarmanv5, issue 19).
 */
#ifndef HOUSE_WIRE_V5_H
#define HOUSE_WIRE_V5_H

#include "wire_rtu.h"

#define WIRE_V5_MAX	   300
#define WIRE_V5_REQUEST	   0x4510
#define WIRE_V5_ANSWER	   0x1510
#define WIRE_V5_HEARTBEAT  0x4710
#define WIRE_V5_NO_DEVICE  5 /* the Modbus side refused or said nothing */
#define WIRE_V5_BAD_SERIAL 6

struct wire_v5_head {
	uint16_t control;
	uint8_t sequence, counter;
	uint32_t serial;
};

struct wire_v5_times {
	uint32_t working_s, power_on_s, offset_s;
};

/* A frame in received bytes; modbus points into them. */
struct wire_v5_frame {
	struct wire_v5_head head;
	uint8_t type; /* the first byte of the payload */
	const uint8_t *modbus;
	size_t n_modbus; /* 0: there is no room for any */
};

/* -> its length, 0: more bytes are needed, < 0: so many bytes are none of a frame */
int wire_v5_take(const uint8_t *p, size_t n, struct wire_v5_frame *ret);
/* All -> length */
size_t wire_v5_request(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h,
		       const uint8_t *modbus, size_t n);
size_t wire_v5_answer(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h,
		      const struct wire_v5_times *t, const uint8_t *modbus, size_t n);
size_t wire_v5_error(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h,
		     const struct wire_v5_times *t, unsigned code);
size_t wire_v5_heartbeat(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h);

#endif
