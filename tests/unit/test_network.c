/* Who is on the network: what sticks answer, and where they may be looked for. */
#include "proto/stick_hello.h"
#include "svitlo/subnet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_hello(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		const char *ip, *mac;
		uint32_t serial;
	} rows[] = {
		{ "192.168.1.195,D427879436EE,3428956920", true, "192.168.1.195", "D427879436EE",
		  3428956920 },
		{ "10.0.0.7,d4:27:87:94:36:ee,2712345678\r\n", true, "10.0.0.7",
		  "d4:27:87:94:36:ee", 2712345678 },
		{ "10.0.0.7,D427879436EE,4294967295", true, "10.0.0.7", "D427879436EE",
		  UINT32_MAX },
		{ "10.0.0.7,D427879436EE,4294967296", true, "10.0.0.7", "D427879436EE", 0 },
		{ "10.0.0.7,D427879436EE,AB12CD34EF", true, "10.0.0.7", "D427879436EE", 0 },
		{ "10.0.0.7,D427879436EE,999999999999999999999999", false, NULL, NULL, 0 },
		{ "10.0.0.7,D427879436EE,12,13", false, NULL, NULL, 0 },
		{ "10.0.0.7,D427879436EE,", false, NULL, NULL, 0 },
		{ "10.0.0.7,,12", false, NULL, NULL, 0 },
		{ "stick.local,D427879436EE,12", false, NULL, NULL, 0 },
		{ "100.100.100.1000,D427879436EE,12", false, NULL, NULL, 0 },
		{ "10.0.0.7,D427879436EE,1 2", false, NULL, NULL, 0 },
		{ "WIFIKIT-214028-READ", false, NULL, NULL, 0 },
		{ "+ok", false, NULL, NULL, 0 },
		{ "", false, NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stick_hello h;
		bool ok =
			stick_hello_parse(&h, (const uint8_t *)rows[i].text, strlen(rows[i].text));

		if (ok != rows[i].ok)
			fail_msg("\"%s\": taken: %d", rows[i].text, ok);
		if (!ok)
			continue;
		assert_string_equal(h.ip, rows[i].ip);
		assert_string_equal(h.mac, rows[i].mac);
		assert_int_equal(h.serial, rows[i].serial);
	}
}

static void test_subnet(void **state)
{
	static const struct {
		const char *text;
		uint32_t first, count; /* 0: refused */
	} rows[] = {
		{ "192.168.1.0/24", 0xC0A80101, 254 },
		{ "192.168.1.77/24", 0xC0A80101, 254 },
		{ "10.1.0.0/22", 0x0A010001, 1022 },
		{ "172.31.255.0/30", 0xAC1FFF01, 2 },
		{ "169.254.3.0/24", 0xA9FE0301, 254 },
		{ "127.0.0.0/24", 0x7F000001, 254 },
		{ "192.168.1.5/32", 0xC0A80105, 1 },
		{ "192.168.1.4/31", 0xC0A80104, 2 },
		{ "192.168.1.0/21", 0, 0 },
		{ "10.0.0.0/8", 0, 0 },
		{ "192.168.1.0/33", 0, 0 },
		{ "192.168.1.0/", 0, 0 },
		{ "192.168.1.0", 0, 0 },
		{ "192.168.1.0/-1", 0, 0 },
		{ "192.168.1.0/24 ", 0, 0 },
		{ "8.8.8.0/24", 0, 0 },
		{ "172.32.0.0/24", 0, 0 },
		{ "192.169.0.0/24", 0, 0 },
		{ "256.168.1.0/24", 0, 0 },
		{ "fe80::/64", 0, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct subnet n = { 0 };
		struct err e = { 0 };
		int r = subnet_parse(&n, rows[i].text, &e);

		if (rows[i].count ? r < 0 : r != -EINVAL || !*err_text(&e))
			fail_msg("\"%s\": %d, %s", rows[i].text, r, err_text(&e));
		if (r >= 0 && (n.first != rows[i].first || n.count != rows[i].count))
			fail_msg("\"%s\": from %08x, %u", rows[i].text, n.first, n.count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_subnet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
