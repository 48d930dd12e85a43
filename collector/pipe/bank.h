/*
 * The bank: parallel packs as one battery.
 *
 * Packs that are stale or whose discharge MOSFET is open are left out of everything, their cells
 * too: nothing can be drawn from them. SOC is weighted by capacity, currents and powers are
 * summed, the extreme cells carry their pack and number. A value that a pack doesn't measure (a
 * JK04 knows no current, no SOC) is missing from that sum alone. Energies are Ah times the present
 * voltage: estimates.
 *
 * Times to full and empty come from each pack's current, averaged, and from the packs that measure
 * what it takes. The average begins anew when two readings in a row agree on another current: the
 * grid went, a load was switched. Else the time would mix what was before with what is now. A pack whose charge MOSFET is open takes nothing, so what it lacks is not waited
 * for. Below BANK_REST_C the bank rests and has neither; once it moves it must fall below half of
 * that to rest again, so that the sign of a small current doesn't flip the times.
 */
#pragma once

#include "svitlo/limits.h"
#include "svitlo/reading.h"

#include <stdint.h>

#define BANK_PACKS_MAX DEVICES_MAX
#define BANK_STALE_MS  10000
#define BANK_SMOOTH_S  60    /* time constant of the current that the times are made from */
#define BANK_STEP      0.07  /* of the average: another current, if two readings say so */
#define BANK_REST_C    0.002 /* below this fraction of the capacity an hour: resting */

struct jw;

struct bank_pack {
	int64_t device;
	struct reading last; /* mono_ms 0: none yet */
	double smooth_a;     /* NAN: it doesn't measure its current */
	double smooth_s;     /* how much time is in smooth_a, at most BANK_SMOOTH_S */
	double step_a;	     /* the last reading, if it was a step from smooth_a; else NAN */
};

struct bank {
	struct bank_pack packs[BANK_PACKS_MAX];
	unsigned n;
	int direction; /* 1 charging, -1 discharging, 0 resting */
};

/* -ENOSPC beyond BANK_PACKS_MAX. Adding one twice is fine. */
int bank_add(struct bank *b, int64_t device);
void bank_remove(struct bank *b, int64_t device);
void bank_reading(struct bank *b, int64_t device, const struct reading *r);

/* {"packs","packs_live","left_out":[{"device","why"}],"max_device","min_device","values":{…}}: the
 * body of the summary bank. ret: the values, for history; t_ms 0: none. */
struct summary bank_json(struct bank *b, int64_t mono_ms, struct jw *w, struct reading *ret);
