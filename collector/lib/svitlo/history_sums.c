/* What a 10 s row adds up to: energy, where it went, and how long something was so. */
#include "history.h"

#include "util.h"

#include <math.h>

#define MWH_OF_ROW   (HISTORY_ROW_S / 3.6) /* of 1 W */
#define FLOWS_FIRST  7			   /* of a house's sums */
#define FLOWS_AWAY   15
#define FLAG_PRESENT 1u /* the grid is there */
#define FLAG_AWAY    2u
#define FLAG_ON	     1u /* of a plug */

static double in_of(double w)
{
	return w > 0 ? w : isnan(w) ? NAN : 0;
}

static double or_0(double w)
{
	return isnan(w) ? 0 : w;
}

static double watts(const struct history_value *col, enum reading_kind k, enum metric m)
{
	const struct history_column *c = history_column(k, m);

	return c ? col[c - history_kinds[k].columns].mean / c->scale : NAN;
}

static void energy_sums(const struct history_value *col, enum reading_kind k, double *ret)
{
	double pv = watts(col, k, METRIC_PV_POWER), load = watts(col, k, METRIC_LOAD_POWER);
	double grid = watts(col, k, METRIC_GRID_POWER), bat = watts(col, k, METRIC_BATTERY_POWER);
	const double parts[FLOWS_FIRST] = {
		pv, load, grid, -grid, bat, -bat, watts(col, k, METRIC_GEN_POWER)
	};

	for (int i = 0; i < FLOWS_FIRST; i++)
		ret[i] = in_of(parts[i]);
}

/*
 * Who feeds whom: the house takes from the sun first, then from the battery, from a generator, from
 * the grid; what the sun has left goes into the battery, then into the grid; a battery that still
 * charges takes from the grid, one that still discharges gives to it. w: the seven sums.
 */
static void flow_sums(const double w[FLOWS_FIRST], double ret[FLOWS_AWAY - FLOWS_FIRST])
{
	double pv = or_0(w[0]), load = or_0(w[1]), import = or_0(w[2]), export = or_0(w[3]);
	double charge = or_0(w[4]), discharge = or_0(w[5]), gen = or_0(w[6]);
	double pv_load = fmin(pv, load), pv_battery = fmin(pv - pv_load, charge);
	double pv_grid = fmin(pv - pv_load - pv_battery, export);
	double battery_load = fmin(discharge, load - pv_load);
	double gen_load = fmin(gen, load - pv_load - battery_load);
	double grid_load = fmin(import, load - pv_load - battery_load - gen_load);

	ret[0] = pv_load;
	ret[1] = pv_battery;
	ret[2] = pv_grid;
	ret[3] = grid_load;
	ret[4] = fmin(import - grid_load, charge - pv_battery);
	ret[5] = battery_load;
	ret[6] = fmin(discharge - battery_load, export - pv_grid);
	ret[7] = gen_load;
}

void history_sums(enum reading_kind k, const struct history_value *col, unsigned flags, double *ret)
{
	switch (k) {
	case READING_BATTERY:
	case READING_BANK:
		ret[0] = in_of(watts(col, k, METRIC_POWER));
		ret[1] = in_of(-watts(col, k, METRIC_POWER));
		break;
	case READING_INVERTER:
	case READING_HOUSE:
		energy_sums(col, k, ret);
		break;
	case READING_PLUG:
		ret[0] = in_of(watts(col, k, METRIC_POWER));
		break;
	case READING_KIND__MAX:
		return;
	}
	if (k == READING_HOUSE) {
		flow_sums(ret, ret + FLOWS_FIRST);
		for (int i = FLOWS_FIRST; isnan(ret[1]) && i < FLOWS_AWAY; i++)
			ret[i] = NAN;
	}
	for (unsigned i = 0; i < history_kinds[k].n_sums; i++)
		ret[i] *= MWH_OF_ROW;
	if (k == READING_HOUSE)
		ret[FLOWS_AWAY] = flags & FLAG_AWAY	 ? HISTORY_ROW_S
				  : flags & FLAG_PRESENT ? 0
							 : NAN;
	if (k == READING_PLUG)
		ret[1] = flags & FLAG_ON ? HISTORY_ROW_S : 0;
}
