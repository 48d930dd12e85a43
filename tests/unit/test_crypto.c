/* Digests, tokens and passwords against known answers. */
#include "svitlo/crypto.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_sha256(void **state)
{
	static const uint8_t abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
				       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
				       0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
				       0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	uint8_t got[CRYPTO_SHA256_LEN];

	(void)state;
	assert_int_equal(crypto_sha256(got, "abc", 3, NULL), 0);
	assert_memory_equal(got, abc, sizeof(abc));
	assert_true(crypto_equal(got, abc, sizeof(abc)));
	got[31] ^= 1;
	assert_false(crypto_equal(got, abc, sizeof(abc)));
}

static void test_base64url(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = { { "", "" },	{ "f", "Zg" },	      { "fo", "Zm8" },
		     { "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "\xFB\xFF\xFE", "-__-" } };
	uint8_t raw[32];
	char b[48], other[48];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = crypto_base64url(b, sizeof(b), rows[i].in, strlen(rows[i].in));

		assert_string_equal(b, rows[i].out);
		assert_int_equal(n, strlen(rows[i].out));
	}
	assert_int_equal(crypto_random(raw, sizeof(raw), NULL), 0);
	assert_int_equal(crypto_base64url(b, sizeof(b), raw, sizeof(raw)), 43);
	assert_int_equal(crypto_random(raw, sizeof(raw), NULL), 0);
	crypto_base64url(other, sizeof(other), raw, sizeof(raw));
	assert_string_not_equal(b, other);
	assert_int_equal(crypto_base64url(b, 4, "foobar", 6), 3); /* never beyond its room */
}

static void test_password(void **state)
{
	char hash[CRYPTO_PASSWORD_MAX], again[CRYPTO_PASSWORD_MAX];

	(void)state;
	assert_int_equal(crypto_password_hash(hash, "правильний кінь", NULL), 0);
	assert_memory_equal(hash, "$y$", 3);
	assert_true(crypto_password_check(hash, "правильний кінь"));
	assert_false(crypto_password_check(hash, "правильний кінЬ"));
	assert_false(crypto_password_check(hash, ""));
	assert_false(crypto_password_check("*", "*"));
	assert_false(crypto_password_check("", ""));
	assert_int_equal(crypto_password_hash(again, "правильний кінь", NULL), 0);
	assert_string_not_equal(hash, again); /* salted */
	crypto_password_decoy("x");
}

/* 128 characters of four bytes: one more than crypt(3) takes */
static void test_long_password(void **state)
{
	char hash[CRYPTO_PASSWORD_MAX], password[513];

	(void)state;
	for (size_t i = 0; i < 512; i += 4)
		memcpy(password + i, "\xF0\x9F\x94\x8B", 4);
	password[512] = 0;
	assert_int_equal(crypto_password_hash(hash, password, NULL), 0);
	assert_true(crypto_password_check(hash, password));
	password[511]--;
	assert_false(crypto_password_check(hash, password));
}

static void test_code(void **state)
{
	char code[CRYPTO_CODE_MAX];

	(void)state;
	for (int i = 0; i < 200; i++) {
		assert_int_equal(crypto_code(code, NULL), 0);
		assert_int_equal(strlen(code), 9);
		assert_int_equal(code[4], '-');
		assert_int_equal(strcspn(code, "IO01"), 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),	 cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_password), cmocka_unit_test(test_long_password),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
