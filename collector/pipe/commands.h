/*
 * Orders to plugs: rows of config.db's table command, and what the table timer makes of them when
 * its time has come.
 *
 *	pending ──claim──> claimed ──order──> device ──done()──> done | failed
 *	   └── not begun in time: expired
 *
 * A row is claimed, on disk, before anything is sent, and is never sent again: what was claimed
 * when we died has failed, "interrupted". The end of a command, its line in the journal and what
 * becomes of its timer are one transaction.
 *
 * An on for so long writes its timer (by limit) with the claim: whatever happens then, it ends. A
 * timer's row goes only when its off was done: until then it is tried again, after a restart too.
 */
#pragma once

#include "driver/driver.h"
#include "svitlo/err.h"

#include <stdbool.h>
#include <stdint.h>

struct commands;
struct sqlite3;

struct commands_env {
	struct sqlite3 *config;
	struct device *(*device)(void *ud, int64_t id); /* a configured device, or NULL */
	/* Each line of the journal, for history: {"action","by","result"}. NULL: nobody cares. */
	void (*switched)(void *ud, int64_t t_ms, int64_t device, const char *json);
	const char *boot; /* of clock_boot_id(); "": unknown */
	int64_t (*mono)(void *ud);
	void *ud;
};

/* A limit of another boot: its end by this clock may be wrong, what the plug counts is not. */
#define COMMANDS_OFF_UNSURE (-1)

int commands_open(struct commands **ret, const struct commands_env *env, int64_t wall_ms,
		  struct err *e);
/* Each second, and when the bell rings. While the wall clock is not believed, no timer by time of
 * day fires or is dropped. A limit of this boot ends by the monotonic clock; one of another boot
 * by a wall clock that the network has set, for a late one is believed too easily, or two minutes
 * after the start without one: off is the safe side. */
void commands_poll(struct commands *c, int64_t wall_ms, bool believed, bool synced);
/* device_owner.done and .turned. */
void commands_done(struct commands *c, const struct device *d, const struct device_done *r,
		   int64_t wall_ms);
void commands_turned(struct commands *c, const struct device *d, bool on, const char *by,
		     int64_t wall_ms);
/* It goes, or is opened anew: what it was told has no answer any more. */
void commands_gone(struct commands *c, const struct device *d, int64_t wall_ms);
/* It is live again: what failed because it was away is tried at once. */
void commands_live(struct commands *c, int64_t device);
/* The wall clock jumped, and is wall_ms now: the ends of this boot's limits are told by it anew. */
void commands_jump(struct commands *c, int64_t wall_ms);
/* When the device is to go off next, of all its timers; 0: never, or COMMANDS_OFF_UNSURE. For
 * driver->arm(). */
int64_t commands_off_at(const struct commands *c, int64_t device);
void commands_close(struct commands *c, int64_t wall_ms); /* NULL is fine */
