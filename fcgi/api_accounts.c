/*
 * Accounts with makers: so far the one of all Tapo plugs. What is in it is sealed here at once,
 * tried and kept by the collector, and never comes back.
 */
#include "jobs.h"
#include "routes.h"
#include "sealed.h"
#include "store.h"

#include "svitlo/plug_address.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ACCOUNT_KIND "tapo"
#define ACCOUNT_HEX  (2 * SEAL_BLOB_MAX + 1)

int api_accounts_get(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int rc = store_stmt(q->store, STORE_ACCOUNT, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "s", ACCOUNT_KIND);
	rc = db_step(st, e);
	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	jw_key(&r->w, "accounts");
	jw_arr(&r->w);
	jw_obj(&r->w);
	jw_kstr(&r->w, "kind", ACCOUNT_KIND);
	jw_kbool(&r->w, "set", rc > 0);
	jw_key(&r->w, "set_ms");
	if (rc > 0)
		jw_int(&r->w, sqlite3_column_int64(st, 0));
	else
		jw_null(&r->w);
	for (int i = 0; i < 3; i++)
		jw_end(&r->w);
	return 0;
}

/* ---- a new one ---- */

/* An e-mail address, as far as svitlo cares. No text says it back. */
static int check_user(const char *user, struct err *e)
{
	const char *at = strchr(user, '@');

	if (!at || at == user || !at[1] || strchr(user, ' '))
		return err_set(e, -EINVAL, "user must be the e-mail address of the account");
	if (strlen(user) > SEAL_PLAIN_MAX)
		return err_set(e, -EINVAL, "user must have at most %d bytes", SEAL_PLAIN_MAX);
	return 0;
}

/* "" stays so. */
static int check_address(const char *address, char ret[PLUG_ADDRESS_MAX], struct err *e)
{
	*ret = 0;
	return *address ? plug_address_canonical(ret, address, e) : 0;
}

static int seal_hex(struct req *q, char ret[ACCOUNT_HEX], const char *context, const char *plain,
		    struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t blob[SEAL_BLOB_MAX];
	int n = sealed_put(q, blob, context, plain, "the account", e);

	for (int i = 0; i < n; i++) {
		ret[2 * i] = digits[blob[i] >> 4];
		ret[2 * i + 1] = digits[blob[i] & 15];
	}
	if (n >= 0)
		ret[2 * n] = 0;
	return n < 0 ? n : 0;
}

/* Gives the job's arguments, to be freed. */
static int account_args(struct req *q, const char *address, char **ret, struct err *e)
{
	char user[ACCOUNT_HEX], password[ACCOUNT_HEX];
	int r = seal_hex(q, user, SEAL_TAPO_USER_CONTEXT, req_str(q, "user"), e);
	const char *transport;
	json_t *args;

	if (r == 0)
		r = seal_hex(q, password, SEAL_TAPO_PASSWORD_CONTEXT, req_str(q, "password"), e);
	if (r < 0)
		return r;
	transport = req_str(q, "transport");
	args = json_pack("{s:s, s:s, s:s*, s:b, s:s, s:s}", "kind", ACCOUNT_KIND, "address",
			 address, "transport", *transport ? transport : NULL, "untested",
			 req_value(q, "untested")->b, "user", user, "password", password);
	*ret = args ? json_dumps(args, JSON_COMPACT) : NULL;
	json_decref(args);
	return *ret ? 0 : err_set(e, -ENOMEM, "out of memory");
}

/* What earlier jobs had to try goes. cancel: also those that have not begun. */
static int account_jobs_empty(struct req *q, bool cancel, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_ACCOUNT_JOBS_EMPTY, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", (int64_t)cancel);
	r = db_run(st, e);
	return r < 0 ? r : 0;
}

static int account_before(struct req *q, struct err *e)
{
	return account_jobs_empty(q, false, e); /* it is alone: they are over */
}

int api_account_put(struct req *q, struct reply *r, struct err *e)
{
	SV_AUTO_FREE char *args = NULL;
	char address[PLUG_ADDRESS_MAX];
	int rc = check_user(req_str(q, "user"), e);

	if (rc == 0 && strlen(req_str(q, "password")) > SEAL_PLAIN_MAX)
		rc = err_set(e, -EINVAL, "password must have at most %d bytes", SEAL_PLAIN_MAX);
	if (rc == 0)
		rc = check_address(req_str(q, "address"), address, e);
	if (rc == 0)
		rc = account_args(q, address, &args, e);
	if (rc == -ENOKEY) {
		sealed_failed(r, e);
		return 0;
	}
	if (rc < 0)
		return rc;
	return job_order(q, r,
			 &(struct job_order){ .kind = "account",
					      .args = args,
					      .alone = "is trying an account already",
					      .before = account_before },
			 e);
}

/* ---- none any more ---- */

static int account_drop(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	struct req *q = ud;
	int r = store_stmt(q->store, STORE_ACCOUNT_DROP, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", ACCOUNT_KIND);
	r = db_run(st, e);
	return r < 0 ? r : account_jobs_empty(q, true, e);
}

int api_account_delete(struct req *q, struct reply *r, struct err *e)
{
	int rc = store_write(q->store, account_drop, q, e);

	if (rc < 0)
		return rc;
	r->type = NULL;
	return 0;
}
