/*
 * What the collector shall do once: rows of config.db's table job, taken in order and run beside
 * each other, a little at each tick. How far each is stands in live.db's job_state.
 *
 *	capture	records what a device and we say to each other into STORE_DIR/captures/ID.cap, with
 *		serials and passcodes masked; {"minutes":N} in args
 *	discover looks for inverters and plugs on the network; {"subnet":"192.168.1.0/24"} in args,
 *		or nothing: then by broadcast, and around the devices that are known
 *	probe	tries an address, and says what is there; {"address":URL} in args, and "transport"
 *		as of a plug's options
 *	account	tries an account at a plug, and keeps it when it is let in
 *	forget	removes what history.db and live.db hold of a device that was removed; goes on after a
 *		restart, until its row in config.db says {"done":true} in args
 *	scan	looks for batteries with the functions of struct jobs_env; {"seconds":N}
 *
 * A new kind is one struct job_kind (jobs_priv.h) and one line in jobs.c.
 */
#pragma once

#include "driver/driver.h"
#include "svitlo/err.h"

#include <stddef.h>
#include <stdint.h>

struct jobs;
struct json_t;
struct sqlite3;

/* What jobs may use; lives as long as they do. */
struct jobs_env {
	struct sqlite3 *config, *live, *history;
	const char *store_dir;
	struct device *(*device)(void *ud, int64_t id); /* a configured device, or NULL */
	/* A scan, at most one at a time. NULL: cannot be done here. */
	int (*scan_start)(void *ud, int seconds, struct err *e);
	/* Each tick: 1 it has ended, 0 it goes on, -errno failed. progress: 0 to 1; result: an
	 * empty writer that takes a JSON object with what was found so far. */
	int (*scan_poll)(void *ud, double *progress, struct jw *result, struct err *e);
	void (*scan_stop)(void *ud); /* after a start that worked: ended, failed or cancelled */
	/* Searches and probes, several at a time, each with a thing of its own. NULL: cannot be
	 * done here. */
	const struct jobs_network {
		/* args: of the job, checked. NULL: failed */
		void *(*start)(void *ud, const struct json_t *args, struct err *e);
		double (*poll)(void *ud, void *it, struct jw *result); /* -> progress; 1: over */
		void (*stop)(void *it);
	} * discover, *probe;
	/* Accounts: as account.h. NULL: cannot be done here. */
	const struct jobs_account {
		void *(*start)(void *ud, const struct json_t *args, struct err *e);
		int (*poll)(void *ud, void *it, int64_t wall_ms, double *progress,
			    struct jw *result, struct err *e);
		void (*stop)(void *it);
	} * account;
	void *ud;
};

/* Jobs that an earlier life left running have failed, but for those that go on. */
int jobs_open(struct jobs **ret, const struct jobs_env *env, int64_t wall_ms, struct err *e);
/* Each second: takes new jobs, sees which were cancelled, lets each go on for at most 50 ms. */
void jobs_poll(struct jobs *j, int64_t mono_ms, int64_t wall_ms);
/* What went over a tapped device's wire: device_owner.piece. */
void jobs_piece(struct jobs *j, const struct device *d, char dir, const uint8_t *p, size_t n,
		int64_t mono_ms);
/* history.db was begun anew: it is another connection now. */
void jobs_history(struct jobs *j, struct sqlite3 *history);
/* Captures keep what they have. The devices must be there still. */
void jobs_close(struct jobs *j, int64_t wall_ms);
