/* What is common to all that switches plugs: which devices are some, and what the overview says. */
#pragma once

#include "kinds.h"
#include "present.h"

/*
 * Members of a plug's object: measures, sockets, priority, never_off, estimated_w, timer, command.
 * link: what the collector says of the connection, JSON; "": nothing.
 */
int plug_write(struct present *p, struct jw *w, const struct kind *kind, int64_t id,
	       const char *options, const char *link, struct err *e);

/*
 * Can the device be switched? Inside a transaction. 0: yes; -ESRCH: there is none; -ENOTTY: it is
 * no plug; -EISDIR: it is a strip, whose sockets are; -EACCES: it would be off in the end with
 * nobody there to confirm it, and is never to be.
 */
int plug_check(struct req *q, int64_t device, bool ends_off, struct err *e);
/* Answers what plug_check() found, and -EDQUOT: what there are too many of. Else the error goes on.
 */
int plug_refused(struct reply *r, int rc, const char *too_many);

/* A column as it is, or null. */
void plug_write_int(struct jw *w, const char *key, sqlite3_stmt *st, int col);
