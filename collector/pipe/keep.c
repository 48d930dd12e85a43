#include "keep.h"

#include "slots.h"
#include "svitlo/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_ROUND_S 7200 /* old rows go together: fewer pages are touched */
#define KEEP_STEP_S  900  /* what is made again is there whole, or not at all */
#define KEEP_DAY_S   86400
#define KEEP_ROWS    1000 /* of a device in one piece */

/* A table above the 10 s, clustered by device, and its statements. */
enum table_stmt { TABLE_OLDEST, TABLE_DEVICE, TABLE_DROP, TABLE_FROM, TABLE__MAX };

struct keep_table {
	enum history_tier tier;
	sqlite3_stmt *st[TABLE__MAX];
};

#define KEEP_TABLES (READING_KIND__MAX * HISTORY_TIER__MAX * 2)

struct keep {
	sqlite3 *db;
	sqlite3_stmt *until;
	struct slots *slots; /* of the 10 s rows */
	struct keep_table tables[KEEP_TABLES];
	unsigned n;
	int days[HISTORY_TIER__MAX];
	int64_t round;	/* which of its time this pass is of */
	bool swept;	/* the slots are done */
	unsigned at;	/* table; n: all are done */
	int64_t device; /* the last one that is done of it */
};

static int keep_table(struct keep *k, enum history_tier tier, const char *name, struct err *e)
{
	static const char *const sql[TABLE__MAX] = {
		[TABLE_OLDEST] = "SELECT min(t) FROM main.@ WHERE device = ?1",
		[TABLE_DEVICE] = "SELECT min(device) FROM main.@ WHERE device > ?1",
		[TABLE_DROP] = "DELETE FROM main.@ WHERE device = ?2 AND t < ?1",
		[TABLE_FROM] = "DELETE FROM main.@ WHERE device = ?2 AND t >= ?1",
	};
	struct keep_table *t = &k->tables[k->n++];
	char text[160];
	int r = 0;

	t->tier = tier;
	for (int i = 0; r >= 0 && i < TABLE__MAX; i++) {
		history_sql(text, sizeof(text), sql[i], name);
		r = db_prepare(k->db, &t->st[i], text, e);
	}
	return r;
}

static int keep_tables(struct keep *k, struct err *e)
{
	char name[HISTORY_NAME_MAX];
	int r = 0;

	for (int t = HISTORY_1MIN; t < HISTORY_TIER__MAX; t++)
		for (int kind = 0; r >= 0 && kind < READING_KIND__MAX; kind++) {
			history_table(name, (enum reading_kind)kind, (enum history_tier)t);
			r = keep_table(k, (enum history_tier)t, name, e);
			if (r < 0 || !history_kinds[kind].n_many)
				continue;
			history_arrays(name, (enum reading_kind)kind, (enum history_tier)t);
			r = keep_table(k, (enum history_tier)t, name, e);
		}
	return r;
}

int keep_new(struct keep **ret, sqlite3 *history, struct err *e)
{
	struct keep *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return err_set(e, -ENOMEM, "out of memory");
	k->db = history;
	k->days[HISTORY_10S] = HISTORY_10S_DAYS;
	k->days[HISTORY_1MIN] = HISTORY_1MIN_DAYS;
	r = db_prepare(history, &k->until, "SELECT until FROM main.rollup WHERE tier = ?1", e);
	if (r >= 0)
		r = slots_new(&k->slots, history, e);
	if (r >= 0)
		r = keep_tables(k, e);
	if (r < 0) {
		keep_free(k);
		return r;
	}
	*ret = k;
	return 0;
}

void keep_free(struct keep *k)
{
	if (!k)
		return;
	sqlite3_finalize(k->until);
	slots_free(k->slots);
	for (unsigned i = 0; i < k->n; i++)
		for (int s = 0; s < TABLE__MAX; s++)
			sqlite3_finalize(k->tables[i].st[s]);
	free(k);
}

void keep_set(struct keep *k, const int days[HISTORY_TIER__MAX])
{
	if (memcmp(k->days, days, sizeof(k->days)) == 0)
		return;
	memcpy(k->days, days, sizeof(k->days));
	k->round = 0; /* at once */
}

const int *keep_days(const struct keep *k)
{
	return k->days;
}

static int keep_number(sqlite3_stmt *st, int64_t *ret, struct err *e)
{
	int r = db_step(st, e);

	*ret = -1;
	if (r <= 0)
		return r;
	if (sqlite3_column_type(st, 0) != SQLITE_NULL)
		*ret = sqlite3_column_int64(st, 0);
	db_reset(st);
	return 0;
}

/* Before this time the tier's rows may go; 0: none. */
static int keep_before(struct keep *k, enum history_tier t, int64_t now_t, int64_t *ret,
		       struct err *e)
{
	/* who has made what is to stay: minutes are not made of anything again */
	const enum history_tier above = t == HISTORY_15MIN ? HISTORY_DAY : HISTORY_15MIN;
	int64_t made;
	int r;

	*ret = 0;
	if (!k->days[t] || t == HISTORY_DAY)
		return 0;
	db_bind(k->until, "s", history_tiers[above].name);
	r = keep_number(k->until, &made, e);
	/* of the 10 s the running day is one of them: its rows are written over the oldest's */
	*ret = now_t - (int64_t)(k->days[t] - (t == HISTORY_10S)) * KEEP_DAY_S;
	if (*ret > made)
		*ret = made;
	return r;
}

int keep_slot(struct keep *k, int64_t t, bool reuse, struct err *e)
{
	int64_t before = 0;
	int r = reuse ? keep_before(k, HISTORY_10S, t, &before, e) : 0;

	return r < 0 ? r : slots_take(k->slots, t, before, e);
}

/* 1: some went; 0: this one has nothing to go. */
static int keep_piece(struct keep *k, struct keep_table *t, int64_t before, struct err *e)
{
	int64_t piece = (int64_t)KEEP_ROWS * history_tiers[t->tier].seconds;
	int64_t oldest, end;
	int r;

	db_bind(t->st[TABLE_OLDEST], "i", k->device);
	r = keep_number(t->st[TABLE_OLDEST], &oldest, e);
	if (r < 0 || oldest < 0 || oldest >= before)
		return r < 0 ? r : 0;
	end = oldest - oldest % KEEP_STEP_S + piece;
	if (end > before)
		end = before;
	db_bind(t->st[TABLE_DROP], "ii", end, k->device);
	r = db_run(t->st[TABLE_DROP], e);
	return r < 0 ? r : 1;
}

/* The table's next device. 1: there is one. */
static int keep_next_device(struct keep *k, struct keep_table *t, struct err *e)
{
	int64_t next;
	int r;

	db_bind(t->st[TABLE_DEVICE], "i", k->device);
	r = keep_number(t->st[TABLE_DEVICE], &next, e);
	k->device = next;
	return r < 0 ? r : next >= 0;
}

/* The tables, from where the last piece was. 1: some rows went; 0: nothing is left to go. */
static int keep_rows(struct keep *k, int64_t now_t, struct err *e)
{
	for (; k->at < k->n; k->at++, k->device = -1) {
		struct keep_table *t = &k->tables[k->at];
		int64_t before;
		int r = keep_before(k, t->tier, now_t, &before, e);
		bool more;

		before -= before % KEEP_DAY_S;
		more = r >= 0 && before > 0;
		if (more && k->device < 0)
			more = (r = keep_next_device(k, t, e)) > 0;
		while (more) {
			r = keep_piece(k, t, before, e);
			if (r != 0)
				return r;
			more = (r = keep_next_device(k, t, e)) > 0;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int keep_step(struct keep *k, int64_t now_t, struct err *e)
{
	int64_t before;
	int r;

	if (k->round != now_t / KEEP_ROUND_S) {
		k->round = now_t / KEEP_ROUND_S;
		k->swept = false;
		k->at = 0;
		k->device = -1;
	}
	if (k->swept)
		return keep_rows(k, now_t, e);
	r = keep_before(k, HISTORY_10S, now_t, &before, e);
	if (r >= 0)
		r = slots_sweep(k->slots, now_t, before, e);
	k->swept = r == 0;
	return r != 0 ? r : keep_rows(k, now_t, e);
}

int keep_drop_from(struct keep *k, int64_t t, struct err *e)
{
	int r = db_exec(k->db, "BEGIN", e);

	if (r >= 0)
		r = slots_drop_from(k->slots, t, e);
	for (unsigned i = 0; r >= 0 && i < k->n; i++) {
		struct keep_table *table = &k->tables[i];

		k->device = -1;
		while (r >= 0 && (r = keep_next_device(k, table, e)) > 0) {
			db_bind(table->st[TABLE_FROM], "ii", t, k->device);
			r = db_run(table->st[TABLE_FROM], e);
		}
	}
	k->round = 0;
	if (r >= 0)
		r = db_exec(k->db, "COMMIT", e);
	if (r < 0)
		sqlite3_exec(k->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int64_t keep_oldest(struct keep *k, enum history_tier t)
{
	int64_t oldest = 0, device = k->device;

	if (t == HISTORY_10S)
		return slots_oldest(k->slots);
	for (unsigned i = 0; i < k->n; i++) {
		struct keep_table *table = &k->tables[i];
		int64_t at;

		if (table->tier != t)
			continue;
		k->device = -1;
		while (keep_next_device(k, table, NULL) > 0) {
			db_bind(table->st[TABLE_OLDEST], "i", k->device);
			if (keep_number(table->st[TABLE_OLDEST], &at, NULL) >= 0 && at > 0 &&
			    (!oldest || at < oldest))
				oldest = at;
		}
	}
	k->device = device;
	return oldest;
}
