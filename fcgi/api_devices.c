/* One device with everything that is known of it, and what is done with it for a while. */
#include "devices.h"

#include "present.h"
#include "routes.h"
#include "store.h"

#define RELEASE_SECONDS 300

int device_answer(struct req *q, struct reply *r, int64_t id, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	PRESENT_AUTO struct present p = { 0 };
	int rc = store_stmt(q->store, STORE_DEVICE, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "i", id);
	rc = db_step(st, e);
	if (rc == 0)
		reply_problem(r, 404, "not_found", "there is no device with this id");
	if (rc > 0)
		rc = present_open(&p, q, e) < 0 ? e->code : 1;
	if (rc <= 0)
		return rc;
	jw_obj(&r->w);
	rc = present_write_device(&p, &r->w, st, PRESENT_CONFIG | PRESENT_VALUES | PRESENT_LINK, e);
	if (rc == 0)
		rc = present_write_doc(&p, &r->w, id, "info", e);
	if (rc == 0)
		rc = present_write_doc(&p, &r->w, id, "settings", e);
	jw_end(&r->w);
	return rc;
}

int api_device_get(struct req *q, struct reply *r, struct err *e)
{
	return device_answer(q, r, req_id(q), e);
}

static int device_set(struct req *q, struct reply *r, enum store_stmt stmt, int64_t ms,
		      struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int64_t id = req_id(q);
	int rc = store_stmt(q->store, stmt, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "ii", id, ms);
	rc = db_run(st, e);
	return rc < 0 ? rc : device_answer(q, r, id, e);
}

int api_device_connect(struct req *q, struct reply *r, struct err *e)
{
	return device_set(q, r, STORE_DEVICE_CONNECT, q->now_ms, e);
}

int api_device_release(struct req *q, struct reply *r, struct err *e)
{
	int64_t seconds = req_int(q, "seconds", RELEASE_SECONDS);

	return device_set(q, r, STORE_DEVICE_RELEASE, q->now_ms + seconds * 1000, e);
}
