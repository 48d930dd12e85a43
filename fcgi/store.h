/*
 * The worker's databases: opened when first needed, kept open, opened anew when the file was
 * replaced or failed. Statements are prepared once a connection.
 */
#pragma once

#include "svitlo/db.h"
#include "svitlo/err.h"

#include <stdbool.h>

struct conf;

enum store_stmt {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_CLAIMED,
	STORE_CLAIM,
	STORE_CLAIM_MISS,
	STORE_CLAIM_DONE,
	STORE_USER,
	STORE_USER_ADD,
	STORE_SESSION,
	STORE_SESSION_ADD,
	STORE_SESSION_DROP,
	STORE_SESSION_EXPIRE,
	STORE_SESSION_TRIM,
	STORE_SETTING,
	STORE_SETTING_SET,
	STORE_DEVICES,
	STORE_DEVICE,
	STORE_DEVICE_AT,
	STORE_DEVICE_ADD,
	STORE_DEVICE_CHANGE,
	STORE_DEVICE_MOVE,
	STORE_DEVICE_DROP,
	STORE_DEVICE_CONNECT,
	STORE_DEVICE_RELEASE,
	STORE_PIN,
	STORE_PIN_SET,
	STORE_PIN_DROP,
	STORE_JOB,
	STORE_JOB_ADD,
	STORE_JOB_CANCEL,
	STORE_JOB_NEWEST,
	STORE_FORGET_SOCKETS,
	STORE_ACCOUNT,
	STORE_ACCOUNT_DROP,
	STORE_ACCOUNT_JOBS_EMPTY,
	STORE_SWITCHABLE,
	STORE_PLUG,
	STORE_COMMAND,
	STORE_COMMAND_COUNT,
	STORE_COMMAND_ADD,
	STORE_COMMAND_FAIL,
	STORE_TIMER,
	STORE_TIMERS,
	STORE_DEVICE_TIMERS,
	STORE_TIMER_COUNT,
	STORE_TIMER_ADD,
	STORE_TIMER_DROP,
	STORE_JOURNAL,
	STORE_DEVICE_JOURNAL,
	STORE_TARIFF,
	STORE_TARIFFS,
	STORE_TARIFF_AT,
	STORE_TARIFF_COUNT,
	STORE_TARIFF_ADD,
	STORE_TARIFF_CHANGE,
	STORE_TARIFF_DROP,
	STORE_SOCKETS,
	STORE_COLLECTOR,
	STORE_LIVE,
	STORE_STORAGE,
	STORE_SUMMARY,
	STORE_DOC,
	STORE_JOB_STATE,
	STORE_NEW_EVENTS,
	STORE_NEW_DEVICE_EVENTS,
	STORE_NEW_ENERGY,
	STORE_ENERGY,
	STORE_ROLLUP,
	STORE_EVENTS,
	STORE_DEVICE_EVENTS,
	STORE__MAX
};

#define STORE_DEVICE_ID	     0 /* columns of STORE_DEVICE, STORE_DEVICES */
#define STORE_DEVICE_KIND    1
#define STORE_DEVICE_NAME    2
#define STORE_DEVICE_OPTIONS 6

struct store {
	const struct conf *conf;
	sqlite3 *db[DB__MAX];
	bool checked[DB__MAX]; /* in this request: is the open file still the one on disk? */
	sqlite3_stmt *st[STORE__MAX];
};

void store_init(struct store *s, const struct conf *conf);
void store_free(struct store *s);

/* At the start of each request. */
void store_next(struct store *s);
/* After an error that a new connection may cure. */
void store_drop(struct store *s);

/* Gives a statement, reset; belongs to the store. Errors: as db_open(). */
int store_stmt(struct store *s, enum store_stmt id, sqlite3_stmt **ret, struct err *e);

/* A statement of the caller's own, to be finalized before the request ends. Its SQL is made of
 * names that the source has, never of what was asked. */
int store_prepare(struct store *s, enum db_file file, const char *sql, sqlite3_stmt **ret,
		  struct err *e);

/* A transaction on config.db. Ends by store_commit(), or by store_rollback(), which never fails. */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/* Runs work in a transaction: what it changes stays when it gives 0 or more, else nothing does. */
int store_write(struct store *s, int (*work)(void *ud, struct err *e), void *ud, struct err *e);

/* Runs an INSERT … RETURNING id. */
int store_insert(sqlite3_stmt *st, int64_t *ret_id, struct err *e);

/* Leaves a statement of the store at the end of a scope, and with it its read transaction. */
SV_DEFINE_CLEANUP(sqlite3_stmt *, db_reset)
#define STORE_AUTO_RESET SV_CLEANUP(db_resetp)
