/* The thread that copies the WAL of history.db into it: a card may take seconds, and the loop must not. */
#include "app_priv.h"

#include "svitlo/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct copy {
	struct worker_order order; /* first */
	struct app *app;
	char dir[CONF_STR_MAX];
	struct err e; /* code 0: done */
};

static void copy_run(struct worker_order *o)
{
	struct copy *c = (struct copy *)o;

	db_checkpoint(DB_HISTORY, c->dir, &c->e);
}

static void copy_done(struct worker_order *o)
{
	struct copy *c = (struct copy *)o;

	c->app->copying = false;
	if (c->e.code)
		log_warn("%s; it is tried again", err_text(&c->e));
	free(c);
}

static void copy_drop(struct worker_order *o)
{
	free(o);
}

void app_watch_wal(struct app *a)
{
	struct copy *c;

	if (!store_wal_due(a->store) || a->copying)
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->order = (struct worker_order){ .run = copy_run, .done = copy_done, .drop = copy_drop };
	c->app = a;
	snprintf(c->dir, sizeof(c->dir), "%s", a->conf->store_dir);
	a->copying = true;
	worker_do(a->disk, &c->order);
}

int app_open_disk(struct app *a, struct err *e)
{
	int r = worker_new(&a->disk, a->ev);

	if (r < 0)
		return err_set(e, r, "a thread for the disk: %s", strerror(-r));
	store_wal_aside(a->store);
	return 0;
}
