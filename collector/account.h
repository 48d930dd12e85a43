/* The TP-Link account of all plugs: taken out of config.db, and tried before it is kept there. */
#pragma once

#include "driver/driver.h"
#include "svitlo/conf.h"
#include "svitlo/db.h"
#include "svitlo/seal.h"

#include <jansson.h>

/* Hands the account of config.db, or none, to the plugs. One that cannot be opened is none: the
 * text says so. */
int account_load(sqlite3 *config, const struct seal_key *key, struct plugs *plugs, struct err *e);

struct account_try;

/* args: of the job "account" (fcgi/README.md): sealed user and password, the address of a plug that
 * should know them; without one, the first that is configured. -EINVAL, -EBADMSG. */
int account_try_new(struct account_try **ret, sqlite3 *config, const struct seal_key *key,
		    const struct device_env *env, const json_t *args, struct err *e);
/* 1: kept; 0: goes on; -errno: it was not let in, or could not be tried, and is not kept. */
int account_try_poll(struct account_try *t, int64_t wall_ms, double *progress, struct jw *result,
		     struct err *e);
void account_try_free(struct account_try *t); /* NULL is fine */

/* svitlo account set|remove: from the standard input, as others can read the command line. */
int account_main(const struct conf *c, int argc, char **argv);
