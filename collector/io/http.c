#include "http.h"

#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HTTP_KEPT_MAX 64L /* connections */

struct http {
	sd_event *ev;
	CURLM *multi;
	sd_event_source *timer;
	struct http_call *calls;
};

struct http_call {
	struct http_call *next;
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	http_fn *fn;
	void *ud;
	int64_t begun_ms;
	bool too_large;
	char text[CURL_ERROR_SIZE], cookie[HTTP_COOKIE_MAX];
	uint8_t *body;
	size_t n, room;
};

/* ---- what comes ---- */

static size_t on_body(char *p, size_t size, size_t n, void *ud)
{
	struct http_call *c = ud;
	size_t want = c->n + size * n;
	uint8_t *more;

	if (want > HTTP_ANSWER_MAX) {
		c->too_large = true;
		return 0;
	}
	if (want > c->room) {
		c->room = want < 4096 ? 4096 : HTTP_ANSWER_MAX;
		more = realloc(c->body, c->room);
		if (!more)
			return 0;
		c->body = more;
	}
	memcpy(c->body + c->n, p, size * n);
	c->n = want;
	return size * n;
}

static size_t on_header(char *p, size_t size, size_t n, void *ud)
{
	static const char name[] = "Set-Cookie:";
	struct http_call *c = ud;
	size_t len = size * n;
	const char *end = p + len;

	if (c->cookie[0] || len < sizeof(name) || strncasecmp(p, name, sizeof(name) - 1) != 0)
		return len;
	p += sizeof(name) - 1;
	while (p < end && isspace((unsigned char)*p))
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	/* one that is cut would be another one */
	if ((size_t)(end - p) < sizeof(c->cookie))
		snprintf(c->cookie, sizeof(c->cookie), "%.*s", (int)(end - p), p);
	return len;
}

static enum http_outcome call_outcome(const struct http_call *c, CURLcode code)
{
	long error = 0, sent = 0;

	if (code == CURLE_OK)
		return HTTP_ANSWERED;
	if (c->too_large)
		return HTTP_TOO_LARGE;
	if (code == CURLE_OPERATION_TIMEDOUT) {
		curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
		return sent ? HTTP_TIMEOUT : HTTP_UNREACHABLE;
	}
	if (code != CURLE_COULDNT_CONNECT)
		return HTTP_BROKEN;
	curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &error);
	return error == ECONNREFUSED ? HTTP_REFUSED : HTTP_UNREACHABLE;
}

static void call_free(struct http_call *c)
{
	for (struct http_call **p = &c->http->calls; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	if (c->easy)
		curl_multi_remove_handle(c->http->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	free(c->body);
	free(c);
}

static void call_done(struct http_call *c, CURLcode code)
{
	struct http_answer a = { .outcome = call_outcome(c, code),
				 .body = c->body ? c->body : (const uint8_t *)"",
				 .n = c->n,
				 .cookie = c->cookie,
				 .text = c->text,
				 .ms = clock_mono_ms() - c->begun_ms };
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	a.status = (int)status;
	c->fn(c->ud, &a);
}

/* Whoever is called may cancel any other: the list is looked at anew each time. */
static void http_collect(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		CURLcode code = m->data.result;
		struct http_call *c = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		call_done(c, code);
		call_free(c);
	}
}

/* ---- libcurl's sockets and its clock, on our loop ---- */

static void http_turn(struct http *h, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(h->multi, fd, what, &running);
	http_collect(h);
}

static int on_io(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		   (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	(void)s;
	http_turn(ud, fd, what);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	(void)s;
	(void)usec;
	http_turn(ud, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *source)
{
	uint32_t events =
		(what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	sd_event_source *s = source;
	struct http *h = ud;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(s);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	if (s)
		return sd_event_source_set_io_events(s, events) < 0 ? -1 : 0;
	if (sd_event_add_io(h->ev, &s, fd, events, on_io, h) < 0)
		return -1;
	curl_multi_assign(h->multi, fd, s);
	return 0;
}

static int on_timeout(CURLM *multi, long ms, void *ud)
{
	struct http *h = ud;

	(void)multi;
	if (ms < 0)
		return sd_event_source_set_enabled(h->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	sd_event_source_set_time_relative(h->timer, (uint64_t)ms * 1000);
	return sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* ---- what goes ---- */

static int call_headers(struct http_call *c, const struct http_ask *a)
{
	/* libcurl's own "Expect: 100-continue" makes some devices hang */
	struct curl_slist *l = curl_slist_append(NULL, "Expect:"), *more = l;

	for (int i = 0; more && i < HTTP_HEADERS_MAX && a->headers[i]; i++) {
		more = curl_slist_append(l, a->headers[i]);
		l = more ? more : l;
	}
	c->headers = l;
	return more ? 0 : -ENOMEM;
}

static int call_options(struct http_call *c, const struct http_ask *a)
{
	CURL *e = c->easy;
	int r = 0;

#define SET(option, value) (r |= curl_easy_setopt(e, CURLOPT_##option, value) != CURLE_OK)
	SET(URL, a->url);
	SET(PROTOCOLS_STR, "http");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(NOPROXY, "*");
	SET(NOSIGNAL, 1L);
	SET(HTTPHEADER, c->headers);
	SET(CONNECTTIMEOUT_MS, (long)a->connect_ms);
	SET(TIMEOUT_MS, (long)a->total_ms);
	SET(ERRORBUFFER, c->text);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, c);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, c);
	SET(PRIVATE, c);
	if (a->body) {
		SET(POST, 1L);
		SET(POSTFIELDSIZE, (long)a->n); /* binary: first the length, then the copy */
		SET(COPYPOSTFIELDS, a->body);
	}
	if (a->once) {
		SET(FRESH_CONNECT, 1L);
		SET(FORBID_REUSE, 1L);
	}
#undef SET
	return r ? -EINVAL : 0;
}

int http_send(struct http *h, const struct http_ask *a, http_fn *fn, void *ud,
	      struct http_call **ret)
{
	struct http_call *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	*c = (struct http_call){ .next = h->calls, .http = h, .fn = fn, .ud = ud };
	c->begun_ms = clock_mono_ms();
	h->calls = c;
	c->easy = curl_easy_init();
	r = c->easy ? call_headers(c, a) : -ENOMEM;
	if (r == 0)
		r = call_options(c, a);
	/* it begins with the next turn of the loop, by libcurl's clock */
	if (r == 0 && curl_multi_add_handle(h->multi, c->easy) != CURLM_OK)
		r = -EINVAL;
	if (r < 0) {
		call_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void http_cancel(struct http_call *c)
{
	if (!c)
		return;
	call_free(c);
}

int http_new(struct http **ret, sd_event *ev)
{
	struct http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->ev = ev;
	h->multi = curl_multi_init();
	r = h->multi ? sd_event_add_time(ev, &h->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, h)
		     : -ENOMEM;
	if (r >= 0)
		r = sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
	if (r < 0) {
		http_free(h);
		return r;
	}
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, HTTP_KEPT_MAX);
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	while (h->calls)
		http_cancel(h->calls);
	curl_multi_cleanup(h->multi);
	sd_event_source_disable_unref(h->timer);
	free(h);
}
