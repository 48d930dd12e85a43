/* JK02: one decoder, one layout a model. Private to proto/. */
#pragma once

#include "proto/jk.h"

/* Where a JK02 board puts things in its cell info frame. Offsets from the first byte 0x55. */
struct jk02_model {
	const char *name;
	enum jk_protocol protocol;
	uint8_t cells;	     /* slots */
	uint8_t temps;	     /* slots of T1.. */
	uint16_t cell_v;     /* u16 mV a cell */
	uint16_t mask;	     /* u32 */
	uint16_t wire_r;     /* u16 mOhm a cell */
	uint16_t mos_t;	     /* i16 0.1 °C */
	uint16_t pack;	     /* wire warnings, voltage, power, current, T1, T2: 20 bytes */
	uint16_t errors;     /* error_bytes wide */
	uint8_t error_bytes; /* 2 or 4 */
	uint16_t state;	     /* balance current and what follows: 56 bytes */
	uint16_t ticks;	     /* u32 0.1 s */
	uint16_t extra;	     /* duty cycles and what follows: 58 bytes; 0: not sent */
	uint8_t mark;	     /* byte 287 */
};
extern const struct jk02_model *const jk02_models[];
extern const size_t jk02_models_n;

const struct jk02_model *jk02_model_of(enum jk_protocol p); /* NULL: none */
bool jk02_mask_fits(const struct jk02_model *m, const uint8_t *frame);
void jk02_decode(const struct jk02_model *m, int sw_major, const uint8_t *frame,
		 struct jk_cell_info *ret);

bool jk04_fits(const uint8_t *frame);
void jk04_decode(const uint8_t *frame, struct jk_cell_info *ret);

void jk_check_sane(struct jk_cell_info *c);
