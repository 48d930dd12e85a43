/*
 * Outages: a pack that was live and no longer is, until it is live again.
 *
 * Not one: a pack that has not been live yet, and one that its owner let go (disabled, released,
 * set up anew). An outage goes on over a restart of the collector: outage_resume().
 *
 * Links drop a moment before BlueZ says that their adapter went: the loss is told when its cause
 * has had OUTAGE_SETTLE_MS to show.
 */
#pragma once

#include "driver/driver.h"

#define OUTAGES_MAX	  256
#define OUTAGE_REASON_MAX 32
#define OUTAGE_SETTLE_MS  2000

struct outage {
	int64_t device;
	int64_t frame_ms; /* monotonic, of the last reading; 0: none yet */
	int64_t since_ms; /* monotonic; 0: since an earlier life */
	int64_t dark_ms;  /* monotonic, of the last reading before it */
	int64_t since_wall_ms;
	bool live, lost, told;
	char reason[OUTAGE_REASON_MAX], detail[DEVICE_DETAIL_MAX]; /* its cause; "": unknown */
};

struct outages {
	struct outage all[OUTAGES_MAX];
	unsigned n;
};

/* The record of a device, made if need be: *ret_new. NULL: no room. */
struct outage *outage_of(struct outages *o, int64_t device, bool *ret_new);
void outage_forget(struct outages *o, int64_t device);

void outage_resume(struct outage *o, int64_t since_wall_ms, const char *reason);
void outage_reading(struct outage *o, int64_t mono_ms);

/* An event: kind NULL for none, its data in the writer that was given. */
struct outage_event {
	const char *kind;
	int64_t t_ms;
};
/* Looks at the device's state, at each change and each second. Call until there is none. */
struct outage_event outage_step(struct outage *o, const struct device *d, int64_t mono_ms,
				int64_t wall_ms, struct jw *w);
/* What comes now is the owner's will. */
struct outage_event outage_let_go(struct outage *o, struct jw *w);
