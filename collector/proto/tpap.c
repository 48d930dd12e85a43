#include "tpap.h"

#include "svitlo/rd.h"
#include "tapo_bytes.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <string.h>

#define HASH_LEN       32
#define SCALAR_LEN     32
#define TAG_LEN	       16
#define NONCE_LEN      12
#define COMPRESSED_LEN 33
#define SUITE	       1
#define CIPHER	       "aes_128_ccm"
#define TT_MAX	       600 /* 534 */

SV_DEFINE_CLEANUP(EVP_KDF *, EVP_KDF_free)
SV_DEFINE_CLEANUP(EVP_KDF_CTX *, EVP_KDF_CTX_free)
SV_DEFINE_CLEANUP(EC_GROUP *, EC_GROUP_free)
SV_DEFINE_CLEANUP(EC_POINT *, EC_POINT_clear_free)
SV_DEFINE_CLEANUP(BIGNUM *, BN_clear_free)
SV_DEFINE_CLEANUP(BN_CTX *, BN_CTX_free)

/* ---- what is offered ---- */

void tpap_offer_read(struct tpap_offer *ret, const struct json_t *tpap)
{
	const json_t *kinds = json_object_get(tpap, "pake");

	*ret = (struct tpap_offer){
		.tls = (int)tapo_json_int(tpap, "tls", 0, 2),
		.port = (int)tapo_json_int(tpap, "port", 1, 65535),
		.dac = tapo_json_bool(tpap, "dac"),
		.user_hash_type = (int)tapo_json_int(tpap, "user_hash_type", 0, 255),
	};
	for (size_t i = 0; i < json_array_size(kinds) && i < 32; i++) {
		double v = json_number_value(json_array_get(kinds, i));

		if (json_is_number(json_array_get(kinds, i)) && v >= 0 && v < 32)
			ret->pake |= 1u << (unsigned)v;
	}
	if (ret->port < 0)
		ret->port = ret->tls > 0 ? 4433 : 80;
}

static void read_refusal(struct tpap_refusal *ret, const json_t *root)
{
	const json_t *info = json_object_get(root, "error_info");

	if (!info)
		info = json_object_get(json_object_get(root, "result"), "error_info");
	*ret = (struct tpap_refusal){
		.code = tapo_json_code(root),
		.failed = (int)tapo_json_int(info, "failedAttempts", 0, INT32_MAX),
		.remain = (int)tapo_json_int(info, "remainAttempts", 0, INT32_MAX),
	};
}

/* The result of an answer, in ret_root's keeping. */
static int result_of(const char *body, size_t n, const char *what, json_t **ret_root,
		     const json_t **ret, struct tpap_refusal *ret_why, struct err *e)
{
	*ret_root = tapo_json(body, n);
	if (!*ret_root)
		return err_set(e, -EPROTO, "%s: the answer is no JSON", what);
	read_refusal(ret_why, *ret_root);
	*ret = json_object_get(*ret_root, "result");
	return ret_why->code ? tapo_refused(e, NULL, ret_why->code, what) : 0;
}

int tpap_discovered(struct tpap_offer *ret, char ret_mac[13], const char *body, size_t n,
		    int32_t *ret_code, struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *result = NULL, *tpap;
	struct tpap_refusal why = { 0 };
	char mac[24];
	int r = result_of(body, n, "discover", &root, &result, &why, e);

	*ret_code = why.code;
	if (r < 0)
		return r;
	if (!json_is_object(result))
		return err_set(e, -EPROTO, "discover: the answer has no result");
	tapo_json_text(result, "mac", mac, sizeof(mac));
	tapo_mac(ret_mac, mac);
	tpap = json_object_get(result, "tpap");
	tpap_offer_read(ret, tpap);
	return json_is_object(tpap);
}

/* ---- register ---- */

static const char *passcode_type(const struct tpap_offer *o)
{
	static const struct {
		uint32_t kinds;
		const char *type;
	} types[] = {
		{ 1u << 0, "default_userpw" },
		{ 1u << 2 | 1u << 5 | 1u << 1, "userpw" },
		{ 1u << 3, "shared_token" },
	};

	for (size_t i = 0; i < SV_LEN(types); i++)
		if (o->pake & types[i].kinds)
			return types[i].type;
	return types[0].type;
}

bool tpap_own_passcode(const struct tpap_offer *o)
{
	return strcmp(passcode_type(o), "default_userpw") == 0;
}

/* "admin" of two digests, as each kind of plug has it */
static const char *register_name(const struct tpap_offer *o)
{
	return o->user_hash_type == 1
		       ? "8C6976E5B5410415BDE908BD4DEE15DFB167A9C873FC4BB8A81F6F2AB448A918"
		       : "21232f297a57a5a743894a0e4a801fc3";
}

int tpap_register(char ret[TPAP_BODY_MAX], const struct tpap_offer *o,
		  const uint8_t random[TPAP_RANDOM_LEN], struct err *e)
{
	char text[TAPO_BASE64(TPAP_RANDOM_LEN) + 1];

	if (strcmp(passcode_type(o), "shared_token") == 0)
		return err_set(
			e, -ENOTSUP,
			"this plug is opened with a shared token only, which is not supported");
	tapo_base64(text, random, TPAP_RANDOM_LEN);
	return tapo_print(ret, TPAP_BODY_MAX,
			  "{\"method\":\"login\",\"params\":{\"sub_method\":\"pake_register\","
			  "\"username\":\"%s\",\"user_random\":\"%s\",\"cipher_suites\":[%d],"
			  "\"encryption\":[\"" CIPHER
			  "\"],\"passcode_type\":\"%s\",\"stok\":null}}",
			  register_name(o), text, SUITE, passcode_type(o));
}

static EC_POINT *point_of(const EC_GROUP *g, const uint8_t *p, size_t n, BN_CTX *c)
{
	bool form = (n == TPAP_POINT_LEN && p[0] == 4) ||
		    (n == COMPRESSED_LEN && (p[0] == 2 || p[0] == 3));
	EC_POINT *point = form ? EC_POINT_new(g) : NULL;

	if (point && EC_POINT_oct2point(g, point, p, n, c) == 1 &&
	    EC_POINT_is_on_curve(g, point, c) == 1 && !EC_POINT_is_at_infinity(g, point))
		return point;
	EC_POINT_free(point);
	return NULL;
}

static int point_put(uint8_t ret[TPAP_POINT_LEN], const EC_GROUP *g, const EC_POINT *p, BN_CTX *c)
{
	return EC_POINT_is_at_infinity(g, p) ||
			       EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, ret,
						  TPAP_POINT_LEN, c) != TPAP_POINT_LEN
		       ? -EPROTO
		       : 0;
}

static int read_share(struct tpap_registered *ret, const json_t *result)
{
	SV_CLEANUP(EC_GROUP_freep)
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	SV_CLEANUP(BN_CTX_freep) BN_CTX *c = BN_CTX_new();
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *p = NULL;
	uint8_t bytes[TPAP_POINT_LEN];
	int n = tapo_json_base64(result, "dev_share", bytes, sizeof(bytes));

	p = g && c && n > 0 ? point_of(g, bytes, (size_t)n, c) : NULL;
	return p ? point_put(ret->share, g, p, c) : -EPROTO;
}

static void read_crypt(struct tpap_registered *ret, const json_t *extra)
{
	const json_t *params = json_object_get(extra, "params");
	char type[32];
	int n;

	if (!extra || json_is_null(extra) || (json_is_object(extra) && !json_object_size(extra)))
		return; /* TPAP_PLAIN */
	ret->crypt = TPAP_OTHER;
	tapo_json_text(extra, "type", type, sizeof(type));
	if (strcmp(type, "password_shadow") == 0) {
		if (tapo_json_int(params, "passwd_id", 0, 99) == 2)
			ret->crypt = TPAP_SHADOW;
		return;
	}
	n = tapo_json_base64(params, "sha_salt", ret->sha_salt, sizeof(ret->sha_salt));
	if (strcmp(type, "password_sha_with_salt") == 0 && n >= 0) {
		ret->crypt = TPAP_SALTED;
		ret->sha_salt_n = (uint8_t)n;
		ret->sha_user = tapo_json_int(params, "sha_name", 0, 99) != 0;
	}
}

int tpap_registered_parse(struct tpap_registered *ret, const char *body, size_t n,
			  struct tpap_refusal *ret_why, struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *result = NULL;
	struct tpap_registered a = { 0 };
	char cipher[32];
	int salt, r = result_of(body, n, "pake_register", &root, &result, ret_why, e);

	if (r < 0)
		return r;
	tapo_json_text(result, "encryption", cipher, sizeof(cipher));
	if (tapo_json_int(result, "cipher_suites", 0, 99) != SUITE || strcmp(cipher, CIPHER) != 0)
		return err_set(e, -EPROTO, "pake_register: the plug chose what was not offered");
	a.iterations = (uint32_t)tapo_json_int(result, "iterations", 0, TPAP_ITERATIONS_MAX);
	if (a.iterations == 0 || a.iterations > TPAP_ITERATIONS_MAX)
		return err_set(e, -EPROTO, "pake_register: no number of iterations up to %d",
			       TPAP_ITERATIONS_MAX);
	salt = tapo_json_base64(result, "dev_salt", a.salt, sizeof(a.salt));
	if (salt <= 0 ||
	    tapo_json_base64(result, "dev_random", a.random, sizeof(a.random)) != TPAP_RANDOM_LEN)
		return err_set(e, -EPROTO, "pake_register: no salt or no random bytes");
	a.salt_n = (uint8_t)salt;
	if (read_share(&a, result) < 0)
		return err_set(e, -EPROTO, "pake_register: the plug's share is no point");
	read_crypt(&a, json_object_get(result, "extra_crypt"));
	*ret = a;
	return 0;
}

/* ---- credential ---- */

static int hkdf(uint8_t *ret, size_t len, const uint8_t *key, size_t n, const void *salt,
		size_t salt_n, const char *info, struct err *e)
{
	SV_CLEANUP(EVP_KDF_freep) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	SV_CLEANUP(EVP_KDF_CTX_freep) EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char sha256[] = "SHA256";
	/* OpenSSL takes them as void *, and only reads */
	union {
		const void *in;
		void *out;
	} k = { key }, s = { salt }, i = { info };
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, k.out, n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, s.out, salt_n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, i.out, strlen(info)),
		OSSL_PARAM_construct_end(),
	};

	return c && EVP_KDF_derive(c, ret, len, params) == 1 ? 0 : err_set(e, -EIO, "HKDF failed");
}

/* The passcode that a device makes of its own MAC. */
static int mac_passcode(char ret[TPAP_CREDENTIAL_MAX], const char *mac, struct err *e)
{
	static const char base[] = "GqY5o136oa4i6VprTlMW2DpVXxmfW8";
	static const char salt[] = "tp-kdf-salt-default-passcode";
	uint8_t key[sizeof(base) - 1 + 6], passcode[32];
	char digits[TAPO_MAC_MAX];
	int r;

	tapo_mac(digits, mac ? mac : "");
	if (!digits[0])
		return err_set(e, -EINVAL, "a device without its MAC");
	memcpy(key, base, sizeof(base) - 1);
	for (unsigned i = 0; i < 6; i++) { /* the later half first */
		unsigned at = 2 * ((i + 3) % 6), hi = (unsigned char)digits[at],
			 lo = (unsigned char)digits[at + 1];

		hi = hi > '9' ? hi - 'A' + 10 : hi - '0';
		lo = lo > '9' ? lo - 'A' + 10 : lo - '0';
		key[sizeof(base) - 1 + i] = (uint8_t)(hi << 4 | lo);
	}
	r = hkdf(passcode, sizeof(passcode), key, sizeof(key), salt, sizeof(salt) - 1,
		 "tp-kdf-info-default-passcode", e);
	if (!r)
		tapo_hex(ret, passcode, sizeof(passcode), true);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(passcode, sizeof(passcode));
	return r;
}

static int hashed(char ret[TPAP_CREDENTIAL_MAX], const EVP_MD *md, const struct tapo_span *parts,
		  size_t n, struct err *e)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	int r = tapo_digest(md, hash, parts, n, e);

	if (!r)
		tapo_hex(ret, hash, (size_t)EVP_MD_get_size(md), false);
	OPENSSL_cleanse(hash, sizeof(hash));
	return r;
}

int tpap_credential(char ret[TPAP_CREDENTIAL_MAX], const struct tpap_offer *o,
		    const struct tpap_registered *r, const char *mac, const char *user,
		    const char *password, struct err *e)
{
	const char *who = r->sha_user ? "user" : "admin";

	if (tpap_own_passcode(o))
		return mac_passcode(ret, mac, e);
	switch (r->crypt) {
	case TPAP_PLAIN:
		return tapo_print(ret, TPAP_CREDENTIAL_MAX, "%s/%s", user, password) < 0
			       ? err_set(e, -ENOSPC, "e-mail and password are too long")
			       : 0;
	case TPAP_SHADOW:
		return hashed(ret, EVP_sha1(), TAPO_SPANS(TAPO_TEXT(password)), 1, e);
	case TPAP_SALTED:
		return hashed(ret, EVP_sha256(),
			      TAPO_SPANS(TAPO_TEXT(who), TAPO_BYTES(r->sha_salt, r->sha_salt_n),
					 TAPO_TEXT(password)),
			      3, e);
	case TPAP_OTHER:
		break;
	}
	return err_set(e, -ENOTSUP, "this plug keeps the password in a form that is not supported");
}

/* ---- SPAKE2+ ---- */

static const uint8_t spake_m[COMPRESSED_LEN] = {
	0x02, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d,
	0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1, 0x6e, 0xf3,
	0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f,
};
static const uint8_t spake_n[COMPRESSED_LEN] = {
	0x03, 0xd8, 0xbb, 0xd6, 0xc6, 0x39, 0xc6, 0x29, 0x37, 0xb0, 0x4d,
	0x99, 0x7f, 0x38, 0xc3, 0x77, 0x07, 0x19, 0xc6, 0x29, 0xd7, 0x01,
	0x4d, 0x49, 0xa2, 0x4b, 0x4f, 0x98, 0xba, 0xa1, 0x29, 0x2b, 0x49,
};

/* Points as they stand in the transcript, w0 in its 32 bytes. */
struct spake {
	uint8_t m[TPAP_POINT_LEN], n[TPAP_POINT_LEN], l[TPAP_POINT_LEN], r[TPAP_POINT_LEN],
		z[TPAP_POINT_LEN], v[TPAP_POINT_LEN], w0[SCALAR_LEN], w1[SCALAR_LEN];
};

/* A number of n bytes, modulo the order. */
static BIGNUM *scalar_of(const EC_GROUP *g, const uint8_t *p, int n, BN_CTX *c)
{
	BIGNUM *v = BN_bin2bn(p, n, NULL);

	if (v && BN_nnmod(v, v, EC_GROUP_get0_order(g), c) == 1)
		return v;
	BN_clear_free(v);
	return NULL;
}

static int spake_scalars(struct spake *s, const EC_GROUP *g, const struct tpap_registered *r,
			 const char *credential, BN_CTX *c)
{
	SV_CLEANUP(BN_clear_freep) BIGNUM *w0 = NULL;
	SV_CLEANUP(BN_clear_freep) BIGNUM *w1 = NULL;
	uint8_t d[80];
	int ok = PKCS5_PBKDF2_HMAC(credential, (int)strlen(credential), r->salt, r->salt_n,
				   (int)r->iterations, EVP_sha256(), sizeof(d), d);

	if (ok == 1) {
		w0 = scalar_of(g, d, sizeof(d) / 2, c);
		w1 = scalar_of(g, d + sizeof(d) / 2, sizeof(d) / 2, c);
	}
	OPENSSL_cleanse(d, sizeof(d));
	return w0 && w1 && BN_bn2binpad(w0, s->w0, SCALAR_LEN) == SCALAR_LEN &&
			       BN_bn2binpad(w1, s->w1, SCALAR_LEN) == SCALAR_LEN
		       ? 0
		       : -EIO;
}

/* Z and V: times x and w1 what the device's share is without its mask. */
static int spake_secrets(struct spake *s, const EC_GROUP *g, const EC_POINT *n, const BIGNUM *x,
			 BN_CTX *c)
{
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *base = EC_POINT_new(g);
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *p = EC_POINT_new(g);
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *r = point_of(g, s->r, sizeof(s->r), c);
	SV_CLEANUP(BN_clear_freep) BIGNUM *w0 = BN_bin2bn(s->w0, SCALAR_LEN, NULL);
	SV_CLEANUP(BN_clear_freep) BIGNUM *w1 = BN_bin2bn(s->w1, SCALAR_LEN, NULL);

	if (!base || !p || !r || !w0 || !w1)
		return -EIO;
	BN_set_flags(w0, BN_FLG_CONSTTIME);
	BN_set_flags(w1, BN_FLG_CONSTTIME);
	if (EC_POINT_mul(g, base, NULL, n, w0, c) != 1 || EC_POINT_invert(g, base, c) != 1 ||
	    EC_POINT_add(g, base, r, base, c) != 1 || EC_POINT_mul(g, p, NULL, base, x, c) != 1 ||
	    point_put(s->z, g, p, c) < 0 || EC_POINT_mul(g, p, NULL, base, w1, c) != 1)
		return -EPROTO;
	return point_put(s->v, g, p, c);
}

static int spake_share(struct spake *s, const EC_GROUP *g, const EC_POINT *m, const BIGNUM *x,
		       BN_CTX *c)
{
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *l = EC_POINT_new(g);
	SV_CLEANUP(BN_clear_freep) BIGNUM *w0 = BN_bin2bn(s->w0, SCALAR_LEN, NULL);

	if (!l || !w0 || EC_POINT_mul(g, l, x, m, w0, c) != 1)
		return -EIO;
	return point_put(s->l, g, l, c);
}

static int spake_make(struct spake *s, const struct tpap_registered *r, const char *credential,
		      const uint8_t x_bytes[SCALAR_LEN])
{
	SV_CLEANUP(EC_GROUP_freep)
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	SV_CLEANUP(BN_CTX_freep) BN_CTX *c = BN_CTX_secure_new();
	SV_CLEANUP(BN_clear_freep) BIGNUM *x = BN_bin2bn(x_bytes, SCALAR_LEN, NULL);
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *m = NULL;
	SV_CLEANUP(EC_POINT_clear_freep) EC_POINT *n = NULL;
	int err;

	if (!g || !c || !x)
		return -EIO;
	if (BN_is_zero(x) || BN_cmp(x, EC_GROUP_get0_order(g)) >= 0)
		return -ERANGE;
	BN_set_flags(x, BN_FLG_CONSTTIME);
	m = point_of(g, spake_m, sizeof(spake_m), c);
	n = point_of(g, spake_n, sizeof(spake_n), c);
	memcpy(s->r, r->share, sizeof(s->r));
	if (!m || !n || point_put(s->m, g, m, c) < 0 || point_put(s->n, g, n, c) < 0)
		return -EIO;
	err = spake_scalars(s, g, r, credential, c);
	if (!err)
		err = spake_share(s, g, m, x, c);
	return err ? err : spake_secrets(s, g, n, x, c);
}

/* w0 as short as it goes, with a zero where it would be odd and look negative. */
static struct tapo_span short_form(const uint8_t w0[SCALAR_LEN])
{
	size_t at = 0;

	while (at < SCALAR_LEN - 1 && w0[at] == 0)
		at++;
	if ((SCALAR_LEN - at) % 2 && w0[at] & 0x80)
		at--;
	return TAPO_BYTES(w0 + at, SCALAR_LEN - at);
}

struct transcript {
	uint8_t bytes[TT_MAX];
	size_t n;
};

static void tt_put(struct transcript *t, struct tapo_span s)
{
	for (unsigned i = 0; i < 8; i++)
		t->bytes[t->n++] = (uint8_t)((uint64_t)s.n >> (8 * i));
	if (s.n)
		memcpy(t->bytes + t->n, s.p, s.n);
	t->n += s.n;
}

/* The digest of all that was said: the secret of which all keys are made. */
static int spake_digest(uint8_t ret[HASH_LEN], const struct spake *s, const uint8_t *ours,
			const uint8_t *its, bool short_w0, struct err *e)
{
	struct transcript t = { .n = 0 };
	uint8_t context[HASH_LEN];
	const struct tapo_span parts[] = {
		TAPO_BYTES(context, sizeof(context)),
		TAPO_BYTES(NULL, 0),
		TAPO_BYTES(NULL, 0),
		TAPO_BYTES(s->m, TPAP_POINT_LEN),
		TAPO_BYTES(s->n, TPAP_POINT_LEN),
		TAPO_BYTES(s->l, TPAP_POINT_LEN),
		TAPO_BYTES(s->r, TPAP_POINT_LEN),
		TAPO_BYTES(s->z, TPAP_POINT_LEN),
		TAPO_BYTES(s->v, TPAP_POINT_LEN),
		short_w0 ? short_form(s->w0) : TAPO_BYTES(s->w0, SCALAR_LEN),
	};
	int r = tapo_digest(EVP_sha256(), context,
			    TAPO_SPANS(TAPO_BYTES("PAKE V1", 7), TAPO_BYTES(ours, TPAP_RANDOM_LEN),
				       TAPO_BYTES(its, TPAP_RANDOM_LEN)),
			    3, e);

	for (size_t i = 0; !r && i < SV_LEN(parts); i++)
		tt_put(&t, parts[i]);
	if (!r)
		r = tapo_digest(EVP_sha256(), ret, TAPO_SPANS(TAPO_BYTES(t.bytes, t.n)), 1, e);
	OPENSSL_cleanse(&t, sizeof(t));
	return r;
}

static int confirm(uint8_t ret[HASH_LEN], const uint8_t key[HASH_LEN],
		   const uint8_t share[TPAP_POINT_LEN], struct err *e)
{
	return HMAC(EVP_sha256(), key, HASH_LEN, share, TPAP_POINT_LEN, ret, NULL)
		       ? 0
		       : err_set(e, -EIO, "HMAC failed");
}

static int spake_keys(struct tpap_pake *ret, const struct spake *s, const uint8_t t[HASH_LEN],
		      struct err *e)
{
	static const uint8_t zeros[HASH_LEN];
	uint8_t keys[2 * HASH_LEN];
	int r = hkdf(keys, sizeof(keys), t, HASH_LEN, zeros, sizeof(zeros), "ConfirmationKeys", e);

	if (!r)
		r = hkdf(ret->shared, sizeof(ret->shared), t, HASH_LEN, zeros, sizeof(zeros),
			 "SharedKey", e);
	if (!r)
		r = confirm(ret->confirm, keys, s->r, e);
	if (!r)
		r = confirm(ret->its_confirm, keys + HASH_LEN, s->l, e);
	OPENSSL_cleanse(keys, sizeof(keys));
	return r;
}

int tpap_pake_make(struct tpap_pake *ret, const struct tpap_registered *r, const char *credential,
		   const uint8_t random[TPAP_RANDOM_LEN], const uint8_t x[32], bool short_w0,
		   struct err *e)
{
	struct tpap_pake p = { 0 };
	struct spake s = { 0 };
	uint8_t t[HASH_LEN];
	int err = spake_make(&s, r, credential, x);

	if (err)
		err_set(e, err,
			err == -EPROTO ? "the plug's share gives no key" : "SPAKE2+ failed");
	else
		err = spake_digest(t, &s, random, r->random, short_w0, e);
	if (!err)
		err = spake_keys(&p, &s, t, e);
	if (!err) {
		memcpy(p.share, s.l, sizeof(p.share));
		p.two_forms = short_form(s.w0).n != SCALAR_LEN;
		*ret = p;
	}
	OPENSSL_cleanse(&s, sizeof(s));
	OPENSSL_cleanse(&p, sizeof(p));
	OPENSSL_cleanse(t, sizeof(t));
	return err;
}

int tpap_share(char ret[TPAP_BODY_MAX], const struct tpap_pake *p,
	       const uint8_t dac_nonce[TPAP_RANDOM_LEN], struct err *e)
{
	char share[TAPO_BASE64(TPAP_POINT_LEN) + 1], sign[TAPO_BASE64(HASH_LEN) + 1],
		nonce[TAPO_BASE64(TPAP_RANDOM_LEN) + 1] = "";
	int n;

	tapo_base64(share, p->share, sizeof(p->share));
	tapo_base64(sign, p->confirm, sizeof(p->confirm));
	if (dac_nonce)
		tapo_base64(nonce, dac_nonce, TPAP_RANDOM_LEN);
	n = tapo_print(ret, TPAP_BODY_MAX,
		       "{\"method\":\"login\",\"params\":{\"sub_method\":\"pake_share\","
		       "\"user_share\":\"%s\",\"user_confirm\":\"%s\"%s%s%s}}",
		       share, sign, dac_nonce ? ",\"dac_nonce\":\"" : "", nonce,
		       dac_nonce ? "\"" : "");
	return n >= 0 ? n : err_set(e, n, "no room for pake_share");
}

/* ---- session ---- */

static int read_session(struct tpap_session *ret, const json_t *result, struct err *e)
{
	const char *stok = json_string_value(json_object_get(result, "stok"));
	int64_t seq = tapo_json_int(result, "start_seq", 0, UINT32_MAX);

	if (!stok)
		stok = json_string_value(json_object_get(result, "sessionId"));
	if (!stok || !tapo_is_plain(stok, sizeof(ret->stok)) || seq < 0)
		return err_set(e, -EPROTO, "pake_share: the answer has no session");
	tapo_print(ret->stok, sizeof(ret->stok), "%s", stok);
	ret->seq = (uint32_t)seq;
	return 0;
}

static int session_keys(struct tpap_session *ret, const uint8_t shared[HASH_LEN], struct err *e)
{
	static const char key_salt[] = "tp-kdf-salt-aes128-key",
			  iv_salt[] = "tp-kdf-salt-aes128-iv";
	int r = hkdf(ret->key, sizeof(ret->key), shared, HASH_LEN, key_salt, sizeof(key_salt) - 1,
		     "tp-kdf-info-aes128-key", e);

	return r ? r
		 : hkdf(ret->nonce, sizeof(ret->nonce), shared, HASH_LEN, iv_salt,
			sizeof(iv_salt) - 1, "tp-kdf-info-aes128-iv", e);
}

int tpap_session_make(struct tpap_session *ret, const struct tpap_pake *p, const char *body,
		      size_t n, struct tpap_refusal *ret_why, struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *result = NULL;
	struct tpap_session s = { 0 };
	uint8_t its[HASH_LEN];
	int r = result_of(body, n, "pake_share", &root, &result, ret_why, e);

	if (r < 0)
		return r;
	if (tapo_json_base64(result, "dev_confirm", its, sizeof(its)) != HASH_LEN)
		return err_set(e, -EPROTO, "pake_share: the answer confirms nothing");
	if (CRYPTO_memcmp(its, p->its_confirm, sizeof(its)) != 0)
		return err_set(e, -EACCES, "the plug does not know this password");
	r = read_session(&s, result, e);
	if (!r)
		r = session_keys(&s, p->shared, e);
	if (!r)
		*ret = s;
	OPENSSL_cleanse(&s, sizeof(s));
	return r;
}

void tpap_path(const struct tpap_session *s, char ret[TPAP_PATH_MAX])
{
	tapo_print(ret, TPAP_PATH_MAX, "/stok=%s/ds", s->stok);
}

static void put_be32(uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A context of CCM with its lengths, key and the nonce of a seq; tag: NULL when sealing. */
static EVP_CIPHER_CTX *ccm(const struct tpap_session *s, uint32_t seq, const uint8_t *tag, size_t n)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t nonce[NONCE_LEN], t[TAG_LEN];
	int enc = !tag, len;

	memcpy(nonce, s->nonce, sizeof(nonce));
	put_be32(nonce + NONCE_LEN - 4, seq);
	if (tag)
		memcpy(t, tag, sizeof(t));
	if (c && EVP_CipherInit_ex(c, EVP_aes_128_ccm(), NULL, NULL, NULL, enc) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LEN, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag ? t : NULL) == 1 &&
	    EVP_CipherInit_ex(c, NULL, NULL, s->key, nonce, enc) == 1 &&
	    EVP_CipherUpdate(c, NULL, &len, NULL, (int)n) == 1)
		return c;
	EVP_CIPHER_CTX_free(c);
	return NULL;
}

int tpap_seal(struct tpap_session *s, const char *json, size_t n, uint8_t *ret, size_t room,
	      struct err *e)
{
	SV_CLEANUP(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = NULL;
	int len = 0;

	if (s->seq == UINT32_MAX)
		return err_set(e, -EOVERFLOW, "the session's numbers are used up");
	if (n > TAPO_JSON_MAX || TPAP_SEALED(n) > room)
		return err_set(e, -ENOSPC, "a request of %zu bytes is too long", n);
	c = ccm(s, s->seq, NULL, n);
	put_be32(ret, s->seq++);
	if (!c || EVP_CipherUpdate(c, ret + 4, &len, (const uint8_t *)json, (int)n) != 1 ||
	    EVP_CipherFinal_ex(c, ret + 4 + len, &(int){ 0 }) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, ret + 4 + n) != 1)
		return err_set(e, -EIO, "encryption failed");
	return (int)TPAP_SEALED(n);
}

/* A plug that has lost the session says so in plain JSON. */
static int plain_refusal(const uint8_t *body, size_t len, struct tpap_refusal *ret_why,
			 struct err *e)
{
	json_auto_t *root = tapo_json((const char *)body, len);

	if (!root || tapo_json_code(root) == TAPO_NO_CODE || tapo_json_code(root) == 0)
		return err_set(e, -EBADMSG, "the answer cannot be decrypted: another session's");
	read_refusal(ret_why, root);
	return tapo_refused(e, NULL, ret_why->code, "the plug");
}

int tpap_open(const struct tpap_session *s, const uint8_t *body, size_t len, char *ret, size_t room,
	      uint32_t *ret_seq, struct tpap_refusal *ret_why, struct err *e)
{
	SV_CLEANUP(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = NULL;
	struct rd r = rd_init(body, len);
	uint32_t seq = rd_be32(&r);
	size_t n = rd_left(&r) > TAG_LEN ? rd_left(&r) - TAG_LEN : 0;
	int got = 0;

	*ret_why = (struct tpap_refusal){ .failed = -1, .remain = -1 };
	if (n >= room || len > TAPO_JSON_MAX)
		return err_set(e, -ENOSPC, "an answer of %zu bytes is too long", len);
	if (n == 0)
		return plain_refusal(body, len, ret_why, e);
	c = ccm(s, seq, body + len - TAG_LEN, n);
	if (!c)
		return err_set(e, -EIO, "decryption failed");
	if (EVP_CipherUpdate(c, (uint8_t *)ret, &got, body + 4, (int)n) != 1) {
		OPENSSL_cleanse(ret, n);
		return plain_refusal(body, len, ret_why, e);
	}
	ret[got] = 0;
	*ret_seq = seq;
	return got;
}
