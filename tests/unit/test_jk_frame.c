/* Assembly of frames from notifications. */
#include "proto/jk_frame.h"
#include "svitlo/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STREAM_MAX 8192
#define EVENTS_MAX 64

struct log {
	size_t n;
	char kind[EVENTS_MAX]; /* F frame, A ack, t s y: truncated, sum, type */
	uint8_t counter[EVENTS_MAX];
	size_t len[EVENTS_MAX];
	struct jk_frames *reset_at_first;
};

static void on_event(void *ud, const struct jk_event *ev)
{
	struct log *l = ud;

	assert_true(l->n < EVENTS_MAX);
	l->kind[l->n] = ev->kind == JK_EVENT_FRAME ? 'F'
			: ev->kind == JK_EVENT_ACK ? 'A'
						   : "tsy"[ev->reason];
	l->counter[l->n] = ev->len > 5 ? ev->data[5] : 0;
	l->len[l->n++] = ev->len;
	if (l->reset_at_first && l->n == 1)
		jk_frames_reset(l->reset_at_first);
}

static const uint8_t ack[] = { 0xAA, 0x55, 0x90, 0xEB, 0xC8, 1, 1, 0, 0, 0,
			       0,    0,	   0,	 0,    0,    0, 0, 0, 0, 0x44 };

static size_t put_frame(uint8_t *p, uint8_t type, uint8_t counter)
{
	static const uint8_t head[] = { 0x55, 0xAA, 0xEB, 0x90 };

	for (unsigned i = 0; i < JK_FRAME_LEN; i++)
		p[i] = (uint8_t)(i * 7);
	memcpy(p, head, sizeof(head));
	p[4] = type;
	p[5] = counter;
	p[JK_FRAME_LEN - 1] = jk_sum(p, JK_FRAME_LEN - 1);
	return JK_FRAME_LEN;
}

static size_t put(uint8_t *p, const void *data, size_t n)
{
	memcpy(p, data, n);
	return n;
}

static void feed(struct jk_frames *f, struct log *l, const uint8_t *p, size_t n, size_t chunk)
{
	for (size_t at = 0; at < n; at += chunk)
		jk_frames_feed(f, p + at, n - at < chunk ? n - at : chunk, 0, on_event, l);
}

static void test_sum(void **state)
{
	uint8_t b[400];
	unsigned sum = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(b); i++) {
		assert_int_equal(jk_sum(b, i), sum & 0xFF);
		b[i] = (uint8_t)(i * 131 + 250);
		sum += b[i];
	}
}

static void test_commands(void **state)
{
	static const uint8_t info[] = { 0xAA, 0x55, 0x90, 0xEB, 0x97, 0, 0, 0, 0, 0,
					0,    0,    0,	  0,	0,    0, 0, 0, 0, 0x11 };
	uint8_t c[JK_COMMAND_LEN];

	(void)state;
	jk_command(c, JK_ASK_DEVICE_INFO);
	assert_memory_equal(c, info, sizeof(info));
	jk_command(c, JK_ASK_CELL_INFO);
	assert_int_equal(c[4], 0x96);
	assert_int_equal(c[19], 0x10);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(jk_type_name(JK_LOGBOOK), "logbook");
	assert_null(jk_type_name(4));
	assert_null(jk_type_name(200));
	assert_string_equal(jk_bad_name(JK_BAD_TRUNCATED), "truncated");
}

/* Everything that was seen on the air, in one stream. -> its length */
static size_t put_all(uint8_t *s)
{
	size_t n = put(s, "\x01\x02\x03 tail of an older frame AT\r\n", 30);

	n += put_frame(s + n, JK_DEVICE_INFO, 1);
	n += put(s + n, ack, sizeof(ack)); /* glued */
	n += put(s + n, "AT\r\nAT\r\n", 8);
	n += put_frame(s + n, JK_CELL_INFO, 2);
	n += put_frame(s + n, JK_CELL_INFO, 3) - 120; /* cut, the next begins inside */
	n += put_frame(s + n, JK_CELL_INFO, 4);
	n += put_frame(s + n, JK_CELL_INFO, 5);
	s[n - 100] ^= 0x10; /* damaged */
	n += put_frame(s + n, JK_SETTINGS, 6);
	n += put_frame(s + n, 9, 7);	   /* no such type */
	n += put(s + n, ack, sizeof(ack)); /* and an ack whose sum is wrong */
	s[n - 1]++;
	n += put(s + n, "\x55\xAA\x55", 3); /* nearly headers */
	n += put_frame(s + n, JK_LOGBOOK, 8);
	n += put(s + n, "\x55\xAA\xEB", 3);
	return n;
}

static void check_all(const struct log *l, const struct jk_frames *f)
{
	static const char kinds[] = "FAFtFsFyF";
	static const uint8_t counters[] = { 1, 1, 2, 3, 4, 5, 6, 7, 8 };

	assert_int_equal(l->n, sizeof(kinds) - 1);
	assert_memory_equal(l->kind, kinds, sizeof(kinds) - 1);
	assert_memory_equal(l->counter, counters, sizeof(counters));
	assert_int_equal(l->len[3], 180);
	assert_int_equal(l->len[5], JK_FRAME_LEN);
	assert_int_equal(f->good, 5);
	assert_int_equal(f->acks, 1);
	assert_int_equal(jk_frames_bad(f), 3);
	assert_int_equal(f->foreign_bytes, 30 + 8 + 20 + 3 + 3);
}

/* However the stream is cut, the same comes out. */
static void test_any_chunking(void **state)
{
	uint8_t s[STREAM_MAX];
	size_t n = put_all(s);
	uint32_t seed = 1;

	(void)state;
	for (size_t chunk = 1; chunk <= n; chunk += chunk < 400 ? 1 : 317) {
		struct jk_frames f = { 0 };
		struct log l = { 0 };

		feed(&f, &l, s, n, chunk);
		jk_frames_end(&f, on_event, &l);
		check_all(&l, &f);
	}
	for (unsigned turn = 0; turn < 2000; turn++) {
		struct jk_frames f = { 0 };
		struct log l = { 0 };

		for (size_t at = 0; at < n;) {
			size_t len;

			seed = seed * 1664525u + 1013904223u;
			len = (seed >> 16) % (turn % 2 ? 600 : 30);
			len = len < n - at ? len : n - at;
			jk_frames_feed(&f, s + at, len, 0, on_event, &l);
			at += len;
		}
		jk_frames_end(&f, on_event, &l);
		check_all(&l, &f);
	}
}

static void test_silence(void **state)
{
	uint8_t a[JK_FRAME_LEN], b[JK_FRAME_LEN];
	struct jk_frames f = { 0 };
	struct log l = { 0 };

	(void)state;
	put_frame(a, JK_CELL_INFO, 1);
	put_frame(b, JK_CELL_INFO, 2);
	jk_frames_feed(&f, a, 100, 1000, on_event, &l);
	jk_frames_feed(&f, a + 100, 100, 2999, on_event, &l); /* not yet too late */
	jk_frames_feed(&f, a + 200, 100, 4998, on_event, &l);
	assert_int_equal(l.n, 1);
	jk_frames_feed(&f, a, 100, 5000, on_event, &l);
	jk_frames_feed(&f, b, 300, 7000, on_event, &l);
	assert_int_equal(l.n, 3);
	assert_memory_equal(l.kind, "FtF", 3);
	assert_int_equal(l.len[1], 100);
}

static void test_reset(void **state)
{
	uint8_t a[2 * JK_FRAME_LEN];
	struct jk_frames f = { 0 };
	struct log l = { 0 };

	(void)state;
	put_frame(a, JK_CELL_INFO, 1);
	put_frame(a + JK_FRAME_LEN, JK_CELL_INFO, 2);
	jk_frames_feed(&f, a, 150, 0, on_event, &l);
	jk_frames_reset(&f);
	jk_frames_feed(&f, a + JK_FRAME_LEN, 300, 0, on_event, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.counter[0], 2);
	assert_int_equal(jk_frames_bad(&f), 0);

	l = (struct log){ .reset_at_first = &f }; /* from inside the callback */
	jk_frames_feed(&f, a, sizeof(a), 0, on_event, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(f.len, 0);
}

static void test_end(void **state)
{
	uint8_t a[JK_FRAME_LEN];
	struct jk_frames f = { 0 };
	struct log l = { 0 };

	(void)state;
	put_frame(a, JK_CELL_INFO, 1);
	feed(&f, &l, a, 299, 20);
	assert_int_equal(l.n, 0);
	jk_frames_end(&f, on_event, &l);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.kind[0], 't');
	assert_int_equal(l.len[0], 299);
	jk_frames_end(&f, on_event, &l);
	assert_int_equal(l.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum),	cmocka_unit_test(test_commands),
		cmocka_unit_test(test_names),	cmocka_unit_test(test_any_chunking),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_reset),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
