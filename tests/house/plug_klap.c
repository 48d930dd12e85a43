/*
 * See plug_klap.h.
 */
#include "plug_klap.h"

#include <openssl/crypto.h>
#include <string.h>

#define BLOCK 16

static size_t auth_bytes(const struct klap *k)
{
	return k->v1 ? MD5_BYTES : SHA256_BYTES;
}

void klap_auth(struct klap *k, bool v1, const char *account, const char *password)
{
	enum plug_digest inner = v1 ? PLUG_MD5 : PLUG_SHA1;
	size_t n = v1 ? MD5_BYTES : SHA1_BYTES;
	uint8_t u[SHA1_BYTES], p[SHA1_BYTES];

	k->v1 = v1;
	plug_digest(inner, (struct bytes[]){ TEXT(account), { 0 } }, u);
	plug_digest(inner, (struct bytes[]){ TEXT(password), { 0 } }, p);
	plug_digest(v1 ? PLUG_MD5 : PLUG_SHA256,
		    (struct bytes[]){ BYTES(u, n), BYTES(p, n), { 0 } }, k->auth);
}

static void prove(const struct klap *k, const uint8_t *mine, const uint8_t *yours,
		  uint8_t ret[static SHA256_BYTES])
{
	const struct bytes v1[] = { BYTES(mine, KLAP_SEED_BYTES),
				    BYTES(k->auth, MD5_BYTES),
				    { 0 } };
	const struct bytes v2[] = { BYTES(mine, KLAP_SEED_BYTES),
				    BYTES(yours, KLAP_SEED_BYTES),
				    BYTES(k->auth, SHA256_BYTES),
				    { 0 } };

	plug_digest(PLUG_SHA256, k->v1 ? v1 : v2, ret);
}

void klap_prove(const struct klap *k, uint8_t ret[static SHA256_BYTES])
{
	prove(k, k->local, k->remote, ret);
}

bool klap_believes(const struct klap *k, const uint8_t proof[static SHA256_BYTES])
{
	uint8_t want[SHA256_BYTES];

	prove(k, k->remote, k->local, want);
	return CRYPTO_memcmp(want, proof, sizeof(want)) == 0;
}

static void derive(const struct klap *k, const char *label, uint8_t ret[static SHA256_BYTES])
{
	plug_digest(PLUG_SHA256,
		    (struct bytes[]){ TEXT(label),
				      BYTES(k->local, KLAP_SEED_BYTES),
				      BYTES(k->remote, KLAP_SEED_BYTES),
				      BYTES(k->auth, auth_bytes(k)),
				      { 0 } },
		    ret);
}

void klap_derive(struct klap *k)
{
	uint8_t h[SHA256_BYTES];

	derive(k, "lsk", h);
	memcpy(k->key, h, sizeof(k->key));
	derive(k, "ldk", h);
	memcpy(k->sig, h, sizeof(k->sig));
	derive(k, "iv", h);
	memcpy(k->iv, h, sizeof(k->iv));
	k->seq = (int32_t)((uint32_t)h[28] << 24 | (uint32_t)h[29] << 16 | (uint32_t)h[30] << 8 |
			   h[31]);
}

static void be32(int32_t seq, uint8_t ret[static 4])
{
	uint32_t v = (uint32_t)seq;

	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void make_iv(const struct klap *k, int32_t seq, uint8_t ret[static AES_BYTES])
{
	memcpy(ret, k->iv, sizeof(k->iv));
	be32(seq, ret + sizeof(k->iv));
}

static void sign(const struct klap *k, int32_t seq, struct bytes ct,
		 uint8_t ret[static SHA256_BYTES])
{
	uint8_t number[4];

	be32(seq, number);
	plug_digest(PLUG_SHA256,
		    (struct bytes[]){ BYTES(k->sig, sizeof(k->sig)), BYTES(number, 4), ct, { 0 } },
		    ret);
}

enum klap_error klap_open(struct klap *k, int32_t seq, struct bytes body, char *ret, size_t *ret_n)
{
	const uint8_t *p = body.p;
	struct bytes ct = BYTES(p + SHA256_BYTES, body.n - SHA256_BYTES);
	uint8_t mac[SHA256_BYTES], iv[AES_BYTES];

	if (body.n < SHA256_BYTES + BLOCK || ct.n % BLOCK)
		return KLAP_LENGTH;
	if (seq <= k->seq)
		return KLAP_SEQ;
	sign(k, seq, ct, mac);
	if (CRYPTO_memcmp(mac, p, sizeof(mac)) != 0)
		return KLAP_MAC;
	make_iv(k, seq, iv);
	if (!plug_cbc_open(k->key, iv, ct, (uint8_t *)ret, ret_n))
		return KLAP_PADDING;
	ret[*ret_n] = '\0';
	k->seq = seq;
	return KLAP_OK;
}

size_t klap_seal(const struct klap *k, struct bytes plain, bool spoil, uint8_t *ret)
{
	uint8_t iv[AES_BYTES];
	size_t n = 0;

	make_iv(k, k->seq, iv);
	/* Whole blocks of text end with a character, which is no padding. */
	if (spoil)
		plain.n -= plain.n % BLOCK;
	plug_cbc_seal(k->key, iv, plain, !spoil, ret + SHA256_BYTES, &n);
	sign(k, k->seq, BYTES(ret + SHA256_BYTES, n), ret);
	return SHA256_BYTES + n;
}
