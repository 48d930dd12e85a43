#include "bell.h"

#include "svitlo/conf.h"
#include "svitlo/util.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

void bell_ring(const struct conf *conf)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	SV_AUTO_CLOSE int fd = -1;
	int n = snprintf(to.sun_path, sizeof(to.sun_path), "%s/bell", conf->live_dir);

	if (n < 0 || n >= (int)sizeof(to.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		sendto(fd, "c", 1, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to));
}
