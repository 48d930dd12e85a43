/*
 * History as CSV, of whatever length: some rows a piece, and no read transaction between two. Of one
 * kind a line is a row of its table; of all, a value. By device, then time.
 */
#include "civil.h"
#include "csv.h"
#include "kinds.h"
#include "range.h"
#include "routes.h"
#include "rows.h"
#include "store.h"
#include "subjects.h"
#include "svitlo/limits.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_ROWS	   100				     /* read at once */
#define EXPORT_DEVICES_MAX (DEVICES_MAX + READING_KIND__MAX) /* and the wholes */
#define EXPORT_NAME_MAX	   272
#define EXPORT_TIME_MAX	   40
#define EXPORT_TEXT_MAX	   80

/* Columns of the events. */
enum { EVT_ID, EVT_T, EVT_DEVICE, EVT_KIND, EVT_DATA };
#define EVENT_SQL                                                                                  \
	"SELECT id, t_ms, device, kind, data FROM event WHERE (t_ms, id) > (?1, ?2) AND t_ms < "   \
	"?3 "                                                                                      \
	"ORDER BY t_ms, id LIMIT ?4"
#define EVENT_THERE_SQL                                                                            \
	"SELECT 1 FROM event WHERE t_ms = ?1 AND device IS ?2 AND kind = ?3 AND data IS ?4"

struct source {
	struct subject of;
	char name[EXPORT_NAME_MAX];
};

struct export
{
	struct reply_stream stream;
	struct store *store;
	struct csv csv;
	struct source sources[EXPORT_DEVICES_MAX];
	unsigned n, at; /* sources; the one whose turn it is */
	bool every;	/* device: whoever has events */
	bool events, wide, begun;
	bool ready;		/* the first piece is made */
	int more;		/* what next() said of it */
	enum reading_kind kind; /* of a wide one */
	enum history_tier tier;
	struct range range;
	struct range_span spans[RANGE_SPANS_MAX];
	unsigned n_spans, span;
	struct rows rows;
	bool open;
	int64_t next;	  /* s, of the rows to read now */
	int64_t t_ms, id; /* of the last event given */
};

/* ---- words ---- */

/* 2026-11-24T03:15:00+02:00 */
static void time_text(char ret[EXPORT_TIME_MAX], int64_t t_ms, bool with_ms)
{
	int64_t s = t_ms / 1000, offset = zone_offset_ms(t_ms) / 1000;
	int64_t local = s + offset, day = local / CIVIL_DAY_S;
	int in_day, minutes = (int)(offset < 0 ? -offset : offset) / 60;
	struct civil c;
	char ms[8] = "";

	day -= local % CIVIL_DAY_S < 0;
	in_day = (int)(local - day * CIVIL_DAY_S);
	c = civil_date(day);
	if (with_ms)
		snprintf(ms, sizeof(ms), ".%03u", (unsigned)(t_ms % 1000) % 1000);
	snprintf(ret, EXPORT_TIME_MAX, "%04lld-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d",
		 (long long)c.year % 10000, c.month, c.day, in_day / 3600 % 24, in_day / 60 % 60,
		 in_day % 60, ms, offset < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

static const char *unit_word(const char *unit)
{
	static const char *const words[][2] = { { "%", "percent" }, { "°C", "c" }, { "Ω", "ohm" } };

	for (size_t i = 0; i < SV_LEN(words); i++)
		if (strcmp(words[i][0], unit) == 0)
			return words[i][1];
	return unit;
}

/* power_w, soc_percent; remaining_ah says it already. part: "", "_min". */
static void column_name(char ret[EXPORT_TEXT_MAX], const char *key, unsigned number,
			const char *unit, const char *part)
{
	char end[16] = "", no[16] = "";
	size_t n = strlen(key), ne;

	if (*unit)
		snprintf(end, sizeof(end), "_%s", unit_word(unit));
	for (char *c = end; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	ne = strlen(end);
	if (n > ne && strcmp(key + n - ne, end) == 0)
		*end = 0;
	if (number)
		snprintf(no, sizeof(no), "_%u", number);
	snprintf(ret, EXPORT_TEXT_MAX, "%s%s%s%s", key, no, end, part);
}

/* ---- a kind's own table ---- */

static void head_metric(struct csv *c, enum metric m, unsigned number, bool three)
{
	static const char *const parts[] = { "_min", "_avg", "_max" };
	char name[EXPORT_TEXT_MAX];

	for (int i = 0; i < (three ? 3 : 1); i++) {
		column_name(name, metrics[m].key, number, metrics[m].unit, three ? parts[i] : "");
		csv_text(c, name);
	}
}

static void wide_head(struct export *x)
{
	const struct history_kind *h = &history_kinds[x->kind];
	bool upper = x->tier != HISTORY_10S;
	struct csv *c = &x->csv;

	csv_text(c, "time");
	csv_text(c, "device");
	csv_text(c, "covered_s");
	csv_text(c, "quality");
	for (unsigned i = 0; i < h->n_columns; i++)
		head_metric(c, h->columns[i].metric, 0, upper && h->columns[i].mean);
	for (unsigned i = 0; i < h->n_flags; i++)
		if (h->flags[i].value != 0)
			csv_text(c, metrics[h->flags[i].metric].key);
	for (unsigned i = 0; i < h->n_bits; i++)
		csv_text(c, h->bits[i].name);
	for (unsigned i = 0; i < h->n_sums; i++)
		csv_text(c, h->sums[i].key);
	for (unsigned i = 0; i < h->n_many; i++)
		for (unsigned j = 1; j <= metrics[h->many[i].metric].room; j++)
			head_metric(c, h->many[i].metric, j, upper);
	csv_end(c);
}

static void wide_value(struct csv *c, const struct history_value *v, double scale, int digits,
		       bool three)
{
	if (three)
		csv_num(c, v->low / scale, digits);
	csv_num(c, v->mean / scale, digits);
	if (three)
		csv_num(c, v->high / scale, digits);
}

/* The flag's metric is 1; where another flag says that it is 0, and neither is set, nobody knows. */
static double flag_value(const struct history_kind *h, unsigned i, const struct row *row)
{
	if (!row->has_flags)
		return NAN;
	for (unsigned j = 0; j < h->n_flags; j++)
		if (j != i && h->flags[j].metric == h->flags[i].metric)
			return row->flags & h->flags[j].bit   ? h->flags[j].value
			       : row->flags & h->flags[i].bit ? h->flags[i].value
							      : NAN;
	return (row->flags & h->flags[i].bit) != 0;
}

static void wide_row(struct export *x, const char *time, const char *name, const struct row *row)
{
	const struct history_kind *h = &history_kinds[x->kind];
	bool upper = x->tier != HISTORY_10S;
	struct csv *c = &x->csv;

	csv_text(c, time);
	csv_text(c, name);
	csv_int(c, row->covered_s);
	csv_text(c, quality_name((enum quality)row->quality));
	for (unsigned i = 0; i < h->n_columns; i++)
		wide_value(c, &row->col[i], h->columns[i].scale,
			   metrics[h->columns[i].metric].digits, upper && h->columns[i].mean);
	for (unsigned i = 0; i < h->n_flags; i++)
		if (h->flags[i].value != 0)
			csv_num(c, flag_value(h, i, row), 0);
	for (unsigned i = 0; i < h->n_bits; i++)
		csv_num(c, row->has_bits[i] ? (double)row->bits[i] : (double)NAN, 0);
	for (unsigned i = 0; i < h->n_sums; i++)
		csv_num(c, row->sums[i] / h->sums[i].scale, 3);
	for (unsigned i = 0; i < h->n_many; i++) {
		enum metric m = h->many[i].metric;

		for (unsigned j = 0; j < metrics[m].room; j++)
			if (j < row->n[i])
				wide_value(c, &row->many[i][j], h->many[i].scale, metrics[m].digits,
					   upper);
			else
				csv_empty(c, upper ? 3 : 1);
	}
	csv_end(c);
}

/* ---- all kinds: a value a line ---- */

static void long_head(struct csv *c)
{
	static const char *const names[] = {
		"time", "device", "metric", "unit", "min", "avg", "max"
	};

	for (size_t i = 0; i < SV_LEN(names); i++)
		csv_text(c, names[i]);
	csv_end(c);
}

struct line {
	struct csv *c;
	const char *time, *name;
};

static void long_line(const struct line *l, const char *key, const char *unit,
		      const struct history_value *v, double scale, int digits, bool three)
{
	if (isnan(v->mean))
		return;
	csv_text(l->c, l->time);
	csv_text(l->c, l->name);
	csv_text(l->c, key);
	csv_text(l->c, unit);
	csv_num(l->c, three ? v->low / scale : (double)NAN, digits);
	csv_num(l->c, v->mean / scale, digits);
	csv_num(l->c, three ? v->high / scale : (double)NAN, digits);
	csv_end(l->c);
}

static void long_one(const struct line *l, const char *key, const char *unit, double v, int digits)
{
	long_line(l, key, unit, &(struct history_value){ .mean = v }, 1, digits, false);
}

static void long_row(struct export *x, const struct source *s, const char *time,
		     const struct row *row)
{
	const struct history_kind *h = &history_kinds[s->of.kind];
	const struct line l = { &x->csv, time, s->name };
	char key[EXPORT_TEXT_MAX];

	for (unsigned i = 0; i < h->n_columns; i++) {
		const struct metric_info *m = &metrics[h->columns[i].metric];

		long_line(&l, m->key, m->unit, &row->col[i], h->columns[i].scale, m->digits,
			  h->columns[i].mean);
	}
	for (unsigned i = 0; i < h->n_flags; i++)
		if (h->flags[i].value != 0)
			long_one(&l, metrics[h->flags[i].metric].key, "", flag_value(h, i, row), 0);
	for (unsigned i = 0; i < h->n_bits; i++)
		if (row->has_bits[i])
			long_one(&l, h->bits[i].name, "", (double)row->bits[i], 0);
	for (unsigned i = 0; i < h->n_sums; i++)
		long_one(&l, h->sums[i].key, h->sums[i].scale > 1 ? "Wh" : "s",
			 row->sums[i] / h->sums[i].scale, 3);
	for (unsigned i = 0; i < h->n_many; i++)
		for (unsigned j = 0; j < row->n[i]; j++) {
			const struct metric_info *m = &metrics[h->many[i].metric];

			snprintf(key, sizeof(key), "%s.%u", m->key, j + 1);
			long_line(&l, key, m->unit, &row->many[i][j], h->many[i].scale, m->digits,
				  true);
		}
}

/* ---- pieces of rows ---- */

static void export_head(struct export *x)
{
	static const char *const names[] = { "time", "device", "kind", "data" };

	x->begun = true;
	if (!x->events && x->wide) {
		wide_head(x);
		return;
	}
	if (!x->events) {
		long_head(&x->csv);
		return;
	}
	for (size_t i = 0; i < SV_LEN(names); i++)
		csv_text(&x->csv, names[i]);
	csv_end(&x->csv);
}

static int export_open(struct export *x, struct err *e)
{
	const struct history_kind *h = &history_kinds[x->sources[x->at].of.kind];
	const struct rows_want want = { .columns = ~0u,
					.many = h->n_many ? ~0u : 0,
					.flags = h->n_flags > 0,
					.bits = h->n_bits > 0,
					.sums = true };
	int r = rows_open(&x->rows, x->store, x->sources[x->at].of.kind, x->spans[x->span].tier,
			  &want, e);

	x->open = r == 0;
	x->next = x->spans[x->span].from;
	return r;
}

/* The next rows of the source; when it has no more, on to the next. */
static int export_rows(struct export *x, struct err *e)
{
	const struct source *s = &x->sources[x->at];
	const struct row *row;
	int r = x->open ? 0 : export_open(x, e);
	bool more;

	if (r == 0)
		r = rows_run(&x->rows, s->of.id, x->next, x->spans[x->span].to, EXPORT_ROWS, e);
	while (r >= 0 && (r = rows_next(&x->rows, &row, e)) > 0) {
		char time[EXPORT_TIME_MAX];

		time_text(time, row->t * 1000, false);
		if (x->wide)
			wide_row(x, time, s->name, row);
		else
			long_row(x, s, time, row);
		x->next = row->t + 1;
	}
	if (r < 0)
		return r;
	more = rows_cut(&x->rows);
	rows_stop(&x->rows);
	if (more)
		return 0;
	rows_close(&x->rows);
	x->open = false;
	if (++x->span == x->n_spans) {
		x->span = 0;
		x->at++;
	}
	return 0;
}

/* ---- pieces of events ---- */

static const char *source_name(const struct export *x, int64_t device)
{
	for (unsigned i = 0; i < x->n; i++)
		if (x->sources[i].of.id == device)
			return x->sources[i].name;
	return NULL;
}

static void event_line(struct export *x, sqlite3_stmt *st)
{
	int64_t device = sqlite3_column_int64(st, EVT_DEVICE);
	const char *name = device ? source_name(x, device) : "svitlo";
	char time[EXPORT_TIME_MAX], number[24];

	if (!x->every && (!device || !name))
		return;
	snprintf(number, sizeof(number), "%lld", (long long)device);
	time_text(time, sqlite3_column_int64(st, EVT_T), true);
	csv_text(&x->csv, time);
	csv_text(&x->csv, name ? name : number);
	csv_text(&x->csv, db_text(st, EVT_KIND));
	csv_text(&x->csv, db_text(st, EVT_DATA));
	csv_end(&x->csv);
}

/* What history.db has already. */
static int event_there(sqlite3_stmt *there, sqlite3_stmt *st, struct err *e)
{
	int r;

	for (int i = 0; i < 4; i++)
		sqlite3_bind_value(there, i + 1, sqlite3_column_value(st, EVT_T + i));
	r = db_step(there, e);
	db_reset(there);
	return r;
}

/* live.db is looked at first: what moves over in between is seen twice, not never. */
static int export_events(struct export *x, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *old = NULL, *new = NULL, *there = NULL;
	int64_t end = x->range.to_ms, n = 0;
	int r = store_prepare(x->store, DB_LIVE, EVENT_SQL, &new, e), at_new = 0;

	if (r == 0) {
		db_bind(new, "iiii", x->range.from_ms - 1, INT64_MAX, end, (int64_t)-1);
		r = at_new = db_step(new, e);
	}
	if (r >= 0 || r == -ENOENT)
		r = store_prepare(x->store, DB_HISTORY, EVENT_SQL, &old, e);
	if (r == 0)
		r = store_prepare(x->store, DB_HISTORY, EVENT_THERE_SQL, &there, e);
	if (old)
		db_bind(old, "iiii", x->t_ms, x->id, end, (int64_t)EXPORT_ROWS);
	while (r >= 0 && old && (r = db_step(old, e)) > 0) {
		x->t_ms = sqlite3_column_int64(old, EVT_T);
		x->id = sqlite3_column_int64(old, EVT_ID);
		event_line(x, old);
		n++;
	}
	if ((r < 0 && r != -ENOENT) || n == EXPORT_ROWS)
		return r;
	for (r = at_new; r > 0; r = db_step(new, e)) {
		int seen = there ? event_there(there, new, e) : 0;

		if (seen < 0)
			return seen;
		if (!seen)
			event_line(x, new);
	}
	x->at = x->n + 1; /* the end */
	return r;
}

/* ---- the stream ---- */

static int export_piece(struct export *x, struct err *e)
{
	bool events = x->events;
	int r = 0;

	x->csv.n = 0;
	if (!x->begun)
		export_head(x);
	if (events && x->at <= x->n)
		r = export_events(x, e);
	else if (!events && x->at < x->n)
		r = export_rows(x, e);
	if (r >= 0 && x->csv.bad)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r < 0)
		return r;
	return events ? x->at <= x->n : x->at < x->n;
}

static int export_next(struct reply_stream *s, const char **ret, size_t *ret_n, struct err *e)
{
	struct export *x = (struct export *)s;
	int r = x->ready ? x->more : export_piece(x, e);

	x->ready = false;
	*ret = x->csv.buf;
	*ret_n = x->csv.n;
	return r;
}

static void export_free(struct reply_stream *s)
{
	struct export *x = (struct export *)s;

	rows_close(&x->rows);
	csv_free(&x->csv);
	free(x);
}

/* ---- what is asked for ---- */

static void source_add(struct export *x, const struct subject *of, const char *name)
{
	if (x->n == EXPORT_DEVICES_MAX)
		return;
	x->sources[x->n].of = *of;
	snprintf(x->sources[x->n++].name, EXPORT_NAME_MAX, "%s", name);
}

static bool wanted(const struct export *x, const struct subject *of, const struct subject *list,
		   unsigned n)
{
	if (x->wide && !x->events && of->kind != x->kind)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (list[i].id == of->id && list[i].kind == of->kind)
			return true;
	return x->every;
}

static int sources_read(struct export *x, struct req *q, const struct subject *list, unsigned n,
			struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_DEVICES, &st, e);

	for (int k = 0; r >= 0 && k < READING_KIND__MAX && !x->events; k++) {
		const struct subject of = { 0, (enum reading_kind)k };

		if (history_kinds[k].whole && wanted(x, &of, list, n))
			source_add(x, &of, history_kinds[k].name);
	}
	while (r >= 0 && (r = db_step(st, e)) > 0) {
		const struct kind *k = kind_find(db_text(st, STORE_DEVICE_KIND));
		struct subject of = { .id = sqlite3_column_int64(st, STORE_DEVICE_ID) };

		if (!k)
			continue;
		of.kind = kind_reading(k);
		if (wanted(x, &of, list, n))
			source_add(x, &of, db_text(st, STORE_DEVICE_NAME));
	}
	return r;
}

static void export_kind(struct export *x, const char *word)
{
	x->events = strcmp(word, "event") == 0;
	for (int k = 0; k < READING_KIND__MAX; k++)
		if (strcmp(word, history_kinds[k].name) == 0) {
			x->kind = (enum reading_kind)k;
			x->wide = true;
		}
}

/* 1: all is ready; 0: answered. */
static int export_begin(struct export *x, struct req *q, struct reply *r, struct err *e)
{
	struct subject list[EXPORT_DEVICES_MAX];
	unsigned n = 0;
	int rc = range_read(&x->range, q, e);

	if (rc == 0)
		rc = civil_zone(q, e);
	if (rc < 0)
		return rc;
	x->every = !req_value(q, "device")->set;
	if (!x->every) {
		rc = subjects_read(q, r, req_str(q, "device"), list, EXPORT_DEVICES_MAX, &n, e);
		if (rc <= 0)
			return rc;
	}
	export_kind(x, req_str(q, "kind"));
	x->tier = HISTORY_1MIN;
	range_tier(q, &x->tier);
	rc = sources_read(x, q, list, n, e);
	if (rc >= 0)
		rc = range_until(&x->range, q, e);
	if (rc < 0)
		return rc;
	x->n_spans = range_spans(&x->range, x->tier, (x->range.from_ms + 999) / 1000,
				 (x->range.to_ms + 999) / 1000, x->spans);
	x->t_ms = x->range.from_ms - 1;
	x->id = INT64_MAX;
	return 1;
}

static void export_name(const struct export *x, const char *kind, char *ret, size_t room)
{
	char from[ZONE_DAY_MAX], to[ZONE_DAY_MAX];

	civil_text(from, civil_day_of(x->range.from_ms / 1000));
	civil_text(to, civil_day_of((x->range.to_ms - 1) / 1000));
	snprintf(ret, room, "svitlo-%s-%s-%s.csv", *kind ? kind : "all", from, to);
}

int api_export_get(struct req *q, struct reply *r, struct err *e)
{
	struct export *x = calloc(1, sizeof(*x));
	int rc;

	if (!x)
		return err_set(e, -ENOMEM, "out of memory");
	x->stream = (struct reply_stream){ export_next, export_free };
	x->store = q->store;
	rc = export_begin(x, q, r, e);
	/* what goes wrong at once is an answer still, not one that breaks off */
	if (rc > 0) {
		x->more = export_piece(x, e);
		x->ready = true;
		rc = x->more < 0 ? x->more : 1;
	}
	if (rc <= 0) {
		export_free(&x->stream);
		return rc;
	}
	r->stream = &x->stream;
	r->type = "text/csv; charset=utf-8";
	export_name(x, req_str(q, "kind"), r->save_as, sizeof(r->save_as));
	return 0;
}
