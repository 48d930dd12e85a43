/* The present, for everybody who looks: the one route that must be cheap. */
#include "present.h"
#include "routes.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>

static int live_devices(struct present *p, struct jw *w, unsigned parts, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(p->q->store, STORE_DEVICES, &st, e);

	if (r < 0)
		return r;
	jw_key(w, "devices");
	jw_arr(w);
	while ((r = db_step(st, e)) > 0) {
		jw_obj(w);
		r = present_write_device(p, w, st, parts, e);
		if (r < 0)
			return r;
		jw_end(w);
	}
	jw_end(w);
	return r;
}

int api_live_get(struct req *q, struct reply *r, struct err *e)
{
	PRESENT_AUTO struct present p;
	int rc = present_open(&p, q, e);

	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	jw_kint(&r->w, "now_ms", q->now_ms);
	jw_key(&r->w, "collector");
	present_write_collector(&p, &r->w, true);
	rc = live_devices(&p, &r->w, PRESENT_VALUES, e);
	if (rc < 0)
		return rc;
	rc = present_write_summary(&p, &r->w, "bank", e);
	if (rc == 0)
		rc = present_write_summary(&p, &r->w, "house", e);
	if (rc < 0)
		return rc;
	jw_end(&r->w);
	/* for nginx, which hides it and counts in whole seconds: never older than three */
	r->cache = "max-age=1, stale-while-revalidate=1";
	snprintf(r->etag, sizeof(r->etag), "W/\"%" PRIx64 "-%" PRIx64 "-%016" PRIx64 "\"",
		 (uint64_t)p.started_ms, (uint64_t)p.seq, p.hash);
	reply_etag(r, q);
	return 0;
}

int api_devices_get(struct req *q, struct reply *r, struct err *e)
{
	PRESENT_AUTO struct present p;
	int rc = present_open(&p, q, e);

	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	rc = live_devices(&p, &r->w, PRESENT_CONFIG, e);
	jw_end(&r->w);
	return rc;
}

/* What history costs the disk, as the collector wrote it. */
static int status_storage(struct present *p, struct jw *w, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	const char *text = "";
	int r = 0;

	if (p->have)
		r = store_stmt(p->q->store, STORE_STORAGE, &st, e);
	if (r == 0 && st)
		r = db_step(st, e);
	if (r < 0)
		return r;
	if (r > 0)
		text = db_text(st, 0);
	jw_key(w, "storage");
	jw_raw(w, *text == '{' ? text : "null");
	return 0;
}

int api_status_get(struct req *q, struct reply *r, struct err *e)
{
	PRESENT_AUTO struct present p;
	int rc = present_open(&p, q, e);

	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	jw_key(&r->w, "collector");
	present_write_collector(&p, &r->w, true);
	jw_key(&r->w, "started_ms");
	if (p.have)
		jw_int(&r->w, p.started_ms);
	else
		jw_null(&r->w);
	jw_key(&r->w, "loop");
	jw_raw(&r->w, p.loop[0] ? p.loop : "null");
	rc = status_storage(&p, &r->w, e);
	jw_end(&r->w);
	return rc;
}
