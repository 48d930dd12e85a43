/*
 * TPAP's dialogue. See plug_spake.h for what is computed.
 *
 *     POST /            {"method":"login","params":{"sub_method":"discover"}}     < mac, tpap
 *     POST /            … "pake_register" user_random …    < dev_random, dev_salt, dev_share …
 *     POST /            … "pake_share" user_share …        < dev_confirm, stok, start_seq
 *     POST /stok=…/ds   be32(seq) ct tag                   < the same
 */
#include "plug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHER_TRANSPORT 1003
#define UNKNOWN		-1002
#define BAD_PARAMS	-1008
#define LOCKED		-2101
#define MISMATCH	-2203
#define NO_SESSION	-2402
#define BAD_NONCE	-40413
#define ATTEMPTS	5
#define ADMIN_MD5	"21232f297a57a5a743894a0e4a801fc3"
#define ENCRYPTION	"aes_128_ccm"
#define B64_ROOM	128

json_t *plug_tpap_offer(const struct plug *p)
{
	return json_pack("{s:i,s:i,s:b,s:b,s:[i],s:i}", "tls", 0, "port",
			 ntohs(p->port.at.sin_port), "dac", 0, "noc", 0, "pake", 2,
			 "user_hash_type", 0);
}

static void discover(struct plug *p, struct plug_reply *r)
{
	const uint8_t *m = p->unit->mac;
	bool tpap = plug_speaks(p) == PLUG_TPAP;
	json_t *result;
	char mac[18];

	snprintf(mac, sizeof(mac), "%02X-%02X-%02X-%02X-%02X-%02X", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	result = json_pack("{s:s,s:b}", "mac", mac, "tpap_preferred", tpap);
	if (tpap)
		json_object_set_new(result, "tpap", plug_tpap_offer(p));
	plug_reply_json(r, json_pack("{s:i,s:o}", "error_code", 0, "result", result));
}

/* Exactly n bytes. */
static bool read_bytes(const json_t *params, const char *key, uint8_t *ret, size_t n)
{
	const char *text = json_string_value(json_object_get(params, key));
	uint8_t raw[B64_ROOM];
	size_t len;

	if (!text || strlen(text) >= B64_ROOM || !plug_unbase64(text, raw, &len) || len != n)
		return false;
	memcpy(ret, raw, n);
	return true;
}

static bool offers(const json_t *params, const char *key, const json_t *what)
{
	const json_t *list = json_object_get(params, key);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), what))
			return true;
	return false;
}

static bool good_offer(const json_t *params)
{
	const char *user = json_string_value(json_object_get(params, "username"));
	const char *type = json_string_value(json_object_get(params, "passcode_type"));
	json_t *suite = json_integer(1), *encryption = json_string(ENCRYPTION);
	bool good = user && strcmp(user, ADMIN_MD5) == 0 && type && strcmp(type, "userpw") == 0 &&
		    offers(params, "cipher_suites", suite) &&
		    offers(params, "encryption", encryption);

	json_decref(suite);
	json_decref(encryption);
	return good;
}

static bool prepare(struct plug *p, struct spake *k)
{
	uint8_t hash[SHA1_BYTES];
	char credential[2 * SHA1_BYTES + 1];

	plug_digest(PLUG_SHA1, (struct bytes[]){ TEXT(p->password), { 0 } }, hash);
	plug_hex(hash, sizeof(hash), credential);
	return plug_random(k->salt, sizeof(k->salt)) &&
	       plug_random(k->dev_random, sizeof(k->dev_random)) &&
	       plug_random(k->y, sizeof(k->y)) && spake_verifier(k, credential) && spake_share(k);
}

/* Some firmware sends its point compressed: every second plug does. */
static void encode_share(const struct plug *p, const struct spake *k, char ret[static B64_ROOM])
{
	uint8_t point[SPAKE_POINT];
	bool compressed = p->number % 2;

	memcpy(point, k->share, sizeof(point));
	if (compressed)
		point[0] = 2 + (k->share[SPAKE_POINT - 1] & 1);
	plug_base64(point, compressed ? 1 + SPAKE_SCALAR : SPAKE_POINT, ret);
}

static void pake_register(struct plug *p, const json_t *params, struct plug_reply *r)
{
	struct plug_session *s = &p->pending;
	char random[B64_ROOM], salt[B64_ROOM], share[B64_ROOM];

	p->stats.handshakes++;
	memset(s, 0, sizeof(*s));
	if (!good_offer(params) ||
	    !read_bytes(params, "user_random", s->spake.user_random, SPAKE_RANDOM) ||
	    !prepare(p, &s->spake)) {
		plug_reply_error(r, BAD_PARAMS);
		return;
	}
	s->live = true;
	plug_base64(s->spake.dev_random, SPAKE_RANDOM, random);
	plug_base64(s->spake.salt, SPAKE_SALT, salt);
	encode_share(p, &s->spake, share);
	plug_reply_json(r, json_pack("{s:i,s:{s:s,s:s,s:s,s:i,s:s,s:i,s:{s:s,s:{s:i}}}}",
				     "error_code", 0, "result", "dev_random", random, "dev_salt",
				     salt, "dev_share", share, "cipher_suites", 1, "encryption",
				     ENCRYPTION, "iterations", SPAKE_ROUNDS, "extra_crypt", "type",
				     "password_shadow", "params", "passwd_id", 2));
}

/* Each failure counts towards a lock. */
static void say_mismatch(struct plug *p, struct plug_reply *r)
{
	p->stats.refused++;
	if (++p->failed >= ATTEMPTS)
		p->faults.locked = true;
	plug_reply_json(r, json_pack("{s:i,s:{s:i,s:i}}", "error_code", MISMATCH, "error_info",
				     "failedAttempts", (int)p->failed, "remainAttempts",
				     p->failed < ATTEMPTS ? (int)(ATTEMPTS - p->failed) : 0));
}

static void say_session(struct plug *p, struct plug_reply *r)
{
	struct plug_session *s = &p->pending;
	char confirm[B64_ROOM];
	uint8_t start[2];

	plug_token(s->token);
	plug_random(start, sizeof(start));
	s->seq = 1 + ((uint32_t)start[0] << 8 | start[1]);
	plug_base64(s->spake.confirm, SHA256_BYTES, confirm);
	plug_reply_json(r, json_pack("{s:i,s:{s:s,s:s,s:i,s:i}}", "error_code", 0, "result",
				     "dev_confirm", confirm, "stok", s->token, "start_seq",
				     (int)s->seq, "expired", (int)p->timeout_s));
	plug_admit(p, s);
}

static void pake_share(struct plug *p, const json_t *params, struct plug_reply *r)
{
	struct plug_session *s = &p->pending;
	uint8_t share[SPAKE_POINT], confirm[SHA256_BYTES];
	enum spake_error e = SPAKE_POINT_BAD;

	if (s->live && read_bytes(params, "user_share", share, sizeof(share)) &&
	    read_bytes(params, "user_confirm", confirm, sizeof(confirm)))
		e = spake_finish(&s->spake, BYTES(share, sizeof(share)), confirm);
	if (e == SPAKE_OK && plug_strikes(&p->faults.refuse))
		e = SPAKE_MISMATCH;
	if (e == SPAKE_OK) {
		say_session(p, r);
		return;
	}
	memset(s, 0, sizeof(*s));
	if (e == SPAKE_MISMATCH)
		say_mismatch(p, r);
	else
		plug_reply_error(r, BAD_PARAMS);
}

/* Firmware that has never heard of TPAP. */
static bool is_older(const struct plug *p)
{
	return p->wire != PLUG_TPAP && p->third_party;
}

void plug_tpap_login(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	json_t *outer = json_loadb((const char *)q->body, q->n, 0, NULL);
	const json_t *params = json_object_get(outer, "params");
	const char *method = json_string_value(json_object_get(outer, "method"));
	const char *sub = json_string_value(json_object_get(params, "sub_method"));

	if (is_older(p))
		plug_reply_error(r, OTHER_TRANSPORT);
	else if (!method || strcmp(method, "login") != 0 || !sub)
		plug_reply_error(r, BAD_PARAMS);
	else if (p->faults.locked)
		plug_reply_error(r, LOCKED);
	else if (strcmp(sub, "discover") == 0)
		discover(p, r);
	else if (plug_speaks(p) != PLUG_TPAP)
		plug_reply_error(r, UNKNOWN);
	else if (strcmp(sub, "pake_register") == 0)
		pake_register(p, params, r);
	else if (strcmp(sub, "pake_share") == 0)
		pake_share(p, params, r);
	else
		plug_reply_error(r, UNKNOWN);
	json_decref(outer);
}

static void answer(struct plug *p, uint32_t seq, const char *text, size_t n, struct plug_reply *r)
{
	char *said = plug_converse(p, text, n, r);
	size_t len = said ? strlen(said) : 0;
	uint8_t *sealed = malloc(len + TAG_BYTES + 4);

	if (said && sealed) {
		len = spake_seal(&p->session.spake, seq, BYTES(said, len), sealed);
		if (r->garbage == PLUG_BAD_PADDING)
			sealed[len - 1] ^= 1;
		plug_reply_bytes(r, sealed, len);
	}
	free(sealed);
	free(said);
}

static bool path_fits(const struct plug *p, const char *path)
{
	char want[PLUG_TOKEN_BYTES + 16];

	snprintf(want, sizeof(want), "/stok=%s/ds", p->session.token);
	return p->session.live && strcmp(path, want) == 0 && plug_now_ms(p) < p->session.until_ms;
}

void plug_tpap_request(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	uint32_t seq = 0;
	char *text;

	if (!path_fits(p, q->path) || plug_forbids(p)) {
		p->stats.forbidden++;
		plug_reply_error(r, NO_SESSION);
		return;
	}
	text = malloc(q->n + 1);
	if (!text || !spake_open(&p->session.spake, BYTES(q->body, q->n), &seq, text)) {
		p->stats.bad_mac++;
		plug_reply_error(r, MISMATCH);
	} else if (seq < p->session.seq) {
		p->stats.bad_seq++;
		plug_reply_error(r, BAD_NONCE);
	} else {
		p->session.seq = seq + 1;
		answer(p, seq, text, q->n - 4 - TAG_BYTES, r);
	}
	free(text);
}
