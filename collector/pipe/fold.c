#include "fold.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- folding ---- */

void fold_begin(struct fold *f, int64_t device, int64_t t)
{
	*f = (struct fold){ .row = { .device = device, .t = t } };
}

static void value_add(struct history_value *to, double *total, double *weight,
		      const struct history_value *v, double by)
{
	if (isnan(v->mean))
		return;
	to->low = *weight > 0 ? fmin(to->low, v->low) : v->low;
	to->high = *weight > 0 ? fmax(to->high, v->high) : v->high;
	*total += v->mean * by;
	*weight += by;
}

static void sum_add(double *to, double v, bool first)
{
	if (first || isnan(*to))
		*to = v;
	else if (!isnan(v))
		*to += v;
}

static void array_add(struct fold *f, unsigned a, const struct fold_array *in, double by)
{
	struct fold_array *to = &f->row.arrays[a];

	if (in->n > to->n)
		to->n = in->n;
	for (unsigned i = 0; i < in->n; i++)
		value_add(&to->v[i], &f->array_total[a][i], &f->array_weight[a][i], &in->v[i], by);
}

void fold_add(struct fold *f, enum reading_kind k, const struct fold_row *r)
{
	const struct history_kind *h = &history_kinds[k];
	double by = (double)r->covered_s;

	if (r->covered_s <= 0 || (f->rows && r->quality > f->row.quality))
		return;
	if (f->rows && r->quality < f->row.quality)
		fold_begin(f, f->row.device, f->row.t);
	f->row.quality = r->quality;
	f->row.covered_s += r->covered_s;
	f->row.flags |= r->flags;
	for (unsigned i = 0; i < h->n_columns; i++) {
		if (h->columns[i].mean)
			value_add(&f->row.col[i], &f->total[i], &f->weight[i], &r->col[i], by);
		else if (!isnan(r->col[i].mean) || !f->rows)
			f->row.col[i].mean = r->col[i].mean;
	}
	for (unsigned i = 0; i < h->n_bits; i++) {
		f->row.bits[i] |= r->bits[i];
		f->row.has_bits[i] = f->row.has_bits[i] || r->has_bits[i];
	}
	for (unsigned i = 0; i < h->n_sums; i++)
		sum_add(&f->row.sums[i], r->sums[i], !f->rows);
	for (unsigned i = 0; i < h->n_many; i++)
		array_add(f, i, &r->arrays[i], by);
	f->rows++;
}

static void value_end(struct history_value *v, double total, double weight)
{
	v->mean = weight > 0 ? round(total / weight) : NAN;
	if (!(weight > 0))
		v->low = v->high = NAN;
}

const struct fold_row *fold_end(struct fold *f, enum reading_kind k)
{
	const struct history_kind *h = &history_kinds[k];

	if (!f->rows)
		return NULL;
	for (unsigned i = 0; i < h->n_columns; i++)
		if (h->columns[i].mean)
			value_end(&f->row.col[i], f->total[i], f->weight[i]);
	for (unsigned i = 0; i < h->n_many; i++)
		for (unsigned n = 0; n < f->row.arrays[i].n; n++)
			value_end(&f->row.arrays[i].v[n], f->array_total[i][n],
				  f->array_weight[i][n]);
	return &f->row;
}

/* ---- SQL ---- */

/* Text that is put together, bounded. */
struct text {
	char *at;
	size_t n, room;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->n += (size_t)vsnprintf(t->at + t->n, t->room - t->n, fmt, ap);
	va_end(ap);
	assert(t->n < t->room);
}

/* The columns behind device, t (and day) of an upper tier. */
static void put_columns(struct text *t, const struct history_kind *h)
{
	put(t, ", covered_s, quality");
	for (unsigned i = 0; i < h->n_columns; i++) {
		const char *name = h->columns[i].name;

		if (h->columns[i].mean)
			put(t, ", %s_min, %s, %s_max", name, name, name);
		else
			put(t, ", %s", name);
	}
	if (h->n_flags)
		put(t, ", flags");
	for (unsigned i = 0; i < h->n_bits; i++)
		put(t, ", %s", h->bits[i].name);
	for (unsigned i = 0; i < h->n_sums; i++)
		put(t, ", %s", h->sums[i].name);
}

static void put_arrays(struct text *t, const struct history_kind *h)
{
	for (unsigned i = 0; i < h->n_many; i++) {
		const char *name = h->many[i].name;

		put(t, ", %s, %s_below, %s_above", name, name, name);
	}
}

static void put_marks(struct text *t, unsigned n)
{
	put(t, ") VALUES (?1");
	for (unsigned i = 2; i <= n; i++)
		put(t, ", ?%u", i);
	put(t, ")");
}

static unsigned count_columns(const struct history_kind *h)
{
	unsigned n = 2 + (h->n_flags > 0) + h->n_bits + h->n_sums;

	for (unsigned i = 0; i < h->n_columns; i++)
		n += h->columns[i].mean ? 3 : 1;
	return n;
}

static void select_10s(struct text *t, enum reading_kind k)
{
	const struct history_kind *h = &history_kinds[k];

	put(t, "SELECT r.device, r.t, %d, quality", HISTORY_ROW_S);
	for (unsigned i = 0; i < h->n_columns; i++)
		put(t, ", %s", h->columns[i].name);
	if (h->n_flags)
		put(t, ", flags");
	for (unsigned i = 0; i < h->n_bits; i++)
		put(t, ", %s", h->bits[i].name);
	for (unsigned i = 0; i < h->n_many; i++)
		put(t, ", %s", h->many[i].name);
	put(t, " FROM ");
}

void fold_select(char ret[FOLD_SQL_MAX], enum reading_kind k, enum history_tier t)
{
	struct text s = { ret, 0, FOLD_SQL_MAX };
	char table[HISTORY_NAME_MAX], arrays[HISTORY_NAME_MAX];

	history_table(table, k, t);
	if (t == HISTORY_10S) {
		select_10s(&s, k);
		return;
	}
	put(&s, "SELECT r.device, r.t");
	put_columns(&s, &history_kinds[k]);
	put_arrays(&s, &history_kinds[k]);
	put(&s, " FROM main.%s AS r", table);
	if (history_kinds[k].n_many) {
		history_arrays(arrays, k, t);
		put(&s, " LEFT JOIN main.%s AS a ON a.device = r.device AND a.t = r.t", arrays);
	}
	put(&s, " WHERE ");
}

void fold_insert(char ret[FOLD_SQL_MAX], enum reading_kind k, enum history_tier t)
{
	struct text s = { ret, 0, FOLD_SQL_MAX };
	char table[HISTORY_NAME_MAX];
	bool day = t == HISTORY_DAY;

	history_table(table, k, t);
	put(&s, "INSERT OR REPLACE INTO main.%s (device, t", table);
	put_columns(&s, &history_kinds[k]);
	if (day)
		put(&s, ", day");
	put_marks(&s, 2 + count_columns(&history_kinds[k]) + day);
}

void fold_insert_arrays(char ret[FOLD_SQL_MAX], enum reading_kind k, enum history_tier t)
{
	struct text s = { ret, 0, FOLD_SQL_MAX };
	char table[HISTORY_NAME_MAX];

	history_arrays(table, k, t);
	put(&s, "INSERT OR REPLACE INTO main.%s (device, t", table);
	put_arrays(&s, &history_kinds[k]);
	put_marks(&s, 2 + 3 * history_kinds[k].n_many);
}

/* ---- reading ---- */

static double number_at(sqlite3_stmt *st, int col)
{
	double v = sqlite3_column_double(st, col);

	return v == 0 && sqlite3_column_type(st, col) == SQLITE_NULL ? NAN : v;
}

static void array_read(struct fold_array *a, sqlite3_stmt *st, int col, bool upper)
{
	double mean[HISTORY_ARRAY_MAX], below[HISTORY_ARRAY_MAX] = { 0 },
					above[HISTORY_ARRAY_MAX] = { 0 };

	a->n = history_array((const char *)sqlite3_column_text(st, col), mean);
	if (upper) {
		history_array((const char *)sqlite3_column_text(st, col + 1), below);
		history_array((const char *)sqlite3_column_text(st, col + 2), above);
	}
	for (unsigned i = 0; i < a->n; i++)
		a->v[i] = (struct history_value){ mean[i] - below[i], mean[i], mean[i] + above[i] };
}

/* Bytes of an integer in a record, its type included. */
static unsigned int_bytes(int64_t v)
{
	uint64_t a = v < 0 ? ~(uint64_t)v : (uint64_t)v;

	return v == 0 || v == 1 ? 1
	       : a < 1u << 7	? 2
	       : a < 1u << 15	? 3
	       : a < 1u << 23	? 4
	       : a < 1u << 31	? 5
	       : a < 1ull << 47 ? 7
				: 9;
}

unsigned fold_bytes(sqlite3_stmt *st)
{
	unsigned n = 6; /* of the cell, and its place in the page */

	for (int i = 0; i < sqlite3_column_count(st); i++)
		n += sqlite3_column_type(st, i) == SQLITE_TEXT
			     ? 2 + (unsigned)sqlite3_column_bytes(st, i)
			     : int_bytes(sqlite3_column_int64(st, i));
	return n;
}

void fold_read(struct fold_row *ret, sqlite3_stmt *st, enum reading_kind k, enum history_tier t)
{
	const struct history_kind *h = &history_kinds[k];
	bool upper = t != HISTORY_10S;
	int col = 4;

	*ret = (struct fold_row){ .device = sqlite3_column_int64(st, 0),
				  .t = sqlite3_column_int64(st, 1),
				  .covered_s = sqlite3_column_int64(st, 2),
				  .quality = (enum quality)sqlite3_column_int(st, 3) };
	for (unsigned i = 0; i < h->n_columns; i++) {
		bool three = upper && h->columns[i].mean;
		double low = number_at(st, col);

		ret->col[i] = three ? (struct history_value){ low, number_at(st, col + 1),
							      number_at(st, col + 2) }
				    : (struct history_value){ low, low, low };
		col += three ? 3 : 1;
	}
	if (h->n_flags)
		ret->flags = (unsigned)sqlite3_column_int(st, col++);
	for (unsigned i = 0; i < h->n_bits; i++, col++) {
		ret->has_bits[i] = sqlite3_column_type(st, col) != SQLITE_NULL;
		ret->bits[i] = (uint64_t)sqlite3_column_int64(st, col);
	}
	if (upper)
		for (unsigned i = 0; i < h->n_sums; i++)
			ret->sums[i] = number_at(st, col++);
	else
		history_sums(k, ret->col, ret->flags, ret->sums);
	for (unsigned i = 0; i < h->n_many; i++, col += upper ? 3 : 1)
		array_read(&ret->arrays[i], st, col, upper);
}

/* ---- writing ---- */

static unsigned bind_number(sqlite3_stmt *st, int at, double v)
{
	if (isnan(v))
		return 1;
	sqlite3_bind_int64(st, at, llround(v));
	return int_bytes(llround(v));
}

unsigned fold_bind(sqlite3_stmt *st, const struct fold_row *r, enum reading_kind k, const char *day)
{
	const struct history_kind *h = &history_kinds[k];
	unsigned bytes = 18; /* of the cell, device and t */
	int at = 1;

	sqlite3_bind_int64(st, at++, r->device);
	sqlite3_bind_int64(st, at++, r->t);
	bytes += bind_number(st, at++, (double)r->covered_s);
	bytes += bind_number(st, at++, (double)r->quality);
	for (unsigned i = 0; i < h->n_columns; i++) {
		if (h->columns[i].mean)
			bytes += bind_number(st, at++, r->col[i].low);
		bytes += bind_number(st, at++, r->col[i].mean);
		if (h->columns[i].mean)
			bytes += bind_number(st, at++, r->col[i].high);
	}
	if (h->n_flags)
		bytes += bind_number(st, at++, r->flags);
	for (unsigned i = 0; i < h->n_bits; i++, at++)
		if (r->has_bits[i]) {
			sqlite3_bind_int64(st, at, (int64_t)r->bits[i]);
			bytes += int_bytes((int64_t)r->bits[i]);
		}
	for (unsigned i = 0; i < h->n_sums; i++)
		bytes += bind_number(st, at++, r->sums[i]);
	if (day)
		sqlite3_bind_text(st, at, day, -1, SQLITE_TRANSIENT);
	return bytes + (day ? (unsigned)strlen(day) : 0);
}

enum part { PART_MEAN, PART_BELOW, PART_ABOVE };

/* Gives the bytes; nothing is bound when all is 0. */
static unsigned bind_array(sqlite3_stmt *st, int at, const struct fold_array *a, enum part p,
			   struct jw *w)
{
	bool any = false;

	jw_reset(w);
	jw_arr(w);
	for (unsigned i = 0; i < a->n; i++) {
		const struct history_value *v = &a->v[i];
		double x = p == PART_MEAN    ? v->mean
			   : p == PART_BELOW ? v->mean - v->low
					     : v->high - v->mean;

		any = any || (!isnan(x) && (p == PART_MEAN || x != 0));
		if (isnan(x))
			jw_null(w);
		else
			jw_int(w, llround(x));
	}
	jw_end(w);
	if (!any || !jw_text(w))
		return 1;
	sqlite3_bind_text(st, at, jw_text(w), (int)w->len, SQLITE_TRANSIENT);
	return (unsigned)w->len + 2;
}

bool fold_bind_arrays(sqlite3_stmt *st, const struct fold_row *r, enum reading_kind k,
		      unsigned *bytes)
{
	const struct history_kind *h = &history_kinds[k];
	struct jw w = { 0 };
	unsigned n = 0;
	int at = 1;

	for (unsigned i = 0; i < h->n_many; i++)
		n += r->arrays[i].n;
	if (!n)
		return false;
	sqlite3_bind_int64(st, at++, r->device);
	sqlite3_bind_int64(st, at++, r->t);
	*bytes = 18;
	for (unsigned i = 0; i < h->n_many; i++)
		for (int p = PART_MEAN; p <= PART_ABOVE; p++)
			*bytes += bind_array(st, at++, &r->arrays[i], (enum part)p, &w);
	jw_free(&w);
	return true;
}
