#include "jk_mask.h"

#include "svitlo/util.h"

#define HEAD_LEN   4
#define TEXT_MAX   2 /* characters in a row that may stay: the AT of the chatter */
#define RUN_MAX	   3 /* letters and digits in a row that may stay among numbers */
#define MASK	   '*'
#define COUNTS_AT  38  /* of a device info: running time, times switched on */
#define NAME_AT	   46  /* from here on the owner's own */
#define NUMBERS_AT 150 /* and from here on numbers again */

enum { IN_NOTHING, IN_FRAME, IN_ACK };

static const uint8_t head_frame[HEAD_LEN] = { 0x55, 0xAA, 0xEB, 0x90 };
static const uint8_t head_ack[HEAD_LEN] = { 0xAA, 0x55, 0x90, 0xEB };

static bool is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static bool is_upper(uint8_t b)
{
	return b >= 'A' && b <= 'Z';
}

static bool is_alnum(uint8_t b)
{
	return is_digit(b) || is_upper(b) || (b >= 'a' && b <= 'z');
}

static bool is_text(uint8_t b)
{
	return b >= ' ' && b != 0x7F;
}

/* Bytes of a header that stand before the next one, given that `got` stood before b. No byte
 * stands twice in a header, so a failed one begins at b or not at all. */
static unsigned head_step(const uint8_t head[HEAD_LEN], unsigned got, uint8_t b)
{
	return b == head[got] ? got + 1 : b == head[0];
}

/* *p belongs to a header, as far as the n bytes from it on show. */
static bool head_may_stand(const uint8_t head[HEAD_LEN], unsigned got, const uint8_t *p, size_t n)
{
	got = head_step(head, got, *p);
	for (size_t i = 1; got && got < HEAD_LEN && i < n; i++)
		got = p[i] == head[got] ? got + 1 : 0;
	return got > 0;
}

/*
 * What stands from 6 to 37 of a device info, if no byte was lost or put in before it:
 *
 *	6	JK, then capitals and digits, at most 3 and 2 in a row		JK_PB2A16S15P
 *	22	1 or 2 digits, then a point or a capital; others after a point	11.XA 15A 3.0
 *	30	the same, but 3 digits after a point				11.288H 8.0.6G
 *
 * Serials and most passcodes don't look so. Control characters may stand anywhere (captured).
 */
static const struct shape {
	uint8_t from, to, digits, capitals;
	bool version;
} shapes[] = { { 6, 22, 2, 3, false }, { 22, 30, 2, 2, true }, { 30, 38, 3, 2, true } };

static bool fits(struct jk_mask *m, const struct shape *s, uint8_t b)
{
	unsigned at = m->pos - s->from;
	uint8_t last = m->last;

	m->last = b;
	m->digits = is_digit(b) ? (uint8_t)(m->digits + 1) : 0;
	m->capitals = is_upper(b) ? (uint8_t)(m->capitals + 1) : 0;
	if (m->digits > s->digits || m->capitals > s->capitals)
		return false;
	if (s->version)
		return (at > 0 || m->digits) && (at != 2 || m->digits < 3) &&
		       (m->digits != 1 || at == 0 || last == '.') &&
		       (m->digits || m->capitals || b == '.' || b < ' ');
	return at < 2 ? b == "JK"[at] : m->digits || m->capitals || b == '-' || b == '_' || b < ' ';
}

static bool looks_safe(struct jk_mask *m, uint8_t b)
{
	for (size_t i = 0; i < SV_LEN(shapes); i++) {
		if (m->pos == shapes[i].from)
			m->digits = m->capitals = 0;
		if (m->pos >= shapes[i].from && m->pos < shapes[i].to)
			return fits(m, &shapes[i], b);
	}
	return true;
}

/* A frame of settings or cells is full of bytes that look like characters, but no number in it
 * makes four letters or digits in a row: JK04's floats end in one of ;<=>?@ */
static bool too_long_a_run(struct jk_mask *m, uint8_t b)
{
	bool frame = m->in == IN_FRAME && jk_type_name(m->type), info = m->type == JK_DEVICE_INFO;
	bool counts = m->pos >= COUNTS_AT && m->pos < NAME_AT;
	uint8_t max = frame && (!info || counts) ? RUN_MAX : TEXT_MAX;

	if (frame && !info ? !is_alnum(b) : !is_text(b))
		m->run = 0;
	else if (m->run <= max)
		m->run++;
	return m->run > max;
}

static bool is_private(struct jk_mask *m, uint8_t b)
{
	bool run;

	if (m->in == IN_FRAME && m->pos == COUNTS_AT)
		m->run = 0;
	run = too_long_a_run(m, b);
	if (m->in != IN_FRAME || m->type != JK_DEVICE_INFO)
		return run;
	if (m->pos >= NUMBERS_AT)
		return m->shifted ? is_text(b) : run;
	if (m->pos >= NAME_AT)
		return b != 0;
	m->shifted |= m->pos >= COUNTS_AT ? run : !looks_safe(m, b);
	return m->shifted && b != 0;
}

static void step(struct jk_mask *m, uint8_t *p, size_t n)
{
	uint8_t b = *p;
	bool head = head_may_stand(head_frame, m->frame_got, p, n) ||
		    head_may_stand(head_ack, m->ack_got, p, n);

	if (m->in == IN_FRAME && m->pos == 4) {
		m->type = b;
		m->run = 0;
	} else if (m->in == IN_FRAME && m->pos == JK_FRAME_LEN - 1) {
		/* where the sum is wrong a header may stand that begins the next frame */
		if (m->sum == b || !head)
			*p = (uint8_t)(b + m->delta);
	} else if (is_private(m, b) && !head) {
		*p = MASK;
		m->delta = (uint8_t)(m->delta + MASK - b);
	}
	m->sum = (uint8_t)(m->sum + b);
	m->pos++;
	if ((m->in == IN_FRAME && m->pos == JK_FRAME_LEN) ||
	    (m->in == IN_ACK && m->pos == JK_COMMAND_LEN))
		m->in = IN_NOTHING;
	m->frame_got = (uint8_t)head_step(head_frame, m->frame_got, b);
	m->ack_got = (uint8_t)head_step(head_ack, m->ack_got, b);
	if (m->frame_got == HEAD_LEN) /* 55 + AA + EB + 90 = 7A */
		*m = (struct jk_mask){ .in = IN_FRAME, .pos = HEAD_LEN, .sum = 0x7A };
	else if (m->ack_got == HEAD_LEN)
		*m = (struct jk_mask){ .in = IN_ACK, .pos = HEAD_LEN };
}

void jk_mask(struct jk_mask *m, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		step(m, p + i, n - i);
}
