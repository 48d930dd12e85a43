#include "reading.h"

#include "jw.h"

#include <math.h>

static const uint16_t offsets[METRIC__MAX] = {
#define METRIC(id, ...) [METRIC_##id] = READING_AT_##id,
#include "metrics.def"
#undef METRIC
};

void reading_init(struct reading *r, int64_t t_ms, int64_t mono_ms)
{
	*r = (struct reading){ .t_ms = t_ms, .mono_ms = mono_ms, .fresh_ms = READING_FRESH_MS };
	for (int m = 0; m < METRIC__MAX; m++)
		r->one[m] = NAN;
}

void summary_add(struct summary *s, const struct reading *r)
{
	if (r->t_ms > s->t_ms)
		s->t_ms = r->t_ms;
	if (r->fresh_ms > s->fresh_ms)
		s->fresh_ms = r->fresh_ms;
	if (r->quality > s->quality)
		s->quality = r->quality;
}

unsigned reading_at(enum metric m)
{
	return offsets[m];
}

double *reading_many(struct reading *r, enum metric m, unsigned n)
{
	double *v = &r->many[offsets[m]];
	unsigned room = metrics[m].room > 1 ? metrics[m].room : 0;

	r->n[m] = (uint8_t)(n < room ? n : room);
	for (unsigned i = 0; i < r->n[m]; i++)
		v[i] = NAN;
	return v;
}

const double *reading_get(const struct reading *r, enum metric m, unsigned *ret_n)
{
	if (metrics[m].room > 1) {
		*ret_n = r->n[m];
		return &r->many[offsets[m]];
	}
	*ret_n = !isnan(r->one[m]);
	return &r->one[m];
}

static const struct reading_names *reading_names(const struct reading *r, enum metric m)
{
	return m == METRIC_FAULTS ? &r->faults : m == METRIC_WARNINGS ? &r->warnings : &r->errors;
}

static void reading_names_json(struct jw *w, const struct reading_names *names)
{
	jw_arr(w);
	for (unsigned b = 0; b < 64; b++)
		if (names->bits >> b & 1u)
			jw_str(w, names->name(b));
	jw_end(w);
}

static void reading_many_json(struct jw *w, const double *v, unsigned n, int digits)
{
	jw_arr(w);
	for (unsigned i = 0; i < n; i++)
		jw_num(w, v[i], digits);
	jw_end(w);
}

void reading_json(struct jw *w, const struct reading *r)
{
	jw_obj(w);
	for (int m = 0; m < METRIC__MAX; m++) {
		const struct metric_info *mi = &metrics[m];
		unsigned n;
		const double *v = reading_get(r, (enum metric)m, &n);

		if (mi->kind == METRIC_NAMES ? !reading_names(r, (enum metric)m)->known : !n)
			continue;
		jw_key(w, mi->key);
		if (mi->kind == METRIC_NAMES)
			reading_names_json(w, reading_names(r, (enum metric)m));
		else if (mi->room > 1)
			reading_many_json(w, v, n, mi->digits);
		else if (mi->kind == METRIC_STATE && mi->hi == 1)
			jw_bool(w, *v != 0);
		else
			jw_num(w, *v, mi->digits);
	}
	jw_end(w);
}

void reading_suspect_json(struct jw *w, const struct reading *r)
{
	jw_arr(w);
	for (int m = 0; m < METRIC__MAX; m++)
		if (metric_set_has(&r->suspect, (enum metric)m))
			jw_str(w, metrics[m].key);
	jw_end(w);
}
