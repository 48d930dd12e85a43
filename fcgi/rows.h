/*
 * Rows of history.db, of one kind and tier, as struct row. Of the 10 s tier also those that live.db
 * has and history.db does not have yet; for a moment both have the same. SQL is put together from
 * the names of svitlo/history.h alone.
 */
#pragma once

#include "svitlo/db.h"
#include "svitlo/err.h"
#include "svitlo/history.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define ROWS_ALL (-1) /* as a device, of the 10 s tier only: whoever has rows */

struct store;

/* What to read: bits, by the place in history_kinds[]. */
struct rows_want {
	uint32_t columns, many;
	bool flags, bits, sums;
};

/* Integers as the tables have them: value × scale. Only what was wanted is filled. */
struct row {
	int64_t device, t;
	int covered_s, quality;
	struct history_value col[HISTORY_COLUMNS_MAX];
	unsigned flags;
	int64_t bits[HISTORY_BITS_MAX];
	bool has_flags, has_bits[HISTORY_BITS_MAX];
	double sums[HISTORY_SUMS_MAX];
	unsigned n[HISTORY_MANY_MAX];
	struct history_value many[HISTORY_MANY_MAX][HISTORY_ARRAY_MAX];
};

struct rows {
	enum reading_kind kind;
	enum history_tier tier;
	struct rows_want want;
	sqlite3_stmt *st[2]; /* of live.db, of history.db; NULL: there is no such file */
	bool at[2];	     /* stands at a row that was not given yet */
	int64_t limit, read; /* rows of history.db: at most, so far */
	struct row row;
};

/* Prepares; to be closed. A missing database has no rows. */
int rows_open(struct rows *v, struct store *s, enum reading_kind k, enum history_tier t,
	      const struct rows_want *want, struct err *e);
void rows_close(struct rows *v);
SV_DEFINE_CLEANUP(struct rows *, rows_close)
#define ROWS_AUTO SV_CLEANUP(rows_close)

/* Begins with those of from ≤ t < to, in their order; limit 0: none. As often as needed. */
int rows_run(struct rows *v, int64_t device, int64_t from, int64_t to, int64_t limit,
	     struct err *e);
/* 1: *ret, which borrows until the next call; 0: no more. */
int rows_next(struct rows *v, const struct row **ret, struct err *e);
/* It ended because of the limit: there may be more after the last one given. */
bool rows_cut(const struct rows *v);
/* Leaves the read transactions. */
void rows_stop(struct rows *v);
