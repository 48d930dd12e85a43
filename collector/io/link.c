#include "link.h"

#include "svitlo/jw.h"

static const char *const names[LINK_CURE__MAX] = {
	[LINK_ASK] = "ask",
	[LINK_RESUBSCRIBE] = "resubscribe",
	[LINK_RECONNECT] = "reconnect",
	[LINK_FORGET] = "forget",
	[LINK_POWER_CYCLE] = "power_cycle",
	[LINK_REST] = "rest",
};

const char *link_cure_name(enum link_cure c)
{
	return names[c];
}

void link_cure_tried(struct link *l, enum link_cure c, int64_t wall_ms)
{
	l->cures[c].count++;
	l->cures[c].last_ms = wall_ms;
	if ((int)c > l->trying) /* what comes after a stronger one only lets that one work */
		l->trying = (int)c;
}

const char *link_cure_worked(struct link *l)
{
	int c = l->trying;

	if (c < 0)
		return NULL;
	l->cures[c].worked++;
	l->trying = -1;
	return names[c];
}

void link_cures_json(const struct link *l, struct jw *w)
{
	jw_key(w, "cures");
	jw_obj(w);
	for (int c = 0; c < LINK_CURE__MAX; c++) {
		const struct link_cured *k = &l->cures[c];

		if (!k->count)
			continue;
		jw_key(w, names[c]);
		jw_obj(w);
		jw_kint(w, "count", k->count);
		jw_kint(w, "worked", k->worked);
		jw_kint(w, "last_ms", k->last_ms);
		jw_end(w);
	}
	jw_end(w);
}
