/* Addresses of inverters: written in many ways, kept in one. */
#include "svitlo/endpoint.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_good(void **state)
{
	static const struct {
		const char *url, *text, *line;
	} rows[] = {
		{ "solarman://192.168.1.50", "solarman://192.168.1.50", "solarman://192.168.1.50" },
		{ "SOLARMAN://Stick.Local:8899/?unit=1&serial=2712345678", "solarman://stick.local",
		  "solarman://stick.local" },
		{ "solarman://10.0.0.2:8900?unit=2", "solarman://10.0.0.2:8900?unit=2",
		  "solarman://10.0.0.2:8900" },
		{ "modbus://gw:502", "modbus://gw", "modbus://gw" },
		{ "modbus://gw:8899?unit=247", "modbus://gw:8899?unit=247", "modbus://gw:8899" },
		{ "modbus://[fe80::1%eth0]:1502", "modbus://[fe80::1%eth0]:1502",
		  "modbus://[fe80::1%eth0]:1502" },
		{ "rtu:///dev/ttyUSB0", "rtu:///dev/ttyUSB0", "rtu:///dev/ttyUSB0" },
		{ "rtu:///dev/ttyUSB0?baud=9600&unit=1&parity=N", "rtu:///dev/ttyUSB0",
		  "rtu:///dev/ttyUSB0" },
		{ "rtu:///dev/serial/by-id/x?unit=3&baud=19200&parity=e",
		  "rtu:///dev/serial/by-id/x?baud=19200&parity=e&unit=3",
		  "rtu:///dev/serial/by-id/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[ENDPOINT_TEXT_MAX];
		struct endpoint p, again;
		struct err e = { 0 };

		if (endpoint_parse(&p, rows[i].url, &e) < 0)
			fail_msg("%s: %s", rows[i].url, e.text);
		endpoint_text(text, &p);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(endpoint_parse(&again, text, &e), 0);
		assert_int_equal(again.unit, p.unit);
		assert_int_equal(again.port, p.port);
		endpoint_line(text, &p);
		assert_string_equal(text, rows[i].line);
		assert_true(endpoint_is(rows[i].url));
	}
}

static void test_serial(void **state)
{
	struct endpoint p;

	(void)state;
	assert_int_equal(endpoint_parse(&p, "solarman://h?serial=4294967295", NULL), 0);
	assert_true(p.serial == 4294967295u);
	assert_int_equal(endpoint_parse(&p, "solarman://h", NULL), 0);
	assert_int_equal(p.serial, 0);
	assert_int_equal(p.port, 8899);
	assert_int_equal(p.unit, 1);
}

static void test_bad(void **state)
{
	static const struct {
		const char *url, *says;
	} rows[] = {
		{ "", "begins with" },
		{ "192.168.1.50", "begins with" },
		{ "http://h", "begins with" },
		{ "solarman://", "address of a device" },
		{ "solarman://:8899", "address of a device" },
		{ "solarman://h:0", "port" },
		{ "solarman://h:65536", "port" },
		{ "solarman://h:88x", "port" },
		{ "solarman://h:99999999999999999999", "port" },
		{ "solarman://h ost", "no blanks" },
		{ "solarman://h\xc3\xa9", "plain letters" },
		{ "solarman://h/path", "no host" },
		{ "solarman://h?unit=0", "unit" },
		{ "solarman://h?unit=248", "unit" },
		{ "solarman://h?unit=", "unit" },
		{ "solarman://h?serial=4294967296", "serial" },
		{ "solarman://h?serial=D12345", "serial" },
		{ "solarman://h?baud=9600", "does not know" },
		{ "modbus://h?serial=1", "does not know" },
		{ "modbus://h?unit", "does not know" },
		{ "modbus://[::1", "no host" },
		{ "modbus://[host]", "no host" },
		{ "solarman://h:x1111111111111111111", "the port" },
		{ "modbus://[::1]x", ":8899" },
		{ "rtu://dev/ttyUSB0", "written rtu:///dev" },
		{ "rtu://", "written rtu:///dev" },
		{ "rtu:///dev/x?baud=9601", "baud" },
		{ "rtu:///dev/x?parity=x", "parity" },
	};
	char longest[400] = "solarman://";
	struct endpoint p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct err){ 0 };
		assert_int_equal(endpoint_parse(&p, rows[i].url, &e), -EINVAL);
		if (!strstr(e.text, rows[i].says))
			fail_msg("%s: %s", rows[i].url, e.text);
	}
	memset(longest + strlen(longest), 'a', 300);
	assert_int_equal(endpoint_parse(&p, longest, &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_serial),
		cmocka_unit_test(test_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
