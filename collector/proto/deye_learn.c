/*
 * What the model's name does not say: in which units an inverter counts, and whether a clamp is
 * there. Each scale is told from relations that always hold; several samples in a row decide.
 *
 *	battery W     = V * A
 *	load W        = output of the inverter W + grid at its terminal W
 *	W of a phase  is between a third of V * A and V * A
 *	a counter     grows by the energy that flowed
 */
#include "deye.h"

#include "svitlo/util.h"

#include <math.h>
#include <string.h>

#define VOTES_ENOUGH	3     /* samples in a row before something is believed */
#define LEAST_W		40    /* of the power that a scale is told from */
#define LEAST_VA	200   /* of a phase: small loads have odd power factors */
#define POWER10_RATED_W 12000 /* from here on 10 W is the better guess */
#define APART		0.6   /* of the power: so much must two errors differ */
#define GROWTH_STEPS	3     /* of a counter, before its growth is compared */
#define GROWTH_GAP_MS	60000 /* without a reading: the comparison starts anew */

const struct deye_trap_info deye_traps[DEYE_TRAP__MAX] = {
	[DEYE_TRAP_POWER] = { "power_scale",
			      true,
			      { METRIC_GRID_POWER, METRIC_GRID_POWERS, METRIC_INSIDE_POWER,
				METRIC_INSIDE_POWERS, METRIC_CT_POWER, METRIC_CT_POWERS,
				METRIC_LOAD_POWER, METRIC_LOAD_POWERS, METRIC_BACKUP_POWER,
				METRIC_BACKUP_POWERS } },
	[DEYE_TRAP_AMPS] = { "battery_scale", true, { METRIC_BATTERY_CURRENT } },
	[DEYE_TRAP_DAY] = { "day_scale",
			    true,
			    { METRIC_DAY_PV_WH, METRIC_DAY_LOAD_WH, METRIC_DAY_IMPORT_WH,
			      METRIC_DAY_EXPORT_WH, METRIC_DAY_CHARGE_WH, METRIC_DAY_DISCHARGE_WH,
			      METRIC_DAY_GEN_WH } },
	[DEYE_TRAP_TOTAL] = { "total_scale",
			      true,
			      { METRIC_TOTAL_PV_WH, METRIC_TOTAL_LOAD_WH, METRIC_TOTAL_IMPORT_WH,
				METRIC_TOTAL_EXPORT_WH, METRIC_TOTAL_CHARGE_WH,
				METRIC_TOTAL_DISCHARGE_WH, METRIC_TOTAL_GEN_WH } },
	[DEYE_TRAP_DC_OFFSET] = { "dc_offset_scale", false, { METRIC_DC_TEMPERATURE } },
};

unsigned deye_scale(const struct deye_unit *u, enum deye_trap trap)
{
	if (u->scale[trap])
		return u->scale[trap];
	if (trap == DEYE_TRAP_POWER)
		return u->rated_w >= POWER10_RATED_W ? 10 : 1;
	if (trap == DEYE_TRAP_DAY || trap == DEYE_TRAP_TOTAL)
		return u->whole_kwh ? 10 : 1;
	return 1;
}

/* Is there reason to doubt the guess? */
static bool is_doubtful(const struct deye_unit *u, enum deye_trap trap)
{
	if (!u->traps[trap] || u->scale[trap])
		return false;
	switch (trap) {
	case DEYE_TRAP_POWER:
	case DEYE_TRAP_AMPS:
		return true;
	case DEYE_TRAP_TOTAL: /* owners of such firmware agree on the counters of the day only */
		return u->whole_kwh;
	case DEYE_TRAP_NONE:
	case DEYE_TRAP_DAY:
	case DEYE_TRAP_DC_OFFSET:
	case DEYE_TRAP__MAX:
		break;
	}
	return false;
}

void deye_doubt(const struct deye_unit *u, struct reading *r)
{
	for (int t = 0; t < DEYE_TRAP__MAX; t++) {
		if (!is_doubtful(u, (enum deye_trap)t))
			continue;
		for (const enum metric *m = deye_traps[t].of; *m; m++) {
			unsigned n;

			reading_get(r, *m, &n);
			if (!n)
				continue;
			metric_set_add(&r->suspect, *m);
			if (metrics[*m].kind != METRIC_COUNTER)
				r->quality = QUALITY_SUSPECT;
		}
	}
}

/* ---- samples ---- */

static double row_or_nan(const struct deye_image *im, const struct deye_unit *u, const char *key)
{
	const struct deye_row *row = deye_row_named(im->model, key);
	double v;

	return row && deye_row_value(im, u, row, &v) ? v : NAN;
}

/* One more sample says `scale`; 0: it says nothing. Believed when several in a row have. */
static bool vote(struct deye_unit *u, enum deye_trap trap, unsigned scale)
{
	struct deye_votes *v = &u->votes[trap];

	if (u->fixed[trap] || !scale)
		return false;
	if (v->scale != scale)
		*v = (struct deye_votes){ .scale = scale };
	if (u->scale[trap] == scale || ++v->n < VOTES_ENOUGH)
		return false;
	v->n = 0;
	u->scale[trap] = scale;
	return true;
}

/* Which of two errors is plainly the smaller one, for a power of so many W? 1, 10, or 0: neither. */
static unsigned nearer(double error1, double error10, double watts)
{
	double least = fmin(error1, error10), most = fmax(error1, error10);

	if (!(fabs(watts) >= LEAST_W) || isnan(error1) || isnan(error10) ||
	    most - least < APART * fabs(watts) || most < 3 * least)
		return 0;
	return error1 < error10 ? 1 : 10;
}

/* Of a phase: does 1 W or 10 W fit its volts and amperes? */
static unsigned fits_phase(double watts, double volts, double amps)
{
	double va = fabs(volts * amps), share = fabs(watts) / va;

	if (!(va >= LEAST_VA))
		return 0;
	return share > 0.3 && share < 1.2 ? 1 : share > 0.03 && share < 0.12 ? 10 : 0;
}

static unsigned power_by_phases(const struct deye_image *im)
{
	static const char *const rows[][3] = {
		{ "grid_l1_power", "grid_l1_voltage", "grid_l1_current" },
		{ "grid_l2_power", "grid_l2_voltage", "grid_l2_current" },
		{ "ct_l1_power", "grid_l1_voltage", "ct_l1_current" },
		{ "ct_l2_power", "grid_l2_voltage", "ct_l2_current" },
		{ "load_l1_power", "load_l1_voltage", "load_l1_current" },
		{ "load_l2_power", "load_l2_voltage", "load_l2_current" },
	};
	unsigned all = 0;

	for (size_t i = 0; i < SV_LEN(rows); i++) {
		unsigned one = fits_phase(row_or_nan(im, NULL, rows[i][0]),
					  row_or_nan(im, NULL, rows[i][1]),
					  row_or_nan(im, NULL, rows[i][2]));

		if (one && all && one != all)
			return 0;
		all = one ? one : all;
	}
	return all;
}

static unsigned power_by_balance(const struct deye_image *im)
{
	double load = row_or_nan(im, NULL, "load_power");
	double out = row_or_nan(im, NULL, "inverter_power");
	double grid = row_or_nan(im, NULL, "grid_power");

	return nearer(fabs(load - out - grid), fabs(10 * load - out - 10 * grid), out);
}

static bool is_fine(const struct reading *r, enum metric m)
{
	return !metric_set_has(&r->suspect, m);
}

static bool learn_power(const struct deye_image *im, struct deye_unit *u, const struct reading *r)
{
	unsigned balance = is_fine(r, METRIC_INVERTER_POWER) ? power_by_balance(im) : 0;
	unsigned phases = is_fine(r, METRIC_GRID_VOLTAGES) && is_fine(r, METRIC_LOAD_VOLTAGES)
				  ? power_by_phases(im)
				  : 0;

	if (balance && phases && balance != phases)
		return false;
	return vote(u, DEYE_TRAP_POWER, balance ? balance : phases);
}

static bool learn_amps(const struct deye_image *im, struct deye_unit *u, const struct reading *r)
{
	double w = row_or_nan(im, NULL, "battery_power");
	double va =
		row_or_nan(im, NULL, "battery_voltage") * row_or_nan(im, NULL, "battery_current");

	if (!is_fine(r, METRIC_BATTERY_VOLTAGE) || !is_fine(r, METRIC_BATTERY_POWER))
		return false;
	return vote(u, DEYE_TRAP_AMPS, nearer(fabs(w - va), fabs(w - 10 * va), w));
}

/* Without an offset it is below -40 °C for most of the time, with it never is. */
static bool learn_offset(const struct deye_image *im, struct deye_unit *u, const struct reading *r)
{
	const struct deye_row *row = deye_row_named(im->model, "dc_temperature");
	int32_t raw = row ? deye_image_get(im, row->reg) : -1;

	if (raw <= 0 || !is_fine(r, METRIC_DC_TEMPERATURE))
		return false;
	return vote(u, DEYE_TRAP_DC_OFFSET,
		    raw < DEYE_PLAIN_BELOW ? 10
		    : raw > row->offset	   ? 1
					   : 0);
}

/* ---- counters ---- */

static const struct {
	const char *key;
	enum metric power;
	int sign; /* of the power that the counter counts */
	enum deye_trap trap;
} growths[DEYE_GROWTHS] = {
	{ "day_pv_energy", METRIC_PV_POWER, 1, DEYE_TRAP_DAY },
	{ "day_battery_charge", METRIC_BATTERY_POWER, 1, DEYE_TRAP_DAY },
	{ "day_battery_discharge", METRIC_BATTERY_POWER, -1, DEYE_TRAP_DAY },
	{ "day_load_energy", METRIC_LOAD_POWER, 1, DEYE_TRAP_DAY },
	{ "total_pv_energy", METRIC_PV_POWER, 1, DEYE_TRAP_TOTAL },
	{ "total_battery_charge", METRIC_BATTERY_POWER, 1, DEYE_TRAP_TOTAL },
	{ "total_battery_discharge", METRIC_BATTERY_POWER, -1, DEYE_TRAP_TOTAL },
	{ "total_load_energy", METRIC_LOAD_POWER, 1, DEYE_TRAP_TOTAL },
};

/* From one of its steps to a later one: the scale of its count; 0: not yet. */
static unsigned growth_step(struct deye_growth *g, double raw, double watts, int64_t now_ms)
{
	bool gap = !g->at_ms || now_ms - g->at_ms > GROWTH_GAP_MS;
	double ratio;

	if (!gap)
		g->wh += (g->watts + watts) / 2 * (double)(now_ms - g->at_ms) / 3.6e6;
	g->watts = watts;
	g->at_ms = now_ms;
	if (gap || !g->known || raw < g->raw) { /* it counts from its next step on */
		g->known = true;
		g->step_ms = 0;
		g->raw = raw;
		return 0;
	}
	if (raw == g->raw)
		return 0;
	g->raw = raw;
	if (!g->step_ms) {
		g->step_ms = now_ms;
		g->start = raw;
		g->wh = 0;
		return 0;
	}
	if (raw - g->start < GROWTH_STEPS)
		return 0;
	ratio = g->wh / ((raw - g->start) * DEYE_STEP_WH);
	g->start = raw;
	g->wh = 0;
	return ratio > 0.5 && ratio < 2 ? 1 : ratio > 5 && ratio < 20 ? 10 : 0;
}

static bool learn_growth(const struct deye_image *im, struct deye_unit *u, const struct reading *r)
{
	bool learned = false;

	for (size_t i = 0; i < DEYE_GROWTHS; i++) {
		struct deye_growth *g = &u->growth[i];
		const struct deye_row *row = deye_row_named(im->model, growths[i].key);
		double raw, watts = fmax(0, growths[i].sign * r->one[growths[i].power]);

		if (!row || row->trap != growths[i].trap || !deye_row_value(im, NULL, row, &raw) ||
		    isnan(r->one[growths[i].power]) || !is_fine(r, growths[i].power)) {
			*g = (struct deye_growth){ 0 };
			continue;
		}
		if (vote(u, growths[i].trap, growth_step(g, raw / row->scale, watts, r->mono_ms)))
			learned = true;
	}
	return learned;
}

/* ---- a clamp ---- */

/* A clamp is there when it shows something, or when the inverter is told to use it. */
static bool learn_ct(const struct deye_image *im, struct deye_unit *u, const struct reading *r)
{
	static const char *const keys[] = { "ct_power", "ct_l1_current", "ct_l2_current",
					    "ct_l3_current" };
	bool meter = im->model == &deye_models[DEYE_STRING];
	bool shows = deye_setting(im, "work_mode") == 2;

	for (size_t i = 0; i < SV_LEN(keys); i++) {
		double v = row_or_nan(im, NULL, keys[i]);

		shows = shows || (!isnan(v) && v != 0);
	}
	if (meter)
		shows = row_or_nan(im, NULL, "total_grid_import") > 0 ||
			row_or_nan(im, NULL, "total_load_energy") > 0;
	/* of nonsense all is suspect, the voltages too */
	shows = shows && is_fine(r, METRIC_GRID_VOLTAGES);
	u->clamp_shown = shows ? u->clamp_shown + 1 : 0;
	if (u->fixed_ct || u->ct || u->clamp_shown < VOTES_ENOUGH)
		return false;
	u->ct = true;
	return true;
}

bool deye_learn(const struct deye_image *im, struct deye_unit *u, const struct reading *r)
{
	bool power = u->traps[DEYE_TRAP_POWER] && learn_power(im, u, r);
	bool amps = u->traps[DEYE_TRAP_AMPS] && learn_amps(im, u, r);
	bool offset = u->traps[DEYE_TRAP_DC_OFFSET] && learn_offset(im, u, r);
	bool growth = u->traps[DEYE_TRAP_DAY] && learn_growth(im, u, r);
	bool ct = im->model != &deye_models[DEYE_MICRO] && learn_ct(im, u, r);

	return power || amps || offset || growth || ct;
}
