#include "changes.h"

#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define CHANGES_ASKS_MAX                                                                           \
	3 /* in a row: a value that never stands still is not asked for for ever                   \
	   */
#define CHANGES_DIGITS                                                                             \
	9 /* significant ones: finer than any setting, coarser than a double's noise */
#define CHANGES_DUMP (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(CHANGES_DIGITS))

struct changes_device {
	struct changes_device *next;
	int64_t id;
	json_t *known;	 /* confirmed */
	json_t *pending; /* the newest, if it said something else */
	unsigned asks;
	char *text; /* of known, when no document says just that */
};

/* Said a second time by keys of their own. */
static const char *const derived[] = { "controls_bitmask" };

static void changes_device_free(struct changes_device *d)
{
	json_decref(d->known);
	json_decref(d->pending);
	free(d->text);
	free(d);
}

static struct changes_device *changes_device(struct changes *c, int64_t id,
					     const struct changes_owner *owner)
{
	SV_AUTO_FREE char *before = NULL;
	struct changes_device *d;

	for (d = c->devices; d; d = d->next)
		if (d->id == id)
			return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->id = id;
	before = owner->before(owner->ud, id);
	if (before)
		d->known = json_loads(before, 0, NULL);
	d->next = c->devices;
	return c->devices = d;
}

/* As written: 3.65 of a file and 3.65 of a frame are the same. */
static bool changes_same(const json_t *a, const json_t *b)
{
	double x, y;

	if (!json_is_number(a) || !json_is_number(b))
		return json_equal(a, b);
	x = json_number_value(a);
	y = json_number_value(b);
	return fabs(x - y) <= fmax(fabs(x), fabs(y)) * pow(10, -CHANGES_DIGITS);
}

static void changes_tell(const struct changes_device *d, const char *key, json_t *old, json_t *new,
			 const struct changes_owner *owner)
{
	json_auto_t *o = NULL;
	SV_AUTO_FREE char *text = NULL;

	for (size_t i = 0; i < SV_LEN(derived); i++)
		if (strcmp(key, derived[i]) == 0)
			return;
	if (json_is_null(old) || json_is_null(new))
		return;
	o = json_pack("{s:s, s:O, s:O}", "key", key, "old", old, "new", new);
	text = o ? json_dumps(o, CHANGES_DUMP) : NULL;
	if (text)
		owner->changed(owner->ud, d->id, text);
}

/* Gives now, with the old values where nothing has confirmed a new one. */
static json_t *changes_merge(const struct changes_device *d, json_t *now, bool *ret_all,
			     const struct changes_owner *owner)
{
	json_t *merged = json_object(), *v;
	const char *key;

	*ret_all = true;
	json_object_foreach(now, key, v)
	{
		json_t *old = json_object_get(d->known, key);
		bool same = !old || changes_same(old, v);

		if (!same && !changes_same(json_object_get(d->pending, key), v)) {
			*ret_all = false;
			json_object_set(merged, key, old);
			continue;
		}
		if (!same)
			changes_tell(d, key, old, v, owner);
		json_object_set(merged, key, v);
	}
	return merged;
}

static bool changes_same_protocol(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "protocol"), json_object_get(b, "protocol")) ||
	       (!json_object_get(a, "protocol") && !json_object_get(b, "protocol"));
}

static void changes_set(json_t **to, json_t *from)
{
	json_decref(*to);
	*to = from;
}

struct changes_say changes_take(struct changes *c, int64_t device, const char *json,
				const struct changes_owner *owner)
{
	struct changes_device *d = changes_device(c, device, owner);
	json_auto_t *now = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	bool all;

	if (!d || !json_is_object(now))
		return (struct changes_say){ 0 };
	if (!d->known || (!changes_same_protocol(d->known, now) && d->pending &&
			  changes_same_protocol(d->pending, now))) {
		changes_set(&d->known, json_incref(now));
		changes_set(&d->pending, NULL);
		d->asks = 0;
		return (struct changes_say){ .doc = json };
	}
	if (!changes_same_protocol(d->known, now)) {
		changes_set(&d->pending, json_incref(now));
		return (struct changes_say){ .ask = d->asks++ < CHANGES_ASKS_MAX };
	}
	changes_set(&d->known, changes_merge(d, now, &all, owner));
	changes_set(&d->pending, all ? NULL : json_incref(now));
	if (all) {
		d->asks = 0;
		return (struct changes_say){ .doc = json };
	}
	free(d->text);
	d->text = json_dumps(d->known, CHANGES_DUMP);
	return (struct changes_say){ .doc = d->text, .ask = d->asks++ < CHANGES_ASKS_MAX };
}

void changes_forget(struct changes *c, int64_t device)
{
	for (struct changes_device **p = &c->devices; *p; p = &(*p)->next)
		if ((*p)->id == device) {
			struct changes_device *d = *p;

			*p = d->next;
			changes_device_free(d);
			return;
		}
}

void changes_free(struct changes *c)
{
	while (c->devices)
		changes_forget(c, c->devices->id);
}
