/*
 * The event loop, and how long it was held up: nothing in it may block, and this tells whether
 * something did. Measured from one wait to the next.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

struct jw;

struct loop_watch {
	int64_t minute;		     /* monotonic: which one `max_us` is of */
	int64_t max_us, last_max_us; /* of this minute and the one before */
	int64_t worst_us;	     /* since the start */
	uint64_t over;		     /* how often it was LOOP_LIMIT_MS and more */
};

#define LOOP_LIMIT_MS 20

/* Until sd_event_exit(). -> its code, or < 0 */
int loop_run(sd_event *ev, struct loop_watch *w);
/* {"max_ms":…,"worst_ms":…,"over_20":…} of fcgi/README.md, without the braces. */
void loop_json(const struct loop_watch *w, struct jw *to);
