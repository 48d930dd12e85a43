/* The rows of 10 s: readings averaged, rows written, and taken up again after a crash. */
#include "store_priv.h"

#include "svitlo/clock.h"

#include <jansson.h>
#include <math.h>

/* A column of battery_10s that comes from one metric. */
static const struct column {
	enum metric metric;
	double scale;
	bool average; /* else the last value */
} columns[] = {
	/* the order of the table */
	{ METRIC_VOLTAGE, 1000, true },
	{ METRIC_CURRENT, 1000, true },
	{ METRIC_POWER, 1000, true },
	{ METRIC_SOC, 1, false },
	{ METRIC_SOH, 1, false },
	{ METRIC_REMAINING_AH, 1000, false },
	{ METRIC_NOMINAL_AH, 1000, false },
	{ METRIC_CYCLE_COUNT, 1, false },
	{ METRIC_BALANCE_CURRENT, 1000, true },
	{ METRIC_MOS_TEMPERATURE, 10, true },
};
_Static_assert(SV_LEN(columns) == STORE_COLUMNS, "struct row has room for all");
enum { COL_T, COL_DEVICE, COL_N, COL_QUALITY, COL_FIRST };
enum { COL_FLAGS = COL_FIRST + SV_LEN(columns), COL_ERRORS, COL_TEMPERATURES, COL_CELLS, COL__N };

static const struct {
	enum metric metric;
	unsigned flag;
} flags[] = { { METRIC_CHARGE_FET, 1 },
	      { METRIC_DISCHARGE_FET, 2 },
	      { METRIC_PRECHARGE_FET, 4 },
	      { METRIC_HEATING, 8 },
	      { METRIC_BALANCING, 16 } };

static void mean_add(struct mean *m, double v, bool average)
{
	if (isnan(v))
		return;
	if (!average)
		*m = (struct mean){ 0 };
	m->sum += v;
	m->n++;
}

static void many_add(struct mean *m, unsigned *n, const struct reading_many *many)
{
	if (many->n > *n)
		*n = many->n;
	for (unsigned i = 0; i < many->n; i++)
		mean_add(&m[i], many->v[i], true);
}

static void row_add(struct row *w, const struct reading *r)
{
	/* a good frame displaces suspect ones, a suspect one never spoils an average of good ones
	 */
	if (w->n && r->quality > w->quality)
		return;
	if (r->quality < w->quality || !w->n)
		*w = (struct row){ .t = w->t, .quality = r->quality };
	w->n++;
	for (size_t i = 0; i < SV_LEN(columns); i++)
		mean_add(&w->col[i], r->one[columns[i].metric], columns[i].average);
	many_add(w->temperatures, &w->n_temperatures, &r->temperatures);
	many_add(w->cells, &w->n_cells, &r->cell_voltages);
	w->flags = 0;
	for (size_t i = 0; i < SV_LEN(flags); i++)
		if (r->one[flags[i].metric] > 0)
			w->flags |= flags[i].flag;
	if (!isnan(r->one[METRIC_ERROR_BITS])) {
		w->errors |= (uint32_t)r->one[METRIC_ERROR_BITS];
		w->has_errors = true;
	}
}

static void mean_json(struct jw *w, const struct mean *m, unsigned n, double scale)
{
	jw_arr(w);
	for (unsigned i = 0; i < n; i++)
		if (m[i].n)
			jw_int(w, llround(m[i].sum / m[i].n * scale));
		else
			jw_null(w);
	jw_end(w);
}

int store_row_write(struct store *s, const struct store_device *d, enum stmt which, struct err *e)
{
	sqlite3_stmt *st = s->st[which];
	const struct row *w = &d->row;
	struct jw *j = &s->json;

	sqlite3_bind_int64(st, COL_T + 1, w->t);
	sqlite3_bind_int64(st, COL_DEVICE + 1, d->id);
	sqlite3_bind_int64(st, COL_N + 1, w->n);
	sqlite3_bind_int64(st, COL_QUALITY + 1, w->quality);
	for (size_t i = 0; i < SV_LEN(columns); i++)
		if (w->col[i].n)
			sqlite3_bind_int64(st, COL_FIRST + (int)i + 1,
					   llround(w->col[i].sum / w->col[i].n * columns[i].scale));
	sqlite3_bind_int64(st, COL_FLAGS + 1, w->flags);
	if (w->has_errors)
		sqlite3_bind_int64(st, COL_ERRORS + 1, w->errors);
	jw_reset(j);
	mean_json(j, w->temperatures, w->n_temperatures, 10);
	if (jw_text(j))
		sqlite3_bind_text(st, COL_TEMPERATURES + 1, jw_text(j), -1, SQLITE_TRANSIENT);
	jw_reset(j);
	mean_json(j, w->cells, w->n_cells, 1000);
	if (jw_text(j))
		sqlite3_bind_text(st, COL_CELLS + 1, jw_text(j), -1, SQLITE_TRANSIENT);
	return db_run(st, e);
}

static void mean_read(sqlite3_stmt *st, int col, double scale, unsigned n, struct mean *m)
{
	if (sqlite3_column_type(st, col) != SQLITE_NULL)
		*m = (struct mean){ sqlite3_column_double(st, col) / scale * n, n };
}

static unsigned many_read(const char *json, double scale, unsigned n, struct mean *m)
{
	json_auto_t *a = json_loads(json, 0, NULL);
	unsigned len = 0;

	for (; len < json_array_size(a) && len < READING_MANY_MAX; len++) {
		const json_t *v = json_array_get(a, len);

		if (json_is_number(v))
			m[len] = (struct mean){ json_number_value(v) / scale * n, n };
	}
	return len;
}

/* Goes on with the row that an earlier life began. */
static void row_begin(struct store *s, struct store_device *d, int64_t t)
{
	sqlite3_stmt *st = s->st[ST_ROW_GET];
	struct row *w = &d->row;

	*w = (struct row){ .t = t };
	db_bind(st, "ii", t, d->id);
	if (db_step(st, NULL) <= 0) {
		if (t > s->newest_t)
			s->newest_t = t;
		return;
	}
	w->taken = t != s->newest_t;
	w->n = (unsigned)sqlite3_column_int(st, COL_N);
	w->quality = (enum quality)sqlite3_column_int(st, COL_QUALITY);
	for (size_t i = 0; i < SV_LEN(columns); i++)
		mean_read(st, COL_FIRST + (int)i, columns[i].scale, columns[i].average ? w->n : 1,
			  &w->col[i]);
	w->flags = (unsigned)sqlite3_column_int(st, COL_FLAGS);
	w->has_errors = sqlite3_column_type(st, COL_ERRORS) != SQLITE_NULL;
	w->errors = (uint32_t)sqlite3_column_int64(st, COL_ERRORS);
	w->n_temperatures = many_read(db_text(st, COL_TEMPERATURES), 10, w->n, w->temperatures);
	w->n_cells = many_read(db_text(st, COL_CELLS), 1000, w->n, w->cells);
	db_reset(st);
}

void store_reading(struct store *s, int64_t device, const struct reading *r)
{
	struct store_device *d = store_device(s, device);
	int64_t t = r->t_ms / 1000 / STORE_ROW_S * STORE_ROW_S;
	struct err e = { 0 };

	if (!d)
		return;
	d->last = *r;
	d->has_last = d->dirty = true;
	if (!clock_wall_sane(r->t_ms))
		return; /* nothing is stored under a date that is plainly wrong */
	if (d->row.t != t) {
		if (d->row_dirty && store_row_write(s, d, ST_ROW, &e) < 0) {
			store_failed(&s->live_failed, "live.db", &e);
			if (store_row_write(s, d, ST_ROW_MAIN, &e) < 0)
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
