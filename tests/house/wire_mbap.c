/*
 * See wire_mbap.h.
 */
#include "wire_mbap.h"

#include <errno.h>
#include <string.h>

#define CRC_LEN 2

int wire_mbap_take(const uint8_t *p, size_t n, uint16_t *ret_transaction,
		   uint8_t ret_rtu[static WIRE_RTU_MAX], size_t *ret_len)
{
	size_t len;

	if (n < WIRE_MBAP_HEAD)
		return 0;
	len = (size_t)(p[4] << 8 | p[5]);
	if (p[2] || p[3] || len < 2 || len > WIRE_RTU_MAX - CRC_LEN)
		return -EPROTO;
	if (n < WIRE_MBAP_HEAD - 1 + len)
		return 0;
	*ret_transaction = (uint16_t)(p[0] << 8 | p[1]);
	memcpy(ret_rtu, p + WIRE_MBAP_HEAD - 1, len);
	*ret_len = wire_rtu_seal(ret_rtu, len);
	return (int)(WIRE_MBAP_HEAD - 1 + len);
}

size_t wire_mbap_wrap(uint8_t ret[static WIRE_MBAP_MAX], uint16_t transaction, const uint8_t *rtu,
		      size_t n)
{
	size_t len = n - CRC_LEN;
	const uint8_t head[] = { (uint8_t)(transaction >> 8), (uint8_t)transaction, 0, 0,
				 (uint8_t)(len >> 8),	      (uint8_t)len };

	memcpy(ret, head, sizeof(head));
	memcpy(ret + sizeof(head), rtu, len);
	return sizeof(head) + len;
}

void wire_mbap_odd(uint8_t ret[static WIRE_MBAP_ODD], const uint8_t *request)
{
	memcpy(ret, request, WIRE_MBAP_ODD - 1);
	ret[5] = 3;
	ret[7] = request[7] | WIRE_RTU_EXCEPTION;
	ret[8] = INV_BAD_ADDRESS;
}
