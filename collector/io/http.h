/*
 * HTTP/1.1 to devices of the local network, on the event loop, by libcurl's multi interface.
 *
 * No proxy, no redirects, no cookies kept: what a device sets is handed on. An answer is bounded in
 * size and time. Callbacks come from the loop, never from within a call into it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define HTTP_ANSWER_MAX	 65536
#define HTTP_COOKIE_MAX	 256
#define HTTP_URL_MAX	 512
#define HTTP_HEADERS_MAX 4

struct http;
struct http_call;

enum http_outcome {
	HTTP_ANSWERED,	  /* with whatever status */
	HTTP_UNREACHABLE, /* no way there, or nobody */
	HTTP_REFUSED,	  /* somebody is there, but does not listen */
	HTTP_TIMEOUT,	  /* connected, and no whole answer in time; or not even connected */
	HTTP_TOO_LARGE,
	HTTP_BROKEN, /* closed too early, or no HTTP */
	HTTP__MAX
};

struct http_ask {
	const char *url;
	const void *body; /* NULL: GET */
	size_t n;
	const char *headers[HTTP_HEADERS_MAX]; /* "Name: value"; NULL ends them */
	unsigned connect_ms, total_ms;
	/* On a connection of its own: libcurl sends what was asked on a kept one again when that
	 * turns out to be dead, and nobody knows then whether it was carried out. */
	bool once;
};

/* Borrows until the callback returns. */
struct http_answer {
	enum http_outcome outcome;
	int status;
	const uint8_t *body;
	size_t n;
	const char *cookie; /* of Set-Cookie, the first one; "": none */
	const char *text;   /* what libcurl says of a failure; "": nothing */
	int64_t ms;
};
typedef void http_fn(void *ud, const struct http_answer *a);

int http_new(struct http **ret, sd_event *ev);
/* Takes copies of all. -ENOMEM, -EINVAL: libcurl does not take it. */
int http_send(struct http *h, const struct http_ask *a, http_fn *fn, void *ud,
	      struct http_call **ret);
/* No callback will come. NULL is fine. */
void http_cancel(struct http_call *c);
void http_free(struct http *h); /* with all calls; NULL is fine */
