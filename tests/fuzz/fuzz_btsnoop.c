/* Any bytes as a Bluetooth log. */
#include "proto/btsnoop.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct btsnoop b;
	struct btsnoop_value v;
	volatile uint8_t last = 0;

	if (btsnoop_open(&b, data, size, NULL) < 0)
		return 0;
	while (btsnoop_next(&b, &v) > 0) {
		assert(v.len <= size + BTSNOOP_PDU_MAX);
		if (v.len)
			last = v.data[v.len - 1];
	}
	(void)last;
	return 0;
}
