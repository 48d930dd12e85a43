/*
 * See seek.h.
 */
#include "seek.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_NET 127
#define LOOPBACK_ALL 0x7FFFFFFFu

int seek_open(sd_event_source **ret, sd_event *event, uint32_t net, uint16_t port,
	      sd_event_io_handler_t heard, void *ud)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(LOOPBACK_ALL) };
	int one = 1, r, fd;

	if (net >> 24 != LOOPBACK_NET)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	r = bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
	if (r >= 0)
		r = sd_event_add_io(event, ret, fd, EPOLLIN, heard, ud);
	if (r < 0) {
		close(fd);
		return r;
	}
	return sd_event_source_set_io_fd_own(*ret, 1);
}
