/*
 * The present as live.db has it, joined with the devices of config.db. The collector has written
 * its values as JSON texts; here they get their ages and are put together.
 */
#pragma once

#include "http.h"

#include "svitlo/db.h"
#include "svitlo/metrics.h"

#define PRESENT_FRESH_MS 10000 /* how long a reading holds that was never taken */
#define PRESENT_BEAT_MS	 5000  /* a collector silent for longer is not running */

struct present {
	bool have;    /* a collector has left its row */
	bool running; /* and renews it */
	int64_t started_ms, age_ms, seq;
	char problem[256]; /* "" when there is none */
	char loop[256];	   /* JSON: how long the collector's event loop was held up; "": unknown */
	uint64_t hash;	   /* of all that was written but ages: the ETag */
	struct req *q;
	sqlite3_stmt
		*hold; /* keeps one read transaction of live.db open, so that all fits together */
};

/* A missing live.db is no error: have is false then. To be closed by present_close(). */
int present_open(struct present *p, struct req *q, struct err *e);
void present_close(struct present *p);
#define PRESENT_AUTO SV_CLEANUP(present_close)

/* What was written changes the ETag. */
void present_hash(struct present *p, const void *data, size_t n);

/* Age of what happened at t_ms. */
int64_t present_age(const struct present *p, int64_t t_ms);

/* {state, age_ms}, and problem for those who are logged in */
void present_write_collector(struct present *p, struct jw *w, bool with_problem);

/* Members of a device's object, in groups. The caller opens and closes the object. */
enum present_part {
	PRESENT_CONFIG = 1, /* enabled, position, options, has_pin, created_ms */
	PRESENT_VALUES = 2, /* suspect, values */
	PRESENT_LINK = 4,   /* link, outages */
};
/* device: at a row of STORE_DEVICES. */
int present_write_device(struct present *p, struct jw *w, sqlite3_stmt *device, unsigned parts,
			 struct err *e);

/* What was made from several devices: its object, or null. name: bank, house. */
int present_write_summary(struct present *p, struct jw *w, const char *name, struct err *e);

/* Of live.db: the row of a doc, NULL when there is none. To be reset. */
int present_doc(struct present *p, int64_t device, const char *kind, sqlite3_stmt **ret,
		struct err *e);
/* What a device said of itself, as {age_ms, values}, or null. kind: info, settings. */
int present_write_doc(struct present *p, struct jw *w, int64_t device, const char *kind,
		      struct err *e);
