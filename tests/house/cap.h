/*
 * What a pack would say on the air, written to files: captures with the values behind them, and
 * bare frames. A virtual clock drives it all, so that the same options give the same bytes.
 */
#ifndef HOUSE_CAP_H
#define HOUSE_CAP_H

#include "house.h"

struct cap_options {
	const char *out;      /* the .cap file */
	const char *expected; /* may be NULL: the JSON file with the true values */
	size_t frames;	      /* good cell frames */
	bool damaged;	      /* a spoiled frame after each good one */
};

/* Both -> 0, or 1 after a line on stderr. They record pack 1. */
int cap_write(const struct house_options *o, const struct cap_options *c);
int cap_frames(const struct house_options *o, size_t frames);

#endif
