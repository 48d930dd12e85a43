/* Inside the store: shared by store*.c only. */
#pragma once

#include "keep.h"
#include "roll.h"
#include "store.h"

#include "svitlo/db.h"
#include "svitlo/history.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/zone.h"

#define STORE_LINK_MAX 2048

struct mean {
	double sum;
	unsigned n;
};

/* The running row of a device. */
struct row {
	int64_t t; /* 0: none */
	unsigned n;
	enum quality quality;
	struct mean col[HISTORY_COLUMNS_MAX];
	struct mean many[READING_MANY_ROOM]; /* at the places of struct reading's */
	uint8_t n_many[METRIC__MAX];
	unsigned flags;
	uint64_t bits[HISTORY_BITS_MAX];
	bool has_bits[HISTORY_BITS_MAX];
	bool taken; /* the clock was set back: another reading's row, not to be touched */
};

struct store_device {
	struct store_device *next;
	int64_t id;
	struct reading last;
	bool has_last, dirty, row_dirty;
	struct row row;
	const char *state, *reason; /* constants of their owner */
	char detail[200], link[STORE_LINK_MAX];
	int64_t since_ms, until_ms;
};

enum stmt {
	/* on live.db */
	ST_LIVE,
	ST_DOC,
	ST_DOC_GET,
	ST_EVENT,
	ST_EVENT_TRIM,
	ST_SUMMARY,
	ST_ENERGY,
	ST_BEAT,
	ST_FORGET_LIVE,
	ST_FORGET_DOC,
	ST_KNOWN,
	ST__LIVE,
	/* on history.db with live.db attached */
	ST_EVENT_MAIN = ST__LIVE,
	ST_EVENT_SLICE,
	ST_EVENT_SAVE,
	ST_EVENT_SAVED,
	ST_OUTAGE,
	ST_EVENT_LAST,
	ST_ENERGY_LOAD,
	ST_ENERGY_SAVE,
	ST_ENERGY_SAVED,
	ST_DOC_SAVE,
	ST_DOC_LOAD,
	ST_DOC_MAIN,
	ST_FORGET_DOC_MAIN,
	ST__MAX
};

/* For each table of rows of 10 s. */
enum row_stmt {
	/* on live.db */
	ROW_PUT,
	ROW_TRIM,
	ROW_FUTURE,
	ROW__LIVE,
	/* on history.db with live.db attached */
	ROW_PUT_MAIN = ROW__LIVE,
	ROW_SAVE,
	ROW_SAVED,
	ROW_GET,
	ROW_OLDEST,
	ROW_NEWEST,
	ROW__MAX
};

struct store {
	sqlite3 *live, *history;
	sqlite3_stmt *st[ST__MAX];
	sqlite3_stmt *row_st[READING_KIND__MAX][ROW__MAX];
	struct store_device *devices;
	struct jw json;
	int64_t started_ms, seq;
	char *loop;
	struct {
		char *json; /* NULL: not said yet */
		struct summary sum;
	} summaries[STORE_SUMMARY__MAX];
	int64_t newest_t; /* of all rows: the only one that a new life may go on with */
	int64_t saved_t;  /* all rows before it are in history.db */
	bool behind;	  /* more than a slice waits */
	const char *store_dir, *live_dir;
	struct roll *roll;
	struct keep *keep;
	int64_t ahead_t;    /* since a jump forward, rows from here on may be of a wrong clock; 0 */
	int64_t believe_ms; /* monotonic: until then nothing of it is saved; 0: all is well */
	int64_t quiet_until_ms;	 /* monotonic: until then nothing goes by its age */
	bool quiet;		 /* as of the last tick */
	bool wal_aside, wal_due; /* somebody else copies history.db's WAL; it is time to */
	char set_aside[200];	 /* what the owner is told of a damaged history.db; "": none was */
	struct written {
		char day[ZONE_DAY_MAX];
		int64_t seen, today, last_day; /* bytes; last_day -1: not a whole one yet */
		bool whole;		       /* today, from its beginning */
	} written;
	int card_tbw;	     /* TB that the card bears */
	int64_t mend_ms;     /* monotonic: a damaged file is tried to be replaced again */
	int64_t measured_ms; /* monotonic: when storage was made last */
	char *storage;
	struct failure {
		struct err e; /* code 0: none */
		struct log_once said;
	} live_failed, history_failed;
};

/* The device, made if need be; NULL: out of memory. */
struct store_device *store_device(struct store *s, int64_t id);

/* which: ROW_PUT or, when live.db fails, ROW_PUT_MAIN. */
int store_row_write(struct store *s, const struct store_device *d, enum row_stmt which,
		    struct err *e);
/* Prepares row_st; finds newest_t. */
int store_rows_open(struct store *s, struct err *e);
void store_rows_close(struct store *s);

/* history.db with live.db attached, and all that is prepared on it. One that is damaged is set aside
 * and a new one begun. */
int store_history_open(struct store *s, int64_t wall_ms, struct err *e);
void store_history_close(struct store *s);
/* At the start: for a while nothing goes by its age. */
void store_history_quiet(struct store *s, int64_t wall_ms, int64_t mono_ms);
const char *store_sql(enum stmt i);
/* store_cost.c: what was written before, and each minute the storage of /status. */
void store_written_load(struct store *s);
void store_measure(struct store *s, int64_t mono_ms, int64_t wall_ms);
/* Rows of live.db from a time on, written or not; the newest one is looked for again. */
int store_rows_drop_from(struct store *s, int64_t t, struct err *e);

void store_failed(struct failure *f, const char *what, const struct err *e);
void store_worked(struct failure *f, const char *what);

/* One slice of what waits into history.db, of the rows only those before before_t. Gives the rows
 * saved. *ret_more: there is more. */
int store_save(struct store *s, int64_t before_t, bool *ret_more, struct err *e);
