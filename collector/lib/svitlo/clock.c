#include "clock.h"

#include <stdlib.h>
#include <time.h>

#define CLOCK_JUMP_MS 2000

#ifndef SV_BUILD_EPOCH
#error "the Makefile sets SV_BUILD_EPOCH: seconds since 1970 of the last commit"
#endif

static int64_t clock_us(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		abort();
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_ms(void)
{
	return clock_us(CLOCK_REALTIME) / 1000;
}

bool clock_wall_sane(int64_t wall_ms)
{
	/* a day of grace: a build on a machine whose clock is a little ahead is not an error */
	return wall_ms / 1000 >= (int64_t)SV_BUILD_EPOCH - 86400;
}

int64_t clock_watch_step(struct clock_watch *w, int64_t mono_ms, int64_t wall_ms)
{
	int64_t offset = wall_ms - mono_ms, jump = offset - w->offset_ms;
	bool first = !w->started;

	w->started = true;
	w->offset_ms = offset;
	return !first && llabs(jump) > CLOCK_JUMP_MS ? jump : 0;
}
