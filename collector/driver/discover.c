#include "discover.h"

#include "tapo_link.h"

#include "io/udp.h"
#include "plugs.h"
#include "proto/stick_hello.h"
#include "svitlo/clock.h"
#include "svitlo/endpoint.h"
#include "svitlo/jw.h"
#include "svitlo/plug_address.h"
#include "svitlo/subnet.h"
#include "svitlo/util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TURN_MS	       20
#define TURN_SENDS     32   /* datagrams a turn: sticks and switches have small buffers */
#define ROUNDS	       3    /* a datagram may be lost */
#define WAIT_MS	       1500 /* for the last answers */
#define FOUND_MAX      128
#define BROADCASTS_MAX 16

struct found_plug {
	uint32_t ip;
	bool kasa; /* an old one, with another protocol */
	struct tapo_hello hello;
};

/* What is sent to each host. */
enum word { WORD_STICK, WORD_STICK_ALSO, WORD_PLUG, WORD_KASA, WORD__MAX };

struct discover {
	struct udp *udp;
	sd_event_source *timer;
	struct discover_nets nets;
	uint32_t broadcasts[BROADCASTS_MAX];
	unsigned n_broadcasts, hosts; /* hosts: with the broadcasts */
	unsigned sent, all;	      /* datagrams */
	int64_t last_ms;	      /* monotonic: all were sent; 0: not yet */
	bool over;
	struct plugs *plugs;
	uint8_t kasa[sizeof(KASA_PROBE) - 1];
	struct stick_hello found[FOUND_MAX];
	struct found_plug plug[FOUND_MAX];
	unsigned n, n_plugs;
};

static void put_ip(char *ret, size_t room, uint32_t ip)
{
	snprintf(ret, room, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 0xFF, ip >> 8 & 0xFF, ip & 0xFF);
}

static struct found_plug *discover_plug(struct discover *d, uint32_t ip, const char *mac)
{
	for (unsigned i = 0; i < d->n_plugs; i++)
		if (d->plug[i].ip == ip && strcmp(d->plug[i].hello.mac, mac) == 0)
			return NULL; /* known by now */
	return d->n_plugs < FOUND_MAX ? &d->plug[d->n_plugs++] : NULL;
}

/* true: it was a plug's answer. */
static bool discover_on_plug(struct discover *d, uint32_t ip, const uint8_t *p, size_t n)
{
	struct found_plug *f;
	struct kasa_hello k;
	struct tapo_hello h;

	if (tapo_hello_parse(&h, p, n, NULL) >= 0) {
		f = discover_plug(d, ip, h.mac);
		if (f)
			*f = (struct found_plug){ .ip = ip, .hello = h };
		return true;
	}
	if (kasa_hello_parse(&k, p, n, NULL) < 0)
		return false;
	f = discover_plug(d, ip, k.mac);
	if (!f)
		return true;
	*f = (struct found_plug){ .ip = ip, .kasa = true, .hello = { .http_port = PLUG_PORT } };
	snprintf(f->hello.model, sizeof(f->hello.model), "%s", k.model);
	snprintf(f->hello.mac, sizeof(f->hello.mac), "%s", k.mac);
	return true;
}

static void discover_on_data(void *ud, uint32_t ip, const uint8_t *p, size_t n)
{
	struct discover *d = ud;
	struct stick_hello h;

	if (discover_on_plug(d, ip, p, n) || !stick_hello_parse(&h, p, n))
		return;
	/* where it answers from is where it can be reached: what it says may be of another net */
	put_ip(h.ip, sizeof(h.ip), ip);
	for (unsigned i = 0; i < d->n; i++)
		if (strcmp(d->found[i].ip, h.ip) == 0)
			return;
	if (d->n < FOUND_MAX)
		d->found[d->n++] = h;
}

static uint32_t discover_host(const struct discover *d, unsigned host)
{
	unsigned k = 0;

	if (host < d->n_broadcasts)
		return d->broadcasts[host];
	for (host -= d->n_broadcasts; host >= d->nets.net[k].hosts.count; k++)
		host -= d->nets.net[k].hosts.count;
	return d->nets.net[k].hosts.first + host;
}

/* Datagram number i: to whom, and which word. */
static void discover_send(struct discover *d, unsigned i)
{
	uint32_t ip = discover_host(d, i % d->hosts);
	enum word word = (enum word)(i / d->hosts % WORD__MAX);
	const uint8_t *probe;
	size_t n;

	switch (word) {
	case WORD_STICK:
	case WORD_STICK_ALSO:
		udp_send(d->udp, ip, STICK_PORT, stick_words[word], strlen(stick_words[word]));
		break;
	case WORD_PLUG:
		n = plugs_probe(d->plugs, &probe);
		udp_send(d->udp, ip, TAPO_HELLO_PORT, probe, n);
		break;
	case WORD_KASA:
		udp_send(d->udp, ip, KASA_PORT, d->kasa, sizeof(d->kasa));
		break;
	case WORD__MAX:
		break;
	}
}

static int discover_on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	struct discover *d = ud;
	int64_t now = clock_mono_ms();

	(void)usec;
	for (int i = 0; i < TURN_SENDS && d->sent < d->all; i++)
		discover_send(d, d->sent++);
	if (d->sent == d->all && !d->last_ms)
		d->last_ms = now;
	d->over = d->last_ms && now - d->last_ms >= WAIT_MS;
	if (d->over)
		return 0;
	sd_event_source_set_time_relative(s, TURN_MS * 1000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

int discover_nets_add(struct discover_nets *n, const char *subnet, struct err *e)
{
	int r = n->n < DISCOVER_NETS_MAX ? subnet_parse(&n->net[n->n].hosts, subnet, e)
					 : err_set(e, -ENOSPC, "too many networks");

	if (r == 0)
		snprintf(n->net[n->n++].text, SUBNET_TEXT_MAX, "%s", subnet);
	return r;
}

void discover_nets_near(struct discover_nets *n, const char *address)
{
	struct plug_address plug = { .socket = true };
	char subnet[SUBNET_TEXT_MAX];
	const char *host = "";
	struct endpoint ep;
	struct in_addr in;
	uint32_t ip;

	if (plug_address_parse(&plug, address, NULL) == 0 && !plug.socket)
		host = plug.host;
	else if (endpoint_is(address) && endpoint_parse(&ep, address, NULL) == 0)
		host = ep.host;
	if (inet_pton(AF_INET, host, &in) != 1)
		return;
	ip = ntohl(in.s_addr);
	snprintf(subnet, sizeof(subnet), "%u.%u.%u.0/24", ip >> 24, ip >> 16 & 0xFF,
		 ip >> 8 & 0xFF);
	for (unsigned i = 0; i < n->n; i++)
		if (strcmp(n->net[i].text, subnet) == 0)
			return;
	discover_nets_add(n, subnet, NULL);
}

int discover_new(struct discover **ret, sd_event *ev, struct plugs *plugs,
		 const struct discover_nets *nets, struct err *e)
{
	struct discover *d = calloc(1, sizeof(*d));
	const struct udp_owner owner = { discover_on_data, d };
	int r = d ? 0 : -ENOMEM;

	if (r == 0) {
		d->nets = *nets;
		d->hosts = d->n_broadcasts = udp_broadcasts(d->broadcasts, BROADCASTS_MAX);
		for (unsigned i = 0; i < nets->n; i++)
			d->hosts += nets->net[i].hosts.count;
		d->all = d->hosts * WORD__MAX * ROUNDS;
		d->plugs = plugs;
		kasa_encode(d->kasa, (const uint8_t *)KASA_PROBE, sizeof(d->kasa));
		r = udp_open(&d->udp, ev, &owner);
	}
	if (r >= 0)
		r = sd_event_add_time_relative(ev, &d->timer, CLOCK_MONOTONIC, 0, 1000,
					       discover_on_timer, d);
	if (r < 0) {
		discover_free(d);
		return err_set(e, r, "the network cannot be searched: %s", strerror(-r));
	}
	*ret = d;
	return 0;
}

double discover_progress(const struct discover *d)
{
	double sent = d->all ? (double)d->sent / d->all : 1;
	double waited = d->last_ms ? (double)(clock_mono_ms() - d->last_ms) / WAIT_MS : 0;

	return d->over ? 1 : 0.6 * sent + 0.39 * (waited < 1 ? waited : 1);
}

static void put_device(struct jw *w, int64_t device)
{
	jw_key(w, "device");
	if (device)
		jw_int(w, device);
	else
		jw_null(w);
}

static void put_stick(const struct stick_hello *h, const struct discover_known *known, struct jw *w)
{
	char address[ENDPOINT_TEXT_MAX];

	snprintf(address, sizeof(address), "solarman://%s", h->ip);
	jw_obj(w);
	jw_kstr(w, "kind", "deye");
	jw_kstr(w, "address", address);
	jw_key(w, "serial");
	if (h->serial)
		jw_int(w, h->serial);
	else
		jw_null(w);
	jw_kstr(w, "mac", h->mac);
	put_device(w, known->stick(known->ud, address, h->serial));
	jw_end(w);
}

/* Why it will not work; NULL: it may. */
static const char *plug_reason(const struct found_plug *f)
{
	static const char *const types[] = { "SMART.TAPOPLUG", "SMART.TAPOSWITCH", "SMART.KASAPLUG",
					     "SMART.KASASWITCH", "IOT.SMARTPLUGSWITCH" };
	bool plug = false;

	for (size_t i = 0; i < SV_LEN(types); i++)
		plug = plug || strcmp(f->hello.type, types[i]) == 0;
	return f->kasa ? "old_kasa" : !plug || f->hello.https == 1 ? "not_supported" : NULL;
}

static void put_plug(const struct discover *d, const struct found_plug *f,
		     const struct discover_known *known, struct jw *w)
{
	struct plug_address at = { .port = (uint16_t)f->hello.http_port };
	const char *user = plugs_user(d->plugs), *reason = plug_reason(f);
	int owned = user && !f->kasa ? tapo_hello_owned(&f->hello, user) : -1;
	char address[PLUG_ADDRESS_MAX];

	put_ip(at.host, sizeof(at.host), f->ip);
	plug_address_text(address, &at);
	jw_obj(w);
	jw_kstr(w, "kind", "tapo");
	jw_kstr(w, "address", address);
	jw_kstr(w, "mac", f->hello.mac);
	jw_kstr(w, "model", f->hello.model[0] ? f->hello.model : NULL);
	jw_kstr(w, "transport",
		f->kasa ? NULL : tapo_transport_name(tapo_hello_transport(&f->hello)));
	jw_key(w, "account");
	if (owned < 0)
		jw_null(w);
	else
		jw_bool(w, owned);
	jw_kstr(w, "reason", !reason && owned == 0 ? "wrong_account" : reason);
	put_device(w, known->plug(known->ud, address, f->hello.mac));
	jw_end(w);
}

void discover_json(const struct discover *d, const struct discover_known *known, struct jw *w)
{
	jw_obj(w);
	jw_key(w, "devices");
	jw_arr(w);
	for (unsigned i = 0; i < d->n; i++)
		put_stick(&d->found[i], known, w);
	for (unsigned i = 0; i < d->n_plugs; i++)
		put_plug(d, &d->plug[i], known, w);
	jw_end(w);
	jw_kint(w, "asked", d->hosts);
	jw_key(w, "networks");
	jw_arr(w);
	for (unsigned i = 0; i < d->nets.n; i++)
		jw_str(w, d->nets.net[i].text);
	jw_end(w);
	jw_key(w, "broadcasts");
	jw_arr(w);
	for (unsigned i = 0; i < d->n_broadcasts; i++) {
		char text[SUBNET_TEXT_MAX];

		put_ip(text, sizeof(text), d->broadcasts[i]);
		jw_str(w, text);
	}
	jw_end(w);
	jw_end(w);
}

void discover_free(struct discover *d)
{
	if (!d)
		return;
	sd_event_source_disable_unref(d->timer);
	udp_close(d->udp);
	free(d);
}
