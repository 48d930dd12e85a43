#include "plugs.h"

#include "io/http.h"
#include "io/udp.h"
#include "io/worker.h"
#include "proto/tapo_pass.h"
#include "svitlo/clock.h"
#include "svitlo/crypto.h"
#include "svitlo/util.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BITS       1024 /* what securePassthrough takes; discovery takes any */
#define SEARCH_MS      60000
#define SEARCH_TURN_MS 20
#define SEARCH_SENDS   16 /* datagrams a turn: 500 bytes each, and switches have small buffers */
#define NEIGHBOURS     256u
#define BROADCASTS_MAX 16

struct plugs {
	struct http *http;
	struct udp *udp;
	struct worker *worker;
	EVP_PKEY *key;
	uint8_t probe[TAPO_PROBE_MAX];
	size_t probe_n;
	uint32_t random;
	char uuid[37];
	char user[PLUGS_SECRET_MAX], password[PLUGS_SECRET_MAX];
	bool has_account;
	struct plugs_ear *ears;
	struct plugs_seat *seats;
	/* the search that is under way: neighbours of this address */
	sd_event_source *turn;
	uint32_t net;
	unsigned sent;
	int64_t next_ms; /* monotonic: not sooner */
};

/* ---- who answers ---- */

static void on_datagram(void *ud, uint32_t ip, const uint8_t *b, size_t n)
{
	struct plugs *p = ud;
	struct tapo_hello h;
	struct plugs_ear *next;

	if (tapo_hello_parse(&h, b, n, NULL) < 0)
		return;
	for (struct plugs_ear *e = p->ears; e; e = next) {
		next = e->next;
		if (e->hello)
			e->hello(e->ud, ip, &h);
	}
}

void plugs_listen(struct plugs *p, struct plugs_ear *ear)
{
	ear->next = p->ears;
	p->ears = ear;
}

void plugs_deaf(struct plugs *p, struct plugs_ear *ear)
{
	for (struct plugs_ear **e = &p->ears; *e; e = &(*e)->next)
		if (*e == ear) {
			*e = ear->next;
			return;
		}
}

struct plugs_seat *plugs_seats(const struct plugs *p)
{
	return p->seats;
}

void plugs_sit(struct plugs *p, struct plugs_seat *s)
{
	s->next = p->seats;
	p->seats = s;
}

void plugs_rise(struct plugs *p, struct plugs_seat *s)
{
	for (struct plugs_seat **at = &p->seats; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			return;
		}
}

/* ---- asking ---- */

size_t plugs_probe(const struct plugs *p, const uint8_t **ret)
{
	*ret = p->probe;
	return p->probe_n;
}

void plugs_call(struct plugs *p, uint32_t ip)
{
	udp_send(p->udp, ip, TAPO_HELLO_PORT, p->probe, p->probe_n);
	udp_send(p->udp, ip, TAPO_HELLO_PORT_ALSO, p->probe, p->probe_n);
}

static int on_turn(sd_event_source *s, uint64_t usec, void *ud)
{
	struct plugs *p = ud;

	(void)usec;
	for (unsigned i = 0; i < SEARCH_SENDS && p->sent < NEIGHBOURS; i++, p->sent++)
		udp_send(p->udp, (p->net & ~(NEIGHBOURS - 1)) | p->sent, TAPO_HELLO_PORT, p->probe,
			 p->probe_n);
	if (p->sent == NEIGHBOURS)
		return 0;
	sd_event_source_set_time_relative(s, SEARCH_TURN_MS * 1000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

void plugs_search(struct plugs *p, uint32_t ip)
{
	uint32_t all[BROADCASTS_MAX];
	int64_t now = clock_mono_ms();
	unsigned n;

	if (now < p->next_ms)
		return;
	p->next_ms = now + SEARCH_MS;
	n = udp_broadcasts(all, BROADCASTS_MAX);
	for (unsigned i = 0; i < n; i++)
		plugs_call(p, all[i]);
	p->net = ip;
	p->sent = 0;
	sd_event_source_set_time_relative(p->turn, 0);
	sd_event_source_set_enabled(p->turn, SD_EVENT_ONESHOT);
}

/* ---- the account ---- */

void plugs_account(struct plugs *p, const char *user, const char *password)
{
	bool has = user && password;
	struct plugs_ear *next;

	if (has == p->has_account &&
	    (!has || (strcmp(user, p->user) == 0 && strcmp(password, p->password) == 0)))
		return;
	OPENSSL_cleanse(p->user, sizeof(p->user));
	OPENSSL_cleanse(p->password, sizeof(p->password));
	p->has_account = has;
	if (has) {
		snprintf(p->user, sizeof(p->user), "%s", user);
		snprintf(p->password, sizeof(p->password), "%s", password);
	}
	for (struct plugs_ear *e = p->ears; e; e = next) {
		next = e->next;
		if (e->account)
			e->account(e->ud);
	}
}

const char *plugs_user(const struct plugs *p)
{
	return p->has_account ? p->user : NULL;
}

const char *plugs_password(const struct plugs *p)
{
	return p->has_account ? p->password : NULL;
}

/* ---- the rest ---- */

struct http *plugs_http(struct plugs *p)
{
	return p->http;
}

struct worker *plugs_worker(struct plugs *p)
{
	return p->worker;
}

EVP_PKEY *plugs_key(struct plugs *p)
{
	return p->key;
}

uint32_t plugs_random(struct plugs *p)
{
	p->random = p->random * 1664525u + 1013904223u;
	return p->random >> 8;
}

const char *plugs_uuid(const struct plugs *p)
{
	return p->uuid;
}

static int make_keys(struct plugs *p, const struct plugs *like, struct err *e)
{
	char pem[TAPO_PROBE_MAX];
	uint8_t id[16];
	uint32_t serial;
	int r = 0;

	if (!like)
		r = tapo_rsa_make(&p->key, KEY_BITS, e);
	else if (EVP_PKEY_up_ref(like->key) == 1)
		p->key = like->key;
	else
		r = -EIO;
	if (r >= 0)
		r = tapo_rsa_pem(pem, sizeof(pem), p->key, 0, e);
	if (r >= 0)
		r = crypto_random(&serial, sizeof(serial), e);
	if (r >= 0)
		r = crypto_random(&p->random, sizeof(p->random), e);
	if (r >= 0)
		r = crypto_random(id, sizeof(id), e);
	if (r >= 0)
		r = tapo_hello_probe(p->probe, serial, pem);
	if (r < 0)
		return r;
	p->probe_n = (size_t)r;
	snprintf(p->uuid, sizeof(p->uuid),
		 "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1],
		 id[2], id[3], id[4], id[5], id[6] & 15, id[7], id[8] & 15, id[9], id[10], id[11],
		 id[12], id[13], id[14], id[15]);
	return 0;
}

int plugs_new(struct plugs **ret, sd_event *ev, const struct plugs *like, struct err *e)
{
	struct plugs *p = calloc(1, sizeof(*p));
	const struct udp_owner owner = { on_datagram, p };
	int r;

	if (!p)
		return err_set(e, -ENOMEM, "out of memory");
	r = make_keys(p, like, e);
	if (r >= 0)
		r = http_new(&p->http, ev);
	if (r >= 0)
		r = udp_open(&p->udp, ev, &owner);
	if (r >= 0)
		r = worker_new(&p->worker, ev);
	if (r >= 0)
		r = sd_event_add_time(ev, &p->turn, CLOCK_MONOTONIC, 0, 1000, on_turn, p);
	if (r >= 0)
		r = sd_event_source_set_enabled(p->turn, SD_EVENT_OFF);
	if (r < 0) {
		plugs_free(p);
		return err_set(e, r, "plugs: %s", strerror(-r));
	}
	*ret = p;
	return 0;
}

void plugs_free(struct plugs *p)
{
	if (!p)
		return;
	http_free(p->http);
	udp_close(p->udp);
	worker_free(p->worker);
	sd_event_source_disable_unref(p->turn);
	EVP_PKEY_free(p->key);
	OPENSSL_cleanse(p, sizeof(*p));
	free(p);
}
