/* Inside the store: shared by store*.c only. */
#pragma once

#include "store.h"

#include "svitlo/db.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"

#define STORE_LINK_MAX 2048
#define STORE_COLUMNS  10 /* of battery_10s that come from one metric each */

struct mean {
	double sum;
	unsigned n;
};

/* The running row of a device. */
struct row {
	int64_t t; /* 0: none */
	unsigned n;
	enum quality quality;
	struct mean col[STORE_COLUMNS];
	struct mean temperatures[READING_MANY_MAX], cells[READING_MANY_MAX];
	unsigned n_temperatures, n_cells, flags;
	uint32_t errors;
	bool has_errors;
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
	ST_ROW,
	ST_ROW_TRIM,
	ST_FUTURE,
	ST_DOC,
	ST_DOC_GET,
	ST_EVENT,
	ST_EVENT_TRIM,
	ST_BANK,
	ST_BEAT,
	ST_FORGET_LIVE,
	ST_FORGET_DOC,
	ST_KNOWN,
	ST__LIVE,
	/* on history.db with live.db attached */
	ST_SAVE = ST__LIVE,
	ST_SAVED,
	ST_ROW_GET,
	ST_ROW_MAIN,
	ST_OLDEST,
	ST_NEWEST,
	ST_EVENT_MAIN,
	ST_EVENT_SLICE,
	ST_EVENT_SAVE,
	ST_EVENT_SAVED,
	ST_OUTAGE,
	ST_DOC_SAVE,
	ST_DOC_LOAD,
	ST_DOC_MAIN,
	ST_FORGET_DOC_MAIN,
	ST__MAX
};

struct store {
	sqlite3 *live, *history;
	sqlite3_stmt *st[ST__MAX];
	struct store_device *devices;
	struct jw json;
	int64_t started_ms, seq;
	char *bank;
	int64_t bank_ms;
	int64_t newest_t; /* of all rows: the only one that a new life may go on with */
	bool behind;	  /* more than a slice waits */
	struct failure {
		struct err e; /* code 0: none */
		struct log_once said;
	} live_failed, history_failed;
};

/* The device, made if need be; NULL: out of memory. */
struct store_device *store_device(struct store *s, int64_t id);

/* which: ST_ROW or, when live.db fails, ST_ROW_MAIN. */
int store_row_write(struct store *s, const struct store_device *d, enum stmt which, struct err *e);

void store_failed(struct failure *f, const char *what, const struct err *e);
void store_worked(struct failure *f, const char *what);

/* One slice of what waits into history.db, of the rows only those before before_t. Gives the rows
 * saved. *ret_more: there is more. */
int store_save(struct store *s, int64_t before_t, bool *ret_more, struct err *e);
