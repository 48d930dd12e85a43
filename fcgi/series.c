#include "series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void series_free(struct series_list *l)
{
	free(l->all);
	free(l->cells);
	l->all = NULL;
	l->cells = NULL;
}

static bool flag_find(struct series *ret, const struct history_kind *h, enum metric m)
{
	for (unsigned i = 0; i < h->n_flags; i++)
		if (h->flags[i].metric == m) {
			ret->type = SERIES_FLAG;
			ret->place = i;
			return true;
		}
	return false;
}

bool series_find(struct series *ret, const struct subject *s, enum metric m, unsigned index)
{
	const struct history_kind *h = &history_kinds[s->kind];
	const struct history_column *c = history_column(s->kind, m);
	const struct history_many *a = history_many(s->kind, m);

	*ret = (struct series){ .of = *s, .metric = m, .index = index, .scale = 1 };
	if (a) {
		ret->type = SERIES_MANY;
		ret->place = (unsigned)(a - h->many);
		ret->scale = a->scale;
		return true;
	}
	if (!c)
		return flag_find(ret, h, m);
	ret->type = c->mean ? SERIES_MEAN : SERIES_LAST;
	ret->place = (unsigned)(c - h->columns);
	ret->scale = c->scale;
	return true;
}

int series_room(struct series_list *l, unsigned n, struct err *e)
{
	struct series *more = reallocarray(l->all, l->n + n, sizeof(*more));

	if (!more)
		return err_set(e, -ENOMEM, "out of memory");
	l->all = more;
	return 0;
}

/* ---- a cell ---- */

bool series_has(const struct series_cell *c)
{
	return c->weight > 0;
}

/* Several flags may be of one metric, each of another value: the last that was set counts. */
static double flag_value(const struct series *s, unsigned bits)
{
	const struct history_kind *h = &history_kinds[s->of.kind];
	unsigned of = 0;
	double v = NAN;

	for (unsigned i = 0; i < h->n_flags; i++) {
		if (h->flags[i].metric != s->metric)
			continue;
		of++;
		if (bits & h->flags[i].bit)
			v = h->flags[i].value;
	}
	return isnan(v) && of == 1 ? 1 - h->flags[s->place].value : v;
}

double series_average(const struct series *s, const struct series_cell *c)
{
	if (!series_has(c))
		return NAN;
	if (s->type == SERIES_FLAG)
		return flag_value(s, (unsigned)c->total);
	return (s->type == SERIES_LAST ? c->total : c->total / c->weight) / s->scale;
}

double series_low(const struct series *s, const struct series_cell *c)
{
	return series_has(c) ? c->low / s->scale : NAN;
}

double series_high(const struct series *s, const struct series_cell *c)
{
	return series_has(c) ? c->high / s->scale : NAN;
}

/* As the tiers themselves are made: good rows displace suspect ones. */
static void cell_add(struct series_cell *c, enum series_type type, const struct history_value *v,
		     const struct row *row)
{
	if (isnan(v->mean) || row->covered_s <= 0 || (c->weight && row->quality > c->quality))
		return;
	if (row->quality < c->quality || !c->weight)
		*c = (struct series_cell){ .low = v->low, .high = v->high };
	c->quality = row->quality;
	c->weight += (uint32_t)row->covered_s;
	if (type == SERIES_LAST) {
		c->total = v->mean;
	} else if (type == SERIES_FLAG) {
		c->total = (unsigned)c->total | (unsigned)v->mean;
	} else {
		c->total += v->mean * row->covered_s;
		c->low = v->low < c->low ? v->low : c->low;
		c->high = v->high > c->high ? v->high : c->high;
	}
}

static void series_add(struct series *s, unsigned bucket, const struct row *row)
{
	struct history_value flags;

	switch (s->type) {
	case SERIES_MEAN:
	case SERIES_LAST:
		cell_add(&s->cells[bucket], s->type, &row->col[s->place], row);
		break;
	case SERIES_FLAG:
		flags = (struct history_value){ .mean = row->has_flags ? (double)row->flags
								       : (double)NAN };
		cell_add(&s->cells[bucket], s->type, &flags, row);
		break;
	case SERIES_MANY:
		if (s->index < row->n[s->place])
			cell_add(&s->cells[bucket], s->type, &row->many[s->place][s->index], row);
		break;
	}
}

/* ---- rows ---- */

static struct rows_want series_want(const struct series_list *l, enum reading_kind k)
{
	struct rows_want w = { 0 };

	for (unsigned i = 0; i < l->n; i++) {
		const struct series *s = &l->all[i];

		if (s->of.kind != k)
			continue;
		if (s->type == SERIES_MANY)
			w.many |= 1u << s->place;
		else if (s->type == SERIES_FLAG)
			w.flags = true;
		else
			w.columns |= 1u << s->place;
	}
	return w;
}

/* Where the series of a device begin and end; a kind's devices are apart from others. */
static void series_of(const struct series_list *l, enum reading_kind k, int64_t device,
		      unsigned *from, unsigned *to)
{
	for (*from = 0; *from < l->n; (*from)++)
		if (l->all[*from].of.kind == k && l->all[*from].of.id == device)
			break;
	for (*to = *from; *to < l->n; (*to)++)
		if (l->all[*to].of.kind != k || l->all[*to].of.id != device)
			break;
}

static int series_read(struct series_list *l, const struct range *g, struct rows *rows,
		       const struct range_span *span, int64_t device, struct err *e)
{
	const struct row *row;
	unsigned from = 0, to = 0;
	int64_t at = ROWS_ALL;
	int r = rows_run(rows, device, span->from, span->to, 0, e);

	while (r >= 0 && (r = rows_next(rows, &row, e)) > 0) {
		int bucket = range_bucket(g, row->t);

		if (row->device != at) {
			at = row->device;
			series_of(l, rows->kind, at, &from, &to);
		}
		for (unsigned i = from; bucket >= 0 && i < to; i++)
			series_add(&l->all[i], (unsigned)bucket, row);
	}
	return r;
}

static int series_kind(struct series_list *l, const struct range *g, struct req *q,
		       enum reading_kind k, struct err *e)
{
	struct range_span spans[RANGE_SPANS_MAX];
	unsigned n = range_spans(g, g->tier, g->starts[0], g->starts[g->n], spans);
	struct rows_want want = series_want(l, k);
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < n; i++) {
		ROWS_AUTO struct rows rows = { 0 };

		r = rows_open(&rows, q->store, k, spans[i].tier, &want, e);
		/* rows of 10 s stand together by time: one look for all */
		if (r == 0 && spans[i].tier == HISTORY_10S) {
			r = series_read(l, g, &rows, &spans[i], ROWS_ALL, e);
			continue;
		}
		for (unsigned d = 0; r >= 0 && d < l->n_subjects; d++)
			if (l->subjects[d].kind == k)
				r = series_read(l, g, &rows, &spans[i], l->subjects[d].id, e);
	}
	return r;
}

int series_fill(struct series_list *l, const struct range *g, struct req *q, struct err *e)
{
	bool has[READING_KIND__MAX] = { false };
	int r = 0;

	l->cells = calloc((size_t)l->n * g->n, sizeof(*l->cells));
	if (!l->cells)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < l->n; i++) {
		l->all[i].cells = l->cells + (size_t)i * g->n;
		has[l->all[i].of.kind] = true;
	}
	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++)
		if (has[k])
			r = series_kind(l, g, q, (enum reading_kind)k, e);
	return r < 0 ? r : 0;
}
