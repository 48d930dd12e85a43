/* Any bytes as what a stick answers when it is looked for. */
#include "proto/stick_hello.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stick_hello h;

	if (stick_hello_parse(&h, data, size)) {
		size_t ip = strlen(h.ip), mac = strlen(h.mac);

		assert(ip > 0 && ip < sizeof(h.ip) && mac > 0 && mac < sizeof(h.mac));
		assert(ip + mac + 2 < size && memcmp(h.ip, data, ip) == 0);
	}
	return 0;
}
