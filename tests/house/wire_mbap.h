/*
 * Modbus TCP: a header instead of the CRC.
 *
 *     268F 0000 0006 01 | 03 007D 0071      transaction, protocol 0, bytes from the unit on
 */
#ifndef HOUSE_WIRE_MBAP_H
#define HOUSE_WIRE_MBAP_H

#include "wire_rtu.h"

#define WIRE_MBAP_HEAD 7
#define WIRE_MBAP_MAX  (WIRE_MBAP_HEAD + WIRE_RTU_MAX)
#define WIRE_MBAP_ODD  9 /* bytes of the answer to something that is none */

/* The request in received bytes, as RTU with its CRC.
 * -> bytes taken, 0: more are needed, -EPROTO: this is not Modbus TCP */
int wire_mbap_take(const uint8_t *p, size_t n, uint16_t *ret_transaction,
		   uint8_t ret_rtu[static WIRE_RTU_MAX], size_t *ret_len);
/* -> length */
size_t wire_mbap_wrap(uint8_t ret[static WIRE_MBAP_MAX], uint16_t transaction, const uint8_t *rtu,
		      size_t n);
/* What LSE-3 sticks say to eight or more bytes of another protocol, real:
 *     a517 0010 4500 00 56…  ->  a517 0010 4503 00 d6 02                             */
void wire_mbap_odd(uint8_t ret[static WIRE_MBAP_ODD], const uint8_t *request);

#endif
