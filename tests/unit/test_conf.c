/* The configuration: defaults, files, and what is said of mistakes. */
#include "svitlo/conf.h"
#include "svitlo/util.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static int load(struct conf *c, const char *text, struct err *e)
{
	char path[] = "/tmp/svitlo-conf-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	r = conf_load(c, path, e);
	unlink(path);
	return r;
}

static void test_defaults(void **state)
{
	struct conf c;

	(void)state;
	conf_defaults(&c);
	assert_string_equal(c.store_dir, "/var/lib/svitlo");
	assert_int_equal(c.session_days, 30);
	assert_int_equal(c.log_level, 6);
}

static void test_load(void **state)
{
	struct conf c;
	struct err e = { 0 };

	(void)state;
	conf_defaults(&c);
	assert_int_equal(load(&c,
			      "# comment\n\n[store]\n dir =  /srv/a b \ncommit_s=30\n"
			      "[api]\nsession_days = 7",
			      &e),
			 0);
	assert_string_equal(c.store_dir, "/srv/a b");
	assert_int_equal(c.commit_s, 30);
	assert_int_equal(c.session_days, 7);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "[store]\ndirr = x\n", ":2: there is no option \"store.dirr\"" },
		{ "dir = x\n", ":1: there is no option" },
		{ "[store\n", ":1: a section" },
		{ "[]\n[store]\nfoo\n", ":3: expected key = value" },
		{ "[store]\ncommit_s = 9\n", "from 10 to 600" },
		{ "[store]\ncommit_s = 60s\n", "not a whole number" },
		{ "[store]\ncommit_s =\n", "not a whole number" },
		{ "[store]\ncommit_s = 99999999999999999999\n", "not a whole number" },
		{ "[\n", ":1: a section" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct conf c;
		struct err e = { 0 };

		conf_defaults(&c);
		assert_int_equal(load(&c, rows[i].text, &e), -EINVAL);
		assert_non_null(strstr(e.text, rows[i].says));
	}
}

static void test_long(void **state)
{
	struct conf c;
	struct err e = { 0 };
	char text[2000];

	(void)state;
	conf_defaults(&c);
	memset(text, 'x', sizeof(text));
	memcpy(text, "[store]\ndir=", 12);
	text[700] = 0;
	assert_int_equal(load(&c, text, &e), -EINVAL);
	assert_non_null(strstr(e.text, "longer than"));
	memset(text + 12, 'x', sizeof(text) - 12);
	text[sizeof(text) - 1] = 0;
	assert_int_equal(load(&c, text, &e), -EINVAL);
	assert_int_equal(conf_load(&c, "/nowhere/svitlo.conf", &e), -ENOENT);
	assert_int_equal(conf_set(&c, "api.session_days", "366", &e), -EINVAL);
	assert_int_equal(conf_set(&c, "api", "1", &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
