/* Inside the store: shared by store*.c only. */
#pragma once

#include "store.h"

#include "svitlo/db.h"
#include "svitlo/history.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"

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
	bool behind;	  /* more than a slice waits */
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

void store_failed(struct failure *f, const char *what, const struct err *e);
void store_worked(struct failure *f, const char *what);

/* One slice of what waits into history.db, of the rows only those before before_t. Gives the rows
 * saved. *ret_more: there is more. */
int store_save(struct store *s, int64_t before_t, bool *ret_more, struct err *e);
