/* Which paths are serial ports: a pseudo terminal through a link is, a database is not. */
#include "io/serial_port.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void test_places(void **state)
{
	char dir[] = "/tmp/svitlo-port-XXXXXX", link[64], file[64], up[128];
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0);
	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/tty", dir);
	snprintf(file, sizeof(file), "%s/config.db", dir);
	snprintf(up, sizeof(up), "/dev/pts/../..%s", file);
	assert_int_equal(symlink(ptsname(fd), link), 0);
	close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_true(serial_port_is(ptsname(fd)));
	assert_true(serial_port_is(link)); /* as /dev/serial/by-id, and links of udev rules, are */
	assert_false(serial_port_is(file));
	assert_false(serial_port_is(up));
	assert_false(serial_port_is("/dev/null"));
	assert_false(serial_port_is("/dev/ttyS99999"));
	assert_false(serial_port_is(""));
	unlink(link);
	assert_int_equal(symlink(file, link), 0);
	assert_false(serial_port_is(link));
	unlink(link);
	unlink(file);
	rmdir(dir);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_places) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
