/*
 * See plug.h: life of a plug, its address, and what happens by itself.
 */
#include "plug.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BOOT_MS	  3000
#define RETRY_MS  1000
#define IDLE_MS	  120000
#define TIMEOUT_S 86400
#define STREAM	  9000

int64_t plug_now_ms(const struct plug *p)
{
	uint64_t us = 0;

	sd_event_now(p->port.event, CLOCK_MONOTONIC, &us);
	return (int64_t)(us / 1000);
}

int64_t plug_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool plug_strikes(unsigned *count)
{
	if (!*count)
		return false;
	--*count;
	return true;
}

void plug_token(char ret[static PLUG_TOKEN_BYTES])
{
	uint8_t raw[(PLUG_TOKEN_BYTES - 1) / 2];

	plug_random(raw, sizeof(raw));
	plug_hex(raw, sizeof(raw), ret);
	for (char *c = ret; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
}

enum plug_wire plug_speaks(const struct plug *p)
{
	if (p->wire == PLUG_AES)
		return PLUG_AES;
	if (!p->third_party)
		return PLUG_TPAP;
	return p->wire == PLUG_KLAP1 ? PLUG_KLAP1 : PLUG_KLAP;
}

void plug_forget_sessions(struct plug *p)
{
	memset(&p->session, 0, sizeof(p->session));
	memset(&p->pending, 0, sizeof(p->pending));
}

/* Energy up to now belongs to the old state. */
void plug_switch(struct plug *p, unsigned socket, bool on, enum plug_by by)
{
	house_advance(p->house, plug_now_ms(p));
	plug_unit_switch(p->unit, socket, on, by, plug_now_ms(p), plug_wall_ms());
}

void plug_url(const struct house *h, size_t number, char ret[static PLUG_URL_MAX])
{
	const struct plug_options *o = &h->options.plug;
	struct in_addr a = { .s_addr = htonl(o->net + (uint32_t)number) };
	char host[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &a, host, sizeof(host));
	if (o->port == 80)
		snprintf(ret, PLUG_URL_MAX, "tapo://%s", host);
	else
		snprintf(ret, PLUG_URL_MAX, "tapo://%s:%u", host, o->port);
}

/* ---- reachable or not ---- */

static int open_wires(struct plug *p)
{
	int r = 0;

	if (!p->faults.asleep || plug_now_ms(p) < p->awake_until_ms)
		r = wire_port_open(&p->port);
	else
		wire_port_shut(&p->port);
	if (r >= 0 && !p->udp)
		r = plug_udp_open(p);
	if (r < 0)
		p->retry_ms = plug_now_ms(p) + RETRY_MS;
	return r;
}

static void shut_wires(struct plug *p)
{
	wire_port_shut(&p->port);
	wire_port_drop(&p->port);
	p->udp = sd_event_source_disable_unref(p->udp);
	plug_http_clear(p);
}

/* No host any more: connects hang. */
static void vanish(struct plug *p)
{
	p->off = true;
	plug_http_clear(p);
	p->udp = sd_event_source_disable_unref(p->udp);
	(void)wire_port_vanish(&p->port);
}

static int come_back(struct plug *p)
{
	p->off = false;
	wire_port_shut(&p->port);
	wire_port_drop(&p->port);
	plug_forget_sessions(p);
	plug_unit_boot(p->unit, plug_now_ms(p), plug_wall_ms());
	return open_wires(p);
}

static void watch_power(struct plug *p, int64_t now_ms)
{
	bool power = !p->unit->dark && !p->unit->unplugged;

	if (!power)
		p->away_until_ms = now_ms + BOOT_MS;
	if (!p->off && now_ms < p->away_until_ms)
		vanish(p);
	else if (p->off && now_ms >= p->away_until_ms)
		(void)come_back(p);
	else if (!p->off && now_ms >= p->retry_ms)
		(void)open_wires(p);
}

void plug_reboot(struct plug *p)
{
	plug_forget_sessions(p);
	plug_unit_boot(p->unit, plug_now_ms(p), plug_wall_ms());
	p->reboot_ms = 0;
	p->away_until_ms = plug_now_ms(p) + BOOT_MS;
}

int plug_move(struct plug *p, struct in_addr to)
{
	struct in_addr from = p->port.at.sin_addr;
	int r;

	shut_wires(p);
	p->port.at.sin_addr = to;
	r = p->off ? wire_port_vanish(&p->port) : open_wires(p);
	if (r >= 0)
		return 0;
	shut_wires(p);
	p->port.at.sin_addr = from;
	(void)open_wires(p);
	return r;
}

/* ---- time ---- */

static void steal(struct plug *p, int64_t now_ms)
{
	struct plug_faults *f = &p->faults;

	if (!f->steal_every_ms || now_ms < f->steal_ms)
		return;
	f->steal_ms = now_ms + f->steal_every_ms;
	plug_forget_sessions(p);
}

/* As real ones do, it does not keep a connection for ever. */
static void hang_up(struct plug *p, int64_t now_ms)
{
	for (size_t i = 0; i < WIRE_CLIENTS_MAX; i++) {
		struct wire_client *c = &p->port.client[i];

		if (c->io && !p->off && !c->n_out && !c->garbage && now_ms - c->heard_ms > IDLE_MS)
			wire_port_close(c);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void plug_kick(struct plug *p)
{
	int64_t now_ms = plug_now_ms(p), due_ms;

	if (p->reboot_ms && p->reboot_ms <= now_ms)
		plug_reboot(p);
	watch_power(p, now_ms);
	if (plug_unit_due_ms(p->unit) <= now_ms)
		house_advance(p->house, now_ms);
	plug_unit_run(p->unit, now_ms, plug_wall_ms());
	steal(p, now_ms);
	hang_up(p, now_ms);
	due_ms = plug_http_run(p, now_ms);
	due_ms = earlier(due_ms, plug_unit_due_ms(p->unit));
	if (p->reboot_ms)
		due_ms = earlier(due_ms, p->reboot_ms);
	if (p->faults.steal_every_ms)
		due_ms = earlier(due_ms, p->faults.steal_ms);
	if (p->off && p->away_until_ms > now_ms)
		due_ms = earlier(due_ms, p->away_until_ms);
	if (due_ms == PLUG_NEVER) {
		sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(p->timer, (uint64_t)due_ms * 1000);
	sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *src, uint64_t usec, void *ud)
{
	(void)src, (void)usec;
	plug_kick(ud);
	return 0;
}

/* ---- life ---- */

int plug_open(struct plug *p, sd_event *event, struct house *house, size_t number)
{
	const struct plug_options *o = &house->options.plug;
	int r;

	memset(p, 0, sizeof(*p));
	wire_port_init(&p->port);
	p->house = house;
	p->unit = &house->plug[number];
	p->number = number;
	p->rng = rng_fork(house->options.seed, STREAM + number);
	p->wire = plug_option_wire(o, number);
	p->third_party = p->wire != PLUG_TPAP;
	p->timeout_s = TIMEOUT_S;
	memcpy(p->account, o->account, sizeof(p->account));
	memcpy(p->password, o->password, sizeof(p->password));
	p->port.event = event;
	p->port.most = WIRE_CLIENTS_MAX;
	p->port.on_bytes = plug_http_bytes;
	p->port.ud = p;
	p->port.at = (struct sockaddr_in){ .sin_family = AF_INET,
					   .sin_port = htons(o->port),
					   .sin_addr.s_addr = htonl(o->net + (uint32_t)number) };
	r = sd_event_add_time(event, &p->timer, CLOCK_MONOTONIC, 0, 500, on_timer, p);
	return r < 0 ? r : open_wires(p);
}

void plug_close(struct plug *p)
{
	shut_wires(p);
	p->timer = sd_event_source_disable_unref(p->timer);
	plug_forget_sessions(p);
}
