/*
 * securePassthrough: JSON in JSON. The client's RSA key comes first, the plug's AES key and IV go
 * back under it; then a login, whose token goes into the URL.
 *
 *     POST /app         {"method":"handshake","params":{"key":PEM}}      < {"key":base64}, cookie
 *     POST /app         {"method":"securePassthrough","params":{"request":base64(login_device)}}
 *                                                              < {"response":base64({"token":…})}
 *     POST /app?token=  the same, with any other method
 */
#include "plug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMED_OUT  9999
#define BAD_KEY	   -1010
#define BAD_DECODE -1005
#define BAD_JSON   -1003
#define BAD_PARAMS -1008
#define BAD_LOGIN  -1501
#define UNKNOWN	   -1002
#define TEXT_MAX   256
#define RSA_ROOM   512

static void handshake(struct plug *p, const json_t *params, struct plug_reply *r)
{
	const char *pem = json_string_value(json_object_get(params, "key"));
	struct plug_session *s = &p->session;
	uint8_t secret[2 * AES_BYTES], sealed[RSA_ROOM];
	char text[RSA_ROOM * 4 / 3 + 8];
	size_t n = 0;

	p->stats.handshakes++;
	plug_random(secret, sizeof(secret));
	if (!pem || !plug_rsa_seal(pem, BYTES(secret, sizeof(secret)), sealed, &n)) {
		plug_reply_error(r, pem ? BAD_KEY : BAD_PARAMS);
		return;
	}
	memset(s, 0, sizeof(*s));
	memcpy(s->key, secret, AES_BYTES);
	memcpy(s->iv, secret + AES_BYTES, AES_BYTES);
	plug_token(s->cookie);
	s->live = true;
	s->until_ms = plug_now_ms(p) + p->timeout_s * 1000LL;
	memcpy(r->cookie, s->cookie, sizeof(r->cookie));
	plug_base64(sealed, n, text);
	plug_reply_json(r, json_pack("{s:i,s:{s:s}}", "error_code", 0, "result", "key", text));
}

/* base64 of the hex of SHA-1; plain: of the text itself */
static void make_credential(const char *text, bool plain, char ret[static TEXT_MAX])
{
	uint8_t hash[SHA1_BYTES];
	char hex[2 * SHA1_BYTES + 1];

	plug_digest(PLUG_SHA1, (struct bytes[]){ TEXT(text), { 0 } }, hash);
	plug_hex(hash, sizeof(hash), hex);
	if (!plain)
		text = hex;
	plug_base64((const uint8_t *)text, strlen(text), ret);
}

static bool same(const json_t *params, const char *key, const char *want)
{
	const char *got = json_string_value(json_object_get(params, key));

	return got && strcmp(got, want) == 0;
}

/* A second login in a session is too late, whatever came of the first. */
static char *login(struct plug *p, const json_t *params)
{
	bool lv2 = plug_can(p->unit->product, PLUG_LV2);
	struct plug_session *s = &p->session;
	char user[TEXT_MAX], password[TEXT_MAX];
	json_t *answer;
	char *text;

	make_credential(p->account, false, user);
	make_credential(p->password, !lv2, password);
	if (s->greeted) {
		answer = json_pack("{s:i}", "error_code", TIMED_OUT);
	} else if (same(params, "username", user) &&
		   same(params, lv2 ? "password2" : "password", password)) {
		plug_token(s->token);
		plug_admit(p, s);
		answer = json_pack("{s:i,s:{s:s}}", "error_code", 0, "result", "token", s->token);
	} else {
		p->stats.refused++;
		answer = json_pack("{s:i}", "error_code", BAD_LOGIN);
	}
	s->greeted = true;
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	return text;
}

static void seal(struct plug *p, const char *answer, struct plug_reply *r)
{
	struct bytes plain = TEXT(answer);
	bool spoil = r->garbage == PLUG_BAD_PADDING;
	uint8_t *sealed = malloc(plain.n + 2 * AES_BYTES);
	char *text = malloc((plain.n + 2 * AES_BYTES) * 4 / 3 + 8);
	size_t n = 0;

	if (sealed && text) {
		if (spoil)
			plain.n -= plain.n % AES_BYTES;
		plug_cbc_seal(p->session.key, p->session.iv, plain, !spoil, sealed, &n);
		plug_base64(sealed, n, text);
		if (r->garbage == PLUG_BAD_BASE64)
			memcpy(text, "%%%", 3);
		plug_reply_json(
			r, json_pack("{s:i,s:{s:s}}", "error_code", 0, "result", "response", text));
	}
	free(sealed);
	free(text);
}

static bool token_fits(const struct plug *p, const struct plug_request *q)
{
	return *p->session.token && strncmp(q->query, "token=", 6) == 0 &&
	       strcmp(q->query + 6, p->session.token) == 0;
}

static void converse(struct plug *p, const struct plug_request *q, const char *text, size_t n,
		     struct plug_reply *r)
{
	json_t *inner = json_loadb(text, n, 0, NULL);
	char *answer = NULL;

	if (same(inner, "method", "login_device"))
		answer = login(p, json_object_get(inner, "params"));
	else if (token_fits(p, q))
		answer = plug_converse(p, text, n, r);
	json_decref(inner);
	if (answer)
		seal(p, answer, r);
	else
		plug_reply_error(r, TIMED_OUT);
	free(answer);
}

static void passthrough(struct plug *p, const struct plug_request *q, const json_t *params,
			struct plug_reply *r)
{
	const char *sealed = json_string_value(json_object_get(params, "request"));
	uint8_t *raw = sealed ? malloc(strlen(sealed) + 4) : NULL;
	uint8_t *text = sealed ? malloc(strlen(sealed) + 4) : NULL;
	size_t n = 0;

	if (!plug_session_valid(p, q->cookie) || plug_forbids(p)) {
		p->stats.forbidden++;
		plug_reply_error(r, TIMED_OUT);
	} else if (!raw || !text) {
		plug_reply_error(r, BAD_PARAMS);
	} else if (!plug_unbase64(sealed, raw, &n) ||
		   !plug_cbc_open(p->session.key, p->session.iv, BYTES(raw, n), text, &n)) {
		plug_reply_error(r, BAD_DECODE);
	} else {
		converse(p, q, (const char *)text, n, r);
	}
	free(raw);
	free(text);
}

void plug_pass_request(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	json_t *outer = json_loadb((const char *)q->body, q->n, 0, NULL);
	const json_t *params = json_object_get(outer, "params");

	if (!json_is_object(outer))
		plug_reply_error(r, BAD_JSON);
	else if (same(outer, "method", "handshake"))
		handshake(p, params, r);
	else if (same(outer, "method", "securePassthrough"))
		passthrough(p, q, params, r);
	else
		plug_reply_error(r, UNKNOWN);
	json_decref(outer);
}
