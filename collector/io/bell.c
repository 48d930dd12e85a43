#include "bell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BELL_RINGS_MAX 8 /* that one look answers */

struct bell {
	int fd;
	sd_event_source *io;
	struct sockaddr_un at;
	void (*rung)(void *ud);
	void *ud;
};

static int on_ring(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	struct bell *b = ud;
	char text[16];

	(void)s;
	(void)events;
	/* what is left calls again: whoever rings without end does not hold up the loop */
	for (int i = 0; i < BELL_RINGS_MAX && recv(fd, text, sizeof(text), MSG_DONTWAIT) >= 0; i++)
		;
	b->rung(b->ud);
	return 0;
}

int bell_open(struct bell **ret, sd_event *ev, const char *path, void (*rung)(void *ud), void *ud,
	      struct err *e)
{
	struct bell *b;
	int r = 0;

	if (strlen(path) >= sizeof(b->at.sun_path))
		return err_set(e, -ENAMETOOLONG, "%s: a socket's path is shorter", path);
	b = calloc(1, sizeof(*b));
	if (!b)
		return err_set(e, -ENOMEM, "out of memory");
	*b = (struct bell){ .rung = rung, .ud = ud, .at = { .sun_family = AF_UNIX } };
	memcpy(b->at.sun_path, path, strlen(path) + 1);
	unlink(path); /* of an earlier life */
	b->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (b->fd < 0 || bind(b->fd, (struct sockaddr *)&b->at, sizeof(b->at)) < 0)
		r = -errno;
	if (r == 0)
		r = sd_event_add_io(ev, &b->io, b->fd, EPOLLIN, on_ring, b);
	if (r < 0) {
		bell_close(b);
		return err_set(e, r, "%s: %s", path, strerror(-r));
	}
	*ret = b;
	return 0;
}

void bell_close(struct bell *b)
{
	if (!b)
		return;
	sd_event_source_disable_unref(b->io);
	if (b->fd >= 0) {
		close(b->fd);
		unlink(b->at.sun_path);
	}
	free(b);
}
