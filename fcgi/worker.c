#include "worker.h"

#include "http.h"
#include "routes.h"
#include "store.h"

#include "svitlo/log.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* nginx has the whole request before it calls: whoever takes longer to tell it is not nginx. */
#define WORKER_REQUEST_S 10
#define WORKER_PIECE_S	 120 /* a piece of a stream: nginx takes 20 MB at a time for who is slow */
#define WORKER_PAUSE_MS	 50

struct worker {
	struct store store;
	struct req q;
	struct reply r;
	char body[HTTP_BODY_MAX + 1];
	char head[HTTP_HEAD_MAX];
};

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

static void on_alarm(int sig)
{
	(void)sig; /* its only work is to interrupt a read or write that blocks */
}

/* Bytes read, at most HTTP_BODY_MAX + 1, which says too long; -EIO cut short. */
static int worker_body(FCGX_Request *rq, const char *length, char *buf)
{
	char *end;
	unsigned long n = length ? strtoul(length, &end, 10) : 0;

	if (!length)
		return 0;
	if (*length < '0' || *length > '9' || *end || n > HTTP_BODY_MAX)
		return HTTP_BODY_MAX + 1;
	return FCGX_GetStr(buf, (int)n, rq->in) == (int)n ? (int)n : -EIO;
}

/* Exactly as many bytes as were announced; a file that shrank ends the connection early. */
static void worker_file(FCGX_Request *rq, FILE *f, int64_t left)
{
	static char buf[65536];
	size_t n;

	while (left > 0 && (n = fread(buf, 1, sizeof(buf), f)) > 0) {
		if ((int64_t)n > left)
			n = (size_t)left;
		if (FCGX_PutStr(buf, (int)n, rq->out) < 0)
			return;
		left -= (int64_t)n;
	}
}

/* From now on a blocked call is interrupted each second, once the time is over. 0 ends it. */
static void worker_timer(int seconds)
{
	struct itimerval t = { .it_value.tv_sec = seconds, .it_interval.tv_sec = seconds ? 1 : 0 };

	setitimer(ITIMER_REAL, &t, NULL);
}

/* ppoll delivers a blocked signal only while it sleeps: with requests queued it never does. */
static bool worker_told_to_stop(void)
{
	sigset_t pending;

	return stop || (sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 ||
						      sigismember(&pending, SIGINT) == 1));
}

/* What is broken off must not look whole: without its end record nginx breaks off too. */
static void worker_break(FCGX_Request *rq)
{
	shutdown(rq->ipcFd, SHUT_RDWR);
}

static void worker_stream(FCGX_Request *rq, struct reply_stream *s)
{
	struct err e = { 0 };
	int r = 1;

	for (bool first = true; r > 0; first = false) {
		const char *text = NULL;
		size_t n = 0;

		worker_timer(WORKER_PIECE_S);
		r = worker_told_to_stop() ? -EINTR : s->next(s, &text, &n, &e);
		if (r >= 0 && n && FCGX_PutStr(text, (int)n, rq->out) < 0)
			return; /* the client has gone */
		if (first && r > 0)
			FCGX_FFlush(rq->out);
	}
	if (r < 0)
		worker_break(rq);
	if (r < 0 && r != -EINTR)
		log_err("api: an answer was broken off: %s", err_text(&e));
}

static void worker_serve(struct worker *w, FCGX_Request *rq)
{
	const struct conf *conf = w->store.conf;
	const char *body;
	int n;

	w->q = (struct req){ .store = &w->store, .conf = conf };
	http_env_read(&w->q.env, rq->envp);
	n = worker_body(rq, w->q.env.length, w->body);
	if (n < 0)
		return; /* nginx has gone: nobody waits */
	api_serve(&w->q, &w->r, w->body, (size_t)n);
	explicit_bzero(w->body, (size_t)n); /* it may have been a password */
	if (reply_head(&w->r, w->head, sizeof(w->head)) < 0)
		return;
	FCGX_PutStr(w->head, (int)strlen(w->head), rq->out);
	body = reply_body(&w->r);
	if (body)
		FCGX_PutStr(body, (int)w->r.w.len, rq->out);
	else if (w->r.file && !w->r.head)
		worker_file(rq, w->r.file, w->r.file_len);
	else if (w->r.stream && !w->r.head)
		worker_stream(rq, w->r.stream);
	reply_reset(&w->r);
}

/* A sibling was faster, or the client has gone: nothing. Out of descriptors or memory: a pause. */
static void worker_not_accepted(int error)
{
	if (error != EAGAIN && error != ECONNABORTED && error != EINTR)
		poll(NULL, 0, WORKER_PAUSE_MS);
}

static int worker_loop(struct worker *w, const sigset_t *waiting, struct err *e)
{
	struct pollfd pfd = { .fd = 0, .events = POLLIN };
	int listens = 0;
	socklen_t len = sizeof(listens);
	FCGX_Request rq;

	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens)
		return err_set(e, -ENOTSOCK,
			       "fd 0 is not a listening socket: start it by spawn-fcgi or systemd");
	if (FCGX_InitRequest(&rq, 0, FCGI_FAIL_ACCEPT_ON_INTR))
		return err_set(e, -EIO, "FastCGI cannot begin");
	while (!worker_told_to_stop()) {
		/* while it sleeps SIGTERM arrives, so none is lost between test and wait */
		if (ppoll(&pfd, 1, NULL, waiting) < 0) {
			if (errno != EINTR)
				return err_set(e, -errno, "waiting for requests: %s",
					       strerror(errno));
			continue;
		}
		if (pfd.revents & (POLLERR | POLLNVAL))
			return err_set(e, -ENOTSOCK, "fd 0 is not a listening socket");
		worker_timer(WORKER_REQUEST_S);
		errno = EAGAIN;
		if (FCGX_Accept_r(&rq) == 0) {
			worker_serve(w, &rq);
			rq.keepConnection = 0; /* a kept one would park this worker */
			FCGX_Finish_r(&rq);
		} else {
			worker_not_accepted(errno);
		}
		worker_timer(0);
	}
	FCGX_Free(&rq, 1);
	return 0;
}

static int worker_signals(sigset_t *ret_waiting)
{
	struct sigaction term = { .sa_handler = on_stop }, tick = { .sa_handler = on_alarm };
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	if (sigprocmask(SIG_BLOCK, &block, ret_waiting) < 0)
		return -errno;
	/* whoever started us may have had them blocked */
	sigdelset(ret_waiting, SIGTERM);
	sigdelset(ret_waiting, SIGINT);
	/* without SA_RESTART: they are there to interrupt */
	if (sigaction(SIGTERM, &term, NULL) < 0 || sigaction(SIGINT, &term, NULL) < 0 ||
	    sigaction(SIGALRM, &tick, NULL) < 0)
		return -errno;
	return 0;
}

int worker_run(const struct conf *conf, struct err *e)
{
	struct worker *w;
	sigset_t waiting;
	int r;

	if (FCGX_Init())
		return err_set(e, -EIO, "FastCGI cannot begin");
	r = worker_signals(&waiting);
	if (r == 0 && fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK) < 0)
		r = -errno;
	if (r < 0)
		return err_set(e, r, "start: %s", strerror(-r));
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(e, -ENOMEM, "out of memory");
	store_init(&w->store, conf);
	r = worker_loop(w, &waiting, e);
	store_free(&w->store);
	jw_free(&w->r.w);
	free(w);
	return r;
}
