#include "seal.h"

#include "crypto.h"
#include "rd.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_VERSION 1
#define SEAL_TAG     16
#define SEAL_NONCE   12
#define SEAL_PATH    4096

SV_DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
SV_DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
SV_DEFINE_CLEANUP(EVP_KDF *, EVP_KDF_free)
SV_DEFINE_CLEANUP(EVP_KDF_CTX *, EVP_KDF_CTX_free)
SV_DEFINE_CLEANUP(EVP_CIPHER *, EVP_CIPHER_free)
SV_DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

/* What encrypts one blob; to be wiped. */
struct seal_once {
	uint8_t key[32], nonce[SEAL_NONCE];
};

static int seal_failed(struct err *e)
{
	return err_set(e, -EIO, "OpenSSL cannot do X25519, HKDF or AES-256-GCM here");
}

static int seal_damaged(struct err *e)
{
	return err_set(e, -EBADMSG,
		       "the secret cannot be opened: it is damaged, or was sealed "
		       "for another key or device: enter it again");
}

/* ---- keys ---- */

static void public_write(char ret[SEAL_PUBLIC_MAX], const uint8_t key[SEAL_KEY_LEN])
{
	for (size_t i = 0; i < SEAL_KEY_LEN; i++)
		snprintf(ret + 2 * i, 3, "%02x", key[i]);
}

static int public_read(uint8_t ret[SEAL_KEY_LEN], const char *text)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * SEAL_KEY_LEN || strspn(text, digits) != 2 * SEAL_KEY_LEN)
		return -EINVAL;
	for (size_t i = 0; i < SEAL_KEY_LEN; i++)
		ret[i] = (uint8_t)((strchr(digits, text[2 * i]) - digits) << 4 |
				   (strchr(digits, text[2 * i + 1]) - digits));
	return 0;
}

static EVP_PKEY *secret_pkey(const uint8_t secret[SEAL_KEY_LEN])
{
	return EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret, SEAL_KEY_LEN);
}

static int public_of(uint8_t ret[SEAL_KEY_LEN], EVP_PKEY *pkey)
{
	size_t n = SEAL_KEY_LEN;

	return pkey && EVP_PKEY_get_raw_public_key(pkey, ret, &n) == 1 && n == SEAL_KEY_LEN ? 0
											    : -EIO;
}

/* A fresh pair. */
static int pair_make(uint8_t secret[SEAL_KEY_LEN], uint8_t public_key[SEAL_KEY_LEN], struct err *e)
{
	SV_CLEANUP(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	int r = crypto_random(secret, SEAL_KEY_LEN, e);

	if (r < 0)
		return r;
	pkey = secret_pkey(secret);
	return public_of(public_key, pkey) < 0 ? seal_failed(e) : 0;
}

int seal_key_parse(struct seal_key *ret, const void *bytes, size_t n, struct err *e)
{
	SV_CLEANUP(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	uint8_t check[SEAL_KEY_LEN];

	if (n != SEAL_FILE_LEN)
		return err_set(e, -EBADMSG, "a key file has %d bytes, this has %zu", SEAL_FILE_LEN,
			       n);
	pkey = secret_pkey(bytes);
	if (public_of(check, pkey) < 0)
		return seal_failed(e);
	if (!crypto_equal(check, (const uint8_t *)bytes + SEAL_KEY_LEN, SEAL_KEY_LEN))
		return err_set(e, -EBADMSG, "its two halves do not belong together");
	memcpy(ret->secret, bytes, SEAL_KEY_LEN);
	memcpy(ret->public_key, check, SEAL_KEY_LEN);
	public_write(ret->public_text, check);
	return 0;
}

void seal_key_wipe(struct seal_key *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

/* Bytes read, one more than allowed at most. */
static ssize_t key_read(int fd, uint8_t buf[SEAL_FILE_LEN + 1])
{
	size_t n = 0;
	ssize_t got;

	while (n <= SEAL_FILE_LEN && (got = read(fd, buf + n, SEAL_FILE_LEN + 1 - n)) != 0) {
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)n;
}

static int key_load(struct seal_key *ret, int fd, const char *path, struct err *e)
{
	uint8_t buf[SEAL_FILE_LEN + 1];
	struct err why = { 0 };
	struct stat st;
	ssize_t n;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, -EACCES, "%s: is not a file", path);
	if (st.st_mode & 077)
		return err_set(e, -EPERM,
			       "%s: others may read it (mode %03o): chmod 600 it; if somebody "
			       "could have, delete it and enter the PINs again",
			       path, (unsigned)st.st_mode & 0777);
	n = key_read(fd, buf);
	if (n < 0)
		return err_set(e, (int)n, "%s: %s", path, strerror((int)-n));
	r = seal_key_parse(ret, buf, (size_t)n, &why);
	OPENSSL_cleanse(buf, sizeof(buf));
	if (r == -EBADMSG)
		return err_set(e, r,
			       "%s: is damaged (%s): restore it, or delete it and enter the "
			       "PINs again",
			       path, err_text(&why));
	return r < 0 ? err_set(e, r, "%s", err_text(&why)) : 0;
}

/* On disk before it gets its name: a power cut leaves all of it or nothing. */
static int key_write(const char *dir, const char *path, const uint8_t *bytes, struct err *e)
{
	SV_AUTO_CLOSE int fd = -1, dirfd = -1;
	char temp[SEAL_PATH + 8];
	ssize_t n;
	int r;

	snprintf(temp, sizeof(temp), "%s.new", path);
	if (unlink(temp) < 0 && errno != ENOENT)
		return err_set(e, -errno, "%s: %s", temp, strerror(errno));
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dirfd < 0)
		return err_set(e, -errno, "%s: %s: does the folder exist, and is it yours?", temp,
			       strerror(errno));
	n = write(fd, bytes, SEAL_FILE_LEN);
	r = n < 0 ? -errno : n != SEAL_FILE_LEN ? -ENOSPC : 0;
	if (r == 0 && (fsync(fd) < 0 || rename(temp, path) < 0 || fsync(dirfd) < 0))
		r = -errno;
	if (r == 0)
		return 0;
	unlink(temp);
	return err_set(e, r, "%s: cannot be written: %s", path, strerror(-r));
}

static int key_make(struct seal_key *ret, const char *dir, const char *path, struct err *e)
{
	uint8_t buf[SEAL_FILE_LEN];
	int r = pair_make(buf, buf + SEAL_KEY_LEN, e);

	if (r == 0)
		r = key_write(dir, path, buf, e);
	if (r == 0)
		r = seal_key_parse(ret, buf, sizeof(buf), e);
	OPENSSL_cleanse(buf, sizeof(buf));
	return r;
}

int seal_key_load(struct seal_key *ret, const char *dir, struct err *e)
{
	SV_AUTO_CLOSE int fd = -1;
	char path[SEAL_PATH];

	if (snprintf(path, sizeof(path), "%s/%s", dir, SEAL_FILE_NAME) >= (int)sizeof(path))
		return err_set(e, -ENAMETOOLONG, "%.60s…: the path is too long", dir);
	/* O_NONBLOCK: whatever lies there, it is not waited for */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return key_load(ret, fd, path, e);
	if (errno == ENOENT)
		return key_make(ret, dir, path, e);
	return err_set(e, -errno, "%s: %s: it must belong to the user that runs the collector",
		       path, strerror(errno));
}

/* ---- sealing and opening ---- */

/* X25519 of ours and theirs, through HKDF. */
static int once_derive(struct seal_once *ret, const uint8_t ours[SEAL_KEY_LEN],
		       const uint8_t theirs[SEAL_KEY_LEN], uint8_t salt[2 * SEAL_KEY_LEN])
{
	SV_CLEANUP(EVP_PKEY_freep) EVP_PKEY *mine = secret_pkey(ours);
	SV_CLEANUP(EVP_PKEY_freep)
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, theirs, SEAL_KEY_LEN);
	SV_CLEANUP(EVP_PKEY_CTX_freep)
	EVP_PKEY_CTX *dh = mine ? EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL) : NULL;
	SV_CLEANUP(EVP_KDF_freep) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	SV_CLEANUP(EVP_KDF_CTX_freep) EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	uint8_t shared[SEAL_KEY_LEN];
	size_t n = sizeof(shared);
	char digest[] = "SHA256", info[] = "svitlo seal 1";
	bool ok = dh && ctx && peer && EVP_PKEY_derive_init(dh) == 1 &&
		  EVP_PKEY_derive_set_peer(dh, peer) == 1 &&
		  /* fails for a peer of low order, whose secret everybody knows */
		  EVP_PKEY_derive(dh, shared, &n) == 1 && n == sizeof(shared);

	if (ok) {
		const OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, n),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt,
							  2 * SEAL_KEY_LEN),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
							  sizeof(info) - 1),
			OSSL_PARAM_construct_end(),
		};

		ok = EVP_KDF_derive(ctx, (uint8_t *)ret, sizeof(*ret), params) == 1;
	}
	OPENSSL_cleanse(shared, sizeof(shared));
	return ok ? 0 : -EIO;
}

/* One pass of AES-256-GCM. tag: written when sealing, compared when opening. */
static int once_crypt(const struct seal_once *once, bool seal, const char *context,
		      const uint8_t *in, size_t n, uint8_t *out, uint8_t *tag)
{
	SV_CLEANUP(EVP_CIPHER_freep)
	EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	SV_CLEANUP(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, aad = (int)strlen(context);
	bool ok = gcm && ctx &&
		  EVP_CipherInit_ex2(ctx, gcm, once->key, once->nonce, seal, NULL) == 1 &&
		  EVP_CipherUpdate(ctx, NULL, &len, (const uint8_t *)context, aad) == 1 &&
		  EVP_CipherUpdate(ctx, out, &len, in, (int)n) == 1 && len == (int)n;

	if (ok && !seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, tag) == 1;
	ok = ok && EVP_CipherFinal_ex(ctx, out + n, &len) == 1;
	if (ok && seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, tag) == 1;
	return ok ? 0 : -EIO;
}

int seal_put(uint8_t ret[SEAL_BLOB_MAX], const char *public_text, const char *context,
	     const void *plain, size_t n, struct err *e)
{
	uint8_t secret[SEAL_KEY_LEN], salt[2 * SEAL_KEY_LEN];
	struct seal_once once;
	int r;

	if (public_read(salt + SEAL_KEY_LEN, public_text) < 0)
		return err_set(e, -EINVAL, "the setting " SEAL_PUBLIC_NAME " is not a key");
	if (n == 0 || n > SEAL_PLAIN_MAX || strlen(context) > SEAL_CONTEXT_MAX)
		return err_set(e, -EINVAL, "a secret has 1 to %d bytes", SEAL_PLAIN_MAX);
	r = pair_make(secret, salt, e);
	if (r == 0)
		r = once_derive(&once, secret, salt + SEAL_KEY_LEN, salt) < 0 ? seal_failed(e) : 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	if (r < 0)
		return r;
	ret[0] = SEAL_VERSION;
	memcpy(ret + 1, salt, SEAL_KEY_LEN);
	r = once_crypt(&once, true, context, plain, n, ret + 1 + SEAL_KEY_LEN,
		       ret + 1 + SEAL_KEY_LEN + n);
	OPENSSL_cleanse(&once, sizeof(once));
	return r < 0 ? seal_failed(e) : (int)(n + SEAL_OVERHEAD);
}

int seal_open(char ret[SEAL_PLAIN_MAX + 1], const struct seal_key *k, const char *context,
	      const void *blob, size_t n, struct err *e)
{
	struct rd rd = rd_init(blob, n);
	uint8_t salt[2 * SEAL_KEY_LEN], plain[SEAL_PLAIN_MAX + SEAL_TAG], tag[SEAL_TAG];
	const uint8_t *ephemeral, *in, *end;
	struct seal_once once;
	size_t len;
	int r;

	if (n <= SEAL_OVERHEAD || n > SEAL_BLOB_MAX || strlen(context) > SEAL_CONTEXT_MAX)
		return seal_damaged(e);
	len = n - SEAL_OVERHEAD;
	if (rd_u8(&rd) != SEAL_VERSION)
		return err_set(e, -EBADMSG,
			       "the secret was sealed by another version of svitlo, or is "
			       "damaged: enter it again");
	ephemeral = rd_take(&rd, SEAL_KEY_LEN);
	in = rd_take(&rd, len);
	end = rd_take(&rd, SEAL_TAG);
	if (!ephemeral || !in || !end)
		return seal_damaged(e);
	memcpy(salt, ephemeral, SEAL_KEY_LEN);
	memcpy(salt + SEAL_KEY_LEN, k->public_key, SEAL_KEY_LEN);
	memcpy(tag, end, SEAL_TAG);
	r = once_derive(&once, k->secret, ephemeral, salt);
	if (r == 0)
		r = once_crypt(&once, false, context, in, len, plain, tag);
	if (r == 0) {
		memcpy(ret, plain, len);
		ret[len] = 0;
	}
	OPENSSL_cleanse(&once, sizeof(once));
	OPENSSL_cleanse(plain, sizeof(plain));
	return r < 0 ? seal_damaged(e) : (int)len;
}
