/*
 * What cannot be true in a frame whose sum is right. An 8-bit sum lets one damaged frame in 256
 * pass, and all zeros behind a header have a right sum as well.
 *
 * Within a frame:
 *	every value		the physical range of metrics.def
 *	sum of the cells	the pack's voltage, within 0.25 V + 1 % (captured: 0.25 V at most)
 *	mask of fitted cells	the cells that have a voltage; no cell at all
 *
 * Against the reading before, if it isn't older than 10 s. Limits (ours) are far above what a pack
 * can do in that time:
 *	cell	0.5 V		pack	0.5 V a cell
 *	SOC	10 %		temperatures	15 °C
 *	cycles	back or +2	remaining	10 % of the full capacity
 */
#include "jk02.h"
#include "svitlo/util.h"

#include <math.h>

#define SUM_ABS_V	0.25
#define SUM_SHARE	0.01
#define JUMP_WITHIN_MS	10000
#define JUMP_CELL_V	0.5
#define JUMP_SOC	10.0
#define JUMP_TEMP_C	15.0
#define JUMP_CYCLES	2
#define JUMP_AH_SHARE	0.1
#define SUSPECT(metric) (1ull << METRIC_##metric)

/* metric_sane(), open-coded for speed, but NAN is absent, not wrong. */
static inline uint64_t jk_bad(enum metric m, double v)
{
	return (uint64_t)((v < metrics[m].lo) | (v > metrics[m].hi)) << m;
}

static inline uint64_t jk_bad_int(enum metric m, int64_t v)
{
	return v == -1 ? 0 : jk_bad(m, (double)v);
}

static uint64_t jk_check_cells(const struct jk_cell_info *c)
{
	const float wire_max = (float)metrics[METRIC_WIRE_RESISTANCES].hi;
	double sum = c->cell_average * c->cell_count;
	bool wires = false;
	uint64_t bad = 0;

	if (!c->cell_count)
		return SUSPECT(CELL_VOLTAGES);
	bad |= jk_bad(METRIC_CELL_VOLTAGES, c->cell_min) |
	       jk_bad(METRIC_CELL_VOLTAGES, c->cell_max);
	if (isnan(c->cell_average))
		bad |= SUSPECT(CELL_VOLTAGES);
	bad |= jk_bad(METRIC_CELL_AVERAGE, c->cell_average);
	bad |= jk_bad(METRIC_CELL_DELTA, c->cell_delta);
	bad |= jk_bad(METRIC_CELL_MAX, c->cell_max);
	bad |= jk_bad(METRIC_CELL_MIN, c->cell_min);
	if (!(fabs(sum - c->voltage) <= SUM_ABS_V + SUM_SHARE * fabs(c->voltage)))
		bad |= SUSPECT(CELL_VOLTAGES) | SUSPECT(VOLTAGE);
	for (unsigned i = 0; i < c->cell_slots; i++)
		wires |= (c->wire_resistances[i] < 0) | (c->wire_resistances[i] > wire_max);
	if (wires)
		bad |= SUSPECT(WIRE_RESISTANCES);
	return bad;
}

void jk_check_sane(struct jk_cell_info *c)
{
	uint64_t bad = jk_check_cells(c);

	bad |= jk_bad(METRIC_VOLTAGE, c->voltage);
	bad |= jk_bad(METRIC_CURRENT, c->current);
	bad |= jk_bad(METRIC_POWER, c->power);
	bad |= jk_bad(METRIC_SOC, c->soc);
	bad |= jk_bad(METRIC_SOH, c->soh);
	bad |= jk_bad(METRIC_REMAINING_AH, c->remaining_ah);
	bad |= jk_bad(METRIC_NOMINAL_AH, c->nominal_ah);
	bad |= jk_bad(METRIC_TOTAL_CYCLE_AH, c->total_cycle_ah);
	bad |= jk_bad(METRIC_MOS_TEMPERATURE, c->mos_temperature);
	bad |= jk_bad(METRIC_BALANCE_CURRENT, c->balance_current);
	bad |= jk_bad(METRIC_HEATING_CURRENT, c->heating_current);
	bad |= jk_bad_int(METRIC_CYCLE_COUNT, c->cycle_count);
	bad |= jk_bad_int(METRIC_BALANCING, c->balancing);
	bad |= jk_bad_int(METRIC_CHARGE_FET, c->charge_fet);
	bad |= jk_bad_int(METRIC_DISCHARGE_FET, c->discharge_fet);
	bad |= jk_bad_int(METRIC_PRECHARGE_FET, c->precharge_fet);
	bad |= jk_bad_int(METRIC_HEATING, c->heating);
	for (unsigned i = 0; i < c->temperature_slots; i++)
		bad |= jk_bad(METRIC_TEMPERATURES, (double)c->temperatures[i]);
	if (c->cell_count && c->voltage == 0)
		bad |= SUSPECT(VOLTAGE);
	c->suspect |= bad;
}

static bool jk_far(double a, double b, double most)
{
	return fabs(a - b) > most; /* false for NAN: absent in one of them */
}

void jk_check_jump(const struct jk_cell_info *prev, struct jk_cell_info *cur, int64_t dt_ms)
{
	uint64_t bad = 0;

	if (dt_ms < 0 || dt_ms > JUMP_WITHIN_MS || prev->protocol != cur->protocol)
		return;
	for (unsigned i = 0; i < JK_CELLS_MAX; i++)
		if (jk_far((double)prev->cell_voltages[i], (double)cur->cell_voltages[i],
			   JUMP_CELL_V))
			bad |= SUSPECT(CELL_VOLTAGES);
	if (prev->mask != cur->mask)
		bad |= SUSPECT(CELL_VOLTAGES);
	if (jk_far(prev->voltage, cur->voltage,
		   JUMP_CELL_V * (cur->cell_count ? cur->cell_count : 1)))
		bad |= SUSPECT(VOLTAGE);
	if (jk_far(prev->soc, cur->soc, JUMP_SOC))
		bad |= SUSPECT(SOC);
	for (unsigned i = 0; i < JK_TEMPS_MAX; i++)
		if (jk_far((double)prev->temperatures[i], (double)cur->temperatures[i],
			   JUMP_TEMP_C))
			bad |= SUSPECT(TEMPERATURES);
	if (jk_far(prev->mos_temperature, cur->mos_temperature, JUMP_TEMP_C))
		bad |= SUSPECT(MOS_TEMPERATURE);
	if (jk_far(prev->remaining_ah, cur->remaining_ah, JUMP_AH_SHARE * cur->nominal_ah))
		bad |= SUSPECT(REMAINING_AH);
	if (cur->cycle_count < prev->cycle_count ||
	    cur->cycle_count > prev->cycle_count + JUMP_CYCLES)
		bad |= SUSPECT(CYCLE_COUNT);
	cur->suspect |= bad & ~prev->suspect;
}
