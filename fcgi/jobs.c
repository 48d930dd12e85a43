#include "jobs.h"

#include "store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define JOB_BEGIN_MS 10000 /* the collector looks each second; after this something is wrong */

/* Columns of STORE_JOB and STORE_JOB_STATE. */
enum { JOB_ID, JOB_KIND, JOB_DEVICE, JOB_CREATED, JOB_USER, JOB_CANCEL };
enum { STATE_STATE, STATE_STARTED, STATE_ENDED, STATE_PROGRESS, STATE_TEXT, STATE_RESULT };

static const char *const state_names[JOB__MAX] = { "queued", "running", "done", "failed",
						   "cancelled" };
static const char not_running[] = "the collector is not running: start svitlo";
static const char interrupted[] = "interrupted: the collector was started anew";

static enum job_state state_by_name(const char *name)
{
	for (int i = 0; i < JOB__MAX; i++)
		if (strcmp(state_names[i], name) == 0)
			return (enum job_state)i;
	return JOB_FAILED;
}

/* The collector has written nothing of it. */
static void job_unknown(struct job *j)
{
	const struct present *p = &j->p;

	/* what a restart interrupted is not begun again, but for what must not be left undone */
	if (j->cancelled) {
		j->state = JOB_CANCELLED;
	} else if (p->have && j->created_ms < p->started_ms && strcmp(j->kind, "forget") != 0) {
		j->state = JOB_FAILED;
		j->text = interrupted;
	} else if (!p->running) {
		j->text = not_running;
	} else if (p->q->now_ms - j->created_ms > JOB_BEGIN_MS) {
		j->text = "the collector is running, but has not begun yet";
	}
}

static void job_known(struct job *j, sqlite3_stmt *st)
{
	j->state = state_by_name(db_text(st, STATE_STATE));
	j->started_ms = sqlite3_column_int64(st, STATE_STARTED);
	j->ended_ms = sqlite3_column_int64(st, STATE_ENDED);
	j->progress = sqlite3_column_double(st, STATE_PROGRESS);
	j->text = (const char *)sqlite3_column_text(st, STATE_TEXT);
	j->result = (const char *)sqlite3_column_text(st, STATE_RESULT);
	if (j->state != JOB_RUNNING)
		return;
	if (j->started_ms < j->p.started_ms) {
		j->state = JOB_FAILED; /* left behind by one that was killed */
		j->text = interrupted;
	} else if (!j->p.running) {
		j->text = not_running;
	}
}

static int job_look(struct job *j, struct req *q, struct err *e)
{
	int r = present_open(&j->p, q, e);

	if (r == 0 && j->p.have)
		r = store_stmt(q->store, STORE_JOB_STATE, &j->state_row, e);
	if (r == 0 && j->state_row) {
		db_bind(j->state_row, "i", j->id);
		r = db_step(j->state_row, e);
	}
	if (r > 0)
		job_known(j, j->state_row);
	else if (r == 0)
		job_unknown(j);
	return r < 0 ? r : 1;
}

/* st: STORE_JOB or STORE_JOB_NEWEST, bound */
static int job_read(struct job *j, struct req *q, sqlite3_stmt *st, struct err *e)
{
	int r = db_step(st, e);

	if (r <= 0)
		return r;
	j->id = sqlite3_column_int64(st, JOB_ID);
	j->device = sqlite3_column_int64(st, JOB_DEVICE);
	j->created_ms = sqlite3_column_int64(st, JOB_CREATED);
	j->cancelled = sqlite3_column_int(st, JOB_CANCEL);
	snprintf(j->kind, sizeof(j->kind), "%s", db_text(st, JOB_KIND));
	snprintf(j->user, sizeof(j->user), "%s", db_text(st, JOB_USER));
	return job_look(j, q, e);
}

int job_find(struct job *j, struct req *q, int64_t id, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_JOB, &st, e);

	*j = (struct job){ 0 };
	if (r < 0)
		return r;
	db_bind(st, "i", id);
	return job_read(j, q, st, e);
}

int job_find_newest(struct job *j, struct req *q, const char *kind, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_JOB_NEWEST, &st, e);

	*j = (struct job){ 0 };
	if (r < 0)
		return r;
	db_bind(st, "s", kind);
	return job_read(j, q, st, e);
}

void job_free(struct job *j)
{
	if (j->state_row)
		db_reset(j->state_row);
	present_close(&j->p);
	*j = (struct job){ 0 };
}

bool job_ended(const struct job *j)
{
	return j->state != JOB_QUEUED && j->state != JOB_RUNNING;
}

int job_add(struct req *q, const char *kind, int64_t device, const char *args, int64_t *ret_id,
	    struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_JOB_ADD, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "sisis", kind, device, args, q->now_ms, q->session.name);
	if (!device)
		sqlite3_bind_null(st, 2);
	return store_insert(st, ret_id, e);
}

struct adding {
	struct req *q;
	const struct job_order *o;
	int64_t id, found; /* found: what stands in its way */
};

/* -EALREADY: one is running, or will be. */
static int order_alone(struct adding *a, struct err *e)
{
	JOB_AUTO struct job j = { 0 };
	int r = job_find_newest(&j, a->q, a->o->kind, e);

	if (r <= 0 || job_ended(&j))
		return r < 0 ? r : 0;
	a->found = j.id;
	return -EALREADY;
}

static int order_run(void *ud, struct err *e)
{
	struct adding *a = ud;
	int r = a->o->alone ? order_alone(a, e) : 0;

	if (r == 0 && a->o->before)
		r = a->o->before(a->q, e);
	return r < 0 ? r : job_add(a->q, a->o->kind, 0, a->o->args, &a->id, e);
}

int job_order(struct req *q, struct reply *r, const struct job_order *o, struct err *e)
{
	struct adding a = { .q = q, .o = o };
	int rc = store_write(q->store, order_run, &a, e);

	if (rc == -EALREADY) {
		reply_conflict(r, "running", "job", a.found, "job %" PRId64 " %s", a.found,
			       o->alone);
		return 0;
	}
	return rc < 0 ? rc : job_answer(q, r, a.id, e);
}

/* 0: null */
static void write_int(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, key);
	if (v)
		jw_int(w, v);
	else
		jw_null(w);
}

static void job_write(const struct job *j, struct jw *w)
{
	jw_obj(w);
	jw_kint(w, "id", j->id);
	jw_kstr(w, "kind", j->kind);
	write_int(w, "device", j->device);
	jw_kstr(w, "state", state_names[j->state]);
	jw_kint(w, "created_ms", j->created_ms);
	jw_kstr(w, "user", j->user[0] ? j->user : NULL);
	write_int(w, "started_ms", j->started_ms);
	write_int(w, "ended_ms", j->ended_ms);
	jw_knum(w, "progress", j->progress, 3);
	jw_kstr(w, "text", j->text);
	jw_key(w, "result");
	jw_raw(w, j->result && *j->result ? j->result : "null");
	jw_end(w);
}

int job_answer(struct req *q, struct reply *r, int64_t id, struct err *e)
{
	JOB_AUTO struct job j = { 0 };
	int rc = job_find(&j, q, id, e);

	if (rc == 0)
		reply_problem(r, 404, "not_found", "there is no job with this number");
	if (rc > 0)
		job_write(&j, &r->w);
	return rc < 0 ? rc : 0;
}
