/* Inside the registers' transports: shared by regs*.c only. */
#pragma once

#include "regs.h"
#include "worker.h"

#define REGS_LATENCIES 32
#define REGS_UNSEEN_MS 3000 /* a connection that ends sooner, and without an answer, is refused */

struct regs_line;

/* What carries a line. */
struct regs_wire {
	const char *name;
	size_t size; /* of its own state, zeroed before open */
	/* Starts connecting: ends in regs_line_up() or regs_line_down(). */
	int (*open)(struct regs_line *l);
	/* Asks: ends in regs_line_answer() or regs_line_down(). */
	int (*ask)(struct regs_line *l, uint8_t unit, uint16_t first, uint16_t count);
	void (*close)(struct regs_line *l); /* any state; what it has begun comes to nothing */
};
extern const struct regs_wire regs_wire_v5, regs_wire_modbus;

struct regs {
	struct regs *next; /* of the line */
	struct regs_line *line;
	struct regs_owner owner;
	uint8_t unit;
	bool asks;   /* a question waits or is in flight */
	bool untold; /* it came when the line was there already */
	uint16_t first, count;
};

struct regs_hub {
	sd_event *ev;
	struct worker *names; /* looks up host names */
	struct regs_line *lines;
	uint32_t random;
};

struct regs_line {
	struct regs_line *next;
	struct regs_hub *hub;
	struct endpoint ep;
	char text[ENDPOINT_TEXT_MAX];
	const struct regs_wire *wire;
	void *own; /* the wire's */
	struct regs *all;
	struct regs *flight; /* whose question is in flight; NULL: none, or nobody's any more */
	bool busy;	     /* a question is in flight */
	enum regs_state state;
	const char *reason;
	char detail[200];
	int64_t until_ms, next_ms; /* monotonic: of REGS_DOWN; before that no question */
	int64_t asked_ms, up_ms;
	unsigned fails; /* connections in a row that brought no answer */
	struct {
		const char *reason; /* NULL: nobody wants it dropped */
		char detail[200];
	} drop;
	sd_event_source *timer;
	struct regs_stats stats;
	uint8_t recent[REGS_RECENT]; /* ring of the last ones: answered? */
	int64_t latencies[REGS_LATENCIES];
	unsigned at, latency_at;
};

/* For the wires, from the loop only. reason: a code or NULL. */
void regs_line_up(struct regs_line *l);
void regs_line_down(struct regs_line *l, const char *reason, const char *detail);
/* words: count of them, or NULL. */
void regs_line_answer(struct regs_line *l, enum regs_outcome outcome, uint8_t exception,
		      const uint16_t *words);
void regs_line_piece(struct regs_line *l, char dir, const uint8_t *p, size_t n);
/* The code for a failed connection, by errno. */
const char *regs_error_reason(int error);
