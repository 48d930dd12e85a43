#include "alarms.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <string.h>

#define ALARM_NAME_MAX 64

enum alarm_state { ALARM_AWAY, ALARM_DOUBTED, ALARM_STANDS, ALARM_LEAVING };

struct alarm {
	struct alarm *next;
	char name[ALARM_NAME_MAX];
	enum alarm_state state;
	int64_t began_ms, left_ms;     /* wall clock */
	int64_t left_mono, ended_mono; /* ended 0: never in this life */
	int64_t hold_ms;
};

struct alarms_device {
	struct alarms_device *next;
	int64_t id;
	struct alarm *all;
};

static struct alarm *alarm_get(struct alarms_device *d, const char *name)
{
	struct alarm *v;

	for (v = d->all; v; v = v->next)
		if (strcmp(v->name, name) == 0)
			return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	snprintf(v->name, sizeof(v->name), "%s", name);
	v->hold_ms = ALARM_HOLD_MS;
	v->next = d->all;
	return d->all = v;
}

static void alarms_recall(struct alarms_device *d, const struct alarms_owner *owner)
{
	SV_AUTO_FREE char *text = owner->recall(owner->ud, d->id);
	json_auto_t *o = text ? json_loads(text, 0, NULL) : NULL;
	const char *name;
	json_t *began;

	json_object_foreach(o, name, began)
	{
		struct alarm *v = alarm_get(d, name);

		if (!v)
			continue;
		v->state = ALARM_STANDS;
		v->began_ms = json_integer_value(began);
	}
}

static struct alarms_device *alarms_device(struct alarms *a, int64_t id,
					   const struct alarms_owner *owner)
{
	struct alarms_device *d;

	for (d = a->devices; d; d = d->next)
		if (d->id == id)
			return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->id = id;
	d->next = a->devices;
	a->devices = d;
	alarms_recall(d, owner);
	return d;
}

static void alarms_keep(const struct alarms_device *d, const struct alarms_owner *owner)
{
	struct jw w = { 0 };

	jw_obj(&w);
	for (const struct alarm *v = d->all; v; v = v->next)
		if (v->state >= ALARM_STANDS)
			jw_kint(&w, v->name, v->began_ms);
	jw_end(&w);
	if (jw_text(&w))
		owner->keep(owner->ud, d->id, jw_text(&w));
	jw_free(&w);
}

static void alarm_say(const struct alarms_device *d, const struct alarm *v,
		      const struct alarms_owner *owner)
{
	bool began = v->state == ALARM_STANDS;
	struct jw w = { 0 };

	jw_obj(&w);
	jw_kstr(&w, "name", v->name);
	if (!began && v->left_ms >= v->began_ms) /* else the clock was set meanwhile */
		jw_kint(&w, "for_ms", v->left_ms - v->began_ms);
	jw_end(&w);
	if (jw_text(&w))
		owner->event(owner->ud, began ? v->began_ms : v->left_ms, d->id,
			     began ? "alarm_began" : "alarm_ended", jw_text(&w));
	jw_free(&w);
	alarms_keep(d, owner);
}

static void alarm_begin(struct alarm *v, int64_t mono_ms)
{
	bool again = v->ended_mono && mono_ms - v->ended_mono < ALARM_CALM_MS;

	v->state = ALARM_STANDS;
	v->hold_ms = again ? v->hold_ms * 2 : ALARM_HOLD_MS;
	if (v->hold_ms > ALARM_HOLD_MAX_MS)
		v->hold_ms = ALARM_HOLD_MAX_MS;
}

/* -> it began, or it ended */
static bool alarm_step(struct alarm *v, bool there, const struct reading *r)
{
	switch (v->state) {
	case ALARM_AWAY:
		if (there) {
			v->state = ALARM_DOUBTED;
			v->began_ms = r->t_ms;
		}
		return false;
	case ALARM_DOUBTED:
		if (!there)
			v->state = ALARM_AWAY;
		else
			alarm_begin(v, r->mono_ms);
		return there;
	case ALARM_STANDS:
		if (!there) {
			v->state = ALARM_LEAVING;
			v->left_ms = r->t_ms;
			v->left_mono = r->mono_ms;
		}
		return false;
	case ALARM_LEAVING:
		if (there)
			v->state = ALARM_STANDS;
		else if (r->mono_ms - v->left_mono >= v->hold_ms) {
			v->state = ALARM_AWAY;
			v->ended_mono = r->mono_ms;
		}
		return v->state == ALARM_AWAY;
	}
	return false;
}

/* Is it in one of the sets? */
static bool alarm_there(const struct reading *r, const char *name)
{
	const struct reading_names *sets[] = { &r->errors, &r->faults, &r->warnings };

	for (size_t i = 0; i < SV_LEN(sets); i++)
		for (unsigned b = 0; sets[i]->known && b < 64; b++)
			if (sets[i]->bits >> b & 1u && strcmp(sets[i]->name(b), name) == 0)
				return true;
	return false;
}

static void alarms_meet(struct alarms_device *d, const struct reading_names *set)
{
	for (unsigned b = 0; set->known && b < 64; b++)
		if (set->bits >> b & 1u)
			alarm_get(d, set->name(b));
}

void alarms_reading(struct alarms *a, int64_t device, const struct reading *r,
		    const struct alarms_owner *owner)
{
	struct alarms_device *d = alarms_device(a, device, owner);

	if (!d || (!r->errors.known && !r->faults.known && !r->warnings.known))
		return;
	alarms_meet(d, &r->errors);
	alarms_meet(d, &r->faults);
	alarms_meet(d, &r->warnings);
	for (struct alarm *v = d->all; v; v = v->next)
		if (alarm_step(v, alarm_there(r, v->name), r))
			alarm_say(d, v, owner);
}

static void alarms_device_free(struct alarms_device *d)
{
	while (d->all) {
		struct alarm *v = d->all;

		d->all = v->next;
		free(v);
	}
	free(d);
}

void alarms_forget(struct alarms *a, int64_t device)
{
	for (struct alarms_device **p = &a->devices; *p; p = &(*p)->next)
		if ((*p)->id == device) {
			struct alarms_device *d = *p;

			*p = d->next;
			alarms_device_free(d);
			return;
		}
}

void alarms_free(struct alarms *a)
{
	while (a->devices)
		alarms_forget(a, a->devices->id);
}
