/*
 * The line to one plug: finds out how it wants to be spoken to, logs in, keeps the session, and
 * takes one request after the other.
 *
 *	ask ──> (probe, which transport) ──> (login) ──> request ──> answer
 *	            └── 403, 401, 9999 …: the session is gone: log in, ask again, three times at most
 *
 * A plug has one session: another client's login ends ours. What is to be carried out only once is
 * only sent in a session that stands, and never again: a new session may be another plug's, to
 * which the address has gone.
 */
#pragma once

#include "plugs.h"
#include "proto/tapo.h"
#include "svitlo/plug_address.h"

#define TAPO_LINK_QUEUE	    8
#define TAPO_LINK_RECENT    100
#define TAPO_LINK_LATENCIES 25

struct tapo_link;

enum tapo_ask {
	TAPO_ASK_READ,	/* behind the others; may be sent again */
	TAPO_ASK_FIRST, /* before those that wait; may be sent again */
	TAPO_ASK_ONCE,	/* before those that wait; only once, and in the session that stands now */
};

/* Borrows until the callback returns. */
struct tapo_reply {
	const struct tapo_answer *answer; /* NULL: none, for this reason */
	const char *reason;		  /* of fcgi/README.md, a constant */
	const char *text;
	bool maybe; /* no answer, but it may have been carried out */
	bool anew;  /* of what is sent only once: the session is over, nothing was carried out */
};
typedef void tapo_reply_fn(void *ud, const struct tapo_reply *r);

struct tapo_link_stats {
	uint64_t requests, timeouts, errors, handshakes, stolen;
	unsigned recent, recent_ok; /* of the last 100 requests */
	int64_t latency_ms;	    /* median, -1: none yet */
};

/*
 * What a plug's logins have shown so far. Whoever answers at its address with less is not believed:
 * anybody can answer a probe, say the plug's MAC, and speak securePassthrough, which shows the
 * password to its peer. KLAP and TPAP show it to nobody who does not know it.
 */
struct tapo_known {
	char mac[13];		       /* "": not known, any plug is meant */
	enum tapo_transport transport; /* the best that has let us in, or that its owner allows */
	bool used;		       /* it has let us in by that */
	bool account;		       /* it has proven that it knows the account */
};

/* transport: TAPO_TRANSPORT_UNKNOWN: to be found out. */
int tapo_link_new(struct tapo_link **ret, struct plugs *plugs, sd_event *ev,
		  const struct plug_address *at, enum tapo_transport transport,
		  const struct tapo_known *known);
/* The JSON is copied; method as tapo_answer_parse() wants it, a constant. -EBUSY: the queue is
 * full; -EMSGSIZE. The reply comes from the loop. */
int tapo_link_ask(struct tapo_link *l, const char *json, const char *method, enum tapo_ask how,
		  tapo_reply_fn *fn, void *ud);
/* Something has changed (the account, its owner wants so): tries anew what it had given up. */
void tapo_link_anew(struct tapo_link *l);
/* What has let us in says that it is this one: its MAC and how it let us in are known from now on.
 * true: something of it is new. */
bool tapo_link_is(struct tapo_link *l, const char *mac);
const struct tapo_known *tapo_link_known(const struct tapo_link *l);
const char *tapo_link_transport_name(const struct tapo_link *l); /* "klap"; "": not known yet */
bool tapo_link_connected(const struct tapo_link *l);		 /* a session stands */
uint64_t tapo_link_session(const struct tapo_link *l);		 /* its number; 0: none stands */
const char *tapo_link_mac(const struct tapo_link *l);		 /* "": not known */
/* It has answered a probe at this address since then (monotonic), and said that it is the one. */
bool tapo_link_there(const struct tapo_link *l, int64_t since_ms);
bool tapo_link_built_in(const struct tapo_link *l); /* it let in not the account, but anybody */
void tapo_link_stats(const struct tapo_link *l, struct tapo_link_stats *ret);
/* No reply will come. NULL is fine. Not from within a reply. */
void tapo_link_free(struct tapo_link *l);

const char *tapo_transport_name(enum tapo_transport t);
/* How little it shows to a peer who is not the plug: 1 the password itself; UNKNOWN 0. */
unsigned tapo_transport_rank(enum tapo_transport t);
enum tapo_transport tapo_transport_find(const char *name); /* "auto" and others: UNKNOWN */
