/*
 * Secrets that a worker can write and only the collector can read: sealed to the collector's
 * X25519 key, of which config.db has the public half (setting 'seal.public').
 *
 *	01 | ephemeral public key, 32 bytes | ciphertext, as long as the secret | tag, 16 bytes
 *
 * AES-256-GCM; key and nonce come by HKDF-SHA256 from the X25519 secret of the ephemeral key, which
 * is used once, with both public keys as salt. The context ("device:7:pin") is authenticated too: a
 * blob that was moved to another row does not open.
 */
#pragma once

#include "err.h"

#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_LEN	 32
#define SEAL_PUBLIC_MAX	 (2 * SEAL_KEY_LEN + 1)
#define SEAL_PLAIN_MAX	 256
#define SEAL_OVERHEAD	 (1 + SEAL_KEY_LEN + 16)
#define SEAL_BLOB_MAX	 (SEAL_OVERHEAD + SEAL_PLAIN_MAX)
#define SEAL_CONTEXT_MAX 64
#define SEAL_FILE_LEN	 (2 * SEAL_KEY_LEN) /* private, then public: the one proves the other */
#define SEAL_PUBLIC_NAME "seal.public"	    /* key of the setting */
#define SEAL_PIN_CONTEXT "device:%lld:pin"  /* of a device's PIN, with its id */
#define SEAL_FILE_NAME	 "secret.key"
/* of the account with the maker of plugs */
#define SEAL_TAPO_USER_CONTEXT	   "account:tapo:user"
#define SEAL_TAPO_PASSWORD_CONTEXT "account:tapo:password"

struct seal_key {
	uint8_t secret[SEAL_KEY_LEN], public_key[SEAL_KEY_LEN];
	char public_text[SEAL_PUBLIC_MAX]; /* hexadecimal */
};

/*
 * Reads DIR/secret.key, or makes it (mode 0600, whole or not at all). Only for the collector, which
 * is alone on its folder. -EACCES cannot be read, -EPERM others could read it, -EBADMSG damaged.
 */
int seal_key_load(struct seal_key *ret, const char *dir, struct err *e);
/* The bytes of the file. -EBADMSG. */
int seal_key_parse(struct seal_key *ret, const void *bytes, size_t n, struct err *e);
void seal_key_wipe(struct seal_key *k);

/* Needs only the public text. Gives the blob's length. -EINVAL: no public key, or too long. */
int seal_put(uint8_t ret[SEAL_BLOB_MAX], const char *public_text, const char *context,
	     const void *plain, size_t n, struct err *e);

/* Gives the secret, NUL-terminated, and its length; wipe it after use. -EBADMSG. */
int seal_open(char ret[SEAL_PLAIN_MAX + 1], const struct seal_key *k, const char *context,
	      const void *blob, size_t n, struct err *e);
