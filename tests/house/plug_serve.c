/*
 * Who answers which path, and the dialogue of KLAP. See plug_klap.h for what is proven.
 *
 *     POST /app/handshake1   local (16)              < remote (16) server proof (32), cookie
 *     POST /app/handshake2   client proof (32)       < nothing
 *     POST /app/request?seq= mac (32) ct             < the same
 *
 * One session: the one before it is gone with a new one's second handshake.
 */
#include "plug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OTHER_TRANSPORT 1003

static void refuse(struct plug *p, struct plug_reply *r)
{
	p->stats.forbidden++;
	r->status = 403;
}

bool plug_forbids(struct plug *p)
{
	struct plug_faults *f = &p->faults;

	return plug_strikes(&f->forbid) ||
	       (f->forbid_pct && rng_below(&p->rng, 100) < f->forbid_pct);
}

void plug_admit(struct plug *p, const struct plug_session *s)
{
	if (s != &p->session)
		p->session = *s;
	p->session.live = true;
	p->session.until_ms = plug_now_ms(p) + p->timeout_s * 1000LL;
	p->stats.logins++;
	p->failed = 0;
	memset(&p->pending, 0, sizeof(p->pending));
}

bool plug_session_valid(const struct plug *p, const char *cookie)
{
	return p->session.live && strcmp(p->session.cookie, cookie) == 0 &&
	       plug_now_ms(p) < p->session.until_ms;
}

char *plug_converse(struct plug *p, const char *text, size_t n, struct plug_reply *r)
{
	struct plug_faults *f = &p->faults;
	bool set = false;
	char *answer;

	p->stats.requests++;
	p->stats.last_request_ms = plug_wall_ms();
	house_advance(p->house, plug_now_ms(p));
	answer = plug_json_run(p, text, n, &set);
	if (set && plug_strikes(&f->lose)) {
		p->stats.lost++;
		r->never = true;
	}
	if (plug_strikes(&f->n_garbage))
		r->garbage = f->garbage;
	if (answer && r->garbage == PLUG_BAD_JSON)
		answer[strlen(answer) / 2] = '\0';
	return answer;
}

/* ---- KLAP ---- */

static void handshake1(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	struct plug_session *s = &p->pending;
	uint8_t body[KLAP_SEED_BYTES + SHA256_BYTES];

	if (q->n != KLAP_SEED_BYTES) {
		r->status = 400;
		return;
	}
	p->stats.handshakes++;
	memset(s, 0, sizeof(*s));
	klap_auth(&s->klap, plug_speaks(p) == PLUG_KLAP1, p->account, p->password);
	memcpy(s->klap.local, q->body, KLAP_SEED_BYTES);
	plug_random(s->klap.remote, KLAP_SEED_BYTES);
	plug_token(s->cookie);
	s->live = true;
	memcpy(body, s->klap.remote, KLAP_SEED_BYTES);
	klap_prove(&s->klap, body + KLAP_SEED_BYTES);
	if (plug_strikes(&p->faults.refuse))
		plug_random(body + KLAP_SEED_BYTES, SHA256_BYTES);
	memcpy(r->cookie, s->cookie, sizeof(r->cookie));
	plug_reply_bytes(r, body, sizeof(body));
}

static void handshake2(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	struct plug_session *s = &p->pending;

	if (!s->live || strcmp(s->cookie, q->cookie) != 0) {
		refuse(p, r);
		return;
	}
	if (q->n != SHA256_BYTES || !klap_believes(&s->klap, q->body)) {
		p->stats.refused++;
		memset(s, 0, sizeof(*s));
		refuse(p, r);
		return;
	}
	klap_derive(&s->klap);
	plug_admit(p, s);
}

static bool read_seq(const char *query, int32_t *ret)
{
	char *end;
	long n;

	if (strncmp(query, "seq=", 4) != 0)
		return false;
	errno = 0;
	n = strtol(query + 4, &end, 10);
	*ret = (int32_t)n;
	return !errno && end != query + 4 && !*end && n >= INT32_MIN && n <= INT32_MAX;
}

static void say_error(struct plug *p, struct plug_reply *r, enum klap_error e)
{
	p->stats.bad_seq += e == KLAP_SEQ;
	p->stats.bad_mac += e == KLAP_MAC;
	if (e == KLAP_LENGTH)
		r->status = 400;
	else
		refuse(p, r);
}

static void answer_klap(struct plug *p, const char *text, size_t n, struct plug_reply *r)
{
	char *answer = plug_converse(p, text, n, r);
	size_t len = answer ? strlen(answer) : 0;
	uint8_t *sealed = malloc(len + SHA256_BYTES + 2 * AES_BYTES);

	if (answer && sealed) {
		len = klap_seal(&p->session.klap, BYTES(answer, len),
				r->garbage == PLUG_BAD_PADDING, sealed);
		plug_reply_bytes(r, sealed, len);
	}
	free(sealed);
	free(answer);
}

static void request(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	enum klap_error e;
	char *text;
	size_t n = 0;
	int32_t seq;

	if (!plug_session_valid(p, q->cookie) || plug_forbids(p)) {
		refuse(p, r);
		return;
	}
	text = malloc(q->n + 1);
	if (!text || !read_seq(q->query, &seq)) {
		r->status = 400;
		free(text);
		return;
	}
	e = klap_open(&p->session.klap, seq, BYTES(q->body, q->n), text, &n);
	if (e == KLAP_OK)
		answer_klap(p, text, n, r);
	else
		say_error(p, r, e);
	free(text);
}

static void serve_klap(struct plug *p, const struct plug_request *q, struct plug_reply *r,
		       void (*serve)(struct plug *p, const struct plug_request *q,
				     struct plug_reply *r))
{
	switch (plug_speaks(p)) {
	case PLUG_KLAP:
	case PLUG_KLAP1:
		serve(p, q, r);
		break;
	case PLUG_TPAP:
		refuse(p, r);
		break;
	case PLUG_AES:
	case PLUG_WIRE__MAX:
	default:
		r->status = 404;
		break;
	}
}

/* ---- paths ---- */

static void serve_app(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	if (plug_speaks(p) == PLUG_AES)
		plug_pass_request(p, q, r);
	else
		plug_reply_error(r, OTHER_TRANSPORT);
}

void plug_serve(struct plug *p, const struct plug_request *q, struct plug_reply *r)
{
	static const struct {
		const char *path;
		void (*serve)(struct plug *p, const struct plug_request *q, struct plug_reply *r);
		bool klap;
	} paths[] = {
		{ "/app/handshake1", handshake1, true }, { "/app/handshake2", handshake2, true },
		{ "/app/request", request, true },	 { "/app", serve_app, false },
		{ "/", plug_tpap_login, false },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i].path, q->path) != 0)
			continue;
		if (paths[i].klap)
			serve_klap(p, q, r, paths[i].serve);
		else
			paths[i].serve(p, q, r);
		return;
	}
	if (plug_speaks(p) == PLUG_TPAP && strncmp(q->path, "/stok=", 6) == 0)
		plug_tpap_request(p, q, r);
	else
		r->status = 404;
}
