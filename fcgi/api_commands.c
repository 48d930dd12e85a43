/* Plugs switched, and the journal of it. A worker only orders; the collector does it. */
#include "bell.h"
#include "plugs.h"
#include "routes.h"
#include "store.h"

#include <errno.h>
#include <string.h>

#define COMMAND_EXPIRES_MS  10000 /* later nobody expects it any more */
#define COMMAND_PENDING_MAX 20	  /* of a device */
#define JOURNAL_LIMIT	    50

/* Columns of STORE_COMMAND and STORE_JOURNAL. */
enum {
	CMD_ID,
	CMD_DEVICE,
	CMD_ACTION,
	CMD_FOR,
	CMD_BY,
	CMD_WHO,
	CMD_STATE,
	CMD_CREATED,
	CMD_CLAIMED,
	CMD_ENDED,
	CMD_ON,
	CMD_CODE,
	CMD_TEXT,
	CMD_EXPIRES
};
enum {
	JRN_ID,
	JRN_T,
	JRN_DEVICE,
	JRN_ACTION,
	JRN_BY,
	JRN_WHO,
	JRN_RESULT,
	JRN_CODE,
	JRN_TEXT,
	JRN_COMMAND
};

static void write_text(struct jw *w, const char *key, sqlite3_stmt *st, int col)
{
	jw_kstr(w, key, (const char *)sqlite3_column_text(st, col));
}

static void command_write(const struct req *q, struct jw *w, sqlite3_stmt *st)
{
	/* the collector will not begin it: it need not have said so yet */
	bool late = strcmp(db_text(st, CMD_STATE), "pending") == 0 &&
		    sqlite3_column_int64(st, CMD_EXPIRES) < q->now_ms;

	jw_obj(w);
	jw_kint(w, "id", sqlite3_column_int64(st, CMD_ID));
	jw_kint(w, "device", sqlite3_column_int64(st, CMD_DEVICE));
	write_text(w, "action", st, CMD_ACTION);
	plug_write_int(w, "for_s", st, CMD_FOR);
	write_text(w, "by", st, CMD_BY);
	write_text(w, "who", st, CMD_WHO);
	jw_kstr(w, "state", late ? "expired" : db_text(st, CMD_STATE));
	jw_kint(w, "created_ms", sqlite3_column_int64(st, CMD_CREATED));
	plug_write_int(w, "claimed_ms", st, CMD_CLAIMED);
	plug_write_int(w, "ended_ms", st, late ? CMD_EXPIRES : CMD_ENDED);
	jw_key(w, "on");
	if (sqlite3_column_type(st, CMD_ON) == SQLITE_NULL)
		jw_null(w);
	else
		jw_bool(w, sqlite3_column_int(st, CMD_ON) != 0);
	write_text(w, "code", st, CMD_CODE);
	if (late)
		jw_kstr(w, "text", "svitlo did not begin it in time: nothing was sent");
	else
		write_text(w, "text", st, CMD_TEXT);
	jw_end(w);
}

static int command_answer(struct req *q, struct reply *r, int64_t id, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int rc = store_stmt(q->store, STORE_COMMAND, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "i", id);
	rc = db_step(st, e);
	if (rc == 0)
		reply_problem(r, 404, "not_found", "there is no command with this number");
	if (rc > 0)
		command_write(q, &r->w, st);
	return rc < 0 ? rc : 0;
}

int api_command_get(struct req *q, struct reply *r, struct err *e)
{
	return command_answer(q, r, req_id(q), e);
}

struct command {
	struct req *q;
	bool running; /* the collector */
	int64_t id;
};

/* -EDQUOT: there are enough that wait. */
static int command_room(struct req *q, int64_t device, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_COMMAND_COUNT, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "ii", device, q->now_ms);
	r = db_step(st, e);
	if (r < 0)
		return r;
	return sqlite3_column_int64(st, 0) < COMMAND_PENDING_MAX ? 0 : -EDQUOT;
}

static int command_add(struct command *c, int64_t device, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	struct req *q = c->q;
	int r = store_stmt(q->store, STORE_COMMAND_ADD, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "isiisii", device, req_str(q, "action"), req_int(q, "for_s", 0),
		(int64_t)req_value(q, "confirm")->b, q->session.name, q->now_ms,
		q->now_ms + COMMAND_EXPIRES_MS);
	if (!req_value(q, "for_s")->set)
		sqlite3_bind_null(st, 3);
	return store_insert(st, &c->id, e);
}

/* Nobody is there to do it: nor shall anybody who comes later. */
static int command_give_up(struct command *c, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(c->q->store, STORE_COMMAND_FAIL, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "iiss", c->id, c->q->now_ms, "collector_stopped",
		"the collector is not running: nothing was sent");
	return db_run(st, e);
}

static int command_run(void *ud, struct err *e)
{
	struct command *c = ud;
	int64_t device = req_int(c->q, "device", 0);
	int r = plug_check(c->q, device, req_value(c->q, "for_s")->set, e);

	if (r == 0)
		r = command_room(c->q, device, e);
	if (r == 0)
		r = command_add(c, device, e);
	return r < 0 || c->running ? r : command_give_up(c, e);
}

static int collector_running(struct req *q, bool *ret, struct err *e)
{
	PRESENT_AUTO struct present p = { 0 };
	int r = present_open(&p, q, e);

	*ret = p.running;
	return r;
}

int api_commands_post(struct req *q, struct reply *r, struct err *e)
{
	struct command c = { .q = q };
	int rc;

	if (req_value(q, "for_s")->set && strcmp(req_str(q, "action"), "on") != 0)
		return err_set(e, -EINVAL, "for_s is only for an on");
	rc = collector_running(q, &c.running, e);
	if (rc < 0)
		return rc;
	rc = store_write(q->store, command_run, &c, e);
	if (rc < 0)
		return plug_refused(r, rc,
				    "too many commands wait for this device already: is it there?");
	/* whoever asked looks at the command: a plug may take seconds, and a worker never waits for one */
	if (c.running) {
		bell_ring(q->conf);
		r->status = q->route->later;
	}
	return command_answer(q, r, c.id, e);
}

static void journal_write(struct jw *w, sqlite3_stmt *st)
{
	jw_obj(w);
	jw_kint(w, "id", sqlite3_column_int64(st, JRN_ID));
	jw_kint(w, "t_ms", sqlite3_column_int64(st, JRN_T));
	jw_kint(w, "device", sqlite3_column_int64(st, JRN_DEVICE));
	write_text(w, "action", st, JRN_ACTION);
	write_text(w, "by", st, JRN_BY);
	write_text(w, "who", st, JRN_WHO);
	write_text(w, "result", st, JRN_RESULT);
	write_text(w, "code", st, JRN_CODE);
	write_text(w, "text", st, JRN_TEXT);
	plug_write_int(w, "command", st, JRN_COMMAND);
	jw_end(w);
}

int api_journal_get(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int64_t before = req_int(q, "before_id", INT64_MAX);
	int64_t limit = req_int(q, "limit", JOURNAL_LIMIT), device = req_int(q, "device", 0);
	int rc = store_stmt(q->store, device ? STORE_DEVICE_JOURNAL : STORE_JOURNAL, &st, e);

	if (rc < 0)
		return rc;
	if (device)
		db_bind(st, "iii", before, limit, device);
	else
		db_bind(st, "ii", before, limit);
	jw_obj(&r->w);
	jw_key(&r->w, "journal");
	jw_arr(&r->w);
	while ((rc = db_step(st, e)) > 0)
		journal_write(&r->w, st);
	jw_end(&r->w);
	jw_end(&r->w);
	return rc;
}
