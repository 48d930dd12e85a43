/*
 * securePassthrough: logins and envelopes with a key of our own, the plug's half in this file; and
 * the values other clients get, of vectors/securepassthrough.json where it is.
 */
#include "proto/tapo_pass.h"
#include "svitlo/util.h"
#include "tapo_shared.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define USER	 "user@example.com"
#define PASSWORD "Tapo-Test_2026"

static struct tapo_pass known(void)
{
	struct tapo_pass s = { .token = "" };

	for (unsigned i = 0; i < 16; i++) {
		s.key[i] = (uint8_t)(0x10 + i);
		s.iv[i] = (uint8_t)(0x20 + i);
	}
	return s;
}

/* ---- the plug's half ---- */

/* result.key for a public key, of so many bytes. */
static size_t device_key(EVP_PKEY *key, size_t bytes, char *ret)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	uint8_t plain[64], out[256];
	size_t n = sizeof(out);
	struct tapo_pass s = known();

	memcpy(plain, s.key, 16);
	memcpy(plain + 16, s.iv, 16);
	memset(plain + 32, 7, 32);
	assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(c, out, &n, plain, bytes), 1);
	EVP_PKEY_CTX_free(c);
	n = (size_t)EVP_EncodeBlock((unsigned char *)ret, out, (int)n);
	return n;
}

/* An answer has the same blocks as the envelope of a request. */
static void device_answer(const struct tapo_pass *s, const char *json, char *ret, size_t room)
{
	char request[BYTES_MAX];

	assert_true(tapo_pass_seal(s, json, strlen(json), request, sizeof(request), NULL) > 0);
	snprintf(ret, room, "{\"error_code\":0,\"result\":{\"response\":%s",
		 strstr(request, "request\":") + 9);
}

/* ---- tests ---- */

static void test_handshake(void **state)
{
	EVP_PKEY *key = NULL, *other = NULL;
	char body[TAPO_PASS_HANDSHAKE_MAX], pem[TAPO_PASS_HANDSHAKE_MAX], wrapped[400], answer[512];
	struct tapo_pass s = { .token = "old" }, expected = known();
	int32_t code = 0;
	struct err e;

	(void)state;
	assert_int_equal(tapo_rsa_make(&key, 1024, NULL), 0);
	assert_int_equal(tapo_rsa_make(&other, 1024, NULL), 0);
	assert_int_equal(tapo_pass_handshake(body, sizeof(body), key, NULL), 314);
	assert_int_equal(strlen(body), 314);
	assert_int_equal(tapo_pass_handshake(body, 314, key, &e), -ENOSPC);
	assert_int_equal(tapo_rsa_pem(pem, sizeof(pem), key, 0, NULL), 272);
	assert_int_equal(tapo_rsa_pem(pem, 272, key, 0, &e), -ENOSPC);
	assert_int_equal(tapo_rsa_pem(pem, 10, key, 0, &e), -ENOSPC);

	device_key(key, 32, wrapped);
	snprintf(answer, sizeof(answer), "{\"error_code\":0,\"result\":{\"key\":\"%s\"}}", wrapped);
	assert_int_equal(tapo_pass_make(&s, key, answer, strlen(answer), &code, NULL), 0);
	assert_memory_equal(s.key, expected.key, 16);
	assert_memory_equal(s.iv, expected.iv, 16);
	assert_string_equal(s.token, "");
	assert_int_equal(tapo_pass_make(&s, other, answer, strlen(answer), &code, &e), -EPROTO);
	for (size_t bytes = 31; bytes <= 33; bytes += 2) {
		device_key(key, bytes, wrapped);
		snprintf(answer, sizeof(answer), "{\"error_code\":0,\"result\":{\"key\":\"%s\"}}",
			 wrapped);
		assert_int_equal(tapo_pass_make(&s, key, answer, strlen(answer), &code, &e),
				 -EPROTO);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void test_refused(void **state)
{
	static const struct {
		const char *answer;
		int r;
		int32_t code;
	} rows[] = {
		{ "{\"error_code\":1003}", -EREMOTEIO, 1003 },
		{ "{\"error_code\":-1010,\"result\":{}}", -EREMOTEIO, -1010 },
		{ "{\"error_code\":-1501}", -EREMOTEIO, -1501 },
		{ "{}", -EPROTO, INT32_MIN },
		{ "{\"error_code\":\"0\"}", -EPROTO, INT32_MIN },
		{ "{\"error_code\":1e300}", -EPROTO, INT32_MIN },
		{ "{\"error_code\":0.5}", -EPROTO, INT32_MIN },
		{ "{\"error_code\":0}", -EPROTO, 0 },
		{ "{\"error_code\":0,\"result\":7}", -EPROTO, 0 },
		{ "{\"error_code\":0,\"result\":{\"key\":7,\"response\":7,\"token\":7}}", -EPROTO,
		  0 },
		{ "{\"error_code\":0,\"result\":{\"key\":\"AA==\",\"token\":\"a b\"}}", -EPROTO,
		  0 },
		{ "{\"error_code\":0,\"result\":{\"key\":\"A\",\"token\":\"\"}}", -EPROTO, 0 },
		{ "{\"error_code\":0,\"result\":{\"token\":\"a&b\"}}", -EPROTO, 0 },
		{ "", -EPROTO, 0 },
		{ "[]", -EPROTO, 0 },
		{ "null", -EPROTO, 0 },
		{ "{\"error_code\":0", -EPROTO, 0 },
		{ "{\"error_code\":0} x", -EPROTO, 0 },
	};
	EVP_PKEY *key = NULL;
	char text[64];

	(void)state;
	assert_int_equal(tapo_rsa_make(&key, 1024, NULL), 0);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		size_t n = strlen(rows[i].answer);
		struct tapo_pass s = known();
		int32_t code = 0;
		struct err e;

		if (tapo_pass_make(&s, key, rows[i].answer, n, &code, &e) != rows[i].r ||
		    code != rows[i].code)
			fail_msg("%s", rows[i].answer);
		code = 0;
		assert_int_equal(tapo_pass_token(&s, rows[i].answer, n, &code, &e), rows[i].r);
		assert_int_equal(code, rows[i].code);
		assert_string_equal(s.token, "");
		assert_int_equal(
			tapo_pass_open(&s, rows[i].answer, n, text, sizeof(text), &code, &e),
			rows[i].r);
	}
	EVP_PKEY_free(key);
}

static void test_envelope(void **state)
{
	struct tapo_pass s = known();
	char json[1000] = "", sealed[BYTES_MAX], answer[BYTES_MAX], text[BYTES_MAX];
	int32_t code = 0;
	struct err e;

	(void)state;
	for (size_t n = 0; n < 900; n++) {
		int len = tapo_pass_seal(&s, json, n, sealed, TAPO_PASS_BODY(n), NULL);

		assert_int_equal(len, strlen(sealed));
		assert_true(strlen(sealed) < TAPO_PASS_BODY(n));
		assert_int_equal(tapo_pass_seal(&s, json, n, sealed, TAPO_PASS_BODY(n) - 1, &e),
				 -ENOSPC);
		device_answer(&s, json, answer, sizeof(answer));
		assert_int_equal(tapo_pass_open(&s, answer, strlen(answer), text, strlen(answer),
						&code, NULL),
				 (int)n);
		assert_string_equal(text, json);
		json[n] = 'a';
	}
	device_answer(&s, "{\"error_code\":0}", answer, sizeof(answer));
	assert_int_equal(tapo_pass_open(&s, answer, strlen(answer), text, 8, &code, &e), -ENOSPC);
	s.key[0] ^= 1;
	assert_int_equal(tapo_pass_open(&s, answer, strlen(answer), text, sizeof(text), &code, &e),
			 -EBADMSG);
}

static void test_responses(void **state)
{
	static const struct {
		const char *response;
		int r;
	} rows[] = {
		{ "{\\\"error_code\\\":9999}", 19 }, /* not encrypted */
		{ "{\\\"error_code\\\":9999", -EBADMSG },
		{ "", -EBADMSG },
		{ "AAAA", -EBADMSG },
		{ "AAAAAAAAAAAAAAAAAAAAAA==", -EBADMSG },    /* a block of nonsense */
		{ "AAAAAAAAAAAAAAAAAAAAAB==", -EBADMSG },    /* bits behind the end */
		{ "AAAAAAAAAAAAAAAAAAAAAA=", -EBADMSG },     /* no whole group */
		{ "AAAAAAAAAAAA\\nAAAAAAAAAA==", -EBADMSG }, /* lines */
		{ "AAAA====AAAAAAAAAAAAAAAA", -EBADMSG },
		{ "A===", -EBADMSG },
		{ "====", -EBADMSG },
		{ "-_-_", -EBADMSG },
	};
	const struct tapo_pass s = known();

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		char body[256], text[256];
		int32_t code = 0;

		snprintf(body, sizeof(body), "{\"error_code\":0,\"result\":{\"response\":\"%s\"}}",
			 rows[i].response);
		if (tapo_pass_open(&s, body, strlen(body), text, sizeof(text), &code, NULL) !=
		    rows[i].r)
			fail_msg("%s", body);
	}
}

static void test_login(void **state)
{
	char text[TAPO_PASS_LOGIN_MAX], path[TAPO_PASS_PATH_MAX], longest[300] = "";
	static const char answer[] = "{\"error_code\":0,\"result\":{\"token\":\"0A_f\"}}";
	struct tapo_pass s = known();
	int32_t code = 0;
	struct err e;

	(void)state;
	assert_true(tapo_pass_login(text, 1, USER, PASSWORD, 1700000000000, NULL) > 0);
	assert_string_equal(
		text, "{\"method\":\"login_device\",\"params\":{\"username\":"
		      "\"NjNhNzEwNTY5MjYxYTI0YjM3NjYyNzViNzAwMGNlOGQ3YjMyZTJmNw==\","
		      "\"password\":\"VGFwby1UZXN0XzIwMjY=\"},\"requestTimeMils\":1700000000000}");
	assert_true(tapo_pass_login(text, 2, USER, PASSWORD, 5, NULL) > 0);
	assert_non_null(strstr(
		text,
		"\"password2\":\"ZmY3ZGU1MDk1MDY1OTg5ZGIzMWQ2NWM0YmMyM2Y3MjkyY2M2OGJhZg==\""));
	memset(longest, 'p', TAPO_PASS_PASSWORD_MAX);
	assert_true(tapo_pass_login(text, -1, USER, longest, 5, NULL) > 0);
	longest[TAPO_PASS_PASSWORD_MAX] = 'p';
	assert_int_equal(tapo_pass_login(text, 1, USER, longest, 5, &e), -ENOSPC);
	assert_null(strstr(e.text, "ppp"));
	tapo_pass_path(&s, path);
	assert_string_equal(path, "/app");
	assert_int_equal(tapo_pass_token(&s, answer, sizeof(answer) - 1, &code, NULL), 0);
	tapo_pass_path(&s, path);
	assert_string_equal(path, "/app?token=0A_f");
}

static void test_vectors(void **state)
{
	json_auto_t *o = shared_json("vectors/securepassthrough.json");
	static const char *const pairs[][2] = {
		{ "login_v1_plain", "login_v1_request" },
		{ "login_v2_plain", "login_v2_request" },
		{ "request_plain", "request_body" },
	};
	static const char *const answers[][2] = {
		{ "login_response_plain", "login_response" },
		{ "response_plain", "response_body" },
	};
	char text[BYTES_MAX], body[BYTES_MAX];
	struct tapo_pass s;
	int32_t code = 0;
	EVP_PKEY *key;
	BIO *pem;

	(void)state;
	if (!o)
		skip();
	pem = BIO_new_mem_buf(text_of(o, "rsa_private_pem"), -1);
	key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);
	BIO_free(pem);
	assert_int_equal(tapo_pass_handshake(text, sizeof(text), key, NULL), 314);
	assert_string_equal(text, text_of(o, "handshake_request"));
	assert_int_equal(tapo_pass_make(&s, key, text_of(o, "handshake_response"),
					strlen(text_of(o, "handshake_response")), &code, NULL),
			 0);
	EVP_PKEY_free(key);
	SAME(s.key, 16, text_of(o, "aes_key"));
	SAME(s.iv, 16, text_of(o, "aes_iv"));
	for (int lv = 1; lv <= 2; lv++) {
		tapo_pass_login(text, lv, text_of(o, "username"), text_of(o, "password"),
				1700000000000, NULL);
		assert_string_equal(text, text_of(o, pairs[lv - 1][0]));
	}
	assert_true(tapo_pass_stamp(text, sizeof(text), "{\"method\":\"get_device_info\"}", 28,
				    1700000000001, "00000000-0000-4000-8000-000000000000",
				    NULL) > 0);
	assert_string_equal(text, text_of(o, "request_plain"));
	for (size_t i = 0; i < SV_LEN(pairs); i++) {
		const char *plain = text_of(o, pairs[i][0]);

		assert_true(tapo_pass_seal(&s, plain, strlen(plain), body, sizeof(body), NULL) > 0);
		assert_string_equal(body, text_of(o, pairs[i][1]));
	}
	for (size_t i = 0; i < SV_LEN(answers); i++) {
		const char *sealed = text_of(o, answers[i][1]);

		assert_true(tapo_pass_open(&s, sealed, strlen(sealed), text, sizeof(text), &code,
					   NULL) > 0);
		assert_string_equal(text, text_of(o, answers[i][0]));
		device_answer(&s, text, body, sizeof(body));
		assert_string_equal(body, sealed);
	}
	assert_int_equal(tapo_pass_token(&s, text_of(o, "login_response_plain"),
					 strlen(text_of(o, "login_response_plain")), &code, NULL),
			 0);
	assert_string_equal(s.token, text_of(o, "token"));
	tapo_pass_path(&s, text);
	assert_string_equal(text, text_of(o, "request_url"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_envelope),  cmocka_unit_test(test_responses),
		cmocka_unit_test(test_login),	  cmocka_unit_test(test_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
