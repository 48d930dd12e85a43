#include "udp.h"

#include "svitlo/util.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define UDP_DATA_MAX 1500

struct udp {
	struct udp_owner owner;
	int fd;
	sd_event_source *io;
};

static int udp_on_io(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);
	uint8_t buf[UDP_DATA_MAX];
	struct udp *u = ud;
	ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

	(void)s;
	(void)events;
	/* an error here is the ICMP of who does not listen */
	if (n > 0 && from.sin_family == AF_INET)
		u->owner.data(u->owner.ud, ntohl(from.sin_addr.s_addr), buf, (size_t)n);
	return 0;
}

int udp_open(struct udp **ret, sd_event *ev, const struct udp_owner *owner)
{
	struct udp *u = calloc(1, sizeof(*u));
	int one = 1, r;

	if (!u)
		return -ENOMEM;
	u->owner = *owner;
	u->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r = u->fd < 0 || setsockopt(u->fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) < 0 ? -errno
											    : 0;
	if (r == 0)
		r = sd_event_add_io(ev, &u->io, u->fd, EPOLLIN, udp_on_io, u);
	if (r < 0) {
		udp_close(u);
		return r;
	}
	*ret = u;
	return 0;
}

void udp_send(struct udp *u, uint32_t ip, uint16_t port, const void *p, size_t n)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(ip) };

	if (sendto(u->fd, p, n, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return; /* it is asked once more */
}

unsigned udp_broadcasts(uint32_t *ret, unsigned room)
{
	struct ifaddrs *all = NULL;
	unsigned n = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (const struct ifaddrs *i = all; i && n < room; i = i->ifa_next) {
		const struct sockaddr_in *to = (const void *)i->ifa_broadaddr;

		if (i->ifa_flags & IFF_UP && i->ifa_flags & IFF_BROADCAST && to && i->ifa_addr &&
		    i->ifa_addr->sa_family == AF_INET)
			ret[n++] = ntohl(to->sin_addr.s_addr);
	}
	freeifaddrs(all);
	return n;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	sd_event_source_disable_unref(u->io);
	if (u->fd >= 0)
		close(u->fd);
	free(u);
}
