#include "jobs_priv.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define JOBS_RUNNING_MAX 16
#define JOBS_KEPT	 100	/* rows; fewer than what a page ever shows */
#define JOBS_OLD_MS	 600000 /* nobody waits for it any more */
#define SCAN_SECONDS	 12

enum stmt {
	/* on config.db */
	ST_VERSION,
	ST_NEXT,
	ST_CANCELLED,
	ST_TRIM,
	ST__CONFIG,
	/* on live.db */
	ST_KNOWN = ST__CONFIG,
	ST_WRITE,
	ST_INTERRUPTED,
	ST_AGAIN,
	ST_TRIM_STATES,
	ST__MAX
};
static const char *const sql[ST__MAX] = {
	[ST_VERSION] = "PRAGMA data_version",
	[ST_NEXT] = "SELECT id, kind, device, args, created_ms, cancelled FROM job WHERE id > ?1"
		    " ORDER BY id LIMIT 1",
	[ST_CANCELLED] = "SELECT cancelled FROM job WHERE id = ?1",
	[ST_TRIM] = "DELETE FROM job WHERE id <= (SELECT max(id) FROM job) - ?1"
		    " AND (kind <> 'forget' OR cancelled OR args ->> 'done')",
	[ST_KNOWN] = "SELECT 1 FROM job_state WHERE id = ?1",
	[ST_WRITE] = "INSERT OR REPLACE INTO job_state"
		     " (id, kind, device, state, started_ms, ended_ms, progress, text, result)"
		     " VALUES (?1, ?2, nullif(?3, 0), ?4, ?5, nullif(?6, 0), ?7, ?8, ?9)",
	[ST_INTERRUPTED] = "UPDATE job_state SET state = 'failed', ended_ms = ?1,"
			   " text = 'interrupted: the collector was restarted'"
			   " WHERE state = 'running' AND kind <> 'forget'",
	[ST_AGAIN] = "DELETE FROM job_state WHERE state = 'running'",
	[ST_TRIM_STATES] = "DELETE FROM job_state WHERE id <= (SELECT max(id) FROM job_state) - ?1"
			   " AND state <> 'running'",
};

struct jobs {
	struct jobs_env env;
	sqlite3_stmt *st[ST__MAX];
	int64_t version; /* of config.db, as last looked at */
	int64_t last_id; /* of the jobs looked at */
	struct job *running[JOBS_RUNNING_MAX];
	unsigned n;
	struct log_once failed;
};

static void jobs_failed(struct jobs *j, const struct err *e)
{
	if (log_once_due(&j->failed, clock_mono_ms()))
		log_err("jobs: %s", err_text(e));
}

/* ---- scan ---- */

static int scan_start(struct job *job, json_t *args, struct err *e)
{
	int seconds = SCAN_SECONDS;

	if (json_unpack(args, "{s?i}", "seconds", &seconds) < 0 || seconds < 1 || seconds > 300)
		return err_set(e, -EINVAL, "seconds is a whole number from 1 to 300");
	if (!job->env->scan_start)
		return err_set(e, -ENOTSUP, "this collector has no Bluetooth to scan with");
	if (job_like(job))
		return err_set(e, -EBUSY, "a scan is running already");
	return job->env->scan_start(job->env->ud, seconds, e);
}

static int scan_tick(struct job *job, struct err *e)
{
	jw_reset(&job->result);
	return job->env->scan_poll(job->env->ud, &job->progress, &job->result, e);
}

static int scan_end(struct job *job, enum job_end how, struct err *e)
{
	(void)how;
	(void)e;
	job->env->scan_stop(job->env->ud);
	return 0;
}

static const struct job_kind job_scan = {
	.name = "scan", .start = scan_start, .tick = scan_tick, .end = scan_end
};

static const struct job_kind *const kinds[] = { &job_scan,     &job_capture, &job_forget,
						&job_discover, &job_probe,   &job_account };

static const struct job_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < SV_LEN(kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* ---- one job ---- */

const struct job *job_like(const struct job *job)
{
	for (unsigned i = 0; i < job->jobs->n; i++) {
		const struct job *o = job->jobs->running[i];

		if (o != job && o->kind == job->kind && o->device == job->device)
			return o;
	}
	return NULL;
}

static void job_write(struct job *job, const char *kind, const char *state, int64_t ended_ms)
{
	struct jobs *j = job->jobs;
	struct err e = { 0 };

	db_bind(j->st[ST_WRITE], "isisiidss", job->id, kind, job->device, state, job->started_ms,
		ended_ms, isfinite(job->progress) ? job->progress : 0,
		job->text[0] ? job->text : NULL, job->result.len ? jw_text(&job->result) : NULL);
	if (db_run(j->st[ST_WRITE], &e) < 0)
		jobs_failed(j, &e);
}

static void job_free(struct job *job)
{
	jw_free(&job->result);
	free(job->own);
	free(job);
}
SV_DEFINE_CLEANUP(struct job *, job_free)
#define AUTO_JOB SV_CLEANUP(job_freep)

/* The last word on a job that ran. e: why it failed. */
static void job_finish(struct job *job, enum job_end how, const struct err *e)
{
	static const char *const names[] = {
		[JOB_DONE] = "done", [JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled"
	};
	struct jobs *j = job->jobs;
	struct err why = *e;

	if (job->kind->end(job, how, &why) < 0)
		how = JOB_FAILED;
	if (how == JOB_FAILED)
		snprintf(job->text, sizeof(job->text), "%s", err_text(&why));
	if (how == JOB_DONE)
		job->progress = 1;
	job_write(job, job->kind->name, names[how], job->wall_ms);
	log_info("job %lld (%s): %s%s%s", (long long)job->id, job->kind->name, names[how],
		 job->text[0] ? ": " : "", job->text);
	for (unsigned i = 0; i < j->n; i++)
		if (j->running[i] == job)
			j->running[i] = j->running[--j->n];
	job_free(job);
}

static int job_start(struct job *job, const char *args, struct err *e)
{
	json_auto_t *o = json_loads(args, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(o))
		return err_set(e, -EINVAL, "args is no JSON object");
	job->own = calloc(1, job->kind->size + 1);
	if (!job->own)
		return err_set(e, -ENOMEM, "out of memory");
	return job->kind->start(job, o, e);
}

/* ---- all of them ---- */

/* The row that st stands on, if it is to be run at all. */
static void jobs_take_row(struct jobs *j, sqlite3_stmt *st, int64_t mono_ms, int64_t wall_ms)
{
	const struct job_kind *kind = kind_find(db_text(st, 1));
	int64_t age_ms = wall_ms - sqlite3_column_int64(st, 4);
	AUTO_JOB struct job *job = calloc(1, sizeof(*job));
	struct err e = { 0 };
	int r;

	if (!job || (age_ms > JOBS_OLD_MS && !(kind && kind->stays)))
		return;
	*job = (struct job){ .jobs = j,
			     .kind = kind,
			     .env = &j->env,
			     .id = sqlite3_column_int64(st, 0),
			     .device = sqlite3_column_int64(st, 2),
			     .started_ms = wall_ms,
			     .begun_ms = mono_ms,
			     .mono_ms = mono_ms,
			     .wall_ms = wall_ms };
	if (sqlite3_column_int(st, 5)) {
		job_write(job, db_text(st, 1), "cancelled", wall_ms);
		return;
	}
	r = kind ? job_start(job, db_text(st, 3), &e)
		 : err_set(&e, -ENOTSUP, "this svitlo knows no job \"%.20s\"", db_text(st, 1));
	if (r < 0) {
		snprintf(job->text, sizeof(job->text), "%s", err_text(&e));
		job_write(job, db_text(st, 1), "failed", wall_ms);
		log_warn("job %lld (%s): %s", (long long)job->id, db_text(st, 1), job->text);
		return;
	}
	job_write(job, kind->name, "running", 0);
	j->running[j->n++] = SV_STEAL(job);
}

static int jobs_known(struct jobs *j, int64_t id, struct err *e)
{
	int r;

	db_bind(j->st[ST_KNOWN], "i", id);
	r = db_step(j->st[ST_KNOWN], e);
	if (r > 0)
		db_reset(j->st[ST_KNOWN]);
	return r;
}

/* New jobs, as many as may run beside each other. */
static int jobs_take(struct jobs *j, int64_t mono_ms, int64_t wall_ms, struct err *e)
{
	sqlite3_stmt *st = j->st[ST_NEXT];
	bool any = false;
	int r = 0;

	while (r >= 0 && j->n < JOBS_RUNNING_MAX) {
		db_bind(st, "i", j->last_id);
		r = db_step(st, e);
		if (r <= 0)
			break;
		r = jobs_known(j, sqlite3_column_int64(st, 0), e);
		if (r == 0)
			jobs_take_row(j, st, mono_ms, wall_ms);
		if (r >= 0)
			j->last_id = sqlite3_column_int64(st, 0);
		db_reset(st);
		any = true;
	}
	if (r < 0 || !any)
		return r;
	db_bind(j->st[ST_TRIM], "i", (int64_t)JOBS_KEPT);
	r = db_run(j->st[ST_TRIM], e);
	db_bind(j->st[ST_TRIM_STATES], "i", (int64_t)JOBS_KEPT);
	return r < 0 ? r : db_run(j->st[ST_TRIM_STATES], e);
}

static bool job_cancelled(struct job *job)
{
	sqlite3_stmt *st = job->jobs->st[ST_CANCELLED];
	bool cancelled = false;

	db_bind(st, "i", job->id);
	if (db_step(st, NULL) > 0) {
		cancelled = sqlite3_column_int(st, 0);
		db_reset(st);
	}
	return cancelled;
}

/* Whether somebody wrote to config.db since the last look. */
static bool jobs_news(struct jobs *j, struct err *e)
{
	int64_t version;

	if (db_step(j->st[ST_VERSION], e) <= 0)
		return false;
	version = sqlite3_column_int64(j->st[ST_VERSION], 0);
	db_reset(j->st[ST_VERSION]);
	if (version == j->version)
		return false;
	j->version = version;
	return true;
}

static void job_step(struct job *job, bool look, int64_t mono_ms, int64_t wall_ms)
{
	struct err e = { 0 };
	int r;

	job->mono_ms = mono_ms;
	job->wall_ms = wall_ms;
	if (look && job_cancelled(job)) {
		job_finish(job, JOB_CANCELLED, &e);
		return;
	}
	r = job->kind->tick(job, &e);
	if (r == 0)
		job_write(job, job->kind->name, "running", 0);
	else
		job_finish(job, r > 0 ? JOB_DONE : JOB_FAILED, &e);
}

void jobs_poll(struct jobs *j, int64_t mono_ms, int64_t wall_ms)
{
	struct err e = { 0 };
	bool news = jobs_news(j, &e), full = j->n == JOBS_RUNNING_MAX;

	for (unsigned i = j->n; i-- > 0;)
		job_step(j->running[i], news, mono_ms, wall_ms);
	/* a full house: those that had to wait have their turn when one has ended */
	if ((news || full) && jobs_take(j, mono_ms, wall_ms, &e) < 0) {
		jobs_failed(j, &e);
		j->version = -1; /* look again */
	}
}

void jobs_piece(struct jobs *j, const struct device *d, char dir, const uint8_t *p, size_t n,
		int64_t mono_ms)
{
	for (unsigned i = 0; i < j->n; i++)
		if (j->running[i]->kind == &job_capture && j->running[i]->device == d->conf.id)
			job_capture_piece(j->running[i], dir, p, n, mono_ms);
}

void jobs_history(struct jobs *j, sqlite3 *history)
{
	j->env.history = history;
	for (unsigned i = 0; i < j->n; i++)
		if (j->running[i]->kind->history)
			j->running[i]->kind->history(j->running[i]);
}

int jobs_open(struct jobs **ret, const struct jobs_env *env, int64_t wall_ms, struct err *e)
{
	struct jobs *j = calloc(1, sizeof(*j));
	int r = 0;

	if (!j)
		return err_set(e, -ENOMEM, "out of memory");
	j->env = *env;
	j->version = -1;
	for (int i = 0; r >= 0 && i < ST__MAX; i++)
		r = db_prepare(i < ST__CONFIG ? env->config : env->live, &j->st[i], sql[i], e);
	if (r >= 0) {
		db_bind(j->st[ST_INTERRUPTED], "i", wall_ms);
		r = db_run(j->st[ST_INTERRUPTED], e);
	}
	if (r >= 0)
		r = db_run(j->st[ST_AGAIN], e);
	if (r < 0) {
		jobs_close(j, wall_ms);
		return r;
	}
	job_capture_sweep(env->store_dir);
	*ret = j;
	return 0;
}

void jobs_close(struct jobs *j, int64_t wall_ms)
{
	struct err e = { 0 };

	if (!j)
		return;
	err_set(&e, -EINTR, "interrupted: the collector was stopped");
	while (j->n) {
		struct job *job = j->running[j->n - 1];

		job->wall_ms = wall_ms;
		if (job->kind->stays) {
			job->kind->end(job, JOB_CANCELLED, NULL);
			j->n--;
			job_free(job);
		} else {
			job_finish(job, JOB_FAILED, &e);
		}
	}
	for (int i = 0; i < ST__MAX; i++)
		sqlite3_finalize(j->st[i]);
	free(j);
}
