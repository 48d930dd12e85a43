/* What happened, and the adapters. */
#include "events.h"
#include "present.h"
#include "routes.h"
#include "store.h"

#include <string.h>

#define EVENTS_LIMIT 50

static void event_write(struct jw *w, const struct event_row *ev)
{
	jw_obj(w);
	jw_kint(w, "t_ms", ev->t_ms);
	jw_key(w, "device");
	if (ev->device)
		jw_int(w, ev->device);
	else
		jw_null(w);
	jw_kstr(w, "kind", ev->kind);
	jw_key(w, "data");
	jw_raw(w, ev->data);
	jw_end(w);
}

int api_events_get(struct req *q, struct reply *r, struct err *e)
{
	EVENTS_AUTO struct events v = { 0 };
	const char *kind = req_str(q, "kind");
	int64_t limit = req_int(q, "limit", EVENTS_LIMIT), n = 0, last_ms = 0;
	int64_t from_ms = req_int(q, "from_ms", INT64_MIN);
	struct event_row ev;
	int rc = events_open(&v, q, req_int(q, "device", 0), req_int(q, "before_ms", INT64_MAX), e);

	jw_obj(&r->w);
	jw_key(&r->w, "events");
	jw_arr(&r->w);
	while (rc >= 0 && (rc = events_next(&v, &ev, e)) > 0) {
		if (ev.t_ms < from_ms)
			break;
		if (*kind && strcmp(ev.kind, kind) != 0)
			continue;
		/* those of one millisecond stay together: who goes on before it would lose some */
		if (n >= limit && ev.t_ms != last_ms)
			break;
		event_write(&r->w, &ev);
		last_ms = ev.t_ms;
		n++;
	}
	jw_end(&r->w);
	jw_end(&r->w);
	return rc < 0 ? rc : 0;
}

int api_bluetooth_get(struct req *q, struct reply *r, struct err *e)
{
	PRESENT_AUTO struct present p = { 0 };
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int rc = present_open(&p, q, e);
	const char *body;
	size_t n;

	if (rc == 0)
		rc = present_doc(&p, 0, "bluetooth", &st, e);
	if (rc < 0)
		return rc;
	body = st ? db_text(st, 1) : "";
	n = strlen(body);
	jw_obj(&r->w);
	jw_key(&r->w, "age_ms");
	if (n > 2 && *body == '{') {
		jw_int(&r->w, present_age(&p, sqlite3_column_int64(st, 0)));
		jw_rawn(&r->w, body + 1, n - 2);
	} else {
		jw_null(&r->w);
		jw_kstr(&r->w, "reason", "bus_unavailable");
		jw_kstr(&r->w, "detail", p.running ? NULL : "the collector is not running");
		jw_key(&r->w, "adapters");
		jw_arr(&r->w);
		jw_end(&r->w);
	}
	jw_end(&r->w);
	return 0;
}
