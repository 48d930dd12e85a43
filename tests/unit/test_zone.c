/* Civil days: both nights of the clock change, zones without one, names that are none. */
#include "svitlo/zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR 3600000ll

static void use(const char *name)
{
	struct err e = { 0 };

	if (zone_set(name, &e) < 0)
		fail_msg("%s", e.text);
}

static void test_days(void **state)
{
	static const struct {
		const char *zone;
		int64_t t;
		const char *day;
		int64_t hours;
	} rows[] = {
		{ "Europe/Kyiv", 1774659600000, "2026-03-28", 24 }, /* 03:00 local */
		{ "Europe/Kyiv", 1774735200000, "2026-03-29", 23 }, /* spring: 00:00 local */
		{ "Europe/Kyiv", 1774817999000, "2026-03-29", 23 }, /* its last second */
		{ "Europe/Kyiv", 1774818000000, "2026-03-30", 24 },
		{ "Europe/Kyiv", 1792882800000, "2026-10-25", 25 }, /* autumn */
		{ "UTC", 1792882800000, "2026-10-24", 24 },
		{ "Asia/Kolkata", 1792882800000, "2026-10-25", 24 },
		{ "America/New_York", 1793505600000, "2026-11-01", 25 },
		{ "UTC", 0, "1970-01-01", 24 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone_day d;

		use(rows[i].zone);
		d = zone_day(rows[i].t);
		assert_string_equal(d.text, rows[i].day);
		assert_int_equal((d.end_ms - d.start_ms) / HOUR, rows[i].hours);
		assert_true(d.start_ms <= rows[i].t && rows[i].t < d.end_ms);
		assert_string_equal(zone_day(d.start_ms).text, d.text);
		assert_string_equal(zone_day(d.end_ms - 1).text, d.text);
		assert_string_not_equal(zone_day(d.end_ms).text, d.text);
		assert_string_not_equal(zone_day(d.start_ms - 1).text, d.text);
	}
}

static void test_offset(void **state)
{
	(void)state;
	use("Europe/Kyiv");
	assert_int_equal(zone_offset_ms(1782000000000), 3 * HOUR);
	assert_int_equal(zone_offset_ms(1797000000000), 2 * HOUR);
	use("Asia/Kolkata");
	assert_int_equal(zone_offset_ms(0), 5 * HOUR + HOUR / 2);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "Europe/Nowhere", "../etc/passwd", "/etc/localtime",
					   "Europe",	     "Europe/Kyiv\n", "a b" };
	struct err e = { 0 };

	(void)state;
	use("Europe/Kyiv");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(zone_set(bad[i], &e), -EINVAL);
		assert_string_equal(zone_name(), "Europe/Kyiv");
		assert_non_null(strstr(e.text, "time zone"));
	}
	use("");
	assert_true(strlen(zone_name()) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
