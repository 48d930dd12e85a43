/* A socket of a strip: a device of its own, for which the strip speaks and listens. */
#include "tapo_drv.h"

#include "svitlo/jw.h"

#include <errno.h>

struct tapo_socket {
	struct plugs_seat seat;
	struct tapo_outlet
		*outlet; /* NULL: the strip is not there, or has not said that it has it */
};

static struct tapo_outlet *outlet_of(struct tapo_drv *v, unsigned position)
{
	for (unsigned i = 0; v->strip && i < v->n; i++)
		if (v->outlets[i].position == position)
			return &v->outlets[i];
	return NULL;
}

void sockets_attach(struct tapo_drv *v)
{
	for (struct plugs_seat *s = plugs_seats(v->plugs); s; s = s->next) {
		struct tapo_socket *k = s->dev->drv;

		if (s->strip != v->dev->conf.id || k->outlet)
			continue;
		k->outlet = outlet_of(v, s->position);
		if (k->outlet)
			k->outlet->dev = s->dev;
	}
}

static bool is_of(const struct plugs_seat *s, const struct tapo_drv *v)
{
	const struct tapo_socket *k = s->dev->drv;

	return k->outlet && k->outlet->drv == v;
}

void sockets_show(struct tapo_drv *v, enum device_state state, const char *reason,
		  const char *detail)
{
	for (struct plugs_seat *s = plugs_seats(v->plugs); s; s = s->next) {
		const struct tapo_socket *k = s->dev->drv;

		if (s->strip != v->dev->conf.id)
			continue;
		s->dev->until_ms = v->dev->until_ms;
		if (state == DEVICE_LIVE && !k->outlet)
			device_set(s->dev, DEVICE_LOST, "strip_away",
				   "its strip has no socket of this number");
		else
			device_set(s->dev, state, reason, detail);
	}
}

void sockets_leave(struct tapo_drv *v)
{
	for (struct plugs_seat *s = plugs_seats(v->plugs); s; s = s->next) {
		struct tapo_socket *k = s->dev->drv;

		if (!is_of(s, v))
			continue;
		if (k->outlet->stage != ORDER_NONE) {
			const struct device_done done = {
				.id = k->outlet->order.id,
				.maybe = true,
				.on = -1,
				.code = "interrupted",
				.text = "its strip was changed meanwhile: look whether it is on"
			};

			s->dev->owner.done(s->dev->owner.ud, s->dev, &done);
		}
		k->outlet = NULL;
		/* the strip's doing: no outage of its own */
		device_set(s->dev, DEVICE_DISABLED, "strip_away",
			   "its strip is disabled, paused or was changed");
	}
}

static int socket_open(struct device *d, struct err *e)
{
	struct tapo_socket *k = d->drv;
	struct plug_address at;
	int r = plug_address_parse(&at, d->conf.address, e);

	if (r >= 0 && !at.socket)
		r = err_set(e, -EINVAL, "a socket's address is socket:STRIP/NUMBER");
	if (r < 0)
		return r;
	k->seat = (struct plugs_seat){ .dev = d, .strip = at.strip, .position = at.position };
	plugs_sit(d->env->plugs, &k->seat);
	d->state = DEVICE_CONNECTING;
	return 0;
}

static void socket_link_json(struct device *d, struct jw *w)
{
	const struct tapo_socket *k = d->drv;

	if (k->outlet)
		outlet_json(k->outlet, w);
}

static bool socket_adapt(struct device *d, const struct device_config *c)
{
	(void)d;
	(void)c;
	return true; /* its options are for people and for commands */
}

static int socket_order(struct device *d, const struct device_order *o, struct err *e)
{
	struct tapo_socket *k = d->drv;

	return k->outlet ? outlet_order(k->outlet, o, e)
			 : err_set(e, -ENOTCONN, "its strip is not there");
}

static void socket_arm(struct device *d, int64_t off_at_ms)
{
	struct tapo_socket *k = d->drv;

	if (k->outlet)
		outlet_off_at(k->outlet, off_at_ms);
}

static void socket_close(struct device *d)
{
	struct tapo_socket *k = d->drv;

	if (!k->seat.dev)
		return;
	plugs_rise(d->env->plugs, &k->seat);
	if (k->outlet)
		outlet_leave(k->outlet);
}

const struct driver driver_tapo_socket = {
	.kind = "tapo-socket",
	.size = sizeof(struct tapo_socket),
	.open = socket_open,
	.link_json = socket_link_json,
	.adapt = socket_adapt,
	.order = socket_order,
	.arm = socket_arm,
	.close = socket_close,
};
