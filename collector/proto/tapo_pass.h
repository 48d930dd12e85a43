/*
 * securePassthrough ("AES"): the transport of Tapo plugs with firmware up to 2023, HTTP on port 80.
 *
 *	POST /app	{"method":"handshake","params":{"key":"-----BEGIN PUBLIC KEY-----\n…\n"}}
 *			(314 bytes)
 *			{"error_code":0,"result":{"key":"NUXzSpd8…"}}	Set-Cookie: TP_SESSIONID=…
 *	POST /app	{"method":"securePassthrough","params":{"request":"K6dsT55R…"}}
 *			{"error_code":0,"result":{"response":"MP1OF2/0…"}}
 *	POST /app?token=0123…	the same, after the login in it
 *
 * The key is RSA-1024, its base64 on one line. result.key is 128 bytes, RSA PKCS#1 v1.5 of 32: AES
 * key and IV. request and response are base64 of AES-128-CBC of JSON, always with the same IV.
 * In it: login_device with base64 of hex of SHA1 of the e-mail and of the password, which is hashed
 * for lv 2 only. The cookie is that of klap.h. Source: python-kasa, PyP100, tp-link-tapo-connect.
 * Some firmware answers with JSON that is not encrypted (python-kasa): that is taken too.
 */
#pragma once

#include "svitlo/err.h"

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#define TAPO_PASS_HANDSHAKE_MAX 512
#define TAPO_PASS_TOKEN_MAX	129
#define TAPO_PASS_PATH_MAX	(TAPO_PASS_TOKEN_MAX + 16)
#define TAPO_PASS_LOGIN_MAX	1024
#define TAPO_PASS_PASSWORD_MAX	256
#define TAPO_PASS_BODY(n)	(64 + ((n) / 16 * 16 + 16 + 2) / 3 * 4) /* of n bytes of JSON */

/* A new RSA key of so many bits, the caller's to free (EVP_PKEY_free); takes a while. -EIO. */
int tapo_rsa_make(EVP_PKEY **ret, unsigned bits, struct err *e);
/* Its public half as PEM, base64 in lines of 64 or, with one_line, in one. Gives the length. */
int tapo_rsa_pem(char *ret, size_t room, const EVP_PKEY *key, int one_line, struct err *e);

/* Secret: to be wiped with OPENSSL_cleanse. */
struct tapo_pass {
	uint8_t key[16], iv[16];
	char token[TAPO_PASS_TOKEN_MAX]; /* "": not logged in */
};

/* The body of the handshake. Gives its length; -ENOSPC, -EIO. */
int tapo_pass_handshake(char *ret, size_t room, const EVP_PKEY *key, struct err *e);
/*
 * From the answer to it. -EREMOTEIO: refused, with ret_code (tapo.h; 1003: it speaks KLAP);
 * -EPROTO: no such answer, or not for this key.
 */
int tapo_pass_make(struct tapo_pass *ret, EVP_PKEY *key, const char *body, size_t n,
		   int32_t *ret_code, struct err *e);
/* Where to post: "/app" or "/app?token=…". */
void tapo_pass_path(const struct tapo_pass *s, char ret[TAPO_PASS_PATH_MAX]);

/* JSON in its envelope: needs TAPO_PASS_BODY(n) bytes. Gives the length; -ENOSPC, -EIO. */
int tapo_pass_seal(const struct tapo_pass *s, const char *json, size_t n, char *ret, size_t room,
		   struct err *e);
/*
 * The JSON in an answer, with a NUL behind it: needs n bytes. Gives its length. -EREMOTEIO:
 * refused, with ret_code; -EPROTO: no envelope; -EBADMSG: of another session; -ENOSPC, -EIO.
 */
int tapo_pass_open(const struct tapo_pass *s, const char *body, size_t n, char *ret, size_t room,
		   int32_t *ret_code, struct err *e);

/*
 * The JSON of a login; lv is that of discovery (tapo_hello.h): 2 hashes the password, less does
 * not. t_ms: since 1970. Gives its length; -ENOSPC: the password is too long; -EIO.
 */
int tapo_pass_login(char ret[TAPO_PASS_LOGIN_MAX], int lv, const char *user, const char *password,
		    int64_t t_ms, struct err *e);
/* From the JSON answer to it. -EREMOTEIO: refused, with ret_code (-1501: wrong); -EPROTO. */
int tapo_pass_token(struct tapo_pass *s, const char *json, size_t n, int32_t *ret_code,
		    struct err *e);
/*
 * A request with the time and the name of the client that old firmware wants beside its method;
 * uuid: any, but always the same. Gives the length; -ENOSPC, -EINVAL: no object.
 */
int tapo_pass_stamp(char *ret, size_t room, const char *json, size_t n, int64_t t_ms,
		    const char *uuid, struct err *e);
