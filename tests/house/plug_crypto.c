/*
 * See plug_crypto.h.
 */
#include "plug_crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#define NONCE_BYTES 12
#define RSA_MAX	    512

bool plug_digest(enum plug_digest d, const struct bytes parts[], uint8_t *ret)
{
	const EVP_MD *md = d == PLUG_MD5 ? EVP_md5() : d == PLUG_SHA1 ? EVP_sha1() : EVP_sha256();
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good = c && EVP_DigestInit_ex(c, md, NULL) == 1;

	for (; good && parts->p; parts++)
		good = EVP_DigestUpdate(c, parts->p, parts->n) == 1;
	good = good && EVP_DigestFinal_ex(c, ret, NULL) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

void plug_hex(const uint8_t *p, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = "0123456789abcdef"[p[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
	}
	ret[2 * n] = '\0';
}

bool plug_hmac(struct bytes key, struct bytes data, uint8_t ret[static SHA256_BYTES])
{
	unsigned n = 0;

	return HMAC(EVP_sha256(), key.p, (int)key.n, data.p, data.n, ret, &n) && n == SHA256_BYTES;
}

static OSSL_PARAM octets(const char *name, struct bytes b)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)b.p, b.n);
}

bool plug_hkdf(struct bytes ikm, struct bytes salt, const char *info, uint8_t *ret, size_t n)
{
	char hash[] = "SHA256";
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
		octets(OSSL_KDF_PARAM_KEY, ikm),
		octets(OSSL_KDF_PARAM_SALT, salt),
		octets(OSSL_KDF_PARAM_INFO, TEXT(info)),
		OSSL_PARAM_construct_end(),
	};
	bool good = c && EVP_KDF_derive(c, ret, n, params) == 1;

	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	return good;
}

bool plug_pbkdf2(const char *secret, struct bytes salt, unsigned rounds, uint8_t *ret, size_t n)
{
	return PKCS5_PBKDF2_HMAC(secret, (int)strlen(secret), salt.p, (int)salt.n, (int)rounds,
				 EVP_sha256(), (int)n, ret) == 1;
}

bool plug_random(uint8_t *ret, size_t n)
{
	return RAND_bytes(ret, (int)n) == 1;
}

bool plug_cbc_seal(const uint8_t key[static AES_BYTES], const uint8_t iv[static AES_BYTES],
		   struct bytes plain, bool pads, uint8_t *ret, size_t *ret_n)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good = c && EVP_EncryptInit_ex(c, EVP_aes_128_cbc(), NULL, key, iv) == 1 &&
		    EVP_CIPHER_CTX_set_padding(c, pads) == 1 &&
		    EVP_EncryptUpdate(c, ret, &n, plain.p, (int)plain.n) == 1 &&
		    EVP_EncryptFinal_ex(c, ret + n, &last) == 1;

	EVP_CIPHER_CTX_free(c);
	*ret_n = (size_t)(n + last);
	return good;
}

bool plug_cbc_open(const uint8_t key[static AES_BYTES], const uint8_t iv[static AES_BYTES],
		   struct bytes sealed, uint8_t *ret, size_t *ret_n)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good = c && EVP_DecryptInit_ex(c, EVP_aes_128_cbc(), NULL, key, iv) == 1 &&
		    EVP_DecryptUpdate(c, ret, &n, sealed.p, (int)sealed.n) == 1 &&
		    EVP_DecryptFinal_ex(c, ret + n, &last) == 1;

	EVP_CIPHER_CTX_free(c);
	*ret_n = (size_t)(n + last);
	return good;
}

/* The order of these calls is what OpenSSL wants of CCM. */
static bool ccm_begin(EVP_CIPHER_CTX *c, bool seals, void *tag, const uint8_t *key,
		      const uint8_t *nonce, size_t n)
{
	int unused;

	return c && EVP_CipherInit_ex(c, EVP_aes_128_ccm(), NULL, NULL, NULL, seals) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, NONCE_BYTES, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
	       EVP_CipherInit_ex(c, NULL, NULL, key, nonce, seals) == 1 &&
	       EVP_CipherUpdate(c, NULL, &unused, NULL, (int)n) == 1;
}

bool plug_ccm_seal(const uint8_t key[static AES_BYTES], const uint8_t nonce[static 12],
		   struct bytes plain, uint8_t *ret)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good = ccm_begin(c, true, NULL, key, nonce, plain.n) &&
		    EVP_CipherUpdate(c, ret, &n, plain.p, (int)plain.n) == 1 &&
		    EVP_CipherFinal_ex(c, ret + n, &last) == 1 &&
		    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, ret + plain.n) == 1;

	EVP_CIPHER_CTX_free(c);
	return good;
}

bool plug_ccm_open(const uint8_t key[static AES_BYTES], const uint8_t nonce[static 12],
		   struct bytes sealed, uint8_t *ret)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t tag[TAG_BYTES];
	int n = 0;
	size_t len = sealed.n - TAG_BYTES;
	bool good = sealed.n > TAG_BYTES;

	if (good) {
		memcpy(tag, (const uint8_t *)sealed.p + len, TAG_BYTES);
		good = ccm_begin(c, false, tag, key, nonce, len) &&
		       EVP_CipherUpdate(c, ret, &n, sealed.p, (int)len) == 1;
	}
	EVP_CIPHER_CTX_free(c);
	return good;
}

bool plug_rsa_seal(const char *pem, struct bytes plain, uint8_t *ret, size_t *ret_n)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY_CTX *c = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	bool good = c && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_size(key) <= RSA_MAX &&
		    EVP_PKEY_encrypt_init(c) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1;

	*ret_n = RSA_MAX;
	good = good && EVP_PKEY_encrypt(c, ret, ret_n, plain.p, plain.n) == 1;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return good;
}

void plug_base64(const uint8_t *p, size_t n, char *ret)
{
	EVP_EncodeBlock((unsigned char *)ret, p, (int)n);
}

/* EVP_DecodeBlock counts the padding as data, and takes spaces at the ends. */
bool plug_unbase64(const char *text, uint8_t *ret, size_t *ret_n)
{
	size_t len = strlen(text), pad = 0;
	int n;

	if (!len || len % 4 || strspn(text, " \t\r\n") || strcspn(text, " \t\r\n") != len)
		return false;
	while (pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	n = EVP_DecodeBlock(ret, (const unsigned char *)text, (int)len);
	*ret_n = n < 0 ? 0 : (size_t)n - pad;
	return n >= 0;
}
