#include "events.h"

#include "store.h"

#include <errno.h>
#include <string.h>

enum { NEW, OLD };
enum { EVENT_T, EVENT_DEVICE, EVENT_KIND, EVENT_DATA };

static int events_begin(struct events *v, int which, struct req *q, int64_t device,
			int64_t before_ms, struct err *e)
{
	static const enum store_stmt ids[2][2] = {
		[NEW] = { STORE_NEW_EVENTS, STORE_NEW_DEVICE_EVENTS },
		[OLD] = { STORE_EVENTS, STORE_DEVICE_EVENTS },
	};
	sqlite3_stmt *st;
	int r = store_stmt(q->store, ids[which][device != 0], &st, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	v->st[which] = st;
	db_bind(st, device ? "ii" : "i", before_ms, device);
	if (device == EVENTS_OWN)
		sqlite3_bind_null(st, 2);
	r = db_step(st, e);
	v->row[which] = r > 0;
	return r < 0 ? r : 0;
}

int events_open(struct events *v, struct req *q, int64_t device, int64_t before_ms, struct err *e)
{
	int r;

	*v = (struct events){ 0 };
	/* in this order: what moves over in between is seen twice, not never */
	r = events_begin(v, NEW, q, device, before_ms, e);
	return r < 0 ? r : events_begin(v, OLD, q, device, before_ms, e);
}

void events_close(struct events *v)
{
	for (int i = NEW; i <= OLD; i++)
		if (v->st[i])
			db_reset(v->st[i]);
	*v = (struct events){ 0 };
}

static struct event_row event_at(sqlite3_stmt *st)
{
	const char *data = db_text(st, EVENT_DATA);

	return (struct event_row){
		.t_ms = sqlite3_column_int64(st, EVENT_T),
		.device = sqlite3_column_int64(st, EVENT_DEVICE),
		.kind = db_text(st, EVENT_KIND),
		.data = *data == '{' ? data : "{}",
	};
}

static bool event_same(const struct event_row *a, const struct event_row *b)
{
	return a->t_ms == b->t_ms && a->device == b->device && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->data, b->data) == 0;
}

int events_next(struct events *v, struct event_row *ret, struct err *e)
{
	struct event_row row[2];

	for (int i = NEW; i <= OLD; i++) {
		int r = v->given[i] ? db_step(v->st[i], e) : v->row[i];

		if (r < 0)
			return r;
		v->row[i] = r > 0;
		v->given[i] = false;
		if (v->row[i])
			row[i] = event_at(v->st[i]);
	}
	if (!v->row[NEW] && !v->row[OLD])
		return 0;
	v->given[NEW] = v->row[NEW] && (!v->row[OLD] || row[NEW].t_ms >= row[OLD].t_ms);
	v->given[OLD] = v->row[OLD] && (!v->given[NEW] || event_same(&row[NEW], &row[OLD]));
	*ret = row[v->given[NEW] ? NEW : OLD];
	return 1;
}
