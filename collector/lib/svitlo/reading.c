#include "reading.h"

#include "jw.h"

#include <math.h>

void reading_init(struct reading *r, int64_t t_ms, int64_t mono_ms)
{
	*r = (struct reading){ .t_ms = t_ms, .mono_ms = mono_ms };
	for (int m = 0; m < METRIC__MAX; m++)
		r->one[m] = NAN;
}

const struct reading_many *reading_many(const struct reading *r, enum metric m)
{
	if (m == METRIC_TEMPERATURES)
		return &r->temperatures;
	if (m == METRIC_CELL_VOLTAGES)
		return &r->cell_voltages;
	if (m == METRIC_WIRE_RESISTANCES)
		return &r->wire_resistances;
	return NULL;
}

static void reading_names_json(struct jw *w, const struct reading *r)
{
	uint32_t bits = (uint32_t)r->one[METRIC_ERROR_BITS];

	jw_arr(w);
	for (unsigned b = 0; b < 32 && r->bit_name; b++)
		if (bits >> b & 1u)
			jw_str(w, r->bit_name(b));
	jw_end(w);
}

static void reading_many_json(struct jw *w, const struct reading_many *many, int digits)
{
	jw_arr(w);
	for (unsigned i = 0; i < many->n; i++)
		jw_num(w, many->v[i], digits);
	jw_end(w);
}

void reading_json(struct jw *w, const struct reading *r)
{
	jw_obj(w);
	for (int m = 0; m < METRIC__MAX; m++) {
		const struct metric_info *mi = &metrics[m];
		const struct reading_many *many = reading_many(r, (enum metric)m);

		if (many) {
			if (!many->n)
				continue;
			jw_key(w, mi->key);
			reading_many_json(w, many, mi->digits);
		} else if (mi->kind == METRIC_NAMES) {
			if (isnan(r->one[METRIC_ERROR_BITS]))
				continue;
			jw_key(w, mi->key);
			reading_names_json(w, r);
		} else if (!isnan(r->one[m])) {
			jw_key(w, mi->key);
			if (mi->kind == METRIC_STATE && mi->hi == 1)
				jw_bool(w, r->one[m] != 0);
			else
				jw_num(w, r->one[m], mi->digits);
		}
	}
	jw_end(w);
}

void reading_suspect_json(struct jw *w, const struct reading *r)
{
	jw_arr(w);
	for (int m = 0; m < METRIC__MAX; m++)
		if (r->suspect >> m & 1u)
			jw_str(w, metrics[m].key);
	jw_end(w);
}
