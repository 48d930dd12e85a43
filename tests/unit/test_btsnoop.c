/* Bluetooth logs: own records, byte by byte. */
#include "proto/btsnoop.h"
#include "svitlo/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FILE_SIZE 4096
#define T_MS	  1763900000123ll

struct file {
	size_t n;
	uint8_t b[FILE_SIZE];
};

static void put(struct file *f, const void *data, size_t n)
{
	assert_true(f->n + n <= sizeof(f->b));
	memcpy(f->b + f->n, data, n);
	f->n += n;
}

static void put_be(struct file *f, uint64_t v, unsigned bytes)
{
	for (unsigned i = bytes; i--;) {
		uint8_t b = (uint8_t)(v >> 8 * i);

		put(f, &b, 1);
	}
}

static void begin(struct file *f, uint32_t datalink)
{
	f->n = 0;
	put(f, "btsnoop", 8);
	put_be(f, 1, 4);
	put_be(f, datalink, 4);
}

static void record(struct file *f, uint32_t flags, const void *data, size_t n, size_t orig)
{
	put_be(f, orig, 4);
	put_be(f, n, 4);
	put_be(f, flags, 4);
	put_be(f, 0, 4);
	put_be(f, 0x00dcddb30f2f8000ull + T_MS * 1000, 8);
	put(f, data, n);
}

#define RECORD(f, flags, ...)                                                                      \
	do {                                                                                       \
		static const uint8_t b_[] = { __VA_ARGS__ };                                       \
		record(f, flags, b_, sizeof(b_), sizeof(b_));                                      \
	} while (0)
#define CONNECTED                                                                                  \
	0x3E, 19, 0x01, 0, 0x40, 0, 0, 0, 0x56, 0x34, 0x12, 0x80, 0x47, 0xC8, 0, 0, 0, 0, 0, 0, 0
/* "AT" notified by attribute 0x0012 */
#define NOTIFY_AT 0x40, 0x20, 9, 0, 5, 0, 4, 0, 0x1B, 0x12, 0, 'A', 'T'

static void expect(struct btsnoop *b, const char *address, uint16_t handle, const char *text)
{
	struct btsnoop_value v;

	assert_int_equal(btsnoop_next(b, &v), 1);
	assert_string_equal(v.address, address);
	assert_int_equal(v.handle, handle);
	assert_int_equal(v.len, strlen(text));
	assert_memory_equal(v.data, text, v.len);
	assert_true(v.t_ms == T_MS);
}

static void expect_end(struct btsnoop *b)
{
	struct btsnoop_value v;

	assert_int_equal(btsnoop_next(b, &v), 0);
	assert_int_equal(btsnoop_next(b, &v), 0);
}

static struct btsnoop *open_file(const struct file *f)
{
	static struct btsnoop b;

	assert_int_equal(btsnoop_open(&b, f->b, f->n, NULL), 0);
	return &b;
}

static void test_refusal(void **state)
{
	static struct btsnoop b;
	struct file f;
	struct err e;

	(void)state;
	assert_int_equal(btsnoop_open(&b, "btsnoo", 6, &e), -EPROTO);
	assert_int_equal(btsnoop_open(&b, NULL, 0, &e), -EPROTO);
	begin(&f, 1002);
	assert_int_equal(btsnoop_open(&b, f.b, 15, &e), -EPROTO);
	begin(&f, 1003);
	assert_int_equal(btsnoop_open(&b, f.b, f.n, &e), -ENOTSUP);
	assert_non_null(strstr(e.text, "1003"));
}

static void test_h4(void **state)
{
	struct btsnoop_value v;
	struct btsnoop *b;
	struct file f;

	(void)state;
	begin(&f, 1002);
	RECORD(&f, 1, 2, NOTIFY_AT); /* the log began inside a connection */
	RECORD(&f, 3, 4, CONNECTED);
	RECORD(&f, 1, 2, NOTIFY_AT);
	RECORD(&f, 0, 2, 0x40, 0x00, 8, 0, 4, 0, 4, 0, 0x52, 0x10, 0, 'w'); /* written */
	RECORD(&f, 0, 2, NOTIFY_AT); /* a notification to the peripheral is none of ours */
	RECORD(&f, 1, 2, 0x40, 0x20, 7, 0, 3, 0, 6, 0, 0x1B, 0x12, 0); /* another channel */
	RECORD(&f, 3, 4, 0x05, 4, 0, 0x40, 0, 0x13);		       /* disconnected */
	RECORD(&f, 1, 2, NOTIFY_AT);
	b = open_file(&f);
	expect(b, "", 0x12, "AT");
	expect(b, "C8:47:80:12:34:56", 0x12, "AT");
	assert_int_equal(btsnoop_next(b, &v), 1);
	assert_int_equal(v.dir, BTSNOOP_OUT);
	assert_int_equal(v.handle, 0x10);
	expect(b, "", 0x12, "AT");
	expect_end(b);
	assert_int_equal(b->records, 8);
}

/* One PDU in three ACL packets, another connection's between them. */
static void test_fragments(void **state)
{
	struct btsnoop *b;
	struct file f;

	(void)state;
	begin(&f, 1002);
	RECORD(&f, 3, 4, CONNECTED);
	RECORD(&f, 1, 2, 0x40, 0x20, 3, 0, 9, 0, 4); /* cut inside the head: passed over */
	RECORD(&f, 1, 2, 0x40, 0x20, 8, 0, 9, 0, 4, 0, 0x1B, 0x12, 0, 'a');
	RECORD(&f, 1, 2, 0x41, 0x20, 9, 0, 5, 0, 4, 0, 0x1B, 0x12, 0, 'x', 'y');
	RECORD(&f, 1, 2, 0x40, 0x10, 2, 0, 'b', 'c');
	RECORD(&f, 1, 2, 0x40, 0x10, 3, 0, 'd', 'e', 'f');
	RECORD(&f, 1, 2, 0x40, 0x10, 3, 0, 'd', 'e', 'f'); /* goes on with nothing */
	b = open_file(&f);
	expect(b, "", 0x12, "xy");
	expect(b, "C8:47:80:12:34:56", 0x12, "abcdef");
	expect_end(b);
}

static void test_many_values(void **state)
{
	struct btsnoop *b;
	struct file f;

	(void)state;
	begin(&f, 1002);
	RECORD(&f, 1, 2, 0x40, 0x20, 18, 0, 14, 0, 4, 0, 0x23, 0x12, 0, 2, 0, 'A', 'T', 0x15, 0, 1,
	       0, 'z', 9, 9); /* and a rest that is too short */
	RECORD(&f, 1, 2, 0x40, 0x20, 8, 0, 4, 0, 4, 0, 0x1D, 0x12, 0, 'i');
	b = open_file(&f);
	expect(b, "", 0x12, "AT");
	expect(b, "", 0x15, "z");
	expect(b, "", 0x12, "i");
	expect_end(b);
}

static void test_monitor_and_hci(void **state)
{
	struct btsnoop *b;
	struct file f;

	(void)state;
	begin(&f, 2001);
	RECORD(&f, 0x10003, CONNECTED);
	RECORD(&f, 0x10005, NOTIFY_AT);
	RECORD(&f, 0x10011, 'n', 'o', 't', 'e');
	b = open_file(&f);
	expect(b, "C8:47:80:12:34:56", 0x12, "AT");
	expect_end(b);
	begin(&f, 1001);
	RECORD(&f, 3, CONNECTED);
	RECORD(&f, 1, NOTIFY_AT);
	b = open_file(&f);
	expect(b, "C8:47:80:12:34:56", 0x12, "AT");
	expect_end(b);
}

static void test_cut(void **state)
{
	static const uint8_t at[] = { 2, NOTIFY_AT };
	struct btsnoop_value v;
	struct btsnoop *b;
	struct file f;
	size_t whole;

	(void)state;
	begin(&f, 1002);
	record(&f, 1, at, sizeof(at) - 1, sizeof(at)); /* logged in part */
	record(&f, 1, at, sizeof(at), sizeof(at));
	b = open_file(&f);
	expect(b, "", 0x12, "AT");
	expect_end(b);
	assert_int_equal(b->cut_records, 1);
	assert_false(b->cut);
	for (whole = f.n; f.n > 16; f.n--) { /* whatever the length: no crash, and said */
		b = open_file(&f);
		while (btsnoop_next(b, &v))
			;
		assert_true(b->cut == (f.n != whole && f.n != 16 + 24 + sizeof(at) - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusal),		cmocka_unit_test(test_h4),
		cmocka_unit_test(test_fragments),	cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_monitor_and_hci), cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
