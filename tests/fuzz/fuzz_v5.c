/* Any bytes as the stream of a stick, in pieces: each byte comes back once, in its order. */
#include "proto/v5.h"

#include <assert.h>
#include <string.h>

struct fed {
	const uint8_t *data;
	size_t at;
};

static void on_event(void *ud, const struct v5_event *ev)
{
	struct fed *f = ud;
	struct rtu_answer a;

	assert(ev->len && memcmp(f->data + f->at, ev->data, ev->len) == 0);
	f->at += ev->len;
	if (ev->frame.modbus)
		rtu_parse_answer(ev->frame.modbus, ev->frame.modbus_n, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size ? 1 + data[0] % 200 : 1;
	struct v5_stream s = { 0 };
	struct fed f = { data, 0 };

	for (size_t at = 0; at < size; at += piece)
		v5_feed(&s, data + at, size - at < piece ? size - at : piece, on_event, &f);
	v5_flush(&s, on_event, &f);
	assert(f.at == size && s.len == 0);
	return 0;
}
