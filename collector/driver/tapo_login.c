/* How to get in: which transport a plug speaks, and the login of each. */
#include "tapo_link_priv.h"

#include "svitlo/clock.h"
#include "svitlo/crypto.h"
#include "svitlo/util.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_USER	 "test@tp-link.net" /* of plugs that nobody has bound to an account */
#define DEFAULT_PASSWORD "test"
#define FORBIDDEN_MAX	 2
#define HEARD_MS	 3000 /* so long what it said counts as what it is now */
#define PASS_LIFE_S	 86400
#define TPAP_LIFE_S	 86400
#define JSON_TYPE	 "application/json"
#define BYTES_TYPE	 "application/octet-stream"
#define NEGO		 "{\"method\":\"component_nego\"}"
#define LOGINS_SPARED	 2 /* so many of those that are left before it locks are the owner's */

static void login_by(struct tapo_link *l, enum tapo_transport t);

static void fail_as(struct tapo_link *l, enum tapo_failure f)
{
	tapo_link_login_failed(l, tapo_failure_name(f), tapo_failure_text(f), true);
}

/* Its last word was that it is somebody else's. */
static bool is_foreign(const struct tapo_link *l)
{
	return l->heard && tapo_hello_owned(&l->hello, plugs_user(l->plugs)) == 0;
}

/* Nobody whom it knows. What it said long ago does not tell whether that is the account's fault or
 * the password's. */
static void fail_unknown(struct tapo_link *l)
{
	bool old = !l->heard || clock_mono_ms() - l->heard_ms > HEARD_MS;

	if (!plugs_user(l->plugs))
		tapo_link_login_failed(l, "no_account",
				       "svitlo has no TP-Link account: enter e-mail and password",
				       true);
	else if (l->ip && old)
		tapo_link_who(l);
	else
		fail_as(l, is_foreign(l) ? TAPO_FAILURE_ACCOUNT : TAPO_FAILURE_PASSWORD);
}

/* It has refused the account. Only a second time, in a fresh session, is that a verdict: a session that
 * was out of step looks the same. */
static void fail_refused(struct tapo_link *l, bool sure)
{
	l->doubted = !l->doubted && !sure && plugs_user(l->plugs) && !is_foreign(l);
	if (l->doubted) {
		tapo_link_login_failed(l, "busy", tapo_failure_text(TAPO_FAILURE_BUSY), false);
		return;
	}
	l->refused = true;
	fail_unknown(l);
}

/* What says nothing of the account, the transport or the firmware: locked, or not now. */
static bool fail_for_now(struct tapo_link *l, enum tapo_class class)
{
	if (class == TAPO_LOCKED)
		fail_as(l, TAPO_FAILURE_LOCKED);
	else if (class == TAPO_LATER || class == TAPO_SESSION)
		tapo_link_login_failed(l, "busy", tapo_failure_text(TAPO_FAILURE_BUSY), false);
	else
		return false;
	return true;
}

/* Somebody answers by less than the plug is known for, or than its owner allows: who it is is not
 * known, and nothing of the account is sent. */
static void fail_short(struct tapo_link *l)
{
	bool pass = l->transport == TAPO_TRANSPORT_PASS;

	l->heard = l->heard && !l->known.transport;
	if (!l->fixed)
		l->transport = TAPO_TRANSPORT_UNKNOWN;
	tapo_link_login_failed(
		l, "old_protocol",
		pass ? "an old protocol, which shows the account's password to whoever answers: "
		       "used at the owner's word only (transport aes)"
		     : "what answers speaks an older protocol than the plug did before",
		true);
}

void login_who(struct tapo_link *l)
{
	if (!plugs_user(l->plugs))
		fail_unknown(l);
	else if (l->n && !l->refused && !is_foreign(l))
		login_begin(l); /* it is ours again */
	else
		fail_as(l, is_foreign(l) ? TAPO_FAILURE_ACCOUNT : TAPO_FAILURE_PASSWORD);
}

static void fail_damaged(struct tapo_link *l, const char *text)
{
	tapo_link_login_failed(l, "bad_answers", text, false);
}

/* Without an account that it could know there is nothing to be tried: each try may count. */
static bool may_try(struct tapo_link *l)
{
	if (plugs_user(l->plugs) && !is_foreign(l))
		return true;
	fail_unknown(l);
	return false;
}

static bool take_cookie(struct tapo_link *l, const struct http_answer *a, int64_t *ret_life_s)
{
	struct klap_cookie c;

	if (klap_cookie_parse(&c, a->cookie, strlen(a->cookie), NULL) < 0)
		return false;
	snprintf(l->cookie, sizeof(l->cookie), "Cookie: %s=%s", c.name, c.value);
	*ret_life_s = c.timeout_s;
	return true;
}

/* ---- KLAP ---- */

static void klap_begin(struct tapo_link *l)
{
	l->cookie[0] = 0;
	if (crypto_random(l->seed, sizeof(l->seed), NULL) < 0)
		fail_damaged(l, "no random numbers");
	else
		tapo_link_post(l, STEP_KLAP1, "/app/handshake1", BYTES_TYPE, l->seed,
			       sizeof(l->seed), false);
}

static void on_klap1(struct tapo_link *l, const struct http_answer *a)
{
	struct klap_auth all[KLAP_CANDIDATES_MAX] = { 0 };
	bool v1 = l->transport == TAPO_TRANSPORT_KLAP_V1;
	uint8_t body[KLAP_HASH_LEN];
	struct err e = { 0 };
	int64_t life_s;
	int n, at = -EACCES;

	n = klap_candidates(all, plugs_user(l->plugs), plugs_password(l->plugs), v1, &e);
	if (n >= 0)
		at = klap_check(all, (size_t)n, l->seed, a->body, a->n, &e);
	if (at >= 0) {
		l->auth = all[at];
		l->built_in = l->auth.who != KLAP_USER;
		/* anybody knows the built-in pairs: the plug has known better */
		at = l->built_in && l->known.account ? -EACCES : at;
	}
	klap_wipe(all, sizeof(all));
	if (at == -EACCES) {
		fail_refused(l, false);
	} else if (at < 0 || !take_cookie(l, a, &life_s)) {
		fail_damaged(l, at < 0 ? err_text(&e) : "it gives no session");
	} else if (klap_handshake2(body, &l->auth, l->seed, a->body, &e) < 0 ||
		   klap_session_make(&l->klap, &l->auth, l->seed, a->body, &e) < 0) {
		fail_damaged(l, err_text(&e));
	} else {
		l->life_s = life_s;
		tapo_link_post(l, STEP_KLAP2, "/app/handshake2", BYTES_TYPE, body, sizeof(body),
			       false);
	}
}

static void klap1_status(struct tapo_link *l, const struct http_answer *a)
{
	if (a->status == 200) {
		l->transport = l->transport ? l->transport : TAPO_TRANSPORT_KLAP;
		on_klap1(l, a);
	} else if (a->status == 403 && l->queue[0].tries < FORBIDDEN_MAX) {
		/* some firmware says so for no reason; other speaks TPAP from now on */
		if (!l->fixed)
			l->transport = TAPO_TRANSPORT_UNKNOWN;
		tapo_link_login_failed(l, "third_party_off",
				       tapo_failure_text(TAPO_FAILURE_THIRD_PARTY), false);
	} else if (a->status == 403) {
		fail_as(l, TAPO_FAILURE_THIRD_PARTY);
	} else if (!l->transport) {
		tapo_link_post(l, STEP_NEGO, "/app", JSON_TYPE, NEGO, strlen(NEGO), false);
	} else {
		if (!l->fixed)
			l->transport = TAPO_TRANSPORT_UNKNOWN;
		fail_damaged(l, "it does not speak KLAP");
	}
}

static void klap2_status(struct tapo_link *l, const struct http_answer *a)
{
	int64_t life_s = l->life_s;

	if (a->status == 200)
		tapo_link_opened(l, life_s);
	else
		tapo_link_login_failed(l, "busy", tapo_failure_text(TAPO_FAILURE_BUSY), false);
}

/* ---- securePassthrough ---- */

static void pass_begin(struct tapo_link *l)
{
	char body[TAPO_PASS_HANDSHAKE_MAX];
	int n;

	l->cookie[0] = 0;
	if (!l->pass_default && !may_try(l))
		return;
	n = tapo_pass_handshake(body, sizeof(body), plugs_key(l->plugs), NULL);
	if (n < 0)
		fail_damaged(l, "no handshake could be made");
	else
		tapo_link_post(l, STEP_PASS, "/app", JSON_TYPE, body, (size_t)n, false);
}

static void fail_code(struct tapo_link *l, int32_t code)
{
	const struct tapo_error *k = tapo_error_find(code);
	enum tapo_failure f = tapo_class_failure(k->class);

	if (k->class == TAPO_TRANSPORT && !l->fixed)
		l->transport = TAPO_TRANSPORT_UNKNOWN;
	if (fail_for_now(l, k->class))
		return;
	if (k->class == TAPO_AUTH || k->class == TAPO_DOUBT)
		fail_refused(l, k->class == TAPO_AUTH);
	else if (f)
		fail_as(l, f);
	else
		fail_damaged(l, k->text);
}

static void on_pass(struct tapo_link *l, const struct http_answer *a)
{
	char login[TAPO_PASS_LOGIN_MAX], body[TAPO_PASS_BODY(TAPO_PASS_LOGIN_MAX)];
	bool dflt = l->pass_default;
	struct err e = { 0 };
	int32_t code = 0;
	int64_t life_s;
	int n;

	if (a->status != 200 || !take_cookie(l, a, &life_s)) {
		fail_damaged(l, "it does not begin a session");
		return;
	}
	l->life_s = life_s;
	n = tapo_pass_make(&l->pass, plugs_key(l->plugs), (const char *)a->body, a->n, &code, &e);
	if (n >= 0)
		n = tapo_pass_login(login, l->hello.lv, dflt ? DEFAULT_USER : plugs_user(l->plugs),
				    dflt ? DEFAULT_PASSWORD : plugs_password(l->plugs),
				    clock_wall_ms(), &e);
	if (n >= 0)
		n = tapo_pass_seal(&l->pass, login, (size_t)n, body, sizeof(body), &e);
	OPENSSL_cleanse(login, sizeof(login));
	if (n == -EREMOTEIO)
		fail_code(l, code);
	else if (n < 0)
		fail_damaged(l, err_text(&e));
	else
		tapo_link_post(l, STEP_PASS_LOGIN, "/app", JSON_TYPE, body, (size_t)n, false);
}

static void on_pass_login(struct tapo_link *l, const struct http_answer *a)
{
	char text[1024];
	struct err e = { 0 };
	int64_t life_s = l->life_s;
	int32_t code = 0;
	int n = -EPROTO;

	if (a->status == 200 && a->n < sizeof(text))
		n = tapo_pass_open(&l->pass, (const char *)a->body, a->n, text, sizeof(text), &code,
				   &e);
	if (n >= 0)
		n = tapo_pass_token(&l->pass, text, (size_t)n, &code, &e);
	OPENSSL_cleanse(text, sizeof(text));
	if (n >= 0) {
		l->built_in = l->pass_default;
		tapo_link_opened(l, life_s > 0 ? life_s : PASS_LIFE_S);
	} else if (n == -EREMOTEIO && tapo_error_find(code)->class == TAPO_AUTH &&
		   !l->pass_default && !l->known.account) {
		/* a second login in one session is refused: a new one, for the built-in pair */
		l->pass_default = true;
		pass_begin(l);
	} else if (n == -EREMOTEIO) {
		l->pass_default = false;
		fail_code(l, code);
	} else {
		fail_damaged(l, err_text(&e));
	}
}

/* ---- TPAP ---- */

struct link_keys {
	struct worker_order order;
	struct tapo_link *link; /* NULL: it has gone */
	struct tpap_registered registered;
	struct tpap_pake pake;
	char credential[TPAP_CREDENTIAL_MAX];
	uint8_t random[TPAP_RANDOM_LEN], x[32];
	bool short_w0;
	int r;
	struct err e;
};

static void keys_free(struct worker_order *o)
{
	struct link_keys *k = (struct link_keys *)o;

	if (k->link)
		k->link->keys = NULL;
	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

static void keys_run(struct worker_order *o)
{
	struct link_keys *k = (struct link_keys *)o;

	do
		k->r = crypto_random(k->x, sizeof(k->x), &k->e) < 0
			       ? -EIO
			       : tpap_pake_make(&k->pake, &k->registered, k->credential, k->random,
						k->x, k->short_w0, &k->e);
	while (k->r == -ERANGE);
}

static void keys_done(struct worker_order *o)
{
	struct link_keys *k = (struct link_keys *)o;
	struct tapo_link *l = k->link;
	uint8_t nonce[TPAP_RANDOM_LEN];
	bool dac = l && l->hello.tpap.dac == 1 && l->hello.tpap.tls == 0;
	char body[TPAP_BODY_MAX];
	struct err e = k->e;
	int n = k->r;

	if (!l) {
		keys_free(o);
		return;
	}
	l->pake = k->pake;
	keys_free(o);
	if (n >= 0 && crypto_random(nonce, sizeof(nonce), &e) < 0)
		n = -EIO;
	if (n >= 0)
		n = tpap_share(body, &l->pake, dac ? nonce : NULL, &e);
	if (n < 0)
		fail_damaged(l, err_text(&e));
	else
		tapo_link_post(l, STEP_TPAP_SHARE, "/", JSON_TYPE, body, (size_t)n, false);
}

static void tpap_keys(struct tapo_link *l, struct err *e)
{
	struct link_keys *k = calloc(1, sizeof(*k));
	int r;

	if (!k) {
		fail_damaged(l, "out of memory");
		return;
	}
	*k = (struct link_keys){ .order = { .run = keys_run, .done = keys_done, .drop = keys_free },
				 .link = l,
				 .registered = l->registered,
				 .short_w0 = l->short_w0 };
	memcpy(k->random, l->tpap_random, sizeof(k->random));
	r = tpap_credential(k->credential, &l->hello.tpap, &l->registered, tapo_link_mac(l),
			    plugs_user(l->plugs), plugs_password(l->plugs), e);
	if (r < 0) {
		keys_free(&k->order);
		tapo_link_login_failed(l, "not_supported", err_text(e), true);
		return;
	}
	l->keys = k;
	l->step = STEP_TPAP_KEYS;
	worker_do(plugs_worker(l->plugs), &k->order);
}

static void tpap_begin(struct tapo_link *l)
{
	char body[TPAP_BODY_MAX];
	struct err e = { 0 };
	int n;

	if (!may_try(l))
		return;
	if (!l->hello.has_tpap) {
		tapo_link_post(l, STEP_TPAP_DISCOVER, "/", JSON_TYPE, TPAP_DISCOVER,
			       strlen(TPAP_DISCOVER), false);
		return;
	}
	if (l->hello.tpap.tls > 0) {
		tapo_link_login_failed(l, "not_supported",
				       "it speaks TPAP by HTTPS only, which no plug was known to",
				       true);
		return;
	}
	if (l->known.account && tpap_own_passcode(&l->hello.tpap)) {
		fail_refused(l, true); /* anybody can make it of the MAC */
		return;
	}
	n = crypto_random(l->tpap_random, sizeof(l->tpap_random), &e);
	if (n >= 0)
		n = tpap_register(body, &l->hello.tpap, l->tpap_random, &e);
	if (n < 0)
		tapo_link_login_failed(l, "not_supported", err_text(&e), true);
	else
		tapo_link_post(l, STEP_TPAP_REGISTER, "/", JSON_TYPE, body, (size_t)n, false);
}

static void on_tpap_discover(struct tapo_link *l, const struct http_answer *a)
{
	char mac[13];
	int32_t code = 0;
	int r = a->status != 200 ? -EPROTO
				 : tpap_discovered(&l->hello.tpap, mac, (const char *)a->body, a->n,
						   &code, NULL);

	enum tapo_class class = r == -EREMOTEIO	   ? tapo_error_find(code)->class
				: a->status != 200 ? tapo_http_class(a->status)
						   : TAPO_OK;

	l->hello.has_tpap = r == 1;
	if (r == 1)
		tpap_begin(l);
	else if (!fail_for_now(l, class))
		fail_as(l, TAPO_FAILURE_THIRD_PARTY);
}

/* Each refusal counts towards a lock: it is tried again once, and only while that locks nothing. */
static void tpap_refused(struct tapo_link *l, int r, const struct tpap_refusal *why,
			 const struct err *e)
{
	enum tapo_class class = r == -EREMOTEIO ? tapo_error_find(why->code)->class
				: r == -EACCES	? TAPO_DOUBT
						: TAPO_FAIL;
	bool last = why->remain >= 0 && why->remain <= LOGINS_SPARED;

	if (fail_for_now(l, class))
		return;
	if (class == TAPO_AUTH || class == TAPO_DOUBT)
		fail_refused(l, class == TAPO_AUTH || last);
	else
		fail_damaged(l, err_text(e));
}

static void on_tpap_register(struct tapo_link *l, const struct http_answer *a)
{
	struct tpap_refusal why = { 0 };
	struct err e = { 0 };
	int r = tpap_registered_parse(&l->registered, (const char *)a->body, a->n, &why, &e);

	if (r < 0)
		tpap_refused(l, r, &why, &e);
	else
		tpap_keys(l, &e);
}

static void on_tpap_share(struct tapo_link *l, const struct http_answer *a)
{
	struct tpap_refusal why = { 0 };
	struct err e = { 0 };
	int r = tpap_session_make(&l->tpap, &l->pake, (const char *)a->body, a->n, &why, &e);

	if (r >= 0) {
		l->built_in = tpap_own_passcode(&l->hello.tpap);
		tapo_link_opened(l, TPAP_LIFE_S);
	} else if (r == -EREMOTEIO && l->pake.two_forms && l->doubted && !l->short_w0 &&
		   tapo_error_find(why.code)->class == TAPO_DOUBT) {
		l->short_w0 = true; /* the other form, this once */
		tpap_begin(l);
	} else {
		l->short_w0 = false;
		tpap_refused(l, r, &why, &e);
	}
}

/* ---- which one? ---- */

static void on_discover(struct tapo_link *l, const struct http_answer *a)
{
	char mac[13];
	int32_t code = 0;
	int r = a->status != 200 ? -EPROTO
				 : tpap_discovered(&l->hello.tpap, mac, (const char *)a->body, a->n,
						   &code, NULL);

	if (r == -EREMOTEIO && tapo_error_find(code)->class == TAPO_LOCKED) {
		fail_as(l, TAPO_FAILURE_LOCKED);
		return;
	}
	if (r >= 0) {
		l->hello.has_tpap = r == 1;
		login_by(l, r == 1 ? TAPO_TRANSPORT_TPAP : TAPO_TRANSPORT_KLAP);
		return;
	}
	klap_begin(l); /* what comes of it tells whether it is KLAP */
}

static void on_nego(struct tapo_link *l, const struct http_answer *a)
{
	struct tapo_answer answer = { 0 };
	int r = a->status != 200 ? -EPROTO
				 : tapo_answer_parse(&answer, (const char *)a->body, a->n,
						     "component_nego", NULL);
	enum tapo_class class = r >= 0		   ? tapo_error_find(answer.code)->class
				: a->status != 200 ? tapo_http_class(a->status)
						   : TAPO_FAIL;

	tapo_answer_free(&answer);
	if (fail_for_now(l, class))
		return;
	if (r < 0 || class == TAPO_TRANSPORT) {
		tapo_link_login_failed(
			l, "not_supported",
			"something answers there, but it is no plug that svitlo knows", true);
		return;
	}
	login_by(l, TAPO_TRANSPORT_PASS);
}

/* ---- all of them ---- */

/* The only way to a login: nobody gets more than the plug has proven that it may. */
static void login_by(struct tapo_link *l, enum tapo_transport t)
{
	l->transport = t;
	if (!tapo_link_allows(l, t)) {
		fail_short(l);
	} else if (t == TAPO_TRANSPORT_PASS) {
		l->pass_default = !plugs_user(l->plugs) && !l->known.account;
		pass_begin(l);
	} else if (t == TAPO_TRANSPORT_TPAP) {
		tpap_begin(l);
	} else {
		klap_begin(l);
	}
}

void login_begin(struct tapo_link *l)
{
	l->refused = false;
	if (l->transport)
		login_by(l, l->transport);
	else
		tapo_link_post(l, STEP_DISCOVER, "/", JSON_TYPE, TPAP_DISCOVER,
			       strlen(TPAP_DISCOVER), false);
}

void login_answer(struct tapo_link *l, const struct http_answer *a)
{
	static void (*const by_step[STEP__MAX])(struct tapo_link *, const struct http_answer *) = {
		[STEP_DISCOVER] = on_discover,
		[STEP_NEGO] = on_nego,
		[STEP_KLAP1] = klap1_status,
		[STEP_KLAP2] = klap2_status,
		[STEP_PASS] = on_pass,
		[STEP_PASS_LOGIN] = on_pass_login,
		[STEP_TPAP_DISCOVER] = on_tpap_discover,
		[STEP_TPAP_REGISTER] = on_tpap_register,
		[STEP_TPAP_SHARE] = on_tpap_share,
	};

	by_step[l->step](l, a);
}

void login_forget(struct tapo_link *l)
{
	if (l->keys)
		l->keys->link = NULL; /* the thread frees it */
	l->keys = NULL;
	OPENSSL_cleanse(l->seed, sizeof(l->seed));
	klap_wipe(&l->auth, sizeof(l->auth));
	klap_wipe(&l->klap, sizeof(l->klap));
	OPENSSL_cleanse(&l->pass, sizeof(l->pass));
	OPENSSL_cleanse(&l->tpap, sizeof(l->tpap));
	OPENSSL_cleanse(&l->pake, sizeof(l->pake));
}
