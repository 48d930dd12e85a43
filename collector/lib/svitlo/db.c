#include "db.h"

#include "migrations.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DB_BUSY_MS  2000
#define DB_PATH_MAX 4096

static const struct db_kind {
	const char *name;
	const char *create;  /* before the first table: cannot be changed later */
	const char *pragmas; /* at each opening; of live.db the collector's */
} kinds[DB__MAX] = {
	[DB_CONFIG] = { "config.db", "PRAGMA auto_vacuum=INCREMENTAL",
			"PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON" },
	/* no auto_vacuum: its maps of pointers were more than half of the pages that a minute
	 * touched, and what old rows leave is soon taken by new ones */
	[DB_HISTORY] = { "history.db", "PRAGMA page_size=1024",
			 "PRAGMA synchronous=FULL; PRAGMA cache_size=-1024;"
			 /* else pages of rows that go are written once more, as zeros */
			 "PRAGMA secure_delete=OFF;"
			 "PRAGMA temp_store=MEMORY" },
	[DB_LIVE] = { "live.db", "PRAGMA page_size=2048",
		      "PRAGMA synchronous=OFF; PRAGMA cache_size=-512" },
};

/* What a worker may write in config.db: tables of intent, nothing else. */
static const char *const worker_writes[] = { "account", "claim",  "command", "device",
					     "job",	"secret", "session", "setting",
					     "tariff",	"timer",  "user" };

const char *db_file_name(enum db_file f)
{
	return kinds[f].name;
}

static int db_errno(int rc)
{
	if (rc == SQLITE_CONSTRAINT_TRIGGER) /* a limit of sql/migrations */
		return -EDQUOT;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_AUTH:
		return -EPERM;
	default:
		return -EIO;
	}
}

int db_error(sqlite3 *db, struct err *e, const char *what)
{
	const char *path = sqlite3_db_filename(db, "main");
	int rc = sqlite3_extended_errcode(db);

	if (rc == SQLITE_CONSTRAINT_TRIGGER) /* words for people */
		return err_set(e, db_errno(rc), "%s", sqlite3_errmsg(db));
	return err_set(e, db_errno(rc), "%s: %s: %s", path && *path ? path : "database", what,
		       sqlite3_errmsg(db));
}

int db_exec(sqlite3 *db, const char *sql, struct err *e)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_error(db, e, sql);
}

int db_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, struct err *e)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK)
		return db_error(db, e, sql);
	*ret = st;
	return 0;
}

void db_bind(sqlite3_stmt *st, const char *letters, ...)
{
	va_list ap;
	int i = 1;

	va_start(ap, letters);
	for (const char *l = letters; *l; l++, i++) {
		const void *p;

		switch (*l) {
		case 'i':
			sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'd':
			sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		case 's':
			sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 'b':
			p = va_arg(ap, const void *);
			sqlite3_bind_blob64(st, i, p, va_arg(ap, size_t), SQLITE_STATIC);
			break;
		case 'n':
			sqlite3_bind_null(st, i);
			break;
		default:
			assert(!"db_bind: unknown letter");
		}
	}
	va_end(ap);
	assert(i - 1 == sqlite3_bind_parameter_count(st));
}

void db_reset(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

int db_step(sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st), r;

	if (rc == SQLITE_ROW)
		return 1;
	r = rc == SQLITE_DONE ? 0 : db_error(sqlite3_db_handle(st), e, sqlite3_sql(st));
	db_reset(st);
	return r;
}

int db_run(sqlite3_stmt *st, struct err *e)
{
	sqlite3 *db = sqlite3_db_handle(st);
	int before = sqlite3_total_changes(db), r;

	do
		r = db_step(st, e);
	while (r > 0);
	if (r < 0)
		return r;
	/* after what changes nothing, like BEGIN, sqlite3_changes is still that of the last one */
	return sqlite3_total_changes(db) == before ? 0 : sqlite3_changes(db);
}

const char *db_text(sqlite3_stmt *st, int col)
{
	const unsigned char *t = sqlite3_column_text(st, col);

	return t ? (const char *)t : "";
}

static int db_version(sqlite3 *db, int *ret, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(db, &st, "PRAGMA user_version", e);

	if (r == 0)
		r = db_step(st, e);
	if (r < 0)
		return r;
	*ret = sqlite3_column_int(st, 0);
	return 0;
}

int db_checkpoint(enum db_file file, const char *dir, struct err *e)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	char path[DB_PATH_MAX];
	int on = 1, version, r;

	snprintf(path, sizeof(path), "%s/%s", dir, kinds[file].name);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return db ? db_error(db, e, "open") : err_set(e, -ENOMEM, "out of memory");
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, DB_BUSY_MS);
	/* before it has read anything a connection does not know of a WAL */
	r = db_version(db, &version, e);
	if (r < 0)
		return r;
	return sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on) == SQLITE_OK &&
			       sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_PASSIVE,
							 NULL, NULL) == SQLITE_OK
		       ? 0
		       : db_error(db, e, "checkpoint");
}

static int db_newest(enum db_file file)
{
	int v = 0;

	for (unsigned i = 0; i < migrations_count; i++)
		if (migrations[i].file == file && migrations[i].version > v)
			v = migrations[i].version;
	return v;
}

static int db_migrate(sqlite3 *db, enum db_file file, int have, struct err *e)
{
	for (unsigned i = 0; i < migrations_count; i++) {
		const struct migration *m = &migrations[i];
		char set[64];
		int r;

		if (m->file != file || m->version <= have)
			continue;
		snprintf(set, sizeof(set), "PRAGMA user_version=%d; COMMIT", m->version);
		r = db_exec(db, "BEGIN IMMEDIATE", e);
		if (r == 0) /* another process may have been faster */
			r = db_version(db, &have, e);
		if (r == 0 && have < m->version)
			r = db_exec(db, m->sql, e);
		if (r == 0)
			r = db_exec(db, have < m->version ? set : "COMMIT", e);
		if (r < 0) {
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			return r;
		}
	}
	return 0;
}

static int db_refuse(sqlite3 *db, enum db_file file, int have, struct err *e)
{
	return err_set(e, -EPROTONOSUPPORT,
		       "%s has schema version %d, this svitlo knows up to %d: %s",
		       sqlite3_db_filename(db, "main"), have, db_newest(file),
		       have > db_newest(file) ? "install the newer svitlo again"
					      : "start the collector once, it migrates");
}

static int db_setup_collector(sqlite3 *db, enum db_file file, struct err *e)
{
	int have, on = 1, r;

	r = db_version(db, &have, e);
	if (r < 0)
		return r;
	if (have > db_newest(file))
		return db_refuse(db, file, have, e);
	if (have == 0)
		r = db_exec(db, kinds[file].create, e);
	if (r == 0)
		r = db_exec(db, "PRAGMA journal_mode=WAL", e);
	if (r == 0)
		r = db_exec(db, kinds[file].pragmas, e);
	if (r == 0)
		r = db_migrate(db, file, have, e);
	/* else a read-only reader of another user fails once the last writer has closed */
	if (r == 0 && sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on) != SQLITE_OK)
		r = err_set(e, -EIO, "%s: cannot keep the WAL file", kinds[file].name);
	return r;
}

static int worker_may(void *file, int op, const char *table, const char *col, const char *db,
		      const char *trigger)
{
	(void)col;
	(void)db;
	(void)trigger;
	switch (op) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_FUNCTION:
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		if (file != &kinds[DB_CONFIG])
			return SQLITE_DENY;
		for (size_t i = 0; i < SV_LEN(worker_writes); i++)
			if (strcmp(table, worker_writes[i]) == 0)
				return SQLITE_OK;
		return SQLITE_DENY;
	default: /* PRAGMA, ATTACH, CREATE, DROP, … */
		return SQLITE_DENY;
	}
}

static int db_setup_worker(sqlite3 *db, enum db_file file, struct err *e)
{
	union {
		const void *in;
		void *out;
	} kind = { .in = &kinds[file] };
	int have, r;

	r = db_version(db, &have, e);
	if (r < 0)
		return r;
	if (have != db_newest(file))
		return db_refuse(db, file, have, e);
	if (file != DB_LIVE)
		r = db_exec(db, kinds[file].pragmas, e);
	if (r == 0 && sqlite3_set_authorizer(db, worker_may, kind.out) != SQLITE_OK)
		r = db_error(db, e, "authorizer");
	return r;
}

int db_open(sqlite3 **ret, enum db_file file, enum db_role role, const char *dir, struct err *e)
{
	SV_AUTO_DB sqlite3 *db = NULL;
	char path[DB_PATH_MAX];
	int flags, r;

	if (snprintf(path, sizeof(path), "%s/%s", dir, kinds[file].name) >= (int)sizeof(path))
		return err_set(e, -ENAMETOOLONG, "%.60s…: the path is too long", dir);
	if (role == DB_COLLECTOR)
		flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	else
		flags = file == DB_CONFIG ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return db ? db_error(db, e, "open") : err_set(e, -ENOMEM, "out of memory");
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, DB_BUSY_MS);
	if (role == DB_COLLECTOR && sqlite3_db_readonly(db, "main") == 1)
		return err_set(e, -EROFS, "%s: cannot be written: check the disk and who owns it",
			       path);
	r = role == DB_COLLECTOR ? db_setup_collector(db, file, e) : db_setup_worker(db, file, e);
	if (r < 0)
		return r;
	*ret = SV_STEAL(db);
	return 0;
}

int db_merge_wal(sqlite3 *db, struct err *e)
{
	return sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
			       SQLITE_OK
		       ? 0
		       : db_error(db, e, "checkpoint");
}

void db_close(sqlite3 *db)
{
	sqlite3_close_v2(db);
}

bool db_moved(sqlite3 *db)
{
	int moved = 0;

	return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
	       moved;
}
