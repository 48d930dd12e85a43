/* Any text as an inverter's address, and as a subnet to be searched. */
#include "svitlo/endpoint.h"
#include "svitlo/subnet.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[512], kept[ENDPOINT_TEXT_MAX], again[ENDPOINT_TEXT_MAX];
	struct endpoint p, q;
	struct subnet n;
	struct err e = { 0 };

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (endpoint_parse(&p, text, &e) >= 0) {
		/* it is kept in one way, and that is read as the same */
		endpoint_text(kept, &p);
		assert(endpoint_parse(&q, kept, &e) >= 0);
		endpoint_text(again, &q);
		assert(strcmp(kept, again) == 0);
	}
	if (subnet_parse(&n, text, &e) >= 0)
		assert(n.count > 0 && n.count <= 1024 && n.first <= UINT32_MAX - n.count);
	return 0;
}
