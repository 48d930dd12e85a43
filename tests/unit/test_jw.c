/* The JSON writer: what it prints, and that nothing unprintable gets through. */
#include "svitlo/jw.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static void test_shapes(void **state)
{
	struct jw w = { 0 };

	(void)state;
	jw_obj(&w);
	jw_kstr(&w, "a", "x");
	jw_key(&w, "b");
	jw_arr(&w);
	jw_int(&w, -1);
	jw_bool(&w, true);
	jw_null(&w);
	jw_obj(&w);
	jw_end(&w);
	jw_end(&w);
	jw_rawn(&w, "\"c\":1,\"d\":2}", 11);
	jw_kstr(&w, "e", NULL);
	jw_end(&w);
	assert_string_equal(jw_text(&w),
			    "{\"a\":\"x\",\"b\":[-1,true,null,{}],\"c\":1,\"d\":2,\"e\":null}");
	jw_reset(&w);
	jw_arr(&w);
	jw_end(&w);
	assert_string_equal(jw_text(&w), "[]");
	jw_free(&w);
}

static void test_numbers(void **state)
{
	static const struct {
		double v;
		int digits;
		const char *text;
	} rows[] = {
		{ 1.5, 3, "1.5" },	 { 1.0, 3, "1" },	   { -0.0001, 3, "0" },
		{ 100, 0, "100" },	 { 0.125, 2, "0.12" },	   { NAN, 2, "null" },
		{ INFINITY, 2, "null" }, { -INFINITY, 2, "null" }, { 1e15, 2, "1000000000000000" },
		{ -3.1, 1, "-3.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jw w = { 0 };

		jw_num(&w, rows[i].v, rows[i].digits);
		assert_string_equal(jw_text(&w), rows[i].text);
		jw_free(&w);
	}
}

static void test_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\x01", "\"\\u000a\\u0001\"" },
		{ "світло °C 🔋", "\"світло °C 🔋\"" },
		{ "\xFF", "\"\xEF\xBF\xBD\"" },			/* never a lead byte */
		{ "\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" }, /* overlong */
		{ "a\xD0", "\"a\xEF\xBF\xBD\"" },		/* cut short */
		{ "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" }, /* surrogate */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jw w = { 0 };

		jw_str(&w, rows[i].in);
		assert_string_equal(jw_text(&w), rows[i].out);
		jw_free(&w);
	}
}

static void test_limits(void **state)
{
	struct jw w = { 0 };
	char big[4096];

	(void)state;
	for (int i = 0; i < JW_DEPTH_MAX; i++)
		jw_arr(&w);
	assert_false(w.bad);
	jw_arr(&w);
	assert_true(w.bad);
	assert_null(jw_text(&w));
	jw_reset(&w);
	jw_end(&w);
	assert_true(w.bad);
	jw_reset(&w);
	memset(big, 'x', sizeof(big));
	jw_arr(&w);
	for (int i = 0; i < 4096 && !w.bad; i++)
		jw_strn(&w, big, sizeof(big));
	assert_true(w.bad); /* and no memory without end */
	jw_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
