/* Scans, captures, and how far they are. */
#include "jobs.h"
#include "routes.h"
#include "store.h"

#include "svitlo/conf.h"
#include "svitlo/endpoint.h"
#include "svitlo/plug_address.h"
#include "svitlo/subnet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX	(16 << 20)
#define SCAN_SECONDS	12
#define CAPTURE_MINUTES 2
#define LOOKING		"is looking already"

int api_job_get(struct req *q, struct reply *r, struct err *e)
{
	return job_answer(q, r, req_id(q), e);
}

/* What a transaction is about. */
struct order {
	struct req *q;
	int64_t id;
};

/* -ESRCH: there is none; -EALREADY: it has ended. */
static int order_cancel(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	JOB_AUTO struct job j = { 0 };
	struct order *o = ud;
	int r = job_find(&j, o->q, o->id, e);

	if (r <= 0)
		return r < 0 ? r : -ESRCH;
	if (job_ended(&j))
		return -EALREADY;
	r = store_stmt(o->q->store, STORE_JOB_CANCEL, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "i", o->id);
	return db_run(st, e);
}

int api_job_delete(struct req *q, struct reply *r, struct err *e)
{
	struct order o = { .q = q, .id = req_id(q) };
	int rc = store_write(q->store, order_cancel, &o, e);

	if (rc == -EALREADY) {
		reply_problem(r, 409, "finished", "the job has ended already");
		return 0;
	}
	return rc < 0 && rc != -ESRCH ? rc : job_answer(q, r, o.id, e);
}

int api_scans_post(struct req *q, struct reply *r, struct err *e)
{
	char args[48];
	const struct job_order o = { .kind = "scan", .args = args, .alone = LOOKING };

	snprintf(args, sizeof(args), "{\"seconds\":%" PRId64 "}",
		 req_int(q, "seconds", SCAN_SECONDS));
	return job_order(q, r, &o, e);
}

/* A job whose arguments are the body's texts of these names, a NULL behind them. */
static int order_texts(struct req *q, struct reply *r, const char *kind, const char *const *keys,
		       const char *alone, struct err *e)
{
	json_t *args = json_object();
	bool ok = args;

	for (; ok && *keys; keys++)
		if (*req_str(q, *keys))
			ok = json_object_set_new(args, *keys, json_string(req_str(q, *keys))) == 0;

	SV_AUTO_FREE char *dump = ok ? json_dumps(args, JSON_COMPACT) : NULL;
	const struct job_order o = { .kind = kind, .args = dump, .alone = alone };

	json_decref(args);
	if (!dump)
		return err_set(e, -ENOMEM, "out of memory");
	return job_order(q, r, &o, e);
}

int api_discoveries_post(struct req *q, struct reply *r, struct err *e)
{
	static const char *const keys[] = { "subnet", NULL };
	struct subnet net;
	const char *subnet = req_str(q, "subnet");
	int rc = *subnet ? subnet_parse(&net, subnet, e) : 0;

	return rc < 0 ? rc : order_texts(q, r, "discover", keys, LOOKING, e);
}

int api_probes_post(struct req *q, struct reply *r, struct err *e)
{
	static const char *const keys[] = { "address", "transport", NULL };
	char url[ENDPOINT_TEXT_MAX];
	const char *address = req_str(q, "address");
	struct plug_address plug;
	struct endpoint ep;
	int rc;

	/* a bare host is tried in all ways: is it a host? */
	snprintf(url, sizeof(url), "%s%s", strstr(address, "://") ? "" : "solarman://", address);
	rc = plug_address_is(address) ? plug_address_parse(&plug, address, e)
				      : endpoint_parse(&ep, url, e);
	return rc < 0 ? rc : order_texts(q, r, "probe", keys, NULL, e);
}

/* id: of the device, then of the job. -ESRCH: there is no such device. */
static int order_capture(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	struct order *o = ud;
	char args[48];
	int r = store_stmt(o->q->store, STORE_DEVICE, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", o->id);
	r = db_step(st, e);
	if (r <= 0)
		return r < 0 ? r : -ESRCH;
	snprintf(args, sizeof(args), "{\"minutes\":%" PRId64 "}",
		 req_int(o->q, "minutes", CAPTURE_MINUTES));
	return job_add(o->q, "capture", o->id, args, &o->id, e);
}

int api_device_capture(struct req *q, struct reply *r, struct err *e)
{
	struct order o = { .q = q, .id = req_id(q) };
	int rc = store_write(q->store, order_capture, &o, e);

	if (rc == -ESRCH) {
		reply_problem(r, 404, "not_found", "there is no device with this id");
		return 0;
	}
	return rc < 0 ? rc : job_answer(q, r, o.id, e);
}

/* Nothing but what the collector has put under this very name. NULL: there is none. */
static FILE *capture_open(const struct req *q, int64_t job, int64_t *ret_len)
{
	char path[CONF_STR_MAX + 64];
	struct stat st;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/captures/%" PRId64 ".cap", q->conf->store_dir, job);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	f = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_BYTES_MAX
		    ? fdopen(fd, "re")
		    : NULL;
	if (!f)
		close(fd);
	else
		*ret_len = st.st_size;
	return f;
}

int api_job_file(struct req *q, struct reply *r, struct err *e)
{
	JOB_AUTO struct job j = { 0 };
	int rc = job_find(&j, q, req_id(q), e);

	if (rc < 0)
		return rc;
	if (rc == 0 || strcmp(j.kind, "capture") != 0) {
		reply_problem(r, 404, "not_found", "there is no capture with this number");
		return 0;
	}
	if (!job_ended(&j)) {
		reply_problem(r, 409, "not_finished", "the capture has not ended yet");
		return 0;
	}
	r->file = capture_open(q, j.id, &r->file_len);
	if (!r->file) {
		reply_problem(r, 404, "not_found", "the capture's file is not there");
		return 0;
	}
	r->type = "text/plain; charset=utf-8";
	snprintf(r->save_as, sizeof(r->save_as), "svitlo-capture-%" PRId64 ".cap", j.id);
	return 0;
}
