/*
 * A serial port: a pseudo terminal, whose other end clients open by a link with a fixed name.
 */
#include "wire_port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* As bytes come, without echo: an echo would hand the house its own answers. */
static int make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	cfsetspeed(&t, B9600);
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

/* An old link there is replaced, a file is not. */
static int link_to(const char *name, const char *path)
{
	char old[64];

	if (readlink(path, old, sizeof(old)) > 0)
		unlink(path);
	return symlink(name, path) < 0 ? -errno : 0;
}

int wire_tty_open(struct wire_port *p)
{
	char name[64];
	int r = 0, fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, sizeof(name)) != 0)
		r = -errno;
	if (!r)
		p->tty_slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (!r && p->tty_slave < 0)
		r = -errno;
	if (!r)
		r = make_raw(p->tty_slave);
	if (!r)
		r = link_to(name, p->tty);
	if (!r)
		return fd;
	if (p->tty_slave >= 0)
		close(p->tty_slave);
	p->tty_slave = -1;
	close(fd);
	return r;
}

void wire_tty_close(struct wire_port *p)
{
	if (p->tty_slave < 0)
		return;
	close(p->tty_slave);
	p->tty_slave = -1;
	unlink(p->tty);
}
