#include "account.h"

#include "driver/plugs.h"
#include "driver/probe.h"
#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/plug_address.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct blob {
	uint8_t bytes[SEAL_BLOB_MAX];
	size_t n;
};

struct account_try {
	sqlite3 *config;
	struct blob user, password;
	struct device_env env; /* with plugs of its own, which know this account */
	struct probe *probe;   /* NULL: there is nobody to ask */
	char address[PLUG_ADDRESS_MAX];
	char transport[8]; /* that its owner allows there; "": what proves who it is */
	bool untested;	   /* to be kept also when nobody answers */
};

static int open_both(struct plugs *plugs, const struct seal_key *key, const struct blob *user,
		     const struct blob *password, struct err *e)
{
	char plain[2][SEAL_PLAIN_MAX + 1] = { "", "" };
	int r = seal_open(plain[0], key, SEAL_TAPO_USER_CONTEXT, user->bytes, user->n, e);

	if (r >= 0)
		r = seal_open(plain[1], key, SEAL_TAPO_PASSWORD_CONTEXT, password->bytes,
			      password->n, e);
	if (r >= 0)
		plugs_account(plugs, plain[0], plain[1]);
	explicit_bzero(plain, sizeof(plain));
	return r < 0 ? r : 0;
}

static void column_blob(struct blob *ret, sqlite3_stmt *st, int col)
{
	int n = sqlite3_column_bytes(st, col);

	ret->n = n > 0 && (size_t)n <= sizeof(ret->bytes) ? (size_t)n : 0;
	if (ret->n)
		memcpy(ret->bytes, sqlite3_column_blob(st, col), ret->n);
}

int account_load(sqlite3 *config, const struct seal_key *key, struct plugs *plugs, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct blob user, password;
	int r = db_prepare(config, &st,
			   "SELECT sealed_user, sealed_password FROM account WHERE kind = 'tapo'",
			   e);

	if (r >= 0)
		r = db_step(st, e);
	if (r > 0) {
		column_blob(&user, st, 0);
		column_blob(&password, st, 1);
		r = open_both(plugs, key, &user, &password, e);
		if (r == 0)
			return 0;
	} else if (r < 0) {
		return r; /* the database's trouble: it goes on with the one that it had */
	}
	plugs_account(plugs, NULL, NULL);
	return r;
}

static int blob_of(struct blob *ret, const json_t *args, const char *key, struct err *e)
{
	const char *hex = json_string_value(json_object_get(args, key));
	size_t n = hex ? strlen(hex) : 0;

	if (!n || n % 2 || n / 2 > sizeof(ret->bytes))
		return err_set(e, -EINVAL, "%s is not sealed", key);
	for (ret->n = 0; ret->n < n / 2; ret->n++) {
		unsigned v;

		if (sscanf(hex + 2 * ret->n, "%2x", &v) != 1)
			return err_set(e, -EINVAL, "%s is not sealed", key);
		ret->bytes[ret->n] = (uint8_t)v;
	}
	return 0;
}

/* Whom to ask, "" if there is nobody, and by what its owner lets it be asked. */
static int find_address(struct account_try *t, const json_t *args, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	const char *given = json_string_value(json_object_get(args, "address"));
	const char *transport = json_string_value(json_object_get(args, "transport"));
	int r = db_prepare(t->config, &st,
			   "SELECT address, options ->> 'transport' FROM device WHERE kind = 'tapo'"
			   " AND iif(?1 = '', enabled, address = ?1) ORDER BY position, id LIMIT 1",
			   e);

	if (r < 0)
		return r;
	db_bind(st, "s", given ? given : "");
	r = db_step(st, e);
	snprintf(t->address, sizeof(t->address), "%s",
		 given && *given ? given
		 : r > 0	 ? db_text(st, 0)
				 : "");
	snprintf(t->transport, sizeof(t->transport), "%s",
		 transport ? transport
		 : r > 0   ? db_text(st, 1)
			   : "");
	return r < 0 ? r : 0;
}

int account_try_new(struct account_try **ret, sqlite3 *config, const struct seal_key *key,
		    const struct device_env *env, const json_t *args, struct err *e)
{
	struct account_try *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	t->config = config;
	t->env = *env;
	t->env.plugs = NULL;
	t->untested = json_is_true(json_object_get(args, "untested"));
	r = blob_of(&t->user, args, "user", e);
	if (r >= 0)
		r = blob_of(&t->password, args, "password", e);
	if (r >= 0)
		r = find_address(t, args, e);
	if (r >= 0)
		r = plugs_new(&t->env.plugs, env->ev, env->plugs, e);
	if (r >= 0)
		r = open_both(t->env.plugs, key, &t->user, &t->password, e);
	if (r >= 0 && t->address[0])
		r = probe_new(&t->probe, &t->env, t->address, t->transport[0] ? t->transport : NULL,
			      e);
	if (r < 0) {
		account_try_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

static int keep(sqlite3 *config, const struct blob *user, const struct blob *password,
		int64_t wall_ms, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(config, &st,
			   "INSERT OR REPLACE INTO account VALUES ('tapo', ?1, ?2, ?3)", e);

	if (r < 0)
		return r;
	db_bind(st, "bbi", (const void *)user->bytes, user->n, (const void *)password->bytes,
		password->n, wall_ms);
	r = db_run(st, e);
	return r < 0 ? r : 1;
}

/* Nobody has said no. */
static bool unheard(const char *reason)
{
	static const char *const reasons[] = { "host_unreachable", "connection_refused",
					       "no_answer",	   "third_party_off",
					       "bad_answers",	   "busy",
					       "old_protocol" };

	for (size_t i = 0; reason && i < SV_LEN(reasons); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return true;
	return !reason;
}

int account_try_poll(struct account_try *t, int64_t wall_ms, double *progress, struct jw *result,
		     struct err *e)
{
	const char *advice, *reason = NULL;
	/* whom it lets in with any account says nothing of this one */
	bool open = t->probe && probe_found(t->probe) && probe_built_in(t->probe);
	bool found = t->probe && probe_found(t->probe) && !open;
	int r = 0;

	*progress = t->probe ? probe_progress(t->probe) : 1;
	if (*progress >= 1) {
		reason = t->probe && !found ? probe_reason(t->probe, &advice) : NULL;
		if (open)
			advice = "this plug is bound to no account: name another one to try it at";
		if (found || !t->probe || (t->untested && unheard(reason)))
			r = keep(t->config, &t->user, &t->password, wall_ms, e);
		else
			r = err_set(e, -EACCES, "%s", advice);
	}
	jw_obj(result);
	jw_kstr(result, "address", t->address[0] ? t->address : NULL);
	jw_kbool(result, "tested", found);
	jw_kbool(result, "saved", r > 0);
	jw_kstr(result, "reason", reason);
	jw_end(result);
	return r;
}

void account_try_free(struct account_try *t)
{
	if (!t)
		return;
	probe_free(t->probe);
	plugs_free(t->env.plugs);
	free(t);
}

/* ---- from the command line ---- */

/* A line of the standard input, sealed for the collector. */
static int read_sealed(struct blob *ret, const char *public_key, const char *context,
		       const char *what, struct err *e)
{
	char line[SEAL_PLAIN_MAX + 2] = "";
	size_t n;
	int r;

	if (!fgets(line, sizeof(line), stdin))
		return err_set(e, -EINVAL, "two lines are wanted: e-mail and password");
	n = strcspn(line, "\r\n");
	r = !n || n > SEAL_PLAIN_MAX
		    ? err_set(e, -EINVAL, "%s has 1 to %d bytes", what, SEAL_PLAIN_MAX)
		    : seal_put(ret->bytes, public_key, context, line, n, e);
	explicit_bzero(line, sizeof(line));
	ret->n = r > 0 ? (size_t)r : 0;
	return r;
}

static int account_set(sqlite3 *db, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *key = NULL;
	struct blob user, password;
	int r = db_prepare(db, &key, "SELECT value FROM setting WHERE key = '" SEAL_PUBLIC_NAME "'",
			   e);

	if (r >= 0)
		r = db_step(key, e);
	if (r == 0)
		r = err_set(e, -ENOENT, "start the collector once: it makes the key");
	if (r >= 0)
		r = read_sealed(&user, db_text(key, 0), SEAL_TAPO_USER_CONTEXT, "the e-mail", e);
	if (r >= 0)
		r = read_sealed(&password, db_text(key, 0), SEAL_TAPO_PASSWORD_CONTEXT,
				"the password", e);
	return r < 0 ? r : keep(db, &user, &password, clock_wall_ms(), e);
}

int account_main(const struct conf *c, int argc, char **argv)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	struct err e = { 0 };
	bool set = argc == 1 && strcmp(argv[0], "set") == 0;
	int r;

	if (!set && (argc != 1 || strcmp(argv[0], "remove") != 0)) {
		fputs("usage: svitlo account set|remove   (the TP-Link account of all plugs;\n"
		      "       set wants two lines on its input: e-mail and password)\n",
		      stderr);
		return 2;
	}
	r = db_open(&db, DB_CONFIG, DB_COLLECTOR, c->store_dir, &e);
	if (r >= 0)
		r = set ? account_set(db, &e) : db_exec(db, "DELETE FROM account", &e);
	if (r < 0)
		fprintf(stderr, "svitlo: %s\n", err_text(&e));
	return r == -EINVAL ? 2 : r < 0 ? 1 : 0;
}
