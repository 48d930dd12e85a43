/*
 * The simulated house must itself be believable: these tests watch its physics, its BMS and the
 * frames it writes.
 */
#include "house.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX 20000

static struct house *new_house(const char *spec)
{
	struct house_options o = house_defaults;
	struct house *h = calloc(1, sizeof(*h));
	char error[HOUSE_ERROR_MAX] = "";

	assert_non_null(h);
	if (!house_options_spec(&o, spec, error) || !house_options_check(&o, error))
		fail_msg("%s", error);
	house_init_now(h, &o, 0);
	return h;
}

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t len, pieces, longest, good_cells;
};

static void on_notify(void *ud, const uint8_t *data, size_t len)
{
	struct bytes *b = ud;

	assert_true(b->len + len <= BYTES_MAX);
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->pieces++;
	b->longest = len > b->longest ? len : b->longest;
}

static void on_cells(void *ud)
{
	struct bytes *b = ud;

	b->good_cells++;
}

static void ask(struct gatt_bms *g, int64_t now_ms, uint8_t command)
{
	uint8_t cmd[JK_ACK_SIZE];

	jk_encode_command(cmd, command);
	gatt_write(g, now_ms, cmd, sizeof(cmd));
}

/* Everything that pack 1 sends in some seconds after being asked in the right order. */
static void listen(struct house *h, struct bytes *b, int64_t until_ms)
{
	struct gatt_bms *g = &h->pack[0].gatt;

	memset(b, 0, sizeof(*b));
	g->on_notify = on_notify;
	g->on_cells = on_cells;
	g->ud = b;
	gatt_connect(g, 0);
	for (int64_t now = 0; now < until_ms; now++) {
		house_advance(h, now);
		if (now == 10)
			ask(g, now, 0x97);
		if (now == 600)
			ask(g, now, 0x96);
		gatt_tick(g, now);
	}
}

/* Counts whole frames with a good sum, by type; acks are type 0. */
static void count_frames(const struct bytes *b, unsigned counts[static 16])
{
	size_t at = 0;

	memset(counts, 0, 16 * sizeof(counts[0]));
	while (at + JK_ACK_SIZE <= b->len) {
		const uint8_t *p = b->data + at;

		if (at + JK_FRAME_SIZE <= b->len && p[0] == 0x55 && p[1] == 0xAA && p[2] == 0xEB &&
		    p[3] == 0x90 && jkenc_sum(p, JK_FRAME_SIZE - 1) == p[JK_FRAME_SIZE - 1]) {
			counts[p[4] & 15]++;
			at += JK_FRAME_SIZE;
		} else if (p[0] == 0xAA && p[1] == 0x55 && p[4] == 0xC8) {
			counts[0]++;
			at += JK_ACK_SIZE;
		} else {
			at++;
		}
	}
}

static double charge_of(const struct model_pack *p)
{
	double sum = 0;

	for (size_t i = 0; i < p->n_cells; i++)
		sum += p->cell[i].charge_ah;
	return sum;
}

static double spread_of(const struct model_pack *p)
{
	double lo = 1, hi = 0;

	for (size_t i = 0; i < p->n_cells; i++) {
		double soc = p->cell[i].charge_ah / p->cell[i].capacity_ah;

		lo = fmin(lo, soc);
		hi = fmax(hi, soc);
	}
	return hi - lo;
}

static void set_soc(struct model_pack *p, double soc)
{
	for (size_t i = 0; i < p->n_cells; i++)
		p->cell[i].charge_ah = p->cell[i].capacity_ah * soc;
}

/* Seconds of model time until the MOSFETs are as wanted, or -1. */
static double wait_charge_fet(struct model *m, bool on, double limit_s)
{
	for (double t = 0; t < limit_s; t += 1) {
		if (m->pack[0].bms.charge_on == on)
			return t;
		model_step(m, 1);
	}
	return -1;
}

static void test_same_seed_same_bytes(void **state)
{
	static struct bytes a, b, c;
	struct house *one = new_house("seed=5 packs=2 generation=mixed speed=60");
	struct house *two = new_house("seed=5 packs=2 generation=mixed speed=60");
	struct house *other = new_house("seed=6 packs=2 generation=mixed speed=60");

	(void)state;
	listen(one, &a, 6000);
	listen(two, &b, 6000);
	listen(other, &c, 6000);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	assert_true(a.len != c.len || memcmp(a.data, c.data, a.len) != 0);
	free(one);
	free(two);
	free(other);
}

/* However time is cut into steps, the state after it is the same. */
static void test_steps_do_not_matter(void **state)
{
	struct house *one = new_house("seed=3 packs=2");
	struct house *two = new_house("seed=3 packs=2");

	(void)state;
	model_step(&one->model, 64);
	for (int i = 0; i < 512; i++)
		model_step(&two->model, 0.125);
	assert_memory_equal(&one->model.pack[0].cell, &two->model.pack[0].cell,
			    sizeof(one->model.pack[0].cell));
	assert_memory_equal(&one->model.pack[1].bms, &two->model.pack[1].bms,
			    sizeof(one->model.pack[1].bms));
	free(one);
	free(two);
}

static void test_charge_is_conserved(void **state)
{
	struct house *h = new_house("seed=2 packs=1 soc=50");
	struct model_pack *p = &h->model.pack[0];
	double before = charge_of(p), leaked = p->leaked_ah, moved = 0;

	(void)state;
	p->bms.balance_switch = false;
	model_step(&h->model, MODEL_QUANTUM_S); /* lets a running balancer stop */
	before = charge_of(p);
	leaked = p->leaked_ah;
	for (int i = 0; i < 4 * 3600; i++) {
		model_step(&h->model, MODEL_QUANTUM_S);
		moved += p->current_a * MODEL_QUANTUM_S / 3600;
	}
	assert_true(fabs(moved) > 1);
	assert_true(fabs(charge_of(p) - before - moved * (double)p->n_cells +
			 (p->leaked_ah - leaked)) < 1e-6);
	free(h);
}

/* Energy at the terminals = energy stored in the cells + heat. */
static void test_energy_is_conserved(void **state)
{
	struct house *h = new_house("seed=2 packs=1 soc=40");
	struct model_pack *p = &h->model.pack[0];
	double stored = 0, terminal = 0, heat;

	(void)state;
	p->bms.balance_switch = false;
	model_force_sun(&h->model, 6000);
	model_force_load(&h->model, 0);
	model_step(&h->model, 1);
	heat = p->loss_wh;
	for (int i = 0; i < 4 * 1800; i++) {
		double last[MODEL_CELLS_MAX];

		for (size_t k = 0; k < p->n_cells; k++)
			last[k] = p->cell[k].charge_ah;
		model_step(&h->model, MODEL_QUANTUM_S);
		terminal += p->terminal_v * p->current_a * MODEL_QUANTUM_S / 3600;
		for (size_t k = 0; k < p->n_cells; k++)
			stored += (p->cell[k].charge_ah - last[k]) *
				  model_ocv(h->model.chem,
					    p->cell[k].charge_ah / p->cell[k].capacity_ah);
	}
	heat = p->loss_wh - heat;
	assert_true(terminal > 1000 && heat > 1);
	assert_true(fabs(terminal - stored - heat) < 0.002 * terminal);
	free(h);
}

static void test_packs_share_the_power(void **state)
{
	struct house *h = new_house("seed=4 packs=4");
	double sum = 0;

	(void)state;
	model_force_sun(&h->model, 0);
	model_force_load(&h->model, 4000);
	model_step(&h->model, 600);
	for (size_t k = 0; k < 4; k++) {
		assert_true(h->model.pack[k].current_a < 0);
		sum += h->model.pack[k].current_a * h->model.bus_v;
	}
	assert_true(fabs(sum + 4000) < 1);
	free(h);
}

static void test_balancer_converges(void **state)
{
	struct house *h = new_house("seed=9 packs=1 soc=99");
	struct model_pack *p = &h->model.pack[0];
	double before;

	(void)state;
	/* One cell lags behind; a gentle charge keeps the bank at the top. */
	p->cell[3].charge_ah -= 0.01 * p->cell[3].capacity_ah;
	before = spread_of(p);
	model_force_sun(&h->model, 800);
	model_force_load(&h->model, 0);
	model_step(&h->model, 20 * 3600.0);
	assert_true(before > 0.009);
	assert_true(spread_of(p) < 0.6 * before);
	free(h);
}

static void test_over_voltage_opens_and_closes(void **state)
{
	struct house *h = new_house("seed=9 packs=1 soc=95");
	struct model_pack *p = &h->model.pack[0];

	(void)state;
	h->model.charger_v = 3.80; /* a charger set wrong */
	model_force_sun(&h->model, 6000);
	model_force_load(&h->model, 0);
	assert_true(wait_charge_fet(&h->model, false, 7200) >= 0);
	assert_true(p->bms.alarms & 1u << MODEL_ALARM_CELL_OV);
	assert_true(p->bms.discharge_on);
	model_step(&h->model, 5);
	assert_true(p->current_a <= 0);
	model_force_sun(&h->model, 0);
	model_force_load(&h->model, 3000);
	assert_true(wait_charge_fet(&h->model, true, 3600) >= 0);
	assert_false(p->bms.alarms & 1u << MODEL_ALARM_CELL_OV);
	free(h);
}

static void test_under_voltage_stops_the_load(void **state)
{
	struct house *h = new_house("seed=9 packs=1 soc=3");
	struct model_pack *p = &h->model.pack[0];

	(void)state;
	model_force_sun(&h->model, 0);
	model_force_load(&h->model, 3000);
	for (int i = 0; i < 3600 && p->bms.discharge_on; i++)
		model_step(&h->model, 1);
	assert_false(p->bms.discharge_on);
	assert_true(p->bms.alarms & 1u << MODEL_ALARM_CELL_UV);
	assert_true(p->bms.counted_ah < 1);
	model_step(&h->model, 1);
	assert_true(p->current_a >= 0);
	free(h);
}

static void test_over_current_waits_and_releases(void **state)
{
	struct house *h = new_house("seed=9 packs=1 soc=60");
	struct model_pack *p = &h->model.pack[0];

	(void)state;
	model_force_sun(&h->model, 0);
	model_force_load(&h->model, p->limits.discharge_a * 60);
	model_step(&h->model, p->limits.discharge_oc_delay_s - 5);
	assert_true(p->bms.discharge_on);
	model_step(&h->model, 10);
	assert_false(p->bms.discharge_on);
	assert_true(p->bms.alarms & 1u << MODEL_ALARM_DISCHARGE_OC);
	model_force_load(&h->model, 500);
	model_step(&h->model, p->limits.discharge_oc_clear_s + 5);
	assert_true(p->bms.discharge_on);
	free(h);
}

static void test_count_drifts_and_snaps(void **state)
{
	struct house *h = new_house("seed=9 packs=1 soc=70");
	struct model_pack *p = &h->model.pack[0];

	(void)state;
	p->bms.counted_ah *= 0.8;
	model_force_sun(&h->model, 5000);
	model_force_load(&h->model, 0);
	model_step(&h->model, 4 * 3600.0);
	assert_true(p->bms.counted_ah > 0.999 * p->bms.full_ah);
	free(h);
}

static void test_every_frame_is_whole(void **state)
{
	static const char *const specs[] = { "seed=1 packs=8 cells=16 generation=JK02_32S",
					     "seed=1 packs=8 cells=24 generation=JK02_24S",
					     "seed=1 packs=8 cells=16 generation=JK04",
					     "seed=1 packs=2 cells=32 chemistry=NMC" };
	uint8_t f[4][JK_FRAME_SIZE];

	(void)state;
	for (size_t s = 0; s < sizeof(specs) / sizeof(specs[0]); s++) {
		struct house *h = new_house(specs[s]);

		for (size_t k = 0; k < h->options.packs; k++) {
			const struct house_pack *hp = &h->pack[k];
			const struct model_pack *p = &h->model.pack[k];

			jk_encode_cells(f[0], &hp->id, &h->model, p, 1);
			jk_encode_settings(f[1], &hp->id, p, 2);
			jk_encode_device(f[2], &hp->id, p, 3);
			jk_encode_log(f[3], p, 4);
			for (size_t i = 0; i < 4; i++) {
				assert_memory_equal(f[i], "\x55\xaa\xeb\x90", 4);
				assert_int_equal(f[i][5], i + 1);
				assert_int_equal(jkenc_sum(f[i], JK_FRAME_SIZE - 1),
						 f[i][JK_FRAME_SIZE - 1]);
			}
		}
		free(h);
	}
}

static void test_answers_in_order(void **state)
{
	static struct bytes b;
	struct house *h = new_house("seed=1 packs=1 chunk=20");
	unsigned counts[16];

	(void)state;
	listen(h, &b, 4000);
	count_frames(&b, counts);
	assert_int_equal(counts[JK_TYPE_DEVICE], 2); /* asked, and the extra of firmware 14 */
	assert_int_equal(counts[JK_TYPE_SETTINGS], 1);
	assert_int_equal(counts[0], 2);
	assert_in_range(counts[JK_TYPE_CELLS], 5, 6);
	assert_int_equal(b.longest, 20);
	free(h);
}

static void test_stream_waits_for_both_questions(void **state)
{
	static struct bytes b;
	struct house *h = new_house("seed=1 packs=1");
	struct gatt_bms *g = &h->pack[0].gatt;
	unsigned counts[16];

	(void)state;
	g->on_notify = on_notify;
	g->ud = &b;
	gatt_connect(g, 0);
	ask(g, 0, 0x96);
	for (int64_t now = 0; now < 3000; now += 5)
		gatt_tick(g, now);
	count_frames(&b, counts);
	assert_int_equal(counts[JK_TYPE_SETTINGS], 1);
	assert_int_equal(counts[JK_TYPE_CELLS], 0);
	free(h);
}

/* Every good frame comes through each fault, and each bad one is counted as bad. */
static void test_faults_spoil_what_they_say(void **state)
{
	static struct bytes b;
	unsigned counts[16];

	(void)state;
	for (int f = 0; f < GATT_FAULT__MAX; f++) {
		struct house *h = new_house("seed=1 packs=1 chunk=128");
		bool spoils = f != GATT_MERGE && f != GATT_NOISE;

		h->pack[0].gatt.faults[f] = 3;
		listen(h, &b, 6050);
		count_frames(&b, counts);
		assert_int_equal(h->pack[0].gatt.faults[f], 0);
		assert_int_equal(h->pack[0].gatt.bad_frames_sent, spoils ? 3 : 0);
		assert_int_equal(counts[JK_TYPE_CELLS], b.good_cells);
		free(h);
	}
}

/* Notifications that are spoilt on their way: some frames are whole, some are not. */
static void test_pieces_are_spoilt(void **state)
{
	static struct bytes b;

	(void)state;
	for (int way = 0; way < 2; way++) {
		struct house *h = new_house("seed=1 packs=1 chunk=128 rate=4");
		struct gatt_bms *g = &h->pack[0].gatt;
		unsigned counts[16];

		g->spoil_pct = way ? 0 : 20;
		g->interleave_pct = way ? 20 : 0;
		listen(h, &b, 10050);
		count_frames(&b, counts);
		assert_true(g->pieces_spoilt > 5 && g->pieces_spoilt < b.pieces / 2);
		assert_true(counts[JK_TYPE_CELLS] > 5 && counts[JK_TYPE_CELLS] < b.good_cells);
		free(h);
	}
}

static size_t heard_until(struct gatt_bms *g, struct bytes *b, int64_t from_ms, int64_t until_ms)
{
	b->len = 0;
	for (int64_t now = from_ms; now < until_ms; now++)
		gatt_tick(g, now);
	return b->len;
}

/* A tired one streams again when asked, a mute one when connected anew. */
static void test_tired_and_mute(void **state)
{
	static struct bytes b;
	struct house *h = new_house("seed=1 packs=1 generation=JK02_24S");
	struct gatt_bms *g = &h->pack[0].gatt;

	(void)state;
	listen(h, &b, 5000);
	gatt_tire(g);
	heard_until(g, &b, 5000, 5100); /* what was on its way */
	assert_int_equal(heard_until(g, &b, 5100, 8000), 0);
	ask(g, 8000, 0x96);
	assert_true(heard_until(g, &b, 8000, 10000) > JK_FRAME_SIZE);
	g->muted = true;
	ask(g, 10000, 0x96);
	assert_int_equal(heard_until(g, &b, 10000, 12000), 0);
	gatt_disconnect(g);
	gatt_connect(g, 12000);
	ask(g, 12000, 0x97);
	ask(g, 12500, 0x96);
	assert_true(heard_until(g, &b, 12000, 14000) > JK_FRAME_SIZE);
	free(h);
}

static void check_bounds(const struct model *m)
{
	for (size_t k = 0; k < m->n_packs; k++) {
		const struct model_pack *p = &m->pack[k];

		assert_true(fabs(p->current_a) < 1.2 * p->nominal_ah);
		assert_true(p->mos_c > 0 && p->mos_c < 90);
		assert_true(p->bms.counted_ah >= 0 && p->bms.counted_ah <= p->bms.full_ah);
		for (size_t i = 0; i < p->n_cells; i++)
			assert_true(p->cell[i].volts > 2.5 && p->cell[i].volts < 3.66);
		for (size_t i = 0; i < MODEL_SENSORS; i++)
			assert_true(p->temp_c[i] > 5 && p->temp_c[i] < 50);
	}
}

static void test_three_days_stay_physical(void **state)
{
	struct house *h = new_house("seed=11 packs=3 generation=mixed");
	bool charged = false, discharged = false;

	(void)state;
	for (int minute = 0; minute < 3 * 1440; minute++) {
		model_step(&h->model, 60);
		check_bounds(&h->model);
		charged = charged || h->model.pack[0].current_a > 5;
		discharged = discharged || h->model.pack[0].current_a < -5;
	}
	assert_true(charged && discharged);
	assert_true(h->model.pack[0].bms.alarms == 0);
	free(h);
}

static void test_bad_options_are_refused(void **state)
{
	static const char *const bad[] = { "seed=x",	 "packs=0", "packs=65",
					   "speed=-1",	 "rate=0",  "cells=25 generation=JK04",
					   "chunk=21",	 "soc=101", "chemistry=lead",
					   "colour=red", "packs" };
	char error[HOUSE_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct house_options o = house_defaults;

		error[0] = '\0';
		assert_false(house_options_spec(&o, bad[i], error) &&
			     house_options_check(&o, error));
		assert_true(error[0] != '\0');
	}
}

static void test_full_cells_at_rest(void **state)
{
	struct house *h = new_house("seed=1 packs=1 chemistry=NMC soc=50");
	struct model_pack *p = &h->model.pack[0];

	(void)state;
	set_soc(p, 1.0);
	model_force_sun(&h->model, 0);
	model_force_load(&h->model, 0);
	model_step(&h->model, 1);
	for (size_t i = 0; i < p->n_cells; i++)
		assert_true(fabs(p->cell[i].volts - 4.20) < 0.02);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_seed_same_bytes),
		cmocka_unit_test(test_steps_do_not_matter),
		cmocka_unit_test(test_charge_is_conserved),
		cmocka_unit_test(test_energy_is_conserved),
		cmocka_unit_test(test_packs_share_the_power),
		cmocka_unit_test(test_balancer_converges),
		cmocka_unit_test(test_over_voltage_opens_and_closes),
		cmocka_unit_test(test_under_voltage_stops_the_load),
		cmocka_unit_test(test_over_current_waits_and_releases),
		cmocka_unit_test(test_count_drifts_and_snaps),
		cmocka_unit_test(test_every_frame_is_whole),
		cmocka_unit_test(test_answers_in_order),
		cmocka_unit_test(test_stream_waits_for_both_questions),
		cmocka_unit_test(test_faults_spoil_what_they_say),
		cmocka_unit_test(test_pieces_are_spoilt),
		cmocka_unit_test(test_tired_and_mute),
		cmocka_unit_test(test_three_days_stay_physical),
		cmocka_unit_test(test_bad_options_are_refused),
		cmocka_unit_test(test_full_cells_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
