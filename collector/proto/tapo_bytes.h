/*
 * Digests, base64, text and JSON of Tapo plugs, each with its bounds. Private to proto/klap*,
 * proto/tapo*, proto/tpap*. Nothing here knows a key longer than the call.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAPO_JSON_MAX	65536 /* bytes of an answer; real ones are shorter */
#define TAPO_JSON_DEPTH 24    /* a batch in a strip's batch has 13 */
#define TAPO_BLOCK	16    /* AES */
#define TAPO_NO_CODE	INT32_MIN
#define TAPO_MAC_MAX	13 /* "AABBCCDDEEFF" */
#define TAPO_BASE64(n)	(((n) + 2) / 3 * 4)
#define TAPO_SPANS(...)                                                                            \
	(const struct tapo_span[])                                                                 \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define TAPO_TEXT(s)	 ((struct tapo_span){ (s), strlen(s) })
#define TAPO_BYTES(a, n) ((struct tapo_span){ (a), (n) })

SV_DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)
SV_DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
SV_DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)

struct tapo_span {
	const void *p;
	size_t n;
};

/* The digest of all parts, one after another. -EIO. */
int tapo_digest(const EVP_MD *md, uint8_t *ret, const struct tapo_span *parts, size_t n,
		struct err *e);
/* Two digits a byte and a NUL. */
void tapo_hex(char *ret, const uint8_t *p, size_t n, bool upper);

/* AES-128-CBC with PKCS#7. Sealing needs room for n + TAPO_BLOCK; gives the length. -EIO. */
int tapo_cbc_seal(const uint8_t key[TAPO_BLOCK], const uint8_t iv[TAPO_BLOCK], const void *plain,
		  size_t n, uint8_t *ret, struct err *e);
/* Needs room for n. -EBADMSG: no whole blocks or wrong padding; what was written is wiped. */
int tapo_cbc_open(const uint8_t key[TAPO_BLOCK], const uint8_t iv[TAPO_BLOCK], const uint8_t *in,
		  size_t n, uint8_t *ret, struct err *e);

/* TAPO_BASE64(n) characters and a NUL. */
size_t tapo_base64(char *ret, const void *p, size_t n);
/*
 * Strict: whole groups, no white space, padding only at the end and with zero bits. Gives the
 * length; -EINVAL, -ENOSPC.
 */
int tapo_unbase64(uint8_t *ret, size_t room, const char *text, size_t n);
/* The bytes of a member that is text in base64; -EPROTO. */
int tapo_json_base64(const json_t *o, const char *key, uint8_t *ret, size_t room);

/* printf into a bounded buffer. Gives the length, -ENOSPC. */
int tapo_print(char *ret, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A text of lines as JSON writes it, each end of a line as \n. Gives the length, -ENOSPC. */
int tapo_escape_lines(char *ret, size_t room, const char *text);
/* 1 to room-1 characters that need no escape in JSON, a path or a cookie: letters, digits, _ - */
bool tapo_is_plain(const char *text, size_t room);
/* "AABBCCDDEEFF" of "aa-bb-…", "AA:BB:…" or none between; "" if it is none. */
void tapo_mac(char ret[TAPO_MAC_MAX], const char *text);

/* An object, within the bounds above; the caller frees it. NULL: none. */
json_t *tapo_json(const char *text, size_t n);
/* A whole number from lo to hi, else -1. lo is at least 0. */
int64_t tapo_json_int(const json_t *o, const char *key, int64_t lo, int64_t hi);
double tapo_json_number(const json_t *o, const char *key); /* NAN: none */
int tapo_json_bool(const json_t *o, const char *key);	   /* -1: none */
/* Text, cut between characters; control characters become blanks. "": none. */
void tapo_json_text(const json_t *o, const char *key, char *ret, size_t room);
int32_t tapo_json_code(const json_t *o); /* error_code; TAPO_NO_CODE: none */
/* What a device refused, in words; -EREMOTEIO. ret_code may be NULL. */
int tapo_refused(struct err *e, int32_t *ret_code, int32_t code, const char *what);
/* Copies n bytes of UTF-8 and cuts between characters. false: it is no UTF-8; ret is "". */
bool tapo_utf8(char *ret, size_t room, const void *p, size_t n);
