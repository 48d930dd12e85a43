/* Curves: metrics over time, of devices, bank and house. */
#include "civil.h"
#include "routes.h"
#include "series.h"
#include "subjects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_POINTS 800
#define CELLS_POINTS  200
#define NAMES_MAX     1400

enum part { PART_AVG, PART_MIN, PART_MAX, PART_LAST };
static const char *const part_names[] = { "avg", "min", "max", "last" };

/* ---- what is asked for ---- */

/* "cell_voltages.16"; false: no such metric, or a number where none belongs, or none where one does. */
static bool metric_read(const char *word, enum metric *ret, unsigned *ret_index)
{
	size_t n = strcspn(word, ".");
	unsigned long number = 0;
	char *end;

	for (int m = 0; m < METRIC__MAX; m++) {
		bool many = metrics[m].room > 1;

		if (strlen(metrics[m].key) != n || memcmp(metrics[m].key, word, n) != 0)
			continue;
		if (many != (word[n] == '.'))
			return false;
		if (many && (word[n + 1] < '1' || word[n + 1] > '9'))
			return false;
		if (many) {
			number = strtoul(word + n + 1, &end, 10);
			if (*end || number > metrics[m].room)
				return false;
		}
		*ret = (enum metric)m;
		*ret_index = many ? (unsigned)number - 1 : 0;
		return true;
	}
	return false;
}

struct names {
	char text[NAMES_MAX];
	size_t n;
	bool said[METRIC__MAX];
};

static void names_add(struct names *l, enum metric m)
{
	if (l->said[m] || l->n >= sizeof(l->text))
		return;
	l->said[m] = true;
	l->n += (size_t)snprintf(l->text + l->n, sizeof(l->text) - l->n, "%s%s%s", l->n ? ", " : "",
				 metrics[m].key, metrics[m].room > 1 ? ".1" : "");
}

/* 400 that says what there is of these devices. */
static void no_metric(struct reply *r, const struct series_list *l, const char *word)
{
	struct names names = { .n = 0 };

	for (unsigned i = 0; i < l->n_subjects; i++) {
		const struct history_kind *h = &history_kinds[l->subjects[i].kind];

		for (unsigned c = 0; c < h->n_columns; c++)
			names_add(&names, h->columns[c].metric);
		for (unsigned c = 0; c < h->n_many; c++)
			names_add(&names, h->many[c].metric);
		for (unsigned c = 0; c < h->n_flags; c++)
			names_add(&names, h->flags[c].metric);
	}
	reply_problem(r, 400, "bad_parameter", "metric: there is no \"%.60s\" of it, but %s", word,
		      names.text);
}

/* Is it stored of any kind? */
static bool metric_stored(enum metric m)
{
	struct series s;

	for (int k = 0; k < READING_KIND__MAX; k++)
		if (series_find(&s, &(struct subject){ .kind = (enum reading_kind)k }, m, 0))
			return true;
	return false;
}

struct metric_one {
	enum metric m;
	unsigned index;
};

/* 1: *ret_n of them; 0: answered. */
static int metrics_read(const struct req *q, struct reply *r, const struct series_list *l,
			struct metric_one ret[SERIES_METRICS_MAX], unsigned *ret_n)
{
	char text[HTTP_QUERY_MAX], *rest = text, *word;

	*ret_n = 0;
	snprintf(text, sizeof(text), "%s", req_str(q, "metric"));
	while ((word = strsep(&rest, ","))) {
		struct metric_one one = { 0 };
		bool again = false;

		if (!metric_read(word, &one.m, &one.index) || !metric_stored(one.m)) {
			no_metric(r, l, word);
			return 0;
		}
		for (unsigned i = 0; i < *ret_n; i++)
			again = again || (ret[i].m == one.m && ret[i].index == one.index);
		if (again)
			continue;
		if (*ret_n == SERIES_METRICS_MAX) {
			reply_problem(r, 400, "bad_parameter", "metric must name at most %d",
				      SERIES_METRICS_MAX);
			return 0;
		}
		ret[(*ret_n)++] = one;
	}
	return 1;
}

/* All pairs that are stored, by device. 1: there are some; 0: answered. */
static int series_choose(struct series_list *l, const struct req *q, struct reply *r, struct err *e)
{
	struct metric_one asked[SERIES_METRICS_MAX];
	unsigned n;
	int rc = metrics_read(q, r, l, asked, &n);

	if (rc <= 0)
		return rc;
	rc = series_room(l, l->n_subjects * n, e);
	if (rc < 0)
		return rc;
	for (unsigned d = 0; d < l->n_subjects; d++)
		for (unsigned i = 0; i < n; i++)
			l->n += series_find(&l->all[l->n], &l->subjects[d], asked[i].m,
					    asked[i].index);
	if (!l->n)
		no_metric(r, l, req_str(q, "metric"));
	return l->n > 0;
}

/* 1: within bounds; 0: answered. */
static int series_bounded(const struct series_list *l, const struct range *g, struct reply *r)
{
	if ((uint64_t)l->n * g->n <= SERIES_CELLS_MAX)
		return 1;
	reply_problem(r, 400, "bad_parameter", "points must be at most %u for %u curves",
		      SERIES_CELLS_MAX / l->n, l->n);
	return 0;
}

/* ---- the answer ---- */

static bool averaged(const struct series *s)
{
	return s->type == SERIES_MEAN || s->type == SERIES_MANY;
}

static void column_write(struct jw *w, const struct series *s, enum part p)
{
	const struct metric_info *m = &metrics[s->metric];
	char key[64];

	snprintf(key, sizeof(key), "%s.%u", m->key, s->index + 1);
	jw_obj(w);
	jw_key(w, "device");
	subject_write(w, &s->of);
	jw_kstr(w, "metric", s->type == SERIES_MANY ? key : m->key);
	jw_kstr(w, "unit", m->unit);
	jw_kint(w, "digits", m->digits);
	jw_kstr(w, "part", part_names[p]);
	jw_end(w);
}

static void data_write(struct jw *w, const struct series *s, const struct range *g, enum part p)
{
	jw_arr(w);
	for (unsigned i = 0; i < g->n; i++) {
		const struct series_cell *c = &s->cells[i];

		jw_num(w,
		       p == PART_MIN   ? series_low(s, c)
		       : p == PART_MAX ? series_high(s, c)
				       : series_average(s, c),
		       metrics[s->metric].digits);
	}
	jw_end(w);
}

static void times_write(struct jw *w, const struct range *g)
{
	jw_arr(w);
	for (unsigned i = 0; i < g->n; i++)
		jw_int(w, g->starts[i]);
	jw_end(w);
}

static void range_write(struct jw *w, const struct range *g)
{
	jw_kint(w, "from_ms", g->from_ms);
	jw_kint(w, "to_ms", g->to_ms);
	jw_kstr(w, "tier", history_tiers[g->tier].name);
	jw_kint(w, "step_s", range_step_s(g));
}

static void series_write(struct jw *w, const struct series_list *l, const struct range *g,
			 int64_t oldest)
{
	jw_obj(w);
	range_write(w, g);
	jw_kstr(w, "zone", zone_name());
	jw_kbool(w, "reduced", g->merged > 1);
	jw_key(w, "columns");
	jw_arr(w);
	for (unsigned i = 0; i < l->n; i++)
		for (int p = averaged(&l->all[i]) ? PART_AVG : PART_LAST;
		     p <= (averaged(&l->all[i]) ? PART_MAX : PART_LAST); p++)
			column_write(w, &l->all[i], (enum part)p);
	jw_end(w);
	jw_key(w, "data");
	jw_arr(w);
	times_write(w, g);
	for (unsigned i = 0; i < l->n; i++)
		for (int p = averaged(&l->all[i]) ? PART_AVG : PART_LAST;
		     p <= (averaged(&l->all[i]) ? PART_MAX : PART_LAST); p++)
			data_write(w, &l->all[i], g, (enum part)p);
	jw_end(w);
	jw_key(w, "oldest_ms");
	if (oldest < INT64_MAX)
		jw_int(w, oldest * 1000);
	else
		jw_null(w);
	jw_end(w);
}

/* Days of another zone are others: they may be kept by who names the zone. */
static void answer_cache(const struct range *g, const struct req *q, struct reply *r)
{
	range_cache(q, r,
		    range_final(g, q, g->starts[g->n]) &&
			    (g->tier != HISTORY_DAY || *req_str(q, "zone")));
}

int api_series_get(struct req *q, struct reply *r, struct err *e)
{
	SERIES_AUTO struct series_list l = { 0 };
	struct range g = { 0 };
	int64_t oldest;
	int rc = range_read(&g, q, e);

	if (rc == 0)
		rc = civil_zone(q, e);
	if (rc < 0 || !civil_zone_same(q, r))
		return rc;
	rc = subjects_read(q, r, req_str(q, "device"), l.subjects, SERIES_DEVICES_MAX,
			   &l.n_subjects, e);
	if (rc > 0)
		rc = series_choose(&l, q, r, e);
	if (rc <= 0)
		return rc;
	rc = range_plan(&g, q, l.subjects, l.n_subjects, SERIES_POINTS, e);
	if (rc < 0 || !series_bounded(&l, &g, r))
		return rc;
	rc = series_fill(&l, &g, q, e);
	if (rc == 0)
		rc = range_begin(q, &g, l.subjects, l.n_subjects, &oldest, e);
	if (rc < 0)
		return rc;
	series_write(&r->w, &l, &g, oldest);
	answer_cache(&g, q, r);
	return 0;
}

/* ---- the cells of a battery, side by side ---- */

static bool series_empty(const struct series *s, const struct range *g)
{
	for (unsigned i = 0; i < g->n; i++)
		if (series_has(&s->cells[i]))
			return false;
	return true;
}

static void cells_write(struct jw *w, const struct series_list *l, const struct range *g)
{
	unsigned n = l->n;

	while (n && series_empty(&l->all[n - 1], g))
		n--;
	jw_obj(w);
	jw_kint(w, "device", l->subjects[0].id);
	range_write(w, g);
	jw_kint(w, "cells", n);
	jw_key(w, "t_s");
	times_write(w, g);
	for (int p = PART_AVG; p <= PART_MAX; p++) {
		jw_key(w, part_names[p]);
		jw_arr(w);
		for (unsigned i = 0; i < n; i++)
			data_write(w, &l->all[i], g, (enum part)p);
		jw_end(w);
	}
	jw_end(w);
}

int api_cells_get(struct req *q, struct reply *r, struct err *e)
{
	SERIES_AUTO struct series_list l = { 0 };
	struct range g = { 0 };
	char device[24];
	int rc = range_read(&g, q, e);

	if (rc == 0)
		rc = civil_zone(q, e);
	if (rc < 0 || !civil_zone_same(q, r))
		return rc;
	snprintf(device, sizeof(device), "%lld", (long long)req_int(q, "device", 0));
	rc = subjects_read(q, r, device, l.subjects, 1, &l.n_subjects, e);
	if (rc <= 0)
		return rc;
	if (l.subjects[0].kind != READING_BATTERY)
		return err_set(e, -EINVAL, "device must be a battery");
	rc = series_room(&l, metrics[METRIC_CELL_VOLTAGES].room, e);
	for (unsigned i = 0; rc == 0 && i < metrics[METRIC_CELL_VOLTAGES].room; i++)
		l.n += series_find(&l.all[l.n], l.subjects, METRIC_CELL_VOLTAGES, i);
	if (rc == 0)
		rc = range_plan(&g, q, l.subjects, 1, CELLS_POINTS, e);
	if (rc == 0)
		rc = series_fill(&l, &g, q, e);
	if (rc < 0)
		return rc;
	cells_write(&r->w, &l, &g);
	answer_cache(&g, q, r);
	return 0;
}
