/*
 * A thread for calls that block (libmodbus, name look-ups). The loop hands it orders, it runs one
 * after the other, and each comes back on the loop.
 */
#pragma once

#include <systemd/sd-event.h>

struct worker;

/* The first member of what the caller allocates. */
struct worker_order {
	struct worker_order *next;
	void (*run)(struct worker_order *o);  /* on the thread: touches nothing of the loop's */
	void (*done)(struct worker_order *o); /* on the loop, then it is the caller's again */
	void (*drop)(
		struct worker_order *o); /* on either: the worker was freed before it was done */
};

/* -errno. The thread starts with the first order. */
int worker_new(struct worker **ret, sd_event *ev);
void worker_do(struct worker *w, struct worker_order *o);
/* Waits for no order: what is running goes on to its end, then all are dropped. NULL is fine. */
void worker_free(struct worker *w);
