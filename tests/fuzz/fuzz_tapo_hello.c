/* Any bytes as a datagram of a Tapo plug, or of a Kasa plug of old. */
#include "proto/tapo_hello.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t coded[8192];
	struct tapo_hello h;
	struct kasa_hello k;

	if (tapo_hello_parse(&h, data, size, NULL) == 0) {
		int owned = tapo_hello_owned(&h, "user@example.com");

		assert(tapo_hello_transport(&h) < TAPO_TRANSPORT__MAX);
		assert(owned >= -1 && owned <= 1);
		assert(h.http_port >= 1 && h.http_port <= 65535);
		assert(strlen(h.mac) == 0 || strlen(h.mac) == 12);
		assert(memchr(h.model, 0, sizeof(h.model)) && memchr(h.id, 0, sizeof(h.id)));
	}
	if (size > sizeof(coded))
		return 0;
	kasa_encode(coded, data, size);
	if (kasa_hello_parse(&k, coded, size, NULL) == 0)
		assert(memchr(k.alias, 0, sizeof(k.alias)) &&
		       (strlen(k.mac) == 0 || strlen(k.mac) == 12));
	kasa_decode(coded, coded, size);
	assert(memcmp(coded, data, size) == 0);
	return 0;
}
