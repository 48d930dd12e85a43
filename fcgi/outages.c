#include "outages.h"

#include "events.h"

#include "svitlo/util.h"

#include <string.h>

#define OUTAGES_MS 86400000

/* Read backwards in time: the end of an outage comes before its beginning. */
struct outages {
	int64_t from_ms, count, lost_ms;
	int64_t end_ms; /* of the outage whose beginning comes next */
	bool ended;	/* a device_back stands there */
	json_t *back;	/* its data */
	struct {
		int64_t t_ms, back_ms;
		json_t *lost, *back;
	} last;
};

static void outages_free(struct outages *o)
{
	json_decref(o->back);
	json_decref(o->last.lost);
	json_decref(o->last.back);
}

static void outage_add(struct outages *o, int64_t t_ms, const char *data)
{
	int64_t from = t_ms > o->from_ms ? t_ms : o->from_ms;

	if (o->end_ms <= o->from_ms)
		return;
	if (o->count++ == 0) {
		o->last.t_ms = t_ms;
		o->last.back_ms = o->ended ? o->end_ms : 0;
		o->last.lost = json_loads(data, 0, NULL);
		o->last.back = SV_STEAL(o->back);
	}
	if (o->end_ms > from)
		o->lost_ms += o->end_ms - from;
}

static void outages_back(struct outages *o, const struct event_row *ev)
{
	json_decref(o->back);
	o->back = json_loads(ev->data, 0, NULL);
	o->ended = true;
	o->end_ms = ev->t_ms;
}

static void outages_lost(struct outages *o, const struct event_row *ev)
{
	outage_add(o, ev->t_ms, ev->data);
	json_decref(o->back);
	o->back = NULL;
	/* an earlier one that never ended did so here */
	o->ended = true;
	o->end_ms = ev->t_ms;
}

static int outages_read(struct outages *o, struct req *q, int64_t device, struct err *e)
{
	EVENTS_AUTO struct events v = { 0 };
	struct event_row ev;
	int r = events_open(&v, q, device, INT64_MAX, e);

	/* the first one before the day still says how the day began */
	for (bool inside = true; r >= 0 && inside && (r = events_next(&v, &ev, e)) > 0;) {
		bool back = strcmp(ev.kind, "device_back") == 0;

		if (!back && strcmp(ev.kind, "device_lost") != 0)
			continue;
		inside = ev.t_ms >= o->from_ms;
		if (!back)
			outages_lost(o, &ev);
		else if (inside)
			outages_back(o, &ev);
	}
	return r < 0 ? r : 0;
}

static void write_text(struct jw *w, const char *key, const json_t *from)
{
	jw_kstr(w, key, json_string_value(json_object_get(from, key)));
}

static void write_last(const struct outages *o, struct jw *w)
{
	jw_obj(w);
	jw_kint(w, "t_ms", o->last.t_ms);
	jw_key(w, "back_ms");
	if (o->last.back_ms)
		jw_int(w, o->last.back_ms);
	else
		jw_null(w);
	write_text(w, "reason", o->last.lost);
	write_text(w, "detail", o->last.lost);
	write_text(w, "cure", o->last.back);
	jw_end(w);
}

int outages_write(struct req *q, struct jw *w, int64_t device, struct err *e)
{
	SV_CLEANUP(outages_free)
	struct outages o = { .from_ms = q->now_ms - OUTAGES_MS, .end_ms = q->now_ms };
	int r = outages_read(&o, q, device, e);

	if (r < 0)
		return r;
	jw_key(w, "outages");
	jw_obj(w);
	jw_kint(w, "count", o.count);
	jw_kint(w, "lost_ms", o.lost_ms);
	jw_key(w, "last");
	if (o.count)
		write_last(&o, w);
	else
		jw_null(w);
	jw_end(w);
	return 0;
}
