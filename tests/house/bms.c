/*
 * What the BMS of a pack does in each quantum: measure (with noise and a slightly wrong shunt),
 * count charge, protect by opening MOSFETs, balance.
 *
 * The count drifts from the truth, as a real one does, and snaps at full and at empty.
 */
#include "model.h"

#include <math.h>
#include <string.h>

#define CELL_NOISE_V	0.0004
#define CURRENT_NOISE_A 0.02
#define DEAD_ZONE_A	0.06 /* smaller currents are shown and counted as none */
#define SNAP_S		5.0
#define WIRE_MAX_OHM	0.3
#define BALANCE_PHASE_S 8.0
#define BALANCE_LOSS	0.08 /* of what the balancer moves */
#define LOG_BOOT	0x01

enum quantity {
	Q_CELL_MAX,
	Q_CELL_MIN,
	Q_CHARGE_A,
	Q_DISCHARGE_A,
	Q_TEMP_MAX,
	Q_TEMP_MIN,
	Q_MOS,
	Q__MAX
};

struct protection {
	enum model_alarm alarm;
	enum quantity quantity;
	bool below; /* trips when the quantity is below the limit */
	bool opens_charge, opens_discharge;
	size_t set, clear;	 /* offsets in model_limits; clear 0: release by time */
	size_t delay_s, clear_s; /* same, unsigned; 0: fixed delay */
	uint8_t log_on, log_off;
};

#define LIMIT(name)   offsetof(struct model_limits, name)
#define FIXED_DELAY_S 2.0

static const struct protection protections[MODEL_PROTECTIONS] = {
	{ MODEL_ALARM_CELL_OV, Q_CELL_MAX, false, true, false, LIMIT(cell_ovp_v),
	  LIMIT(cell_ovp_clear_v), 0, 0, 0x11, 0x12 },
	{ MODEL_ALARM_CELL_UV, Q_CELL_MIN, true, false, true, LIMIT(cell_uvp_v),
	  LIMIT(cell_uvp_clear_v), 0, 0, 0x1D, 0x1E },
	{ MODEL_ALARM_CHARGE_OC, Q_CHARGE_A, false, true, false, LIMIT(charge_a), 0,
	  LIMIT(charge_oc_delay_s), LIMIT(charge_oc_clear_s), 0x15, 0x16 },
	{ MODEL_ALARM_DISCHARGE_OC, Q_DISCHARGE_A, false, false, true, LIMIT(discharge_a), 0,
	  LIMIT(discharge_oc_delay_s), LIMIT(discharge_oc_clear_s), 0x21, 0x22 },
	{ MODEL_ALARM_CHARGE_OT, Q_TEMP_MAX, false, true, false, LIMIT(charge_ot_c),
	  LIMIT(charge_ot_clear_c), 0, 0, 0x19, 0x1A },
	{ MODEL_ALARM_CHARGE_UT, Q_TEMP_MIN, true, true, false, LIMIT(charge_ut_c),
	  LIMIT(charge_ut_clear_c), 0, 0, 0x1B, 0x1C },
	{ MODEL_ALARM_DISCHARGE_OT, Q_TEMP_MAX, false, false, true, LIMIT(discharge_ot_c),
	  LIMIT(discharge_ot_clear_c), 0, 0, 0x25, 0x26 },
	{ MODEL_ALARM_MOS_OT, Q_MOS, false, true, true, LIMIT(mos_ot_c), LIMIT(mos_ot_clear_c), 0,
	  0, 0x0B, 0x0C },
};

static double limit_of(const struct model_pack *p, size_t offset)
{
	double v;

	memcpy(&v, (const char *)&p->limits + offset, sizeof(v));
	return v;
}

static double seconds_of(const struct model_pack *p, size_t offset)
{
	unsigned v;

	if (!offset)
		return FIXED_DELAY_S;
	memcpy(&v, (const char *)&p->limits + offset, sizeof(v));
	return v;
}

/* The log keeps the newest entries, as the real one. */
void bms_log(struct model_pack *p, uint8_t code)
{
	struct model_bms *b = &p->bms;

	if (b->n_log == MODEL_LOG_MAX) {
		memmove(&b->log[0], &b->log[1], sizeof(b->log) - sizeof(b->log[0]));
		b->n_log--;
	}
	b->log[b->n_log].uptime_s = (uint32_t)p->uptime_s;
	b->log[b->n_log].code = code;
	b->n_log++;
	b->total_log++;
}

static void measure(struct model_pack *p)
{
	struct model_bms *b = &p->bms;
	double sum = 0;

	for (size_t i = 0; i < p->n_cells; i++) {
		double v =
			p->cell[i].volts + p->cell[i].offset_v + CELL_NOISE_V * rng_normal(&p->rng);

		b->cell_v[i] = fmax(0.001, v);
		sum += b->cell_v[i];
	}
	b->pack_v = sum + 0.004 * rng_normal(&p->rng);
	b->current_a = p->current_a * b->current_gain + b->current_offset_a +
		       CURRENT_NOISE_A * rng_normal(&p->rng);
	if (fabs(b->current_a) < DEAD_ZONE_A)
		b->current_a = 0;
	for (size_t i = 0; i < MODEL_SENSORS; i++)
		b->temp_c[i] = p->temp_c[i] + p->heat_c[i] + 0.03 * rng_normal(&p->rng);
	b->mos_c = p->mos_c;
}

static void count_charge(struct model_pack *p, double dt, double cell_max, double cell_min)
{
	struct model_bms *b = &p->bms;

	b->counted_ah += b->current_a * dt / 3600;
	if (b->current_a < 0)
		b->cycle_ah -= b->current_a * dt / 3600;
	b->full_for_s =
		cell_max >= p->limits.soc100_v && b->current_a >= 0 ? b->full_for_s + dt : 0;
	b->empty_for_s = cell_min <= p->limits.soc0_v ? b->empty_for_s + dt : 0;
	if (b->full_for_s >= SNAP_S || b->counted_ah > b->full_ah)
		b->counted_ah = b->full_ah;
	if (b->empty_for_s >= SNAP_S || b->counted_ah < 0)
		b->counted_ah = 0;
}

static void trip(struct model_pack *p, const struct protection *t, struct model_guard *g)
{
	g->tripped = true;
	g->since_s = 0;
	g->left_s = t->clear ? 0 : seconds_of(p, t->clear_s);
	p->bms.alarms |= 1u << t->alarm;
	bms_log(p, t->log_on);
}

static void release(struct model_pack *p, const struct protection *t, struct model_guard *g)
{
	g->tripped = false;
	p->bms.alarms &= ~(1u << t->alarm);
	bms_log(p, t->log_off);
}

static void guard_step(struct model_pack *p, const struct protection *t, struct model_guard *g,
		       double value, double dt)
{
	double set = limit_of(p, t->set);

	if (g->tripped) {
		double clear = t->clear ? limit_of(p, t->clear) : 0;
		bool calm = t->clear && (t->below ? value > clear : value < clear);

		g->left_s = fmax(0, g->left_s - dt);
		if (t->clear ? calm : g->left_s <= 0)
			release(p, t, g);
		return;
	}
	g->since_s = (t->below ? value < set : value > set) ? g->since_s + dt : 0;
	if (g->since_s >= seconds_of(p, t->delay_s))
		trip(p, t, g);
}

static void protect(struct model_pack *p, const double value[Q__MAX], double dt)
{
	struct model_bms *b = &p->bms;

	b->charge_on = b->charge_switch;
	b->discharge_on = b->discharge_switch;
	for (size_t i = 0; i < MODEL_PROTECTIONS; i++) {
		const struct protection *t = &protections[i];

		guard_step(p, t, &b->guard[i], value[t->quantity], dt);
		if (b->guard[i].tripped) {
			b->charge_on = b->charge_on && !t->opens_charge;
			b->discharge_on = b->discharge_on && !t->opens_discharge;
		}
	}
}

/* One converter takes turns: it empties the fullest cell for a while, then fills the emptiest. */
static void balance(struct model_pack *p, double dt, size_t highest, size_t lowest)
{
	struct model_bms *b = &p->bms;
	double delta = b->cell_v[highest] - b->cell_v[lowest];
	bool wanted = b->balance_switch && delta > p->limits.balance_trigger_v &&
		      b->cell_v[highest] >= p->limits.balance_start_v;
	double amps = fmin(p->limits.balance_max_a, 0.2 + 40 * delta);

	b->balance_phase_s += dt;
	if (!wanted) {
		b->balancing = 0;
	} else if (!b->balancing || b->balance_phase_s >= BALANCE_PHASE_S) {
		b->balancing = b->balancing == 2 ? 1 : 2;
		b->balance_phase_s = 0;
	}
	for (size_t i = 0; i < p->n_cells; i++)
		p->cell[i].balance_a = 0;
	b->balance_a = 0;
	if (b->balancing == 2)
		p->cell[highest].balance_a = b->balance_a = -amps;
	else if (b->balancing == 1)
		p->cell[lowest].balance_a = b->balance_a = amps * (1 - BALANCE_LOSS);
}

static void wire_alarm(struct model_pack *p)
{
	p->bms.alarms &= ~(1u << MODEL_ALARM_WIRE);
	for (size_t i = 0; i < p->n_cells; i++)
		if (p->cell[i].wire_ohm > WIRE_MAX_OHM)
			p->bms.alarms |= 1u << MODEL_ALARM_WIRE;
}

void bms_step(struct model_pack *p, double dt_s)
{
	struct model_bms *b = &p->bms;
	double value[Q__MAX];
	size_t highest = 0, lowest = 0;

	measure(p);
	for (size_t i = 1; i < p->n_cells; i++) {
		highest = b->cell_v[i] > b->cell_v[highest] ? i : highest;
		lowest = b->cell_v[i] < b->cell_v[lowest] ? i : lowest;
	}
	value[Q_CELL_MAX] = b->cell_v[highest];
	value[Q_CELL_MIN] = b->cell_v[lowest];
	value[Q_CHARGE_A] = b->current_a;
	value[Q_DISCHARGE_A] = -b->current_a;
	value[Q_MOS] = b->mos_c;
	value[Q_TEMP_MAX] = value[Q_TEMP_MIN] = b->temp_c[0];
	for (size_t i = 1; i < MODEL_SENSORS; i++) {
		value[Q_TEMP_MAX] = fmax(value[Q_TEMP_MAX], b->temp_c[i]);
		value[Q_TEMP_MIN] = fmin(value[Q_TEMP_MIN], b->temp_c[i]);
	}
	count_charge(p, dt_s, value[Q_CELL_MAX], value[Q_CELL_MIN]);
	protect(p, value, dt_s);
	balance(p, dt_s, highest, lowest);
	wire_alarm(p);
}

void bms_init(struct model_pack *p, const struct model_chem *chem, double uptime_s)
{
	struct model_bms *b = &p->bms;

	p->limits = chem->limits;
	p->limits.charge_a = ceil(p->nominal_ah * 0.5 / 10) * 10;
	p->limits.discharge_a = ceil(p->nominal_ah * 0.6 / 10) * 10;
	b->current_gain = rng_range(&p->rng, 0.996, 1.004);
	b->current_offset_a = rng_range(&p->rng, -0.04, 0.04);
	b->soh_pct = rng_range(&p->rng, 94, 100);
	b->full_ah = p->nominal_ah * b->soh_pct / 100;
	b->counted_ah = b->full_ah *
			fmin(1, fmax(0, model_true_soc(p) / 100 + rng_range(&p->rng, -0.01, 0.01)));
	b->cycle_ah = p->nominal_ah * uptime_s / 86400 * rng_range(&p->rng, 0.4, 0.9);
	b->charge_switch = b->discharge_switch = b->balance_switch = true;
	b->charge_on = b->discharge_on = true;
	b->power_ons = 3 + rng_below(&p->rng, 60);
	bms_log(p, LOG_BOOT);
}
