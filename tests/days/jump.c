#include "jump.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS	   1000000000ll
#define FDS_MAX	   1024
#define MASK_BYTES 8	       /* of the kernel's signal set */
#define FAR_NS	   INT64_MAX   /* never */
#define FAR_S	   (1ll << 32) /* beyond it a time means "never" */

static int64_t mono_ns;		/* 0: time is real */
static int64_t to_wall_ns;	/* from the one to the other */
static int64_t due_ns[FDS_MAX]; /* of timerfds, monotonic; 0: not set */
static bool is_wall[FDS_MAX], fired[FDS_MAX];
static int top; /* no timerfd is higher */

void jump_start(int64_t wall_ms)
{
	mono_ns = 1000 * NS;
	to_wall_ns = wall_ms * 1000000 - mono_ns;
}

static int64_t to_ns(const struct timespec *t)
{
	return t->tv_sec > FAR_S ? FAR_NS : t->tv_sec * NS + t->tv_nsec;
}

static bool ours(clockid_t id)
{
	return mono_ns && (id == CLOCK_REALTIME || id == CLOCK_MONOTONIC || id == CLOCK_BOOTTIME ||
			   id == CLOCK_REALTIME_COARSE || id == CLOCK_MONOTONIC_COARSE);
}

static bool of_wall(clockid_t id)
{
	return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
}

/* ---- clocks ---- */

int clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t ns = mono_ns + (of_wall(id) ? to_wall_ns : 0);

	if (!ours(id))
		return (int)syscall(SYS_clock_gettime, id, t);
	*t = (struct timespec){ ns / NS, ns % NS };
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

/* ---- timers ---- */

/* An eventfd: it is read in the same way, and is ready at once when we say so. */
int timerfd_create(int id, int flags)
{
	int fd = eventfd(0, flags);

	if (fd >= FDS_MAX)
		abort();
	if (fd < 0)
		return fd;
	due_ns[fd] = 0;
	is_wall[fd] = of_wall(id);
	top = fd > top ? fd : top;
	return fd;
}

static void fire(int fd)
{
	due_ns[fd] = 0;
	fired[fd] = true;
	eventfd_write(fd, 1);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *set, struct itimerspec *ret_old)
{
	int64_t ns = to_ns(&set->it_value);
	eventfd_t n;

	if (ret_old)
		*ret_old = (struct itimerspec){ 0 };
	if (ns && ns != FAR_NS)
		ns += !(flags & TFD_TIMER_ABSTIME) ? mono_ns : is_wall[fd] ? -to_wall_ns : 0;
	if (fired[fd]) /* and was read, or not */
		eventfd_read(fd, &n);
	fired[fd] = false;
	due_ns[fd] = ns;
	if (ns && ns <= mono_ns)
		fire(fd);
	return 0;
}

/* To the next moment at which a timer is due; all that are due then fire. */
static bool jump(void)
{
	int64_t next = FAR_NS;

	for (int fd = 0; fd <= top; fd++)
		if (due_ns[fd] && due_ns[fd] < next)
			next = due_ns[fd];
	if (next == FAR_NS)
		return false;
	mono_ns = next;
	for (int fd = 0; fd <= top; fd++)
		if (due_ns[fd] && due_ns[fd] <= mono_ns)
			fire(fd);
	return true;
}

/* ---- waiting ---- */

static int look(int fd, struct epoll_event *ev, int max, const sigset_t *mask)
{
	const struct timespec none = { 0 };

	return (int)syscall(SYS_epoll_pwait2, fd, ev, max, &none, mask, (size_t)MASK_BYTES);
}

int epoll_pwait2(int fd, struct epoll_event *ev, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	int n = look(fd, ev, max, mask);

	if (n != 0 || (timeout && !to_ns(timeout)))
		return n;
	if (!jump())
		return (int)syscall(SYS_epoll_pwait2, fd, ev, max, timeout, mask,
				    (size_t)MASK_BYTES);
	return look(fd, ev, max, mask);
}

int epoll_pwait(int fd, struct epoll_event *ev, int max, int timeout_ms, const sigset_t *mask)
{
	const struct timespec t = { timeout_ms / 1000, timeout_ms % 1000 * 1000000l };

	return epoll_pwait2(fd, ev, max, timeout_ms < 0 ? NULL : &t, mask);
}

int epoll_wait(int fd, struct epoll_event *ev, int max, int timeout_ms)
{
	return epoll_pwait(fd, ev, max, timeout_ms, NULL);
}
