#include "tcp.h"

#include "svitlo/util.h"
#include "worker.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TCP_HOST_MAX 256
#define TCP_PORT_MAX 8

struct lookup {
	struct worker_order order;
	struct tcp *tcp; /* NULL: closed meanwhile */
	char host[TCP_HOST_MAX], port[TCP_PORT_MAX];
	struct addrinfo *found;
	int error; /* of getaddrinfo */
};

struct tcp {
	sd_event *ev;
	struct tcp_owner owner;
	struct lookup *lookup; /* while it runs */
	struct addrinfo *found, *next;
	int fd;
	bool up;
	int error; /* to be told */
	char text[160];
	sd_event_source *io, *timer, *tell;
};

static int lookup_run(struct lookup *l, int flags)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICSERV | flags };

	l->error = getaddrinfo(l->host, l->port, &hints, &l->found);
	return l->error;
}

static void lookup_free(struct lookup *l)
{
	if (l->found)
		freeaddrinfo(l->found);
	free(l);
}

/* From the loop, so that the owner may close us. */
static void tcp_tell(struct tcp *t, int error, const char *text)
{
	t->io = sd_event_source_disable_unref(t->io);
	t->timer = sd_event_source_disable_unref(t->timer);
	t->error = error;
	snprintf(t->text, sizeof(t->text), "%s", text);
	sd_event_source_set_enabled(t->tell, SD_EVENT_ONESHOT);
}

static int tcp_on_tell(sd_event_source *s, void *ud)
{
	struct tcp *t = ud;

	(void)s;
	t->owner.down(t->owner.ud, t->error, t->text);
	return 0;
}

static void tcp_next(struct tcp *t, int error);

static int tcp_on_late(sd_event_source *s, uint64_t usec, void *ud)
{
	struct tcp *t = ud;

	(void)s;
	(void)usec;
	if (t->lookup)
		tcp_tell(t, -ETIMEDOUT, "its name could not be looked up in time");
	else
		tcp_next(t, ETIMEDOUT);
	return 0;
}

static void tcp_read(struct tcp *t)
{
	uint8_t buf[TCP_PIECE_MAX];
	ssize_t n = recv(t->fd, buf, sizeof(buf), 0);

	if (n > 0)
		t->owner.data(t->owner.ud, buf, (size_t)n);
	else if (n == 0)
		tcp_tell(t, 0, "the other side has closed the connection");
	else if (errno != EAGAIN && errno != EINTR)
		tcp_tell(t, -errno, strerror(errno));
}

static int tcp_on_io(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	struct tcp *t = ud;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)events;
	if (t->up) {
		tcp_read(t);
		return 0;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error) {
		tcp_next(t, error);
		return 0;
	}
	t->up = true;
	t->timer = sd_event_source_disable_unref(t->timer);
	sd_event_source_set_io_events(s, EPOLLIN);
	t->owner.up(t->owner.ud);
	return 0;
}

/* -> a socket that is connecting, or -1 with errno */
static int tcp_socket(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) == 0 &&
	    (connect(fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS))
		return fd;
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

/* Tries the next address of the name; error: why the last one failed. */
static void tcp_next(struct tcp *t, int error)
{
	int r = -1;

	t->io = sd_event_source_disable_unref(t->io);
	t->timer = sd_event_source_disable_unref(t->timer);
	t->fd = -1;
	for (; t->next && t->fd < 0; t->next = t->next->ai_next) {
		t->fd = tcp_socket(t->next);
		error = t->fd < 0 ? errno : error;
	}
	if (t->fd >= 0) {
		r = sd_event_add_io(t->ev, &t->io, t->fd, EPOLLOUT, tcp_on_io, t);
		if (r >= 0)
			sd_event_source_set_io_fd_own(t->io, 1);
		else
			close(t->fd);
		if (r >= 0)
			r = sd_event_add_time_relative(t->ev, &t->timer, CLOCK_MONOTONIC,
						       TCP_CONNECT_MS * 1000, 0, tcp_on_late, t);
		error = r < 0 ? -r : error;
	}
	if (r < 0)
		tcp_tell(t, -error, strerror(error));
}

static void tcp_found(struct tcp *t, struct lookup *l)
{
	t->lookup = NULL;
	t->timer = sd_event_source_disable_unref(t->timer);
	if (l->error) {
		tcp_tell(t, -EHOSTUNREACH, gai_strerror(l->error));
		return;
	}
	t->found = t->next = SV_STEAL(l->found);
	tcp_next(t, ENOENT);
}

static void lookup_on_run(struct worker_order *o)
{
	lookup_run((struct lookup *)o, AI_ADDRCONFIG);
}

static void lookup_on_done(struct worker_order *o)
{
	struct lookup *l = (struct lookup *)o;

	if (l->tcp)
		tcp_found(l->tcp, l);
	lookup_free(l);
}

static void lookup_on_drop(struct worker_order *o)
{
	lookup_free((struct lookup *)o);
}

int tcp_open(struct tcp **ret, sd_event *ev, struct worker *names, const char *host, uint16_t port,
	     const struct tcp_owner *owner)
{
	struct tcp *t = calloc(1, sizeof(*t));
	struct lookup *l = calloc(1, sizeof(*l));
	int r = t && l ? 0 : -ENOMEM;

	if (r < 0) {
		free(t);
		free(l);
		return r;
	}
	*t = (struct tcp){ .ev = ev, .owner = *owner, .lookup = l, .fd = -1 };
	*l = (struct lookup){
		.order = { .run = lookup_on_run, .done = lookup_on_done, .drop = lookup_on_drop },
		.tcp = t
	};
	snprintf(l->host, sizeof(l->host), "%s", host);
	snprintf(l->port, sizeof(l->port), "%u", port);
	r = sd_event_add_defer(ev, &t->tell, tcp_on_tell, t);
	if (r >= 0)
		r = sd_event_source_set_enabled(t->tell, SD_EVENT_OFF);
	if (r < 0) {
		lookup_free(l);
		t->lookup = NULL;
		tcp_close(t);
		return r;
	}
	*ret = t;
	/* what is no name needs no thread */
	if (lookup_run(l, AI_NUMERICHOST) == 0) {
		tcp_found(t, l);
		lookup_free(l);
		return 0;
	}
	worker_do(names, &l->order);
	return sd_event_add_time_relative(ev, &t->timer, CLOCK_MONOTONIC, TCP_CONNECT_MS * 1000, 0,
					  tcp_on_late, t);
}

int tcp_write(struct tcp *t, const void *p, size_t n)
{
	ssize_t sent;

	if (!t->up || !t->io)
		return -ENOTCONN;
	sent = send(t->fd, p, n, MSG_NOSIGNAL);
	return sent == (ssize_t)n ? 0 : sent < 0 ? -errno : -ENOBUFS;
}

void tcp_close(struct tcp *t)
{
	if (!t)
		return;
	if (t->lookup)
		t->lookup->tcp = NULL;
	sd_event_source_disable_unref(t->io);
	sd_event_source_disable_unref(t->timer);
	sd_event_source_disable_unref(t->tell);
	if (t->found)
		freeaddrinfo(t->found);
	free(t);
}
