/* The rows of 10 s: readings averaged, rows written, and taken up again after a crash. */
#include "store_priv.h"

#include "svitlo/clock.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { COL_ID, COL_T, COL_N, COL_QUALITY, COL_FIRST };

static int col_flags(const struct history_kind *k)
{
	return COL_FIRST + (int)k->n_columns;
}
static int col_bits(const struct history_kind *k)
{
	return col_flags(k) + (k->n_flags > 0);
}
static int col_many(const struct history_kind *k)
{
	return col_bits(k) + (int)k->n_bits;
}
static int col_all(const struct history_kind *k)
{
	return col_many(k) + (int)k->n_many;
}

#define ROWS_SQL_MAX 4096

/*
 * @: the table, C: its columns in the order of above but the id, V: a ?N for each. ?1 is an id of
 * live.db but of ROW_TRIM. Whoever writes to history.db has seen to it that the day has its slot.
 */
#define ROW_DAY "s.day = ?1 / 4096 / 86400 * 86400"

static const char *const row_sql[ROW__MAX] = {
	[ROW_PUT] = "INSERT OR REPLACE INTO @ (id, C) VALUES (?1, V)",
	[ROW_TRIM] =
		"DELETE FROM @ WHERE id < (SELECT id FROM @ ORDER BY id DESC LIMIT 1 OFFSET ?1)",
	[ROW_FUTURE] = "DELETE FROM @ WHERE id >= ?1",
	[ROW_PUT_MAIN] = "INSERT OR REPLACE INTO main.@ (id, C) SELECT " HISTORY_RAW_ID(
		"?2") " + ?1 % 4096, V FROM main.slot AS s WHERE " ROW_DAY,
	/* the key makes this safe to do twice: a crash between the two loses and doubles nothing; a
	 * row that went on after it was saved (row_begin) holds all that the saved one held */
	[ROW_SAVE] = "INSERT OR REPLACE INTO main.@ (id, C) SELECT " HISTORY_RAW_ID(
		"r.t") " + r.device, C FROM live.@ AS r CROSS JOIN main.slot AS s"
		       " ON s.day = r.t / 86400 * 86400 WHERE r.id < ?1",
	[ROW_SAVED] = "DELETE FROM live.@ WHERE id < ?1",
	[ROW_GET] =
		"SELECT id, C FROM live.@ WHERE id = ?1 UNION ALL"
		" SELECT id, C FROM main.slot AS s CROSS JOIN main.@ AS r ON id = " HISTORY_RAW_ID(
			"?1 / 4096") " + ?1 % 4096 AND t = ?1 / 4096 WHERE " ROW_DAY " LIMIT 1",
	[ROW_OLDEST] = "SELECT min(id) / 4096 FROM live.@",
	[ROW_NEWEST] = "SELECT max(coalesce((SELECT t FROM " HISTORY_RAW("0", HISTORY_EVER)
		HISTORY_RAW_LAST "), 0), coalesce((SELECT max(id) / 4096 FROM live.@), 0))",
};

/* "t, n, …" */
static void rows_columns(enum reading_kind kind, char *ret, size_t room)
{
	const struct history_kind *k = &history_kinds[kind];
	size_t n = (size_t)snprintf(ret, room, "t, n, quality");

	for (unsigned i = 0; i < k->n_columns; i++)
		n += (size_t)snprintf(ret + n, room - n, ", %s", k->columns[i].name);
	if (k->n_flags)
		n += (size_t)snprintf(ret + n, room - n, ", flags");
	for (unsigned i = 0; i < k->n_bits; i++)
		n += (size_t)snprintf(ret + n, room - n, ", %s", k->bits[i].name);
	for (unsigned i = 0; i < k->n_many; i++)
		n += (size_t)snprintf(ret + n, room - n, ", %s", k->many[i].name);
	assert(n < room);
}

/* @ and the words C and V of a template replaced. */
static void rows_sql(enum reading_kind kind, const char *template, char ret[ROWS_SQL_MAX])
{
	char table[HISTORY_NAME_MAX], columns[1024], marks[256];
	size_t n = 0, m = 0;

	history_table(table, kind, HISTORY_10S);
	rows_columns(kind, columns, sizeof(columns));
	for (int i = COL_T; i < col_all(&history_kinds[kind]); i++)
		m += (size_t)snprintf(marks + m, sizeof(marks) - m, "%s?%d", i > COL_T ? ", " : "",
				      i + 1);
	for (const char *c = template; *c; c++) {
		bool word = (c == template || !isalpha((unsigned char)c[-1])) &&
			    !isalpha((unsigned char)c[1]) && c[1] != '(';
		const char *what = *c == '@'   ? table
				   : !word     ? NULL
				   : *c == 'C' ? columns
				   : *c == 'V' ? marks
					       : NULL;

		n += what ? (size_t)snprintf(ret + n, ROWS_SQL_MAX - n, "%s", what)
			  : (size_t)snprintf(ret + n, ROWS_SQL_MAX - n, "%c", *c);
		assert(n < ROWS_SQL_MAX);
	}
}

static int rows_newest(struct store *s, struct err *e)
{
	int r = 0;

	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++) {
		sqlite3_stmt *newest = s->row_st[k][ROW_NEWEST];

		r = db_step(newest, e);
		if (r > 0 && sqlite3_column_int64(newest, 0) > s->newest_t)
			s->newest_t = sqlite3_column_int64(newest, 0);
		db_reset(newest);
	}
	return r < 0 ? r : 0;
}

int store_rows_open(struct store *s, struct err *e)
{
	char text[ROWS_SQL_MAX];
	int r = 0;

	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int i = 0; r >= 0 && i < ROW__MAX; i++) {
			rows_sql((enum reading_kind)k, row_sql[i], text);
			r = db_prepare(i < ROW__LIVE ? s->live : s->history, &s->row_st[k][i], text,
				       e);
		}
	return r < 0 ? r : rows_newest(s, e);
}

void store_rows_close(struct store *s)
{
	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int i = 0; i < ROW__MAX; i++)
			sqlite3_finalize(s->row_st[k][i]);
	memset(s->row_st, 0, sizeof(s->row_st));
}

int store_rows_drop_from(struct store *s, int64_t t, struct err *e)
{
	int r = 0;

	for (struct store_device *d = s->devices; d; d = d->next)
		if (d->row.t >= t) {
			d->row = (struct row){ 0 };
			d->row_dirty = false;
		}
	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++) {
		db_bind(s->row_st[k][ROW_FUTURE], "i", history_id(t, 0));
		r = db_run(s->row_st[k][ROW_FUTURE], e);
	}
	s->newest_t = 0;
	return r < 0 ? r : rows_newest(s, e);
}

static void mean_add(struct mean *m, double v, bool average)
{
	if (isnan(v))
		return;
	if (!average)
		*m = (struct mean){ 0 };
	m->sum += v;
	m->n++;
}

static void many_add(struct row *w, const struct reading *r, enum metric m)
{
	unsigned n;
	const double *v = reading_get(r, m, &n);

	if (n > w->n_many[m])
		w->n_many[m] = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		mean_add(&w->many[reading_at(m) + i], v[i], true);
}

static void bits_add(struct row *w, const struct reading *r, const struct history_bits *b,
		     unsigned i)
{
	const struct reading_names *names = (const void *)((const char *)r + b->offset);

	w->bits[i] |= names->bits;
	w->has_bits[i] = w->has_bits[i] || names->known;
}

/* Some states have more than one value that means yes. */
static bool flag_is(const struct history_flag *f, double v)
{
	return f->value > 0 ? v >= f->value : v == 0;
}

static void row_add(struct row *w, const struct reading *r)
{
	const struct history_kind *k = &history_kinds[r->kind];

	/* a good frame displaces suspect ones, a suspect one never spoils an average of good ones
	 */
	if (w->n && r->quality > w->quality)
		return;
	if (r->quality < w->quality || !w->n)
		*w = (struct row){ .t = w->t, .quality = r->quality };
	w->n++;
	for (unsigned i = 0; i < k->n_columns; i++)
		mean_add(&w->col[i], r->one[k->columns[i].metric], k->columns[i].mean);
	w->flags = 0;
	for (unsigned i = 0; i < k->n_flags; i++)
		if (flag_is(&k->flags[i], r->one[k->flags[i].metric]))
			w->flags |= k->flags[i].bit;
	for (unsigned i = 0; i < k->n_bits; i++)
		bits_add(w, r, &k->bits[i], i);
	for (unsigned i = 0; i < k->n_many; i++)
		many_add(w, r, k->many[i].metric);
}

static void many_json(struct jw *j, const struct row *w, const struct history_many *c)
{
	const struct mean *m = &w->many[reading_at(c->metric)];

	jw_arr(j);
	for (unsigned i = 0; i < w->n_many[c->metric]; i++)
		if (m[i].n)
			jw_int(j, llround(m[i].sum / m[i].n * c->scale));
		else
			jw_null(j);
	jw_end(j);
}

int store_row_write(struct store *s, const struct store_device *d, enum row_stmt which,
		    struct err *e)
{
	const struct history_kind *k = &history_kinds[d->last.kind];
	sqlite3_stmt *st = s->row_st[d->last.kind][which];
	const struct row *w = &d->row;
	struct jw *j = &s->json;
	int r = which == ROW_PUT_MAIN ? keep_slot(s->keep, w->t, !s->quiet, e) : 0;

	if (r < 0)
		return r;
	sqlite3_bind_int64(st, COL_ID + 1, history_id(w->t, k->whole ? 0 : d->id));
	sqlite3_bind_int64(st, COL_T + 1, w->t);
	sqlite3_bind_int64(st, COL_N + 1, w->n);
	sqlite3_bind_int64(st, COL_QUALITY + 1, w->quality);
	for (int i = 0; i < (int)k->n_columns; i++)
		if (w->col[i].n)
			sqlite3_bind_int64(
				st, COL_FIRST + i + 1,
				llround(w->col[i].sum / w->col[i].n * k->columns[i].scale));
	if (k->n_flags)
		sqlite3_bind_int64(st, col_flags(k) + 1, w->flags);
	for (int i = 0; i < (int)k->n_bits; i++)
		if (w->has_bits[i])
			sqlite3_bind_int64(st, col_bits(k) + i + 1, (int64_t)w->bits[i]);
	for (int i = 0; i < (int)k->n_many; i++) {
		jw_reset(j);
		many_json(j, w, &k->many[i]);
		if (jw_text(j))
			sqlite3_bind_text(st, col_many(k) + i + 1, jw_text(j), -1,
					  SQLITE_TRANSIENT);
	}
	return db_run(st, e);
}

static void mean_read(sqlite3_stmt *st, int col, double scale, unsigned n, struct mean *m)
{
	if (sqlite3_column_type(st, col) != SQLITE_NULL)
		*m = (struct mean){ sqlite3_column_double(st, col) / scale * n, n };
}

static void many_read(struct row *w, const char *json, const struct history_many *c)
{
	json_auto_t *a = json_loads(json, 0, NULL);
	unsigned len = 0;

	for (; len < json_array_size(a) && len < metrics[c->metric].room; len++) {
		const json_t *v = json_array_get(a, len);

		if (json_is_number(v))
			w->many[reading_at(c->metric) + len] =
				(struct mean){ json_number_value(v) / c->scale * w->n, w->n };
	}
	w->n_many[c->metric] = (uint8_t)len;
}

static void row_read(struct row *w, sqlite3_stmt *st, const struct history_kind *k)
{
	w->n = (unsigned)sqlite3_column_int(st, COL_N);
	w->quality = (enum quality)sqlite3_column_int(st, COL_QUALITY);
	for (int i = 0; i < (int)k->n_columns; i++)
		mean_read(st, COL_FIRST + i, k->columns[i].scale, k->columns[i].mean ? w->n : 1,
			  &w->col[i]);
	if (k->n_flags)
		w->flags = (unsigned)sqlite3_column_int(st, col_flags(k));
	for (int i = 0; i < (int)k->n_bits; i++) {
		w->has_bits[i] = sqlite3_column_type(st, col_bits(k) + i) != SQLITE_NULL;
		w->bits[i] = (uint64_t)sqlite3_column_int64(st, col_bits(k) + i);
	}
	for (int i = 0; i < (int)k->n_many; i++)
		many_read(w, db_text(st, col_many(k) + i), &k->many[i]);
}

/* Goes on with the row that an earlier life began. */
static void row_begin(struct store *s, struct store_device *d, int64_t t)
{
	const struct history_kind *k = &history_kinds[d->last.kind];
	sqlite3_stmt *st = s->row_st[d->last.kind][ROW_GET];
	struct row *w = &d->row;

	*w = (struct row){ .t = t };
	db_bind(st, "i", history_id(t, k->whole ? 0 : d->id));
	if (db_step(st, NULL) <= 0) {
		if (t > s->newest_t)
			s->newest_t = t;
		return;
	}
	w->taken = t != s->newest_t;
	row_read(w, st, k);
	db_reset(st);
}

static void row_take(struct store *s, struct store_device *d, const struct reading *r)
{
	int64_t t = r->t_ms / 1000 / STORE_ROW_S * STORE_ROW_S;
	struct err e = { 0 };

	d->last = *r;
	if (d->id >= HISTORY_DEVICES_MAX || !clock_wall_sane(r->t_ms))
		return; /* nothing is stored under a date that is plainly wrong */
	if (d->row.t != t) {
		if (d->row_dirty && store_row_write(s, d, ROW_PUT, &e) < 0) {
			store_failed(&s->live_failed, "live.db", &e);
			if (store_row_write(s, d, ROW_PUT_MAIN, &e) < 0)
				log_err("a row of device %lld is lost: %s", (long long)d->id,
					err_text(&e));
		}
		d->row_dirty = false;
		row_begin(s, d, t);
	}
	if (d->row.taken)
		return;
	row_add(&d->row, r);
	d->row_dirty = true;
}

void store_reading(struct store *s, int64_t device, const struct reading *r)
{
	struct store_device *d = store_device(s, device);

	if (!d)
		return;
	d->has_last = d->dirty = true;
	row_take(s, d, r);
}

void store_whole(struct store *s, const struct reading *r)
{
	/* no device has this number */
	struct store_device *d = store_device(s, -(int64_t)r->kind);

	if (d && r->t_ms != d->last.t_ms)
		row_take(s, d, r);
}
