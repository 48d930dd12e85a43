/*
 * The only file that reads time. Logic takes `now` as a parameter.
 *
 * A Raspberry Pi has no clock of its own: until the network has set it, the wall clock can be
 * years off. A clock before the build date is wrong for certain; nothing is stored under it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

int64_t clock_mono_ms(void); /* since some start; only for durations */
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void); /* since 1970 UTC */
bool clock_wall_sane(int64_t wall_ms);
/* The kernel's id of this boot: the monotonic clock begins anew with each. "": unknown. */
const char *clock_boot_id(void);

/* Has the network set the wall clock in this boot? */
bool clock_synced(void);

/*
 * Whether the wall clock is right, as far as can be told: the network has set it, or it goes on
 * where newest_ms was (0: nothing is known) within an hour, or it has stood for ten minutes.
 */
struct clock_belief {
	int64_t newest_ms, since_ms; /* monotonic: it was not moved since */
};
bool clock_believed(const struct clock_belief *b, int64_t mono_ms, int64_t wall_ms);

/*
 * Notices jumps of the wall clock: feed it both clocks, about once a second.
 * Gives the jump in ms when they drifted apart by more than 2 s since the last call, else 0.
 */
struct clock_watch {
	int64_t offset_ms;
	bool started;
};
int64_t clock_watch_step(struct clock_watch *w, int64_t mono_ms, int64_t wall_ms);
