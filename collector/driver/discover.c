#include "discover.h"

#include "io/udp.h"
#include "proto/stick_hello.h"
#include "svitlo/clock.h"
#include "svitlo/endpoint.h"
#include "svitlo/jw.h"
#include "svitlo/subnet.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TURN_MS	       20
#define TURN_SENDS     32   /* datagrams a turn: sticks and switches have small buffers */
#define ROUNDS	       3    /* a datagram may be lost */
#define WAIT_MS	       1500 /* for the last answers */
#define FOUND_MAX      128
#define BROADCASTS_MAX 16

struct discover {
	struct udp *udp;
	sd_event_source *timer;
	struct subnet net;
	uint32_t broadcasts[BROADCASTS_MAX];
	unsigned n_broadcasts;
	unsigned sent, all; /* datagrams */
	int64_t last_ms;    /* monotonic: all were sent; 0: not yet */
	bool over;
	struct stick_hello found[FOUND_MAX];
	unsigned n;
};

static void discover_on_data(void *ud, uint32_t ip, const uint8_t *p, size_t n)
{
	struct discover *d = ud;
	struct stick_hello h;

	if (!stick_hello_parse(&h, p, n))
		return;
	/* where it answers from is where it can be reached: what it says may be of another net */
	snprintf(h.ip, sizeof(h.ip), "%u.%u.%u.%u", ip >> 24, ip >> 16 & 0xFF, ip >> 8 & 0xFF,
		 ip & 0xFF);
	for (unsigned i = 0; i < d->n; i++)
		if (strcmp(d->found[i].ip, h.ip) == 0)
			return;
	if (d->n < FOUND_MAX)
		d->found[d->n++] = h;
}

/* Datagram number i of a round: to whom, and which word. */
static void discover_send(struct discover *d, unsigned i)
{
	unsigned hosts = d->n_broadcasts + d->net.count, host = i % hosts;
	const char *word = stick_words[i / hosts % SV_LEN(stick_words)];
	uint32_t ip = host < d->n_broadcasts ? d->broadcasts[host]
					     : d->net.first + (host - d->n_broadcasts);

	udp_send(d->udp, ip, STICK_PORT, word, strlen(word));
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

int discover_new(struct discover **ret, sd_event *ev, const char *subnet, struct err *e)
{
	struct discover *d = calloc(1, sizeof(*d));
	const struct udp_owner owner = { discover_on_data, d };
	int r = d ? 0 : -ENOMEM;

	if (r == 0 && *subnet && subnet_parse(&d->net, subnet, e) < 0) {
		discover_free(d);
		return -EINVAL;
	}
	if (r == 0) {
		d->n_broadcasts = udp_broadcasts(d->broadcasts, BROADCASTS_MAX);
		d->all = (d->n_broadcasts + d->net.count) * SV_LEN(stick_words) * ROUNDS;
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

static void put_found(const struct stick_hello *h, int64_t device, const char *address,
		      struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "kind", "deye");
	jw_kstr(w, "address", address);
	jw_key(w, "serial");
	if (h->serial)
		jw_int(w, h->serial);
	else
		jw_null(w);
	jw_kstr(w, "mac", h->mac);
	jw_key(w, "device");
	if (device)
		jw_int(w, device);
	else
		jw_null(w);
	jw_end(w);
}

void discover_json(const struct discover *d,
		   int64_t (*configured)(void *ud, const char *address, uint32_t serial), void *ud,
		   struct jw *w)
{
	jw_obj(w);
	jw_key(w, "devices");
	jw_arr(w);
	for (unsigned i = 0; i < d->n; i++) {
		char address[ENDPOINT_TEXT_MAX];

		snprintf(address, sizeof(address), "solarman://%s", d->found[i].ip);
		put_found(&d->found[i], configured(ud, address, d->found[i].serial), address, w);
	}
	jw_end(w);
	jw_kint(w, "asked", d->n_broadcasts + d->net.count);
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
