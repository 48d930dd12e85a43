#include "sealed.h"

#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SEALED_RETRY_S 5

/* The collector's public key; -ENOKEY: it has never been started. */
static int sealed_key(struct req *q, char ret[SEAL_PUBLIC_MAX], const char *what, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_SETTING, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", SEAL_PUBLIC_NAME);
	r = db_step(st, e);
	if (r == 0)
		return err_set(e, -ENOKEY,
			       "%s cannot be kept yet: the collector has not made its key, start "
			       "it",
			       what);
	if (r > 0)
		snprintf(ret, SEAL_PUBLIC_MAX, "%s", db_text(st, 0));
	return r < 0 ? r : 0;
}

int sealed_put(struct req *q, uint8_t ret[SEAL_BLOB_MAX], const char *context, const char *plain,
	       const char *what, struct err *e)
{
	char key[SEAL_PUBLIC_MAX];
	int n, r = sealed_key(q, key, what, e);

	if (r < 0)
		return r;
	n = seal_put(ret, key, context, plain, strlen(plain), e);
	if (n < 0) /* not what was asked for is wrong, but what the collector has left */
		return err_set(e, -ENOKEY,
			       "%s cannot be kept: the collector's key is damaged, start the "
			       "collector anew",
			       what);
	return n;
}

void sealed_failed(struct reply *r, const struct err *e)
{
	reply_problem(r, 503, "not_ready", "%s", err_text(e));
	r->retry_s = SEALED_RETRY_S;
}
