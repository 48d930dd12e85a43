/* Addresses of plugs: only of a home, written in many ways, kept in one. */
#include "svitlo/plug_address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_good(void **state)
{
	static const struct {
		const char *text, *kept, *host;
		unsigned port;
	} rows[] = {
		{ "tapo://192.168.1.20", "tapo://192.168.1.20", "192.168.1.20", 80 },
		{ "TAPO://192.168.1.20:80/", "tapo://192.168.1.20", "192.168.1.20", 80 },
		{ "tapo://10.255.0.1:8080", "tapo://10.255.0.1:8080", "10.255.0.1", 8080 },
		{ "tapo://172.16.0.1", "tapo://172.16.0.1", "172.16.0.1", 80 },
		{ "tapo://172.31.255.254", "tapo://172.31.255.254", "172.31.255.254", 80 },
		{ "tapo://169.254.9.9", "tapo://169.254.9.9", "169.254.9.9", 80 },
		{ "tapo://127.0.0.1:65535", "tapo://127.0.0.1:65535", "127.0.0.1", 65535 },
		{ "tapo://[::1]:80", "tapo://[::1]", "::1", 80 },
		{ "tapo://[FE80::0001%eth0]", "tapo://[fe80::1%eth0]", "fe80::1%eth0", 80 },
		{ "tapo://[fe80::1]/", "tapo://[fe80::1]", "fe80::1", 80 },
		{ "tapo://[FD00:0:0::20]:81", "tapo://[fd00::20]:81", "fd00::20", 81 },
		{ "tapo://[fe80:1111:2222:3333:4444:5555:6666:7777%wlan0123456789a]",
		  "tapo://[fe80:1111:2222:3333:4444:5555:6666:7777%wlan0123456789a]",
		  "fe80:1111:2222:3333:4444:5555:6666:7777%wlan0123456789a", 80 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char kept[PLUG_ADDRESS_MAX];
		struct plug_address p, again;
		struct err e = { 0 };

		if (plug_address_parse(&p, rows[i].text, &e) < 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_true(plug_address_is(rows[i].text) && !p.socket);
		assert_string_equal(p.host, rows[i].host);
		assert_int_equal(p.port, rows[i].port);
		plug_address_text(kept, &p);
		assert_string_equal(kept, rows[i].kept);
		assert_int_equal(plug_address_parse(&again, kept, &e), 0);
		assert_string_equal(again.host, p.host);
		assert_int_equal(again.port, p.port);
	}
}

static void test_socket(void **state)
{
	char kept[PLUG_ADDRESS_MAX];
	struct plug_address p;

	(void)state;
	assert_int_equal(plug_address_parse(&p, "socket:7/1", NULL), 0);
	assert_true(p.socket && p.strip == 7 && p.position == 1);
	plug_address_text(kept, &p);
	assert_string_equal(kept, "socket:7/1");
	assert_int_equal(plug_address_parse(&p, "socket:999999999999999/16", NULL), 0);
	assert_true(p.strip == 999999999999999 && p.position == 16);
	plug_address_text(kept, &p);
	assert_string_equal(kept, "socket:999999999999999/16");
	assert_false(plug_address_is("socket:7/1"));
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "begins with tapo://" },
		{ "192.168.1.20", "begins with tapo://" },
		{ "http://192.168.1.20", "begins with tapo://" },
		{ "tapo:/192.168.1.20", "begins with tapo://" },
		{ "tapo://", "needs the address" },
		{ "tapo:///", "needs the address" },
		{ "tapo://:80", "needs the address" },
		{ "tapo://[]", "needs the address" },
		{ "tapo://plug.local", "no IP address" },
		{ "tapo://kitchen", "no IP address" },
		{ "tapo://192.168.1", "no IP address" },
		{ "tapo://192.168.1.256", "no IP address" },
		{ "tapo://0xC0.168.1.1", "no IP address" },
		{ "tapo://3232235777", "no IP address" },
		{ "tapo://user@192.168.1.1", "no IP address" },
		{ "tapo://[192.168.1.1]", "no IP address" },
		{ "tapo://fe80::1", "no IP address" },
		{ "tapo://[fe80::1", "no IP address" },
		{ "tapo://[fe80::1%]", "no IP address" },
		{ "tapo://[fe80::1%et/h]", "no IP address" },
		{ "tapo://[fe80::1%aaaaaaaaaaaaaaaa]", "no IP address" },
		{ "tapo://[fd00::1%eth0]", "no IP address" },
		{ "tapo://8.8.8.8", "no address of a home's network" },
		{ "tapo://172.32.0.1", "no address of a home's network" },
		{ "tapo://172.15.0.1", "no address of a home's network" },
		{ "tapo://100.64.0.1", "no address of a home's network" },
		{ "tapo://0.0.0.0", "no address of a home's network" },
		{ "tapo://255.255.255.255", "no address of a home's network" },
		{ "tapo://[::]", "no address of a home's network" },
		{ "tapo://[2001:db8::1]", "no address of a home's network" },
		{ "tapo://[::ffff:192.168.1.1]", "no address of a home's network" },
		{ "tapo://[ff02::1]", "no address of a home's network" },
		{ "tapo://192.168.1.20:0", "the port" },
		{ "tapo://192.168.1.20:", "the port" },
		{ "tapo://192.168.1.20:65536", "the port" },
		{ "tapo://192.168.1.20:080", "the port" },
		{ "tapo://192.168.1.20:99999999999999999999", "the port" },
		{ "tapo://192.168.1.20:80x", "the port" },
		{ "tapo://[::1]x", "written :80" },
		{ "tapo://192.168.1.20/app", "written :80" },
		{ "tapo://192.168.1.20//", "written :80" },
		{ "tapo://192.168.1.20 ", "no blanks" },
		{ "tapo://192.168.1.2\xc3\xa9", "no blanks" },
		{ "socket:", "socket:7/1" },
		{ "socket:7", "socket:7/1" },
		{ "socket:7/", "socket:7/1" },
		{ "socket:0/1", "socket:7/1" },
		{ "socket:7/0", "socket:7/1" },
		{ "socket:7/17", "socket:7/1" },
		{ "socket:07/1", "socket:7/1" },
		{ "socket:7/01", "socket:7/1" },
		{ "socket:-7/1", "socket:7/1" },
		{ "socket:7/1/2", "socket:7/1" },
		{ "socket:1000000000000000/1", "socket:7/1" },
		{ "SOCKET:7/1", "begins with tapo://" },
	};
	char longest[400] = "tapo://";
	struct plug_address p = { .port = 7 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct err){ 0 };
		if (plug_address_parse(&p, rows[i].text, &e) != -EINVAL ||
		    !strstr(e.text, rows[i].says))
			fail_msg("%s: %s", rows[i].text, e.text);
	}
	memset(longest + strlen(longest), '1', 300);
	assert_int_equal(plug_address_parse(&p, longest, &e), -EINVAL);
	longest[7] = '[';
	memcpy(longest + 300, "]", 2);
	assert_int_equal(plug_address_parse(&p, longest, &e), -EINVAL);
	assert_int_equal(p.port, 7);
}

static void test_canonical(void **state)
{
	char text[PLUG_ADDRESS_MAX];

	(void)state;
	assert_int_equal(plug_address_canonical(text, "TAPO://192.168.1.20:80/", NULL), 0);
	assert_string_equal(text, "tapo://192.168.1.20");
	assert_int_equal(plug_address_canonical(text, "socket:3/1", NULL), -EINVAL);
	assert_int_equal(plug_address_canonical(text, "tapo://8.8.8.8", NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_canonical),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
