/* Inside the jobs: what a kind of job is. Private to pipe/jobs*.c. */
#pragma once

#include "pipe/jobs.h"
#include "svitlo/db.h"
#include "svitlo/jw.h"

#include <jansson.h>

struct job;

enum job_end { JOB_DONE, JOB_FAILED, JOB_CANCELLED };

struct job_kind {
	const char *name;
	size_t size; /* of its own state */
	bool stays;  /* goes on after a restart, however old it is */
	int (*start)(struct job *job, json_t *args, struct err *e);
	/* 1: done, 0: goes on, -errno: failed. May set progress, result, text. */
	int (*tick)(struct job *job, struct err *e);
	/* history.db is another file now: nothing of the old connection may be kept. Optional. */
	void (*history)(struct job *job);
	/* Lets go of everything, after any start that worked. `how` is about to be written; a
	 * -errno makes it failed. */
	int (*end)(struct job *job, enum job_end how, struct err *e);
};

struct job {
	struct jobs *jobs;
	const struct job_kind *kind;
	const struct jobs_env *env;
	int64_t id, device;	  /* device 0: none */
	int64_t started_ms;	  /* wall clock */
	int64_t begun_ms;	  /* monotonic */
	int64_t mono_ms, wall_ms; /* now */
	double progress;
	char text[ERR_TEXT_MAX];
	struct jw result;
	void *own; /* the kind's, zeroed before start */
};

/* Another job of this kind on the same device, or NULL. */
const struct job *job_like(const struct job *job);

extern const struct job_kind job_capture, job_forget, job_discover, job_probe, job_account;
void job_capture_piece(struct job *job, char dir, const uint8_t *p, size_t n, int64_t mono_ms);
/* Removes what a killed life left half written. */
void job_capture_sweep(const char *store_dir);
