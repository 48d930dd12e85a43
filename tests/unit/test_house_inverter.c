/*
 * The energy of the simulated house must add up, and its inverters' registers must say what is
 * true, in the places and scales of the register sheet: expectations here are written by hand.
 */
#include "house.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define HOUR_MS	   3600000ll
#define DAY_MS	   (24 * HOUR_MS)
#define QUANTUM_MS 250
#define START_MS                                                                                   \
	1760043600000ll /* 2025-10-10 00:00 in Kyiv; a day of 25 hours follows on the 26th */

static struct house *new_house(const char *spec)
{
	struct house_options o = house_defaults;
	struct house *h = calloc(1, sizeof(*h));
	char error[HOUSE_ERROR_MAX] = "";

	assert_non_null(h);
	if (!house_options_spec(&o, spec, error) || !house_options_check(&o, error))
		fail_msg("%s", error);
	house_init_at(h, &o, 0, START_MS);
	return h;
}

static void pass(struct house *h, int64_t ms, int64_t step_ms)
{
	for (int64_t end = h->last_ms + ms; h->last_ms < end;)
		house_advance(h, h->last_ms + step_ms);
}

/* Reads one register the way a client does. */
static uint16_t reg(struct house *h, size_t number, uint16_t at)
{
	uint16_t v[INV_READ_MAX];

	assert_int_equal(inv_read(&h->inverter[number], &h->model, h->wall_ms, at, 1, v), 0);
	return v[0];
}

static double s16(struct house *h, size_t number, uint16_t at)
{
	return (int16_t)reg(h, number, at);
}

static double u32(struct house *h, size_t number, uint16_t lo, uint16_t hi)
{
	return reg(h, number, lo) + 65536.0 * reg(h, number, hi);
}

static double s32(struct house *h, size_t number, uint16_t lo, uint16_t hi)
{
	return (int32_t)(reg(h, number, lo) | (uint32_t)reg(h, number, hi) << 16);
}

static void near(double got, double want, double by)
{
	if (fabs(got - want) > by)
		fail_msg("%g is not %g within %g", got, want, by);
}

/* ---- physics ---- */

static void check_balance(const struct model *m)
{
	const struct model_flow *f = &m->flow;
	double through = f->dc_pv_w + fmax(0, -f->battery_w);
	double loss = m->plant.hybrid && !f->dark ? 60 + 0.03 * through : 0;

	near(f->dc_pv_w + f->ac_pv_w + f->grid_w - f->battery_w - f->load_w - f->loss_w, 0, 1e-6);
	if (!f->dark)
		near(f->loss_w, loss, 1);
	assert_true(f->load_w >= 0 && f->apart_w >= 0 && f->apart_w <= f->load_w);
	assert_true(f->dc_pv_w >= 0 && f->ac_pv_w >= 0);
	assert_true(f->dc_pv_w <= m->sun_w + 1e-6 || m->plant.ac_pv_peak_w > 0);
	assert_true(m->grid.joined || (f->grid_w == 0 && f->ac_pv_w == 0 && f->apart_w == 0));
	assert_true(m->grid.present || (m->grid.hz == 0 && m->grid.volts[0] == 0));
	if (m->plant.hybrid)
		near(f->inside_w, f->grid_w + f->ac_pv_w - f->apart_w, 1e-6);
}

static const char *const houses[] = {
	"seed=1 packs=1",
	"seed=2 family=hybrid1p packs=1 ct=off",
	"seed=3 sell=off soc=97 packs=1",
	"seed=4 family=mixed inverters=5 packs=1",
	"seed=5 family=string inverters=2 packs=1",
	"seed=6 inverters=0 packs=1",
	"seed=7 soc=2 packs=1 outages=00:00-23:59",
	"seed=8 family=hybrid3p_hv packs=2 soc=30 outages=22:00-06:00",
};

static void test_every_quantum_adds_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(houses) / sizeof(houses[0]); i++) {
		struct house *h = new_house(houses[i]);

		for (int q = 0; q < 4 * 86400; q++) {
			model_step(&h->model, MODEL_QUANTUM_S);
			check_balance(&h->model);
		}
		free(h);
	}
}

static void test_energy_is_the_integral(void **state)
{
	struct house *h = new_house("seed=1 packs=2 speed=30 start=15:10");
	double pv = 0, load = 0, import = 0, export = 0, charge = 0, discharge = 0;
	const double *wh = h->truth.total_wh;

	(void)state;
	/* a quantum is 8.33 ms of the wall; several of them are one step of it */
	for (int i = 0; i < 20000; i++) {
		const struct model_flow *f = &h->model.flow;
		unsigned before = h->model.quanta;

		house_advance(h, h->last_ms + 25);
		assert_in_range(h->model.quanta - before, 2, 4);
		pv += (f->dc_pv_w + f->ac_pv_w) * 25 / HOUR_MS;
		load += f->load_w * 25 / HOUR_MS;
		import += fmax(0, f->grid_w) * 25 / HOUR_MS;
		export += fmax(0, -f->grid_w) * 25 / HOUR_MS;
		charge += fmax(0, f->battery_w) * 25 / HOUR_MS;
		discharge += fmax(0, -f->battery_w) * 25 / HOUR_MS;
	}
	assert_true(pv > 100 && load > 100 && discharge > 20 && charge > 20);
	near(wh[MODEL_PV], pv, 0.001 * pv);
	near(wh[MODEL_LOAD], load, 0.001 * load);
	near(wh[MODEL_IMPORT], import, 0.001 * pv);
	near(wh[MODEL_EXPORT], export, 0.001 * pv);
	near(wh[MODEL_CHARGE], charge, 0.002 * charge);
	near(wh[MODEL_DISCHARGE], discharge, 0.002 * charge);
	free(h);
}

/* Energy counts the wall's seconds, not the model's. */
static void test_energy_takes_the_walls_time(void **state)
{
	struct house *h = new_house("seed=1 speed=100 outages=none");

	(void)state;
	model_force_sun(&h->model, 3000);
	model_force_load(&h->model, 2000);
	pass(h, 360000, 50);
	near(h->truth.total_wh[MODEL_PV], 300, 0.5);
	free(h);
}

static void test_no_energy_is_lost_in_a_pause(void **state)
{
	struct house *h = new_house("seed=1 outages=none");

	(void)state;
	model_force_sun(&h->model, 3600);
	pass(h, 1000, 250);
	house_advance(h, h->last_ms + 599000);
	near(h->truth.total_wh[MODEL_PV], 600, 1);
	free(h);
}

static void test_an_outage(void **state)
{
	struct house *h = new_house("seed=1 start=11:59");
	const struct model *m = &h->model;
	double load;

	(void)state;
	pass(h, 59000, QUANTUM_MS);
	assert_true(m->grid.present && m->grid.joined);
	near(m->grid.volts[1], 228, 8);
	near(m->grid.hz, 50, 0.05);
	assert_int_equal(reg(h, 0, 552), 7);
	load = m->flow.load_w;
	pass(h, 3000, QUANTUM_MS);
	assert_true(!m->grid.present && !m->grid.joined && !m->flow.dark);
	assert_int_equal(reg(h, 0, 598), 0);
	assert_int_equal(reg(h, 0, 609), 0);
	assert_int_equal(reg(h, 0, 552), 3);
	assert_int_equal(reg(h, 0, 627), 2300);
	assert_int_equal(reg(h, 0, 638), 5000);
	assert_int_equal(reg(h, 0, 500), 2);
	near(m->flow.load_w, 0.9 * load, 0.06 * load); /* what is wired before it is dark */
	free(h);
	h = new_house("seed=1 start=15:59 outages=15:00-16:00");
	m = &h->model;
	pass(h, 62000, QUANTUM_MS);
	assert_true(m->grid.present && !m->grid.joined);
	near(reg(h, 0, 598) * 0.1, 228, 8);
	near(reg(h, 0, 609) * 0.01, 50, 0.05);
	assert_int_equal(reg(h, 0, 552), 3);
	pass(h, 57000, QUANTUM_MS);
	assert_false(m->grid.joined);
	pass(h, 3000, QUANTUM_MS);
	assert_true(m->grid.joined);
	free(h);
}

static void test_the_timetable(void **state)
{
	struct house *h = new_house("outages=23:00-01:00,10:30-10:31 start=22:59 reconnect=0 "
				    "speed=60 packs=1 cells=2");

	(void)state;
	assert_true(h->model.grid.present);
	pass(h, 2000, 100);
	assert_false(h->model.grid.present);
	pass(h, 118000, 100);
	assert_false(h->model.grid.present);
	pass(h, 2000, 100);
	assert_true(h->model.grid.joined);
	h->model.grid.mode = MODEL_GRID_OFF;
	pass(h, 100, 100);
	assert_false(h->model.grid.present);
	h->model.grid.mode = MODEL_GRID_ON;
	pass(h, 22 * 60000, 100);
	assert_true(h->model.grid.present);
	free(h);
}

static void test_a_dip_is_no_outage(void **state)
{
	struct house *h = new_house("seed=1 family=hybrid1p outages=none");

	(void)state;
	pass(h, 2000, QUANTUM_MS);
	house_dip(h, 170, 10);
	pass(h, 2000, QUANTUM_MS);
	near(reg(h, 0, 150) * 0.1, 170, 1);
	near(reg(h, 0, 79) * 0.01, 50, 0.05);
	assert_int_equal(reg(h, 0, 194), 1);
	pass(h, 10000, QUANTUM_MS);
	near(reg(h, 0, 150) * 0.1, 228, 8);
	free(h);
}

/* Long stretches with the grid there and nothing flowing: no client may take that for an outage. */
static void test_nothing_flows_for_hours(void **state)
{
	static const char *const specs[] = { "seed=1 packs=1 outages=none",
					     "seed=1 packs=1 outages=none ct=off" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct house *h = new_house(specs[i]);
		unsigned run = 0, longest = 0;

		for (int q = 0; q < 4 * 86400; q++) {
			model_step(&h->model, MODEL_QUANTUM_S);
			run = h->model.grid.joined && h->model.flow.grid_w == 0 ? run + 1 : 0;
			longest = run > longest ? run : longest;
		}
		assert_true(longest > 4 * 3 * 3600);
		free(h);
	}
}

static void test_the_bank_gives_out(void **state)
{
	struct house *h = new_house("seed=9 packs=1 soc=4 family=hybrid1p outages=00:00-23:59");
	const struct model_flow *f = &h->model.flow;

	(void)state;
	model_force_sun(&h->model, 0);
	model_force_load(&h->model, 3000);
	for (int i = 0; i < 7200 && !f->dark; i++)
		model_step(&h->model, 1);
	assert_true(f->dark);
	assert_true(h->model.pack[0].bms.alarms & 1u << MODEL_ALARM_CELL_UV);
	near(f->load_w, 0, 0);
	assert_int_equal(reg(h, 0, 59), 4);
	assert_int_equal(reg(h, 0, 106), 1u << (55 - 48));
	assert_int_equal(reg(h, 0, 157), 0);
	/* the sun alone carries what it can */
	model_force_sun(&h->model, 1000);
	model_step(&h->model, 5);
	assert_false(f->dark);
	near(f->dc_pv_w, 1000, 1);
	near(f->load_w, 1000 - 60 - 30, 2);
	assert_true(h->model.grid.mode == MODEL_GRID_AUTO);
	h->model.grid.mode = MODEL_GRID_ON;
	model_step(&h->model, 70);
	assert_true(f->load_w > 2500 && f->grid_w > 1000);
	free(h);
}

static void test_a_full_bank(void **state)
{
	struct house *h = new_house("seed=1 packs=1 soc=100 outages=12:00-12:30 start=11:50");
	const struct model_flow *f = &h->model.flow;

	(void)state;
	model_force_sun(&h->model, 6000);
	model_force_load(&h->model, 1000);
	model_step(&h->model, 300);
	near(f->dc_pv_w, 6000, 1);
	assert_true(f->grid_w < -3000);
	h->model.plant.sell = false;
	model_step(&h->model, 1);
	assert_true(f->grid_w == 0 && f->dc_pv_w < 2500);
	model_step(&h->model, 600); /* and in an outage */
	assert_true(!h->model.grid.present && f->dc_pv_w < 2500 && f->load_w > 700);
	free(h);
}

static void test_below_its_reserve_the_grid_feeds(void **state)
{
	struct house *h = new_house("seed=1 packs=1 soc=15 start=01:00 outages=02:00-03:00");
	const struct model_flow *f = &h->model.flow;

	(void)state;
	model_step(&h->model, 60);
	assert_true(f->grid_w > 100);
	near(f->battery_w, 0, 1);
	model_step(&h->model, 3600);
	assert_true(!h->model.grid.present && f->battery_w < -100);
	free(h);
}

static void test_without_hybrids_the_packs_idle(void **state)
{
	struct house *h = new_house("seed=1 family=string inverters=2 packs=2 start=11:00");
	const struct model *m = &h->model;
	double amps;

	(void)state;
	pass(h, 60000, QUANTUM_MS);
	amps = m->pack[0].current_a + m->pack[1].current_a;
	near(amps, 0, 0.01);
	near(m->flow.ac_pv_w + m->flow.grid_w, m->flow.load_w, 1e-6);
	assert_true(m->flow.ac_pv_w > 2000 && m->flow.ac_pv_w < 10000);
	pass(h, 3600000, QUANTUM_MS); /* noon: no grid, no sun, no light */
	assert_true(!m->grid.present && m->flow.dark);
	assert_true(m->flow.ac_pv_w == 0 && m->flow.load_w == 0);
	assert_int_equal(reg(h, 0, 59), 4);
	assert_int_equal(reg(h, 0, 105), 4); /* F35 */
	free(h);
}

/* ---- registers ---- */

/* A house at rest: nothing that is compared here moves between the flow and the register. */
static struct house *posed(const char *spec, double sun_w, double load_w)
{
	struct house *h = new_house(spec);

	model_force_sun(&h->model, sun_w);
	model_force_load(&h->model, load_w);
	pass(h, 30000, QUANTUM_MS);
	return h;
}

static void check_identity(struct house *h, size_t k, uint16_t rated, uint16_t mppt, double watts)
{
	char serial[11] = "";

	for (size_t i = 0; i < 5; i++) {
		uint16_t w = reg(h, k, (uint16_t)(3 + i));

		serial[2 * i] = (char)(w >> 8);
		serial[2 * i + 1] = (char)w;
	}
	assert_int_equal(strspn(serial, "0123456789"), 10);
	assert_string_equal(serial, h->inverter[k].serial);
	assert_int_equal(reg(h, k, 1), 1);
	near(u32(h, k, rated, rated + 1) * 0.1, watts, 0.01);
	assert_true(reg(h, k, mppt) >= 257);
}

static void test_hybrid1p(void **state)
{
	struct house *h = posed("seed=3 family=hybrid1p packs=2 outages=none soc=60", 4000, 1500);
	const struct model_flow *f = &h->model.flow;
	double inverter, pv;

	(void)state;
	check_identity(h, 0, 16, 18, 6000);
	assert_int_equal(reg(h, 0, 0), 3);
	assert_int_equal(reg(h, 0, 18), 0x0201);
	assert_int_equal(reg(h, 0, 59), 2);
	pv = reg(h, 0, 186) + reg(h, 0, 187);
	near(pv, 4000, 2);
	near(reg(h, 0, 109) * 0.1 * reg(h, 0, 110) * 0.1, reg(h, 0, 186), 20);
	near(reg(h, 0, 111) * 0.1 * reg(h, 0, 112) * 0.1, reg(h, 0, 187), 20);
	near(s16(h, 0, 190), -f->battery_w, 1);
	assert_true(s16(h, 0, 190) < -2000); /* charging is negative */
	near(reg(h, 0, 183) * 0.01, h->model.bus_v, 0.01);
	near(s16(h, 0, 191) * 0.01, s16(h, 0, 190) / (reg(h, 0, 183) * 0.01), 0.05);
	near(reg(h, 0, 184), 60, 2);
	near((reg(h, 0, 182) - 1000.0) * 0.1, 21, 4);
	/* the house is at zero with the grid, so the inverter feeds what stands before it */
	assert_true(f->grid_w == 0);
	assert_int_equal(reg(h, 0, 172), 0);
	near(s16(h, 0, 169), -f->apart_w, 1);
	near(f->apart_w, 0.1 * f->load_w, 0.01);
	near(s16(h, 0, 172) - s16(h, 0, 169), f->apart_w, 1);
	near(s16(h, 0, 178), 0.9 * f->load_w, 1);
	inverter = s16(h, 0, 175);
	near(s16(h, 0, 178), inverter + s16(h, 0, 169), 2);
	near(pv + s16(h, 0, 169) + s16(h, 0, 190), s16(h, 0, 178) + f->loss_w, 4);
	near(reg(h, 0, 150) * 0.1, h->model.grid.volts[0], 0.06);
	assert_int_equal(reg(h, 0, 151), 0);
	near(s16(h, 0, 160) * 0.01, s16(h, 0, 169) / (reg(h, 0, 150) * 0.1), 0.02);
	near(s16(h, 0, 164) * 0.01, inverter / (reg(h, 0, 154) * 0.1), 0.02);
	near(reg(h, 0, 79) * 0.01, 50, 0.06);
	near(reg(h, 0, 192) * 0.01, 50, 0.06);
	assert_int_equal(reg(h, 0, 194), 1);
	assert_int_equal(reg(h, 0, 244), 2);
	assert_int_equal(reg(h, 0, 247), 1);
	assert_int_equal(reg(h, 0, 282), 60);
	near(reg(h, 0, 312) * 0.01, 16 * 3.45, 0.01);
	near(reg(h, 0, 316), reg(h, 0, 184), 0);
	near(s16(h, 0, 318), f->battery_w / h->model.bus_v, 0.6); /* a BMS says + for charging */
	assert_int_equal(reg(h, 0, 166), 0);
	free(h);
}

static void test_signs(void **state)
{
	struct house *h = posed("seed=3 family=hybrid1p packs=2 outages=none soc=60", 0, 3000);

	(void)state;
	assert_true(s16(h, 0, 190) > 2900 && s16(h, 0, 191) > 5000); /* discharging */
	assert_true(s16(h, 0, 318) < -50);
	free(h);
	h = posed("seed=3 packs=1 outages=none soc=100", 6000, 500);
	assert_true(s32(h, 0, 619, 708) < -3000); /* export */
	assert_int_equal(reg(h, 0, 708), 0xFFFF);
	assert_true(s32(h, 0, 619, 708) + s16(h, 0, 590) > -6000);
	free(h);
	h = new_house("seed=1 packs=1 soc=15 start=01:00 outages=none");
	pass(h, 10000, QUANTUM_MS);
	assert_true(s32(h, 0, 619, 708) > 100); /* import */
	free(h);
}

static void test_hybrid1p_big_ones_count_otherwise(void **state)
{
	struct house *h =
		posed("seed=3 family=hybrid1p rated=12000 packs=2 outages=none soc=60", 2000, 6000);
	const struct model_flow *f = &h->model.flow;

	(void)state;
	check_identity(h, 0, 16, 18, 12000);
	assert_int_equal(reg(h, 0, 18), 0x0301);
	near(s16(h, 0, 178) * 10, 0.9 * f->load_w, 6);
	near(s16(h, 0, 169) * 10, -0.1 * f->load_w, 6);
	near(s16(h, 0, 175), f->output_w, 1);
	near(s16(h, 0, 190), -f->battery_w, 1);
	near(s16(h, 0, 191) * 0.1, -f->battery_w / h->model.bus_v, 0.1);
	near(reg(h, 0, 186) + reg(h, 0, 187) + reg(h, 0, 188), 2000, 2);
	free(h);
}

static void test_hybrid3p_lv(void **state)
{
	struct house *h = posed("seed=3 packs=4 outages=none soc=60", 9000, 4000);
	const struct model_flow *f = &h->model.flow;
	double sum = 0;

	(void)state;
	check_identity(h, 0, 20, 22, 20000);
	assert_int_equal(reg(h, 0, 0), 5);
	assert_int_equal(reg(h, 0, 22), 0x0203);
	near(reg(h, 0, 672) + reg(h, 0, 673), 9000, 2);
	near(reg(h, 0, 676) * 0.1 * reg(h, 0, 677) * 0.1, reg(h, 0, 672), 30);
	near(s16(h, 0, 590), -f->battery_w, 1);
	near(reg(h, 0, 587) * 0.01, h->model.bus_v, 0.01);
	near(s16(h, 0, 591) * 0.01, -f->battery_w / h->model.bus_v, 0.02);
	near(reg(h, 0, 588), 60, 2);
	near((reg(h, 0, 586) - 1000.0) * 0.1, 21, 4);
	assert_int_equal(reg(h, 0, 619), 0);
	near(s32(h, 0, 607, 703), -f->apart_w, 1);
	assert_int_equal(reg(h, 0, 703), 0xFFFF);
	assert_int_equal(reg(h, 0, 625), 0);
	near(s32(h, 0, 636, 694), f->output_w, 1);
	near(s32(h, 0, 643, 699), f->load_w - f->apart_w, 1);
	near(s32(h, 0, 653, 659), f->load_w, 1);
	for (uint16_t p = 0; p < 3; p++) {
		double w = s32(h, 0, 633 + p, 691 + p), v = reg(h, 0, 627 + p) * 0.1;

		sum += w;
		near(s16(h, 0, 630 + p) * 0.01, w / v, 0.02);
		near(reg(h, 0, 598 + p) * 0.1, h->model.grid.volts[p], 0.06);
		near(reg(h, 0, 644 + p) * 0.1, v, 0.06);
		assert_true(s32(h, 0, 650 + p, 656 + p) > 500);
	}
	near(sum, f->output_w, 2);
	near(reg(h, 0, 540) - 1000.0, 350, 150);
	near(reg(h, 0, 214), reg(h, 0, 588), 0);
	near(reg(h, 0, 215), reg(h, 0, 587), 0);
	near(s16(h, 0, 216), f->battery_w / h->model.bus_v, 0.6);
	assert_int_equal(reg(h, 0, 245), 0xFFFF); /* no second battery */
	assert_int_equal(reg(h, 0, 500), 2);
	assert_int_equal(reg(h, 0, 142), 2);
	free(h);
}

static void test_hybrid3p_hv(void **state)
{
	struct house *h =
		posed("seed=3 family=hybrid3p_hv packs=4 outages=none soc=60", 9000, 4000);
	const struct model_flow *f = &h->model.flow;
	double volts = 8 * h->model.bus_v;

	(void)state;
	assert_int_equal(reg(h, 0, 0), 6);
	near(10.0 * (reg(h, 0, 672) + reg(h, 0, 673) + reg(h, 0, 674) + reg(h, 0, 675)), 9000, 20);
	near(10 * s16(h, 0, 590), -f->battery_w, 6);
	near(reg(h, 0, 587) * 0.1, volts, 0.1);
	near(s16(h, 0, 591) * 0.01, -f->battery_w / volts, 0.02);
	near(s16(h, 0, 216) * 0.1, f->battery_w / volts, 0.1);
	near(s32(h, 0, 636, 694), f->output_w, 1); /* in W here too */
	near(reg(h, 0, 100) * 0.1, 448, 0.1);
	assert_int_equal(reg(h, 0, 143), 2000);
	free(h);
}

static void test_old_firmware_has_no_high_words(void **state)
{
	struct house *h = posed("seed=3 packs=1 outages=none soc=100 firmware=old", 6000, 500);

	(void)state;
	assert_int_equal(reg(h, 0, 708), 0);
	assert_true(s16(h, 0, 619) < -3000);
	free(h);
}

static void test_without_a_clamp(void **state)
{
	struct house *h =
		posed("seed=3 family=hybrid1p packs=1 outages=none soc=100 ct=off", 5000, 1000);
	const struct model_flow *f = &h->model.flow;

	(void)state;
	assert_true(f->grid_w < -2000 && f->apart_w == 0);
	assert_int_equal(reg(h, 0, 172), 0);
	assert_int_equal(reg(h, 0, 162), 0);
	assert_int_equal(reg(h, 0, 244), 1);
	near(s16(h, 0, 169), f->grid_w, 1);
	near(s16(h, 0, 178), f->load_w, 1);
	free(h);
}

static void test_string(void **state)
{
	struct house *h = posed("seed=3 family=string packs=1 outages=none", 3000, 1200);
	const struct model_flow *f = &h->model.flow;

	(void)state;
	check_identity(h, 0, 16, 18, 5000);
	assert_int_equal(reg(h, 0, 0), 2);
	near(u32(h, 0, 86, 87) * 0.1, 3000, 0.1);
	near(u32(h, 0, 80, 81) * 0.1, 3000, 0.1);
	near(u32(h, 0, 82, 83) * 0.1, 3000 / 0.975, 0.1);
	near(reg(h, 0, 109) * reg(h, 0, 110) * 0.01 + reg(h, 0, 111) * reg(h, 0, 112) * 0.01,
	     3000 / 0.975, 40);
	near(reg(h, 0, 73) * 0.1, h->model.grid.volts[0], 0.06);
	assert_int_equal(reg(h, 0, 70), reg(h, 0, 73)); /* a single phase */
	assert_int_equal(reg(h, 0, 74), 0);
	near(s16(h, 0, 76) * 0.1, 3000 / h->model.grid.volts[0], 0.06);
	near(s32(h, 0, 198, 199), f->load_w, 1);
	near(s32(h, 0, 203, 204), -1800, 1);
	assert_int_equal(reg(h, 0, 204), 0xFFFF);
	assert_int_equal(reg(h, 0, 91), 0); /* no such sensor */
	free(h);
	h = posed("seed=3 family=string rated=15000 packs=1 outages=none ct=off", 9000, 1200);
	assert_int_equal(reg(h, 0, 18), 0x0203);
	near(reg(h, 0, 70) * 0.1, 228 * sqrt(3), 12);
	assert_int_equal(reg(h, 0, 203), 0); /* no meter */
	free(h);
}

static void test_micro(void **state)
{
	struct house *h = posed("seed=3 family=micro inverters=2 packs=1 outages=none", 900, 1200);

	(void)state;
	check_identity(h, 0, 16, 18, 800);
	assert_int_equal(reg(h, 0, 0), 4);
	assert_int_equal(reg(h, 1, 0), 0x0400);
	near(u32(h, 0, 86, 87) * 0.1 + u32(h, 1, 86, 87) * 0.1, 900, 0.3);
	near((reg(h, 0, 90) - 1000.0) * 0.01, 40, 15);
	near(reg(h, 0, 109) * 0.1, 42, 6);
	/* as real ones that work */
	assert_int_equal(reg(h, 0, 59), 4);
	assert_int_equal(reg(h, 1, 59), 4);
	assert_int_equal(reg(h, 0, 101), 2);
	assert_int_equal(reg(h, 0, 102), 29);
	assert_int_equal(reg(h, 1, 103) | reg(h, 1, 104) | reg(h, 1, 105) | reg(h, 1, 106), 0);
	free(h);
}

static void test_no_sun_no_answer(void **state)
{
	struct house *h = new_house("family=mixed inverters=5 packs=1 start=02:00 outages=none");

	(void)state;
	for (size_t k = 0; k < 5; k++)
		assert_int_equal(inv_asleep(&h->inverter[k], &h->model), k >= 3);
	model_force_sun(&h->model, 500);
	for (size_t k = 0; k < 5; k++)
		assert_false(inv_asleep(&h->inverter[k], &h->model));
	h->inverter[0].sleep = INV_SLEEP_ON;
	assert_true(inv_asleep(&h->inverter[0], &h->model));
	free(h);
}

static void test_several_share_the_house(void **state)
{
	struct house *h = posed("seed=3 inverters=3 packs=4 outages=none soc=60", 9000, 6000);
	const struct model_flow *f = &h->model.flow;
	double pv = 0, battery = 0, inside = 0, backup = 0;

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		pv += reg(h, k, 672) + reg(h, k, 673);
		battery += s16(h, k, 590);
		inside += s32(h, k, 607, 703);
		backup += s32(h, k, 643, 699);
		assert_int_equal(reg(h, k, 142), k ? 1 : 2);
	}
	near(pv, 9000, 4);
	near(battery, -f->battery_w, 2);
	near(inside, f->inside_w, 2);
	near(backup, f->load_w - f->apart_w, 2);
	near(s32(h, 0, 653, 659), f->load_w - 2 * (f->load_w - f->apart_w) / 3, 2);
	assert_int_equal(reg(h, 1, 619), 0);
	assert_string_not_equal(h->inverter[0].serial, h->inverter[1].serial);
	free(h);
}

static void test_codes(void **state)
{
	static const uint16_t turns[] = { 0x0006, 0x0007, 0x0600, 0x0008, 0x0601, 0x0602, 0x0006 };
	struct house *h = new_house("family=hybrid3p_hv inverters=7 packs=1");

	(void)state;
	for (size_t k = 0; k < 7; k++)
		assert_int_equal(reg(h, k, 0), turns[k]);
	free(h);
	h = new_house("family=hybrid1p code=0x0200 packs=1");
	assert_int_equal(reg(h, 0, 0), 0x0200);
	free(h);
}

static void test_what_is_served(void **state)
{
	static const struct {
		const char *family;
		uint16_t first, count;
		int answer;
	} reads[] = {
		{ "hybrid1p", 0, 125, 0 },
		{ "hybrid1p", 390, 20, 0 }, /* touches what is there */
		{ "hybrid1p", 400, 10, INV_BAD_ADDRESS },
		{ "hybrid1p", 603, 1, INV_BAD_ADDRESS },
		{ "hybrid1p", 150, 126, INV_BAD_VALUE },
		{ "hybrid1p", 150, 0, INV_BAD_VALUE },
		{ "hybrid3p_lv", 586, 98, 0 },
		{ "hybrid3p_lv", 10002, 1, INV_BAD_ADDRESS },
		{ "string", 198, 13, 0 },
		{ "string", 250, 1, INV_BAD_ADDRESS },
		{ "micro", 1, 125, 0 },
		{ "micro", 65535, 125, INV_BAD_ADDRESS },
	};
	uint16_t v[INV_READ_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		char spec[64];
		struct house *h;

		snprintf(spec, sizeof(spec), "packs=1 family=%s", reads[i].family);
		h = new_house(spec);
		assert_int_equal(inv_read(&h->inverter[0], &h->model, h->wall_ms, reads[i].first,
					  reads[i].count, v),
				 reads[i].answer);
		free(h);
	}
}

static void test_settings_are_kept(void **state)
{
	struct house *h = new_house("family=hybrid1p packs=1");
	struct inv *v = &h->inverter[0];
	const uint16_t soc[] = { 33, 44 };
	const uint16_t clock[] = { 25 << 8 | 10, 10 << 8 | 7, 30 << 8 | 15 };

	(void)state;
	assert_int_equal(inv_write(v, h->wall_ms, 268, 2, soc), 0);
	assert_int_equal(reg(h, 0, 268), 33);
	assert_int_equal(reg(h, 0, 269), 44);
	assert_int_equal(inv_write(v, h->wall_ms, 184, 1, soc), INV_BAD_ADDRESS);
	assert_int_equal(inv_write(v, h->wall_ms, 22, 1, clock), INV_BAD_VALUE);
	assert_int_equal(inv_write(v, h->wall_ms, 22, 3, clock), 0);
	assert_int_equal(reg(h, 0, 23), clock[1]);
	assert_int_equal(v->drift_ms, 7 * HOUR_MS + 30 * 60000 + 15000);
	free(h);
}

static void test_the_clock_follows_the_wall(void **state)
{
	struct house *h = new_house("packs=1 cells=2 speed=1 start=03:00");

	(void)state;
	pass(h, 13 * HOUR_MS + 5 * 60000, 5000);
	assert_int_equal(reg(h, 0, 62), 25 << 8 | 10);
	assert_int_equal(reg(h, 0, 63), 10 << 8 | 13);
	assert_int_equal(reg(h, 0, 64), 5 << 8 | 0);
	h->inverter[0].drift_ms = -65000;
	assert_int_equal(reg(h, 0, 64), 3 << 8 | 55);
	free(h);
}

static void test_the_packs_area(void **state)
{
	struct house *h = new_house("packs=2 pack-area=on");

	(void)state;
	assert_int_equal(reg(h, 0, 10002), 2);
	near(reg(h, 0, 10040) * 0.1, h->model.pack[0].bms.pack_v, 0.06);
	near(reg(h, 0, 10040 + 38) * 0.1, h->model.pack[1].bms.pack_v, 0.06);
	near(reg(h, 0, 10047 + 38) * 0.1,
	     100 * h->model.pack[1].bms.counted_ah / h->model.pack[1].bms.full_ah, 0.06);
	near(reg(h, 0, 10054) * 0.001, h->model.pack[0].bms.cell_v[0], 0.05);
	assert_int_equal(reg(h, 0, 10032) >> 8, '2');
	free(h);
	h = new_house("packs=2 pack-area=garbage");
	assert_true(reg(h, 0, 10048) > 1100 || reg(h, 0, 10047) > 1000 || reg(h, 0, 10040) > 700);
	free(h);
}

static void test_faults_and_warnings(void **state)
{
	struct house *h = new_house("family=hybrid1p packs=1");
	struct inv *v = &h->inverter[0];

	(void)state;
	v->warnings = 1u << 30;
	assert_int_equal(reg(h, 0, 102), 1u << 14);
	assert_int_equal(reg(h, 0, 59), 3);
	v->faults = 1ull << 63 | 1;
	assert_int_equal(reg(h, 0, 103), 1);
	assert_int_equal(reg(h, 0, 106), 0x8000);
	assert_int_equal(reg(h, 0, 59), 4);
	free(h);
}

/* ---- counters ---- */

struct counted {
	uint16_t day, lo, hi;
	enum model_meter meter;
};

static const struct counted of_1p[] = {
	{ 108, 96, 97, MODEL_PV },    { 84, 85, 86, MODEL_BACKUP }, { 76, 78, 80, MODEL_IMPORT },
	{ 77, 81, 82, MODEL_EXPORT }, { 70, 72, 73, MODEL_CHARGE }, { 71, 74, 75, MODEL_DISCHARGE },
};
static const struct counted of_3p[] = {
	{ 529, 534, 535, MODEL_PV },	 { 526, 527, 528, MODEL_LOAD },
	{ 520, 522, 523, MODEL_IMPORT }, { 521, 524, 525, MODEL_EXPORT },
	{ 514, 516, 517, MODEL_CHARGE }, { 515, 518, 519, MODEL_DISCHARGE },
};

static void check_day(struct house *h, const struct counted *c, size_t n)
{
	const struct house_day *d = house_truth_day(h, 0);

	for (size_t i = 0; i < n; i++)
		assert_in_range(lround(d->wh[c[i].meter]) - 100 * reg(h, 0, c[i].day), 0, 100);
}

/* Thirty days, one of 25 hours: day by day and in total the counters are the truth, cut to 0.1. */
static void count_a_month(const char *spec, const struct counted *c, size_t n)
{
	struct house *h = new_house(spec);
	double before[8];

	for (size_t i = 0; i < n; i++)
		before[i] = u32(h, 0, c[i].lo, c[i].hi);
	for (int day = 0; day < 30; day++) {
		struct house_civil today = { 0 };

		house_civil_follow(&today, h->wall_ms + 1000);
		while (h->wall_ms < today.end_ms - 2500)
			house_advance(h, h->last_ms + 2500);
		check_day(h, c, n);
		assert_int_equal(house_truth_day(h, 0)->day, today.day);
		pass(h, 2500, 2500);
	}
	assert_int_equal(h->wall_ms, START_MS + 30 * DAY_MS + HOUR_MS);
	assert_int_equal(h->truth.n_days, 30);
	for (size_t i = 0; i < n; i++) {
		double truth = h->truth.total_wh[c[i].meter];

		near((u32(h, 0, c[i].lo, c[i].hi) - before[i]) * 100, truth, 100);
		assert_true(truth > 5000);
	}
	free(h);
}

static void test_a_month_of_counters(void **state)
{
	(void)state;
	count_a_month("seed=5 packs=1 family=hybrid1p soc=85 speed=0.1", of_1p, 6);
	count_a_month("seed=6 packs=1 soc=85 speed=0.1", of_3p, 6);
}

static void test_a_strings_counters(void **state)
{
	struct house *h = new_house("seed=5 packs=1 family=string inverters=2 outages=none");
	double before = u32(h, 0, 63, 64), own;

	(void)state;
	model_force_sun(&h->model, 4000);
	pass(h, 3 * HOUR_MS, 1000);
	own = h->truth.total_wh[MODEL_PV] / 2;
	near(own, 6000, 1);
	near(reg(h, 0, 60) * 100.0, own, 100);
	near((u32(h, 0, 63, 64) - before) * 100, own, 100);
	near(reg(h, 0, 62), 180, 1);
	near(reg(h, 0, 200) * 10.0, h->truth.total_wh[MODEL_LOAD], 10);
	near(reg(h, 0, 205) * 10.0, h->truth.total_wh[MODEL_EXPORT], 10);
	free(h);
	h = new_house("seed=5 packs=1 family=micro outages=none");
	model_force_sun(&h->model, 800);
	pass(h, 2 * HOUR_MS, 1000);
	near(reg(h, 0, 60) * 100.0, 1600, 100);
	near((reg(h, 0, 65) + reg(h, 0, 66)) * 100.0, 1600, 200);
	near(100 * (u32(h, 0, 69, 70) + u32(h, 0, 71, 72)), 100 * u32(h, 0, 63, 64), 200);
	free(h);
}

/* An hour before midnight, with 3 kW of sun. */
static struct house *late_house(const char *more)
{
	char spec[160];
	struct house *h;

	snprintf(spec, sizeof(spec), "seed=5 packs=1 outages=none %s", more);
	h = new_house(spec);
	house_set_wall(h, START_MS + 23 * HOUR_MS);
	model_force_sun(&h->model, 3000);
	pass(h, HOUR_MS - 60000, 1000);
	assert_int_equal(reg(h, 0, 108), 29);
	return h;
}

static void test_counters_and_midnight(void **state)
{
	struct house *h = late_house("family=hybrid1p");

	(void)state;
	pass(h, 62000, 1000);
	assert_int_equal(reg(h, 0, 108), 0);
	free(h);
	h = late_house("family=hybrid1p");
	h->inverter[0].drift_ms = -600000; /* its midnight is ten minutes late */
	pass(h, 600000, 1000);
	assert_int_equal(reg(h, 0, 108), 34);
	pass(h, 120000, 1000);
	assert_int_equal(reg(h, 0, 108), 0);
	free(h);
	h = late_house("family=hybrid1p");
	h->inverter[0].midnight_ms = 300000;
	pass(h, 300000, 1000);
	assert_int_equal(reg(h, 0, 108), 32);
	assert_int_equal(reg(h, 0, 23) & 0xFF, 0); /* while its clock shows the new day */
	pass(h, 120000, 1000);
	assert_int_equal(reg(h, 0, 108), 0);
	free(h);
	h = late_house("family=hybrid1p");
	h->inverter[0].keep_day = true;
	model_force_sun(&h->model, 0);
	pass(h, 7 * HOUR_MS, 1000);
	assert_int_equal(reg(h, 0, 108), 29);
	model_force_sun(&h->model, 1000);
	pass(h, 1000, 1000);
	assert_int_equal(reg(h, 0, 108), 0);
	free(h);
}

static void test_totals_read_zero_for_a_while(void **state)
{
	struct house *h = new_house("family=hybrid1p packs=1");
	double before = u32(h, 0, 96, 97);

	(void)state;
	h->inverter[0].zero_until_ms = h->wall_ms + 5000;
	near(u32(h, 0, 96, 97), 0, 0);
	near(u32(h, 0, 78, 80), 0, 0);
	pass(h, 6000, 1000);
	near(u32(h, 0, 96, 97), before, 1);
	free(h);
}

static void test_days_of_the_truth(void **state)
{
	struct house *h = new_house("seed=1 packs=1 cells=2 speed=0 outages=none");
	double sum = 0;

	(void)state;
	model_force_sun(&h->model, 500);
	model_step(&h->model, 1);
	pass(h, 70 * DAY_MS, 2 * HOUR_MS);
	assert_int_equal(h->truth.n_days, HOUSE_TRUTH_DAYS);
	assert_int_equal(house_truth_day(h, 1)->day, 17);
	assert_int_equal(house_truth_day(h, 1)->month, 12);
	near(house_truth_day(h, 1)->wh[MODEL_PV], 24 * h->model.flow.dc_pv_w, 0.01);
	near(house_truth_wh(h, "pv_wh", 1), house_truth_day(h, 1)->wh[MODEL_PV], 0);
	for (size_t i = 0; i < HOUSE_TRUTH_DAYS; i++)
		sum += house_truth_day(h, i)->wh[MODEL_PV];
	assert_true(sum > 0 && sum < house_truth_wh(h, "pv_wh", -1));
	assert_null(house_truth_day(h, HOUSE_TRUTH_DAYS));
	assert_true(isnan(house_truth_wh(h, "nonsense", 0)));
	/* a clock that is set back goes on with the day that it had */
	house_set_wall(h, h->wall_ms - DAY_MS);
	pass(h, HOUR_MS, HOUR_MS);
	assert_int_equal(h->truth.n_days, HOUSE_TRUTH_DAYS);
	near(house_truth_day(h, 1)->wh[MODEL_PV], 25 * h->model.flow.dc_pv_w, 0.01);
	/* but a millisecond back at midnight is nothing */
	house_set_wall(h, h->truth.civil.end_ms);
	pass(h, 1000, 1000);
	house_set_wall(h, h->wall_ms - 1001);
	assert_true(h->wall_ms >= h->truth.civil.start_ms);
	free(h);
}

/* ---- and the rest ---- */

static void test_same_seed_same_registers(void **state)
{
	struct house *one = new_house("seed=5 packs=2 family=mixed inverters=5");
	struct house *two = new_house("seed=5 packs=2 family=mixed inverters=5");
	struct house *other = new_house("seed=6 packs=2 family=mixed inverters=5");

	(void)state;
	pass(one, 60000, 250);
	pass(two, 60000, 1000);
	pass(other, 60000, 1000);
	for (size_t k = 0; k < 5; k++) {
		reg(one, k, 0), reg(two, k, 0), reg(other, k, 0);
		assert_memory_equal(one->inverter[k].reg, two->inverter[k].reg,
				    sizeof(one->inverter[k].reg));
		assert_memory_not_equal(one->inverter[k].reg, other->inverter[k].reg,
					sizeof(one->inverter[k].reg));
	}
	free(one);
	free(two);
	free(other);
}

/* The packs do not notice that there is an inverter with losses, a grid and registers. */
static void test_packs_are_as_ever(void **state)
{
	struct house *one = new_house("seed=3 packs=2 outages=none");
	struct house *two = new_house("seed=3 packs=2 outages=none inverters=0");

	(void)state;
	model_step(&one->model, 86400);
	model_step(&two->model, 86400);
	assert_memory_equal(&one->model.pack[0].cell, &two->model.pack[0].cell,
			    sizeof(one->model.pack[0].cell));
	assert_memory_equal(&one->model.pack[1].bms, &two->model.pack[1].bms,
			    sizeof(one->model.pack[1].bms));
	free(one);
	free(two);
}

static void test_options(void **state)
{
	static const char *const bad[] = {
		"start=25:00",
		"start=noon",
		"outages=10:00",
		"outages=10:00-11:00,12",
		"outages=10-11",
		"sell=yes",
		"inverters=33",
		"family=hybrid",
		"wire=udp",
		"rated=0",
		"rated=99999",
		"code=0x0005 family=micro",
		"unit=0",
		"net=localhost",
		"port=0",
		"tty=relative",
		"delay=5-1",
		"delay=-1",
		"refusal=both",
		"pack-area=maybe",
		"firmware=newest",
		"reconnect=9999",
		"modbus-port=65536",
	};
	char error[HOUSE_ERROR_MAX];
	struct house_options o = house_defaults;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o = house_defaults;
		error[0] = '\0';
		if (house_options_spec(&o, bad[i], error) && house_options_check(&o, error))
			fail_msg("%s was taken", bad[i]);
		assert_true(error[0] != '\0');
	}
	o = house_defaults;
	assert_true(house_options_spec(
		&o, "packs=2, outages=10:03-10:08,22:00-06:30 delay=20-30,port=1234", error));
	assert_int_equal(o.outages.n, 2);
	near(o.outages.outage[1].to_s, 6.5 * 3600, 0);
	assert_int_equal(o.delay_max_ms, 30);
	assert_int_equal(o.port, 1234);
	assert_int_equal(o.packs, 2);
}

static void test_start(void **state)
{
	struct house *h = new_house("packs=1 start=18:30");

	(void)state;
	near(h->model.time_s, 18.5 * 3600, 1);
	free(h);
	h = new_house("packs=1 start=now");
	near(h->model.time_s, 0, 1); /* START_MS is a midnight */
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_quantum_adds_up),
		cmocka_unit_test(test_energy_is_the_integral),
		cmocka_unit_test(test_energy_takes_the_walls_time),
		cmocka_unit_test(test_no_energy_is_lost_in_a_pause),
		cmocka_unit_test(test_an_outage),
		cmocka_unit_test(test_the_timetable),
		cmocka_unit_test(test_a_dip_is_no_outage),
		cmocka_unit_test(test_nothing_flows_for_hours),
		cmocka_unit_test(test_the_bank_gives_out),
		cmocka_unit_test(test_a_full_bank),
		cmocka_unit_test(test_below_its_reserve_the_grid_feeds),
		cmocka_unit_test(test_without_hybrids_the_packs_idle),
		cmocka_unit_test(test_hybrid1p),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_hybrid1p_big_ones_count_otherwise),
		cmocka_unit_test(test_hybrid3p_lv),
		cmocka_unit_test(test_hybrid3p_hv),
		cmocka_unit_test(test_old_firmware_has_no_high_words),
		cmocka_unit_test(test_without_a_clamp),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_micro),
		cmocka_unit_test(test_no_sun_no_answer),
		cmocka_unit_test(test_several_share_the_house),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_what_is_served),
		cmocka_unit_test(test_settings_are_kept),
		cmocka_unit_test(test_the_clock_follows_the_wall),
		cmocka_unit_test(test_the_packs_area),
		cmocka_unit_test(test_faults_and_warnings),
		cmocka_unit_test(test_a_month_of_counters),
		cmocka_unit_test(test_a_strings_counters),
		cmocka_unit_test(test_counters_and_midnight),
		cmocka_unit_test(test_totals_read_zero_for_a_while),
		cmocka_unit_test(test_days_of_the_truth),
		cmocka_unit_test(test_same_seed_same_registers),
		cmocka_unit_test(test_packs_are_as_ever),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_start),
	};

	setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4", 1); /* Kyiv, without its file */
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
