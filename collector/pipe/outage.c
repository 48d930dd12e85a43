#include "outage.h"

#include "svitlo/jw.h"

#include <stdio.h>
#include <string.h>

struct outage *outage_of(struct outages *o, int64_t device, bool *ret_new)
{
	*ret_new = false;
	for (unsigned i = 0; i < o->n; i++)
		if (o->all[i].device == device)
			return &o->all[i];
	if (o->n == OUTAGES_MAX)
		return NULL;
	*ret_new = true;
	o->all[o->n] = (struct outage){ .device = device };
	return &o->all[o->n++];
}

void outage_forget(struct outages *o, int64_t device)
{
	for (unsigned i = 0; i < o->n; i++)
		if (o->all[i].device == device) {
			o->all[i] = o->all[--o->n];
			return;
		}
}

void outage_resume(struct outage *o, int64_t since_wall_ms, const char *reason)
{
	o->lost = o->told = true;
	o->since_ms = 0;
	o->since_wall_ms = since_wall_ms;
	snprintf(o->reason, sizeof(o->reason), "%s", reason);
}

void outage_reading(struct outage *o, int64_t mono_ms)
{
	o->frame_ms = mono_ms;
}

static void outage_cause(struct outage *o, const struct device *d)
{
	snprintf(o->reason, sizeof(o->reason), "%s", d->reason ? d->reason : "");
	snprintf(o->detail, sizeof(o->detail), "%s", d->detail);
}

static void outage_begin(struct outage *o, const struct device *d, int64_t mono_ms, int64_t wall_ms)
{
	o->live = false;
	o->lost = true;
	o->told = false;
	o->since_ms = mono_ms;
	o->dark_ms = o->frame_ms ? o->frame_ms : mono_ms;
	o->since_wall_ms = wall_ms;
	outage_cause(o, d);
}

static const char *outage_text(const char *s)
{
	return s[0] ? s : NULL;
}

static struct outage_event outage_tell(struct outage *o, struct jw *w)
{
	o->told = true;
	jw_obj(w);
	jw_kstr(w, "reason", outage_text(o->reason));
	jw_kstr(w, "detail", outage_text(o->detail));
	if (o->frame_ms)
		jw_kint(w, "silent_ms", o->since_ms - o->dark_ms);
	jw_end(w);
	return (struct outage_event){ "device_lost", o->since_wall_ms };
}

static struct outage_event outage_end(struct outage *o, const char *cure, int64_t mono_ms,
				      int64_t wall_ms, struct jw *w)
{
	int64_t lost_ms = o->since_ms ? mono_ms - o->dark_ms : wall_ms - o->since_wall_ms;

	o->lost = false;
	jw_obj(w);
	jw_kstr(w, "reason", outage_text(o->reason));
	jw_kint(w, "lost_ms", lost_ms > 0 ? lost_ms : 0);
	jw_kstr(w, "cure", cure);
	jw_end(w);
	return (struct outage_event){ "device_back", wall_ms };
}

struct outage_event outage_let_go(struct outage *o, struct jw *w)
{
	o->live = false;
	return o->lost && !o->told ? outage_tell(o, w) : (struct outage_event){ 0 };
}

/* The link is up or its adapter is gone: nothing that comes later could be the cause. */
static bool outage_clear(enum device_state s)
{
	return s == DEVICE_LIVE || s == DEVICE_SILENT || s == DEVICE_UNAVAILABLE;
}

struct outage_event outage_step(struct outage *o, const struct device *d, int64_t mono_ms,
				int64_t wall_ms, struct jw *w)
{
	bool untold;

	if (d->state == DEVICE_DISABLED || d->state == DEVICE_RELEASED)
		return outage_let_go(o, w);
	if (o->live && d->state != DEVICE_LIVE)
		outage_begin(o, d, mono_ms, wall_ms);
	o->live = d->state == DEVICE_LIVE;
	untold = o->lost && !o->told;
	if (untold && (d->state == DEVICE_UNAVAILABLE || !o->reason[0]))
		outage_cause(o, d);
	if (untold && (outage_clear(d->state) || mono_ms - o->since_ms >= OUTAGE_SETTLE_MS))
		return outage_tell(o, w);
	if (o->lost && o->live)
		return outage_end(o, d->cure, mono_ms, wall_ms, w);
	return (struct outage_event){ 0 };
}
