#include "tapo_link_priv.h"

#include "svitlo/clock.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS	  3000
#define TOTAL_MS	  6000
#define HURRIED_MS	  1000 /* a read that takes longer lets an order go first */
#define WAKE_MS		  1000 /* for the answer to a probe */
#define AWAKE_MS	  200  /* from its answer until its port is open */
#define TRIES_MAX	  3
#define TRY_PAUSE_MS	  300
#define LATER_MS	  1000
#define RENEW_EARLY_S	  1200
#define LOGINS_FAILED_MAX 3 /* then it may speak another transport now */

static const struct {
	enum tapo_transport transport;
	const char *name;
	unsigned rank;
} transports[] = {
	{ TAPO_TRANSPORT_KLAP, "klap", 3 },
	{ TAPO_TRANSPORT_KLAP_V1, "klap1", 2 }, /* MD5 */
	{ TAPO_TRANSPORT_PASS, "aes", 1 },	/* the password, to whoever answers */
	{ TAPO_TRANSPORT_TPAP, "tpap", 3 },	/* its owner switches between it and KLAP */
};

const char *tapo_transport_name(enum tapo_transport t)
{
	for (size_t i = 0; i < SV_LEN(transports); i++)
		if (transports[i].transport == t)
			return transports[i].name;
	return "";
}

enum tapo_transport tapo_transport_find(const char *name)
{
	for (size_t i = 0; i < SV_LEN(transports); i++)
		if (strcmp(transports[i].name, name) == 0)
			return transports[i].transport;
	return TAPO_TRANSPORT_UNKNOWN;
}

unsigned tapo_transport_rank(enum tapo_transport t)
{
	for (size_t i = 0; i < SV_LEN(transports); i++)
		if (transports[i].transport == t)
			return transports[i].rank;
	return 0;
}

bool tapo_link_allows(const struct tapo_link *l, enum tapo_transport t)
{
	enum tapo_transport least = l->known.transport;

	/* of a plug that nobody knows: by what proves who it is, unless its owner says otherwise */
	return tapo_transport_rank(t) >=
	       tapo_transport_rank(least ? least : TAPO_TRANSPORT_KLAP_V1);
}

static void link_next(struct tapo_link *l);

/* ---- steps ---- */

static void link_timer(struct tapo_link *l, int64_t ms)
{
	sd_event_source_set_time_relative(l->timer, (uint64_t)ms * 1000);
	sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
}

void tapo_link_pause(struct tapo_link *l, int64_t ms)
{
	l->step = STEP_PAUSE;
	link_timer(l, ms);
}

static void link_wake(struct tapo_link *l)
{
	l->step = STEP_WAKE;
	if (l->n)
		l->queue[0].woken = true;
	if (l->ip)
		plugs_call(l->plugs, l->ip);
	link_timer(l, l->ip ? WAKE_MS : 0);
}

void tapo_link_who(struct tapo_link *l)
{
	l->step = STEP_WHO;
	plugs_call(l->plugs, l->ip);
	link_timer(l, WAKE_MS);
}

static void link_close(struct tapo_link *l)
{
	l->open = false;
	l->cookie[0] = 0;
	login_forget(l);
}

/* ---- the end of an ask ---- */

static void link_reply(struct tapo_link *l, const struct tapo_reply *r)
{
	struct link_ask *q = &l->queue[0];
	tapo_reply_fn *fn = q->fn;
	void *ud = q->ud;

	assert(l->n);
	OPENSSL_cleanse(q->json, q->n);
	memmove(q, q + 1, --l->n * sizeof(*q));
	/* what is asked now waits for the loop: nothing goes on from within the reply */
	tapo_link_pause(l, 0);
	fn(ud, r);
}

void tapo_link_fail(struct tapo_link *l, const char *reason, const char *text, bool maybe)
{
	l->stats.errors++;
	if (l->n)
		link_reply(l,
			   &(struct tapo_reply){ .reason = reason, .text = text, .maybe = maybe });
	else
		l->step = STEP_REST;
}

/* It is not for a new session. */
static bool fail_once(struct tapo_link *l)
{
	if (!l->n || l->queue[0].how != TAPO_ASK_ONCE)
		return false;
	link_reply(l, &(struct tapo_reply){ .reason = "busy",
					    .text = tapo_failure_text(TAPO_FAILURE_BUSY),
					    .anew = true });
	return true;
}

void tapo_link_opened(struct tapo_link *l, int64_t life_s)
{
	if (life_s > 2 * RENEW_EARLY_S)
		life_s -= RENEW_EARLY_S;
	l->stats.handshakes++;
	l->logins_failed = 0;
	l->doubted = false;
	l->open = true;
	l->until_ms = clock_mono_ms() + life_s * 1000;
	l->step = STEP_REST;
	link_next(l);
}

void tapo_link_login_failed(struct tapo_link *l, const char *reason, const char *text, bool final)
{
	struct link_ask *q = &l->queue[0];

	link_close(l);
	if (++l->logins_failed >= LOGINS_FAILED_MAX && !l->fixed)
		l->transport = TAPO_TRANSPORT_UNKNOWN;
	if (final || !l->n || ++q->tries > TRIES_MAX)
		tapo_link_fail(l, reason, text, false);
	else
		tapo_link_pause(l, TRY_PAUSE_MS * q->tries);
}

/* ---- sending ---- */

static void on_http(void *ud, const struct http_answer *a);

void tapo_link_post(struct tapo_link *l, enum link_step step, const char *path, const char *type,
		    const void *body, size_t n, bool once)
{
	bool v6 = strchr(l->at.host, ':');
	int port = l->transport == TAPO_TRANSPORT_TPAP && l->hello.tpap.port > 0
			   ? l->hello.tpap.port
			   : l->at.port;
	char url[HTTP_URL_MAX], kind[64];
	struct http_ask a = { .url = url,
			      .body = body,
			      .n = n,
			      .headers = { kind, l->cookie[0] ? l->cookie : NULL },
			      .connect_ms = CONNECT_MS,
			      .total_ms = TOTAL_MS,
			      .once = once };
	int r;

	snprintf(url, sizeof(url), "http://%s%s%s:%d%s", v6 ? "[" : "", l->at.host, v6 ? "]" : "",
		 port, path);
	snprintf(kind, sizeof(kind), "Content-Type: %s", type);
	l->step = step;
	l->stats.requests++;
	r = http_send(plugs_http(l->plugs), &a, on_http, l, &l->call);
	if (r < 0)
		tapo_link_fail(l, "bad_answers", strerror(-r), false);
}

static void send_ask(struct tapo_link *l)
{
	struct link_ask *q = &l->queue[0];
	bool once = q->how == TAPO_ASK_ONCE;
	uint8_t body[TAPO_PASS_BODY(TAPO_REQUEST_MAX + 128)];
	char path[TPAP_PATH_MAX + TAPO_PASS_PATH_MAX], stamped[TAPO_REQUEST_MAX + 128];
	int n = -EINVAL;

	switch (l->transport) {
	case TAPO_TRANSPORT_KLAP:
	case TAPO_TRANSPORT_KLAP_V1:
		n = klap_seal(&l->klap, q->json, q->n, body, sizeof(body), NULL);
		klap_path(&l->klap, path);
		break;
	case TAPO_TRANSPORT_PASS:
		n = tapo_pass_stamp(stamped, sizeof(stamped), q->json, q->n, clock_wall_ms(),
				    plugs_uuid(l->plugs), NULL);
		if (n >= 0)
			n = tapo_pass_seal(&l->pass, stamped, (size_t)n, (char *)body, sizeof(body),
					   NULL);
		tapo_pass_path(&l->pass, path);
		break;
	case TAPO_TRANSPORT_TPAP:
		n = tpap_seal(&l->tpap, q->json, q->n, body, sizeof(body), NULL);
		tpap_path(&l->tpap, path);
		break;
	case TAPO_TRANSPORT_UNKNOWN:
	case TAPO_TRANSPORT__MAX:
		break;
	}
	if (n < 0) { /* its numbers are used up, or it is none of ours */
		tapo_link_login_failed(l, "bad_answers", "a request could not be encrypted", false);
		return;
	}
	tapo_link_post(l, STEP_ASK, path,
		       l->transport == TAPO_TRANSPORT_PASS ? "application/json"
							   : "application/octet-stream",
		       body, (size_t)n, once);
}

static void link_next(struct tapo_link *l)
{
	if (l->step != STEP_REST || !l->n)
		return;
	if (l->open && clock_mono_ms() >= l->until_ms)
		link_close(l);
	if (l->other && !l->queue[0].woken && l->ip) {
		l->other = false; /* it may be there again */
		link_wake(l);
	} else if (l->other) {
		tapo_link_fail(
			l, "other_device",
			"another device has this address now: looking for the plug elsewhere",
			false);
	} else if (l->open) {
		/* another session may be with another device */
		if (l->queue[0].session == l->stats.handshakes || !fail_once(l))
			send_ask(l);
	} else if (!fail_once(l)) {
		if (!l->transport && !l->queue[0].woken)
			link_wake(l);
		else
			login_begin(l);
	}
}

/* ---- what comes ---- */

static void link_count(struct tapo_link *l, const struct http_answer *a)
{
	bool ok = a->outcome == HTTP_ANSWERED && a->status == 200;

	l->recent[l->recent_at++ % TAPO_LINK_RECENT] = ok;
	if (ok)
		l->latencies[l->latency_at++ % TAPO_LINK_LATENCIES] = a->ms;
	if (a->outcome == HTTP_TIMEOUT || a->outcome == HTTP_UNREACHABLE)
		l->stats.timeouts++;
}

/* No HTTP answer at all. */
static void on_nothing(struct tapo_link *l, const struct http_answer *a)
{
	static const struct {
		const char *reason, *text;
	} words[HTTP__MAX] = {
		[HTTP_UNREACHABLE] = { "host_unreachable",
				       "nobody answers at this address: is the plug in its socket, "
				       "and on the network?" },
		[HTTP_REFUSED] = { "connection_refused",
				   "the address is there, but takes no connection" },
		[HTTP_TIMEOUT] = { "no_answer", "it takes the connection and does not answer" },
		[HTTP_TOO_LARGE] = { "bad_answers",
				     "it answers with far too much: is this a plug?" },
		[HTTP_BROKEN] = { "bad_answers", "it ended the connection in mid-answer" },
	};
	struct link_ask *q = &l->queue[0];
	bool unsent = a->outcome == HTTP_UNREACHABLE || a->outcome == HTTP_REFUSED;
	bool once = l->step == STEP_ASK && l->n && q->how == TAPO_ASK_ONCE;

	if (unsent && l->n && !q->woken) {
		l->sleeps = true;
		link_wake(l);
		return;
	}
	/* old firmware closes kept connections when it likes */
	if (a->outcome == HTTP_BROKEN && !once && l->n && !q->sent_again) {
		q->sent_again = true;
		tapo_link_pause(l, TRY_PAUSE_MS);
		return;
	}
	if (l->step != STEP_ASK)
		link_close(l);
	tapo_link_fail(l, words[a->outcome].reason, words[a->outcome].text, once && !unsent);
}

/* The session is of no use any more: once more with a new one, or that is why there is no answer.
 */
static void again(struct tapo_link *l, const char *reason, const char *text)
{
	struct link_ask *q = &l->queue[0];

	link_close(l);
	if (fail_once(l))
		return;
	if (++q->tries <= TRIES_MAX)
		tapo_link_pause(l, q->tries > 1 ? TRY_PAUSE_MS * q->tries : 0);
	else
		tapo_link_fail(l, reason, text, false);
}

static void on_stolen(struct tapo_link *l)
{
	again(l, "busy", tapo_failure_text(TAPO_FAILURE_BUSY));
}

static void on_later(struct tapo_link *l, const char *text)
{
	struct link_ask *q = &l->queue[0];

	bool once = q->how == TAPO_ASK_ONCE; /* what it is then tells whether it was done */

	if (!once && ++q->laters <= TRIES_MAX)
		tapo_link_pause(l, LATER_MS * q->laters);
	else
		tapo_link_fail(l, "bad_answers", text, once);
}

static void on_class(struct tapo_link *l, enum tapo_class class, const char *text)
{
	switch (class) {
	case TAPO_SESSION:
		l->stats.stolen++;
		on_stolen(l);
		return;
	case TAPO_AUTH:
	case TAPO_DOUBT:
	case TAPO_TRANSPORT:
		if (!l->fixed)
			l->transport = TAPO_TRANSPORT_UNKNOWN;
		on_stolen(l);
		return;
	case TAPO_LATER:
		on_later(l, text);
		return;
	case TAPO_LOCKED:
		link_close(l);
		tapo_link_fail(l, "locked", text, false);
		return;
	case TAPO_OK:
	case TAPO_UNSUPPORTED:
	case TAPO_BATCH:
	case TAPO_PARAMS:
	case TAPO_CONFLICT:
	case TAPO_FAIL:
	case TAPO_CLASS__MAX:
		break;
	}
	tapo_link_fail(l, "bad_answers", text, l->queue[0].how == TAPO_ASK_ONCE);
}

static int open_answer(struct tapo_link *l, const struct http_answer *a, char *ret, size_t room,
		       int32_t *ret_code, struct err *e)
{
	struct tpap_refusal why = { 0 };
	uint32_t seq;
	int n;

	*ret_code = 0;
	switch (l->transport) {
	case TAPO_TRANSPORT_KLAP:
	case TAPO_TRANSPORT_KLAP_V1:
		return klap_open(&l->klap, a->body, a->n, ret, room, e);
	case TAPO_TRANSPORT_PASS:
		return tapo_pass_open(&l->pass, (const char *)a->body, a->n, ret, room, ret_code,
				      e);
	case TAPO_TRANSPORT_TPAP:
		n = tpap_open(&l->tpap, a->body, a->n, ret, room, &seq, &why, e);
		*ret_code = why.code;
		return n;
	case TAPO_TRANSPORT_UNKNOWN:
	case TAPO_TRANSPORT__MAX:
		break;
	}
	return -EBADMSG;
}

/* The plug's word, whatever it is. */
static void on_words(struct tapo_link *l, const char *text, size_t n)
{
	struct link_ask *q = &l->queue[0];
	struct tapo_answer answer = { 0 };
	struct err e = { 0 };
	const struct tapo_error *known;

	if (tapo_answer_parse(&answer, text, n, q->method, &e) < 0) {
		tapo_link_fail(l, "bad_answers", err_text(&e), q->how == TAPO_ASK_ONCE);
		return;
	}
	known = tapo_error_find(answer.code);
	if (known->in_session == TAPO_SESSION || known->in_session == TAPO_LATER ||
	    known->in_session == TAPO_TRANSPORT || known->in_session == TAPO_LOCKED)
		on_class(l, known->in_session, known->text);
	else
		link_reply(l, &(struct tapo_reply){ .answer = &answer });
	tapo_answer_free(&answer);
}

static void on_answer(struct tapo_link *l, const struct http_answer *a)
{
	SV_AUTO_FREE char *text = NULL;
	struct link_ask *q = &l->queue[0];
	struct err e = { 0 };
	int32_t code;
	int n;

	if (a->status != 200) {
		on_class(l, tapo_http_class(a->status), "it refuses what it is asked");
		return;
	}
	text = malloc(a->n + 1);
	n = text ? open_answer(l, a, text, a->n + 1, &code, &e) : -ENOMEM;
	if (n >= 0) {
		on_words(l, text, (size_t)n);
	} else if (n == -EREMOTEIO) {
		on_class(l, tapo_error_find(code)->in_session, tapo_error_find(code)->text);
	} else if (q->how == TAPO_ASK_ONCE) { /* who knows whether it was done */
		link_close(l);
		tapo_link_fail(l, "bad_answers", err_text(&e), true);
	} else {
		l->stats.errors++;
		again(l, "bad_answers", err_text(&e));
	}
	if (text)
		OPENSSL_cleanse(text, a->n + 1);
}

static void on_http(void *ud, const struct http_answer *a)
{
	struct tapo_link *l = ud;

	l->call = NULL;
	link_count(l, a);
	if (a->outcome != HTTP_ANSWERED)
		on_nothing(l, a);
	else if (l->step != STEP_ASK)
		login_answer(l, a);
	else
		on_answer(l, a);
}

/* ---- probes ---- */

static void on_hello(void *ud, uint32_t ip, const struct tapo_hello *h)
{
	struct tapo_link *l = ud;
	enum tapo_transport said = tapo_hello_transport(h);

	if (!l->ip || ip != l->ip)
		return;
	l->hello = *h;
	l->heard = true;
	l->heard_ms = clock_mono_ms();
	l->other = l->known.mac[0] && h->mac[0] && strcmp(l->known.mac, h->mac) != 0;
	/* a datagram can be anybody's: a plug that is known has to say less than before itself */
	if (!l->fixed && !l->open)
		l->transport = !l->known.transport || tapo_link_allows(l, said)
				       ? said
				       : TAPO_TRANSPORT_UNKNOWN;
	if (l->step == STEP_WAKE)
		link_timer(l, l->sleeps ? AWAKE_MS : 0);
	else if (l->step == STEP_WHO)
		link_timer(l, 0);
}

/* What is under way only reads, and takes long: it is asked again behind the orders. */
static void link_overtake(struct tapo_link *l)
{
	struct link_ask read = l->queue[0];
	unsigned at = 0;

	while (at + 1 < l->n && l->queue[at + 1].how != TAPO_ASK_READ)
		at++;
	if (read.how != TAPO_ASK_READ || !at)
		return;
	http_cancel(l->call);
	l->call = NULL;
	memmove(&l->queue[0], &l->queue[1], at * sizeof(read));
	l->queue[at] = read;
	OPENSSL_cleanse(&read, sizeof(read));
	tapo_link_pause(l, 0);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	struct tapo_link *l = ud;

	(void)s;
	(void)usec;
	if (l->step == STEP_ASK)
		link_overtake(l);
	if (l->step == STEP_WHO)
		login_who(l);
	if (l->step != STEP_PAUSE && l->step != STEP_WAKE && l->step != STEP_REST)
		return 0;
	l->step = STEP_REST;
	l->sleeps = false;
	link_next(l);
	return 0;
}

static void on_account(void *ud)
{
	tapo_link_anew(ud);
}

/* ---- for the driver ---- */

int tapo_link_ask(struct tapo_link *l, const char *json, const char *method, enum tapo_ask how,
		  tapo_reply_fn *fn, void *ud)
{
	struct link_ask *q = &l->queue[l->n];
	size_t n = strlen(json);
	/* what is under way is not overtaken */
	unsigned at = l->step == STEP_ASK;

	if (l->n == TAPO_LINK_QUEUE)
		return -EBUSY;
	if (n >= sizeof(q->json))
		return -EMSGSIZE;
	if (how != TAPO_ASK_READ && at < l->n) {
		q = &l->queue[at];
		memmove(q + 1, q, (l->n - at) * sizeof(*q));
	}
	*q = (struct link_ask){ .n = n,
				.method = method,
				.how = how,
				.fn = fn,
				.ud = ud,
				.session = tapo_link_session(l) };
	memcpy(q->json, json, n + 1);
	l->n++;
	if (l->step == STEP_REST)
		tapo_link_pause(l, 0);
	else if (l->step == STEP_ASK && how != TAPO_ASK_READ)
		link_timer(l, HURRIED_MS);
	return 0;
}

void tapo_link_anew(struct tapo_link *l)
{
	l->logins_failed = 0;
	l->other = l->doubted = false;
	if (l->step == STEP_REST || l->step == STEP_PAUSE)
		link_close(l);
	else
		l->until_ms = 0; /* after what is under way */
	if (!l->fixed)
		l->transport = l->open ? l->transport : TAPO_TRANSPORT_UNKNOWN;
}

bool tapo_link_is(struct tapo_link *l, const char *mac)
{
	struct tapo_known was = l->known, *k = &l->known;
	bool in = l->open && !l->built_in;

	snprintf(k->mac, sizeof(k->mac), "%s", mac);
	if (in && tapo_transport_rank(l->transport) > tapo_transport_rank(k->transport))
		k->transport = l->transport;
	k->used = k->used || (in && l->transport == k->transport);
	k->account = k->account || (in && l->transport != TAPO_TRANSPORT_PASS);
	return strcmp(was.mac, k->mac) != 0 || was.transport != k->transport ||
	       was.used != k->used || was.account != k->account;
}

const struct tapo_known *tapo_link_known(const struct tapo_link *l)
{
	return &l->known;
}

const char *tapo_link_transport_name(const struct tapo_link *l)
{
	return tapo_transport_name(l->transport);
}

bool tapo_link_connected(const struct tapo_link *l)
{
	return l->open;
}

uint64_t tapo_link_session(const struct tapo_link *l)
{
	return l->open ? l->stats.handshakes : 0;
}

bool tapo_link_there(const struct tapo_link *l, int64_t since_ms)
{
	return l->heard && !l->other && strcmp(l->hello.mac, l->known.mac) == 0 &&
	       l->heard_ms >= since_ms;
}

bool tapo_link_built_in(const struct tapo_link *l)
{
	return l->built_in;
}

const char *tapo_link_mac(const struct tapo_link *l)
{
	return l->known.mac[0] ? l->known.mac : l->heard ? l->hello.mac : "";
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

void tapo_link_stats(const struct tapo_link *l, struct tapo_link_stats *ret)
{
	int64_t sorted[TAPO_LINK_LATENCIES];
	unsigned n = l->latency_at < TAPO_LINK_LATENCIES ? l->latency_at : TAPO_LINK_LATENCIES;

	*ret = l->stats;
	ret->recent = l->recent_at < TAPO_LINK_RECENT ? l->recent_at : TAPO_LINK_RECENT;
	for (unsigned i = 0; i < ret->recent; i++)
		ret->recent_ok += l->recent[i];
	memcpy(sorted, l->latencies, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	ret->latency_ms = n ? sorted[n / 2] : -1;
}

int tapo_link_new(struct tapo_link **ret, struct plugs *plugs, sd_event *ev,
		  const struct plug_address *at, enum tapo_transport transport,
		  const struct tapo_known *known)
{
	struct tapo_link *l = calloc(1, sizeof(*l));
	struct in_addr in;
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct tapo_link){ .plugs = plugs,
				 .at = *at,
				 .known = *known,
				 .fixed = transport,
				 .transport = transport,
				 .ear = { .hello = on_hello, .account = on_account, .ud = l },
				 .hello = { .lv = -1, .tpap = { .port = -1 } } };
	if (inet_pton(AF_INET, at->host, &in) == 1)
		l->ip = ntohl(in.s_addr);
	r = sd_event_add_time(ev, &l->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
	plugs_listen(plugs, &l->ear);
	if (r < 0) {
		tapo_link_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void tapo_link_free(struct tapo_link *l)
{
	if (!l)
		return;
	http_cancel(l->call);
	login_forget(l);
	plugs_deaf(l->plugs, &l->ear);
	sd_event_source_disable_unref(l->timer);
	OPENSSL_cleanse(l, sizeof(*l));
	free(l);
}
