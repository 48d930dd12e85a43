/* Masking: input = pieces, each a length byte and so many bytes. Good frames stay good, damaged
 * ones damaged, and nothing of a device info's private part stays. */
#include "proto/jk_mask.h"
#include "svitlo/rd.h"

#include <assert.h>
#include <string.h>

#define INPUT_MAX 65536

/* Another header begins where one frame's length lies over the other's. */
static bool has_head(const uint8_t *p, size_t at, size_t n)
{
	static const uint8_t heads[][4] = { { 0x55, 0xAA, 0xEB, 0x90 },
					    { 0xAA, 0x55, 0x90, 0xEB } };

	for (size_t i = at < JK_FRAME_LEN ? 0 : at - JK_FRAME_LEN + 1;
	     i < at + JK_FRAME_LEN && i + 4 <= n; i++)
		if (i != at && (!memcmp(p + i, heads[0], 4) || !memcmp(p + i, heads[1], 4)))
			return true;
	return false;
}

static void check(const uint8_t *in, const uint8_t *out, size_t at, size_t n)
{
	const uint8_t *f = in + at, *m = out + at;
	uint8_t sum = f[JK_FRAME_LEN - 1];

	if (jk_frame_ok(f))
		assert(jk_frame_ok(m));
	else if (sum != 0x55 && sum != 0xAA) /* there the next frame may begin */
		assert(!jk_frame_ok(m));
	for (size_t i = 46; f[4] == JK_DEVICE_INFO && i < 150 && at + i < n; i++)
		assert(memchr("*\0\x55\xAA\xEB\x90", m[i], 6)); /* a header may have begun */
	assert(memcmp(f, m, 6) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t in[INPUT_MAX], out[INPUT_MAX];
	struct rd r = rd_init(data, size < INPUT_MAX ? size : INPUT_MAX);
	struct jk_mask m = { 0 };
	size_t n = 0;

	while (rd_left(&r)) {
		size_t len = rd_u8(&r);
		const uint8_t *p;

		len = len < rd_left(&r) ? len : rd_left(&r);
		p = rd_take(&r, len);
		memcpy(in + n, p, len);
		memcpy(out + n, p, len);
		jk_mask(&m, out + n, len);
		n += len;
	}
	for (size_t at = 0; at + JK_FRAME_LEN <= n; at++)
		if (memcmp(in + at, "\x55\xAA\xEB\x90", 4) == 0 && !has_head(in, at, n))
			check(in, out, at, n);
	return 0;
}
