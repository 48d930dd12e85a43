/* When the grid was away: the events grid_lost and grid_back, put together. */
#include "events.h"
#include "routes.h"

#include <string.h>

#define OUTAGES_LIMIT 20

static void write_or_null(struct jw *w, const char *key, bool there, int64_t v)
{
	jw_key(w, key);
	if (there)
		jw_int(w, v);
	else
		jw_null(w);
}

/* named: as it is called in the event */
static void write_number(struct jw *w, const char *key, const json_t *from, const char *named)
{
	const json_t *v = json_object_get(from, named);

	write_or_null(w, key, json_is_number(v), (int64_t)json_number_value(v));
}

/* An outage that is over, by the event of its end; or one that lasts, by that of its beginning. */
static void write_outage(struct jw *w, const struct event_row *ev, bool over)
{
	json_auto_t *data = json_loads(ev->data, 0, NULL);
	int64_t lost_ms = json_integer_value(json_object_get(data, "lost_ms"));

	jw_obj(w);
	jw_kint(w, "from_ms", over ? ev->t_ms - lost_ms : ev->t_ms);
	write_or_null(w, "to_ms", over, ev->t_ms);
	write_number(w, "unsure_ms", data, "unsure_ms");
	write_number(w, "soc_from", data, over ? "soc_from" : "soc");
	write_number(w, "soc_to", data, "soc_to");
	write_number(w, "battery_wh", data, "battery_wh");
	jw_kbool(w, "at_least", json_is_true(json_object_get(data, "at_least")));
	jw_end(w);
}

int api_grid_outages_get(struct req *q, struct reply *r, struct err *e)
{
	EVENTS_AUTO struct events v = { 0 };
	int64_t limit = req_int(q, "limit", OUTAGES_LIMIT), n = 0;
	int64_t before_ms = req_int(q, "before_ms", INT64_MAX);
	bool first = true;
	struct event_row ev;
	int rc = events_open(&v, q, EVENTS_OWN, INT64_MAX, e);

	jw_obj(&r->w);
	jw_key(&r->w, "outages");
	jw_arr(&r->w);
	while (n < limit && rc >= 0 && (rc = events_next(&v, &ev, e)) > 0) {
		bool over = strcmp(ev.kind, "grid_back") == 0;

		if (!over && strcmp(ev.kind, "grid_lost") != 0)
			continue;
		/* the end of each says all of it; only the newest may have none */
		if ((over || first) && ev.t_ms < before_ms) {
			write_outage(&r->w, &ev, over);
			n++;
		}
		first = false;
	}
	jw_end(&r->w);
	jw_end(&r->w);
	return rc < 0 ? rc : 0;
}
