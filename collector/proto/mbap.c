#include "mbap.h"

#include "svitlo/rd.h"

#define MBAP_ECHO_LEN 9

bool mbap_parse(const uint8_t *p, size_t n, struct mbap *ret)
{
	struct rd r = rd_init(p, n);
	struct mbap m = { .transaction = rd_be16(&r),
			  .protocol = rd_be16(&r),
			  .length = rd_be16(&r) };
	uint8_t bytes;

	m.unit = rd_u8(&r);
	m.function = rd_u8(&r);
	if (r.bad || m.protocol || n > MBAP_FRAME_MAX || m.length != n - 6 || !(m.function & 0x7F))
		return false;
	if (m.function & 0x80) {
		m.exception = rd_u8(&r);
		m.function &= 0x7F;
	} else if ((m.function == 3 || m.function == 4) && n != MBAP_HEAD_LEN + 5) {
		bytes = rd_u8(&r);
		m.words = rd_take(&r, bytes);
		m.n = bytes / 2;
	}
	if (r.bad)
		return false;
	*ret = m;
	return true;
}

bool mbap_is_echo(const uint8_t request[5], const uint8_t *p, size_t n)
{
	return n == MBAP_ECHO_LEN && memcmp(p, request, 5) == 0 && p[MBAP_ECHO_LEN - 2] & 0x80;
}
