/* Text of a CSV: what is quoted, and what a spreadsheet must not take for a formula. */
#include "csv.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "svitlo/util.h"

static void texts(void **state)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{ "Pack 1", "Pack 1" },
		{ "", "" },
		{ "a-b=c", "a-b=c" },
		{ "a,b", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"" },
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "\t=1", "'\t=1" },
		{ "\r=1", "\"'\r=1\"" },
		{ "=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct csv c = { 0 };

		csv_text(&c, rows[i].text);
		csv_end(&c);
		assert_int_equal(c.n, strlen(rows[i].cell) + 2);
		assert_memory_equal(c.buf, rows[i].cell, strlen(rows[i].cell));
		csv_free(&c);
	}
}

static void numbers_stay(void **state)
{
	static const char line[] = "-12.5,-3,'-3\r\n";
	struct csv c = { 0 };

	(void)state;
	csv_num(&c, -12.5, 2);
	csv_int(&c, -3);
	csv_text(&c, "-3");
	csv_end(&c);
	assert_int_equal(c.n, strlen(line));
	assert_memory_equal(c.buf, line, strlen(line));
	csv_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(numbers_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
