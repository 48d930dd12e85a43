/*
 * KLAP, the plug's side. Hashes of the account; what the two sides prove to each other:
 *
 *                  v1                          v2
 *     auth         MD5(MD5(u) MD5(p))          SHA256(SHA1(u) SHA1(p))
 *     server       SHA256(local auth)          SHA256(local remote auth)
 *     client       SHA256(remote auth)         SHA256(remote local auth)
 *
 * and then, with S = local remote auth:
 *
 *     key  SHA256("lsk" S)[0..15]      iv   SHA256("iv" S)[0..11] be32(seq)
 *     sig  SHA256("ldk" S)[0..27]      seq  SHA256("iv" S)[28..31], signed, the first is one more
 *
 *     body: SHA256(sig be32(seq) ct) ct       ct: AES-128-CBC
 */
#ifndef HOUSE_PLUG_KLAP_H
#define HOUSE_PLUG_KLAP_H

#include "plug_crypto.h"

#define KLAP_SEED_BYTES 16
#define KLAP_AUTH_MAX	32
#define KLAP_SIG_BYTES	28
#define KLAP_IV_BYTES	12

struct klap {
	bool v1;
	uint8_t auth[KLAP_AUTH_MAX];
	uint8_t local[KLAP_SEED_BYTES], remote[KLAP_SEED_BYTES];
	uint8_t key[AES_BYTES], iv[KLAP_IV_BYTES], sig[KLAP_SIG_BYTES];
	int32_t seq; /* of the last request */
};

void klap_auth(struct klap *k, bool v1, const char *account, const char *password);
/* k->auth, local and remote are there. */
void klap_prove(const struct klap *k, uint8_t ret[static SHA256_BYTES]);
bool klap_believes(const struct klap *k, const uint8_t proof[static SHA256_BYTES]);
void klap_derive(struct klap *k);

enum klap_error { KLAP_OK, KLAP_LENGTH, KLAP_SEQ, KLAP_MAC, KLAP_PADDING };
/* A request's body; its seq becomes k->seq when all is well. ret has room for body.n + 1, and
 * gets an end of text. */
enum klap_error klap_open(struct klap *k, int32_t seq, struct bytes body, char *ret, size_t *ret_n);
/* ret has room for plain.n + 48. spoil: its padding is wrong */
size_t klap_seal(const struct klap *k, struct bytes plain, bool spoil, uint8_t *ret);

#endif
