/* Who is asking: sessions of config.db, named by a cookie of which only the digest is stored. */
#pragma once

#include "http.h"

/* The session of the request's cookie: 1 found, 0 none, -errno. */
int session_find(struct req *q, struct err *e);

/* Inside a transaction: a session for a user; sets q->session and the reply's cookie. */
int session_create(struct req *q, struct reply *r, int64_t user, const char *name, enum level level,
		   struct err *e);

/* Ends the request's session, and the cookie in the browser. */
int session_end(struct req *q, struct reply *r, struct err *e);

/* {user, level, created_ms, expires_ms} */
void session_write(const struct session *s, struct jw *w);
