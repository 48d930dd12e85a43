#include "slots.h"

#include "svitlo/db.h"
#include "svitlo/history.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_PLACE   ((int64_t)HISTORY_SLOT_S * HISTORY_DEVICES_MAX) /* ids of a place */
#define SLOTS_PIECE_S 900  /* of rows that are looked at or deleted at once */
#define SLOTS_WAIT_S  3600 /* so long a place waits for a new day; rows may come so late */

enum stmt {
	ST_HAS,
	ST_REUSE,
	ST_NEW,
	ST_SPARE,
	ST_SPARE_GONE,
	ST_DIRTY,
	ST_SWEPT,
	ST_FROM,
	ST__MAX
};

static const char *const sql[ST__MAX] = {
	[ST_HAS] = "SELECT 1 FROM main.slot WHERE day = ?1",
	[ST_REUSE] = "UPDATE main.slot SET day = ?1, swept = 0 WHERE day ="
		     " (SELECT min(day) FROM main.slot WHERE day + 86400 <= ?2)",
	[ST_NEW] = "INSERT INTO main.slot SELECT ?1, min(place), 86400 FROM"
		   " (SELECT 0 AS place UNION ALL SELECT place + 1 FROM main.slot)"
		   " WHERE place NOT IN (SELECT place FROM main.slot)",
	[ST_SPARE] =
		"SELECT day, place FROM main.slot WHERE day + 86400 <= ?1 ORDER BY day LIMIT 1",
	[ST_SPARE_GONE] = "DELETE FROM main.slot WHERE day = ?1",
	[ST_DIRTY] = "SELECT day, place, swept FROM main.slot WHERE swept < 86400"
		     " AND day + swept <= ?1 ORDER BY day LIMIT 1",
	[ST_SWEPT] = "UPDATE main.slot SET swept = ?2 WHERE day = ?1",
	[ST_FROM] =
		"SELECT day, place FROM main.slot WHERE day + 86400 > ?1 ORDER BY day DESC LIMIT 1",
};

enum kind_stmt { KIND_FIRST, KIND_DROP, KIND_OLDEST, KIND__MAX };

static const char *const kind_sql[KIND__MAX] = {
	[KIND_FIRST] = "SELECT min(id) FROM main.@ WHERE id >= ?1 AND id < ?2",
	[KIND_DROP] = "DELETE FROM main.@ WHERE id >= ?1 AND id < ?2 AND t >= ?3 AND t < ?4",
	[KIND_OLDEST] =
		"SELECT r.t FROM " HISTORY_RAW("0", HISTORY_EVER) HISTORY_RAW_ORDER " LIMIT 1",
};

struct slots {
	sqlite3_stmt *st[ST__MAX], *kind_st[READING_KIND__MAX][KIND__MAX];
};

struct slot {
	int64_t day, first; /* its first id */
	int64_t swept;
};

int slots_new(struct slots **ret, sqlite3 *history, struct err *e)
{
	struct slots *s = calloc(1, sizeof(*s));
	char table[HISTORY_NAME_MAX], text[512];
	int r = 0;

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	for (int i = 0; r >= 0 && i < ST__MAX; i++)
		r = db_prepare(history, &s->st[i], sql[i], e);
	for (int k = 0; k < READING_KIND__MAX; k++) {
		history_table(table, (enum reading_kind)k, HISTORY_10S);
		for (int i = 0; r >= 0 && i < KIND__MAX; i++) {
			history_sql(text, sizeof(text), kind_sql[i], table);
			r = db_prepare(history, &s->kind_st[k][i], text, e);
		}
	}
	if (r < 0) {
		slots_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void slots_free(struct slots *s)
{
	if (!s)
		return;
	for (int i = 0; i < ST__MAX; i++)
		sqlite3_finalize(s->st[i]);
	for (int k = 0; k < READING_KIND__MAX; k++)
		for (int i = 0; i < KIND__MAX; i++)
			sqlite3_finalize(s->kind_st[k][i]);
	free(s);
}

int slots_take(struct slots *s, int64_t t, int64_t free_t, struct err *e)
{
	int64_t day = t - t % HISTORY_SLOT_S;
	int r;

	db_bind(s->st[ST_HAS], "i", day);
	r = db_step(s->st[ST_HAS], e);
	db_reset(s->st[ST_HAS]);
	if (r != 0)
		return r < 0 ? r : 0;
	db_bind(s->st[ST_REUSE], "ii", day, free_t);
	r = db_run(s->st[ST_REUSE], e);
	if (r != 0)
		return r < 0 ? r : 0;
	db_bind(s->st[ST_NEW], "i", day);
	r = db_run(s->st[ST_NEW], e);
	return r < 0 ? r : 0;
}

/* A slot that is asked for, bound already. 1: found. */
static int slot_get(sqlite3_stmt *st, struct slot *ret, struct err *e)
{
	int r = db_step(st, e);

	if (r > 0)
		*ret = (struct slot){ .day = sqlite3_column_int64(st, 0),
				      .first = sqlite3_column_int64(st, 1) * SLOTS_PLACE,
				      .swept = sqlite3_column_count(st) > 2
						       ? sqlite3_column_int64(st, 2)
						       : 0 };
	db_reset(st);
	return r;
}

/* Of a kind, the rows of a time between two ids. Gives how many went. */
static int slots_delete(struct slots *s, int kind, int64_t id, int64_t id_end, int64_t t,
			int64_t t_end, struct err *e)
{
	sqlite3_stmt *st = s->kind_st[kind][KIND_DROP];

	db_bind(st, "iiii", id, id_end, t, t_end);
	return db_run(st, e);
}

/* 1: a piece of what stands at the place went; 0: nothing stands there. */
static int slots_clear(struct slots *s, const struct slot *at, struct err *e)
{
	int64_t end = at->first + SLOTS_PLACE, first;

	for (int k = 0; k < READING_KIND__MAX; k++) {
		sqlite3_stmt *st = s->kind_st[k][KIND_FIRST];
		int r;

		db_bind(st, "ii", at->first, end);
		r = db_step(st, e);
		if (r < 0)
			return r;
		first = sqlite3_column_int64(st, 0);
		r = sqlite3_column_type(st, 0) == SQLITE_NULL;
		db_reset(st);
		if (r)
			continue;
		first += SLOTS_PIECE_S * HISTORY_DEVICES_MAX;
		r = slots_delete(s, k, at->first, first < end ? first : end, 0, INT64_MAX, e);
		return r < 0 ? r : 1;
	}
	return 0;
}

static int slots_run(sqlite3_stmt *st, int64_t day, int64_t swept, struct err *e)
{
	int r;

	db_bind(st, sqlite3_bind_parameter_count(st) > 1 ? "ii" : "i", day, swept);
	r = db_run(st, e);
	return r < 0 ? r : 1;
}

int slots_sweep(struct slots *s, int64_t now_t, int64_t free_t, struct err *e)
{
	struct slot at;
	int64_t id;
	int r;

	db_bind(s->st[ST_SPARE], "i", free_t - SLOTS_WAIT_S);
	r = slot_get(s->st[ST_SPARE], &at, e);
	if (r > 0) {
		r = slots_clear(s, &at, e);
		return r != 0 ? r : slots_run(s->st[ST_SPARE_GONE], at.day, 0, e);
	}
	if (r == 0) {
		db_bind(s->st[ST_DIRTY], "i", now_t - SLOTS_WAIT_S - SLOTS_PIECE_S);
		r = slot_get(s->st[ST_DIRTY], &at, e);
	}
	if (r <= 0)
		return r;
	id = at.first + at.swept * HISTORY_DEVICES_MAX;
	for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++)
		r = slots_delete(s, k, id, id + SLOTS_PIECE_S * HISTORY_DEVICES_MAX, 0, at.day, e);
	return r < 0 ? r : slots_run(s->st[ST_SWEPT], at.day, at.swept + SLOTS_PIECE_S, e);
}

int slots_drop_from(struct slots *s, int64_t t, struct err *e)
{
	struct slot at;
	int r;

	for (;;) {
		db_bind(s->st[ST_FROM], "i", t);
		r = slot_get(s->st[ST_FROM], &at, e);
		if (r <= 0)
			return r;
		for (int k = 0; r >= 0 && k < READING_KIND__MAX; k++)
			r = slots_delete(s, k, at.first, at.first + SLOTS_PLACE, at.day < t ? t : 0,
					 INT64_MAX, e);
		if (r < 0 || at.day < t)
			return r < 0 ? r : 0;
		r = slots_run(s->st[ST_SPARE_GONE], at.day, 0, e);
		if (r < 0)
			return r;
	}
}

int64_t slots_oldest(struct slots *s)
{
	int64_t oldest = 0;

	for (int k = 0; k < READING_KIND__MAX; k++) {
		sqlite3_stmt *st = s->kind_st[k][KIND_OLDEST];
		int64_t at;

		if (db_step(st, NULL) <= 0)
			continue;
		at = sqlite3_column_int64(st, 0);
		if (!oldest || at < oldest)
			oldest = at;
		db_reset(st);
	}
	return oldest;
}
