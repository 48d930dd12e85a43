#include "crypto.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int crypto_random(void *buf, size_t n, struct err *e)
{
	return RAND_bytes(buf, (int)n) == 1 ? 0 : err_set(e, -EIO, "no random numbers");
}

int crypto_sha256(uint8_t ret[CRYPTO_SHA256_LEN], const void *data, size_t n, struct err *e)
{
	/* fetched once: the look-up costs more than the digest of a token */
	static EVP_MD *sha256;

	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return sha256 && EVP_Digest(data, n, ret, NULL, sha256, NULL) == 1
		       ? 0
		       : err_set(e, -EIO, "SHA-256 failed");
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

size_t crypto_base64url(char *ret, size_t room, const void *data, size_t n)
{
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const uint8_t *d = data;
	size_t len = 0;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | d[i];
		for (have += 8; have >= 6 && len + 1 < room; have -= 6)
			ret[len++] = abc[bits >> (have - 6) & 63];
	}
	if (have && len + 1 < room)
		ret[len++] = abc[bits << (6 - have) & 63];
	ret[len] = 0;
	return len;
}

/* crypt(3) takes 511 bytes; 128 characters can be more: those are digested first. */
static const char *crypto_phrase(const char *password, char buf[48])
{
	uint8_t digest[CRYPTO_SHA256_LEN];

	if (strlen(password) < CRYPT_MAX_PASSPHRASE_SIZE)
		return password;
	if (crypto_sha256(digest, password, strlen(password), NULL) < 0)
		return NULL;
	crypto_base64url(buf, 48, digest, sizeof(digest));
	return buf;
}

int crypto_password_hash(char ret[CRYPTO_PASSWORD_MAX], const char *password, struct err *e)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], buf[48];
	const char *phrase = crypto_phrase(password, buf), *h;
	struct crypt_data *cd = calloc(1, sizeof(*cd));
	int r = 0;

	if (!cd)
		return err_set(e, -ENOMEM, "out of memory");
	h = phrase && crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt))
		    ? crypt_rn(phrase, salt, cd, sizeof(*cd))
		    : NULL;
	if (h)
		snprintf(ret, CRYPTO_PASSWORD_MAX, "%s", h);
	else
		r = err_set(e, -EIO, "cannot hash a password with yescrypt");
	explicit_bzero(cd, sizeof(*cd));
	free(cd);
	return r;
}

bool crypto_password_check(const char *hash, const char *password)
{
	char buf[48];
	const char *phrase = crypto_phrase(password, buf);
	struct crypt_data *cd = calloc(1, sizeof(*cd));
	const char *h = cd && phrase ? crypt_rn(phrase, hash, cd, sizeof(*cd)) : NULL;
	size_t n = strlen(hash);
	bool ok = h && strlen(h) == n && crypto_equal(h, hash, n);

	if (cd)
		explicit_bzero(cd, sizeof(*cd));
	free(cd);
	return ok;
}

void crypto_password_decoy(const char *password)
{
	crypto_password_check("$y$j9T$AAAAAAAAAAAAAAAAAAAAA.$"
			      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			      password);
}

int crypto_code(char ret[CRYPTO_CODE_MAX], struct err *e)
{
	static const char abc[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* 32, so no bias */
	uint8_t b[8];
	int r = crypto_random(b, sizeof(b), e);

	if (r < 0)
		return r;
	for (int i = 0; i < 8; i++)
		ret[i + (i >= 4)] = abc[b[i] & 31];
	ret[4] = '-';
	ret[9] = 0;
	return 0;
}
