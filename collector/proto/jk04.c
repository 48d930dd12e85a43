/*
 * JK-BMS, protocol JK04: the cell info frame (type 02) of the oldest boards (3.x, 8.0.3M), which
 * balance only: no pack voltage, current, SOC, temperatures or alarms. f32 and u32 little endian.
 *
 *	55 AA EB 90 | 02 | nn | vvvvvvvv × 24 | rrrrrrrr × 24 | … | ss
 *	0             4    5    6               102                 299
 *
 *	  6  vvvv f32 V    cell voltage, cell 1 first; 0 = not fitted
 *	102  rrrr f32 Ohm  balance wire resistance (198: a 25th, unused)
 *	202       f32 V    average; 206 f32 difference: not used, we compute our own
 *	214       u32      fitted cells: not used, lags (11 of 791 captured frames lack a cell)
 *	220       u8       balancing 0 off, 1 charging a cell, 2 discharging a cell
 *	222       f32 A    balance current
 *	286       u32 s    running time since power-on
 *	234, 294  f32      unknown
 *
 * Captured: all, on 3.2.3, 3.3.0. Inferred: none of the rest is used.
 */
#include "jk02.h"
#include "jk_bytes.h"

#include <math.h>

#define JK04_CELLS 24

bool jk04_fits(const uint8_t *frame)
{
	bool any = false;

	for (unsigned i = 0; i < JK04_CELLS; i++) {
		float v = jk_f32(frame, 6 + 4 * i);

		if (v == 0)
			continue;
		if (!(v >= 0.3f && v <= 6.0f))
			return false;
		any = true;
	}
	return any;
}

void jk04_decode(const uint8_t *frame, struct jk_cell_info *ret)
{
	double sum = 0;

	for (unsigned i = 0; i < JK04_CELLS; i++) {
		float v = jk_f32(frame, 6 + 4 * i);

		if (v == 0)
			continue;
		ret->mask |= 1u << i;
		ret->cell_slots = i + 1;
		ret->cell_count++;
		ret->cell_voltages[i] = v;
		ret->wire_resistances[i] = jk_f32(frame, 102 + 4 * i);
		sum += (double)v;
		if (isnan(v))
			continue;
		if (!((double)v >= ret->cell_min)) {
			ret->cell_min = (double)v;
			ret->cell_min_number = (int)i + 1;
		}
		if (!((double)v <= ret->cell_max)) {
			ret->cell_max = (double)v;
			ret->cell_max_number = (int)i + 1;
		}
	}
	if (ret->cell_count) {
		ret->voltage = sum;
		ret->cell_average = sum / ret->cell_count;
		ret->cell_delta = ret->cell_max - ret->cell_min;
	}
	ret->balancing = jk_u8(frame, 220);
	ret->balance_current = (double)jk_f32(frame, 222);
	ret->uptime_s = jk_u32(frame, 286);
}
