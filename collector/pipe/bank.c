#include "bank.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <errno.h>
#include <math.h>

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
	b->packs[b->n++] = (struct bank_pack){ .device = device, .smooth_a = NAN, .step_a = NAN };
	return 0;
}

void bank_remove(struct bank *b, int64_t device)
{
	struct bank_pack *p = bank_find(b, device);

	if (p)
		*p = b->packs[--b->n];
}

/* A load was switched, the grid went, the sign turned: not what the load and the noise do by themselves. */
static bool bank_stepped(const struct bank_pack *p, double from, double to)
{
	double rest = p->last.one[METRIC_NOMINAL_AH] * BANK_REST_C; /* NAN: fmax() leaves it out */

	return fabs(to - from) > fmax(fabs(from) * BANK_STEP, rest);
}

static void bank_begin(struct bank_pack *p, double a)
{
	p->smooth_a = a;
	p->smooth_s = 0;
	p->step_a = NAN;
}

/* By the time between readings, so that a pack that falls out or comes back jumps for itself alone.
 */
static void bank_smooth(struct bank_pack *p, const struct reading *r)
{
	double dt = (double)(r->mono_ms - p->last.mono_ms) / 1000, a = r->one[METRIC_CURRENT];
	bool stepped;

	if (!p->last.mono_ms || dt > BANK_SMOOTH_S || isnan(p->smooth_a)) {
		bank_begin(p, a);
		return;
	}
	if (isnan(a))
		return;
	stepped = bank_stepped(p, p->smooth_a, a);
	if (stepped && !isnan(p->step_a) && !bank_stepped(p, p->step_a, a)) {
		bank_begin(p, a);
		return;
	}
	p->step_a = stepped ? a : NAN;
	/* the mean of what there is, until that is long enough; a single step weighs little */
	p->smooth_s = fmin(p->smooth_s + dt, BANK_SMOOTH_S);
	p->smooth_a +=
		(a - p->smooth_a) * (1 - exp(-dt / (stepped ? BANK_SMOOTH_S : p->smooth_s + dt)));
}

void bank_reading(struct bank *b, int64_t device, const struct reading *r)
{
	struct bank_pack *p = bank_find(b, device);

	if (!p)
		return;
	bank_smooth(p, r);
	p->last = *r;
}

/* Why a pack is left out, NULL: it is not. A word of fcgi/README.md. */
static const char *bank_why_out(const struct bank_pack *p, int64_t mono_ms)
{
	if (!p->last.mono_ms || mono_ms - p->last.mono_ms > BANK_STALE_MS)
		return "stale";
	if (p->last.one[METRIC_DISCHARGE_FET] == 0)
		return "discharge_off";
	if (isnan(p->last.one[METRIC_VOLTAGE]))
		return "no_voltage";
	return NULL;
}

/* What bank_json() gathers. */
struct bank_sum {
	struct reading r;
	struct summary sum;
	unsigned live;
	int64_t max_device, min_device;
	double volts, soc_ah, soc_of_ah;
	/* of the packs that the times can be made from */
	double current_a, left_ah, full_ah, missing_ah;
	unsigned chargeable; /* of them, those whose charge MOSFET is not open */
};

/* NAN + x = x: a value that one pack lacks doesn't void the others'. */
static void add(double *sum, double v)
{
	if (!isnan(v))
		*sum = isnan(*sum) ? v : *sum + v;
}

/* sign: 1 for the highest, -1 for the lowest. */
static void bank_extreme(struct bank_sum *s, const struct bank_pack *p, enum metric value,
			 enum metric number, int sign, int64_t *device)
{
	double v = p->last.one[value];

	if (isnan(v) || (*device && (v - s->r.one[value]) * sign <= 0))
		return;
	s->r.one[value] = v;
	s->r.one[number] = p->last.one[number];
	*device = p->device;
}

static void bank_add_times(struct bank_sum *s, const struct bank_pack *p)
{
	const double *v = p->last.one;
	double left = v[METRIC_REMAINING_AH], full = v[METRIC_NOMINAL_AH];

	if (isnan(p->smooth_a) || isnan(left) || !(full > 0))
		return;
	s->current_a += p->smooth_a;
	s->left_ah += left;
	s->full_ah += full;
	if (v[METRIC_CHARGE_FET] == 0)
		return;
	s->missing_ah += fmax(full - left, 0);
	s->chargeable++;
}

static void bank_add_pack(struct bank_sum *s, const struct bank_pack *p)
{
	static const enum metric sums[] = { METRIC_CURRENT, METRIC_POWER };
	const double *v = p->last.one;
	double left = v[METRIC_REMAINING_AH], full = v[METRIC_NOMINAL_AH];

	s->live++;
	s->volts += v[METRIC_VOLTAGE];
	for (size_t i = 0; i < SV_LEN(sums); i++)
		add(&s->r.one[sums[i]], v[sums[i]]);
	if (!isnan(left) && !isnan(full)) { /* half of it would be read against the other's whole */
		add(&s->r.one[METRIC_REMAINING_AH], left);
		add(&s->r.one[METRIC_NOMINAL_AH], full);
		add(&s->r.one[METRIC_REMAINING_WH], left * v[METRIC_VOLTAGE]);
		add(&s->r.one[METRIC_NOMINAL_WH], full * v[METRIC_VOLTAGE]);
	}
	if (!isnan(v[METRIC_SOC]) && full > 0) {
		s->soc_ah += v[METRIC_SOC] * full;
		s->soc_of_ah += full;
	}
	bank_add_times(s, p);
	bank_extreme(s, p, METRIC_CELL_MAX, METRIC_CELL_MAX_NUMBER, 1, &s->max_device);
	bank_extreme(s, p, METRIC_CELL_MIN, METRIC_CELL_MIN_NUMBER, -1, &s->min_device);
	summary_add(&s->sum, &p->last);
}

static void bank_times(struct bank *b, struct bank_sum *s)
{
	double a = s->current_a, rest = s->full_ah * BANK_REST_C;

	if (fabs(a) >= rest)
		b->direction = a > 0 ? 1 : -1;
	else if (a * b->direction < rest / 2)
		b->direction = 0;
	if (!(s->full_ah > 0) || !b->direction)
		return;
	if (b->direction < 0)
		s->r.one[METRIC_TIME_TO_EMPTY_S] = fmax(s->left_ah, 0) / -a * 3600;
	else if (s->chargeable)
		s->r.one[METRIC_TIME_TO_FULL_S] = s->missing_ah / a * 3600;
}

static void bank_finish(struct bank *b, struct bank_sum *s)
{
	double *v = s->r.one;

	if (s->live)
		v[METRIC_VOLTAGE] = s->volts / s->live;
	if (s->soc_of_ah > 0)
		v[METRIC_SOC] = s->soc_ah / s->soc_of_ah;
	v[METRIC_CELL_DELTA] = v[METRIC_CELL_MAX] - v[METRIC_CELL_MIN];
	bank_times(b, s);
}

struct summary bank_json(struct bank *b, int64_t mono_ms, struct jw *w, struct reading *ret)
{
	struct bank_sum s = { 0 };

	reading_init(&s.r, 0, mono_ms);
	jw_obj(w);
	jw_key(w, "left_out");
	jw_arr(w);
	for (unsigned i = 0; i < b->n; i++) {
		const char *why = bank_why_out(&b->packs[i], mono_ms);

		if (!why) {
			bank_add_pack(&s, &b->packs[i]);
			continue;
		}
		jw_obj(w);
		jw_kint(w, "device", b->packs[i].device);
		jw_kstr(w, "why", why);
		jw_end(w);
	}
	jw_end(w);
	bank_finish(b, &s);
	jw_kint(w, "packs", b->n);
	jw_kint(w, "packs_live", s.live);
	if (s.max_device)
		jw_kint(w, "max_device", s.max_device);
	if (s.min_device)
		jw_kint(w, "min_device", s.min_device);
	jw_key(w, "values");
	reading_json(w, &s.r);
	jw_end(w);
	s.r.kind = READING_BANK;
	s.r.t_ms = s.sum.t_ms;
	s.r.quality = s.sum.quality;
	*ret = s.r;
	return s.sum;
}
