/*
 * Rows of history folded into one of a coarser tier: averages by the time that each row measured,
 * extremes of extremes, the last of what is not averaged, all bits that were set, sums of sums. Rows
 * of good quality displace suspect ones; a suspect one never spoils good ones.
 *
 * All values are the integers of the tables (value × scale), as doubles; NAN: null.
 */
#pragma once

#include "svitlo/history.h"

#include <sqlite3.h>
#include <stdint.h>

struct fold_array {
	unsigned n;
	struct history_value v[HISTORY_ARRAY_MAX];
};

/* A row, of any tier. */
struct fold_row {
	int64_t device, t;
	int64_t covered_s;
	enum quality quality;
	struct history_value col[HISTORY_COLUMNS_MAX]; /* of those not averaged: mean is the last */
	unsigned flags;
	uint64_t bits[HISTORY_BITS_MAX];
	bool has_bits[HISTORY_BITS_MAX];
	double sums[HISTORY_SUMS_MAX];
	struct fold_array arrays[HISTORY_MANY_MAX];
};

/* What rows are gathered in. Zero is empty. */
struct fold {
	struct fold_row row;
	unsigned rows;
	double weight[HISTORY_COLUMNS_MAX], total[HISTORY_COLUMNS_MAX];
	double array_weight[HISTORY_MANY_MAX][HISTORY_ARRAY_MAX];
	double array_total[HISTORY_MANY_MAX][HISTORY_ARRAY_MAX];
};

void fold_begin(struct fold *f, int64_t device, int64_t t);
void fold_add(struct fold *f, enum reading_kind k, const struct fold_row *r);
/* What came of it: f->row, or NULL when nothing was added. */
const struct fold_row *fold_end(struct fold *f, enum reading_kind k);

/* Statements: `SELECT … FROM table WHERE` is to be completed, of 10 s `SELECT … FROM`, as HISTORY_RAW
 * goes on; INSERT takes fold_bind(). The arrays of an upper tier stand in a table of their own. */
#define FOLD_SQL_MAX 4096
void fold_select(char ret[FOLD_SQL_MAX], enum reading_kind k, enum history_tier t);
void fold_insert(char ret[FOLD_SQL_MAX], enum reading_kind k, enum history_tier t);
void fold_insert_arrays(char ret[FOLD_SQL_MAX], enum reading_kind k, enum history_tier t);

/* The row that a fold_select() stands at; of 10 s rows the sums are made here. */
void fold_read(struct fold_row *ret, sqlite3_stmt *st, enum reading_kind k, enum history_tier t);
/* About how many bytes the row that it stands at takes on the disk. */
unsigned fold_bytes(sqlite3_stmt *st);
/* day: NULL but in the day tier. Gives about how many bytes the row takes. */
unsigned fold_bind(sqlite3_stmt *st, const struct fold_row *r, enum reading_kind k,
		   const char *day);
/* The texts are bound transient. false: there is no array, nothing was bound. */
bool fold_bind_arrays(sqlite3_stmt *st, const struct fold_row *r, enum reading_kind k,
		      unsigned *bytes);
