/* Any bytes as the lines of a text capture. */
#include "proto/cap.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cap c = { 0 };
	const char *p = (const char *)data, *end = p + size;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		struct err e = { 0 };
		int r = cap_line(&c, p, n, &e);

		assert(r < 0 ? e.code == r && e.text[0] : c.len <= CAP_DATA_MAX);
		p += n + (nl != NULL);
	}
	return 0;
}
