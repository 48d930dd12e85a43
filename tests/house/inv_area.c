/*
 * The packs' area of newer three-phase hybrids, from register 10000: the house's packs as if they
 * were the maker's own. Another firmware has other things there, which must not be believed.
 */
#include "inv.h"

#include <math.h>

#define COUNT_REG 10002
#define FIRST_REG 10032
#define PACK_REGS 38

static uint16_t temperature(double c)
{
	return (uint16_t)lround(c * 10 + 1000);
}

static uint16_t serial_word(size_t pack, size_t i)
{
	static const char digits[] = "2105";
	uint16_t low = (uint16_t)('0' + (pack + 1) % 10);

	if (i >= 5)
		return 0;
	return (uint16_t)(digits[i % 4] << 8 | (i == 4 ? low : '0'));
}

static uint16_t of_pack(const struct model *m, size_t k, size_t at)
{
	const struct model_pack *p = &m->pack[k];
	double high = p->bms.cell_v[0], low = high, hot = p->bms.temp_c[0], cold = hot;

	for (size_t i = 1; i < p->n_cells; i++) {
		high = fmax(high, p->bms.cell_v[i]);
		low = fmin(low, p->bms.cell_v[i]);
	}
	for (size_t i = 1; i < MODEL_SENSORS; i++) {
		hot = fmax(hot, p->bms.temp_c[i]);
		cold = fmin(cold, p->bms.temp_c[i]);
	}
	switch (at) {
	case 8:
		return (uint16_t)lround(p->bms.pack_v * 10);
	case 9:
		return (uint16_t)lround(p->bms.current_a * 10);
	case 10:
		return temperature(p->bms.temp_c[0]);
	case 11:
		return temperature(hot);
	case 12:
		return temperature(cold);
	case 13:
		return temperature(p->bms.mos_c);
	case 15:
		return (uint16_t)lround(1000 * p->bms.counted_ah / p->bms.full_ah);
	case 16:
		return (uint16_t)lround(p->bms.soh_pct * 10);
	case 18:
		return (uint16_t)lround(p->bms.full_ah * 10);
	case 22:
		return (uint16_t)lround(high * 1000);
	case 23:
		return (uint16_t)lround(low * 1000);
	case 24:
		return (uint16_t)(p->bms.cycle_ah / p->bms.full_ah);
	case 25:
		return (uint16_t)(p->bms.charge_on | p->bms.discharge_on << 1);
	case 30:
		return 0x1006;
	case 31:
		return 0x0100;
	default:
		return at < 8 ? serial_word(k, at) : 0;
	}
}

bool inv_area_served(const struct inv *v, const struct model *m, uint16_t first, uint16_t count)
{
	return v->area != INV_AREA_OFF && v->phases == 3 && inv_is_hybrid(v->kind) &&
	       first < FIRST_REG + m->n_packs * PACK_REGS && first + count > COUNT_REG;
}

uint16_t inv_area_read(const struct inv *v, const struct model *m, uint32_t reg)
{
	uint32_t at = reg - FIRST_REG;

	if (reg > UINT16_MAX || !inv_area_served(v, m, (uint16_t)reg, 1))
		return 0;
	if (reg < FIRST_REG)
		return reg == COUNT_REG ? (uint16_t)m->n_packs : 0;
	if (v->area == INV_AREA_GARBAGE)
		return (uint16_t)(at * 2654435761u >> 16);
	return of_pack(m, at / PACK_REGS, at % PACK_REGS);
}
