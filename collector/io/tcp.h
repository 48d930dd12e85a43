/*
 * A TCP connection on the event loop: names are looked up on a worker thread, nothing blocks.
 * Callbacks come from the loop, never from within a call into it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define TCP_CONNECT_MS 5000 /* for the look-up and for each of a name's addresses */
#define TCP_PIECE_MAX  4096 /* bytes at once: others have their turn too */

struct tcp;
struct worker;

struct tcp_owner {
	void (*up)(void *ud);
	void (*data)(void *ud, const uint8_t *p, size_t n);
	/* It is over: close it. error: -errno, 0: the other side has closed it. */
	void (*down)(void *ud, int error, const char *text);
	void *ud;
};

/* Starts connecting. names: for host names; borrowed until the close. */
int tcp_open(struct tcp **ret, sd_event *ev, struct worker *names, const char *host, uint16_t port,
	     const struct tcp_owner *owner);
/* All of it or -errno: nothing that is larger than a socket's buffer is sent here. */
int tcp_write(struct tcp *t, const void *p, size_t n);
void tcp_close(struct tcp *t); /* any state; NULL is fine */
