/*
 * warp.so: for an unmodified program time passes WARP times faster.
 *
 *	LD_PRELOAD=warp.so WARP=20 WARP_ORIGIN=1764000000.5 program …
 *
 * Clocks run as origin + (now - origin) * WARP; timers and timeouts become as much shorter.
 * WARP_ORIGIN is a time of the real wall clock, in seconds: processes with the same one agree
 * about the wall clock, whenever they were started. Without it the origin is the start of the
 * program, and its children inherit it. Clocks of CPU time stay as they are.
 *
 * Why not libfaketime: 0.9.10 lets CLOCK_MONOTONIC show the wall clock when a rate is set, so that
 * timerfds with an absolute time on it, which is all that sd-event uses, never fire; and it does
 * not know epoll_pwait2.
 *
 * What is covered is what sd-event, sd-bus and SQLite use. With the address sanitizer its library
 * must come first: LD_PRELOAD=libasan.so:warp.so.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS	   1000000000ll
#define CLOCKS_MAX 16
#define FDS_MAX	   65536
#define MASK_BYTES 8	       /* of the kernel's signal set */
#define FAR_S	   (1ll << 32) /* beyond it a time means "never" */
#define WARP_MAX   10000.0

static double factor = 1;
static int64_t origin_ns[CLOCKS_MAX]; /* 0: a clock that is left alone */
static uint8_t fd_clock[FDS_MAX];     /* of timerfds; CLOCK_REALTIME is 0 */

static int64_t to_ns(const struct timespec *t)
{
	return t->tv_sec * NS + t->tv_nsec;
}

static struct timespec from_ns(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS, .tv_nsec = ns % NS };
}

static int64_t real_ns(clockid_t id)
{
	struct timespec t = { 0 };

	syscall(SYS_clock_gettime, id, &t);
	return to_ns(&t);
}

/* Until it has run time is real: a sanitizer's own set-up comes here before libc is ready. */
__attribute__((constructor)) static void set_up(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME,	       CLOCK_MONOTONIC,	     CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_BOOTTIME,	     CLOCK_MONOTONIC_COARSE,
		CLOCK_REALTIME_ALARM,  CLOCK_BOOTTIME_ALARM, CLOCK_TAI,
	};
	const char *warp = getenv("WARP"), *origin = getenv("WARP_ORIGIN");
	int64_t wall = real_ns(CLOCK_REALTIME), age = 0;
	char text[40];

	factor = warp ? strtod(warp, NULL) : 1;
	if (!(factor >= 1 && factor <= WARP_MAX)) {
		fprintf(stderr, "warp: WARP is 1 to %.0f, not \"%s\"\n", WARP_MAX, warp);
		_exit(2);
	}
	if (origin) {
		age = wall - (int64_t)(strtold(origin, NULL) * NS);
	} else {
		snprintf(text, sizeof(text), "%.6Lf", (long double)wall / NS);
		setenv("WARP_ORIGIN", text, 0);
	}
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		origin_ns[clocks[i]] = real_ns(clocks[i]) - age;
	origin_ns[CLOCK_REALTIME] = wall - age;
}

static bool warped(clockid_t id)
{
	return id >= 0 && id < CLOCKS_MAX && origin_ns[id] && factor > 1;
}

static int64_t fast_ns(clockid_t id, int64_t ns)
{
	return origin_ns[id] + (int64_t)((long double)(ns - origin_ns[id]) * factor);
}

/* A span of fast time in real time; never 0 unless it was. */
static struct timespec shrink(const struct timespec *t)
{
	int64_t ns;

	if (t->tv_sec < 0 || t->tv_sec > FAR_S)
		return *t;
	ns = (int64_t)((long double)to_ns(t) / factor);
	return from_ns(ns || !to_ns(t) ? ns : 1);
}

static struct timespec grow(const struct timespec *t)
{
	return from_ns((int64_t)((long double)to_ns(t) * factor));
}

/* A moment of a fast clock as the moment of the real one. */
static struct timespec moment(clockid_t id, const struct timespec *t)
{
	int64_t ns;

	if (!warped(id) || !to_ns(t) || t->tv_sec > FAR_S)
		return *t;
	ns = origin_ns[id] + (int64_t)((long double)(to_ns(t) - origin_ns[id]) / factor);
	return from_ns(ns > 1 ? ns : 1);
}

/* ---- clocks ---- */

int clock_gettime(clockid_t id, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, id, t);

	if (r == 0 && warped(id))
		*t = from_ns(fast_ns(id, to_ns(t)));
	return r;
}

int gettimeofday(struct timeval *tv, void *tz)
{
	struct timespec t;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &t);
	*tv = (struct timeval){ .tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000 };
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

int timerfd_create(int id, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, id, flags);

	if (fd >= 0 && fd < FDS_MAX)
		fd_clock[fd] = (uint8_t)id;
	return fd;
}

static struct itimerspec grow_both(const struct itimerspec *t)
{
	return (struct itimerspec){ .it_interval = grow(&t->it_interval),
				    .it_value = grow(&t->it_value) };
}

int timerfd_settime(int fd, int flags, const struct itimerspec *set, struct itimerspec *ret_old)
{
	clockid_t id = fd >= 0 && fd < FDS_MAX ? fd_clock[fd] : CLOCK_MONOTONIC;
	struct itimerspec t = { .it_interval = shrink(&set->it_interval),
				.it_value = flags & TFD_TIMER_ABSTIME ? moment(id, &set->it_value)
								      : shrink(&set->it_value) };
	int r = (int)syscall(SYS_timerfd_settime, fd, flags, &t, ret_old);

	if (r == 0 && ret_old)
		*ret_old = grow_both(ret_old);
	return r;
}

int timerfd_gettime(int fd, struct itimerspec *ret)
{
	int r = (int)syscall(SYS_timerfd_gettime, fd, ret);

	if (r == 0)
		*ret = grow_both(ret);
	return r;
}

/* ---- waiting ---- */

int epoll_pwait2(int fd, struct epoll_event *ev, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	struct timespec t = timeout ? shrink(timeout) : (struct timespec){ 0 };

	return (int)syscall(SYS_epoll_pwait2, fd, ev, max, timeout ? &t : NULL, mask,
			    (size_t)MASK_BYTES);
}

int epoll_pwait(int fd, struct epoll_event *ev, int max, int timeout_ms, const sigset_t *mask)
{
	struct timespec t = from_ns(timeout_ms * 1000000ll);

	return epoll_pwait2(fd, ev, max, timeout_ms < 0 ? NULL : &t, mask);
}

int epoll_wait(int fd, struct epoll_event *ev, int max, int timeout_ms)
{
	return epoll_pwait(fd, ev, max, timeout_ms, NULL);
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec t = timeout ? shrink(timeout) : (struct timespec){ 0 };

	return (int)syscall(SYS_ppoll, fds, n, timeout ? &t : NULL, mask, (size_t)MASK_BYTES);
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct timespec t = from_ns(timeout_ms * 1000000ll);

	return ppoll(fds, n, timeout_ms < 0 ? NULL : &t, NULL);
}

int select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	struct timespec t = { 0 };

	if (timeout) {
		t = from_ns(timeout->tv_sec * NS + timeout->tv_usec * 1000);
		t = shrink(&t);
	}
	return (int)syscall(SYS_pselect6, n, in, out, except, timeout ? &t : NULL, NULL);
}

/* -> 0 or an error number, as the standard wants it of this one */
int clock_nanosleep(clockid_t id, int flags, const struct timespec *want, struct timespec *ret_left)
{
	struct timespec t = flags & TIMER_ABSTIME ? moment(id, want) : shrink(want);
	long r = syscall(SYS_clock_nanosleep, id, flags, &t, ret_left);

	if (r == 0)
		return 0;
	if (ret_left && !(flags & TIMER_ABSTIME))
		*ret_left = grow(ret_left);
	return errno;
}

int nanosleep(const struct timespec *want, struct timespec *ret_left)
{
	int r = clock_nanosleep(CLOCK_MONOTONIC, 0, want, ret_left);

	if (r == 0)
		return 0;
	errno = r;
	return -1;
}

int usleep(useconds_t us)
{
	struct timespec t = from_ns(us * 1000ll);

	return nanosleep(&t, NULL);
}

unsigned sleep(unsigned s)
{
	struct timespec t = from_ns(s * NS), left;

	return nanosleep(&t, &left) == 0 ? 0 : (unsigned)left.tv_sec + 1;
}
