/*
 * See plug_spake.h.
 */
#include "plug_spake.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

#define TRANSCRIPT_MAX 640
#define HALF	       40
#define SEQ_BYTES      4

static const uint8_t point_m[] = {
	0x02, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d,
	0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1, 0x6e, 0xf3,
	0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f,
};
static const uint8_t point_n[] = {
	0x03, 0xd8, 0xbb, 0xd6, 0xc6, 0x39, 0xc6, 0x29, 0x37, 0xb0, 0x4d,
	0x99, 0x7f, 0x38, 0xc3, 0x77, 0x07, 0x19, 0xc6, 0x29, 0xd7, 0x01,
	0x4d, 0x49, 0xa2, 0x4b, 0x4f, 0x98, 0xba, 0xa1, 0x29, 0x2b, 0x49,
};

/* All that a computation on the curve needs, freed together. */
struct curve {
	EC_GROUP *group;
	BN_CTX *ctx;
	EC_POINT *m, *n, *p, *q;
	BIGNUM *w0, *w1, *y;
};

static void curve_close(struct curve *c)
{
	BN_clear_free(c->w0);
	BN_clear_free(c->w1);
	BN_clear_free(c->y);
	EC_POINT_free(c->m);
	EC_POINT_free(c->n);
	EC_POINT_free(c->p);
	EC_POINT_free(c->q);
	BN_CTX_free(c->ctx);
	EC_GROUP_free(c->group);
}

static bool curve_open(struct curve *c, const struct spake *s)
{
	*c = (struct curve){ .group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
			     .ctx = BN_CTX_new() };
	if (!c->group || !c->ctx)
		return false;
	c->m = EC_POINT_new(c->group);
	c->n = EC_POINT_new(c->group);
	c->p = EC_POINT_new(c->group);
	c->q = EC_POINT_new(c->group);
	c->w0 = BN_bin2bn(s->w0, SPAKE_SCALAR, NULL);
	c->w1 = BN_bin2bn(s->w1, SPAKE_SCALAR, NULL);
	c->y = BN_bin2bn(s->y, SPAKE_SCALAR, NULL);
	return c->m && c->n && c->p && c->q && c->w0 && c->w1 && c->y &&
	       EC_POINT_oct2point(c->group, c->m, point_m, sizeof(point_m), c->ctx) == 1 &&
	       EC_POINT_oct2point(c->group, c->n, point_n, sizeof(point_n), c->ctx) == 1;
}

static bool write_point(const struct curve *c, const EC_POINT *p, uint8_t ret[static SPAKE_POINT])
{
	return EC_POINT_point2oct(c->group, p, POINT_CONVERSION_UNCOMPRESSED, ret, SPAKE_POINT,
				  c->ctx) == SPAKE_POINT;
}

static bool reduce(const struct curve *c, const uint8_t half[static HALF],
		   uint8_t ret[static SPAKE_SCALAR])
{
	BIGNUM *v = BN_bin2bn(half, HALF, NULL);
	bool good = v && BN_nnmod(v, v, EC_GROUP_get0_order(c->group), c->ctx) == 1 &&
		    BN_bn2binpad(v, ret, SPAKE_SCALAR) == SPAKE_SCALAR;

	BN_clear_free(v);
	return good;
}

bool spake_verifier(struct spake *s, const char *credential)
{
	uint8_t d[2 * HALF];
	struct curve c;
	bool good =
		curve_open(&c, s) &&
		plug_pbkdf2(credential, BYTES(s->salt, SPAKE_SALT), SPAKE_ROUNDS, d, sizeof(d)) &&
		reduce(&c, d, s->w0) && reduce(&c, d + HALF, s->w1);

	curve_close(&c);
	return good;
}

bool spake_share(struct spake *s)
{
	struct curve c;
	bool good = curve_open(&c, s) && EC_POINT_mul(c.group, c.p, c.y, c.n, c.w0, c.ctx) == 1 &&
		    write_point(&c, c.p, s->share);

	curve_close(&c);
	return good;
}

struct transcript {
	uint8_t data[TRANSCRIPT_MAX];
	size_t n;
};

static void put(struct transcript *t, const uint8_t *p, size_t n)
{
	for (int i = 0; i < 8; i++)
		t->data[t->n++] = (uint8_t)((uint64_t)n >> (8 * i));
	if (n)
		memcpy(t->data + t->n, p, n);
	t->n += n;
}

static bool put_point(struct transcript *t, const struct curve *c, const EC_POINT *p)
{
	uint8_t text[SPAKE_POINT];

	if (!write_point(c, p, text))
		return false;
	put(t, text, sizeof(text));
	return true;
}

static bool put_context(struct transcript *t, const struct spake *s)
{
	uint8_t context[SHA256_BYTES];

	if (!plug_digest(PLUG_SHA256,
			 (struct bytes[]){ TEXT("PAKE V1"),
					   BYTES(s->user_random, SPAKE_RANDOM),
					   BYTES(s->dev_random, SPAKE_RANDOM),
					   { 0 } },
			 context))
		return false;
	put(t, context, sizeof(context));
	put(t, NULL, 0);
	put(t, NULL, 0);
	return true;
}

/* p: X. -> p: Z, q: V */
static bool compute_z_v(struct curve *c)
{
	bool good = EC_POINT_mul(c->group, c->q, NULL, c->m, c->w0, c->ctx) == 1 &&
		    EC_POINT_invert(c->group, c->q, c->ctx) == 1 &&
		    EC_POINT_add(c->group, c->p, c->p, c->q, c->ctx) == 1 &&
		    EC_POINT_mul(c->group, c->p, NULL, c->p, c->y, c->ctx) == 1 &&
		    EC_POINT_mul(c->group, c->q, c->w1, NULL, NULL, c->ctx) == 1 &&
		    EC_POINT_mul(c->group, c->q, NULL, c->q, c->y, c->ctx) == 1;

	return good;
}

static bool hash_transcript(struct curve *c, const struct spake *s,
			    const uint8_t user[static SPAKE_POINT],
			    uint8_t ret[static SHA256_BYTES])
{
	struct transcript t = { .n = 0 };
	bool good = put_context(&t, s) && put_point(&t, c, c->m) && put_point(&t, c, c->n);

	put(&t, user, SPAKE_POINT);
	put(&t, s->share, SPAKE_POINT);
	good = good && compute_z_v(c) && put_point(&t, c, c->p) && put_point(&t, c, c->q);
	put(&t, s->w0, SPAKE_SCALAR);
	return good && plug_digest(PLUG_SHA256, (struct bytes[]){ BYTES(t.data, t.n), { 0 } }, ret);
}

static bool derive_session(struct spake *s, const uint8_t hash[static SHA256_BYTES])
{
	static const uint8_t zeros[SHA256_BYTES];
	struct bytes shared = BYTES(s->shared, sizeof(s->shared));

	return plug_hkdf(BYTES(hash, SHA256_BYTES), BYTES(zeros, sizeof(zeros)), "SharedKey",
			 s->shared, sizeof(s->shared)) &&
	       plug_hkdf(shared, TEXT("tp-kdf-salt-aes128-key"), "tp-kdf-info-aes128-key", s->key,
			 sizeof(s->key)) &&
	       plug_hkdf(shared, TEXT("tp-kdf-salt-aes128-iv"), "tp-kdf-info-aes128-iv", s->base,
			 sizeof(s->base));
}

/* The client confirms the plug's share with KcA, and the other way round. */
static enum spake_error check(struct spake *s, const uint8_t hash[static SHA256_BYTES],
			      const uint8_t user[static SPAKE_POINT],
			      const uint8_t user_confirm[static SHA256_BYTES])
{
	static const uint8_t zeros[SHA256_BYTES];
	uint8_t keys[2 * SHA256_BYTES], want[SHA256_BYTES];

	if (!plug_hkdf(BYTES(hash, SHA256_BYTES), BYTES(zeros, sizeof(zeros)), "ConfirmationKeys",
		       keys, sizeof(keys)) ||
	    !plug_hmac(BYTES(keys, SHA256_BYTES), BYTES(s->share, SPAKE_POINT), want) ||
	    !plug_hmac(BYTES(keys + SHA256_BYTES, SHA256_BYTES), BYTES(user, SPAKE_POINT),
		       s->confirm))
		return SPAKE_POINT_BAD;
	return CRYPTO_memcmp(want, user_confirm, sizeof(want)) == 0 ? SPAKE_OK : SPAKE_MISMATCH;
}

enum spake_error spake_finish(struct spake *s, struct bytes user_share,
			      const uint8_t user_confirm[static SHA256_BYTES])
{
	uint8_t user[SPAKE_POINT], hash[SHA256_BYTES];
	enum spake_error e = SPAKE_POINT_BAD;
	struct curve c;

	if (curve_open(&c, s) &&
	    EC_POINT_oct2point(c.group, c.p, user_share.p, user_share.n, c.ctx) == 1 &&
	    !EC_POINT_is_at_infinity(c.group, c.p) &&
	    EC_POINT_is_on_curve(c.group, c.p, c.ctx) == 1 && write_point(&c, c.p, user) &&
	    hash_transcript(&c, s, user, hash) && derive_session(s, hash))
		e = check(s, hash, user, user_confirm);
	curve_close(&c);
	return e;
}

static void nonce_of(const struct spake *s, uint32_t seq, uint8_t ret[static 12])
{
	memcpy(ret, s->base, 8);
	for (int i = 0; i < SEQ_BYTES; i++)
		ret[8 + i] = (uint8_t)(seq >> (24 - 8 * i));
}

size_t spake_seal(const struct spake *s, uint32_t seq, struct bytes plain, uint8_t *ret)
{
	uint8_t nonce[12];

	nonce_of(s, seq, nonce);
	memcpy(ret, nonce + 8, SEQ_BYTES);
	plug_ccm_seal(s->key, nonce, plain, ret + SEQ_BYTES);
	return SEQ_BYTES + plain.n + TAG_BYTES;
}

bool spake_open(const struct spake *s, struct bytes body, uint32_t *ret_seq, char *ret)
{
	const uint8_t *p = body.p;
	uint8_t nonce[12];

	if (body.n <= SEQ_BYTES + TAG_BYTES)
		return false;
	*ret_seq = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	nonce_of(s, *ret_seq, nonce);
	if (!plug_ccm_open(s->key, nonce, BYTES(p + SEQ_BYTES, body.n - SEQ_BYTES), (uint8_t *)ret))
		return false;
	ret[body.n - SEQ_BYTES - TAG_BYTES] = '\0';
	return true;
}
