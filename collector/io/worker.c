#include "worker.h"

#include "svitlo/util.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>

struct orders {
	struct worker_order *first, **end;
};

/* Freed by the thread when it is busy at the end, else by the loop, which waits for it: what the
 * thread's libraries have for it must not be there still when the process ends. */
struct worker {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct orders todo, done;
	bool running; /* there is a thread */
	bool busy;    /* with an order */
	bool closed;  /* nobody waits any more */
	bool joined;  /* but for the end of an idle thread */
	pthread_t thread;
	int fd; /* eventfd: something is done */
	sd_event_source *io;
};

static void orders_init(struct orders *q)
{
	*q = (struct orders){ .end = &q->first };
}

static void orders_put(struct orders *q, struct worker_order *o)
{
	o->next = NULL;
	*q->end = o;
	q->end = &o->next;
}

static struct worker_order *orders_take(struct orders *q)
{
	struct worker_order *o = q->first;

	if (!o)
		return NULL;
	q->first = o->next;
	if (!q->first)
		q->end = &q->first;
	return o;
}

static void worker_destroy(struct worker *w)
{
	struct worker_order *o;

	while ((o = orders_take(&w->todo)) || (o = orders_take(&w->done)))
		o->drop(o);
	close(w->fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static void *worker_thread(void *ud)
{
	const uint64_t one = 1;
	struct worker *w = ud;
	struct worker_order *o;
	bool joined;

	pthread_mutex_lock(&w->lock);
	while (!w->closed) {
		o = orders_take(&w->todo);
		if (!o) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		w->busy = true;
		pthread_mutex_unlock(&w->lock);
		o->run(o);
		pthread_mutex_lock(&w->lock);
		w->busy = false;
		orders_put(&w->done, o);
		if (write(w->fd, &one, sizeof(one)) < 0)
			continue; /* only if it is full: the loop is awake already */
	}
	joined = w->joined;
	pthread_mutex_unlock(&w->lock);
	if (!joined) {
		pthread_detach(pthread_self());
		worker_destroy(w);
	}
	return NULL;
}

static int worker_on_done(sd_event_source *s, int fd, uint32_t events, void *ud)
{
	struct worker *w = ud;
	struct worker_order *o;
	uint64_t n;

	(void)s;
	(void)events;
	/* one at a time: what it does may free the worker */
	pthread_mutex_lock(&w->lock);
	o = orders_take(&w->done);
	if (!w->done.first && read(fd, &n, sizeof(n)) < 0)
		n = 0; /* nothing was there: it is what we wanted */
	pthread_mutex_unlock(&w->lock);
	if (o)
		o->done(o);
	return 0;
}

int worker_new(struct worker **ret, sd_event *ev)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	orders_init(&w->todo);
	orders_init(&w->done);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->fd < 0 ? -errno : sd_event_add_io(ev, &w->io, w->fd, EPOLLIN, worker_on_done, w);
	if (r < 0) {
		if (w->fd >= 0)
			close(w->fd);
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

static int worker_start(struct worker *w)
{
	sigset_t all, old;
	int r;

	/* signals are the loop's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, worker_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

void worker_do(struct worker *w, struct worker_order *o)
{
	pthread_mutex_lock(&w->lock);
	orders_put(&w->todo, o);
	if (!w->running)
		w->running = worker_start(w) == 0; /* if not, the next order tries again */
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void worker_free(struct worker *w)
{
	bool running, joined;
	pthread_t thread;

	if (!w)
		return;
	sd_event_source_disable_unref(w->io);
	pthread_mutex_lock(&w->lock);
	w->closed = true;
	running = w->running;
	joined = w->joined = running && !w->busy;
	thread = w->thread;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (joined)
		pthread_join(thread, NULL);
	if (!running || joined)
		worker_destroy(w);
}
