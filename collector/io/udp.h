/* Datagrams over IPv4 on the event loop. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct udp;

struct udp_owner {
	/* ip: host byte order. From the loop, never from within a call. */
	void (*data)(void *ud, uint32_t ip, const uint8_t *p, size_t n);
	void *ud;
};

/* -errno. Any free port; may send to broadcast addresses. */
int udp_open(struct udp **ret, sd_event *ev, const struct udp_owner *owner);
/* Errors are passed over: who is not there does not answer. */
void udp_send(struct udp *u, uint32_t ip, uint16_t port, const void *p, size_t n);
/* Broadcast addresses of the interfaces that are up: -> how many, `room` at most. */
unsigned udp_broadcasts(uint32_t *ret, unsigned room);
void udp_close(struct udp *u); /* NULL is fine */
