/*
 * TPAP: the transport of Tapo plugs with firmware from autumn 2025 on, unless their owner lets
 * other programs in (then they speak KLAP). SPAKE2+ (RFC 9383, P-256, SHA-256), then AES-128-CCM.
 *
 *	POST /	{"method":"login","params":{"sub_method":"discover"}}
 *		{"error_code":0,"result":{"mac":…,"tpap":{"tls":0,"port":80,"pake":[2],…}}}
 *	POST /	… "sub_method":"pake_register","user_random":B64(32), what we can …
 *		… "dev_random":B64(32),"dev_salt":B64,"dev_share":B64(65 or 33),"iterations":3000,
 *		  "extra_crypt":{"type":"password_shadow","params":{"passwd_id":2}} …
 *	POST /	… "sub_method":"pake_share","user_share":B64(65),"user_confirm":B64(32) …
 *		… "dev_confirm":B64(32),"stok":"…","start_seq":1000 …
 *	POST /stok=…/ds
 *		000003e8 | 7e34e8fe85da3baa36a4ed1a… | …bba7	seq, big endian | ciphertext | tag, 16
 *
 *	d	PBKDF2-HMAC-SHA256(credential, dev_salt, iterations, 80): w0, w1 = halves mod n
 *	L	x G + w0 M, sent;  R = dev_share;  Z = x (R - w0 N);  V = w1 (R - w0 N)
 *	TT	of SHA256("PAKE V1" user_random dev_random), "", "", M, N, L, R, Z, V, w0,
 *		each behind its length in 8 bytes, little endian
 *	keys	HKDF of SHA256(TT): "ConfirmationKeys" (64: ours, its), "SharedKey" (32)
 *	confirm	ours: HMAC(ours, R); its: HMAC(its, L)
 *	session	HKDF of the shared key: key (16), nonce (8 of 12, then seq)
 *
 * Source: python-kasa's pull request 1592, the Rust library tapo, iobroker.tapo; not checked
 * against a plug. An answer has the seq and so the nonce of its request: the protocol's own
 * weakness. Not known for certain: w0 in TT is 32 bytes or its shortest form. A device counts what
 * it refuses and locks. -2203 at pake_share also comes of a session out of step: worth one fresh one.
 */
#pragma once

#include "svitlo/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TPAP_RANDOM_LEN	    32
#define TPAP_POINT_LEN	    65 /* 04, x, y */
#define TPAP_SALT_MAX	    64
#define TPAP_CREDENTIAL_MAX 520 /* e-mail, slash, password */
#define TPAP_BODY_MAX	    1024
#define TPAP_STOK_MAX	    129
#define TPAP_PATH_MAX	    (TPAP_STOK_MAX + 16)
#define TPAP_ITERATIONS_MAX 1000000
#define TPAP_DISCOVER	    "{\"method\":\"login\",\"params\":{\"sub_method\":\"discover\"}}"
#define TPAP_SEALED(n)	    ((n) + 4 + 16)

struct json_t;

/* What a plug offers. -1: it does not say. */
struct tpap_offer {
	int tls; /* 0 plain HTTP, 1 HTTPS of any certificate, 2 HTTPS */
	int port;
	uint32_t pake; /* a bit a kind: 0 of the device, 1 2 5 the account's password, 3 shared */
	int dac;       /* it can prove where it is from */
	int user_hash_type;
};
/* From the object "tpap" of an answer to discovery; NULL: nothing is known. */
void tpap_offer_read(struct tpap_offer *ret, const struct json_t *tpap);
/*
 * From the answer to TPAP_DISCOVER: 1 TPAP, 0 another transport. mac: "AABBCCDDEEFF" or "".
 * -EREMOTEIO: refused, with ret_code (1003: too old for TPAP); -EPROTO.
 */
int tpap_discovered(struct tpap_offer *ret, char ret_mac[13], const char *body, size_t n,
		    int32_t *ret_code, struct err *e);

/* Does it let in by a passcode of its own MAC? That anybody can make: it proves nothing. */
bool tpap_own_passcode(const struct tpap_offer *o);

/* What a refusal says. -1: nothing. */
struct tpap_refusal {
	int32_t code;	    /* 0: none */
	int failed, remain; /* logins, until it locks */
};

/* The body of pake_register. Gives its length; -ENOTSUP: only kinds of passcode we have not. */
int tpap_register(char ret[TPAP_BODY_MAX], const struct tpap_offer *o,
		  const uint8_t random[TPAP_RANDOM_LEN], struct err *e);

/* What the plug makes of the password. */
enum tpap_crypt {
	TPAP_PLAIN,  /* e-mail/password */
	TPAP_SHADOW, /* hex SHA1(password) */
	TPAP_SALTED, /* hex SHA256("admin" or "user", salt, password) */
	TPAP_OTHER,  /* known by name only: MD5-crypt, SHA-256-crypt, of routers … */
};
struct tpap_registered {
	uint8_t random[TPAP_RANDOM_LEN], share[TPAP_POINT_LEN], salt[TPAP_SALT_MAX];
	uint32_t iterations; /* 1 to TPAP_ITERATIONS_MAX */
	uint8_t salt_n;
	enum tpap_crypt crypt;
	bool sha_user; /* of TPAP_SALTED: "user" */
	uint8_t sha_salt[TPAP_SALT_MAX], sha_salt_n;
};
/* From the answer. -EREMOTEIO with why; -EPROTO: not what was offered, or no point of the curve. */
int tpap_registered_parse(struct tpap_registered *ret, const char *body, size_t n,
			  struct tpap_refusal *ret_why, struct err *e);
/*
 * What both sides make the keys from; a secret. mac: of a plug that has a passcode of its own
 * (pake 0), else unused. -ENOTSUP: a form we are not sure of; -ENOSPC: too long; -EIO.
 */
int tpap_credential(char ret[TPAP_CREDENTIAL_MAX], const struct tpap_offer *o,
		    const struct tpap_registered *r, const char *mac, const char *user,
		    const char *password, struct err *e);

/* Secrets: to be wiped with OPENSSL_cleanse. */
struct tpap_pake {
	uint8_t share[TPAP_POINT_LEN], confirm[32]; /* to be sent */
	uint8_t its_confirm[32], shared[32];
	bool two_forms; /* w0's two forms differ: worth one other try when it is refused */
};
/*
 * x: random, 1 to n-1. short_w0: w0 in its shortest form. Takes a second of CPU for the most
 * iterations, 3 ms for the usual ones. -ERANGE: x is none, draw another; -EIO; -EPROTO: the
 * device's share gives nothing.
 */
int tpap_pake_make(struct tpap_pake *ret, const struct tpap_registered *r, const char *credential,
		   const uint8_t random[TPAP_RANDOM_LEN], const uint8_t x[32], bool short_w0,
		   struct err *e);
/* The body of pake_share. dac_nonce: NULL without dac. Gives its length. */
int tpap_share(char ret[TPAP_BODY_MAX], const struct tpap_pake *p,
	       const uint8_t dac_nonce[TPAP_RANDOM_LEN], struct err *e);

/* Secret: to be wiped. */
struct tpap_session {
	uint8_t key[16], nonce[12];
	uint32_t seq; /* of the next request */
	char stok[TPAP_STOK_MAX];
};
/*
 * From the answer to it. -EREMOTEIO with why (-2203: wrong password, or once more; -2101: locked); -EACCES: the
 * device does not know the password; -EPROTO.
 */
int tpap_session_make(struct tpap_session *ret, const struct tpap_pake *p, const char *body,
		      size_t n, struct tpap_refusal *ret_why, struct err *e);
void tpap_path(const struct tpap_session *s, char ret[TPAP_PATH_MAX]); /* "/stok=…/ds" */
/* Needs TPAP_SEALED(n); gives the length and steps seq. -EOVERFLOW: log in anew; -ENOSPC, -EIO. */
int tpap_seal(struct tpap_session *s, const char *json, size_t n, uint8_t *ret, size_t room,
	      struct err *e);
/*
 * The JSON of an answer, with a NUL behind it: needs len bytes. Gives its length, and the seq it
 * has. -EREMOTEIO: refused in plain JSON, with why; -EBADMSG: of another session; -ENOSPC, -EIO.
 */
int tpap_open(const struct tpap_session *s, const uint8_t *body, size_t len, char *ret, size_t room,
	      uint32_t *ret_seq, struct tpap_refusal *ret_why, struct err *e);
