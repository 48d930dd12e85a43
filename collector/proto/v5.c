#include "v5.h"

#include "svitlo/rd.h"
#include "svitlo/util.h"

#define V5_START	0xA5
#define V5_STOP		0x15
#define V5_TAIL_LEN	2
#define V5_REQUEST_HEAD 15 /* of the payload, before Modbus */
#define V5_ANSWER_HEAD	14

const char *v5_kind_name(enum v5_kind k)
{
	static const char *const names[V5__MAX] = {
		[V5_FRAME] = "frame",	[V5_FOREIGN] = "foreign", [V5_TRUNCATED] = "truncated",
		[V5_LENGTH] = "length", [V5_END] = "end",	  [V5_CHECKSUM] = "checksum",
	};

	return names[k];
}

/* High bytes of control codes: the stick's and a server's. */
static bool v5_is_control(uint8_t high)
{
	static const uint8_t codes[] = { 0x41, 0x42, 0x43, 0x45, 0x47, 0x48,
					 0x11, 0x12, 0x13, 0x15, 0x17, 0x18 };

	for (size_t i = 0; i < sizeof(codes); i++)
		if (codes[i] == high)
			return true;
	return false;
}

/* Could a frame begin here, as far as the bytes go? */
static bool v5_begins(const uint8_t *p, size_t n)
{
	return n && p[0] == V5_START && (n < 4 || p[3] == 0x10) && (n < 5 || v5_is_control(p[4]));
}

/* The next place from `from` on where a frame could begin; n: none. */
static size_t v5_next(const uint8_t *p, size_t n, size_t from)
{
	while (from < n && !v5_begins(p + from, n - from))
		from++;
	return from;
}

static uint8_t v5_sum(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return (uint8_t)sum;
}

/* The payload of an answer, from the byte behind its type on. */
static void v5_read_answer(struct v5_frame *f, struct rd *r)
{
	rd_u8(r); /* status */
	f->worked_s = rd_le32(r);
	f->on_s = rd_le32(r);
	f->offset_s = rd_le32(r);
	f->modbus_n = rd_left(r);
	f->modbus = rd_take(r, f->modbus_n);
	if (f->modbus_n == 2 && f->modbus[1] == 0) {
		f->error = f->modbus[0];
		f->modbus = NULL;
		f->modbus_n = 0;
	}
}

/* As far as n bytes go. */
static struct v5_frame v5_read(const uint8_t *p, size_t n)
{
	struct rd r = rd_init(p, n);
	struct v5_frame f = { 0 };
	size_t length;

	rd_u8(&r);
	length = rd_le16(&r);
	f.control = rd_le16(&r);
	f.sequence = rd_u8(&r);
	f.stick_sequence = rd_u8(&r);
	f.serial = rd_le32(&r);
	if (r.bad || n != V5_HEAD_LEN + length + V5_TAIL_LEN)
		return f;
	f.payload = p + V5_HEAD_LEN;
	f.n = length;
	r = rd_init(f.payload, f.n);
	f.type = rd_u8(&r);
	if (f.control == V5_ANSWER && f.n > V5_ANSWER_HEAD) {
		v5_read_answer(&f, &r);
	} else if (f.control == V5_REQUEST && f.n > V5_REQUEST_HEAD) {
		f.modbus = f.payload + V5_REQUEST_HEAD;
		f.modbus_n = f.n - V5_REQUEST_HEAD;
	}
	return f;
}

/* What stands at the start of n bytes: *ret_len of them. -1: it is not all there yet. */
static int v5_look(const uint8_t *p, size_t n, size_t *ret_len)
{
	size_t len, next;

	if (!v5_begins(p, n)) {
		*ret_len = v5_next(p, n, 1);
		return V5_FOREIGN;
	}
	if (n < V5_HEAD_LEN)
		return -1;
	len = V5_HEAD_LEN + (size_t)(p[1] | p[2] << 8) + V5_TAIL_LEN;
	if (len > V5_FRAME_MAX) {
		*ret_len = v5_next(p, n, 1);
		return V5_LENGTH;
	}
	if (n < len)
		return -1;
	*ret_len = len;
	if (p[len - 1] == V5_STOP)
		return v5_sum(p + 1, len - 3) == p[len - 2] ? V5_FRAME : V5_CHECKSUM;
	next = v5_next(p, n, 1);
	*ret_len = next;
	return next < len ? V5_TRUNCATED : V5_END;
}

static void v5_emit(struct v5_stream *s, enum v5_kind kind, size_t len, v5_event_fn *fn, void *ud)
{
	struct v5_event ev = { .kind = kind, .data = s->buf, .len = len };

	if (kind != V5_FOREIGN)
		ev.frame = v5_read(s->buf, len);
	fn(ud, &ev);
	s->len -= len;
	memmove(s->buf, s->buf + len, s->len);
}

void v5_feed(struct v5_stream *s, const uint8_t *p, size_t n, v5_event_fn *fn, void *ud)
{
	while (n || s->len) {
		size_t take = sizeof(s->buf) - s->len, len;
		int kind;

		if (take > n)
			take = n;
		if (take) {
			memcpy(s->buf + s->len, p, take);
			p += take;
		}
		s->len += take;
		n -= take;
		kind = v5_look(s->buf, s->len, &len);
		if (kind < 0)
			return; /* a frame is never longer than the buffer: all was taken */
		v5_emit(s, (enum v5_kind)kind, len, fn, ud);
	}
}

void v5_flush(struct v5_stream *s, v5_event_fn *fn, void *ud)
{
	while (s->len) {
		size_t next = v5_next(s->buf, s->len, 1);

		v5_emit(s, s->len < 5 ? V5_FOREIGN : V5_TRUNCATED, next, fn, ud);
		v5_feed(s, NULL, 0, fn, ud);
	}
}

size_t v5_put_request(uint8_t to[V5_REQUEST_MAX], uint8_t sequence, uint32_t serial,
		      const uint8_t rtu[RTU_REQUEST_LEN])
{
	const uint8_t head[] = { V5_START,
				 V5_REQUEST_HEAD + RTU_REQUEST_LEN,
				 0,
				 V5_REQUEST & 0xFF,
				 V5_REQUEST >> 8,
				 sequence,
				 0,
				 (uint8_t)serial,
				 (uint8_t)(serial >> 8),
				 (uint8_t)(serial >> 16),
				 (uint8_t)(serial >> 24),
				 2 }; /* type: inverter */

	memset(to, 0, V5_REQUEST_MAX);
	memcpy(to, head, sizeof(head));
	memcpy(to + V5_HEAD_LEN + V5_REQUEST_HEAD, rtu, RTU_REQUEST_LEN);
	to[V5_REQUEST_MAX - 2] = v5_sum(to + 1, V5_REQUEST_MAX - 3);
	to[V5_REQUEST_MAX - 1] = V5_STOP;
	return V5_REQUEST_MAX;
}
