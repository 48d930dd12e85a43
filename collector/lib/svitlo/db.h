/*
 * The three SQLite files, opened the one right way.
 *
 *	config.db   disk    WAL, synchronous=FULL: nothing acknowledged is lost
 *	history.db  disk    WAL, 1 KiB pages, synchronous=FULL: a power cut loses at most a minute
 *	live.db     tmpfs   WAL, synchronous=OFF: gone at reboot
 *
 * The collector creates and migrates; a worker opens what is there, read-only but for the tables
 * of intent in config.db, which an authorizer enforces. Errors: -ENOENT not there yet,
 * -EPROTONOSUPPORT another version's schema, -EBUSY locked for too long, -EROFS read-only disk,
 * -ENOSPC full, -EBADMSG damaged, -EIO anything else.
 */
#pragma once

#include "err.h"
#include "util.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum db_file { DB_CONFIG, DB_HISTORY, DB_LIVE, DB__MAX };
enum db_role { DB_COLLECTOR, DB_WORKER };

const char *db_file_name(enum db_file f); /* "config.db" */

/* Opens DIR/config.db and so on. Gives *ret, to be closed by db_close(). */
int db_open(sqlite3 **ret, enum db_file file, enum db_role role, const char *dir, struct err *e);
void db_close(sqlite3 *db);
SV_DEFINE_CLEANUP(sqlite3 *, db_close)
#define SV_AUTO_DB SV_CLEANUP(db_closep)

/* Copies the WAL into the file by a connection of its own, as far as nobody reads it: also on another
 * thread than whoever has it open. */
int db_checkpoint(enum db_file file, const char *dir, struct err *e);

/* The file on disk is not the one that is open any more: open anew. */
bool db_moved(sqlite3 *db);

/* -errno for the connection's last error, with its text. */
int db_error(sqlite3 *db, struct err *e, const char *what);

/* Copies the WAL into the file, so that a copy of the file alone is whole. */
int db_merge_wal(sqlite3 *db, struct err *e);

int db_exec(sqlite3 *db, const char *sql, struct err *e);
int db_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, struct err *e);
SV_DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize)
#define SV_AUTO_STMT SV_CLEANUP(sqlite3_finalizep)

/*
 * Binds all parameters, ?1 first, by a letter each: i int64_t, d double, s text (NULL: null),
 * b blob (const void *, size_t), n null. Text and blobs are borrowed until the statement is reset.
 */
void db_bind(sqlite3_stmt *st, const char *letters, ...);

/* 1: a row is there; 0: done, statement reset; -errno: failed, statement reset. */
int db_step(sqlite3_stmt *st, struct err *e);
/* Steps to the end, resets. Number of rows changed, or -errno. */
int db_run(sqlite3_stmt *st, struct err *e);
void db_reset(sqlite3_stmt *st); /* after leaving a row loop early; clears the bindings */

const char *db_text(sqlite3_stmt *st, int col); /* "" for null; borrows until the next step */
