/* Any bytes as a Modbus TCP frame, and as the answer to a V5 request. */
#include "proto/mbap.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[5] = { 0xa5, 0x17, 0, 0x10, 0x45 };
	struct mbap m = { 0 };

	if (mbap_parse(data, size, &m))
		assert(!m.words || (m.words >= data && m.words + 2 * m.n <= data + size));
	(void)mbap_is_echo(head, data, size);
	return 0;
}
