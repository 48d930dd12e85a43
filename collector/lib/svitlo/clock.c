#include "clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_JUMP_MS  2000
#define CLOCK_AHEAD_MS 3600000
#define CLOCK_STOOD_MS 600000
#define CLOCK_SYNCED   "/run/systemd/timesync/synchronized"

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

const char *clock_boot_id(void)
{
	static char id[40];
	ssize_t n;
	int fd;

	if (id[0])
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return id;
	n = read(fd, id, sizeof(id) - 1);
	id[n > 0 ? n : 0] = 0;
	id[strcspn(id, "\n")] = 0;
	close(fd);
	return id;
}

bool clock_synced(void)
{
	struct timex t = { 0 };

	/* a sandbox may forbid to ask the kernel; timesyncd leaves a mark */
	return access(CLOCK_SYNCED, F_OK) == 0 || (adjtimex(&t) >= 0 && !(t.status & STA_UNSYNC));
}

bool clock_believed(const struct clock_belief *b, int64_t mono_ms, int64_t wall_ms)
{
	if (!clock_wall_sane(wall_ms))
		return false;
	return !b->newest_ms || mono_ms - b->since_ms >= CLOCK_STOOD_MS ||
	       (wall_ms >= b->newest_ms && wall_ms - b->newest_ms <= CLOCK_AHEAD_MS) ||
	       clock_synced();
}

int64_t clock_watch_step(struct clock_watch *w, int64_t mono_ms, int64_t wall_ms)
{
	int64_t offset = wall_ms - mono_ms, jump = offset - w->offset_ms;
	bool first = !w->started;

	w->started = true;
	w->offset_ms = offset;
	return !first && llabs(jump) > CLOCK_JUMP_MS ? jump : 0;
}
