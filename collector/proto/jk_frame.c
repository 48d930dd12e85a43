#include "jk_frame.h"

#include "svitlo/util.h"

#include <string.h>

#define HEAD_LEN 4
#define ACK_TYPE 0xC8
#define MTU_23	 20 /* bytes of a notification before a larger MTU is agreed */

static const uint8_t head_frame[HEAD_LEN] = { 0x55, 0xAA, 0xEB, 0x90 };
static const uint8_t head_ack[HEAD_LEN] = { 0xAA, 0x55, 0x90, 0xEB };

const char *jk_type_name(unsigned type)
{
	static const char *const names[] = { [JK_SETTINGS] = "settings",
					     [JK_CELL_INFO] = "cell_info",
					     [JK_DEVICE_INFO] = "device_info",
					     [JK_LOGBOOK] = "logbook" };

	return type < SV_LEN(names) ? names[type] : NULL;
}

const char *jk_bad_name(enum jk_bad b)
{
	static const char *const names[JK_BAD__MAX] = { "truncated", "sum", "type" };

	return (unsigned)b < JK_BAD__MAX ? names[b] : "?";
}

uint8_t jk_sum(const uint8_t *p, size_t n)
{
	/* Bytes may overflow: only the low byte of the sum counts. So 16 of them are added at once,
	 * by the processor's vectors where it has them. */
	uint8_t __attribute__((vector_size(16))) lanes = { 0 }, v;
	unsigned sum = 0;

	for (; n >= sizeof(v); n -= sizeof(v), p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		lanes += v;
	}
	for (size_t i = 0; i < sizeof(v); i++)
		sum += lanes[i];
	while (n--)
		sum += *p++;
	return (uint8_t)sum;
}

static bool jk_sum_ok(const uint8_t *frame)
{
	return jk_sum(frame, JK_FRAME_LEN - 1) == frame[JK_FRAME_LEN - 1];
}

bool jk_frame_ok(const uint8_t frame[JK_FRAME_LEN])
{
	return memcmp(frame, head_frame, HEAD_LEN) == 0 && jk_type_name(frame[4]) &&
	       jk_sum_ok(frame);
}

void jk_command(uint8_t out[JK_COMMAND_LEN], uint8_t ask)
{
	memset(out, 0, JK_COMMAND_LEN);
	memcpy(out, head_ack, HEAD_LEN);
	out[4] = ask;
	out[JK_COMMAND_LEN - 1] = jk_sum(out, JK_COMMAND_LEN - 1);
}

/* First place in [from, n) where a header stands or, at the end, may begin; n: none. */
static size_t jk_find_head(const uint8_t *p, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++) {
		size_t m = n - i < HEAD_LEN ? n - i : HEAD_LEN;

		if (p[i] != head_frame[0] && p[i] != head_ack[0])
			continue;
		if (memcmp(p + i, head_frame, m) == 0 || memcmp(p + i, head_ack, m) == 0)
			return i;
	}
	return n;
}

void jk_frames_reset(struct jk_frames *f)
{
	f->len = f->need = 0;
	f->epoch++;
}

uint64_t jk_frames_bad(const struct jk_frames *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < JK_BAD__MAX; i++)
		n += f->bad[i];
	return n;
}

/*
 * A frame header stands at p, and its 300 bytes are no frame, or (n < 300) never came. Resumes at
 * the next header inside: a cut frame must not take the one behind it along. -> bytes consumed
 */
static size_t jk_damaged(struct jk_frames *f, const uint8_t *p, size_t n, struct jk_event *ev)
{
	size_t next = jk_find_head(p, HEAD_LEN, n);
	bool cut = n < JK_FRAME_LEN || next + HEAD_LEN <= n;

	ev->kind = JK_EVENT_DAMAGED;
	if (n == JK_FRAME_LEN && jk_sum_ok(p))
		ev->reason = JK_BAD_TYPE;
	else
		ev->reason = cut ? JK_BAD_TRUNCATED : JK_BAD_SUM;
	ev->len =
		cut ? next : n; /* a last byte that may begin a header belongs to this piece too */
	f->bad[ev->reason]++;
	f->damaged_bytes += next;
	return next;
}

/*
 * Looks at what is held from p on (n > 0). -> bytes consumed, ev->data set when there is an event;
 * 0: needs f->need bytes first. `last`: nothing more will come.
 */
static size_t jk_step(struct jk_frames *f, const uint8_t *p, size_t n, bool last,
		      struct jk_event *ev)
{
	size_t skip = jk_find_head(p, 0, n), used;

	ev->data = NULL;
	if (skip) {
		f->foreign_bytes += skip;
		return skip;
	}
	if (n >= HEAD_LEN && p[0] == head_frame[0]) {
		f->need = JK_FRAME_LEN;
		if (n < JK_FRAME_LEN && !last)
			return 0;
		ev->data = p;
		if (n >= JK_FRAME_LEN && jk_type_name(p[4]) && jk_sum_ok(p)) {
			ev->kind = JK_EVENT_FRAME;
			ev->len = used = JK_FRAME_LEN;
			f->good++;
			return used;
		}
		return jk_damaged(f, p, n < JK_FRAME_LEN ? n : JK_FRAME_LEN, ev);
	}
	f->need = n < HEAD_LEN ? HEAD_LEN : JK_COMMAND_LEN;
	if (n < f->need && !last)
		return 0;
	if (n >= JK_COMMAND_LEN && p[4] == ACK_TYPE &&
	    jk_sum(p, JK_COMMAND_LEN - 1) == p[JK_COMMAND_LEN - 1]) {
		ev->kind = JK_EVENT_ACK;
		ev->data = p;
		ev->len = JK_COMMAND_LEN;
		f->acks++;
		return JK_COMMAND_LEN;
	}
	used = n < HEAD_LEN ? n : HEAD_LEN;
	f->foreign_bytes += used;
	return used;
}

static void jk_scan(struct jk_frames *f, bool last, void (*on)(void *ud, const struct jk_event *ev),
		    void *ud)
{
	uint32_t epoch = f->epoch;
	size_t at = 0;

	while (at < f->len) {
		struct jk_event ev = { 0 };
		size_t used = jk_step(f, f->buf + at, f->len - at, last, &ev);

		if (used == 0)
			break;
		at += used;
		f->need = HEAD_LEN;
		if (ev.data)
			on(ud, &ev);
		if (f->epoch != epoch)
			return;
	}
	f->len -= at;
	if (f->len && at)
		memmove(f->buf, f->buf + at, f->len);
}

void jk_frames_feed(struct jk_frames *f, const uint8_t *chunk, size_t n, int64_t now_ms,
		    void (*on)(void *ud, const struct jk_event *ev), void *ud)
{
	uint32_t epoch = f->epoch;

	if (n == 0)
		return;
	if (f->len && now_ms - f->last_ms >= JK_SILENCE_MS)
		jk_scan(f, true, on, ud);
	f->last_ms = now_ms;
	while (n && f->epoch == epoch) {
		size_t room = sizeof(f->buf) - f->len, take = n < room ? n : room;

		if (take == MTU_23) /* by far the most frequent: copied without a call */
			memcpy(f->buf + f->len, chunk, MTU_23);
		else
			memcpy(f->buf + f->len, chunk, take);
		f->len += take;
		chunk += take;
		n -= take;
		if (f->len >= f->need)
			jk_scan(f, false, on, ud);
	}
}

void jk_frames_end(struct jk_frames *f, void (*on)(void *ud, const struct jk_event *ev), void *ud)
{
	jk_scan(f, true, on, ud);
	jk_frames_reset(f);
}
