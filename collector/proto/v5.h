/*
 * Solarman V5: frames on the stream between a client and a Wi-Fi stick (TCP 8899).
 *
 *	a5 | 17 00 | 10 45 | 97 00 | aa 4c 2c 8e | 02 00 … | 01 03 00 aa 00 01 a4 2a | 32 | 15
 *	0    1       3       5       7             11        26                        len-2
 *
 * Little endian: payload length, control code (10 45 is 4510), sequence (the client's byte, which
 * is echoed, and the stick's own counter), the stick's serial number, payload, sum of all bytes
 * from 1 to the payload's end, end. Source: protocol page of pysolarmanv5; 32 frames of captures.
 *
 * control  what                       payload
 * 4510     request                    type 02, 14 bytes of zeros, Modbus RTU
 * 1510     answer                     type, status, three times in s, Modbus RTU; or two bytes of
 *                                     error: 05 Modbus side refuses, 06 serial number is wrong
 * 4710     heartbeat, about a minute  one byte
 * 4110 4210 4310 4810                 the stick's words to a server; answers are 3000 less
 *
 * On the same stream: text of the stick's own commands ("AT+YZCMPVER=…"), copies of its cloud's
 * polling with sequence 0, answers that come too late (from captures). WEAK sum: one damaged frame
 * in 256 passes; what it carries has a CRC of its own.
 */
#pragma once

#include "rtu.h"

#define V5_HEAD_LEN    11
#define V5_PAYLOAD_MAX 1024 /* the longest seen has 269 bytes */
#define V5_FRAME_MAX   (V5_HEAD_LEN + V5_PAYLOAD_MAX + 2)
#define V5_REQUEST_MAX (V5_HEAD_LEN + 15 + RTU_REQUEST_LEN + 2)

enum v5_control {
	V5_REQUEST = 0x4510,
	V5_ANSWER = 0x1510,
	V5_HEARTBEAT = 0x4710,
};
enum v5_error { V5_ERROR_MODBUS = 5, V5_ERROR_SERIAL = 6 };

struct v5_frame {
	uint16_t control;
	uint8_t sequence, stick_sequence;
	uint32_t serial;
	const uint8_t *payload;
	size_t n;
	/* of requests and answers */
	uint8_t type;	       /* 2: inverter */
	uint8_t error;	       /* of an answer that carries nothing else, 0: none */
	const uint8_t *modbus; /* NULL: none */
	size_t modbus_n;
	uint32_t worked_s, on_s, offset_s; /* of an answer; worked + offset: its time since 1970 */
};

enum v5_kind {
	V5_FRAME,
	V5_FOREIGN,   /* bytes that belong to no frame */
	V5_TRUNCATED, /* a frame that ends early: another begins in it, or nothing more comes */
	V5_LENGTH,    /* a length that no frame has */
	V5_END,	      /* no end where the length says */
	V5_CHECKSUM,
	V5__MAX
};
const char *v5_kind_name(enum v5_kind k); /* "checksum" */

/* One piece of the stream. Borrows until the callback returns. */
struct v5_event {
	enum v5_kind kind;
	struct v5_frame frame; /* as far as it is there; whole only for V5_FRAME */
	const uint8_t *data;
	size_t len;
};

/* A zeroed one is ready. Each byte that is fed comes back in one event, in its order. */
struct v5_stream {
	size_t len;
	uint8_t buf[V5_FRAME_MAX];
};
typedef void v5_event_fn(void *ud, const struct v5_event *ev);

void v5_feed(struct v5_stream *s, const uint8_t *p, size_t n, v5_event_fn *fn, void *ud);
/* Nothing more comes: what is there is foreign or truncated. */
void v5_flush(struct v5_stream *s, v5_event_fn *fn, void *ud);

/* A request with a Modbus frame in it. Gives its length. */
size_t v5_put_request(uint8_t to[V5_REQUEST_MAX], uint8_t sequence, uint32_t serial,
		      const uint8_t rtu[RTU_REQUEST_LEN]);
