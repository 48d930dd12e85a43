/*
 * See wire_v5.h.
 */
#include "wire_v5.h"

#include <string.h>

#define START	      0xA5
#define END	      0x15
#define HEAD_LEN      11
#define TAIL_LEN      2
#define REQUEST_SKIP  15 /* payload before the Modbus part */
#define ANSWER_SKIP   14
#define TYPE_INVERTER 0x02
#define STATUS_LIVE   0x01
#define PAYLOAD_MAX   1024 /* longer ones are no frames */

static uint8_t sum(const uint8_t *p, size_t n)
{
	unsigned s = 0;

	for (size_t i = 0; i < n; i++)
		s += p[i];
	return (uint8_t)s;
}

static void put_le(uint8_t *p, uint32_t x, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(x >> 8 * i);
}

static uint32_t get_le(const uint8_t *p, size_t bytes)
{
	uint32_t x = 0;

	for (size_t i = 0; i < bytes; i++)
		x |= (uint32_t)p[i] << 8 * i;
	return x;
}

int wire_v5_take(const uint8_t *p, size_t n, struct wire_v5_frame *ret)
{
	const uint8_t *start = memchr(p, START, n);
	size_t payload, len, skip;

	if (!start)
		return -(int)n;
	if (start != p)
		return -(int)(start - p);
	if (n < HEAD_LEN)
		return 0;
	payload = get_le(p + 1, 2);
	len = HEAD_LEN + payload + TAIL_LEN;
	if (payload < 1 || payload > PAYLOAD_MAX)
		return -1;
	if (n < len)
		return 0;
	if (p[len - 1] != END || p[len - 2] != sum(p + 1, len - 1 - TAIL_LEN))
		return -1;
	ret->head = (struct wire_v5_head){ .control = (uint16_t)get_le(p + 3, 2),
					   .sequence = p[5],
					   .counter = p[6],
					   .serial = get_le(p + 7, 4) };
	ret->type = p[HEAD_LEN];
	skip = ret->head.control == WIRE_V5_REQUEST ? REQUEST_SKIP : ANSWER_SKIP;
	ret->modbus = p + HEAD_LEN + skip;
	ret->n_modbus = payload > skip ? payload - skip : 0;
	return (int)len;
}

/* The payload is in place; everything around it is not. */
static size_t close_frame(uint8_t *f, const struct wire_v5_head *h, size_t payload)
{
	size_t len = HEAD_LEN + payload + TAIL_LEN;

	f[0] = START;
	put_le(f + 1, (uint32_t)payload, 2);
	put_le(f + 3, h->control, 2);
	f[5] = h->sequence;
	f[6] = h->counter;
	put_le(f + 7, h->serial, 4);
	f[len - 2] = sum(f + 1, len - 1 - TAIL_LEN);
	f[len - 1] = END;
	return len;
}

size_t wire_v5_request(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h,
		       const uint8_t *modbus, size_t n)
{
	memset(ret + HEAD_LEN, 0, REQUEST_SKIP);
	ret[HEAD_LEN] = TYPE_INVERTER;
	memcpy(ret + HEAD_LEN + REQUEST_SKIP, modbus, n);
	return close_frame(ret, h, REQUEST_SKIP + n);
}

size_t wire_v5_answer(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h,
		      const struct wire_v5_times *t, const uint8_t *modbus, size_t n)
{
	uint8_t *p = ret + HEAD_LEN;

	p[0] = TYPE_INVERTER;
	p[1] = STATUS_LIVE;
	put_le(p + 2, t->working_s, 4);
	put_le(p + 6, t->power_on_s, 4);
	put_le(p + 10, t->offset_s, 4);
	memcpy(p + ANSWER_SKIP, modbus, n);
	return close_frame(ret, h, ANSWER_SKIP + n);
}

size_t wire_v5_error(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h,
		     const struct wire_v5_times *t, unsigned code)
{
	const uint8_t modbus[2] = { (uint8_t)code, 0 };

	return wire_v5_answer(ret, h, t, modbus, sizeof(modbus));
}

size_t wire_v5_heartbeat(uint8_t ret[static WIRE_V5_MAX], const struct wire_v5_head *h)
{
	ret[HEAD_LEN] = 0;
	return close_frame(ret, h, 1);
}
