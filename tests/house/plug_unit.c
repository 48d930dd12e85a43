/*
 * See plug_unit.h.
 */
#include "plug_unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS	     3600000
#define DAY_S	     86400.0
#define STREAM	     7000 /* of random numbers; inverters and packs have others */
#define STREAM_LOADS 8000
#define AUTO_OFF_MIN 120

const char *const plug_by_names[PLUG_BY__MAX] = {
	[PLUG_BY_CLIENT] = "client",	     [PLUG_BY_BUTTON] = "button",
	[PLUG_BY_COUNTDOWN] = "countdown",   [PLUG_BY_AUTO_OFF] = "auto_off",
	[PLUG_BY_PROTECTION] = "protection", [PLUG_BY_POWER] = "power",
};

static void hex_digits(struct rng *r, char *ret, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = "0123456789ABCDEF"[rng_below(r, 16)];
	ret[n] = '\0';
}

static void init_socket(struct plug_unit *u, const struct plug_setup *s, unsigned k, struct rng *r)
{
	struct plug_socket *o = &u->socket[k];
	bool strip = u->product->sockets > 1;
	const struct plug_load_type *type =
		strip ? plug_load_small(s->small_turn + k) : plug_load_single(s->single_turn);

	plug_load_init(&o->load, type, s->seed, STREAM_LOADS + s->number * PLUG_SOCKETS_MAX + k);
	snprintf(o->id, sizeof(o->id), "%s%02u", u->id, k);
	plug_name_encode(type->name, o->nickname);
	o->auto_off_min = AUTO_OFF_MIN;
	o->countdown.due_ms = o->auto_off_ms = PLUG_NEVER;
	o->older_s = rng_range(r, 0.1, 0.4) * (u->civil.day - 1) * DAY_S;
	o->older_wh = o->older_s / 3600 * type->watts * rng_range(r, 0.1, 0.5);
	if (u->product->sockets > 1 && u->product->kind == PLUG_P300) {
		o->by_default = k == 0;
		o->default_on = false;
	}
	o->on = s->on;
	plug_load_power(&o->load, o->on);
	o->watts = o->load.now_w;
}

void plug_unit_init(struct plug_unit *u, const struct plug_setup *s, int64_t now_ms,
		    int64_t wall_ms)
{
	struct rng r = rng_fork(s->seed, STREAM + s->number);

	*u = (struct plug_unit){ .product = plug_product_find(s->kind, s->wire),
				 .number = s->number };
	memcpy(u->mac, u->product->maker, 3);
	for (size_t i = 3; i < sizeof(u->mac); i++)
		u->mac[i] = (uint8_t)rng_below(&r, 256);
	hex_digits(&r, u->id, sizeof(u->id) - 1);
	hex_digits(&r, u->hash, sizeof(u->hash) - 1);
	hex_digits(&r, u->hw_id, sizeof(u->hw_id) - 1);
	hex_digits(&r, u->fw_id, sizeof(u->fw_id) - 1);
	hex_digits(&r, u->oem_id, sizeof(u->oem_id) - 1);
	for (char *c = u->hash; *c; c++)
		*c |= *c > '9' ? 0x20 : 0;
	u->rssi = -40 - (int)rng_below(&r, 30);
	plug_name_encode("Strip", u->nickname);
	(void)house_civil_follow(&u->civil, wall_ms);
	for (unsigned k = 0; k < u->product->sockets; k++) {
		init_socket(u, s, k, &r);
		u->socket[k].since_ms = now_ms;
	}
}

void plug_unit_flash(struct plug_unit *u, enum plug_wire wire)
{
	u->product = plug_product_find(u->product->kind, wire);
}

/* ---- switching ---- */

static bool has_power(const struct plug_unit *u)
{
	return !u->dark && !u->unplugged;
}

static void write_log(struct plug_unit *u, const struct plug_switched *e)
{
	u->log[u->n_log++ % PLUG_LOG_MAX] = *e;
}

static void move_relay(struct plug_unit *u, struct plug_socket *o, bool on, int64_t now_ms)
{
	o->on = on;
	o->since_ms = now_ms;
	o->auto_off_ms = on && o->auto_off ? now_ms + o->auto_off_min * 60000LL : PLUG_NEVER;
	plug_load_power(&o->load, on && has_power(u));
	o->watts = o->load.now_w;
}

void plug_unit_switch(struct plug_unit *u, unsigned socket, bool on, enum plug_by by,
		      int64_t now_ms, int64_t wall_ms)
{
	struct plug_socket *o = &u->socket[socket];
	const struct plug_switched e = {
		.wall_ms = wall_ms, .socket = socket, .by = by, .on = on, .changed = on != o->on
	};

	u->set_on += by == PLUG_BY_CLIENT && on;
	u->set_off += by == PLUG_BY_CLIENT && !on;
	u->switches += e.changed;
	write_log(u, &e);
	if (on)
		o->overloaded = false;
	if (e.changed)
		move_relay(u, o, on, now_ms);
}

/* ---- what it does by itself ---- */

void plug_unit_countdown(struct plug_unit *u, unsigned socket, unsigned delay_s, bool on,
			 int64_t now_ms)
{
	struct plug_countdown *c = &u->socket[socket].countdown;

	c->enabled = delay_s > 0;
	c->on = delay_s ? on : c->on;
	c->due_ms = delay_s ? now_ms + delay_s * 1000LL : PLUG_NEVER;
}

unsigned plug_unit_remain_s(const struct plug_countdown *c, int64_t now_ms)
{
	if (c->due_ms == PLUG_NEVER || c->due_ms <= now_ms)
		return 0;
	return (unsigned)((c->due_ms - now_ms + 999) / 1000);
}

int64_t plug_unit_due_ms(const struct plug_unit *u)
{
	int64_t due = PLUG_NEVER;

	for (unsigned k = 0; has_power(u) && k < u->product->sockets; k++) {
		const struct plug_socket *o = &u->socket[k];

		due = o->countdown.due_ms < due ? o->countdown.due_ms : due;
		due = o->auto_off_ms < due ? o->auto_off_ms : due;
	}
	return due;
}

static void guard(struct plug_unit *u, unsigned k, int64_t now_ms, int64_t wall_ms)
{
	struct plug_socket *o = &u->socket[k];

	if (!o->on || !o->limited || o->watts <= o->limit_w)
		return;
	plug_unit_switch(u, k, false, PLUG_BY_PROTECTION, now_ms, wall_ms);
	o->overloaded = true;
}

void plug_unit_run(struct plug_unit *u, int64_t now_ms, int64_t wall_ms)
{
	for (unsigned k = 0; has_power(u) && k < u->product->sockets; k++) {
		struct plug_socket *o = &u->socket[k];

		if (o->countdown.due_ms <= now_ms) {
			o->countdown.due_ms = PLUG_NEVER;
			o->countdown.enabled = false;
			plug_unit_switch(u, k, o->countdown.on, PLUG_BY_COUNTDOWN, now_ms, wall_ms);
		}
		if (o->auto_off_ms <= now_ms)
			plug_unit_switch(u, k, false, PLUG_BY_AUTO_OFF, now_ms, wall_ms);
		guard(u, k, now_ms, wall_ms);
	}
}

void plug_unit_power(struct plug_unit *u, bool dark, bool unplugged)
{
	u->dark = dark;
	u->unplugged = unplugged;
	for (unsigned k = 0; k < u->product->sockets; k++) {
		struct plug_socket *o = &u->socket[k];

		plug_load_power(&o->load, o->on && has_power(u));
		o->watts = o->load.now_w;
		if (has_power(u))
			continue;
		o->countdown = (struct plug_countdown){ .due_ms = PLUG_NEVER };
		o->auto_off_ms = PLUG_NEVER;
	}
}

void plug_unit_boot(struct plug_unit *u, int64_t now_ms, int64_t wall_ms)
{
	for (unsigned k = 0; k < u->product->sockets; k++) {
		struct plug_socket *o = &u->socket[k];
		bool on = o->by_default ? o->default_on : o->on;

		o->countdown = (struct plug_countdown){ .due_ms = PLUG_NEVER };
		if (on != o->on)
			plug_unit_switch(u, k, on, PLUG_BY_POWER, now_ms, wall_ms);
		else
			move_relay(u, o, on, now_ms);
	}
}

/* ---- energy ---- */

double plug_unit_step(struct plug_unit *u, double dt_s)
{
	double sum = 0;

	for (unsigned k = 0; k < u->product->sockets; k++) {
		struct plug_socket *o = &u->socket[k];

		o->watts = plug_load_step(&o->load, dt_s);
		sum += o->watts;
	}
	return sum;
}

static void begin_anew(struct plug_unit *u, int month, int year)
{
	bool month_too = u->civil.month != month || u->civil.year != year;

	for (unsigned k = 0; k < u->product->sockets; k++) {
		struct plug_socket *o = &u->socket[k];

		o->energy.today_wh = o->energy.today_s = 0;
		if (!month_too)
			continue;
		o->energy.month_wh = o->energy.month_s = 0;
		o->older_wh = o->older_s = 0;
	}
}

static void add(struct plug_unit *u, double seconds, bool new_hour)
{
	for (unsigned k = 0; k < u->product->sockets; k++) {
		struct plug_socket *o = &u->socket[k];
		struct plug_energy *e = &o->energy;
		double wh = o->watts * seconds / 3600;
		double on_s = o->on && has_power(u) ? seconds : 0;

		e->hour_wh = (new_hour ? 0 : e->hour_wh) + wh;
		e->today_wh += wh;
		e->month_wh += wh;
		e->total_wh += wh;
		e->today_s += on_s;
		e->month_s += on_s;
		e->total_s += on_s;
	}
}

void plug_unit_count(struct plug_unit *u, int64_t from_ms, int64_t to_ms)
{
	int64_t ahead_ms = (int64_t)(u->clock_s * 1000);

	from_ms += ahead_ms;
	to_ms += ahead_ms;
	while (from_ms < to_ms) {
		int month = u->civil.month, year = u->civil.year;
		int hour = (int)(from_ms / HOUR_MS % 24);
		int64_t until = to_ms;

		if (house_civil_follow(&u->civil, from_ms))
			begin_anew(u, month, year);
		if (until > u->civil.end_ms)
			until = u->civil.end_ms;
		add(u, (double)(until - from_ms) / 1000, hour != u->hour);
		u->hour = hour;
		from_ms = until;
	}
}
