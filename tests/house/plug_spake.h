/*
 * TPAP, the plug's side: SPAKE2+ (RFC 9383, P-256, SHA-256, HKDF, HMAC) with the verifier made of
 * the account's password, and the session that follows.
 *
 *     d = PBKDF2(hex SHA1(password), salt, rounds, 80)     w0, w1: halves of d mod n
 *     Y = y G + w0 N                                        sent; X comes
 *     Z = y (X - w0 M)     V = y (w1 G)
 *     TT = lv(ctx) lv("") lv("") lv(M) lv(N) lv(X) lv(Y) lv(Z) lv(V) lv(w0)    lv: 8 bytes LE, then
 *     ctx = SHA256("PAKE V1" user_random dev_random)
 *
 *     body: be32(seq) ct tag      AES-128-CCM, nonce base[0..7] be32(seq)
 */
#ifndef HOUSE_PLUG_SPAKE_H
#define HOUSE_PLUG_SPAKE_H

#include "plug_crypto.h"

#define SPAKE_RANDOM 32
#define SPAKE_SALT   16
#define SPAKE_SCALAR 32
#define SPAKE_POINT  65
#define SPAKE_ROUNDS 3000

struct spake {
	uint8_t salt[SPAKE_SALT];
	uint8_t w0[SPAKE_SCALAR], w1[SPAKE_SCALAR];
	uint8_t user_random[SPAKE_RANDOM], dev_random[SPAKE_RANDOM];
	uint8_t y[SPAKE_SCALAR];
	uint8_t share[SPAKE_POINT]; /* uncompressed */
	uint8_t confirm[SHA256_BYTES];
	uint8_t shared[SHA256_BYTES];
	uint8_t key[AES_BYTES], base[12];
};

/* s->salt is there. */
bool spake_verifier(struct spake *s, const char *credential);
/* s->y, w0 are there. */
bool spake_share(struct spake *s);
enum spake_error { SPAKE_OK, SPAKE_POINT_BAD, SPAKE_MISMATCH };
/* The rest is there: sets confirm (of the plug), shared, key, base. */
enum spake_error spake_finish(struct spake *s, struct bytes user_share,
			      const uint8_t user_confirm[static SHA256_BYTES]);

/* ret has room for plain.n + 20 */
size_t spake_seal(const struct spake *s, uint32_t seq, struct bytes plain, uint8_t *ret);
/* ret has room for body.n; gets an end of text */
bool spake_open(const struct spake *s, struct bytes body, uint32_t *ret_seq, char *ret);

#endif
