/*
 * The physics of the bank. See model.h.
 *
 * Pack k is a source E_k (sum of rest voltages and polarisation) behind R_k. All packs hang on
 * one bus, I_k = (U - E_k) / R_k, and the inverters move the power P that model_flow.c asks for:
 *
 *     P = U * sum(I_k) = U * (U * G - S)      G = sum(1/R_k)   S = sum(E_k/R_k)
 *     U = (S + sqrt(S^2 + 4 G P)) / 2G
 *
 * limited at the top to the charger's voltage. A pack whose MOSFET forbids the direction that
 * this gives leaves the sum, and U is computed again.
 */
#include "model.h"

#include <math.h>

#define MODEL_POLAR_S	60.0 /* time constant of the polarisation */
#define DAY_S		86400.0
#define SENSOR_HEAT_J_K 17000.0 /* a fifth of 16 big cells */
#define SENSOR_K_W	0.9
#define MOS_HEAT_J_K	450.0
#define MOS_K_W		1.4
#define MOS_SHARE	0.4  /* of the lead resistance that sits in the power board */
#define SUN_PER_WH	0.30 /* W at noon for each Wh of the bank */
#define LOAD_PER_WH	0.062
#define GRID_QUANTA	4 /* the grid moves once a second */

/* Share of the mean load by hour: night, breakfast, day, evening peak. */
static const double load_by_hour[24] = { 0.45, 0.40, 0.38, 0.38, 0.40, 0.55, 1.00, 1.35,
					 1.20, 0.90, 0.80, 0.85, 1.00, 0.95, 0.85, 0.85,
					 1.00, 1.35, 1.80, 2.05, 1.90, 1.50, 1.00, 0.65 };

static double by_hour(const double table[24], double time_s)
{
	double h = fmod(time_s, DAY_S) / 3600;
	int i = (int)h;
	double f = h - i;

	return table[i % 24] * (1 - f) + table[(i + 1) % 24] * f;
}

/* A half sine from six to eighteen. */
static double sun_height(double time_s)
{
	double h = fmod(time_s, DAY_S) / 3600;

	return h > 6 && h < 18 ? sin((h - 6) / 12 * M_PI) : 0;
}

static double ambient_c(double time_s)
{
	return 20 + 4 * sin((fmod(time_s, DAY_S) / 3600 - 9) / 24 * 2 * M_PI);
}

static double pack_source_v(const struct model *m, const struct model_pack *p)
{
	double e = 0;

	for (size_t i = 0; i < p->n_cells; i++) {
		const struct model_cell *c = &p->cell[i];

		e += model_ocv(m->chem, c->charge_ah / c->capacity_ah) + c->polar_v +
		     c->balance_a * c->r_ohm;
	}
	return e;
}

static double pack_ohm(const struct model_pack *p)
{
	double r = p->lead_ohm;

	for (size_t i = 0; i < p->n_cells; i++)
		r += p->cell[i].r_ohm;
	return r;
}

static double solve_bus(double g, double s, double power_w, double top_v)
{
	double under = s * s + 4 * g * power_w;
	/* More load than the bank can give: the most it can give, at half the voltage. */
	double u = under > 0 ? (s + sqrt(under)) / (2 * g) : s / (2 * g);

	/* The charger only holds back; it does not pull down a bank that stands higher. */
	if (power_w > 0 && u > top_v)
		u = fmax(top_v, s / g);
	return u;
}

static void share_power(struct model *m, double power_w)
{
	double e[MODEL_PACKS_MAX], r[MODEL_PACKS_MAX];
	bool in[MODEL_PACKS_MAX];
	double top_v = m->charger_v * (double)m->pack[0].n_cells;
	bool changed = true;

	for (size_t k = 0; k < m->n_packs; k++) {
		const struct model_bms *b = &m->pack[k].bms;

		e[k] = pack_source_v(m, &m->pack[k]);
		r[k] = pack_ohm(&m->pack[k]);
		in[k] = b->charge_on || b->discharge_on;
	}
	while (changed) {
		double g = 0, s = 0;

		changed = false;
		for (size_t k = 0; k < m->n_packs; k++) {
			g += in[k] ? 1 / r[k] : 0;
			s += in[k] ? e[k] / r[k] : 0;
		}
		m->bus_v = g > 0 ? solve_bus(g, s, power_w, top_v) : 0;
		for (size_t k = 0; k < m->n_packs; k++) {
			const struct model_bms *b = &m->pack[k].bms;

			if (!in[k])
				continue;
			if (m->bus_v > e[k] ? !b->charge_on : !b->discharge_on) {
				in[k] = false;
				changed = true;
			}
		}
	}
	m->bank_w = 0;
	for (size_t k = 0; k < m->n_packs; k++) {
		m->pack[k].current_a = in[k] ? (m->bus_v - e[k]) / r[k] : 0;
		m->pack[k].terminal_v = e[k] + m->pack[k].current_a * (r[k] - m->pack[k].lead_ohm);
		m->bank_w += m->pack[k].current_a * m->bus_v;
	}
}

static void step_cells(const struct model *m, struct model_pack *p, double dt)
{
	for (size_t i = 0; i < p->n_cells; i++) {
		struct model_cell *c = &p->cell[i];
		double amps = p->current_a + c->balance_a;

		c->charge_ah += (amps - c->leak_a) * dt / 3600;
		p->leaked_ah += c->leak_a * dt / 3600;
		p->loss_wh += amps * (amps * c->r_ohm + c->polar_v) * dt / 3600;
		c->polar_v += (amps * c->rp_ohm - c->polar_v) * dt / (MODEL_POLAR_S + dt);
		c->volts = model_ocv(m->chem, c->charge_ah / c->capacity_ah) + c->polar_v +
			   amps * c->r_ohm;
	}
}

static void step_heat(const struct model *m, struct model_pack *p, double dt)
{
	double air = ambient_c(m->time_s);
	double square = p->current_a * p->current_a;
	double board_w = square * p->lead_ohm * MOS_SHARE + 1.5;

	for (size_t s = 0; s < MODEL_SENSORS; s++) {
		double watts = 0;

		for (size_t i = s * p->n_cells / MODEL_SENSORS;
		     i < (s + 1) * p->n_cells / MODEL_SENSORS; i++)
			watts += square * (p->cell[i].r_ohm + p->cell[i].rp_ohm);
		p->temp_c[s] += (watts - (p->temp_c[s] - air) / SENSOR_K_W) * dt / SENSOR_HEAT_J_K;
	}
	p->mos_c += (board_w - (p->mos_c - air) / MOS_K_W) * dt / MOS_HEAT_J_K;
}

/* Clouds wander between 0.15 and 1; kettles and pumps make the load restless. */
static void step_weather(struct model *m, double dt)
{
	double swing = rng_normal(&m->rng);
	double noise = rng_normal(&m->rng);

	m->cloud += (0.75 - m->cloud) * dt / 900 + swing * 0.012 * sqrt(dt);
	m->cloud = fmin(1, fmax(0.15, m->cloud));
	if (!m->sun_forced)
		m->sun_w = sun_height(m->time_s) * m->cloud * SUN_PER_WH * m->bank_wh;
	if (!m->load_forced) {
		double want = by_hour(load_by_hour, m->time_s) * LOAD_PER_WH * m->bank_wh;

		m->load_w += (want * (1 + 0.35 * noise) - m->load_w) * dt / (20 + dt);
		m->load_w = fmax(0, m->load_w);
	}
}

static void meter(struct model *m)
{
	const struct model_flow *f = &m->flow;
	double *w = m->metered_w;

	w[MODEL_PV] += f->dc_pv_w + f->ac_pv_w;
	w[MODEL_DC_PV] += f->dc_pv_w;
	w[MODEL_AC_PV] += f->ac_pv_w;
	w[MODEL_LOAD] += f->load_w;
	w[MODEL_BACKUP] += f->load_w - f->apart_w;
	w[MODEL_IMPORT] += fmax(0, f->grid_w);
	w[MODEL_EXPORT] += fmax(0, -f->grid_w);
	w[MODEL_INSIDE_IMPORT] += fmax(0, f->inside_w);
	w[MODEL_INSIDE_EXPORT] += fmax(0, -f->inside_w);
	w[MODEL_CHARGE] += fmax(0, f->battery_w);
	w[MODEL_DISCHARGE] += fmax(0, -f->battery_w);
	w[MODEL_OUTPUT] += f->output_w;
	m->metered++;
}

void model_read_meters(struct model *m, double ret_w[static MODEL_METER__MAX])
{
	if (!m->metered)
		meter(m);
	for (size_t i = 0; i < MODEL_METER__MAX; i++) {
		ret_w[i] = m->metered_w[i] / m->metered;
		m->metered_w[i] = 0;
	}
	m->metered = 0;
}

static void quantum(struct model *m)
{
	const double dt = MODEL_QUANTUM_S;

	m->time_s += dt;
	step_weather(m, dt);
	if (m->quanta++ % GRID_QUANTA == 0)
		model_grid_step(&m->grid, model_of_day_s(m), GRID_QUANTA * dt);
	share_power(m, model_flow_ask(m));
	model_flow_settle(m);
	meter(m);
	for (size_t k = 0; k < m->n_packs; k++) {
		struct model_pack *p = &m->pack[k];

		p->uptime_s += dt;
		p->on_for_s += dt;
		step_cells(m, p, dt);
		step_heat(m, p, dt);
		bms_step(p, dt);
	}
}

void model_step(struct model *m, double dt_s)
{
	m->pending_s += dt_s;
	while (m->pending_s >= MODEL_QUANTUM_S) {
		m->pending_s -= MODEL_QUANTUM_S;
		quantum(m);
	}
}

static void init_pack(struct model_pack *p, const struct model *m, const struct model_setup *s,
		      size_t number)
{
	static const double sizes_ah[] = { 280, 314, 230, 280 };
	double soc;

	p->rng = rng_fork(s->seed, 1000 + number);
	p->n_cells = s->cells;
	p->nominal_ah = sizes_ah[rng_below(&p->rng, 4)];
	p->lead_ohm = rng_range(&p->rng, 0.002, 0.004);
	soc = s->soc_pct < 0 ? rng_range(&p->rng, 0.45, 0.60) : s->soc_pct / 100;
	for (size_t i = 0; i < p->n_cells; i++) {
		struct model_cell *c = &p->cell[i];

		c->capacity_ah = p->nominal_ah * rng_range(&p->rng, 0.96, 1.01);
		c->charge_ah = c->capacity_ah * (soc + 0.004 * rng_normal(&p->rng) * (1 - soc));
		c->r_ohm = rng_range(&p->rng, 0.00018, 0.00026) * 280 / p->nominal_ah;
		c->rp_ohm = c->r_ohm * 0.6;
		c->leak_a = p->nominal_ah * rng_range(&p->rng, 2e-6, 2e-5);
		c->wire_ohm = rng_range(&p->rng, 0.060, 0.125);
		c->volts = model_ocv(m->chem, c->charge_ah / c->capacity_ah);
		p->terminal_v += c->volts;
	}
	for (size_t i = 0; i < MODEL_SENSORS; i++)
		p->temp_c[i] = ambient_c(m->time_s) + rng_range(&p->rng, 0.5, 2);
	p->mos_c = ambient_c(m->time_s) + rng_range(&p->rng, 2, 4);
	p->on_for_s = 3600 + rng_below(&p->rng, 40 * 86400);
	p->uptime_s = p->on_for_s + rng_below(&p->rng, 400 * 86400);
	bms_init(p, m->chem, p->uptime_s);
}

void model_init(struct model *m, const struct model_setup *s)
{
	*m = (struct model){
		.chem = &model_chemistries[s->chemistry],
		.n_packs = s->packs,
		.time_s = s->start_s,
		.plant = s->plant,
		.cloud = 0.8,
		.rng = rng_fork(s->seed, 1),
	};
	m->charger_v = m->chem->limits.charge_v;
	for (size_t k = 0; k < s->packs; k++) {
		init_pack(&m->pack[k], m, s, k);
		m->bank_wh += m->pack[k].nominal_ah * (double)s->cells * model_ocv(m->chem, 0.5);
	}
	m->sun_peak_w = SUN_PER_WH * m->bank_wh;
	m->load_w = by_hour(load_by_hour, m->time_s) * LOAD_PER_WH * m->bank_wh;
	model_grid_init(&m->grid, s);
	model_step(m, MODEL_QUANTUM_S);
}

double model_of_day_s(const struct model *m)
{
	return fmod(m->time_s, DAY_S);
}

double model_sun_height(const struct model *m)
{
	return sun_height(m->time_s);
}

double model_true_soc(const struct model_pack *p)
{
	double least = 1;

	for (size_t i = 0; i < p->n_cells; i++)
		least = fmin(least, p->cell[i].charge_ah / p->cell[i].capacity_ah);
	return least * 100;
}

void model_force_sun(struct model *m, double w)
{
	m->sun_forced = w >= 0;
	m->sun_w = fmax(w, 0);
}

void model_force_load(struct model *m, double w)
{
	m->load_forced = w >= 0;
	m->load_w = fmax(w, 0);
}
