/* Any bytes as each of TPAP's answers; what is sealed opens. */
#include "proto/tpap.h"

#include <assert.h>
#include <string.h>

#define ROOM 66000

static void as_login(const char *text, size_t size)
{
	struct tpap_offer o;
	struct tpap_registered r;
	struct tpap_refusal why;
	struct tpap_session s;
	const struct tpap_pake p = { .its_confirm = { 0 } };
	char mac[13], body[TPAP_BODY_MAX], credential[TPAP_CREDENTIAL_MAX];
	int32_t code;

	if (tpap_discovered(&o, mac, text, size, &code, NULL) >= 0) {
		assert(o.port >= 1 && o.port <= 65535 && (!mac[0] || strlen(mac) == 12));
		(void)tpap_register(body, &o, (const uint8_t[TPAP_RANDOM_LEN]){ 0 }, NULL);
	}
	if (tpap_registered_parse(&r, text, size, &why, NULL) == 0) {
		assert(r.iterations >= 1 && r.iterations <= TPAP_ITERATIONS_MAX);
		assert(r.share[0] == 4 && r.salt_n > 0 && r.salt_n <= TPAP_SALT_MAX);
		tpap_offer_read(&o, NULL);
		(void)tpap_credential(credential, &o, &r, "aabbccddeeff", "user", "secret", NULL);
	}
	if (tpap_session_make(&s, &p, text, size, &why, NULL) == 0)
		assert(s.stok[0] && !strpbrk(s.stok, "/?# \r\n"));
}

static void as_sealed(const uint8_t *data, size_t size)
{
	static char text[ROOM];
	static uint8_t sealed[ROOM];
	struct tpap_session s = { .key = "key", .nonce = "nonce", .seq = 7 };
	struct tpap_refusal why;
	uint32_t seq = 0;
	int r = tpap_open(&s, data, size, text, sizeof(text), &seq, &why, NULL);

	assert(r < 0 || ((size_t)r + 20 == size && text[r] == 0));
	if (size == 0 || TPAP_SEALED(size) > 60000)
		return;
	r = tpap_seal(&s, (const char *)data, size, sealed, TPAP_SEALED(size), NULL);
	assert(r == (int)TPAP_SEALED(size));
	r = tpap_open(&s, sealed, (size_t)r, text, sizeof(text), &seq, &why, NULL);
	assert(r == (int)size && seq == 7 && memcmp(text, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_login((const char *)data, size);
	as_sealed(data, size);
	return 0;
}
