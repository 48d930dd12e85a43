/* The bell: heard once for those that rang together, and never for longer than a few of them take. */
#include "io/bell.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "svitlo/util.h"

static void rung(void *ud)
{
	++*(int *)ud;
}

static void no_flood_holds_the_loop(void **state)
{
	char dir[] = "/tmp/svitlo-bell-XXXXXX";
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct err e = { 0 };
	struct bell *b = NULL;
	sd_event *ev = NULL;
	SV_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int n = 0, times = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/bell", dir);
	assert_int_equal(sd_event_new(&ev), 0);
	assert_int_equal(bell_open(&b, ev, to.sun_path, rung, &times, &e), 0);
	assert_int_equal(sendto(fd, "c", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(sendto(fd, "c", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_true(sd_event_run(ev, 0) > 0);
	assert_int_equal(times, 1);
	assert_int_equal(sd_event_run(ev, 0), 0);
	while (sendto(fd, "c", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1)
		n++;
	assert_true(n >= 10); /* a queue that is full */
	times = 0;
	assert_true(sd_event_run(ev, 0) > 0);
	assert_int_equal(times, 1);
	assert_true(sd_event_run(ev, 0) > 0); /* what is left */
	while (sd_event_run(ev, 0) > 0)
		;
	assert_true(times > 1 && times < n);
	bell_close(b);
	sd_event_unref(ev);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flood_holds_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
