/*
 * Modbus RTU, the side of the device: frames with their CRC, and what an inverter answers.
 *
 *     01 03 00AA 0001 A42A          read one register from 170
 *     01 03 02 010A 39D3            266
 *     01 83 02 C0F1                 exception 2
 *
 * Numbers are big endian, the CRC is not.
 */
#ifndef HOUSE_WIRE_RTU_H
#define HOUSE_WIRE_RTU_H

#include "inv.h"

#define WIRE_RTU_MAX	   256
#define WIRE_RTU_READ_LEN  8
#define WIRE_RTU_FUNCTION  1 /* offset in a frame */
#define WIRE_RTU_READ	   3
#define WIRE_RTU_EXCEPTION 0x80

uint16_t wire_rtu_crc(const uint8_t *p, size_t n);
/* Appends the CRC. -> length with it */
size_t wire_rtu_seal(uint8_t *frame, size_t n);
bool wire_rtu_whole(const uint8_t *frame, size_t n);
/* Of the request that begins so; 0: more is needed to know. */
size_t wire_rtu_request_len(const uint8_t *p, size_t n);
/* Registers that a whole request asks for, 0: it is no read. */
unsigned wire_rtu_registers(const uint8_t *request, size_t n);
size_t wire_rtu_exception(uint8_t ret[static WIRE_RTU_MAX], const uint8_t *request, int code);
size_t wire_rtu_values(uint8_t ret[static WIRE_RTU_MAX], const uint8_t *request,
		       const uint16_t *values, size_t n);
/* -> length, or 0: it says nothing, since the frame is damaged or for another unit */
size_t wire_rtu_serve(struct inv *v, const struct model *m, int64_t wall_ms, const uint8_t *request,
		      size_t n, uint8_t ret[static WIRE_RTU_MAX]);

#endif
