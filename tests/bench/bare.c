/*
 * What libfcgi can do at best: the same loop as the worker, an answer of a fixed size, no database.
 * spawn-fcgi -n -s SOCK -- scripts/workers 2 bare BYTES
 */
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BARE_MAX 65536

int main(int argc, char **argv)
{
	static char body[BARE_MAX], head[128];
	int n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
	struct pollfd pfd = { .fd = 0, .events = POLLIN };
	FCGX_Request rq;

	if (n < 1 || n > BARE_MAX)
		return fputs("bare BYTES\n", stderr), 2;
	memset(body, 'x', (size_t)n);
	snprintf(head, sizeof(head), "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		 n);
	if (fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK) < 0 || FCGX_Init() ||
	    FCGX_InitRequest(&rq, 0, FCGI_FAIL_ACCEPT_ON_INTR))
		return 1;
	for (;;) {
		if (poll(&pfd, 1, -1) < 0)
			return 0;
		if (FCGX_Accept_r(&rq) < 0)
			continue;
		FCGX_PutStr(head, (int)strlen(head), rq.out);
		FCGX_PutStr(body, n, rq.out);
		FCGX_Finish_r(&rq);
	}
}
