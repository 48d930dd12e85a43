/*
 * See wire_port.h.
 */
#include "wire_port.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_MAX	  (256 * 1024) /* a client that reads less is closed */
#define NOISE_LEN 4096
#define NOISE_RUN 16 /* pieces before others have their turn */

void wire_port_init(struct wire_port *p)
{
	p->tty_slave = -1;
	p->noise = 1;
	for (size_t i = 0; i < sizeof(p->full) / sizeof(p->full[0]); i++)
		p->full[i] = -1;
}

static bool is_serial(const struct wire_port *p)
{
	return p->tty[0] != '\0';
}

/* ---- clients ---- */

struct wire_client *wire_port_client(struct wire_port *p, uint32_t id)
{
	for (size_t i = 0; i < WIRE_CLIENTS_MAX; i++)
		if (p->client[i].io && p->client[i].id == id)
			return &p->client[i];
	return NULL;
}

void wire_port_close(struct wire_client *c)
{
	if (!c->io)
		return;
	c->io = sd_event_source_disable_unref(c->io);
	free(c->out);
	c->out = NULL;
	c->port->open--;
}

static void watch(struct wire_client *c)
{
	bool more = c->n_out || c->garbage;

	sd_event_source_set_io_events(c->io, EPOLLIN | (more ? (uint32_t)EPOLLOUT : 0));
	if (!more && c->ends)
		wire_port_close(c);
}

/* -> bytes gone, < 0: the client is lost */
static ssize_t push(struct wire_client *c, const uint8_t *data, size_t n)
{
	ssize_t r = is_serial(c->port) ? write(c->fd, data, n)
				       : send(c->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return r;
}

/* -> false: no memory, or far too much waits */
static bool keep(struct wire_client *c, const uint8_t *data, size_t n)
{
	if (!n)
		return true;
	if (c->n_out + n > OUT_MAX)
		return false;
	if (c->n_out + n > c->out_size) {
		uint8_t *bigger = realloc(c->out, c->n_out + n);

		if (!bigger)
			return false;
		c->out = bigger;
		c->out_size = c->n_out + n;
	}
	memcpy(c->out + c->n_out, data, n);
	c->n_out += n;
	return true;
}

void wire_port_send(struct wire_client *c, const uint8_t *data, size_t n)
{
	ssize_t gone = c->n_out ? 0 : push(c, data, n);

	/* What a serial port has no room for is lost, as on a real one. */
	if (gone < 0 || (!is_serial(c->port) && !keep(c, data + gone, n - (size_t)gone)))
		wire_port_close(c);
	else
		watch(c);
}

void wire_port_flood(struct wire_client *c, uint64_t bytes)
{
	c->garbage = bytes;
	watch(c);
}

void wire_port_end(struct wire_client *c)
{
	c->ends = true;
	watch(c);
}

void wire_port_eat(struct wire_client *c, size_t n)
{
	c->n_in -= n;
	memmove(c->in, c->in + n, c->n_in);
}

/* -> false: the client is lost */
static bool push_noise(struct wire_client *c)
{
	uint8_t piece[NOISE_LEN];

	for (int run = 0; c->garbage && run < NOISE_RUN; run++) {
		size_t n = c->garbage < sizeof(piece) ? (size_t)c->garbage : sizeof(piece);
		ssize_t gone;

		for (size_t i = 0; i < n; i++) {
			c->port->noise =
				c->port->noise * 6364136223846793005u + 1442695040888963407u;
			piece[i] = (uint8_t)(c->port->noise >> 56);
		}
		gone = push(c, piece, n);
		if (gone <= 0)
			return gone == 0;
		c->garbage -= (size_t)gone;
	}
	return true;
}

static bool push_waiting(struct wire_client *c)
{
	ssize_t gone;

	if (!c->n_out)
		return push_noise(c);
	gone = push(c, c->out, c->n_out);
	if (gone < 0)
		return false;
	c->n_out -= (size_t)gone;
	memmove(c->out, c->out + gone, c->n_out);
	return true;
}

static int on_io(sd_event_source *s, int fd, uint32_t revents, void *ud)
{
	struct wire_client *c = ud;
	uint64_t us = 0;
	ssize_t n;

	if (revents & EPOLLOUT) {
		if (!push_waiting(c)) {
			wire_port_close(c);
			return 0;
		}
		watch(c);
	}
	if (!c->io || !(revents & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return 0;
	if (c->n_in == sizeof(c->in))
		c->n_in = 0; /* nobody made sense of all that */
	n = read(fd, c->in + c->n_in, sizeof(c->in) - c->n_in);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		wire_port_close(c);
		return 0;
	}
	sd_event_now(sd_event_source_get_event(s), CLOCK_MONOTONIC, &us);
	c->n_in += (size_t)n;
	c->n_new = (size_t)n;
	c->port->on_bytes(c->port->ud, c);
	c->heard_ms = (int64_t)(us / 1000);
	return 0;
}

/* Takes fd. */
static int adopt(struct wire_port *p, int fd)
{
	struct wire_client *c = p->client;
	uint64_t us = 0;
	int r;

	while (c->io)
		c++;
	memset(c, 0, sizeof(*c));
	sd_event_now(p->event, CLOCK_MONOTONIC, &us);
	c->port = p;
	c->fd = fd;
	c->id = ++p->last_id;
	c->heard_ms = (int64_t)(us / 1000);
	r = sd_event_add_io(p->event, &c->io, fd, EPOLLIN, on_io, c);
	if (r < 0) {
		close(fd);
		return r;
	}
	sd_event_source_set_io_fd_own(c->io, 1);
	p->open++;
	if (p->open > p->open_max)
		p->open_max = p->open;
	if (p->on_open)
		p->on_open(p->ud, c);
	return 0;
}

/* ---- listening ---- */

static int on_client(sd_event_source *s, int fd, uint32_t revents, void *ud)
{
	struct wire_port *p = ud;
	int one = 1, client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)s, (void)revents;
	if (client < 0)
		return 0;
	p->accepted++;
	if (p->open >= p->most || p->open >= WIRE_CLIENTS_MAX) {
		close(client);
		return 0;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)adopt(p, client);
	return 0;
}

/* -> a listening descriptor, or -errno */
static int listen_at(const struct sockaddr_in *at, int backlog)
{
	int one = 1, r, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 || listen(fd, backlog) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int open_tcp(struct wire_port *p)
{
	int r, fd = listen_at(&p->at, 8);

	if (fd < 0)
		return fd;
	r = sd_event_add_io(p->event, &p->listener, fd, EPOLLIN, on_client, p);
	if (r < 0) {
		close(fd);
		return r;
	}
	return sd_event_source_set_io_fd_own(p->listener, 1);
}

static int open_serial(struct wire_port *p)
{
	int fd = wire_tty_open(p);

	return fd < 0 ? fd : adopt(p, fd);
}

int wire_port_open(struct wire_port *p)
{
	if (wire_port_is_open(p))
		return 0;
	wire_port_shut(p);
	return is_serial(p) ? open_serial(p) : open_tcp(p);
}

bool wire_port_is_open(const struct wire_port *p)
{
	return p->listener || p->tty_slave >= 0;
}

void wire_port_shut(struct wire_port *p)
{
	p->listener = sd_event_source_disable_unref(p->listener);
	for (size_t i = 0; i < sizeof(p->full) / sizeof(p->full[0]); i++) {
		if (p->full[i] >= 0)
			close(p->full[i]);
		p->full[i] = -1;
	}
	if (is_serial(p)) {
		wire_tty_close(p);
		wire_port_drop(p);
	}
}

void wire_port_drop(struct wire_port *p)
{
	for (size_t i = 0; i < WIRE_CLIENTS_MAX; i++)
		wire_port_close(&p->client[i]);
}

/* A full queue of connections that nobody accepts: the kernel drops whoever else knocks. */
int wire_port_vanish(struct wire_port *p)
{
	wire_port_shut(p);
	if (is_serial(p))
		return 0;
	p->full[0] = listen_at(&p->at, 0);
	if (p->full[0] < 0)
		return p->full[0];
	for (size_t i = 1; i < sizeof(p->full) / sizeof(p->full[0]); i++) {
		p->full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (p->full[i] >= 0)
			(void)connect(p->full[i], (struct sockaddr *)&p->at, sizeof(p->at));
	}
	for (size_t i = 0; i < WIRE_CLIENTS_MAX; i++)
		if (p->client[i].io)
			sd_event_source_set_enabled(p->client[i].io, SD_EVENT_OFF);
	return 0;
}
