/*
 * See wire_rtu.h.
 */
#include "wire_rtu.h"

#include <string.h>

#define WRITE_ONE  6
#define WRITE_MANY 16
#define MANY_HEAD  7 /* of a request to write many, up to its data */
#define CRC_LEN	   2

uint16_t wire_rtu_crc(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
	}
	return crc;
}

size_t wire_rtu_seal(uint8_t *frame, size_t n)
{
	uint16_t crc = wire_rtu_crc(frame, n);

	frame[n] = (uint8_t)crc;
	frame[n + 1] = (uint8_t)(crc >> 8);
	return n + CRC_LEN;
}

bool wire_rtu_whole(const uint8_t *frame, size_t n)
{
	return n >= 4 && wire_rtu_crc(frame, n) == 0;
}

size_t wire_rtu_request_len(const uint8_t *p, size_t n)
{
	if (n < 2)
		return 0;
	if (p[WIRE_RTU_FUNCTION] != WRITE_MANY)
		return WIRE_RTU_READ_LEN;
	return n < MANY_HEAD ? 0 : MANY_HEAD + p[MANY_HEAD - 1] + (size_t)CRC_LEN;
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

unsigned wire_rtu_registers(const uint8_t *request, size_t n)
{
	if (n != WIRE_RTU_READ_LEN || request[WIRE_RTU_FUNCTION] != WIRE_RTU_READ)
		return 0;
	return be16(request + 4);
}

size_t wire_rtu_exception(uint8_t ret[static WIRE_RTU_MAX], const uint8_t *request, int code)
{
	ret[0] = request[0];
	ret[1] = request[1] | WIRE_RTU_EXCEPTION;
	ret[2] = (uint8_t)code;
	return wire_rtu_seal(ret, 3);
}

size_t wire_rtu_values(uint8_t ret[static WIRE_RTU_MAX], const uint8_t *request,
		       const uint16_t *values, size_t n)
{
	ret[0] = request[0];
	ret[1] = request[1];
	ret[2] = (uint8_t)(2 * n);
	for (size_t i = 0; i < n; i++)
		put16(ret + 3 + 2 * i, values[i]);
	return wire_rtu_seal(ret, 3 + 2 * n);
}

static size_t serve_read(struct inv *v, const struct model *m, int64_t wall_ms,
			 const uint8_t *request, uint8_t ret[static WIRE_RTU_MAX])
{
	uint16_t values[INV_READ_MAX], count = be16(request + 4);
	int bad = inv_read(v, m, wall_ms, be16(request + 2), count, values);

	return bad ? wire_rtu_exception(ret, request, bad)
		   : wire_rtu_values(ret, request, values, count);
}

/* The answer repeats the first six bytes of the request. */
static size_t serve_write(struct inv *v, int64_t wall_ms, const uint8_t *request,
			  const uint8_t *data, uint16_t count, uint8_t ret[static WIRE_RTU_MAX])
{
	uint16_t values[INV_READ_MAX];
	int bad = INV_BAD_VALUE;

	if (count >= 1 && count <= INV_READ_MAX) {
		for (size_t i = 0; i < count; i++)
			values[i] = be16(data + 2 * i);
		bad = inv_write(v, wall_ms, be16(request + 2), count, values);
	}
	if (bad)
		return wire_rtu_exception(ret, request, bad);
	memcpy(ret, request, 6);
	return wire_rtu_seal(ret, 6);
}

size_t wire_rtu_serve(struct inv *v, const struct model *m, int64_t wall_ms, const uint8_t *request,
		      size_t n, uint8_t ret[static WIRE_RTU_MAX])
{
	if (!wire_rtu_whole(request, n) || request[0] != v->unit)
		return 0;
	if (n != wire_rtu_request_len(request, n))
		return wire_rtu_exception(ret, request, INV_BAD_VALUE);
	switch (request[WIRE_RTU_FUNCTION]) {
	case WIRE_RTU_READ:
		return serve_read(v, m, wall_ms, request, ret);
	case WRITE_ONE:
		return serve_write(v, wall_ms, request, request + 4, 1, ret);
	case WRITE_MANY:
		if (request[6] != 2 * be16(request + 4))
			return wire_rtu_exception(ret, request, INV_BAD_VALUE);
		return serve_write(v, wall_ms, request, request + MANY_HEAD, be16(request + 4),
				   ret);
	default:
		return wire_rtu_exception(ret, request, INV_BAD_FUNCTION);
	}
}
