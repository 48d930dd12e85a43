#include "driver.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <string.h>

#define DRIVER(d) extern const struct driver d;
#include "drivers.def"
#undef DRIVER
const struct driver *const drivers[] = {
#define DRIVER(d) &d,
#include "drivers.def"
#undef DRIVER
	NULL
};

const struct driver *driver_find(const char *kind)
{
	for (size_t i = 0; drivers[i]; i++)
		if (strcmp(drivers[i]->kind, kind) == 0)
			return drivers[i];
	return NULL;
}

const char *device_state_name(enum device_state s)
{
	static const char *const names[DEVICE__MAX] = {
		"disabled", "searching",   "connecting", "waiting",  "live",   "silent",
		"lost",	    "unavailable", "resting",	 "released", "asleep",
	};

	return names[s];
}

void device_set(struct device *d, enum device_state s, const char *reason, const char *detail)
{
	if (!detail)
		detail = "";
	if (d->state == s && sv_same(d->reason, reason) && strcmp(d->detail, detail) == 0)
		return;
	d->state = s;
	d->reason = reason;
	snprintf(d->detail, sizeof(d->detail), "%s", detail);
	d->owner.changed(d->owner.ud, d);
}

bool device_released(const struct device_config *c, int64_t wall_ms)
{
	return c->released_until_ms > wall_ms;
}

struct device *device_new(const struct device_config *c, const struct device_env *env,
			  const struct device_owner *owner)
{
	struct device *d = calloc(1, sizeof(*d));
	struct err e = { 0 };
	int r;

	if (!d)
		return NULL;
	d->conf = *c;
	d->env = env;
	d->owner = *owner;
	d->driver = driver_find(c->kind);
	if (!c->enabled || device_released(c, clock_wall_ms())) {
		d->state = c->enabled ? DEVICE_RELEASED : DEVICE_DISABLED;
		d->until_ms = c->enabled ? c->released_until_ms : 0;
		if (d->driver && d->driver->let_go)
			d->driver->let_go(c, env);
		return d;
	}
	d->state = DEVICE_SEARCHING;
	if (!d->driver) {
		r = err_set(&e, -EINVAL, "this svitlo has no driver for \"%s\"", c->kind);
	} else {
		d->drv = calloc(1, d->driver->size);
		r = d->drv ? d->driver->open(d, &e) : -ENOMEM;
	}
	if (r < 0) {
		log_err("device %lld (%s): %s", (long long)c->id, c->name, err_text(&e));
		d->state = DEVICE_LOST;
		d->reason = "bad_config";
		snprintf(d->detail, sizeof(d->detail), "%s", err_text(&e));
	}
	return d;
}

void device_free(struct device *d)
{
	if (!d)
		return;
	if (d->driver && d->drv)
		d->driver->close(d);
	free(d->drv);
	explicit_bzero(d->conf.pin, sizeof(d->conf.pin));
	free(d);
}
