/*
 * Where readings go: live.db every second, history.db once a minute.
 *
 * Frames are averaged into rows of 10 s. A row, the running one included, stands in live.db until
 * it is in history.db: after a crash the next start finds the unsaved minute there and goes on. So
 * do events and documents.
 * Errors of the disk are kept in store_problem() and tried again; nothing in live.db is given up.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/history.h"
#include "svitlo/reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_ROW_S HISTORY_ROW_S

struct store;

/* Opens and migrates history.db and live.db; saves what an earlier life left behind. */
int store_open(struct store **ret, const char *store_dir, const char *live_dir, int64_t wall_ms,
	       struct err *e);

void store_reading(struct store *s, int64_t device, const struct reading *r);
/* The bank or the house, as its kind says. Nothing new since the last one is nothing. */
void store_whole(struct store *s, const struct reading *r);

/* What the owner of the house is told of a device. */
struct store_state {
	const char *state, *reason; /* words of fcgi/README.md: constants */
	const char *detail, *link;  /* a sentence or "", a JSON object */
	int64_t until_ms;	    /* when the state ends by itself; 0: not set */
};
void store_state(struct store *s, int64_t device, const struct store_state *now, int64_t wall_ms);

/* What a device says of itself; kind: info, settings. It is kept over a reboot. Device 0 is svitlo
 * itself: of its kinds grid (what the grid was last) is kept, bluetooth (its adapters) is not. */
void store_doc(struct store *s, int64_t device, const char *kind, const char *json,
	       int64_t wall_ms);
/* The last one, also of an earlier life; to be freed. NULL: none. */
char *store_doc_get(struct store *s, int64_t device, const char *kind);
/* What is made from several devices, beside its JSON. */
enum store_summary { STORE_BANK, STORE_HOUSE, STORE_SUMMARY__MAX };
void store_summary(struct store *s, enum store_summary which, const char *json,
		   const struct summary *sum);
void store_loop(struct store *s, const char *json); /* how long the event loop was held up */
void store_forget(struct store *s, int64_t device); /* out of live.db; history stays */
/* Forgets all others: they were removed while nobody watched. */
void store_keep(struct store *s, const int64_t *devices, size_t n);

/* device 0: svitlo itself; kind: see fcgi/README.md; json may be NULL. In live.db at once, in
 * history.db with the next commit. */
void store_event(struct store *s, int64_t wall_ms, int64_t device, const char *kind,
		 const char *json);
/* 1: the device was lost and has not come back, also in an earlier life; since when and why. */
#define STORE_REASON_MAX 32
int store_outage(struct store *s, int64_t device, int64_t wall_ms, int64_t *ret_t_ms,
		 char reason[STORE_REASON_MAX]);

/* The newest event of these kinds of svitlo itself: 1, and its kind (one of the two), time and data
 * (JSON, to be freed; NULL: none). */
int store_event_last(struct store *s, const char *kind, const char *other, int64_t wall_ms,
		     bool *ret_other, int64_t *ret_t_ms, char **ret_data);

/* Up to when history has rows, ms; 0: it has none, or cannot be read. */
int64_t store_newest(struct store *s);

/* Energy of a device on a day: read from wherever it is; written into live.db, and history.db with
 * the next commit. */
struct energy_day;
bool store_energy_load(struct store *s, int64_t device, const char *day, struct energy_day *ret);
void store_energy_save(struct store *s, int64_t device, const struct energy_day *d);

int store_flush(struct store *s, int64_t wall_ms); /* every second: live.db */
/* Every minute: one slice into history.db. Gives the rows saved, or -errno. */
int store_commit(struct store *s, int64_t wall_ms);
bool store_behind(const struct store *s); /* more waits than one slice: commit again soon */

/*
 * The rest of what history needs, each second, for some milliseconds: the upper tiers, old rows that
 * go, what it costs the disk. Gives true when history.db was damaged and another one was begun: then
 * store_history() is another connection.
 */
bool store_upkeep(struct store *s, int64_t mono_ms, int64_t wall_ms);
/* The WAL of history.db is copied by db_checkpoint() on a thread: it is due, said once a commit. Without
 * store_wal_aside(), or when that takes too long, a commit does it. */
void store_wal_aside(struct store *s);
bool store_wal_due(struct store *s);
/* Days that the rows of each tier are kept; 0: for ever. */
void store_keep_days(struct store *s, const int days[HISTORY_TIER__MAX], int card_tbw);
/*
 * The wall clock jumped. Forward by more than an hour: until it has stood so for ten minutes nothing is
 * saved, for a day nothing goes by its age, and when it jumps back rows of the wrong time are dropped.
 */
void store_jumped(struct store *s, int64_t from_ms, int64_t to_ms, int64_t mono_ms);

/* The connections, for jobs.c; no transaction is open between two calls. */
struct sqlite3 *store_live(const struct store *s);
struct sqlite3 *store_history(const struct store *s);

/* What the owner of the house should know, or NULL. */
const char *store_problem(const struct store *s);

/* Flushes and commits everything, the running rows included, when wall_ms is not 0. */
void store_close(struct store *s, int64_t wall_ms);
