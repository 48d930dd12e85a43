#include "bank.h"

#include "svitlo/jw.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static struct bank_pack *bank_find(struct bank *b, int64_t device)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->packs[i].device == device)
			return &b->packs[i];
	return NULL;
}

int bank_add(struct bank *b, int64_t device)
{
	if (bank_find(b, device))
		return 0;
	if (b->n == BANK_PACKS_MAX)
		return -ENOSPC;
	b->packs[b->n++] = (struct bank_pack){ .device = device };
	return 0;
}

void bank_remove(struct bank *b, int64_t device)
{
	struct bank_pack *p = bank_find(b, device);

	if (p)
		*p = b->packs[--b->n];
}

void bank_reading(struct bank *b, int64_t device, const struct reading *r)
{
	struct bank_pack *p = bank_find(b, device);

	if (p)
		p->last = *r;
}

static void bank_smooth(struct bank *b, double current, int64_t mono_ms)
{
	double dt = (double)(mono_ms - b->smooth_ms) / 1000;

	if (!b->smooth_ms || dt > BANK_SMOOTH_S || dt < 0)
		b->smooth_a = current;
	else
		b->smooth_a += (current - b->smooth_a) * (1 - exp(-dt / BANK_SMOOTH_S));
	b->smooth_ms = mono_ms;
}

static void bank_times(struct bank *b, struct reading *sum)
{
	double left = sum->one[METRIC_REMAINING_AH], full = sum->one[METRIC_NOMINAL_AH];

	if (!(full > 0) || fabs(b->smooth_a) < full * BANK_REST_C)
		return;
	if (b->smooth_a > 0)
		sum->one[METRIC_TIME_TO_FULL_S] = (full - left) / b->smooth_a * 3600;
	else
		sum->one[METRIC_TIME_TO_EMPTY_S] = left / -b->smooth_a * 3600;
}

/* NAN + x = x: a value that one pack lacks doesn't void the others'. */
static void add(double *sum, double v)
{
	if (!isnan(v))
		*sum = isnan(*sum) ? v : *sum + v;
}

static void bank_extremes(struct reading *sum, const struct bank_pack *p, int64_t *max_device,
			  int64_t *min_device)
{
	if (p->last.one[METRIC_CELL_MAX] > sum->one[METRIC_CELL_MAX] || !*max_device) {
		sum->one[METRIC_CELL_MAX] = p->last.one[METRIC_CELL_MAX];
		sum->one[METRIC_CELL_MAX_NUMBER] = p->last.one[METRIC_CELL_MAX_NUMBER];
		*max_device = p->device;
	}
	if (p->last.one[METRIC_CELL_MIN] < sum->one[METRIC_CELL_MIN] || !*min_device) {
		sum->one[METRIC_CELL_MIN] = p->last.one[METRIC_CELL_MIN];
		sum->one[METRIC_CELL_MIN_NUMBER] = p->last.one[METRIC_CELL_MIN_NUMBER];
		*min_device = p->device;
	}
}

static int64_t bank_sum(struct bank *b, int64_t mono_ms, struct reading *sum, unsigned *live,
			int64_t *max_device, int64_t *min_device)
{
	double volts = 0, weighted = 0;
	int64_t newest = 0;

	reading_init(sum, 0, mono_ms);
	for (unsigned i = 0; i < b->n; i++) {
		const struct bank_pack *p = &b->packs[i];
		const double *v = p->last.one;

		if (!p->last.mono_ms || mono_ms - p->last.mono_ms > BANK_STALE_MS ||
		    v[METRIC_DISCHARGE_FET] == 0 || isnan(v[METRIC_VOLTAGE]))
			continue;
		++*live;
		volts += v[METRIC_VOLTAGE];
		add(&sum->one[METRIC_CURRENT], v[METRIC_CURRENT]);
		add(&sum->one[METRIC_POWER], v[METRIC_POWER]);
		add(&sum->one[METRIC_REMAINING_AH], v[METRIC_REMAINING_AH]);
		add(&sum->one[METRIC_NOMINAL_AH], v[METRIC_NOMINAL_AH]);
		add(&sum->one[METRIC_REMAINING_WH], v[METRIC_REMAINING_AH] * v[METRIC_VOLTAGE]);
		add(&sum->one[METRIC_NOMINAL_WH], v[METRIC_NOMINAL_AH] * v[METRIC_VOLTAGE]);
		if (!isnan(v[METRIC_SOC]) && !isnan(v[METRIC_NOMINAL_AH]))
			weighted += v[METRIC_SOC] * v[METRIC_NOMINAL_AH];
		if (!isnan(v[METRIC_CELL_MAX]))
			bank_extremes(sum, p, max_device, min_device);
		if (p->last.t_ms > newest)
			newest = p->last.t_ms;
	}
	if (*live)
		sum->one[METRIC_VOLTAGE] = volts / *live;
	if (sum->one[METRIC_NOMINAL_AH] > 0)
		sum->one[METRIC_SOC] = weighted / sum->one[METRIC_NOMINAL_AH];
	sum->one[METRIC_CELL_DELTA] = sum->one[METRIC_CELL_MAX] - sum->one[METRIC_CELL_MIN];
	return newest;
}

int64_t bank_json(struct bank *b, int64_t mono_ms, struct jw *w)
{
	struct reading sum;
	int64_t max_device = 0, min_device = 0;
	unsigned live = 0;
	int64_t newest = bank_sum(b, mono_ms, &sum, &live, &max_device, &min_device);

	if (!isnan(sum.one[METRIC_CURRENT])) {
		bank_smooth(b, sum.one[METRIC_CURRENT], mono_ms);
		bank_times(b, &sum);
	}
	jw_obj(w);
	jw_kint(w, "packs", b->n);
	jw_kint(w, "packs_live", live);
	if (max_device) {
		jw_kint(w, "max_device", max_device);
		jw_kint(w, "min_device", min_device);
	}
	jw_key(w, "values");
	reading_json(w, &sum);
	jw_end(w);
	return newest;
}
