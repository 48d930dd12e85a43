/*
 * What happened, newest first, out of both databases: live.db has what history.db does not have
 * yet, and for a moment each the same.
 */
#pragma once

#include "http.h"

#include "svitlo/util.h"

#include <sqlite3.h>

struct event_row {
	int64_t t_ms, device; /* device 0: svitlo itself */
	const char *kind;
	const char *data; /* a JSON object */
};

struct events {
	sqlite3_stmt *st[2]; /* of live.db and of history.db; NULL: no such file */
	bool row[2];	     /* stands at a row that was not given yet */
	bool given[2];	     /* stands at the one that was given last */
};

#define EVENTS_OWN (-1) /* as a device: svitlo itself */

/* Older than before_ms; device 0: of all. A missing database has none. To be closed. */
int events_open(struct events *v, struct req *q, int64_t device, int64_t before_ms, struct err *e);
/* 1: a row, which borrows until the next call; 0: no more. */
int events_next(struct events *v, struct event_row *ret, struct err *e);
void events_close(struct events *v);
#define EVENTS_AUTO SV_CLEANUP(events_close)
