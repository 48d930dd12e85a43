/*
 * JK-BMS, protocol JK02: the cell info frame (type 02). All numbers little endian.
 *
 *	55 AA EB 90 | 02 | nn | vvvv × 24 or 32 | mmmmmmmm | aaaa dddd hh ll | rrrr × 24 or 32 | …
 *	0             4    5    6                 54 / 70    58 / 74           64 / 80
 *
 *	24S  32S
 *	  6    6  vvvv u16 mV      cell voltage, cell 1 first; 0 = not fitted
 *	 54   70  mmmm u32         fitted cells, bit 0 = cell 1
 *	 58   74       u16 mV ×2   average, difference; u8 ×2 numbers of the highest, lowest cell
 *	                           from 0. They lag by a sample: not used, we compute our own
 *	 64   80  rrrr u16 mOhm    balance wire resistance
 *	  -  144       i16 0.1 °C  power board (MOS) temperature
 *	114  146  pack u32         wire resistance warning, bit a cell
 *	118  150       u32 mV      pack voltage
 *	122  154       u32 mW      power, never signed, 0 at small currents on some firmware
 *	126  158       i32 mA      current, + = charging
 *	130  162       i16 0.1 °C  T1, T2
 *	134    -       i16 0.1 °C  power board temperature
 *	136  166       u16 / u32   alarm bits (jk_error_name)
 *	138  170 state i16 mA      balance current
 *	+2             u8          balancing 0 off, 1 charging a cell, 2 discharging a cell
 *	+3             u8 %        SOC
 *	+4 +8 +12 +16  u32         remaining mAh, full mAh, cycles, total cycle mAh
 *	+20 +21        u8          SOH %, precharge
 *	+22            u16         user alarm
 *	+24            u32 s       total running time
 *	+28 +29        u8          charge FET, discharge FET on
 *	+30            u16         user alarm 2 (24S: a constant that is none)
 *	+32 … +42      u16 s × 6   release of: discharge over-current, discharge short, charge
 *	                           over-current, charge short, under-voltage, over-voltage
 *	+44            u8          sensors: bit 0 MOS, 1-5 T1-T5; 1 = fitted
 *	+45            u8          heating on
 *	+48            u16 s       emergency time left; 0 = no emergency
 *	214  246       u32 0.1 s   ticks since start
 *	  -  230 extra u16 × 2     duty cycles; +4 u16 10 mV pack voltage again; +6 i16 mA heating
 *	                           current (noise unless heating); +15 u8 charger plugged;
 *	                           +24 i16 copy of the MOS temperature, called T3 by the maker's
 *	                           list; +26 +28 i16 T4, T5; +32 u32 s clock since 2020-01-01;
 *	                           +36 u32 log entries; +40 u32 s to sleep; +44 u8 parallel
 *	                           limiter; +45 u8 battery type; +48 u16 s, +50 u8 charge phase;
 *	                           +51 u8 dry contacts
 *	287  287       u8          0 on 24S, FE on 32S
 *
 * Captured: every offset above on 24S 4.1, 7.1, 10.07 and 32S 11.x, 14.20, 15.x, 19.x, but the
 * meaning of release times, dry contacts, limiter, charge phase (maker's list). Inferred: order of
 * the sensor bits on 24S (a frame with 01 has only the MOS temperature), T4/T5 rule.
 */
#include "jk02.h"
#include "jk_bytes.h"

#include <limits.h>
#include <math.h>

#define TEMP_NONE   (-2000) /* 0.1 °C */
#define FIRST_T4_SW 14	    /* firmware from which on T4, T5 are fitted */

const struct jk02_model *jk02_model_of(enum jk_protocol p)
{
	for (size_t i = 0; i < jk02_models_n; i++)
		if (jk02_models[i]->protocol == p)
			return jk02_models[i];
	return NULL;
}

bool jk02_mask_fits(const struct jk02_model *m, const uint8_t *frame)
{
	uint32_t seen = 0;

	for (unsigned i = 0; i < m->cells; i++)
		seen |= (uint32_t)(jk_u16(frame, m->cell_v + 2u * i) != 0) << i;
	return seen && seen == jk_u32(frame, m->mask);
}

static void jk02_cells(const struct jk02_model *m, const uint8_t *frame, struct jk_cell_info *c)
{
	struct rd v = jk_at(frame, m->cell_v), r = jk_at(frame, m->wire_r);
	const uint8_t *pv, *pr;
	unsigned lo = UINT_MAX, hi = 0, sum = 0; /* mV << 5 | cell; hi: 31 - cell: the first wins */

	c->mask = jk_u32(frame, m->mask);
	if (m->cells < 32)
		c->mask &= (1u << m->cells) - 1;
	c->cell_count = (unsigned)__builtin_popcount(c->mask);
	c->cell_slots = c->mask ? 32u - (unsigned)__builtin_clz(c->mask) : 0;
	pv = rd_take(&v, 2u * c->cell_slots); /* one check of the bounds for all cells */
	pr = rd_take(&r, 2u * c->cell_slots);
	if (!pv || !pr || !c->cell_count)
		return;
	for (unsigned i = 0; i < c->cell_slots; i++, pv += 2, pr += 2) {
		unsigned mv = pv[0] | (unsigned)pv[1] << 8, mohm = pr[0] | (unsigned)pr[1] << 8;

		if (!(c->mask >> i & 1u))
			continue;
		c->cell_voltages[i] = (float)mv * 0.001f;
		c->wire_resistances[i] = (float)mohm * 0.001f;
		sum += mv;
		lo = lo < (mv << 5 | i) ? lo : mv << 5 | i;
		hi = hi > (mv << 5 | (31 - i)) ? hi : mv << 5 | (31 - i);
	}
	c->cell_min = (lo >> 5) * 0.001;
	c->cell_max = (hi >> 5) * 0.001;
	c->cell_delta = ((hi >> 5) - (lo >> 5)) * 0.001;
	c->cell_average = sum * 0.001 / c->cell_count;
	c->cell_min_number = (int)(lo & 31) + 1;
	c->cell_max_number = 32 - (int)(hi & 31);
}

static float jk02_temp(const struct jk_cell_info *c, const uint8_t *frame, size_t off, int bit)
{
	int t = jk_i16(frame, off);

	return c->sensor_mask >> bit & 1 && t != TEMP_NONE ? (float)t * 0.1f : NAN;
}

static void jk02_pack(const struct jk02_model *m, const uint8_t *frame, struct jk_cell_info *c)
{
	c->wire_warnings = jk_u32(frame, m->pack);
	c->voltage = jk_u32(frame, m->pack + 4u) * 0.001;
	c->power_raw = jk_u32(frame, m->pack + 8u) * 0.001;
	c->current = jk_i32(frame, m->pack + 12u) * 0.001;
	c->power = c->voltage * c->current;
	c->error_bits = m->error_bytes == 2 ? jk_u16(frame, m->errors) : jk_u32(frame, m->errors);
}

static void jk02_state(const struct jk02_model *m, const uint8_t *frame, struct jk_cell_info *c)
{
	const unsigned at = m->state;
	int mos = jk_i16(frame, m->mos_t);

	c->balance_current = jk_i16(frame, at) * 0.001;
	c->balancing = jk_u8(frame, at + 2);
	c->soc = jk_u8(frame, at + 3);
	c->remaining_ah = jk_u32(frame, at + 4) * 0.001;
	c->nominal_ah = jk_u32(frame, at + 8) * 0.001;
	c->cycle_count = jk_u32(frame, at + 12);
	c->total_cycle_ah = jk_u32(frame, at + 16) * 0.001;
	c->soh = jk_u8(frame, at + 20);
	c->precharge_fet = jk_u8(frame, at + 21);
	c->user_alarm = jk_u16(frame, at + 22);
	c->uptime_s = jk_u32(frame, at + 24);
	c->charge_fet = jk_u8(frame, at + 28);
	c->discharge_fet = jk_u8(frame, at + 29);
	c->user_alarm_2 = jk_u16(frame, at + 30);
	c->discharge_overcurrent_release_s = jk_u16(frame, at + 32);
	c->discharge_short_release_s = jk_u16(frame, at + 34);
	c->charge_overcurrent_release_s = jk_u16(frame, at + 36);
	c->charge_short_release_s = jk_u16(frame, at + 38);
	c->undervoltage_release_s = jk_u16(frame, at + 40);
	c->overvoltage_release_s = jk_u16(frame, at + 42);
	c->sensor_mask = jk_u8(frame, at + 44);
	c->heating = jk_u8(frame, at + 45);
	c->emergency_countdown_s = jk_u16(frame, at + 48);
	c->ticks_s = jk_u32(frame, m->ticks) * 0.1;
	c->mos_temperature = c->sensor_mask & 1 && mos != TEMP_NONE ? mos * 0.1 : NAN;
	c->temperatures[0] = jk02_temp(c, frame, m->pack + 16u, 1);
	c->temperatures[1] = jk02_temp(c, frame, m->pack + 18u, 2);
}

static void jk02_extra(unsigned at, int sw_major, const uint8_t *frame, struct jk_cell_info *c)
{
	c->voltage_again = jk_u16(frame, at + 4) * 0.01;
	if (c->heating > 0)
		c->heating_current = jk_i16(frame, at + 6) * 0.001;
	c->charger_plugged = jk_u8(frame, at + 15);
	c->clock_s = jk_u32(frame, at + 32);
	c->log_count = jk_u32(frame, at + 36);
	c->sleep_countdown_s = jk_u32(frame, at + 40);
	c->parallel_limiter = jk_u8(frame, at + 44);
	c->battery_type = jk_u8(frame, at + 45);
	c->charge_phase_s = jk_u16(frame, at + 48);
	c->charge_phase = jk_u8(frame, at + 50);
	c->dry_contacts = jk_u8(frame, at + 51);
	for (unsigned i = 0; i < 2; i++) { /* T4, T5 */
		bool known = sw_major >= FIRST_T4_SW;
		bool zero = jk_i16(frame, at + 26 + 2 * i) == 0;

		if (known || (sw_major <= 0 && !zero))
			c->temperatures[3 + i] = jk02_temp(c, frame, at + 26 + 2 * i, (int)(4 + i));
	}
}

/* A pure balancer measures cells and no pack: no BMS has a SOH of 0 and has never cycled. */
static bool is_balancer(const struct jk_cell_info *c)
{
	return c->cell_count && c->soh == 0 && c->soc == 0 && c->remaining_ah == 0 &&
	       c->current == 0 && c->power_raw == 0 && !c->cycle_count && c->total_cycle_ah == 0 &&
	       !c->charge_fet && !c->discharge_fet;
}

/* What is not fitted is absent, not 0. Of the temperature sensors those are fitted that say
 * something. */
static void drop_pack(struct jk_cell_info *c)
{
	c->current = c->power = c->power_raw = NAN;
	c->soc = c->soh = c->remaining_ah = c->nominal_ah = c->total_cycle_ah = NAN;
	c->cycle_count = -1;
	c->charge_fet = c->discharge_fet = c->precharge_fet = -1;
	if (c->mos_temperature == 0)
		c->mos_temperature = NAN;
	for (unsigned i = 0; i < c->temperature_slots; i++)
		if (c->temperatures[i] == 0)
			c->temperatures[i] = NAN;
}

void jk02_decode(const struct jk02_model *m, int sw_major, const uint8_t *frame,
		 struct jk_cell_info *ret)
{
	ret->temperature_slots = m->temps;
	jk02_cells(m, frame, ret);
	jk02_pack(m, frame, ret);
	jk02_state(m, frame, ret);
	if (m->extra)
		jk02_extra(m->extra, sw_major, frame, ret);
	if (is_balancer(ret))
		drop_pack(ret);
}
