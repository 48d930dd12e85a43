/*
 * The JK02 boards. A new one with the same fields is one struct and one line in jk02_models[].
 * Offsets: captured; names of the fields after them: the maker's RS485 list (its areas are these
 * frames with index + 6).
 */
#include "jk02.h"

#include "svitlo/util.h"

/* BDxA.. 4.x-8.x, B1A.. and B2A.. 10.xx */
static const struct jk02_model jk02_24s = {
	.name = "JK02_24S",
	.protocol = JK02_24S,
	.cells = 24,
	.temps = 2,
	.cell_v = 6,
	.mask = 54,
	.wire_r = 64,
	.mos_t = 134,
	.pack = 114,
	.errors = 136,
	.error_bytes = 2,
	.state = 138,
	.ticks = 214,
	.extra = 0,
	.mark = 0,
};

/* B2A.. 11.x, PB.. 14.x, 15.x, 19.x */
static const struct jk02_model jk02_32s = {
	.name = "JK02_32S",
	.protocol = JK02_32S,
	.cells = 32,
	.temps = 5,
	.cell_v = 6,
	.mask = 70,
	.wire_r = 80,
	.mos_t = 144,
	.pack = 146,
	.errors = 166,
	.error_bytes = 4,
	.state = 170,
	.ticks = 246,
	.extra = 230,
	.mark = 0xFE,
};

const struct jk02_model *const jk02_models[] = {
	&jk02_24s,
	&jk02_32s,
};
const size_t jk02_models_n = SV_LEN(jk02_models);
