/*
 * What all Tapo plugs share: HTTP, the socket of discovery, the account, and the search for those
 * that have moved to another address.
 */
#pragma once

#include "proto/tapo_hello.h"
#include "svitlo/err.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define PLUGS_SECRET_MAX 257

struct http;
struct plugs;
struct worker;

/* Makes an RSA key, which takes some milliseconds, or has that of `like`. */
int plugs_new(struct plugs **ret, sd_event *ev, const struct plugs *like, struct err *e);
void plugs_free(struct plugs *p); /* after all plugs; NULL is fine */

struct http *plugs_http(struct plugs *p);
struct worker *plugs_worker(struct plugs *p);
EVP_PKEY *plugs_key(struct plugs *p);
uint32_t plugs_random(struct plugs *p);	       /* for jitter only */
const char *plugs_uuid(const struct plugs *p); /* of this client, as old firmware wants one */

/* The TP-Link account: NULL, NULL for none. Those who listen hear of another one. */
void plugs_account(struct plugs *p, const char *user, const char *password);
const char *plugs_user(const struct plugs *p);	   /* NULL: none */
const char *plugs_password(const struct plugs *p); /* NULL: none */

/* Who wants to hear of plugs that answer to a probe, and of another account. */
struct plugs_ear {
	struct plugs_ear *next;
	/* ip: host byte order. */
	void (*hello)(void *ud, uint32_t ip, const struct tapo_hello *h);
	void (*account)(void *ud);
	void *ud;
};
/* Borrowed until plugs_deaf(). From within hello() or account() no ear may be taken away. */
void plugs_listen(struct plugs *p, struct plugs_ear *ear);
void plugs_deaf(struct plugs *p, struct plugs_ear *ear);

/* Sends a probe, which also wakes a sleeping port: to one address. */
void plugs_call(struct plugs *p, uint32_t ip);
/* The probe, for those who send it themselves. Gives its length. */
size_t plugs_probe(const struct plugs *p, const uint8_t **ret);
/* A plug that was at this address does not answer there: looks for it by broadcast and among the
 * address's neighbours (its /24), once for all that ask at the same time, and not too often. */
void plugs_search(struct plugs *p, uint32_t ip);

/* Devices that are sockets of a strip: the strip looks here for those that are its own. */
struct device;
struct plugs_seat {
	struct plugs_seat *next;
	struct device *dev;
	int64_t strip; /* id of the strip's device */
	unsigned position;
};
struct plugs_seat *plugs_seats(const struct plugs *p);
void plugs_sit(struct plugs *p, struct plugs_seat *s); /* borrowed until plugs_rise() */
void plugs_rise(struct plugs *p, struct plugs_seat *s);
