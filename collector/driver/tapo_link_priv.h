/* Inside the line to a plug: shared by tapo_link.c (asks) and tapo_login.c (how to get in). */
#pragma once

#include "io/http.h"
#include "io/worker.h"
#include "proto/klap.h"
#include "proto/tapo_pass.h"
#include "proto/tpap.h"
#include "tapo_link.h"

enum link_step {
	STEP_REST,     /* nothing is under way */
	STEP_PAUSE,    /* goes on by the timer */
	STEP_WAKE,     /* probed; waits for its answer */
	STEP_WHO,      /* likewise, to know to whom it belongs */
	STEP_DISCOVER, /* what is it? By TPAP's question … */
	STEP_NEGO,     /* … and by securePassthrough's */
	STEP_KLAP1,
	STEP_KLAP2,
	STEP_PASS,
	STEP_PASS_LOGIN,
	STEP_TPAP_DISCOVER,
	STEP_TPAP_REGISTER,
	STEP_TPAP_KEYS, /* on the worker thread */
	STEP_TPAP_SHARE,
	STEP_ASK,
	STEP__MAX
};

struct link_ask {
	char json[TAPO_REQUEST_MAX];
	size_t n;
	const char *method;
	enum tapo_ask how;
	tapo_reply_fn *fn;
	void *ud;
	unsigned tries, laters;
	uint64_t session; /* of what is sent only once: in this one */
	bool woken, sent_again;
};

struct link_keys; /* an order to the worker thread */

struct tapo_link {
	struct plugs *plugs;
	struct plugs_ear ear;
	sd_event_source *timer;
	struct plug_address at;
	uint32_t ip; /* host byte order; 0: IPv6, which no probe reaches */
	struct tapo_known known;
	enum tapo_transport fixed, transport;
	enum link_step step;
	struct http_call *call;
	struct link_ask queue[TAPO_LINK_QUEUE];
	unsigned n;
	/* what its answer to a probe said */
	struct tapo_hello hello;
	bool heard;
	int64_t heard_ms; /* monotonic */
	bool refused;	  /* it was asked, and does not take our account */
	bool doubted;	  /* it refused once, which a stale session does too */
	bool other;	  /* another device than the one that is meant */
	bool sleeps;	  /* its port was closed: being probed wakes it, a moment later */
	bool built_in;	  /* what it let in is not the account */
	/* the session */
	bool open;
	int64_t until_ms;	/* monotonic: to be renewed then */
	int64_t life_s;		/* of the one that is being begun */
	unsigned logins_failed; /* in a row */
	char cookie[160];	/* "Cookie: …" */
	uint8_t seed[KLAP_SEED_LEN];
	struct klap_auth auth;
	struct klap_session klap;
	struct tapo_pass pass;
	bool pass_default; /* the built-in pair's turn */
	struct tpap_session tpap;
	struct tpap_pake pake;
	struct tpap_registered registered;
	uint8_t tpap_random[TPAP_RANDOM_LEN];
	bool short_w0;
	struct link_keys *keys;
	/* for people */
	struct tapo_link_stats stats;
	bool recent[TAPO_LINK_RECENT];
	int64_t latencies[TAPO_LINK_LATENCIES];
	unsigned recent_at, latency_at;
};

/* Sends; on_http of tapo_link.c takes the answer to the step. */
void tapo_link_post(struct tapo_link *l, enum link_step step, const char *path, const char *type,
		    const void *body, size_t n, bool once);
void tapo_link_pause(struct tapo_link *l, int64_t ms);
/* Asks to whom it belongs; login_who() is called when it has said it, or says nothing. */
void tapo_link_who(struct tapo_link *l);
/* The present ask has no answer: says why, and goes on with the next one. */
void tapo_link_fail(struct tapo_link *l, const char *reason, const char *text, bool maybe);
/* The session stands. */
void tapo_link_opened(struct tapo_link *l, int64_t life_s);
/* Is it to be let in by this transport? */
bool tapo_link_allows(const struct tapo_link *l, enum tapo_transport t);
/* It could not be made: again, or detect the transport anew, or give the ask up. */
void tapo_link_login_failed(struct tapo_link *l, const char *reason, const char *text, bool final);

/* tapo_login.c */
void login_begin(struct tapo_link *l);
void login_answer(struct tapo_link *l, const struct http_answer *a); /* of one of its steps */
void login_who(struct tapo_link *l);
void login_forget(struct tapo_link *l); /* wipes all secrets */
