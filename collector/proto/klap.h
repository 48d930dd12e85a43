/*
 * KLAP: the transport of Tapo plugs with firmware from 2023 on, HTTP on port 80.
 *
 *	POST /app/handshake1	00112233445566778899aabbccddeeff		our seed, 16
 *	200			00eeddccbbaa99887766554433221100 | fcdf404b…	its seed, 16 | hash 1, 32
 *				Set-Cookie: TP_SESSIONID=<hex>;TIMEOUT=86400
 *	POST /app/handshake2	05bb3167bef68237…				hash 2, 32
 *	200
 *	POST /app/request?seq=1217406059
 *				b04f0387b0c5b96e… | 14e4c3a6f8fd31bf…		mac, 32 | AES-128-CBC
 *
 *	auth	v2: SHA256(SHA1(user) SHA1(password)), 32; v1: MD5(MD5(user) MD5(password)), 16
 *	hash 1	v2: SHA256(ours its auth), v1: SHA256(ours auth)
 *	hash 2	v2: SHA256(its ours auth), v1: SHA256(its auth)
 *	key	SHA256("lsk" ours its auth), first 16
 *	iv	SHA256("iv" ours its auth): 12 of each request's IV; last 4, signed: where seq starts
 *	sig	SHA256("ldk" ours its auth), first 28
 *	mac	SHA256(sig seq ciphertext); the IV of a request is iv seq; seq is big endian
 *
 * An answer has the form and the seq of its request. v2 is what Tapo plugs speak, v1 old Kasa ones.
 * Source: python-kasa, PyP100 and tp-link-tapo-connect, whose values are those of the tests.
 * An answer whose mac is wrong is refused: it is somebody else's, or was changed on its way.
 */
#pragma once

#include "svitlo/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KLAP_SEED_LEN	    16
#define KLAP_HASH_LEN	    32
#define KLAP_HANDSHAKE1_LEN (KLAP_SEED_LEN + KLAP_HASH_LEN)
#define KLAP_CANDIDATES_MAX 8
#define KLAP_PATH_MAX	    40
#define KLAP_BODY_MAX	    65536
#define KLAP_BODY(n)	    (KLAP_HASH_LEN + (n) / 16 * 16 + 16) /* of n bytes of JSON */

enum klap_version { KLAP_V1 = 1, KLAP_V2 = 2 };
/* Whose e-mail and password fit. */
enum klap_who { KLAP_USER, KLAP_KASA, KLAP_TAPO, KLAP_BLANK, KLAP_WHO__MAX };

/* As good as the password: to be wiped (klap_wipe) and never shown. */
struct klap_auth {
	enum klap_version version;
	enum klap_who who;
	uint8_t hash[KLAP_HASH_LEN];
	uint8_t n; /* of hash: 16 or 32 */
};

/* UTF-8, as registered: case matters. -EIO. */
int klap_auth_make(struct klap_auth *ret, enum klap_version version, const char *user,
		   const char *password, struct err *e);
/*
 * Who may be known to a plug, in the order in which it is tried: the user (NULL: none), the pairs
 * that are built in, nobody. v1 too, after v2 of each: for IOT.* devices. Gives the number; -EIO.
 */
int klap_candidates(struct klap_auth ret[KLAP_CANDIDATES_MAX], const char *user,
		    const char *password, bool v1_too, struct err *e);

/*
 * Which of n candidates the answer to handshake 1 was made with: its index. Takes the same time
 * for each. -EPROTO: not 48 bytes; -EACCES: none fits, and handshake 2 must not be sent.
 */
int klap_check(const struct klap_auth *c, size_t n, const uint8_t ours[KLAP_SEED_LEN],
	       const uint8_t *answer, size_t len, struct err *e);
/* The body of handshake 2. its: the first bytes of the answer. -EIO. */
int klap_handshake2(uint8_t ret[KLAP_HASH_LEN], const struct klap_auth *a,
		    const uint8_t ours[KLAP_SEED_LEN], const uint8_t its[KLAP_SEED_LEN],
		    struct err *e);

struct klap_session {
	uint8_t key[16], iv[12], sig[28];
	int32_t seq; /* of the last request */
};

int klap_session_make(struct klap_session *ret, const struct klap_auth *a,
		      const uint8_t ours[KLAP_SEED_LEN], const uint8_t its[KLAP_SEED_LEN],
		      struct err *e);
/*
 * The body of the next request: KLAP_BODY(n) bytes. Gives its length and steps seq, whatever comes
 * of the request. -EOVERFLOW: seq is used up, a new handshake is due; -ENOSPC, -EIO.
 */
int klap_seal(struct klap_session *s, const char *json, size_t n, uint8_t *ret, size_t room,
	      struct err *e);
/* "/app/request?seq=-876809880", of the last request. */
void klap_path(const struct klap_session *s, char ret[KLAP_PATH_MAX]);
/*
 * The JSON of an answer to the last request, with a NUL behind it: needs len bytes. Gives its
 * length. -EBADMSG: length, mac or padding, the session is lost; -ENOSPC, -EIO.
 */
int klap_open(const struct klap_session *s, const uint8_t *body, size_t len, char *ret, size_t room,
	      struct err *e);
void klap_wipe(void *p, size_t n);

/*
 * The value of a Set-Cookie header of this transport and of securePassthrough. Sent back is
 * "name=value" alone: a TIMEOUT in it is refused.
 */
struct klap_cookie {
	char name[16];	   /* TP_SESSIONID or SESSIONID */
	char value[129];   /* letters and digits */
	int32_t timeout_s; /* life of the session; 86400 if it says nothing */
};
/* -EPROTO: no session in it, two of them, or one of other characters. */
int klap_cookie_parse(struct klap_cookie *ret, const char *header, size_t n, struct err *e);
