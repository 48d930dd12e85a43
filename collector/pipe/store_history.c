/* What goes into history.db, once a minute. */
#include "store_priv.h"

#include "svitlo/clock.h"

#define STORE_ROWS_MAX                                                                             \
	100000		    /* unsaved, three days of four packs, some 25 MB; then the oldest go */
#define STORE_SLICE_S  3600 /* of history saved in one go: the loop must not wait long */
#define STORE_FUTURE_S 3600 /* rows further ahead than this come from a clock that was wrong */

int store_save(struct store *s, int64_t before_t, bool *ret_more, struct err *e)
{
	sqlite3_stmt *oldest = s->st[ST_OLDEST];
	int r = db_step(oldest, e);

	if (r < 0)
		return r;
	*ret_more = r > 0 && sqlite3_column_type(oldest, 0) != SQLITE_NULL &&
		    sqlite3_column_int64(oldest, 0) + STORE_SLICE_S < before_t;
	if (*ret_more)
		before_t = sqlite3_column_int64(oldest, 0) + STORE_SLICE_S;
	db_reset(oldest);
	db_bind(s->st[ST_SAVE], "i", before_t);
	r = db_run(s->st[ST_SAVE], e);
	if (r < 0)
		return r;
	db_bind(s->st[ST_SAVED], "i", before_t);
	return db_run(s->st[ST_SAVED], e);
}

int store_commit(struct store *s, int64_t wall_ms)
{
	int64_t t = wall_ms / 1000 / STORE_ROW_S * STORE_ROW_S;
	struct err e = { 0 };
	int r;

	db_bind(s->st[ST_FUTURE], "i", t + STORE_FUTURE_S);
	if (clock_wall_sane(wall_ms) && db_run(s->st[ST_FUTURE], NULL) > 0)
		log_warn("rows of a clock that was ahead are dropped");
	r = store_save(s, t, &s->behind, &e);
	if (r < 0) {
		store_failed(&s->history_failed, "history.db", &e);
		db_bind(s->st[ST_ROW_TRIM], "i", (int64_t)STORE_ROWS_MAX);
		db_run(s->st[ST_ROW_TRIM], NULL);
	} else {
		store_worked(&s->history_failed, "history.db");
	}
	return r;
}

bool store_behind(const struct store *s)
{
	return s->behind && !s->history_failed.e.code;
}

void store_event(struct store *s, int64_t wall_ms, const char *kind, const char *json)
{
	struct err e = { 0 };

	if (!clock_wall_sane(wall_ms))
		return;
	db_bind(s->st[ST_EVENT], "iss", wall_ms, kind, json);
	if (db_run(s->st[ST_EVENT], &e) < 0)
		store_failed(&s->history_failed, "history.db", &e);
}
