/* Assembly: input = pieces, each a length byte and so many bytes; 255 is a silence of 3 s. */
#include "proto/jk_frame.h"
#include "svitlo/rd.h"

#include <assert.h>

static void on_event(void *ud, const struct jk_event *ev)
{
	assert(ev->len > 0 && ev->len <= JK_FRAME_LEN);
	assert(ev->kind != JK_EVENT_FRAME || jk_frame_ok(ev->data));
	*(uint64_t *)ud += ev->kind == JK_EVENT_FRAME;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jk_frames f = { 0 };
	struct rd r = rd_init(data, size);
	uint64_t seen = 0, fed = 0;
	int64_t now = 0;

	while (rd_left(&r)) {
		size_t n = rd_u8(&r);
		const uint8_t *p;

		now += n == 255 ? 3000 : 20;
		n = n < rd_left(&r) ? n : rd_left(&r);
		p = rd_take(&r, n);
		jk_frames_feed(&f, p, n, now, on_event, &seen);
		fed += n;
	}
	jk_frames_end(&f, on_event, &seen);
	assert(seen == f.good);
	assert(fed ==
	       f.good * JK_FRAME_LEN + f.acks * JK_COMMAND_LEN + f.foreign_bytes + f.damaged_bytes);
	return 0;
}
