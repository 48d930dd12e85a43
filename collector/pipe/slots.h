/*
 * The places of days in the tables of 10 s rows (table slot): a new day is written over one that is too
 * old, row by row at the same keys, so that nothing has to be deleted and each minute touches few pages.
 *
 *	day too old ──slots_take──> its place is the new day's ──written over──> slots_sweep: what was not
 *
 * What is left of an older day at a place says its own time, and HISTORY_RAW does not see it.
 */
#pragma once

#include "svitlo/err.h"

#include <sqlite3.h>
#include <stdint.h>

struct slots;

/* Borrows history. */
int slots_new(struct slots **ret, sqlite3 *history, struct err *e);
void slots_free(struct slots *s);

/* t's day gets a place if it has none: that of the oldest day that was over before free_t, else one of
 * its own. Belongs into the transaction that writes the rows. */
int slots_take(struct slots *s, int64_t t, int64_t free_t, struct err *e);

/* The next piece, of a few milliseconds: days that were over before free_t and whose place no new day
 * took, then rows of older days that were not written over. 1: done, there may be more; 0: none is left. */
int slots_sweep(struct slots *s, int64_t now_t, int64_t free_t, struct err *e);

/* All rows from this time on. */
int slots_drop_from(struct slots *s, int64_t t, struct err *e);

/* The oldest row, s since 1970; 0: none. */
int64_t slots_oldest(struct slots *s);
