/*
 * Registers of a device behind a line: Solarman V5, Modbus TCP or Modbus RTU. Whatever carries it,
 * its owner asks for a span of holding registers and gets words, or why not.
 *
 * A line has one connection and one request in flight, however many units and owners share it
 * (struct regs_hub keeps them together), a pause between two requests, and connects again for ever,
 * with backoff. Callbacks come from the event loop, never from within a call into it.
 */
#pragma once

#include "svitlo/endpoint.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define REGS_WORDS_MAX	 125
#define REGS_PAUSE_MS	 100  /* between an answer and the next request */
#define REGS_BACKOFF_MS	 1000 /* after a lost connection; doubles */
#define REGS_BACKOFF_MAX 8000 /* so that who is back is heard of within 15 s */
#define REGS_RECENT	 100  /* requests that the success rate is made from */

enum regs_state { REGS_CONNECTING, REGS_UP, REGS_DOWN /* waits before the next try */ };

enum regs_outcome {
	REGS_OK,
	REGS_TIMEOUT,
	REGS_EXCEPTION, /* the device said no: .exception */
	REGS_REFUSED,	/* a stick's error 05: the device does not answer it, or said no */
	REGS_DAMAGED,	/* an answer came, but not to this question, or not whole */
	REGS__MAX
};

struct regs_answer {
	enum regs_outcome outcome;
	uint8_t exception;
	uint16_t first, count;
	const uint16_t *words; /* count of them if REGS_OK, else NULL; until the callback returns */
	int64_t ms;	       /* from the question that it answers */
};

struct regs_owner {
	/* reason: a code of fcgi/README.md or NULL; detail: a sentence or NULL */
	void (*state)(void *ud, enum regs_state s, const char *reason, const char *detail);
	void (*answer)(void *ud, const struct regs_answer *a);
	/* What goes over the wire, '>' and '<'. NULL: nobody wants it. */
	void (*piece)(void *ud, char dir, const uint8_t *p, size_t n);
	void *ud;
};

/* Since the line was opened. */
struct regs_stats {
	uint64_t asked, answered, timeouts, exceptions, refused, damaged;
	uint64_t late, unsolicited, heartbeats, foreign_bytes, resent; /* of sticks */
	unsigned connects;
	unsigned recent, recent_ok; /* of the last REGS_RECENT */
	int64_t latency_ms;	    /* median of the last ones; -1: none */
	uint32_t serial;	    /* of the stick, as learned; 0: unknown */
};

struct regs_hub;
struct regs;
struct worker;

int regs_hub_new(struct regs_hub **ret, sd_event *ev);
struct worker *regs_hub_names(struct regs_hub *h); /* the thread that looks up names */
void regs_hub_free(struct regs_hub *h);		   /* all regs must be closed; NULL is fine */

/* Starts connecting, or shares the connection that is there. */
int regs_open(struct regs_hub *h, const struct endpoint *p, const struct regs_owner *owner,
	      struct regs **ret);
/* One question at a time. -ENOTCONN unless up, -EBUSY before the answer. */
int regs_read(struct regs *r, uint16_t first, uint16_t count);
void regs_retry(struct regs *r); /* somebody is waiting: no backoff */
/* The owner holds it for dead, or for something else: drop it, connect again after a while. */
void regs_drop(struct regs *r, const char *reason, const char *detail);
void regs_close(struct regs *r); /* NULL is fine */

int64_t regs_until_ms(const struct regs *r); /* monotonic: end of REGS_DOWN; 0: not down */
void regs_stats(const struct regs *r, struct regs_stats *ret);
const char *regs_wire_name(const struct regs *r); /* "v5", "tcp", "rtu" */
