/*
 * KLAP against the values other clients get: the ones drawn in klap.h here, all of
 * vectors/klap.json where it lies beside the project; the device's half of the exchange stands in
 * this file.
 */
#include "proto/klap.h"
#include "svitlo/util.h"
#include "tapo_shared.h"

#include <errno.h>
#include <openssl/evp.h>

#define USER	 "user@example.com"
#define PASSWORD "Tapo-Test_2026"
#define OURS	 "00112233445566778899aabbccddeeff"
#define ITS	 "00eeddccbbaa99887766554433221100"

static const uint8_t ours[KLAP_SEED_LEN] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					     0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

/* ---- the device's half ---- */

/* The answer to handshake 1 of a plug that keeps this auth. */
static void device_hello(uint8_t ret[KLAP_HANDSHAKE1_LEN], const struct klap_auth *a,
			 const uint8_t its[KLAP_SEED_LEN])
{
	uint8_t text[2 * KLAP_SEED_LEN + KLAP_HASH_LEN];
	size_t n = KLAP_SEED_LEN;

	memcpy(text, ours, KLAP_SEED_LEN);
	if (a->version == KLAP_V2) {
		memcpy(text + n, its, KLAP_SEED_LEN);
		n += KLAP_SEED_LEN;
	}
	memcpy(text + n, a->hash, a->n);
	memcpy(ret, its, KLAP_SEED_LEN);
	assert_int_equal(EVP_Digest(text, n + a->n, ret + KLAP_SEED_LEN, NULL, EVP_sha256(), NULL),
			 1);
}

/* An answer is sealed as a request of the same number is. */
static size_t device_answer(const struct klap_session *s, const char *json, uint8_t *ret,
			    size_t room)
{
	struct klap_session device = *s;
	int n;

	device.seq--;
	n = klap_seal(&device, json, strlen(json), ret, room, NULL);
	assert_true(n > 0);
	assert_int_equal(device.seq, s->seq);
	return (size_t)n;
}

static struct klap_auth auth_of(enum klap_version v)
{
	struct klap_auth a;

	assert_int_equal(klap_auth_make(&a, v, USER, PASSWORD, NULL), 0);
	return a;
}

static struct klap_session session_of(enum klap_version v, const char *its_hex)
{
	uint8_t its[BYTES_MAX];
	struct klap_auth a = auth_of(v);
	struct klap_session s;

	unhex(its_hex, its);
	assert_int_equal(klap_session_make(&s, &a, ours, its, NULL), 0);
	return s;
}

/* ---- tests ---- */

static void test_known(void **state)
{
	static const char json[] = "{\"method\":\"get_device_info\"}";
	struct klap_auth a = auth_of(KLAP_V2), old = auth_of(KLAP_V1);
	struct klap_session s = session_of(KLAP_V2, ITS);
	uint8_t body[256], its[BYTES_MAX], hash[KLAP_HASH_LEN];
	char path[KLAP_PATH_MAX];
	int n;

	(void)state;
	SAME(a.hash, a.n, "94d599e8a5b4a69242d3846c6bc3fba8fd0294e04ff29fe5537b0d937faed397");
	SAME(old.hash, old.n, "b578eb6ac19c4112bdeaccda45a862d8");
	unhex(ITS, its);
	assert_int_equal(klap_handshake2(hash, &a, ours, its, NULL), 0);
	SAME(hash, sizeof(hash),
	     "05bb3167bef68237609944258e76c3a42d194eb1b835f373c57ac8918538ea1e");
	SAME(s.key, sizeof(s.key), "5c17bf53eb3254f756124a413660a250");
	SAME(s.iv, sizeof(s.iv), "ef26cd8e9fb090b5454e060a");
	SAME(s.sig, sizeof(s.sig), "cb9fe4a2706e0df7c16fccb2b943a19158825b999b5ad49ec774f54e");
	assert_int_equal(s.seq, 1217406058);
	n = klap_seal(&s, json, strlen(json), body, sizeof(body), NULL);
	assert_int_equal(n, KLAP_BODY(sizeof(json) - 1));
	SAME(body, (size_t)n,
	     "b04f0387b0c5b96e710f293f21a606d20b5a5f2dfd8825005a306adf5d6ffc5f"
	     "14e4c3a6f8fd31bfde23363a93c439a0062ffa29209967624ca5c7cff83487c1");
	klap_path(&s, path);
	assert_string_equal(path, "/app/request?seq=1217406059");
	s = session_of(KLAP_V2, "01eeddccbbaa99887766554433221100");
	assert_int_equal(s.seq, -876809881);
	assert_true(klap_seal(&s, json, strlen(json), body, sizeof(body), NULL) > 0);
	klap_path(&s, path);
	assert_string_equal(path, "/app/request?seq=-876809880");
	SAME(body, 64,
	     "4465b94f98446cabb009dd56c32473967a5cf4c8684988b280b906bfa45e6d4f"
	     "35af7d19a40bd077542d2d6fd62cb8770ec838cc5bc595992e1eed863f86b55e");
}

static void test_candidates(void **state)
{
	struct klap_auth c[KLAP_CANDIDATES_MAX];
	uint8_t answer[KLAP_HANDSHAKE1_LEN] = { 0 };
	struct err e;
	int n = klap_candidates(c, USER, PASSWORD, true, NULL);

	(void)state;
	assert_int_equal(n, KLAP_CANDIDATES_MAX);
	for (int i = 0; i < n; i++) {
		assert_int_equal(c[i].who, i / 2);
		assert_int_equal(c[i].version, i % 2 ? KLAP_V1 : KLAP_V2);
		device_hello(answer, &c[i], ours);
		assert_int_equal(klap_check(c, (size_t)n, ours, answer, sizeof(answer), NULL), i);
	}
	n = klap_candidates(c, NULL, NULL, false, NULL);
	assert_int_equal(n, 3);
	assert_int_equal(c[0].who, KLAP_KASA);
	assert_int_equal(c[2].who, KLAP_BLANK);
	SAME(c[1].hash, c[1].n, "7d5ae9ac18f5bb37843a4577867dd4348d8dff26c4b261ebff1b74d88adc063b");
	/* the user is not among them */
	struct klap_auth a = auth_of(KLAP_V2);

	device_hello(answer, &a, ours);
	assert_int_equal(klap_check(c, (size_t)n, ours, answer, sizeof(answer), &e), -EACCES);
	assert_null(strstr(e.text, USER));
	for (size_t len = 0; len < sizeof(answer); len++)
		assert_int_equal(klap_check(c, (size_t)n, ours, answer, len, &e), -EPROTO);
	assert_int_equal(klap_check(c, (size_t)n, ours, answer, 49, &e), -EPROTO);
	for (unsigned bit = 8 * KLAP_SEED_LEN; bit < 8 * sizeof(answer); bit++) {
		answer[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(klap_check(&a, 1, ours, answer, sizeof(answer), NULL), -EACCES);
		answer[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_exchange(void **state)
{
	static const char json[] = "{\"error_code\":0,\"result\":{}}";
	struct klap_session s = session_of(KLAP_V2, ITS);
	uint8_t body[1024];
	char text[1024];
	struct err e;
	size_t n;

	(void)state;
	for (size_t len = 0; len < 200; len++) {
		char filled[201] = "";

		memset(filled, 'x', len);
		n = device_answer(&s, filled, body, sizeof(body));
		assert_int_equal(n, KLAP_BODY(len));
		assert_int_equal(klap_open(&s, body, n, text, n - KLAP_HASH_LEN, NULL), (int)len);
		assert_string_equal(text, filled);
	}
	n = device_answer(&s, json, body, sizeof(body));
	/* any bit of the mac or of what it signs */
	for (size_t i = 0; i < n; i++) {
		body[i] ^= 0x10;
		assert_int_equal(klap_open(&s, body, n, text, sizeof(text), &e), -EBADMSG);
		body[i] ^= 0x10;
	}
	s.seq++; /* an answer to the request before */
	assert_int_equal(klap_open(&s, body, n, text, sizeof(text), &e), -EBADMSG);
	s.seq--;
	assert_int_equal(klap_open(&s, body, n, text, sizeof(text), NULL), (int)strlen(json));
	assert_int_equal(klap_open(&s, body, n, text, n - KLAP_HASH_LEN - 1, &e), -ENOSPC);
	for (size_t len = 0; len < n; len++)
		if (len < KLAP_HASH_LEN + 16 || len % 16)
			assert_int_equal(klap_open(&s, body, len, text, sizeof(text), &e),
					 -EBADMSG);
	assert_int_equal(klap_open(&s, body, SIZE_MAX, text, sizeof(text), &e), -EBADMSG);
	s.key[0] ^= 1; /* signed, but of another key: the padding */
	memset(text, 0, sizeof(text));
	assert_int_equal(klap_open(&s, body, n, text, sizeof(text), &e), -EBADMSG);
	for (size_t i = 0; i < n - KLAP_HASH_LEN; i++)
		assert_int_equal(text[i], 0);
}

static void test_numbers(void **state)
{
	struct klap_session s = session_of(KLAP_V2, ITS);
	uint8_t body[64];
	struct err e;

	(void)state;
	s.seq = INT32_MAX - 2;
	assert_int_equal(klap_seal(&s, "{}", 2, body, sizeof(body), NULL), 48);
	assert_int_equal(s.seq, INT32_MAX - 1);
	assert_int_equal(klap_seal(&s, "{}", 2, body, sizeof(body), &e), -EOVERFLOW);
	assert_int_equal(s.seq, INT32_MAX - 1);
	s.seq = INT32_MIN;
	assert_int_equal(klap_seal(&s, "{}", 2, body, 47, &e), -ENOSPC);
	assert_int_equal(klap_seal(&s, "{}", 2, body, 48, NULL), 48);
	assert_int_equal(s.seq, INT32_MIN + 1);
	assert_int_equal(klap_seal(&s, "", SIZE_MAX, body, sizeof(body), &e), -ENOSPC);
}

static void test_cookie(void **state)
{
	static const struct {
		const char *header;
		int r;
		const char *name, *value;
		int timeout;
	} rows[] = {
		{ "TP_SESSIONID=0A1B;TIMEOUT=86400", 0, "TP_SESSIONID", "0A1B", 86400 },
		{ "TP_SESSIONID=0A1B;TIMEOUT=1440\r\n", 0, "TP_SESSIONID", "0A1B", 1440 },
		{ " SESSIONID=ff ; Path=/ ", 0, "SESSIONID", "ff", 86400 },
		{ "TIMEOUT=60;TP_SESSIONID=0A1B", 0, "TP_SESSIONID", "0A1B", 60 },
		{ "", -EPROTO, "", "", 0 },
		{ ";;;", -EPROTO, "", "", 0 },
		{ "TIMEOUT=60", -EPROTO, "", "", 0 },
		{ "tp_sessionid=0A1B", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=0A 1B", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=0A\r\nX:1B", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=0A;TP_SESSIONID=0B", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=0A;TIMEOUT=0", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=0A;TIMEOUT=-1", -EPROTO, "", "", 0 },
		{ "TP_SESSIONID=0A;TIMEOUT=1234567890", -EPROTO, "", "", 0 },
		{ "XTP_SESSIONID=0A", -EPROTO, "", "", 0 },
	};
	struct klap_cookie c;
	char longest[200] = "SESSIONID=";

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		if (klap_cookie_parse(&c, rows[i].header, strlen(rows[i].header), NULL) !=
		    rows[i].r)
			fail_msg("%s", rows[i].header);
		if (rows[i].r)
			continue;
		assert_string_equal(c.name, rows[i].name);
		assert_string_equal(c.value, rows[i].value);
		assert_int_equal(c.timeout_s, rows[i].timeout);
	}
	memset(longest + 10, 'a', 128);
	assert_int_equal(klap_cookie_parse(&c, longest, strlen(longest), NULL), 0);
	assert_int_equal(strlen(c.value), 128);
	longest[138] = 'a';
	assert_int_equal(klap_cookie_parse(&c, longest, strlen(longest), NULL), -EPROTO);
}

/* ---- the values of other clients ---- */

static void check_requests(struct klap_session *s, const json_t *requests)
{
	for (size_t i = 0; i < json_array_size(requests); i++) {
		const json_t *o = json_array_get(requests, i);
		const char *plain = text_of(o, "request_plaintext");
		uint8_t body[BYTES_MAX], answer[BYTES_MAX];
		char text[BYTES_MAX], path[KLAP_PATH_MAX];
		int n = klap_seal(s, plain, strlen(plain), body, sizeof(body), NULL);

		SAME(body, (size_t)n, text_of(o, "request_body"));
		klap_path(s, path);
		assert_string_equal(path, text_of(o, "url"));
		assert_int_equal(s->seq, json_integer_value(json_object_get(o, "seq")));
		assert_int_equal(klap_open(s, body, (size_t)n, text, sizeof(text), NULL),
				 (int)strlen(plain));
		assert_string_equal(text, plain);
		n = (int)unhex(text_of(o, "response_body"), answer);
		assert_true(klap_open(s, answer, (size_t)n, text, sizeof(text), NULL) > 0);
		assert_string_equal(text, text_of(o, "response_plaintext"));
		n = (int)device_answer(s, text, body, sizeof(body));
		SAME(body, (size_t)n, text_of(o, "response_body"));
	}
}

static void check_session(const json_t *o, enum klap_version version)
{
	struct klap_auth a;
	uint8_t seed[BYTES_MAX], answer[BYTES_MAX], device[KLAP_HANDSHAKE1_LEN],
		hash[KLAP_HASH_LEN];
	size_t n = unhex(text_of(o, "handshake1_response"), answer);
	struct klap_session s;

	unhex(text_of(o, "local_seed"), seed);
	assert_int_equal(
		klap_auth_make(&a, version, text_of(o, "username"), text_of(o, "password"), NULL),
		0);
	SAME(a.hash, a.n, text_of(o, "auth_hash"));
	assert_int_equal(klap_check(&a, 1, seed, answer, n, NULL), 0);
	device_hello(device, &a, answer);
	assert_memory_equal(device, answer, sizeof(device));
	assert_int_equal(klap_handshake2(hash, &a, seed, answer, NULL), 0);
	SAME(hash, sizeof(hash), text_of(o, "handshake2_request"));
	assert_int_equal(klap_session_make(&s, &a, seed, answer, NULL), 0);
	SAME(s.key, sizeof(s.key), text_of(o, "key"));
	SAME(s.iv, sizeof(s.iv), text_of(o, "iv12"));
	SAME(s.sig, sizeof(s.sig), text_of(o, "sig28"));
	assert_int_equal(s.seq, json_integer_value(json_object_get(o, "initial_seq")));
	check_requests(&s, json_object_get(o, "requests"));
}

static void check_defaults(const json_t *o)
{
	static const char *const names[] = { "KASA", "TAPO", "blank" };
	struct klap_auth c[KLAP_CANDIDATES_MAX];

	assert_int_equal(klap_candidates(c, NULL, NULL, true, NULL), 2 * SV_LEN(names));
	for (size_t i = 0; i < SV_LEN(names); i++) {
		const json_t *pair = json_object_get(o, names[i]);

		SAME(c[2 * i].hash, c[2 * i].n, text_of(pair, "v2_auth_hash"));
		SAME(c[2 * i + 1].hash, c[2 * i + 1].n, text_of(pair, "v1_auth_hash"));
	}
}

static void test_vectors(void **state)
{
	json_auto_t *root = shared_json("vectors/klap.json");
	const json_t *other;
	struct klap_auth a;

	(void)state;
	if (!root)
		skip();
	check_session(json_object_get(root, "klap_v2_positive_seq"), KLAP_V2);
	check_session(json_object_get(root, "klap_v2_negative_seq"), KLAP_V2);
	check_session(json_object_get(root, "klap_v1"), KLAP_V1);
	check_defaults(json_object_get(root, "default_credentials"));
	other = json_object_get(root, "non_ascii");
	assert_int_equal(klap_auth_make(&a, KLAP_V2, text_of(other, "username"),
					text_of(other, "password"), NULL),
			 0);
	SAME(a.hash, a.n, text_of(other, "v2_auth_hash"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),	 cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_exchange), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_cookie),	 cmocka_unit_test(test_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
