/*
 * A byte link to one peer, whatever carries it: ble.c (BlueZ), capture.c (a file).
 *
 * A link looks after itself: it searches, connects, and after a loss tries again for ever, with
 * backoff. Its owner hears of each change and gets the bytes, and says when they make sense: a
 * link that is up and brings nothing is no better than none. Callbacks come from the event loop,
 * never from within a call into the link.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_state {
	LINK_UNAVAILABLE, /* no bus, no BlueZ, no adapter: nothing to do but wait */
	LINK_SEARCHING,
	LINK_CONNECTING,
	LINK_UP,
	LINK_LOST,    /* waiting before the next try */
	LINK_RESTING, /* many tries brought nothing: a long wait */
	LINK__MAX
};

/* What is done against silence and lost links, mildest first. */
enum link_cure {
	LINK_ASK,	  /* the owner asks the device again */
	LINK_RESUBSCRIBE, /* notifications are fetched by the other method */
	LINK_RECONNECT,
	LINK_FORGET,	  /* BlueZ's object of the device is removed, the device found anew */
	LINK_POWER_CYCLE, /* of the adapter */
	LINK_REST,	  /* given up for a while */
	LINK_CURE__MAX
};
const char *link_cure_name(enum link_cure c); /* "resubscribe" */

struct link_cured {
	unsigned count, worked; /* tried; frames came after it and before the next */
	int64_t last_ms;	/* since 1970 */
};

struct link;
struct jw;

/* How the owner hears. reason: a code of fcgi/README.md or NULL; detail: a sentence or NULL.
 * LINK_UP comes again when notifications were subscribed anew. */
struct link_owner {
	void (*state)(void *ud, enum link_state s, const char *reason, const char *detail);
	void (*data)(void *ud, const uint8_t *p, size_t n);
	void *ud;
};

struct link_ops {
	/* Queues a write without response. -ENOTCONN unless up. */
	int (*write)(struct link *l, const uint8_t *p, size_t n);
	/* Up, but nothing comes: fetch notifications by the other method. May be NULL. */
	void (*resubscribe)(struct link *l);
	/* The owner holds the link for dead: drop it, connect again. */
	void (*restart)(struct link *l, const char *reason, const char *detail);
	/* What comes makes sense. Cheap: once a frame. May be NULL. */
	void (*alive)(struct link *l);
	/* Somebody is waiting: no backoff, no rest. May be NULL. */
	void (*retry)(struct link *l);
	void (*close)(struct link *l); /* any state; frees */
};

struct link {
	const struct link_ops *ops;
	struct link_owner owner;
	enum link_state state;
	int64_t until_ms; /* monotonic, end of LINK_LOST and LINK_RESTING */
	struct link_cured cures[LINK_CURE__MAX];
	int trying; /* the cure whose effect is waited for, -1: none */
	/* for people */
	char adapter[16];   /* "" unless connected by one */
	int rssi;	    /* dBm, 0: unknown */
	unsigned mtu;	    /* 0: unknown */
	const char *notify; /* fd, signal, file; NULL while not up */
	unsigned ups;	    /* times it came up */
};

/* Keeps the account of cures: one was tried; frames came (-> the name of what helped, or NULL). */
void link_cure_tried(struct link *l, enum link_cure c, int64_t wall_ms);
const char *link_cure_worked(struct link *l);
void link_cures_json(const struct link *l, struct jw *w); /* "cures":{…} into an open object */
