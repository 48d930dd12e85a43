/* Randomness, digests and passwords. OpenSSL and crypt(3) stay behind this file. */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_SHA256_LEN   32
#define CRYPTO_PASSWORD_MAX 384 /* CRYPT_OUTPUT_SIZE */

int crypto_random(void *buf, size_t n, struct err *e);
int crypto_sha256(uint8_t ret[CRYPTO_SHA256_LEN], const void *data, size_t n, struct err *e);
bool crypto_equal(const void *a, const void *b, size_t n); /* takes the same time either way */

/* base64url without padding. Needs 4 * (n + 2) / 3 + 1 bytes; gives the length. */
size_t crypto_base64url(char *ret, size_t room, const void *data, size_t n);

/* yescrypt through crypt(3), with a random salt. Some 50 ms of CPU, on purpose. */
int crypto_password_hash(char ret[CRYPTO_PASSWORD_MAX], const char *password, struct err *e);
bool crypto_password_check(const char *hash, const char *password);
/* The same work for a user that doesn't exist, so that the time doesn't tell. */
void crypto_password_decoy(const char *password);

/* A code for people: 8 letters and digits that cannot be mistaken, as XXXX-XXXX. */
#define CRYPTO_CODE_MAX 10
int crypto_code(char ret[CRYPTO_CODE_MAX], struct err *e);
