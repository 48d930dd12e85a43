/* Text captures, line by line. */
#include "proto/cap.h"
#include "svitlo/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int line(struct cap *c, const char *s)
{
	struct err e = { 0 };
	int r = cap_line(c, s, strlen(s), &e);

	assert_true(r >= 0 || (e.code == r && strstr(e.text, "line ")));
	return r;
}

static void test_ours(void **state)
{
	struct cap c = { 0 };

	(void)state;
	assert_int_equal(line(&c, "# svitlo capture 1\n"), CAP_NOTE);
	assert_int_equal(c.version, 1);
	assert_int_equal(line(&c, "# device C8:47:80:12:34:56\r\n"), CAP_NOTE);
	assert_string_equal(c.device, "C8:47:80:12:34:56");
	assert_int_equal(line(&c, "> aa5590eb97"), CAP_OUT);
	assert_true(cap_time_ms(&c) == -1);
	assert_int_equal(line(&c, "# start 1763900000000"), CAP_NOTE);
	assert_int_equal(line(&c, "@ 180"), CAP_NOTE);
	assert_int_equal(line(&c, "@20\n"), CAP_NOTE);
	assert_int_equal(line(&c, "< 55 AA:eb 90\n"), CAP_IN);
	assert_int_equal(c.len, 4);
	assert_memory_equal(c.data, "\x55\xAA\xEB\x90", 4);
	assert_true(cap_time_ms(&c) == 1763900000200);
	assert_int_equal(line(&c, ""), CAP_NOTE);
	assert_int_equal(c.line, 8);
}

static void test_loose(void **state)
{
	struct cap c = { 0 };

	(void)state;
	assert_int_equal(line(&c, "1015 < 41540d0a"), CAP_IN);
	assert_int_equal(c.len, 4);
	assert_int_equal(c.at_ms, 1015);
	assert_int_equal(line(&c, "1020 > 00"), CAP_OUT);
	assert_int_equal(line(&c, "02 55aaeb900201"), CAP_BARE);
	assert_int_equal(c.len, 6);
	assert_int_equal(c.data[0], 0x55);
	assert_int_equal(line(&c, "02 55 aa eb 90 02 01"), CAP_BARE);
	assert_int_equal(c.len, 6);
	assert_int_equal(line(&c, "0255aaeb900201"), CAP_BARE); /* no column: a byte of its own */
	assert_int_equal(c.len, 7);
	assert_int_equal(line(&c, "02 03 04"), CAP_BARE);
	assert_int_equal(c.len, 3);
	assert_int_equal(line(&c, "55:AA"), CAP_BARE);
	assert_int_equal(c.len, 2);
}

static void test_refusal(void **state)
{
	static char big[2 * CAP_DATA_MAX + 3];
	struct cap c = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(cap_line(&c, "\n", 1, &e), CAP_NOTE);
	assert_int_equal(cap_line(&c, "< 5", 3, &e), -EPROTO);
	assert_string_equal(e.text, "line 2: not hexadecimal bytes");
	assert_int_equal(line(&c, "hello"), -EPROTO);
	assert_int_equal(line(&c, "@ soon"), -EPROTO);
	assert_int_equal(line(&c, "@ 99999999999999999999"), -EPROTO);
	assert_int_equal(line(&c, "# svitlo capture 2"), -ENOTSUP);
	assert_int_equal(line(&c, "# svitlo capture x"), -EPROTO);
	memset(big, '0', sizeof(big) - 1);
	assert_int_equal(line(&c, big), -EMSGSIZE);
	assert_int_equal(cap_line(&c, big, 2 * CAP_DATA_MAX, &e), CAP_BARE);
	assert_int_equal(c.len, CAP_DATA_MAX);
	memcpy(big, "# device ", 9); /* longer than there is room: cut */
	assert_int_equal(line(&c, big), CAP_NOTE);
	assert_int_equal(strlen(c.device), CAP_DEVICE_MAX - 1);
}

static size_t read_back(struct cap *c, char *text, int *kinds, size_t n)
{
	struct err e = { 0 };
	size_t got = 0;

	for (char *at = text, *nl; (nl = strchr(at, '\n')); at = nl + 1) {
		int kind = cap_line(c, at, (size_t)(nl - at), &e);

		assert_true(kind >= 0 && got < n);
		kinds[got++] = kind;
	}
	return got;
}

static void test_written_is_read(void **state)
{
	const struct cap_head h = { "C8:47:80:12:34:56", 1763856000123 };
	uint8_t all[256], most[CAP_DATA_MAX] = { 0 };
	static char text[8 * CAP_LINES_MAX];
	struct cap c = { 0 };
	int kinds[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	n = cap_put_head(text, sizeof(text), &h);
	n += cap_put_note(text + n, sizeof(text) - n, "start", "a\nstart 77\x80");
	n += cap_put(text + n, 0, '>', all, 20);
	n += cap_put(text + n, 180, '<', all, sizeof(all));
	assert_int_equal(n, strlen(text));
	assert_int_equal(read_back(&c, text, kinds, 16), 7);
	assert_int_equal(kinds[4], CAP_OUT);
	assert_int_equal(kinds[6], CAP_IN);
	assert_int_equal(c.len, sizeof(all));
	assert_memory_equal(c.data, all, sizeof(all));
	assert_string_equal(c.device, "C8:47:80:XX:XX:XX");
	assert_int_equal(c.version, CAP_VERSION_MAX);
	assert_true(cap_time_ms(&c) == h.start_ms + 180);
	assert_null(strstr(text, "12:34"));
	/* the longest there is */
	n = cap_put(text, INT64_MAX, '<', most, sizeof(most));
	assert_true(n < CAP_LINES_MAX);
}

static void test_little_room(void **state)
{
	const struct cap_head other = { "capture:/home/olena/pack.cap", 1 };
	char text[200];

	(void)state;
	assert_int_equal(cap_put_head(text, 20, &other), 0);
	assert_true(cap_put_head(text, sizeof(text), &other) > 0);
	assert_non_null(strstr(text, "# device unknown\n"));
	assert_null(strstr(text, "olena"));
	assert_int_equal(cap_put_note(text, 10, "key", "longer than it"), 9);
	assert_string_equal(text, "# key: l\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),	    cmocka_unit_test(test_loose),
		cmocka_unit_test(test_refusal),	    cmocka_unit_test(test_written_is_read),
		cmocka_unit_test(test_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
