/* Logging in and out, and claiming a new system. */
#include "routes.h"
#include "session.h"
#include "store.h"

#include "svitlo/crypto.h"
#include "svitlo/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLAIM_TRIES_MAX 20

static const char *api_address(const struct req *q)
{
	return q->env.address ? q->env.address : "somewhere";
}

int api_session_get(struct req *q, struct reply *r, struct err *e)
{
	(void)e;
	session_write(&q->session, &r->w);
	return 0;
}

int api_session_check(struct req *q, struct reply *r, struct err *e)
{
	(void)e;
	r->type = NULL;
	r->level = level_name(q->session.level);
	r->cache = "max-age=2"; /* in nginx, by cookie: so long may a revoked session live on */
	return 0;
}

int api_session_delete(struct req *q, struct reply *r, struct err *e)
{
	r->type = NULL;
	r->forget = true;
	return session_end(q, r, e);
}

struct user {
	int64_t id;
	char password[CRYPTO_PASSWORD_MAX];
	enum level level;
};

static int user_find(struct req *q, const char *name, struct user *ret, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_USER, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", name);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	ret->id = sqlite3_column_int64(st, 0);
	snprintf(ret->password, sizeof(ret->password), "%s", db_text(st, 1));
	ret->level = (enum level)sqlite3_column_int(st, 2);
	return 1;
}

int api_session_post(struct req *q, struct reply *r, struct err *e)
{
	const char *name = req_str(q, "user"), *password = req_str(q, "password");
	struct user u = { 0 };
	int rc = user_find(q, name, &u, e);

	if (rc < 0)
		return rc;
	if (rc == 0)
		crypto_password_decoy(password);
	if (rc == 0 || !crypto_password_check(u.password, password)) {
		/* not the name: people type passwords into the wrong field */
		log_notice("api: a login from %s failed", api_address(q));
		reply_problem(r, 401, "bad_login", "the user or the password is wrong");
		return 0;
	}
	rc = store_begin(q->store, e);
	if (rc == 0)
		rc = session_create(q, r, u.id, name, u.level, e);
	if (rc == 0)
		rc = store_commit(q->store, e);
	if (rc < 0) {
		store_rollback(q->store);
		return rc;
	}
	session_write(&q->session, &r->w);
	return 0;
}

/* SHA-256 of the eight characters, without the dash and in capitals; 0 when it cannot be a code. */
static int claim_digest(const char *code, uint8_t ret[CRYPTO_SHA256_LEN], struct err *e)
{
	char bare[CRYPTO_CODE_MAX - 2];
	size_t n = 0;
	int r;

	for (; *code; code++) {
		if (*code == '-' || *code == ' ')
			continue;
		if (n >= sizeof(bare))
			return 0;
		bare[n++] = (char)toupper((unsigned char)*code);
	}
	if (n != sizeof(bare))
		return 0;
	r = crypto_sha256(ret, bare, n, e);
	return r < 0 ? r : 1;
}

/* 1: the code is right; 0: it isn't, and that was counted. Inside the transaction. */
static int claim_try(struct req *q, const char *code, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL, *miss = NULL;
	uint8_t digest[CRYPTO_SHA256_LEN] = { 0 };
	int known = claim_digest(code, digest, e), r;

	r = known < 0 ? known : store_stmt(q->store, STORE_CLAIM, &st, e);
	if (r == 0)
		r = db_step(st, e);
	if (r <= 0)
		return r;
	if (sqlite3_column_int(st, 1) >= CLAIM_TRIES_MAX)
		return 0;
	if (known && sqlite3_column_bytes(st, 0) == CRYPTO_SHA256_LEN &&
	    crypto_equal(sqlite3_column_blob(st, 0), digest, CRYPTO_SHA256_LEN))
		return 1;
	db_reset(st);
	r = store_stmt(q->store, STORE_CLAIM_MISS, &miss, e);
	if (r == 0)
		r = db_run(miss, e);
	return r < 0 ? r : 0;
}

static int claim_exists(struct req *q, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_CLAIMED, &st, e);

	if (r == 0)
		r = db_step(st, e);
	return r <= 0 ? r : sqlite3_column_int(st, 0);
}

static int claim_add_user(struct req *q, const char *hash, int64_t *ret_id, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *add = NULL, *done = NULL;
	int r = store_stmt(q->store, STORE_USER_ADD, &add, e);

	if (r < 0)
		return r;
	db_bind(add, "ssii", req_str(q, "user"), hash, (int64_t)LEVEL_ADMIN, q->now_ms);
	r = store_insert(add, ret_id, e);
	if (r >= 0)
		r = store_stmt(q->store, STORE_CLAIM_DONE, &done, e);
	if (r >= 0)
		r = db_run(done, e);
	return r < 0 ? r : 0;
}

/* -EEXIST: there is an owner; -EKEYREJECTED: a wrong code, and that was counted. Inside the transaction. */
static int claim_open(struct req *q, struct err *e)
{
	int rc = claim_exists(q, e);

	if (rc > 0)
		return -EEXIST;
	if (rc == 0)
		rc = claim_try(q, req_str(q, "code"), e);
	if (rc == 0) {
		rc = store_commit(q->store, e); /* the try counts */
		return rc < 0 ? rc : -EKEYREJECTED;
	}
	return rc < 0 ? rc : 0;
}

/* A guess at the code costs no hash, and nobody waits for the database while one is made. */
static int claim_first(struct req *q, struct err *e)
{
	int rc = claim_exists(q, e);

	if (rc > 0)
		return -EEXIST;
	if (rc == 0)
		rc = store_begin(q->store, e);
	if (rc == 0)
		rc = claim_open(q, e);
	if (rc == 0)
		store_rollback(q->store); /* nothing was written */
	return rc;
}

/* Everything in one transaction, so that of two who claim at once one wins. */
static int claim_run(struct req *q, struct reply *r, const char *hash, struct err *e)
{
	int64_t id = 0;
	int rc = claim_open(q, e);

	if (rc == 0)
		rc = claim_add_user(q, hash, &id, e);
	if (rc == 0)
		rc = session_create(q, r, id, req_str(q, "user"), LEVEL_ADMIN, e);
	return rc < 0 ? rc : store_commit(q->store, e);
}

int api_claim_post(struct req *q, struct reply *r, struct err *e)
{
	char hash[CRYPTO_PASSWORD_MAX];
	int rc = claim_first(q, e);

	if (rc == 0)
		rc = crypto_password_hash(hash, req_str(q, "password"), e);
	if (rc == 0)
		rc = store_begin(q->store, e);
	if (rc == 0)
		rc = claim_run(q, r, hash, e);
	if (rc < 0)
		store_rollback(q->store);
	if (rc == -EEXIST) {
		reply_problem(r, 409, "claimed", "this system has an owner: log in");
		return 0;
	}
	if (rc == -EKEYREJECTED) {
		log_notice("api: a wrong claim code from %s", api_address(q));
		reply_problem(r, 403, "bad_code",
			      "the code is wrong or used up: the newest one is in svitlo's log, "
			      "a restart of svitlo makes a new one");
		return 0;
	}
	if (rc < 0)
		return rc;
	log_notice("api: claimed from %s", api_address(q));
	session_write(&q->session, &r->w);
	return 0;
}
