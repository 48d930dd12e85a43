/*
 * What the plugs' three languages need of cryptography, on OpenSSL. Pure computation.
 * All that return bool -> false: OpenSSL refused, or the input is not good.
 */
#ifndef HOUSE_PLUG_CRYPTO_H
#define HOUSE_PLUG_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES   20
#define SHA256_BYTES 32
#define MD5_BYTES    16
#define AES_BYTES    16
#define TAG_BYTES    16

struct bytes {
	const void *p;
	size_t n;
};
#define BYTES(ptr, len) ((struct bytes){ (ptr), (len) })
#define TEXT(s)		((struct bytes){ (s), strlen(s) })

enum plug_digest { PLUG_MD5, PLUG_SHA1, PLUG_SHA256 };

/* Of the parts one after the other, up to one with p == NULL. */
bool plug_digest(enum plug_digest d, const struct bytes parts[], uint8_t *ret);
/* Lower case; ret has room for 2 n + 1. */
void plug_hex(const uint8_t *p, size_t n, char *ret);
bool plug_hmac(struct bytes key, struct bytes data, uint8_t ret[static SHA256_BYTES]);
bool plug_hkdf(struct bytes ikm, struct bytes salt, const char *info, uint8_t *ret, size_t n);
bool plug_pbkdf2(const char *secret, struct bytes salt, unsigned rounds, uint8_t *ret, size_t n);
bool plug_random(uint8_t *ret, size_t n);

/* AES-128-CBC with PKCS#7. ret has room for n + 16; pads: else n is a multiple of 16. */
bool plug_cbc_seal(const uint8_t key[static AES_BYTES], const uint8_t iv[static AES_BYTES],
		   struct bytes plain, bool pads, uint8_t *ret, size_t *ret_n);
bool plug_cbc_open(const uint8_t key[static AES_BYTES], const uint8_t iv[static AES_BYTES],
		   struct bytes sealed, uint8_t *ret, size_t *ret_n);
/* AES-128-CCM, nonce of 12, tag of 16 behind. */
bool plug_ccm_seal(const uint8_t key[static AES_BYTES], const uint8_t nonce[static 12],
		   struct bytes plain, uint8_t *ret);
bool plug_ccm_open(const uint8_t key[static AES_BYTES], const uint8_t nonce[static 12],
		   struct bytes sealed, uint8_t *ret);

/* RSA PKCS#1 v1.5 for the key in the PEM. ret has room for 512. */
bool plug_rsa_seal(const char *pem, struct bytes plain, uint8_t *ret, size_t *ret_n);

/* ret has room for 4 * (n / 3 + 1) + 1 */
void plug_base64(const uint8_t *p, size_t n, char *ret);
/* Strict. ret has room for 3 * strlen / 4 + 1. */
bool plug_unbase64(const char *text, uint8_t *ret, size_t *ret_n);

#endif
