/* Any bytes as an answer to KLAP's handshake, as a sealed answer, as a cookie; what is sealed
 * opens. */
#include "proto/klap.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const uint8_t seed[KLAP_SEED_LEN] = "0123456789abcde";

static void as_hello(const uint8_t *data, size_t size)
{
	struct klap_auth c[KLAP_CANDIDATES_MAX];
	int n = klap_candidates(c, "user@example.com", "secret", true, NULL);
	int r = klap_check(c, (size_t)n, seed, data, size, NULL);

	assert(r < n && (r >= 0 || r == -EACCES || r == -EPROTO));
}

static void as_answer(const uint8_t *data, size_t size)
{
	static char text[KLAP_BODY_MAX];
	static uint8_t sealed[KLAP_BODY_MAX];
	struct klap_session s = { .key = "key", .iv = "iv", .sig = "sig", .seq = -2 };
	int r = klap_open(&s, data, size, text, sizeof(text), NULL);

	assert(r < 0 || ((size_t)r + KLAP_HASH_LEN < size && text[r] == 0));
	if (KLAP_BODY(size) > sizeof(sealed))
		return;
	r = klap_seal(&s, (const char *)data, size, sealed, KLAP_BODY(size), NULL);
	assert(r == (int)KLAP_BODY(size));
	r = klap_open(&s, sealed, (size_t)r, text, sizeof(text), NULL);
	assert(r == (int)size && memcmp(text, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct klap_cookie c;

	as_hello(data, size);
	as_answer(data, size);
	if (klap_cookie_parse(&c, (const char *)data, size, NULL) == 0)
		assert(c.name[0] && c.value[0] && strlen(c.value) < sizeof(c.value) &&
		       !strpbrk(c.value, ";= \r\n") && c.timeout_s > 0);
	return 0;
}
