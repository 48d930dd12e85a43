/*
 * The upper tiers of history.db, made from the 10 s rows: minutes and quarters of an hour when the hour
 * is over, and each civil day when it is. What is made again is the same, so nothing
 * is lost by ending in between; the table rollup says up to where all is made. Setting `until` back
 * there (from the sqlite3 shell, too) has everything from then on made anew.
 *
 * Days are those of the house's zone: when it is another one, all of them are made anew.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/history.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define ROLL_WINDOW_S	 900
#define ROLL_DEVICES_MAX 512 /* of a kind */

struct roll;

/* Borrows history. */
int roll_new(struct roll **ret, sqlite3 *history, struct err *e);
void roll_free(struct roll *r);

/* Rows from this time on have come late: what was made of them is made anew. Within a transaction. */
int roll_late(struct roll *r, int64_t t, struct err *e);

/*
 * The next piece, a few milliseconds of work, one transaction (or a part of one that is open): all
 * rows before saved_t are in history.db. 1: done, there may be more; 0: nothing is left to do.
 */
int roll_step(struct roll *r, int64_t saved_t, struct err *e);

/* Of all days, the part that is made, while they are made anew for another zone; else NAN. */
double roll_days_done(const struct roll *r);

/* About what a row of a tier and all devices takes in a day, by the last window; NAN: none yet. */
double roll_day_bytes(const struct roll *r, enum history_tier t);
