/* Any bytes as a Modbus RTU answer. */
#include "proto/rtu.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtu_answer a;
	enum rtu_state s = rtu_parse_answer(data, size, &a);

	assert(!a.n || (a.words >= data && a.words + 2 * a.n <= data + size));
	assert(s != RTU_OK || (a.crc_ok && a.n <= RTU_WORDS_MAX + 2));
	for (unsigned i = 0; i < a.n; i++)
		(void)rtu_word(a.words, i);
	assert(rtu_exception_text(a.exception));
	return 0;
}
