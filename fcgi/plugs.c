#include "plugs.h"

#include "store.h"

#include <errno.h>
#include <string.h>

/* Columns of STORE_PLUG. */
enum { PLUG_TIMER, PLUG_TIMER_ACTION, PLUG_AT, PLUG_BY, PLUG_COMMAND, PLUG_COMMAND_ACTION };

#define PLUG_BUSY_RETRY_S 5

void plug_write_int(struct jw *w, const char *key, sqlite3_stmt *st, int col)
{
	jw_key(w, key);
	if (sqlite3_column_type(st, col) == SQLITE_NULL)
		jw_null(w);
	else
		jw_int(w, sqlite3_column_int64(st, col));
}

static void write_link(struct present *p, struct jw *w, const char *text)
{
	json_auto_t *link = *text ? json_loads(text, 0, NULL) : NULL;
	const json_t *measures = json_object_get(link, "measures");
	const json_t *sockets = json_object_get(link, "sockets");
	int64_t n = json_is_integer(sockets) ? json_integer_value(sockets) : -1;
	char knows = json_is_boolean(measures) ? (json_is_true(measures) ? 'y' : 'n') : '?';

	present_hash(p, &n, sizeof(n));
	present_hash(p, &knows, sizeof(knows));
	jw_key(w, "measures");
	if (knows == '?')
		jw_null(w);
	else
		jw_bool(w, knows == 'y');
	jw_key(w, "sockets");
	if (n < 0)
		jw_null(w);
	else
		jw_int(w, n);
}

static void write_options(struct jw *w, const struct kind *kind, const char *text)
{
	json_auto_t *o = json_loads(text, 0, NULL); /* NULL: what goes without saying */

	jw_kint(w, "priority", kind_option_int(kind, o, "priority"));
	jw_kbool(w, "never_off", strcmp(kind_option_text(kind, o, "never_off"), "yes") == 0);
	jw_kint(w, "estimated_w", kind_option_int(kind, o, "estimated_w"));
}

static void write_timer(struct jw *w, sqlite3_stmt *st)
{
	jw_key(w, "timer");
	if (sqlite3_column_type(st, PLUG_TIMER) == SQLITE_NULL) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kint(w, "id", sqlite3_column_int64(st, PLUG_TIMER));
	jw_kstr(w, "action", db_text(st, PLUG_TIMER_ACTION));
	jw_kint(w, "at_ms", sqlite3_column_int64(st, PLUG_AT));
	jw_kstr(w, "by", db_text(st, PLUG_BY));
	jw_end(w);
}

static void write_command(struct jw *w, sqlite3_stmt *st)
{
	jw_key(w, "command");
	if (sqlite3_column_type(st, PLUG_COMMAND) == SQLITE_NULL) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kint(w, "id", sqlite3_column_int64(st, PLUG_COMMAND));
	jw_kstr(w, "action", db_text(st, PLUG_COMMAND_ACTION));
	jw_end(w);
}

int plug_write(struct present *p, struct jw *w, const struct kind *kind, int64_t id,
	       const char *options, const char *link, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(p->q->store, STORE_PLUG, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "ii", id, p->q->now_ms);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	for (int col = PLUG_TIMER; col <= PLUG_COMMAND_ACTION; col++)
		present_hash(p, db_text(st, col), strlen(db_text(st, col)) + 1);
	write_link(p, w, link);
	write_options(w, kind, options);
	write_timer(w, st);
	write_command(w, st);
	return 0;
}

/* Does the collector say that it has sockets? Before it has said anything: no. */
static int is_strip(struct req *q, int64_t device, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_SOCKETS, &st, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	db_bind(st, "i", device);
	r = db_step(st, e);
	return r > 0 ? sqlite3_column_int64(st, 0) > 0 : r;
}

int plug_check(struct req *q, int64_t device, bool ends_off, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	const struct kind *kind;
	int r = store_stmt(q->store, STORE_SWITCHABLE, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", device);
	r = db_step(st, e);
	if (r <= 0)
		return r < 0 ? r : -ESRCH;
	kind = kind_find(db_text(st, 0));
	if (!kind || !kind_is_plug(kind))
		return -ENOTTY;
	if (ends_off && strcmp(db_text(st, 2), "yes") == 0)
		return -EACCES;
	r = sqlite3_column_int(st, 1) ? 1 : is_strip(q, device, e);
	return r > 0 ? -EISDIR : r;
}

int plug_refused(struct reply *r, int rc, const char *too_many)
{
	switch (rc) {
	case -ESRCH:
		reply_problem(r, 404, "not_found", "there is no device with this id");
		return 0;
	case -ENOTTY:
		reply_problem(r, 409, "not_switchable", "this device cannot be switched");
		return 0;
	case -EISDIR:
		reply_problem(r, 409, "not_switchable",
			      "a strip is not switched as a whole: switch its sockets");
		return 0;
	case -EACCES:
		reply_problem(r, 409, "never_off",
			      "it is marked as never to be switched off: no timer may do it");
		return 0;
	case -EDQUOT:
		reply_problem(r, 429, "too_many", "%s", too_many);
		r->retry_s = PLUG_BUSY_RETRY_S;
		return 0;
	default:
		return rc;
	}
}
