/*
 * What all families have in common: identity, counters, clock, and from the physics to values
 * and from values to registers. See inv.h.
 */
#include "inv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ISLAND_V       230.0
#define ISLAND_HZ      50.0
#define AC_EFFICIENCY  0.975	      /* of string and micro-inverters */
#define REACTIVE       0.05	      /* of the active power */
#define OPEN_CIRCUIT   1.15	      /* voltage of panels that give nothing, of that in full sun */
#define COOL_C	       7.0	      /* above the air, without load */
#define HOT_C	       28.0	      /* more at rated power */
#define FAULT_NO_GRID  34	      /* F35 */
#define FAULT_EMPTY    55	      /* F56 */
#define MICRO_WORDS    (29 << 16 | 2) /* registers 101-102, for ever */
#define PROTOCOL       0x0104
#define PHASE_SINGLE   0
#define PHASE_THREE    3
#define WORK_ZERO_LOAD 1
#define WORK_ZERO_CT   2
#define CLOCK_YEAR     100 /* 2000, as struct tm counts */
#define AREA_FIRST     10000

enum run_state { STANDBY, SELF_CHECK, NORMAL, ALARM, FAULT };

const struct inv_family *const inv_families[INV_KIND__MAX] = {
	[INV_HYBRID1P] = &inv_hybrid1p,
	[INV_HYBRID3P_LV] = &inv_hybrid3p_lv,
	[INV_HYBRID3P_HV] = &inv_hybrid3p_hv,
	[INV_STRING] = &inv_string,
	[INV_MICRO] = &inv_micro,
};

static double factor_of(const struct inv *v, enum inv_by by)
{
	if (v->big && (by == INV_BY_GRID_W || by == INV_BY_BANK_A))
		return 10;
	return v->family->by[by] > 0 ? v->family->by[by] : 1;
}

/* ---- set-up ---- */

static unsigned string_count(const struct inv *v)
{
	if (v->kind == INV_HYBRID1P)
		return v->big ? 3 : 2;
	if (v->kind == INV_HYBRID3P_HV)
		return v->rated_w > 50000 ? 8 : v->rated_w > 15000 ? 4 : 2;
	return v->kind == INV_MICRO && v->rated_w > 1000 ? 4 : 2;
}

static void init_shares(struct inv *v, struct rng *r)
{
	double sum = 0;

	for (size_t i = 0; i < v->phases; i++)
		sum += v->phase_share[i] = rng_range(r, 0.8, 1.2);
	for (size_t i = 0; i < v->phases; i++)
		v->phase_share[i] /= sum;
	sum = 0;
	for (size_t i = 0; i < v->strings; i++)
		sum += v->string_share[i] = rng_range(r, 0.85, 1.15);
	for (size_t i = 0; i < v->strings; i++)
		v->string_share[i] /= sum;
}

static void put32(struct inv *v, size_t reg, uint32_t x)
{
	v->set[reg] = (uint16_t)x;
	v->set[reg + 1] = (uint16_t)(x >> 16);
}

static void init_identity(struct inv *v, const struct inv_setup *s, struct rng *r)
{
	const struct inv_places *at = &v->family->at;
	size_t codes = v->family->n_turns;

	v->code = s->code ? s->code : v->family->codes[s->turn % codes];
	snprintf(v->serial, sizeof(v->serial), "%02u%02u%04u%02zu", 21 + rng_below(r, 5),
		 1 + rng_below(r, 12), rng_below(r, 10000), s->number % 100);
	snprintf(v->name, sizeof(v->name), "%s%g%s-%zu", v->family->model[0],
		 v->rated_w / v->family->name_w, v->family->model[1], s->number + 1);
	v->set[0] = v->code;
	v->set[1] = v->unit;
	v->set[2] = PROTOCOL;
	for (size_t i = 0; i < INV_SERIAL_LEN / 2; i++)
		v->set[3 + i] = (uint16_t)(v->serial[2 * i] << 8 | v->serial[2 * i + 1]);
	for (size_t i = 0; i < at->n_firmware; i++)
		v->set[at->firmware + i] = (uint16_t)(0x1000 + rng_below(r, 0x1000));
	if (at->phase)
		v->set[at->phase] = v->phases == 1 ? PHASE_SINGLE : PHASE_THREE;
	put32(v, at->rated, v->rated_w * 10);
	v->set[at->mppt] = (uint16_t)(v->strings << 8 | v->phases);
}

static double bank_ah(const struct inv *v, const struct model *m)
{
	double ah = 0;

	for (size_t k = 0; k < m->n_packs; k++)
		ah += m->pack[k].nominal_ah;
	return v->family->stack > 0 ? ah / v->family->stack : 0;
}

static void put_setting(struct inv *v, const struct inv_setting *s)
{
	double raw = s->raw / factor_of(v, s->by);

	if (s->by == INV_BY_BANK_V)
		raw *= v->family->stack;
	v->set[s->reg] = (uint16_t)lround(raw);
}

static void init_settings(struct inv *v, const struct inv_setup *s, const struct model *m)
{
	const struct inv_family *f = v->family;

	for (size_t i = 0; i < f->n_settings; i++) {
		put_setting(v, &f->settings[i]);
		v->writable[f->settings[i].reg] = true;
	}
	for (size_t i = 0; i < f->n_facts; i++)
		put_setting(v, &f->facts[i]);
	if (!inv_is_hybrid(v->kind))
		return;
	v->set[f->at.work_mode] = s->ct ? WORK_ZERO_CT : WORK_ZERO_LOAD;
	v->set[f->at.solar_sell] = s->sell;
	v->set[f->at.capacity] = (uint16_t)lround(bank_ah(v, m));
	v->set[f->at.reconnect] = (uint16_t)s->reconnect_s;
	for (size_t i = 0; f->at.power_limits[i]; i++)
		v->set[f->at.power_limits[i]] =
			(uint16_t)(v->rated_w / factor_of(v, INV_BY_BANK_W));
}

/* It has been running for years. Without a battery or a meter it has counted its panels alone. */
static void init_counters(struct inv *v, struct rng *r)
{
	static const double of_pv[INV_COUNTER__MAX] = {
		[INV_C_PV] = 1,	       [INV_C_LOAD] = 0.9,   [INV_C_IMPORT] = 0.2,
		[INV_C_EXPORT] = 0.25, [INV_C_CHARGE] = 0.5, [INV_C_DISCHARGE] = 0.47,
		[INV_C_ACTIVE] = 0.9,
	};
	double pv_wh = v->rated_w * rng_range(r, 1500, 4000);

	for (size_t c = 0; c < INV_COUNTER__MAX; c++)
		if (inv_is_hybrid(v->kind) || v->ct || c == INV_C_PV || c == INV_C_ACTIVE)
			v->total_wh[c] = pv_wh * of_pv[c];
}

void inv_init(struct inv *v, const struct inv_setup *s, const struct model *m, int64_t wall_ms)
{
	struct rng r = rng_fork(s->seed, 4000 + s->number);

	*v = (struct inv){
		.family = inv_families[s->kind],
		.kind = s->kind,
		.unit = s->unit,
		.share = s->share,
		.ct = s->ct,
		.area = s->area,
		.old_firmware = s->old_firmware,
		.micro = s->kind == INV_MICRO,
	};
	v->rated_w = s->rated_w ? s->rated_w : v->family->rated_w;
	v->big = v->kind == INV_HYBRID1P && v->rated_w >= 12000;
	v->strings = string_count(v);
	v->phases = v->kind == INV_STRING && v->rated_w <= 6000 ? 1 : v->family->phases;
	init_shares(v, &r);
	init_settings(v, s, m);
	init_identity(v, s, &r);
	init_counters(v, &r);
	house_civil_follow(&v->civil, wall_ms);
	inv_refresh(v, m, wall_ms);
}

/* ---- counters ---- */

static void counter_powers(const struct inv *v, const double w[MODEL_METER__MAX],
			   double ret[INV_COUNTER__MAX])
{
	bool hybrid = inv_is_hybrid(v->kind);
	double apart = w[MODEL_LOAD] - w[MODEL_BACKUP];

	memset(ret, 0, INV_COUNTER__MAX * sizeof(*ret));
	ret[INV_C_PV] = v->share * w[hybrid ? MODEL_DC_PV : MODEL_AC_PV];
	ret[INV_C_ACTIVE] = hybrid ? v->share * w[MODEL_OUTPUT] : ret[INV_C_PV];
	if (v->ct) {
		ret[INV_C_IMPORT] = w[MODEL_IMPORT];
		ret[INV_C_EXPORT] = w[MODEL_EXPORT];
	} else {
		ret[INV_C_IMPORT] = hybrid ? v->share * w[MODEL_INSIDE_IMPORT] : 0;
		ret[INV_C_EXPORT] = hybrid ? v->share * w[MODEL_INSIDE_EXPORT] : 0;
	}
	if (!hybrid) {
		ret[INV_C_LOAD] = v->ct ? w[MODEL_LOAD] : 0;
		return;
	}
	/* Single-phase machines count the load behind them alone. */
	ret[INV_C_LOAD] = v->share * w[MODEL_BACKUP];
	if (v->ct && v->phases > 1)
		ret[INV_C_LOAD] += apart;
	ret[INV_C_CHARGE] = v->share * w[MODEL_CHARGE];
	ret[INV_C_DISCHARGE] = v->share * w[MODEL_DISCHARGE];
	ret[INV_C_GENERATOR] = v->share * w[MODEL_GENERATOR];
}

static void zero(double wh[INV_COUNTER__MAX])
{
	memset(wh, 0, INV_COUNTER__MAX * sizeof(*wh));
}

/* The day by which it counts is another one. */
static void turn_day(struct inv *v, const struct house_civil *was)
{
	if (v->civil.year != was->year)
		zero(v->year_wh);
	if (v->civil.year != was->year || v->civil.month != was->month)
		zero(v->month_wh);
	v->day_is_old = true;
}

static void add(struct inv *v, const double w[INV_COUNTER__MAX], double hours)
{
	if (v->day_is_old && (!v->keep_day || w[INV_C_PV] > 0)) {
		zero(v->day_wh);
		v->awake_s = 0;
		v->day_is_old = false;
	}
	if (w[INV_C_PV] > 0)
		v->awake_s += hours * 3600;
	for (size_t c = 0; c < INV_COUNTER__MAX; c++) {
		v->day_wh[c] += w[c] * hours;
		v->month_wh[c] += w[c] * hours;
		v->year_wh[c] += w[c] * hours;
		v->total_wh[c] += w[c] * hours;
	}
}

void inv_count(struct inv *v, const double w[static MODEL_METER__MAX], int64_t from_ms,
	       int64_t to_ms)
{
	int64_t ahead = v->drift_ms - v->midnight_ms;
	double own[INV_COUNTER__MAX];

	counter_powers(v, w, own);
	while (from_ms < to_ms) {
		struct house_civil was = v->civil;
		int64_t until = to_ms;

		if (house_civil_follow(&v->civil, from_ms + ahead))
			turn_day(v, &was);
		if (until > v->civil.end_ms - ahead)
			until = v->civil.end_ms - ahead;
		add(v, own, (double)(until - from_ms) / 3600000);
		from_ms = until;
	}
}

/* ---- from the physics to values ---- */

static void spread(struct inv *v, enum inv_value first, double sum)
{
	for (size_t i = 0; i < MODEL_PHASES; i++)
		v->value[first + i] = sum * v->phase_share[i];
}

/* Three powers, their sum, and the currents that go with them. */
static void power(struct inv *v, enum inv_value watts, enum inv_value volts, enum inv_value amps,
		  double sum)
{
	spread(v, watts, sum);
	v->value[watts + MODEL_PHASES] = sum;
	for (size_t i = 0; amps && i < MODEL_PHASES; i++) {
		double u = v->value[volts + i];

		v->value[amps + i] = u > 0 ? v->value[watts + i] / u : 0;
	}
}

static void look_at_grid(struct inv *v, const struct model *m)
{
	const struct model_grid *g = &m->grid;

	for (size_t i = 0; i < v->phases; i++) {
		double a = g->volts[i], b = g->volts[(i + 1) % MODEL_PHASES];

		v->value[INV_GRID_V + i] = a;
		v->value[INV_LINE_V + i] = v->phases == 1 ? a : sqrt(a * a + b * b + a * b);
	}
	v->value[INV_GRID_HZ] = g->hz;
}

static void look_at_panels(struct inv *v, const struct model *m, double dc_w, double peak_w)
{
	for (size_t i = 0; i < v->strings; i++) {
		double watts = dc_w * v->string_share[i];
		double light = fmin(1, watts / (peak_w * v->string_share[i]));
		double volts = v->family->string_v * (1 + 0.02 * (double)i) *
			       (OPEN_CIRCUIT - (OPEN_CIRCUIT - 1) * light);

		if (watts < 1 && model_sun_height(m) <= 0)
			volts = 0;
		v->value[INV_PV_W + i] = watts;
		v->value[INV_PV_V + i] = volts;
		v->value[INV_PV_A + i] = volts > 0 ? watts / volts : 0;
	}
	v->value[INV_PV_SUM_W] = dc_w;
}

/* What the packs' BMSs say together. */
static void look_at_bms(struct inv *v, const struct model *m)
{
	double stack = v->family->stack, cells = (double)m->pack[0].n_cells;
	double counted = 0, full = 0, soh = 0, warmth = 0, charge_a = 0, discharge_a = 0;
	double terminal_v = 0;
	bool alarm = false;

	for (size_t k = 0; k < m->n_packs; k++) {
		const struct model_pack *p = &m->pack[k];

		counted += p->bms.counted_ah;
		full += p->bms.full_ah;
		soh += p->bms.soh_pct / (double)m->n_packs;
		warmth += p->bms.temp_c[0] / (double)m->n_packs;
		terminal_v += p->terminal_v / (double)m->n_packs;
		charge_a += p->bms.charge_on ? p->limits.charge_a : 0;
		discharge_a += p->bms.discharge_on ? p->limits.discharge_a : 0;
		alarm = alarm || p->bms.alarms;
	}
	v->value[INV_BAT_V] = stack * (m->bus_v > 0 ? m->bus_v : terminal_v);
	v->value[INV_BAT_W] = -v->share * m->flow.battery_w;
	v->value[INV_BAT_A] = v->value[INV_BAT_W] / v->value[INV_BAT_V];
	v->value[INV_BAT_SOC] = v->value[INV_BMS_SOC] = 100 * counted / full;
	v->value[INV_BAT_C] = v->value[INV_BMS_C] = warmth;
	v->value[INV_BAT_AH] = bank_ah(v, m);
	v->value[INV_BMS_V] = v->value[INV_BAT_V];
	v->value[INV_BMS_A] = -v->value[INV_BAT_A];
	v->value[INV_BMS_SOH] = soh;
	v->value[INV_BMS_CHARGE_V] = stack * cells * m->chem->limits.charge_v;
	v->value[INV_BMS_EMPTY_V] = stack * cells * m->chem->limits.soc0_v;
	v->value[INV_BMS_CHARGE_A] = charge_a / stack;
	v->value[INV_BMS_DISCHARGE_A] = discharge_a / stack;
	v->value[INV_BMS_ALARM] = alarm;
}

static void warm(struct inv *v, const struct model *m, double through_w)
{
	double air = m->pack[0].temp_c[0] + COOL_C;
	double part = fmin(1.2, fabs(through_w) / v->rated_w);

	v->value[INV_DC_C] = air + HOT_C * part;
	v->value[INV_AC_C] = air - 2 + HOT_C * part * 1.1;
}

static enum run_state state_of(const struct inv *v, bool joined, bool works)
{
	if (v->micro) /* as real ones do: 4 is working, 2 is connected and not producing */
		return works ? FAULT : NORMAL;
	if (v->shown_faults)
		return FAULT;
	if (!joined)
		return SELF_CHECK;
	if (v->warnings)
		return ALARM;
	return works ? NORMAL : STANDBY;
}

static void look_hybrid(struct inv *v, const struct model *m)
{
	const struct model_flow *f = &m->flow;
	bool joined = m->grid.joined;
	double backup = v->share * (f->load_w - f->apart_w);
	double clamp = v->ct ? f->grid_w : 0, inside = v->share * f->inside_w;

	for (size_t i = 0; i < v->phases; i++)
		v->value[INV_OUT_V + i] = f->dark ? 0 : joined ? m->grid.volts[i] : ISLAND_V;
	v->value[INV_OUT_HZ] = f->dark ? 0 : joined ? m->grid.hz : ISLAND_HZ;
	v->value[INV_RELAY_V] = joined ? m->grid.volts[0] : 0;
	power(v, INV_INSIDE_W, INV_GRID_V, INV_INSIDE_A, inside);
	v->value[INV_INSIDE_SUM_VA] = fabs(inside);
	power(v, INV_CT_W, INV_GRID_V, INV_CT_A, clamp);
	power(v, INV_METER_W, 0, 0, v->ct ? clamp : inside);
	v->value[INV_POWER_FACTOR] = joined ? 100 : 0;
	power(v, INV_OUT_W, INV_OUT_V, INV_OUT_A, v->share * f->output_w);
	power(v, INV_BACKUP_W, INV_OUT_V, INV_BACKUP_A, backup);
	power(v, INV_LOAD_W, 0, 0, backup + (v->ct ? f->apart_w : 0));
	look_at_panels(v, m, v->share * f->dc_pv_w, v->share * m->sun_peak_w);
	look_at_bms(v, m);
	warm(v, m, v->share * (f->dc_pv_w + fabs(f->battery_w)) / 2);
	v->shown_faults = v->faults | (f->dark ? 1ull << FAULT_EMPTY : 0);
	v->value[INV_STATE] = state_of(v, true, true);
	v->value[INV_RELAY] = joined;
	v->value[INV_RELAYS] = (f->dark ? 0 : 3) | (joined ? 4 : 0);
	v->value[INV_RUNS] = 1;
}

static void look_string(struct inv *v, const struct model *m)
{
	double ac = v->share * m->flow.ac_pv_w;

	power(v, INV_INSIDE_W, INV_GRID_V, INV_AC_A, ac);
	v->value[INV_AC_SUM_W] = ac;
	v->value[INV_AC_SUM_VAR] = ac * REACTIVE;
	v->value[INV_AC_SUM_VA] = ac * sqrt(1 + REACTIVE * REACTIVE);
	v->value[INV_LOAD_SUM_W] = v->ct ? fmax(v->value[INV_AC_SUM_W] + m->flow.grid_w, 0) : 0;
	v->value[INV_CT_SUM_W] = v->ct ? m->flow.grid_w : 0;
	look_at_panels(v, m, ac / AC_EFFICIENCY, v->rated_w);
	warm(v, m, ac);
	v->shown_faults = v->faults | (m->grid.present ? 0 : 1ull << FAULT_NO_GRID);
	v->value[INV_STATE] = state_of(v, m->grid.joined, ac > 0);
}

static void look_at_counters(struct inv *v, int64_t wall_ms)
{
	bool zeroed = wall_ms < v->zero_until_ms;

	for (size_t c = 0; c < INV_COUNTER__MAX; c++) {
		v->value[INV_DAY + c] = v->day_wh[c];
		v->value[INV_TOTAL + c] = zeroed ? 0 : v->total_wh[c];
		v->value[INV_MONTH + c] = v->month_wh[c];
		v->value[INV_YEAR + c] = v->year_wh[c];
	}
	for (size_t i = 0; i < v->strings; i++) {
		v->value[INV_INPUT_DAY + i] = v->day_wh[INV_C_PV] * v->string_share[i];
		v->value[INV_INPUT_TOTAL + i] = v->value[INV_TOTAL] * v->string_share[i];
	}
	v->value[INV_UPTIME_MIN] = floor(v->awake_s / 60);
	v->value[INV_WARNING] = v->micro ? MICRO_WORDS : v->warnings;
}

/* ---- from values to registers ---- */

static void put_row(struct inv *v, const struct inv_row *r)
{
	double x = v->value[r->value] / (r->scale * factor_of(v, r->by));
	int64_t raw = (r->value >= INV_DAY ? (int64_t)x : llround(x)) + r->offset;

	if (r->width == INV_U16)
		raw = raw < 0 ? 0 : raw > UINT16_MAX ? UINT16_MAX : raw;
	if (r->width == INV_S16)
		raw = raw < INT16_MIN ? INT16_MIN : raw > INT16_MAX ? INT16_MAX : raw;
	v->reg[r->reg] = (uint16_t)raw;
	if (r->width == INV_W32)
		v->reg[r->reg + 1] = (uint16_t)(raw >> 16);
	if (r->width == INV_SPLIT)
		v->reg[r->hi] = (uint16_t)(raw >> 16);
	/* Powers only: the high words of counters have always been there. */
	if (r->width == INV_SPLIT && v->old_firmware && r->value < INV_DAY)
		v->reg[r->hi] = 0;
}

static void put_clock(struct inv *v, int64_t wall_ms)
{
	uint16_t *at = &v->reg[v->family->at.clock];
	time_t t = (time_t)((wall_ms + v->drift_ms) / 1000);
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	if (tm.tm_year < CLOCK_YEAR) /* it knows no other century */
		tm.tm_year = CLOCK_YEAR;
	at[0] = (uint16_t)((tm.tm_year - CLOCK_YEAR) << 8 | (tm.tm_mon + 1));
	at[1] = (uint16_t)(tm.tm_mday << 8 | tm.tm_hour);
	at[2] = (uint16_t)(tm.tm_min << 8 | tm.tm_sec);
}

void inv_refresh(struct inv *v, const struct model *m, int64_t wall_ms)
{
	look_at_grid(v, m);
	if (inv_is_hybrid(v->kind))
		look_hybrid(v, m);
	else
		look_string(v, m);
	look_at_counters(v, wall_ms);
	memcpy(v->reg, v->set, sizeof(v->reg));
	for (size_t i = 0; i < v->family->n_rows; i++)
		put_row(v, &v->family->rows[i]);
	for (size_t i = 0; i < 4; i++)
		v->reg[v->family->at.fault + i] = (uint16_t)(v->shown_faults >> 16 * i);
	put_clock(v, wall_ms);
}

bool inv_asleep(const struct inv *v, const struct model *m)
{
	if (v->sleep != INV_SLEEP_AUTO)
		return v->sleep == INV_SLEEP_ON;
	return !inv_is_hybrid(v->kind) && m->sun_w <= 0;
}

/* ---- requests ---- */

static bool overlaps(struct inv_span s, uint32_t first, uint32_t end)
{
	return first < (uint32_t)s.first + s.count && end > s.first;
}

int inv_read(struct inv *v, const struct model *m, int64_t wall_ms, uint16_t first, uint16_t count,
	     uint16_t ret[static INV_READ_MAX])
{
	struct inv_span served = v->family->served;

	if (count < 1 || count > INV_READ_MAX)
		return INV_BAD_VALUE;
	if (!overlaps(served, first, (uint32_t)first + count) &&
	    !inv_area_served(v, m, first, count))
		return INV_BAD_ADDRESS;
	inv_refresh(v, m, wall_ms);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t reg = first + i;

		if (reg >= AREA_FIRST)
			ret[i] = inv_area_read(v, m, reg);
		else
			ret[i] = reg < INV_REGISTERS && overlaps(served, reg, reg + 1) ? v->reg[reg]
										       : 0;
	}
	return 0;
}

static int set_clock(struct inv *v, int64_t wall_ms, const uint16_t *w)
{
	struct tm tm = { .tm_year = CLOCK_YEAR + (w[0] >> 8),
			 .tm_mon = (w[0] & 0xFF) - 1,
			 .tm_mday = w[1] >> 8,
			 .tm_hour = w[1] & 0xFF,
			 .tm_min = w[2] >> 8,
			 .tm_sec = w[2] & 0xFF,
			 .tm_isdst = -1 };

	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return INV_BAD_VALUE;
	v->drift_ms = (int64_t)mktime(&tm) * 1000 - wall_ms;
	return 0;
}

int inv_write(struct inv *v, int64_t wall_ms, uint16_t first, uint16_t count,
	      const uint16_t *values)
{
	uint16_t clock = v->family->at.clock;

	for (uint32_t i = 0; i < count; i++)
		if (first + i >= INV_REGISTERS || !v->writable[first + i])
			return INV_BAD_ADDRESS;
	if (first == clock && count == 3)
		return set_clock(v, wall_ms, values);
	if (first < clock + 3 && first + count > clock)
		return INV_BAD_VALUE;
	memcpy(&v->set[first], values, count * sizeof(*values));
	return 0;
}
