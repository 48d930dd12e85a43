#include "rtu.h"

#include "svitlo/rd.h"
#include "svitlo/util.h"

uint16_t rtu_crc(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
	}
	return crc;
}

void rtu_put_read(uint8_t to[RTU_REQUEST_LEN], uint8_t unit, uint16_t first, uint16_t count)
{
	const uint8_t pdu[] = { unit,
				RTU_READ,
				(uint8_t)(first >> 8),
				(uint8_t)first,
				(uint8_t)(count >> 8),
				(uint8_t)count };
	uint16_t crc = rtu_crc(pdu, sizeof(pdu));

	memcpy(to, pdu, sizeof(pdu));
	to[6] = (uint8_t)crc;
	to[7] = (uint8_t)(crc >> 8);
}

const char *rtu_state_name(enum rtu_state s)
{
	static const char *const names[RTU__MAX] = {
		[RTU_OK] = "ok",       [RTU_EXCEPTION] = "exception",
		[RTU_SHORT] = "short", [RTU_LONG] = "long",
		[RTU_CRC] = "crc",     [RTU_OTHER] = "other",
	};

	return names[s];
}

static bool rtu_crc_fits(const uint8_t *p, size_t n)
{
	return rtu_crc(p, n) == (p[n] | p[n + 1] << 8);
}

static enum rtu_state rtu_words(const uint8_t *p, size_t n, struct rtu_answer *ret)
{
	size_t len = 3 + (size_t)p[2];

	if (n < len + 2)
		return RTU_SHORT;
	ret->words = p + 3;
	ret->n = p[2] / 2;
	ret->crc_ok = rtu_crc_fits(p, len);
	ret->double_crc = n == len + 4 && !p[len + 2] && !p[len + 3];
	if (n > len + 2 && !ret->double_crc)
		return RTU_LONG;
	return !ret->crc_ok ? RTU_CRC : p[2] % 2 ? RTU_OTHER : RTU_OK;
}

enum rtu_state rtu_parse_answer(const uint8_t *p, size_t n, struct rtu_answer *ret)
{
	bool exception;

	*ret = (struct rtu_answer){ 0 };
	if (n < 5)
		return RTU_SHORT;
	exception = p[1] & 0x80;
	ret->unit = p[0];
	ret->function = p[1] & 0x7F;
	if (!exception && (ret->function == 3 || ret->function == 4))
		return rtu_words(p, n, ret);
	ret->crc_ok = rtu_crc_fits(p, n - 2);
	if (exception) {
		/* here too two zeros may be behind it */
		ret->crc_ok = rtu_crc_fits(p, 3);
		ret->exception = p[2];
		return ret->crc_ok ? RTU_EXCEPTION : RTU_CRC;
	}
	return ret->crc_ok ? RTU_OTHER : RTU_CRC;
}

const char *rtu_exception_text(unsigned code)
{
	static const char *const texts[] = {
		[1] = "illegal function",
		[2] = "illegal data address",
		[3] = "illegal data value",
		[4] = "device failure",
		[5] = "acknowledged, not done yet",
		[6] = "device busy",
		[7] = "refused",
		[8] = "memory parity error",
		[10] = "gateway path unavailable",
		[11] = "gateway: the device does not answer",
	};

	return code < SV_LEN(texts) && texts[code] ? texts[code] : "unknown exception";
}
