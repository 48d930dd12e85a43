/* What is to be switched later. The collector does it; here it is written down and cancelled. */
#include "bell.h"
#include "plugs.h"
#include "routes.h"
#include "store.h"

#include <errno.h>
#include <string.h>

#define TIMER_SOON_MS  2000 /* what is to be done sooner is a command */
#define TIMER_AHEAD_MS (366 * 86400000LL)
#define TIMERS_MAX     50 /* of a device */

/* Columns of STORE_TIMER. */
enum { TMR_ID, TMR_DEVICE, TMR_ACTION, TMR_AT, TMR_BY, TMR_WHO, TMR_CREATED, TMR_TRIES, TMR_TEXT };

static void timer_write(struct jw *w, sqlite3_stmt *st)
{
	jw_obj(w);
	jw_kint(w, "id", sqlite3_column_int64(st, TMR_ID));
	jw_kint(w, "device", sqlite3_column_int64(st, TMR_DEVICE));
	jw_kstr(w, "action", db_text(st, TMR_ACTION));
	jw_kint(w, "at_ms", sqlite3_column_int64(st, TMR_AT));
	jw_kstr(w, "by", db_text(st, TMR_BY));
	jw_kstr(w, "who", (const char *)sqlite3_column_text(st, TMR_WHO));
	jw_kint(w, "created_ms", sqlite3_column_int64(st, TMR_CREATED));
	jw_kint(w, "tries", sqlite3_column_int64(st, TMR_TRIES));
	jw_kstr(w, "text", (const char *)sqlite3_column_text(st, TMR_TEXT));
	jw_end(w);
}

int api_timers_get(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int64_t device = req_int(q, "device", 0);
	int rc = store_stmt(q->store, device ? STORE_DEVICE_TIMERS : STORE_TIMERS, &st, e);

	if (rc < 0)
		return rc;
	if (device)
		db_bind(st, "i", device);
	jw_obj(&r->w);
	jw_key(&r->w, "timers");
	jw_arr(&r->w);
	while ((rc = db_step(st, e)) > 0)
		timer_write(&r->w, st);
	jw_end(&r->w);
	jw_end(&r->w);
	return rc;
}

struct timer {
	struct req *q;
	int64_t id, at_ms;
};

/* -EDQUOT: there are enough. */
static int timer_room(struct req *q, int64_t device, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_TIMER_COUNT, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", device);
	r = db_step(st, e);
	if (r < 0)
		return r;
	return sqlite3_column_int64(st, 0) < TIMERS_MAX ? 0 : -EDQUOT;
}

static int timer_add(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	struct timer *t = ud;
	struct req *q = t->q;
	int64_t device = req_int(q, "device", 0);
	int r = plug_check(q, device, strcmp(req_str(q, "action"), "off") == 0, e);

	if (r == 0)
		r = timer_room(q, device, e);
	if (r == 0)
		r = store_stmt(q->store, STORE_TIMER_ADD, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "isisi", device, req_str(q, "action"), t->at_ms, q->session.name, q->now_ms);
	return store_insert(st, &t->id, e);
}

static int timer_time(const struct req *q, int64_t *ret_ms, struct err *e)
{
	const struct value *at = req_value(q, "at_ms"), *in = req_value(q, "in_s");
	int64_t ms = in->set ? q->now_ms + in->i * 1000 : at->i;

	if (at->set == in->set)
		return err_set(e, -EINVAL, "say either at_ms or in_s");
	if (ms < q->now_ms + TIMER_SOON_MS)
		return err_set(e, -EINVAL, "at_ms must be at least %d s from now",
			       TIMER_SOON_MS / 1000);
	if (ms > q->now_ms + TIMER_AHEAD_MS)
		return err_set(e, -EINVAL, "at_ms must be at most 366 days from now");
	*ret_ms = ms;
	return 0;
}

static int timer_answer(struct req *q, struct reply *r, int64_t id, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int rc = store_stmt(q->store, STORE_TIMER, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "i", id);
	rc = db_step(st, e);
	if (rc == 0)
		reply_problem(r, 404, "not_found", "there is no timer with this number");
	if (rc > 0)
		timer_write(&r->w, st);
	return rc < 0 ? rc : 0;
}

int api_timers_post(struct req *q, struct reply *r, struct err *e)
{
	struct timer t = { .q = q };
	int rc = timer_time(q, &t.at_ms, e);

	if (rc < 0)
		return rc;
	rc = store_write(q->store, timer_add, &t, e);
	if (rc < 0)
		return plug_refused(r, rc, "this device has too many timers: cancel some");
	bell_ring(q->conf);
	return timer_answer(q, r, t.id, e);
}

int api_timer_delete(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int rc = store_stmt(q->store, STORE_TIMER_DROP, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "i", req_id(q));
	rc = db_run(st, e);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		reply_problem(r, 404, "not_found", "there is no timer with this number");
		return 0;
	}
	bell_ring(q->conf);
	r->type = NULL;
	return 0;
}
