/*
 * The tables of history.db that hold measurements, declared once: what is measured (a kind, which
 * is what a reading has), and for how long at a time (a tier). Store, roll-up, retention, the API's
 * ranges and its CSV all come from here; a test holds the migrations to it.
 *
 *	KIND_10s	id, t, n, quality, each column, flags, bits, arrays; device is made from id. In
 *			history.db a day's rows stand at a place (table slot): ask by HISTORY_RAW. In
 *			live.db id is history_id()
 *	KIND_1min …	device, t, covered_s, quality, of each column that is averaged NAME_min, NAME,
 *			NAME_max, of the others NAME (the last), flags and bits (all that were set), sums
 *	KIND_ARRAYS_…	device, t, of each array NAME (averages), NAME_below and NAME_above: how far the
 *			lowest and the highest were from it; null when none was
 *
 * Columns are integers: value × scale. A day is a civil one of the house's zone, t its beginning,
 * and has its date as well. Of bank and house device is 0.
 */
#pragma once

#include "metrics.h"
#include "reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_DEVICES_MAX 4096 /* ids of devices in history are below */
#define HISTORY_ROW_S	    10
#define HISTORY_COLUMNS_MAX 16 /* of a kind */
#define HISTORY_BITS_MAX    2
#define HISTORY_MANY_MAX    5
#define HISTORY_SUMS_MAX    16
#define HISTORY_NAME_MAX    48 /* of a table, a column */

/* Days that rows are kept, of 10 s with the running one, if nobody says otherwise; of the others for ever. With 4 packs, an inverter
 * and 4 plugs a year makes 390 MB; with 90 days of minutes 455. */
#define HISTORY_10S_DAYS  14
#define HISTORY_1MIN_DAYS 60
#define HISTORY_CARD_TBW  10 /* TB written that a card bears, if nobody says otherwise */

enum history_tier { HISTORY_10S, HISTORY_1MIN, HISTORY_15MIN, HISTORY_DAY, HISTORY_TIER__MAX };

struct history_tier_info {
	const char *name;
	int seconds; /* of a bucket; of a day, in most cases */
};
extern const struct history_tier_info history_tiers[HISTORY_TIER__MAX];

struct history_column {
	enum metric metric;
	const char *name;
	double scale;
	bool mean; /* else the last value */
};

/* A bit of the column flags: the metric has this value. */
struct history_flag {
	enum metric metric;
	double value;
	unsigned bit;
};

struct history_bits {
	const char *name;
	size_t offset; /* of a struct reading_names in a struct reading */
};

/* A JSON array, null where absent. */
struct history_many {
	enum metric metric;
	const char *name;
	double scale;
};

/* What is summed up over time, from the 10 s on. */
struct history_sum {
	const char *name, *key; /* column; in the API */
	double scale;
};

struct history_kind {
	const char *name, *arrays; /* NULL: no arrays */
	const struct history_column *columns;
	const struct history_flag *flags;
	const struct history_bits *bits;
	const struct history_many *many;
	const struct history_sum *sums;
	unsigned n_columns, n_flags, n_bits, n_many, n_sums;
	bool whole; /* not of a device: device is 0 */
};
/* Of a 10 s row in live.db. */
static inline int64_t history_id(int64_t t, int64_t device)
{
	return t * HISTORY_DEVICES_MAX + device;
}

#define HISTORY_SLOT_S 86400 /* slots are UTC days */

/* SQL of the rows r of 10 s in history.db from one time to another, both expressions; in their order
 * with HISTORY_RAW_ORDER, or _LAST with the newest first. */
#define HISTORY_RAW_ID(t)     "(s.place * 86400 + " t " - s.day) * 4096"
#define HISTORY_RAW_FIRST(t)  "r.id >= " HISTORY_RAW_ID("max(" t ", s.day)")
#define HISTORY_RAW_BEFORE(t) "r.id < " HISTORY_RAW_ID("min(" t ", s.day + 86400)")
#define HISTORY_RAW_OWN	      "r.t >= s.day AND r.t < s.day + 86400" /* not an older day's */
#define HISTORY_RAW(from, to)                                                                      \
	"main.slot AS s CROSS JOIN main.@ AS r ON " HISTORY_RAW_FIRST(                             \
		from) " AND " HISTORY_RAW_BEFORE(to) " AND " HISTORY_RAW_OWN                       \
						     " WHERE s.day > " from                        \
						     " - 86400 AND s.day < " to
#define HISTORY_RAW_ORDER " ORDER BY s.day, r.id"
#define HISTORY_RAW_LAST  " ORDER BY s.day DESC, r.id DESC LIMIT 1"
#define HISTORY_EVER	  "9000000000000"

extern const struct history_kind history_kinds[READING_KIND__MAX];

/* A column of a row: value × scale as a double, NAN: null. Of 10 s rows, and of what is not averaged,
 * all three are the same. */
struct history_value {
	double low, mean, high;
};

/* The sums of a 10 s row, from its columns and flags, into the kind's n_sums. */
void history_sums(enum reading_kind k, const struct history_value *col, unsigned flags,
		  double *ret);

/* [3301,null,…]: svitlo alone writes it; whatever else stands there is null. Gives how many. */
#define HISTORY_ARRAY_MAX 32
unsigned history_array(const char *text, double ret[HISTORY_ARRAY_MAX]);

/* "battery_15min", "battery_cells_15min". */
void history_table(char ret[HISTORY_NAME_MAX], enum reading_kind k, enum history_tier t);
void history_arrays(char ret[HISTORY_NAME_MAX], enum reading_kind k, enum history_tier t);

/* A statement with a table's name in place of each @. */
void history_sql(char *ret, size_t room, const char *sql, const char *table);

/* The kind's column of a metric; NULL: it has none. */
const struct history_column *history_column(enum reading_kind k, enum metric m);
const struct history_many *history_many(enum reading_kind k, enum metric m);
