/* Any text as an address of an inverter or a plug, and as a subnet to be searched. */
#include "svitlo/endpoint.h"
#include "svitlo/plug_address.h"
#include "svitlo/subnet.h"

#include <assert.h>
#include <string.h>

static void fuzz_plug(const char *text)
{
	char kept[PLUG_ADDRESS_MAX], again[PLUG_ADDRESS_MAX];
	struct plug_address p, q;
	struct err e = { 0 };

	if (plug_address_parse(&p, text, &e) < 0) {
		assert(e.text[0]);
		return;
	}
	plug_address_text(kept, &p);
	assert(plug_address_parse(&q, kept, &e) >= 0);
	plug_address_text(again, &q);
	assert(strcmp(kept, again) == 0 && p.socket != plug_address_is(kept));
}

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
	fuzz_plug(text);
	if (subnet_parse(&n, text, &e) >= 0)
		assert(n.count > 0 && n.count <= 1024 && n.first <= UINT32_MAX - n.count);
	return 0;
}
