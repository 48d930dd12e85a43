/*
 * TPAP: what is offered and asked, forms of the password, SPAKE2+, the sealed bodies; the values
 * other clients get, of vectors/tpap.json where it is.
 */
#include "proto/tapo.h"
#include "proto/tpap.h"
#include "svitlo/util.h"
#include "tapo_shared.h"

#include <errno.h>
#include <openssl/evp.h>

#define USER	 "user@example.com"
#define PASSWORD "Tapo-Test_2026"
#define SHADOW	 "ff7de5095065989db31d65c4bc23f7292cc68baf"
#define X	 "1f2e3d4c5b6a79880123456789abcdef1f2e3d4c5b6a79880123456789abcdef"
#define SHARE                                                                                      \
	"04f104dfac9a22f9342ce7201924a16108f3c357e27661ccd13727c4c4b7521507"                       \
	"69160fb106aedfe2ea979f45049817f16199a9b1554ec63c2e9bf215eb5b23a0"

static const struct tpap_offer plug = { .port = 80, .pake = 1u << 2, .dac = 0 };

static struct tpap_registered registered(void)
{
	struct tpap_registered r = { .iterations = 3000, .salt_n = 16, .crypt = TPAP_SHADOW };
	uint8_t bytes[BYTES_MAX];

	for (unsigned i = 0; i < 32; i++)
		r.random[i] = (uint8_t)(0x80 + i);
	for (unsigned i = 0; i < 16; i++)
		r.salt[i] = (uint8_t)(0x30 + i);
	memcpy(r.share, bytes, unhex(SHARE, bytes));
	return r;
}

static void our_random(uint8_t ret[TPAP_RANDOM_LEN])
{
	for (unsigned i = 0; i < TPAP_RANDOM_LEN; i++)
		ret[i] = (uint8_t)(0x40 + i);
}

static int pake_of(struct tpap_pake *ret, const char *credential, const char *x_hex, bool short_w0)
{
	struct tpap_registered r = registered();
	uint8_t x[BYTES_MAX], random[TPAP_RANDOM_LEN];

	unhex(x_hex, x);
	our_random(random);
	return tpap_pake_make(ret, &r, credential, random, x, short_w0, NULL);
}

static const char *base64(const void *p, size_t n)
{
	static char text[4][200];
	static unsigned at;

	at = (at + 1) % SV_LEN(text);
	EVP_EncodeBlock((unsigned char *)text[at], p, (int)n);
	return text[at];
}

/* ---- tests ---- */

static void test_discover(void **state)
{
	static const struct {
		const char *body;
		int r, port, tls;
		uint32_t pake;
		const char *mac;
	} rows[] = {
		{ "{\"error_code\":0,\"result\":{\"mac\":\"AA-BB-CC-DD-EE-FF\",\"tpap\":{\"tls\":0,"
		  "\"port\":80,\"dac\":true,\"noc\":false,\"pake\":[2],\"user_hash_type\":0}}}",
		  1, 80, 0, 4, "AABBCCDDEEFF" },
		{ "{\"error_code\":0,\"result\":{\"tpap\":{}}}", 1, 80, -1, 0, "" },
		{ "{\"error_code\":0,\"result\":{\"tpap\":{\"tls\":2,\"pake\":[0,5,31,32,-1,\"2\","
		  "1e300]}}}",
		  1, 4433, 2, 1u | 1u << 5 | 1u << 31, "" },
		{ "{\"error_code\":0,\"result\":{\"tpap\":{\"tls\":3,\"port\":0,\"pake\":2}}}", 1,
		  80, -1, 0, "" },
		{ "{\"error_code\":0,\"result\":{\"tpap\":[2]}}", 0, 80, -1, 0, "" },
		{ "{\"error_code\":0,\"result\":{}}", 0, 80, -1, 0, "" },
		{ "{\"error_code\":0}", -EPROTO, 0, 0, 0, "" },
		{ "{\"error_code\":1003}", -EREMOTEIO, 0, 0, 0, "" },
		{ "{\"error_code\":-2101,\"result\":{}}", -EREMOTEIO, 0, 0, 0, "" },
		{ "[]", -EPROTO, 0, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct tpap_offer o;
		int32_t code = 0;
		char mac[13];

		if (tpap_discovered(&o, mac, rows[i].body, strlen(rows[i].body), &code, NULL) !=
		    rows[i].r)
			fail_msg("%s", rows[i].body);
		if (rows[i].r < 0)
			continue;
		assert_int_equal(o.port, rows[i].port);
		assert_int_equal(o.tls, rows[i].tls);
		assert_int_equal(o.pake, rows[i].pake);
		assert_string_equal(mac, rows[i].mac);
	}
}

static void test_register(void **state)
{
	static const struct {
		uint32_t pake;
		int hash;
		const char *part;
	} rows[] = {
		{ 1u << 2, 0, "\"passcode_type\":\"userpw\"" },
		{ 1u << 5, -1, "\"username\":\"21232f297a57a5a743894a0e4a801fc3\"" },
		{ 1u << 1, 1,
		  "\"username\":"
		  "\"8C6976E5B5410415BDE908BD4DEE15DFB167A9C873FC4BB8A81F6F2AB448A918\"" },
		{ 1u | 1u << 2, 0, "\"passcode_type\":\"default_userpw\"" },
		{ 0, 0, "\"passcode_type\":\"default_userpw\"" },
		{ 1u << 3, 0, NULL },
	};
	uint8_t random[TPAP_RANDOM_LEN];
	char body[TPAP_BODY_MAX];

	(void)state;
	our_random(random);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct tpap_offer o = { .pake = rows[i].pake, .user_hash_type = rows[i].hash };
		int n = tpap_register(body, &o, random, NULL);

		assert_int_equal(n < 0, !rows[i].part);
		if (n < 0)
			continue;
		assert_int_equal(n, strlen(body));
		assert_non_null(strstr(body, rows[i].part));
	}
	tpap_register(body, &plug, random, NULL);
	assert_string_equal(body,
			    "{\"method\":\"login\",\"params\":{\"sub_method\":\"pake_register\","
			    "\"username\":\"21232f297a57a5a743894a0e4a801fc3\","
			    "\"user_random\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=\","
			    "\"cipher_suites\":[1],\"encryption\":[\"aes_128_ccm\"],"
			    "\"passcode_type\":\"userpw\",\"stok\":null}}");
}

/* An answer to pake_register with one of its members other than it should be. */
static int parse_with(struct tpap_registered *ret, const char *key, const char *value)
{
	static const char *const good[][2] = {
		{ "dev_random", "\"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=\"" },
		{ "dev_salt", "\"MDEyMzQ1Njc4OTo7PD0+Pw==\"" },
		{ "dev_share", "\"BPEE36yaIvk0LOcgGSShYQjzw1fidmHM0TcnxMS3UhUHaRYPsQau3+Lql59FBJgX"
			       "8WGZqbFVTsY8LpvyFetbI6A=\"" },
		{ "cipher_suites", "1" },
		{ "encryption", "\"aes_128_ccm\"" },
		{ "iterations", "3000" },
		{ "extra_crypt", "{\"type\":\"password_shadow\",\"params\":{\"passwd_id\":2}}" },
	};
	struct tpap_refusal why;
	char body[2048] = "{\"error_code\":0,\"result\":{";

	for (size_t i = 0; i < SV_LEN(good); i++) {
		size_t n = strlen(body);
		bool other = key && strcmp(key, good[i][0]) == 0;

		if (!other || value)
			snprintf(body + n, sizeof(body) - n, "\"%s\":%s,", good[i][0],
				 other ? value : good[i][1]);
	}
	memcpy(body + strlen(body) - 1, "}}", 3);
	return tpap_registered_parse(ret, body, strlen(body), &why, NULL);
}

static void test_registered(void **state)
{
	static const char *const bad[][2] = {
		{ "dev_random", NULL },
		{ "dev_random", "\"AAAA\"" },
		{ "dev_random", "\"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8\"" },
		{ "dev_random", "7" },
		{ "dev_salt", NULL },
		{ "dev_salt", "\"\"" },
		{ "dev_salt", "[]" },
		{ "dev_share", NULL },
		{ "dev_share", "\"AA==\"" },
		{ "dev_share",
		  "\"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		  "AAAAAAAAAAAAAAAAAAAAAAA=\"" }, /* not on the curve */
		{ "cipher_suites", NULL },
		{ "cipher_suites", "2" },
		{ "cipher_suites", "[1]" },
		{ "encryption", "\"aes_256_ccm\"" },
		{ "encryption", NULL },
		{ "iterations", NULL },
		{ "iterations", "0" },
		{ "iterations", "-1" },
		{ "iterations", "1000001" },
		{ "iterations", "99999999999999999999999" },
		{ "iterations", "3000.5" },
		{ "iterations", "\"3000\"" },
	};
	struct tpap_registered r, good = registered();

	(void)state;
	assert_int_equal(parse_with(&r, NULL, NULL), 0);
	assert_memory_equal(r.share, good.share, sizeof(r.share));
	assert_memory_equal(r.random, good.random, sizeof(r.random));
	assert_int_equal(r.salt_n, 16);
	assert_int_equal(r.iterations, 3000);
	assert_int_equal(r.crypt, TPAP_SHADOW);
	assert_int_equal(parse_with(&r, "iterations", "1000000"), 0);
	/* the same point, compressed */
	assert_int_equal(
		parse_with(&r, "dev_share", "\"AvEE36yaIvk0LOcgGSShYQjzw1fidmHM0TcnxMS3UhUH\""), 0);
	assert_memory_equal(r.share, good.share, sizeof(r.share));
	for (size_t i = 0; i < SV_LEN(bad); i++)
		if (parse_with(&r, bad[i][0], bad[i][1]) != -EPROTO)
			fail_msg("%s %s", bad[i][0], bad[i][1]);
}

static void test_credential(void **state)
{
	static const struct {
		const char *extra, *credential;
	} rows[] = {
		{ NULL, USER "/" PASSWORD },
		{ "{}", USER "/" PASSWORD },
		{ "null", USER "/" PASSWORD },
		{ "{\"type\":\"password_shadow\",\"params\":{\"passwd_id\":2}}", SHADOW },
		{ "{\"type\":\"password_sha_with_salt\",\"params\":{\"sha_name\":0,"
		  "\"sha_salt\":\"c2FsdA==\"}}",
		  "adminsalt" },
		{ "{\"type\":\"password_sha_with_salt\",\"params\":{\"sha_name\":1,"
		  "\"sha_salt\":\"c2FsdA==\"}}",
		  "usersalt" },
		{ "{\"type\":\"password_sha_with_salt\",\"params\":{\"sha_name\":1}}", NULL },
		{ "{\"type\":\"password_shadow\",\"params\":{\"passwd_id\":1}}", NULL },
		{ "{\"type\":\"password_shadow\",\"params\":{\"passwd_id\":4}}", NULL },
		{ "{\"type\":\"password_shadow\"}", NULL },
		{ "{\"type\":\"password_authkey\",\"params\":{}}", NULL },
		{ "{\"type\":7}", NULL },
		{ "\"password_shadow\"", NULL },
		{ "[]", NULL },
	};
	char credential[TPAP_CREDENTIAL_MAX], longest[TPAP_CREDENTIAL_MAX] = "";
	struct tpap_offer own = { .pake = 1 };
	struct tpap_registered r;
	struct err e;

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		char expected[256] = "";
		uint8_t hash[32];
		int err;

		assert_int_equal(parse_with(&r, "extra_crypt", rows[i].extra), 0);
		err = tpap_credential(credential, &plug, &r, NULL, USER, PASSWORD, &e);
		if (err != (rows[i].credential ? 0 : -ENOTSUP))
			fail_msg("%s", rows[i].extra);
		if (err) {
			assert_null(strstr(e.text, PASSWORD));
			continue;
		}
		snprintf(expected, sizeof(expected), "%s", rows[i].credential);
		if (strstr(rows[i].credential, "salt")) {
			snprintf(expected, sizeof(expected), "%s" PASSWORD, rows[i].credential);
			EVP_Digest(expected, strlen(expected), hash, NULL, EVP_sha256(), NULL);
			for (size_t k = 0; k < sizeof(hash); k++)
				snprintf(expected + 2 * k, 3, "%02x", hash[k]);
		}
		assert_string_equal(credential, expected);
	}
	assert_int_equal(tpap_credential(credential, &own, &r, "aa:bb:cc:dd:ee:ff", "", "", NULL),
			 0);
	assert_string_equal(credential,
			    "F9F270978BAA582014CFC81E2B5966D92923B7F784DD84FD75429E38CC4EEFC9");
	assert_int_equal(tpap_credential(credential, &own, &r, NULL, "", "", NULL), -EINVAL);
	assert_int_equal(tpap_credential(credential, &own, &r, "aa:bb", "", "", NULL), -EINVAL);
	memset(longest, 'p', sizeof(longest) - 2);
	parse_with(&r, "extra_crypt", NULL);
	assert_int_equal(tpap_credential(credential, &plug, &r, NULL, USER, longest, NULL),
			 -ENOSPC);
}

static void test_pake(void **state)
{
	static const char *const no_scalars[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", /* n */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	struct tpap_pake p, q;
	char body[TPAP_BODY_MAX];
	uint8_t nonce[TPAP_RANDOM_LEN] = { 0 };

	(void)state;
	assert_int_equal(pake_of(&p, SHADOW, X, false), 0);
	SAME(p.confirm, 32, "8bd48772134d3b6ad30f1e5f5f44e3064ea6c40fd455115fed89c9c6e0ec710e");
	SAME(p.its_confirm, 32, "d99c6b97a0d4b86faa2e8d223ec1985475367596d1a550027fa9172f2f3be175");
	SAME(p.shared, 32, "a3e225c6d9897cb2fdf11484e507672866d8417d4901d79b83cf2e2e74105dad");
	assert_false(p.two_forms);
	assert_int_equal(pake_of(&q, SHADOW, X, true), 0);
	assert_memory_equal(&p, &q, sizeof(p));
	for (size_t i = 0; i < SV_LEN(no_scalars); i++)
		assert_int_equal(pake_of(&p, SHADOW, no_scalars[i], false), -ERANGE);
	assert_int_equal(pake_of(&p, SHADOW,
				 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
				 false),
			 0);
	/* another password: another answer is expected */
	assert_int_equal(pake_of(&p, PASSWORD, X, false), 0);
	assert_memory_not_equal(p.its_confirm, q.its_confirm, 32);
	assert_true(tpap_share(body, &q, NULL, NULL) > 0);
	assert_string_equal(
		body,
		"{\"method\":\"login\",\"params\":{\"sub_method\":\"pake_share\",\"user_share\":"
		"\"BM6PL4NAZHuAqYmo+hHQgTs7MUJxm6KfKUsjhGNrGb0kIvhZMhaSExZM0oa+rNyw+Y4KPEu2G2SJQpF6"
		"F1SlBY8=\",\"user_confirm\":\"i9SHchNNO2rTDx5fX0TjBk6mxA/UVRFf7YnJxuDscQ4=\"}}");
	assert_true(tpap_share(body, &q, nonce, NULL) > 0);
	assert_non_null(
		strstr(body, ",\"dac_nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}}"));
}

/*
 * Passwords whose w0 begins with zeros: found by trying. The two forms give different keys just for
 * those; where the top bit is set a zero is kept, and they are the same again.
 */
static void test_two_forms(void **state)
{
	unsigned differ = 0, same = 0;

	(void)state;
	for (unsigned i = 0; i < 900 && !(differ && same > 100); i++) {
		struct tpap_registered r = registered();
		uint8_t random[TPAP_RANDOM_LEN], x[BYTES_MAX];
		struct tpap_pake p, q;
		char password[16];

		r.iterations = 1;
		snprintf(password, sizeof(password), "p%u", i);
		our_random(random);
		unhex(X, x);
		assert_int_equal(tpap_pake_make(&p, &r, password, random, x, false, NULL), 0);
		assert_int_equal(tpap_pake_make(&q, &r, password, random, x, true, NULL), 0);
		assert_int_equal(p.two_forms, memcmp(p.shared, q.shared, 32) != 0);
		differ += p.two_forms;
		same += !p.two_forms;
	}
	assert_true(differ && same > 100);
}

static void test_session(void **state)
{
	struct tpap_pake p;
	struct tpap_refusal why;
	struct tpap_session s;
	char body[TPAP_BODY_MAX], path[TPAP_PATH_MAX];
	struct err e;

	(void)state;
	assert_int_equal(pake_of(&p, SHADOW, X, false), 0);
	snprintf(body, sizeof(body),
		 "{\"error_code\":0,\"result\":{\"dev_confirm\":\"%s\",\"stok\":\"abc123\","
		 "\"start_seq\":4294967294}}",
		 base64(p.its_confirm, 32));
	assert_int_equal(tpap_session_make(&s, &p, body, strlen(body), &why, NULL), 0);
	SAME(s.key, 16, "003038ca463cf386d4f2c1fdf455c2b8");
	SAME(s.nonce, 12, "3062e8f6ab936eb044e33903");
	assert_int_equal(s.seq, UINT32_MAX - 1);
	tpap_path(&s, path);
	assert_string_equal(path, "/stok=abc123/ds");
	p.its_confirm[31] ^= 1;
	assert_int_equal(tpap_session_make(&s, &p, body, strlen(body), &why, &e), -EACCES);
	p.its_confirm[31] ^= 1;
	static const char *const bad[] = {
		"\"stok\":\"a/../b\",\"start_seq\":1",
		"\"stok\":\"\",\"start_seq\":1",
		"\"stok\":1,\"start_seq\":1",
		"\"start_seq\":1",
		"\"stok\":\"a\"",
		"\"stok\":\"a\",\"start_seq\":-1",
		"\"stok\":\"a\",\"start_seq\":4294967296",
		"\"stok\":\"a\",\"start_seq\":\"1\"",
	};
	for (size_t i = 0; i < SV_LEN(bad); i++) {
		snprintf(body, sizeof(body),
			 "{\"error_code\":0,\"result\":{\"dev_confirm\":\"%s\",%s}}",
			 base64(p.its_confirm, 32), bad[i]);
		if (tpap_session_make(&s, &p, body, strlen(body), &why, &e) != -EPROTO)
			fail_msg("%s", bad[i]);
	}
	snprintf(body, sizeof(body),
		 "{\"error_code\":0,\"result\":{\"dev_confirm\":\"%s\","
		 "\"sessionId\":\"id\",\"start_seq\":7}}",
		 base64(p.its_confirm, 32));
	assert_int_equal(tpap_session_make(&s, &p, body, strlen(body), &why, NULL), 0);
	assert_string_equal(s.stok, "id");
	snprintf(body, sizeof(body), "{\"error_code\":0,\"result\":{\"dev_confirm\":\"AAAA\"}}");
	assert_int_equal(tpap_session_make(&s, &p, body, strlen(body), &why, &e), -EPROTO);
	static const char refused[] = "{\"error_code\":-2203,\"error_info\":{\"failedAttempts\":3,"
				      "\"remainAttempts\":7}}";
	assert_int_equal(tpap_session_make(&s, &p, refused, sizeof(refused) - 1, &why, &e),
			 -EREMOTEIO);
	assert_int_equal(why.code, -2203);
	assert_int_equal(why.failed, 3);
	assert_int_equal(why.remain, 7);
	assert_int_equal(tapo_error_find(why.code)->class, TAPO_DOUBT);
}

static struct tpap_session running(void)
{
	struct tpap_session s = { .seq = 1000, .stok = "a" };
	uint8_t bytes[BYTES_MAX];

	memcpy(s.key, bytes, unhex("003038ca463cf386d4f2c1fdf455c2b8", bytes));
	memcpy(s.nonce, bytes, unhex("3062e8f6ab936eb044e33903", bytes));
	return s;
}

static void test_sealed(void **state)
{
	static const char json[] = "{\"method\":\"get_device_info\"}";
	struct tpap_session s = running();
	struct tpap_refusal why;
	uint8_t body[512];
	char text[512];
	uint32_t seq = 0;
	struct err e;
	int n = tpap_seal(&s, json, strlen(json), body, sizeof(body), NULL);

	(void)state;
	SAME(body, (size_t)n,
	     "000003e87e34e8fe85da3baa36a4ed1a18bda529a7288ff986271ec8a2622475404733f715542b480319"
	     "a76418bddba7");
	assert_int_equal(s.seq, 1001);
	assert_int_equal(tpap_open(&s, body, (size_t)n, text, (size_t)n, &seq, &why, NULL),
			 (int)strlen(json));
	assert_string_equal(text, json);
	assert_int_equal(seq, 1000);
	assert_int_equal(tpap_open(&s, body, (size_t)n, text, strlen(json), &seq, &why, &e),
			 -ENOSPC);
	for (int bit = 0; bit < 8 * n; bit++) {
		body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(tpap_open(&s, body, (size_t)n, text, sizeof(text), &seq, &why, &e),
				 -EBADMSG);
		body[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (int len = 0; len < n; len++)
		assert_int_equal(
			tpap_open(&s, body, (size_t)len, text, sizeof(text), &seq, &why, &e),
			-EBADMSG);
	assert_int_equal(tpap_open(&s, body, SIZE_MAX, text, SIZE_MAX, &seq, &why, &e), -ENOSPC);
	s.seq = UINT32_MAX - 1;
	assert_true(tpap_seal(&s, json, strlen(json), body, sizeof(body), NULL) > 0);
	assert_int_equal(tpap_seal(&s, json, strlen(json), body, sizeof(body), &e), -EOVERFLOW);
	s.seq = 0;
	assert_int_equal(tpap_seal(&s, json, 10, body, 29, &e), -ENOSPC);
	assert_int_equal(tpap_seal(&s, json, SIZE_MAX, body, sizeof(body), &e), -ENOSPC);
}

static void test_plain_refusal(void **state)
{
	static const struct {
		const char *body;
		int r;
		int32_t code;
	} rows[] = {
		{ "{\"error_code\":-2402}", -EREMOTEIO, -2402 },
		{ "{\"error_code\":-2203,\"result\":{\"error_info\":{\"failedAttempts\":1}}}",
		  -EREMOTEIO, -2203 },
		{ "{\"error_code\":-40401,\"result\":{}}", -EREMOTEIO, -40401 },
		{ "{\"error_code\":0,\"result\":{}}    ", -EBADMSG, 0 },
		{ "{\"code\":-2402,\"result\":{}}", -EBADMSG, 0 },
		{ "{\"error_code\":-2402,\"result\":{}", -EBADMSG, 0 },
		{ "", -EBADMSG, 0 },
	};
	struct tpap_session s = running();

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct tpap_refusal why;
		char text[256];
		uint32_t seq = 7;

		if (tpap_open(&s, (const uint8_t *)rows[i].body, strlen(rows[i].body), text,
			      sizeof(text), &seq, &why, NULL) != rows[i].r)
			fail_msg("%s", rows[i].body);
		assert_int_equal(why.code, rows[i].code);
		assert_int_equal(seq, 7);
		if (rows[i].r == -EREMOTEIO)
			assert_int_equal(tapo_error_find(why.code)->in_session, TAPO_SESSION);
	}
}

static void check_session(const json_t *o, const struct tpap_pake *p)
{
	const char *plain = text_of(o, "request_plain");
	struct tpap_session s, device;
	struct tpap_refusal why;
	uint8_t body[BYTES_MAX];
	char text[BYTES_MAX];
	uint32_t seq = 0;
	size_t n;

	snprintf(text, sizeof(text),
		 "{\"error_code\":0,\"result\":{\"dev_confirm\":\"%s\",\"stok\":\"a\","
		 "\"start_seq\":%d}}",
		 text_of(o, "dev_confirm_b64"),
		 (int)json_integer_value(json_object_get(o, "start_seq")));
	assert_int_equal(tpap_session_make(&s, p, text, strlen(text), &why, NULL), 0);
	device = s;
	SAME(s.key, 16, text_of(o, "session_key"));
	SAME(s.nonce, 12, text_of(o, "base_nonce"));
	n = (size_t)tpap_seal(&s, plain, strlen(plain), body, sizeof(body), NULL);
	SAME(body, n, text_of(o, "request_body"));
	assert_true(tpap_open(&device, body, n, text, sizeof(text), &seq, &why, NULL) > 0);
	assert_string_equal(text, plain);
	n = unhex(text_of(o, "response_body"), body);
	assert_true(tpap_open(&s, body, n, text, sizeof(text), &seq, &why, NULL) > 0);
	assert_string_equal(text, text_of(o, "response_plain"));
	n = (size_t)tpap_seal(&device, text, strlen(text), body, sizeof(body), NULL);
	SAME(body, n, text_of(o, "response_body"));
}

static void test_vectors(void **state)
{
	json_auto_t *o = shared_json("vectors/tpap.json");
	uint8_t x[BYTES_MAX], random[BYTES_MAX];
	char credential[TPAP_CREDENTIAL_MAX], body[TPAP_BODY_MAX], share[128];
	struct tpap_offer own = { .pake = 1 };
	struct tpap_registered r;
	struct tpap_pake p;

	(void)state;
	if (!o)
		skip();
	snprintf(share, sizeof(share), "\"%s\"", text_of(o, "dev_share_b64"));
	assert_int_equal(parse_with(&r, "dev_share", share), 0);
	SAME(r.share, sizeof(r.share), text_of(o, "dev_share"));
	SAME(r.salt, r.salt_n, text_of(o, "dev_salt"));
	SAME(r.random, sizeof(r.random), text_of(o, "dev_random"));
	snprintf(share, sizeof(share), "\"%s\"",
		 base64(x, unhex(text_of(o, "dev_share_compressed"), x)));
	assert_int_equal(parse_with(&r, "dev_share", share), 0);
	SAME(r.share, sizeof(r.share), text_of(o, "dev_share"));
	unhex(text_of(o, "user_random"), random);
	for (int hash = 0; hash <= 1; hash++) {
		struct tpap_offer offer = { .pake = 4, .user_hash_type = hash };

		assert_true(tpap_register(body, &offer, random, NULL) > 0);
		assert_non_null(strstr(body, text_of(o, "user_random_b64")));
		assert_non_null(strstr(body, text_of(o, hash ? "register_username_sha256_upper"
							     : "register_username_md5_admin")));
	}
	assert_int_equal(tpap_credential(credential, &own, &r, text_of(o, "default_passcode_mac"),
					 "", "", NULL),
			 0);
	assert_string_equal(credential, text_of(o, "default_passcode"));
	assert_int_equal(tpap_credential(credential, &plug, &r, NULL, text_of(o, "username"),
					 text_of(o, "password"), NULL),
			 0);
	assert_string_equal(credential, text_of(o, "credential"));
	unhex(text_of(o, "x"), x);
	assert_int_equal(tpap_pake_make(&p, &r, credential, random, x, false, NULL), 0);
	SAME(p.share, sizeof(p.share), text_of(o, "user_share"));
	SAME(p.confirm, 32, text_of(o, "user_confirm"));
	SAME(p.its_confirm, 32, text_of(o, "dev_confirm"));
	SAME(p.shared, 32, text_of(o, "shared_key"));
	assert_true(tpap_share(body, &p, NULL, NULL) > 0);
	assert_non_null(strstr(body, text_of(o, "user_share_b64")));
	assert_non_null(strstr(body, text_of(o, "user_confirm_b64")));
	check_session(o, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discover),      cmocka_unit_test(test_register),
		cmocka_unit_test(test_registered),    cmocka_unit_test(test_credential),
		cmocka_unit_test(test_pake),	      cmocka_unit_test(test_two_forms),
		cmocka_unit_test(test_session),	      cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_plain_refusal), cmocka_unit_test(test_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
