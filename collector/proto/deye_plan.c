#include "deye_plan.h"

/* Is the register wanted at this pace? *ret_at: its place in the image. */
static bool wanted(const struct deye_plan *p, const struct deye_span *s, uint16_t reg,
		   enum deye_pace pace, int *ret_at)
{
	*ret_at = deye_image_at(p->model, reg);
	return s->pace == pace && !p->absent[*ret_at];
}

unsigned deye_plan(const struct deye_plan *p, enum deye_pace pace,
		   struct deye_read ret[DEYE_READS_MAX])
{
	unsigned n = 0;

	for (size_t i = 0; i < p->model->n_spans; i++) {
		const struct deye_span *s = &p->model->spans[i];

		for (uint16_t reg = s->first; reg < s->first + s->count; reg++) {
			struct deye_read *q = n ? &ret[n - 1] : NULL;
			int at;

			if (!wanted(p, s, reg, pace, &at))
				continue;
			if (q && !p->cut[at] && reg - q->first < (int)p->block &&
			    reg - (q->first + q->count) <= DEYE_HOLE_MAX) {
				q->count = (uint16_t)(reg - q->first + 1);
				continue;
			}
			if (n == DEYE_READS_MAX)
				return n;
			ret[n++] = (struct deye_read){ reg, 1 };
		}
	}
	return n;
}

/* A value of several words is not torn apart. */
static bool splits_row(const struct deye_model *m, uint16_t reg)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (reg > m->rows[i].reg && reg < m->rows[i].reg + m->rows[i].count)
			return true;
	return false;
}

/* Where a span begins inside of a question, or near its middle. */
static uint16_t split_at(const struct deye_model *m, const struct deye_read *q)
{
	uint16_t at = (uint16_t)(q->first + (q->count + 1) / 2);

	for (size_t i = 0; i < m->n_spans; i++)
		if (m->spans[i].first > q->first && m->spans[i].first < q->first + q->count)
			return m->spans[i].first;
	while (at > q->first + 1 && splits_row(m, at))
		at--;
	return at;
}

void deye_plan_init(struct deye_plan *p, const struct deye_model *m)
{
	*p = (struct deye_plan){ .model = m, .block = p->block };
}

void deye_plan_refused(struct deye_plan *p, const struct deye_read *q)
{
	bool small = q->count <= DEYE_REFUSE_MIN;
	int at = small ? -1 : deye_image_at(p->model, split_at(p->model, q));

	if (at >= 0 && !p->cut[at]) {
		p->cut[at] = 1;
		return;
	}
	for (uint16_t i = 0; i < q->count; i++) {
		at = deye_image_at(p->model, (uint16_t)(q->first + i));
		if (at >= 0)
			p->absent[at] = 1;
	}
}
