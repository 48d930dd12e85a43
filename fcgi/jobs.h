/* What the collector shall do once: the row of config.db joined with how far live.db says it is. */
#pragma once

#include "present.h"

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED, JOB__MAX };

struct job {
	int64_t id, device, created_ms; /* device 0: none */
	char kind[16], user[64 * 4 + 1];
	bool cancelled;
	enum job_state state;
	int64_t started_ms, ended_ms; /* 0: not yet */
	double progress;
	const char *text;   /* NULL: nothing to say; else borrows as result does */
	const char *result; /* a JSON object or NULL */
	struct present p;   /* keeps both readable until job_free() */
	sqlite3_stmt *state_row;
};

/* 1: there is one; 0: none. To be freed either way. */
int job_find(struct job *j, struct req *q, int64_t id, struct err *e);
/* The newest of a kind that nobody has cancelled. */
int job_find_newest(struct job *j, struct req *q, const char *kind, struct err *e);
void job_free(struct job *j);
#define JOB_AUTO SV_CLEANUP(job_free)

bool job_ended(const struct job *j);

/* Inside a transaction. device 0: none; args: a JSON object. The user is the session's. */
int job_add(struct req *q, const char *kind, int64_t device, const char *args, int64_t *ret_id,
	    struct err *e);

/* A job for no device in particular. */
struct job_order {
	const char *kind, *args; /* args: JSON */
	/* what one of its kind that has not ended is doing, "is looking already": then there is no
	 * other; NULL: as many as one likes */
	const char *alone;
	int (*before)(struct req *q, struct err *e); /* in its transaction; NULL: nothing */
};
/* Adds it and answers with it; 409 when there is one already. */
int job_order(struct req *q, struct reply *r, const struct job_order *o, struct err *e);

/* The job as the answer; 404 when there is none. */
int job_answer(struct req *q, struct reply *r, int64_t id, struct err *e);
