/*
 * The bank: parallel packs as one battery.
 *
 * Packs that are stale or whose discharge MOSFET is open are left out. SOC is weighted by
 * capacity, currents and powers are summed, the extreme cells carry their pack and number.
 * Energies are Ah times the present voltage: estimates.
 */
#pragma once

#include "svitlo/reading.h"

#include <stdint.h>

#define BANK_PACKS_MAX 64
#define BANK_STALE_MS  10000
#define BANK_SMOOTH_S  60    /* time constant of the current that the times are made from */
#define BANK_REST_C    0.002 /* below this fraction of the capacity an hour: resting */

struct jw;

struct bank_pack {
	int64_t device;
	struct reading last; /* mono_ms 0: none yet */
};

struct bank {
	struct bank_pack packs[BANK_PACKS_MAX];
	unsigned n;
	double smooth_a;
	int64_t smooth_ms; /* monotonic; 0: not begun */
};

/* -ENOSPC beyond BANK_PACKS_MAX. Adding one twice is fine. */
int bank_add(struct bank *b, int64_t device);
void bank_remove(struct bank *b, int64_t device);
void bank_reading(struct bank *b, int64_t device, const struct reading *r);

/* {"packs","packs_live","max_device","min_device","values":{…}}: the body of the table bank.
 * Gives the time of the newest reading in it, ms since 1970; 0: none. */
int64_t bank_json(struct bank *b, int64_t mono_ms, struct jw *w);
