/*
 * The balance of sun, grid, bank and load in a quantum. See struct model_flow.
 *
 * The bank comes first: it is asked for what the sun leaves over or lacks, and gives what its
 * BMS and the charger allow. With the grid, whatever then remains is imported or exported, and
 * what may not be exported is not produced. Without it the panels are held back, or the load has
 * to do with less, down to nothing.
 *
 * What hangs on plugs comes on top of the load by the timetable, or of a forced one.
 *
 * What the inverters themselves need comes out of load_w: a load of 1000 W is one that costs the
 * bank 1000 W, and shows as some 900 W at the meters of the house.
 */
#include "model.h"

#include <math.h>

#define RESERVE_SOC	  0.22
#define RESERVE_CLEAR_SOC 0.30
#define RECOVERED_SOC	  0.05
#define LOSS_W		  60.0
#define LOSS_SHARE	  0.03 /* of what passes through the hybrids from the DC side */
#define LIMIT_MARGIN	  0.9  /* of the current that the BMSs allow: they share it unevenly */
#define NOTHING_W	  1.0  /* less is taken for none */

/* A forced sun is shared out by the size of the panels; else each kind has its own. */
static void sunlight(const struct model *m, double *ret_dc, double *ret_ac)
{
	const struct model_plant *p = &m->plant;
	double dc_peak = p->hybrid ? m->sun_peak_w : 0;
	double all = m->sun_forced ? dc_peak + p->ac_pv_peak_w : m->sun_peak_w;
	double light = m->sun_w / all;

	*ret_dc = !p->hybrid ? 0 : p->ac_pv_peak_w > 0 ? light * dc_peak : m->sun_w;
	*ret_dc = fmin(*ret_dc, p->dc_pv_max_w);
	*ret_ac = m->grid.joined ? fmin(light, 1) * p->ac_pv_peak_w : 0;
}

static double conversion_loss(const struct model *m, double dc_w)
{
	return m->plant.hybrid ? LOSS_W + LOSS_SHARE * dc_w : 0;
}

static double wanted(const struct model *m)
{
	return m->load_w + m->plugs_w;
}

/* Plugs are behind the inverter, unless there is none. */
static double apart_of(const struct model *m, double load_w)
{
	return m->plant.hybrid ? fmax(0, load_w - m->plugs_w) * m->plant.apart
			       : load_w * m->plant.apart;
}

/* What must be supplied without the grid: the load before the inverter is dark, the rest is
 * switched off by its owners until the inverters can bear it. */
static double island_load(const struct model *m)
{
	return fmin(m->load_w * (1 - m->plant.apart) + m->plugs_w, m->plant.ac_max_w);
}

static double bounded(double v, double most)
{
	return fmax(-most, fmin(most, v));
}

static void watch_bank(struct model *m)
{
	m->lowest_soc = 1;
	for (size_t k = 0; k < m->n_packs; k++)
		m->lowest_soc = fmin(m->lowest_soc, model_true_soc(&m->pack[k]) / 100);
	m->reserve_held =
		m->reserve_held ? m->lowest_soc < RESERVE_CLEAR_SOC : m->lowest_soc < RESERVE_SOC;
	if (m->grid.joined || m->lowest_soc > RECOVERED_SOC)
		m->spent = false;
}

/* Below its reserve the grid feeds the house, unless someone has forced the load. */
static double ask_joined(const struct model *m, double dc, double ac)
{
	double load = wanted(m) - (m->plant.clamp ? ac : 0);

	if (m->reserve_held && !m->load_forced && dc < load)
		return 0;
	return fmax(dc - load, -m->plant.ac_max_w);
}

static double ask_island(const struct model *m, double dc)
{
	double left = dc - fmax(island_load(m), conversion_loss(m, dc));

	return m->spent ? fmax(0, left) : left;
}

/* The BMSs tell the inverters how much current they allow. */
static double charge_limit(const struct model *m)
{
	double amps = 0;

	for (size_t k = 0; k < m->n_packs; k++)
		amps += m->pack[k].limits.charge_a;
	return amps * m->bus_v * LIMIT_MARGIN;
}

double model_flow_ask(struct model *m)
{
	double dc, ac;

	watch_bank(m);
	m->asked_w = 0;
	if (!m->plant.hybrid)
		return 0;
	sunlight(m, &dc, &ac);
	m->asked_w = bounded(m->grid.joined ? ask_joined(m, dc, ac) : ask_island(m, dc),
			     m->plant.bank_max_w);
	if (m->asked_w > 0 && m->bus_v > 0)
		m->asked_w = fmin(m->asked_w, charge_limit(m));
	return m->asked_w;
}

static double loss_of(const struct model *m, const struct model_flow *f)
{
	return conversion_loss(m, f->dc_pv_w + fmax(0, -f->battery_w));
}

static void settle_joined(struct model *m, struct model_flow *f)
{
	const struct model_plant *p = &m->plant;
	double need = fmax(wanted(m), loss_of(m, f));
	double grid = need + f->battery_w - f->dc_pv_w - f->ac_pv_w;
	double spill = fmax(0, -grid - (p->sell ? p->ac_max_w : 0));
	double dc_spill = fmin(spill, f->dc_pv_w), ac_spill = fmin(spill - dc_spill, f->ac_pv_w);

	f->dc_pv_w -= dc_spill;
	f->ac_pv_w -= ac_spill;
	grid += dc_spill + ac_spill;
	f->grid_w = fabs(grid) < NOTHING_W ? 0 : grid;
	f->load_w = need - loss_of(m, f);
	f->apart_w = apart_of(m, f->load_w);
	f->inside_w = p->hybrid ? f->grid_w + f->ac_pv_w - f->apart_w : 0;
}

/* The inverters go dark when not even the sun covers what they need themselves. */
static void settle_island(struct model *m, struct model_flow *f)
{
	double need = fmax(island_load(m), loss_of(m, f));
	double left = f->dc_pv_w - f->battery_w - need;

	if (left > 0)
		f->dc_pv_w = fmax(0, f->dc_pv_w - left);
	else if (left < -NOTHING_W)
		need += left;
	if (m->asked_w < 0 && f->battery_w > m->asked_w + NOTHING_W)
		m->spent = true;
	f->dark = need < loss_of(m, f);
	if (f->dark)
		f->dc_pv_w = fmax(0, f->battery_w);
	else
		f->load_w = need - loss_of(m, f);
}

void model_flow_settle(struct model *m)
{
	struct model_flow *f = &m->flow;

	*f = (struct model_flow){ .battery_w = m->plant.hybrid ? m->bank_w : 0 };
	sunlight(m, &f->dc_pv_w, &f->ac_pv_w);
	if (m->grid.joined)
		settle_joined(m, f);
	else if (m->plant.hybrid)
		settle_island(m, f);
	else
		f->dark = true;
	f->loss_w = f->dc_pv_w + f->ac_pv_w + f->grid_w - f->battery_w - f->load_w;
	f->output_w = f->load_w - f->apart_w - f->inside_w;
}
