#include "capture.h"

#include "proto/cap.h"
#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CAPTURE_PREFIX	 "capture:"
#define CAPTURE_AGAIN_MS 5000
#define CAPTURE_TURN	 64

struct capture {
	struct link link;
	sd_event_source *timer, *tell;
	char *text;
	size_t len, off;
	double speed;
	struct cap cap;
	bool held;	  /* cap has a notification whose time has not come */
	int64_t begun_ms; /* monotonic, when the file's start was played */
	const char *reason;
	struct err why;
};

bool capture_is(const char *address)
{
	return strncmp(address, CAPTURE_PREFIX, strlen(CAPTURE_PREFIX)) == 0;
}

static void capture_tell(struct capture *c, enum link_state s, const char *reason)
{
	c->link.state = s;
	c->link.notify = s == LINK_UP ? "file" : NULL;
	c->reason = reason;
	sd_event_source_set_enabled(c->tell, SD_EVENT_ONESHOT);
}

static int capture_on_tell(sd_event_source *s, void *ud)
{
	struct capture *c = ud;

	(void)s;
	c->link.owner.state(c->link.owner.ud, c->link.state, c->reason,
			    c->why.text[0] ? c->why.text : NULL);
	return 0;
}

static void capture_wait(struct capture *c, int64_t ms)
{
	sd_event_source_set_time_relative(c->timer, ms > 0 ? (uint64_t)ms * 1000 : 0);
	sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

/* The next notification into c->cap: 1, 0 at the end, -errno. */
static int capture_next(struct capture *c)
{
	while (c->off < c->len) {
		const char *line = c->text + c->off, *nl = memchr(line, '\n', c->len - c->off);
		size_t n = nl ? (size_t)(nl - line) + 1 : c->len - c->off;
		int r = cap_line(&c->cap, line, n, &c->why);

		c->off += n;
		if (r < 0)
			return r;
		if (r == CAP_IN || r == CAP_BARE)
			return 1;
	}
	return 0;
}

static void capture_rewind(struct capture *c)
{
	c->off = 0;
	c->held = false;
	c->cap = (struct cap){ 0 };
	c->why = (struct err){ 0 };
	c->begun_ms = clock_mono_ms();
	c->link.ups++;
	capture_tell(c, LINK_UP, NULL);
}

static int capture_on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	struct capture *c = ud;
	int r = 1;

	(void)s;
	(void)usec;
	if (c->link.state != LINK_UP) {
		capture_rewind(c);
		capture_wait(c, 0);
		return 0;
	}
	for (int turn = 0;; turn++) {
		int64_t due;

		if (turn == CAPTURE_TURN) { /* others have their turn too */
			capture_wait(c, 0);
			return 0;
		}

		if (!c->held && (r = capture_next(c)) <= 0)
			break;
		c->held = true;
		due = c->begun_ms + (int64_t)((double)c->cap.at_ms / c->speed) - clock_mono_ms();
		if (due > 0) {
			capture_wait(c, due);
			return 0;
		}
		c->held = false;
		c->link.owner.data(c->link.owner.ud, c->cap.data, c->cap.len);
	}
	capture_tell(c, LINK_LOST, r < 0 ? "capture_unreadable" : "capture_ended");
	capture_wait(c, CAPTURE_AGAIN_MS);
	return 0;
}

static int capture_write(struct link *l, const uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	return l->state == LINK_UP ? 0 : -ENOTCONN;
}

/* The owner heard nothing for too long: the pauses of the file are what they are. */
static void capture_restart(struct link *l, const char *reason, const char *detail)
{
	struct capture *c = (struct capture *)l;

	(void)detail;
	capture_tell(c, LINK_LOST, reason);
	capture_wait(c, CAPTURE_AGAIN_MS);
}

static void capture_close(struct link *l)
{
	struct capture *c = (struct capture *)l;

	sd_event_source_disable_unref(c->timer);
	sd_event_source_disable_unref(c->tell);
	free(c->text);
	free(c);
}

static int capture_load(struct capture *c, const char *path, struct err *e)
{
	/* not blocking: a name may be a pipe that nobody writes to */
	SV_AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)CAPTURE_FILE_MAX)
		return err_set(e, -EINVAL, "%s: not a file of at most %u MiB", path,
			       CAPTURE_FILE_MAX >> 20);
	c->text = malloc((size_t)st.st_size + 1);
	if (!c->text)
		return err_set(e, -ENOMEM, "out of memory");
	while (c->len < (size_t)st.st_size) {
		ssize_t n = read(fd, c->text + c->len, (size_t)st.st_size - c->len);

		if (n < 0 && errno != EINTR)
			return err_set(e, -errno, "%s: %s", path, strerror(errno));
		if (n == 0)
			break;
		c->len += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int capture_open(sd_event *ev, const char *address, double speed, const struct link_owner *owner,
		 struct link **ret, struct err *e)
{
	static const struct link_ops ops = { .write = capture_write,
					     .restart = capture_restart,
					     .close = capture_close };
	struct capture *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	c->link = (struct link){ .ops = &ops, .owner = *owner, .state = LINK_LOST, .trying = -1 };
	c->speed = speed;
	r = capture_load(c, address + strlen(CAPTURE_PREFIX), e);
	if (r >= 0)
		r = sd_event_add_time_relative(ev, &c->timer, CLOCK_MONOTONIC, 0, 1000,
					       capture_on_timer, c);
	if (r >= 0)
		r = sd_event_add_defer(ev, &c->tell, capture_on_tell, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->tell, SD_EVENT_OFF);
	if (r < 0) {
		capture_close(&c->link);
		return r;
	}
	*ret = &c->link;
	return 0;
}
