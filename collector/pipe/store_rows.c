/* The rows of 10 s: readings averaged, rows written, and taken up again after a crash. */
#include "store_priv.h"

#include "svitlo/clock.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>

/* A column that comes from one metric. */
struct column {
	enum metric metric;
	double scale;
	bool average; /* else the last value */
};

/* A bit of the column flags: of a state that is or is not, the last. */
struct flag {
	enum metric metric;
	unsigned bit;
};

static const struct column battery_columns[] = {
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
static const struct flag battery_flags[] = { { METRIC_CHARGE_FET, 1 },
					     { METRIC_DISCHARGE_FET, 2 },
					     { METRIC_PRECHARGE_FET, 4 },
					     { METRIC_HEATING, 8 },
					     { METRIC_BALANCING, 16 } };
static const size_t battery_bits[] = { offsetof(struct reading, errors) };
static const struct column battery_many[] = { { METRIC_TEMPERATURES, 10, true },
					      { METRIC_CELL_VOLTAGES, 1000, true } };

static const struct column inverter_columns[] = {
	{ METRIC_PV_POWER, 1, true },
	{ METRIC_GRID_POWER, 1, true },
	{ METRIC_LOAD_POWER, 1, true },
	{ METRIC_BATTERY_POWER, 1, true },
	{ METRIC_GEN_POWER, 1, true },
	{ METRIC_INVERTER_POWER, 1, true },
	{ METRIC_BACKUP_POWER, 1, true },
	{ METRIC_BATTERY_VOLTAGE, 1000, true },
	{ METRIC_BATTERY_CURRENT, 1000, true },
	{ METRIC_BATTERY_SOC, 1, false },
	{ METRIC_BATTERY_TEMPERATURE, 10, true },
	{ METRIC_GRID_FREQUENCY, 100, true },
	{ METRIC_DC_TEMPERATURE, 10, true },
	{ METRIC_AC_TEMPERATURE, 10, true },
	{ METRIC_RUN_STATE, 1, false },
};
static const struct flag inverter_flags[] = { { METRIC_GRID_RELAY, 1 }, { METRIC_GEN_RELAY, 2 } };
static const size_t inverter_bits[] = { offsetof(struct reading, faults),
					offsetof(struct reading, warnings) };
static const struct column inverter_many[] = {
	{ METRIC_PV_POWERS, 1, true },	 { METRIC_PV_VOLTAGES, 10, true },
	{ METRIC_GRID_POWERS, 1, true }, { METRIC_GRID_VOLTAGES, 10, true },
	{ METRIC_LOAD_POWERS, 1, true },
};

static const struct column plug_columns[] = {
	{ METRIC_POWER, 1000, true },	{ METRIC_VOLTAGE, 1000, true },
	{ METRIC_CURRENT, 1000, true }, { METRIC_ENERGY_TODAY_WH, 1, false },
	{ METRIC_RSSI, 1, true },
};
static const struct flag plug_flags[] = { { METRIC_ON, 1 },
					  { METRIC_OVERHEAT, 2 },
					  { METRIC_OVERLOAD, 4 } };

/* A table of rows: t, device, n, quality, then columns, flags, bits and many in this order. */
static const struct table {
	const struct column *columns;
	const struct flag *flags;
	const size_t *bits;	   /* of a struct reading_names: all that were set in the 10 s */
	const struct column *many; /* JSON arrays */
	int n_columns, n_flags, n_bits, n_many;
} tables[READING_KIND__MAX] = {
#define TABLE(k)                                                                                   \
	.columns = k##_columns, .n_columns = SV_LEN(k##_columns), .flags = k##_flags,              \
	.n_flags = SV_LEN(k##_flags), .bits = k##_bits, .n_bits = SV_LEN(k##_bits),                \
	.many = k##_many, .n_many = SV_LEN(k##_many)
	[READING_BATTERY] = { TABLE(battery) },
	[READING_INVERTER] = { TABLE(inverter) },
#undef TABLE
	/* neither bits nor many */
	[READING_PLUG] = { .columns = plug_columns,
			   .n_columns = SV_LEN(plug_columns),
			   .flags = plug_flags,
			   .n_flags = SV_LEN(plug_flags) },
};
_Static_assert(SV_LEN(battery_columns) <= STORE_COLUMNS, "struct row has room for all");
_Static_assert(SV_LEN(inverter_columns) <= STORE_COLUMNS, "struct row has room for all");
_Static_assert(SV_LEN(inverter_bits) <= STORE_BITS, "struct row has room for all");

enum { COL_T, COL_DEVICE, COL_N, COL_QUALITY, COL_FIRST };

static int col_flags(const struct table *t)
{
	return COL_FIRST + t->n_columns;
}
static int col_bits(const struct table *t)
{
	return col_flags(t) + 1;
}
static int col_many(const struct table *t)
{
	return col_bits(t) + t->n_bits;
}

/* T: the table, V: a ?N for each of its columns. */
#define ROW_SQL(T, V)                                                                                \
	{                                                                                            \
		[ROW_PUT] = "INSERT OR REPLACE INTO " T " VALUES (" V ")",                           \
		[ROW_TRIM] = "DELETE FROM " T " WHERE t < (SELECT t FROM " T                         \
			     " ORDER BY t DESC LIMIT 1 OFFSET ?1)",                                  \
		[ROW_FUTURE] = "DELETE FROM " T " WHERE t > ?1",                                     \
		[ROW_PUT_MAIN] =                                                                     \
			"INSERT OR REPLACE INTO main." T " VALUES (" V                               \
			")", /* the key makes this safe to do twice: a crash between the two loses \
			      * and doubles nothing; a row that went on after it was saved         \
			      * (row_begin) holds all that the saved one held */ \
			[ROW_SAVE] = "INSERT OR REPLACE INTO main." T " SELECT * FROM live." T       \
				     " WHERE t < ?1",                                                \
		[ROW_SAVED] = "DELETE FROM live." T " WHERE t < ?1",                                 \
		[ROW_GET] = "SELECT * FROM live." T " WHERE t = ?1 AND device = ?2 UNION ALL"        \
			    " SELECT * FROM main." T " WHERE t = ?1 AND device = ?2 LIMIT 1",        \
		[ROW_OLDEST] = "SELECT min(t) FROM live." T,                                         \
		[ROW_NEWEST] = "SELECT max(coalesce((SELECT max(t) FROM main." T "), 0),"            \
			       " coalesce((SELECT max(t) FROM live." T "), 0))",                     \
	}
#define V10 "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10"
#define V18 "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18"

static const char *const row_sql[READING_KIND__MAX][ROW__MAX] = {
	[READING_BATTERY] = ROW_SQL("battery_10s", V18),
	[READING_INVERTER] = ROW_SQL("inverter_10s", V18 ", ?19, ?20, ?21, ?22, ?23, ?24, ?25,"
							 " ?26, ?27"),
	[READING_PLUG] = ROW_SQL("plug_10s", V10),
};

int store_rows_open(struct store *s, struct err *e)
{
	int r = 0;

	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++) {
		sqlite3_stmt *newest;

		for (int i = 0; r >= 0 && i < ROW__MAX; i++)
			r = db_prepare(i < ROW__LIVE ? s->live : s->history, &s->row_st[k][i],
				       row_sql[k][i], e);
		newest = s->row_st[k][ROW_NEWEST];
		if (r >= 0)
			r = db_step(newest, e);
		if (r < 0)
			break;
		if (sqlite3_column_int64(newest, 0) > s->newest_t)
			s->newest_t = sqlite3_column_int64(newest, 0);
		db_reset(newest);
	}
	return r;
}

void store_rows_close(struct store *s)
{
	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int i = 0; i < ROW__MAX; i++)
			sqlite3_finalize(s->row_st[k][i]);
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

static void bits_add(struct row *w, const struct reading *r, const struct table *t, int i)
{
	const struct reading_names *names = (const void *)((const char *)r + t->bits[i]);

	w->bits[i] |= names->bits;
	w->has_bits[i] = w->has_bits[i] || names->known;
}

static void row_add(struct row *w, const struct reading *r)
{
	const struct table *t = &tables[r->kind];

	/* a good frame displaces suspect ones, a suspect one never spoils an average of good ones
	 */
	if (w->n && r->quality > w->quality)
		return;
	if (r->quality < w->quality || !w->n)
		*w = (struct row){ .t = w->t, .quality = r->quality };
	w->n++;
	for (int i = 0; i < t->n_columns; i++)
		mean_add(&w->col[i], r->one[t->columns[i].metric], t->columns[i].average);
	w->flags = 0;
	for (int i = 0; i < t->n_flags; i++)
		if (r->one[t->flags[i].metric] > 0)
			w->flags |= t->flags[i].bit;
	for (int i = 0; i < t->n_bits; i++)
		bits_add(w, r, t, i);
	for (int i = 0; i < t->n_many; i++)
		many_add(w, r, t->many[i].metric);
}

static void many_json(struct jw *j, const struct row *w, const struct column *c)
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
	const struct table *t = &tables[d->last.kind];
	sqlite3_stmt *st = s->row_st[d->last.kind][which];
	const struct row *w = &d->row;
	struct jw *j = &s->json;

	sqlite3_bind_int64(st, COL_T + 1, w->t);
	sqlite3_bind_int64(st, COL_DEVICE + 1, d->id);
	sqlite3_bind_int64(st, COL_N + 1, w->n);
	sqlite3_bind_int64(st, COL_QUALITY + 1, w->quality);
	for (int i = 0; i < t->n_columns; i++)
		if (w->col[i].n)
			sqlite3_bind_int64(
				st, COL_FIRST + i + 1,
				llround(w->col[i].sum / w->col[i].n * t->columns[i].scale));
	sqlite3_bind_int64(st, col_flags(t) + 1, w->flags);
	for (int i = 0; i < t->n_bits; i++)
		if (w->has_bits[i])
			sqlite3_bind_int64(st, col_bits(t) + i + 1, (int64_t)w->bits[i]);
	for (int i = 0; i < t->n_many; i++) {
		jw_reset(j);
		many_json(j, w, &t->many[i]);
		if (jw_text(j))
			sqlite3_bind_text(st, col_many(t) + i + 1, jw_text(j), -1,
					  SQLITE_TRANSIENT);
	}
	return db_run(st, e);
}

static void mean_read(sqlite3_stmt *st, int col, double scale, unsigned n, struct mean *m)
{
	if (sqlite3_column_type(st, col) != SQLITE_NULL)
		*m = (struct mean){ sqlite3_column_double(st, col) / scale * n, n };
}

static void many_read(struct row *w, const char *json, const struct column *c)
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

static void row_read(struct row *w, sqlite3_stmt *st, const struct table *t)
{
	w->n = (unsigned)sqlite3_column_int(st, COL_N);
	w->quality = (enum quality)sqlite3_column_int(st, COL_QUALITY);
	for (int i = 0; i < t->n_columns; i++)
		mean_read(st, COL_FIRST + i, t->columns[i].scale, t->columns[i].average ? w->n : 1,
			  &w->col[i]);
	w->flags = (unsigned)sqlite3_column_int(st, col_flags(t));
	for (int i = 0; i < t->n_bits; i++) {
		w->has_bits[i] = sqlite3_column_type(st, col_bits(t) + i) != SQLITE_NULL;
		w->bits[i] = (uint64_t)sqlite3_column_int64(st, col_bits(t) + i);
	}
	for (int i = 0; i < t->n_many; i++)
		many_read(w, db_text(st, col_many(t) + i), &t->many[i]);
}

/* Goes on with the row that an earlier life began. */
static void row_begin(struct store *s, struct store_device *d, int64_t t)
{
	sqlite3_stmt *st = s->row_st[d->last.kind][ROW_GET];
	struct row *w = &d->row;

	*w = (struct row){ .t = t };
	db_bind(st, "ii", t, d->id);
	if (db_step(st, NULL) <= 0) {
		if (t > s->newest_t)
			s->newest_t = t;
		return;
	}
	w->taken = t != s->newest_t;
	row_read(w, st, &tables[d->last.kind]);
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
