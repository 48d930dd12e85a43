#include "session.h"

#include "store.h"

#include "svitlo/conf.h"
#include "svitlo/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SESSION_TOKEN_BYTES 32
#define SESSION_AGENT_MAX   200
#define SESSION_USER_MAX    100 /* newest ones of a user that are kept: a script may log in hourly */
#define SESSION_DAY_MS	    86400000LL

static int session_digest(const struct req *q, uint8_t ret[CRYPTO_SHA256_LEN], struct err *e)
{
	char token[HTTP_TOKEN_LEN + 1];
	int r;

	if (!http_token(q->env.cookie, token))
		return 0;
	r = crypto_sha256(ret, token, HTTP_TOKEN_LEN, e);
	return r < 0 ? r : 1;
}

int session_find(struct req *q, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	uint8_t digest[CRYPTO_SHA256_LEN];
	int r = session_digest(q, digest, e);

	if (r > 0)
		r = store_stmt(q->store, STORE_SESSION, &st, e) < 0 ? e->code : 1;
	if (r <= 0)
		return r;
	db_bind(st, "bi", (const void *)digest, sizeof(digest), q->now_ms);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	q->session.user = sqlite3_column_int64(st, 0);
	snprintf(q->session.name, sizeof(q->session.name), "%s", db_text(st, 1));
	q->session.level = (enum level)sqlite3_column_int(st, 2);
	q->session.created_ms = sqlite3_column_int64(st, 3);
	q->session.expires_ms = sqlite3_column_int64(st, 4);
	return 1;
}

/* What the browser says of itself, cut and plain: it will be shown to the owner. */
static void session_agent(const char *agent, char ret[SESSION_AGENT_MAX + 1])
{
	size_t n = 0;

	for (; agent && agent[n] && n < SESSION_AGENT_MAX; n++)
		ret[n] = agent[n] >= 0x20 && agent[n] < 0x7F ? agent[n] : '?';
	ret[n] = 0;
}

static int session_store(struct req *q, const uint8_t digest[CRYPTO_SHA256_LEN], struct err *e)
{
	char agent[SESSION_AGENT_MAX + 1];
	sqlite3_stmt *st;
	int r = store_stmt(q->store, STORE_SESSION_EXPIRE, &st, e);

	session_agent(q->env.agent, agent);
	if (r == 0) {
		db_bind(st, "i", q->now_ms);
		r = db_run(st, e);
	}
	if (r >= 0 && (r = store_stmt(q->store, STORE_SESSION_TRIM, &st, e)) == 0) {
		db_bind(st, "ii", q->session.user, (int64_t)SESSION_USER_MAX - 1);
		r = db_run(st, e);
	}
	if (r >= 0 && (r = store_stmt(q->store, STORE_SESSION_ADD, &st, e)) == 0) {
		db_bind(st, "biiis", (const void *)digest, (size_t)CRYPTO_SHA256_LEN,
			q->session.user, q->session.created_ms, q->session.expires_ms, agent);
		r = db_run(st, e);
	}
	return r < 0 ? r : 0;
}

int session_create(struct req *q, struct reply *r, int64_t user, const char *name, enum level level,
		   struct err *e)
{
	uint8_t raw[SESSION_TOKEN_BYTES], digest[CRYPTO_SHA256_LEN];
	char token[HTTP_TOKEN_LEN + 1];
	int64_t days = q->conf->session_days;
	int rc = crypto_random(raw, sizeof(raw), e);

	if (rc < 0)
		return rc;
	crypto_base64url(token, sizeof(token), raw, sizeof(raw));
	rc = crypto_sha256(digest, token, HTTP_TOKEN_LEN, e);
	if (rc < 0)
		return rc;
	q->session = (struct session){
		.user = user,
		.level = level,
		.created_ms = q->now_ms,
		.expires_ms = q->now_ms + days * SESSION_DAY_MS,
	};
	snprintf(q->session.name, sizeof(q->session.name), "%s", name);
	rc = session_store(q, digest, e);
	if (rc == 0)
		snprintf(r->cookie, sizeof(r->cookie),
			 HTTP_COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; Secure; SameSite=Strict",
			 token, (long long)(days * SESSION_DAY_MS / 1000));
	return rc;
}

int session_end(struct req *q, struct reply *r, struct err *e)
{
	uint8_t digest[CRYPTO_SHA256_LEN];
	sqlite3_stmt *st;
	int rc = session_digest(q, digest, e);

	if (rc > 0)
		rc = store_stmt(q->store, STORE_SESSION_DROP, &st, e) < 0 ? e->code : 1;
	if (rc > 0) {
		db_bind(st, "b", (const void *)digest, sizeof(digest));
		rc = db_run(st, e);
	}
	if (rc < 0)
		return rc;
	snprintf(r->cookie, sizeof(r->cookie),
		 HTTP_COOKIE "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict");
	return 0;
}

void session_write(const struct session *s, struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "user", s->name);
	jw_kstr(w, "level", level_name(s->level));
	jw_kint(w, "created_ms", s->created_ms);
	jw_kint(w, "expires_ms", s->expires_ms);
	jw_end(w);
}
