/* Any words as the registers of any family: a reading, documents, and what is asked next. */
#include "proto/deye_plan.h"
#include "svitlo/jw.h"

#include <assert.h>
#include <math.h>

static void refuse(struct deye_plan *p, uint8_t which)
{
	struct deye_read q[DEYE_READS_MAX];
	unsigned n = deye_plan(p, (enum deye_pace)(which % DEYE_PACE__MAX), q);

	for (unsigned i = 0; i < n; i++)
		assert(q[i].count >= 1 && q[i].count <= p->block);
	if (n)
		deye_plan_refused(p, &q[which / DEYE_PACE__MAX % n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct deye_model *m = &deye_models[size ? data[0] % DEYE__MAX : 0];
	struct deye_plan p = { .model = m, .block = size > 1 ? 1 + data[1] % DEYE_BLOCK_MAX : 16 };
	struct deye_image im = { .model = m };
	struct deye_watch watch = { 0 };
	struct deye_unit u = { 0 };
	struct reading r;
	struct jw w = { 0 };
	size_t at = 2;

	for (size_t i = 0; i < m->n_spans; i++)
		for (uint16_t k = 0; k < m->spans[i].count && at + 2 <= size; k++, at += 2) {
			const uint16_t word = (uint16_t)(data[at] << 8 | data[at + 1]);

			deye_image_put(&im, (uint16_t)(m->spans[i].first + k), 1, &word);
		}
	deye_identify(&im, &u);
	for (int i = 0; i < 4; i++) {
		u.drift_s = deye_drift_s(&im, 1795561049000);
		reading_init(&r, 1795561049000 + i * 5000, 1000 + i * 5000);
		deye_read(&im, &u, &r);
		deye_check(&watch, &u, 1795478400000, &r);
		deye_learn(&im, &u, &r);
		deye_doubt(&u, &r);
	}
	for (int m2 = 0; m2 < METRIC__MAX; m2++)
		assert(!isinf(r.one[m2]) && r.n[m2] <= metrics[m2].room);
	reading_json(&w, &r);
	assert(jw_text(&w));
	jw_reset(&w);
	jw_obj(&w);
	deye_info_json(&im, &u, &w);
	deye_settings_json(&im, &w);
	jw_end(&w);
	assert(jw_text(&w));
	jw_free(&w);
	for (size_t i = 0; i < size && i < 64; i++)
		refuse(&p, data[i]);
	return 0;
}
