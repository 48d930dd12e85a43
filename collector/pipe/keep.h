/*
 * What is too old goes from history.db, and never before the tier above was made of it: of the 10 s by
 * new days that take the places of old ones (slots.h), of the others what is older than the tier's days,
 * in pieces of a few milliseconds. The file keeps its size: what goes makes room for what comes.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/history.h"

#include <sqlite3.h>
#include <stdint.h>

struct keep;

/* Borrows history. */
int keep_new(struct keep **ret, sqlite3 *history, struct err *e);
void keep_free(struct keep *k);

/* 0: for ever. */
void keep_set(struct keep *k, const int days[HISTORY_TIER__MAX]);
const int *keep_days(const struct keep *k);

/* t's day has a place for its rows of 10 s; reuse: of a day that is too old by then, if there is one.
 * Belongs into the transaction that writes them. */
int keep_slot(struct keep *k, int64_t t, bool reuse, struct err *e);

/* The next piece. 1: done, there may be more; 0: nothing is left to do for some hours. */
int keep_step(struct keep *k, int64_t now_t, struct err *e);

/* All rows of all tiers from this time on: they came from a clock that was ahead. */
int keep_drop_from(struct keep *k, int64_t t, struct err *e);

/* The oldest row of a tier, s since 1970; 0: none. */
int64_t keep_oldest(struct keep *k, enum history_tier t);
