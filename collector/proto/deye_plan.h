/*
 * What to ask of an inverter, in as few questions as its stick bears.
 *
 * Spans that lie near each other are read in one question, holes too: they answer 0. What a device
 * refuses is split, until only what it does not have is left.
 */
#pragma once

#include "deye.h"

#define DEYE_BLOCK_MAX	125
#define DEYE_HOLE_MAX	30 /* registers between two spans that are read all the same */
#define DEYE_REFUSE_MIN 4  /* so few registers are not split any more */
#define DEYE_READS_MAX	64

struct deye_read {
	uint16_t first, count;
};

struct deye_plan {
	const struct deye_model *model;
	unsigned block;			/* registers in one question, at most */
	uint8_t absent[DEYE_WORDS_MAX]; /* places of the image that the device does not have */
	uint8_t cut[DEYE_WORDS_MAX];	/* no question goes on over this place from before */
};

/* All is there, in as large questions as before. */
void deye_plan_init(struct deye_plan *p, const struct deye_model *m);
/* The questions for all spans of a pace; -> how many, DEYE_READS_MAX at most. */
unsigned deye_plan(const struct deye_plan *p, enum deye_pace pace,
		   struct deye_read ret[DEYE_READS_MAX]);
/* The device has refused this question: asked in two halves from now on, or not at all. */
void deye_plan_refused(struct deye_plan *p, const struct deye_read *q);
