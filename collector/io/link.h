/*
 * A byte link to one peer, whatever carries it: ble.c (BlueZ), capture.c (a file).
 *
 * A link looks after itself: it searches, connects, and after a loss tries again for ever, with
 * backoff. Its owner hears of each change and gets the bytes. Callbacks come from the event loop,
 * never from within a call into the link.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum link_state {
	LINK_UNAVAILABLE, /* no bus, no BlueZ, no adapter: nothing to do but wait */
	LINK_SEARCHING,
	LINK_CONNECTING,
	LINK_UP,
	LINK_LOST, /* waiting before the next try */
	LINK__MAX
};

struct link;

/* How the owner hears. reason: a code of fcgi/README.md or NULL; detail: a sentence or NULL. */
struct link_owner {
	void (*state)(void *ud, enum link_state s, const char *reason, const char *detail);
	void (*data)(void *ud, const uint8_t *p, size_t n);
	void *ud;
};

struct link_ops {
	/* Queues a write without response. -ENOTCONN unless up. */
	int (*write)(struct link *l, const uint8_t *p, size_t n);
	/* The owner holds the link for dead: drop it, connect again. */
	void (*restart)(struct link *l, const char *reason, const char *detail);
	void (*close)(struct link *l); /* any state; frees */
};

struct link {
	const struct link_ops *ops;
	struct link_owner owner;
	enum link_state state;
	/* for people */
	int rssi;	    /* dBm, 0: unknown */
	unsigned mtu;	    /* 0: unknown */
	const char *notify; /* fd, signal, file; NULL while not up */
	unsigned ups;	    /* times it came up */
};
