#include "present.h"

#include "kinds.h"
#include "outages.h"
#include "plugs.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns of STORE_DEVICES, STORE_DEVICE, STORE_LIVE and STORE_SUMMARY, in their order. */
enum {
	DEV_ID,
	DEV_KIND,
	DEV_NAME,
	DEV_ADDRESS,
	DEV_ENABLED,
	DEV_POSITION,
	DEV_OPTIONS,
	DEV_CREATED,
	DEV_RELEASED,
	DEV_PARENT
};
enum {
	LIVE_T,
	LIVE_STATE,
	LIVE_SINCE,
	LIVE_REASON,
	LIVE_DETAIL,
	LIVE_QUALITY,
	LIVE_SUSPECT,
	LIVE_VALS,
	LIVE_LINK,
	LIVE_UNTIL,
	LIVE_FRESH
};
enum { SUM_T, SUM_QUALITY, SUM_FRESH, SUM_BODY };

void present_hash(struct present *p, const void *data, size_t n)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++)
		p->hash = (p->hash ^ b[i]) * 0x100000001B3u; /* FNV-1a */
}

static void hash_text(struct present *p, const char *s)
{
	present_hash(p, s, strlen(s) + 1);
}

static void hash_int(struct present *p, int64_t v)
{
	present_hash(p, &v, sizeof(v));
}

int64_t present_age(const struct present *p, int64_t t_ms)
{
	int64_t a = p->q->now_ms - t_ms;

	return a > 0 ? a : 0; /* a clock that was set back makes nothing younger than new */
}

static const char *column_text_or_null(sqlite3_stmt *st, int col)
{
	return (const char *)sqlite3_column_text(st, col);
}

/* A JSON text of the collector, as it is. */
static void write_json(struct jw *w, const char *key, sqlite3_stmt *st, int col, const char *none)
{
	const char *s = st ? db_text(st, col) : "";

	jw_key(w, key);
	jw_raw(w, *s ? s : none);
}

int present_open(struct present *p, struct req *q, struct err *e)
{
	sqlite3_stmt *st;
	int r;

	*p = (struct present){ .q = q, .hash = 0xCBF29CE484222325u };
	r = store_stmt(q->store, STORE_COLLECTOR, &st, e);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = db_step(st, e);
	if (r <= 0)
		return r;
	p->have = true;
	p->hold = st;
	p->started_ms = sqlite3_column_int64(st, 0);
	p->age_ms = present_age(p, sqlite3_column_int64(st, 1));
	p->running = strcmp(db_text(st, 2), "running") == 0 && p->age_ms <= PRESENT_BEAT_MS;
	p->seq = sqlite3_column_int64(st, 3);
	snprintf(p->problem, sizeof(p->problem), "%s", db_text(st, 4));
	if (strlen(db_text(st, 5)) < sizeof(p->loop)) /* cut JSON is none */
		snprintf(p->loop, sizeof(p->loop), "%s", db_text(st, 5));
	return 0;
}

void present_close(struct present *p)
{
	if (p->hold)
		db_reset(p->hold);
	p->hold = NULL;
}

void present_write_collector(struct present *p, struct jw *w, bool with_problem)
{
	hash_int(p, p->running);
	hash_text(p, p->problem);
	jw_obj(w);
	jw_kstr(w, "state", p->running ? "running" : "stopped");
	jw_key(w, "age_ms");
	if (p->have)
		jw_int(w, p->age_ms);
	else
		jw_null(w);
	if (with_problem)
		jw_kstr(w, "problem", *p->problem ? p->problem : NULL);
	jw_end(w);
}

/* The row of live.db, NULL when there is none. */
static int live_row(struct present *p, int64_t device, sqlite3_stmt **ret, struct err *e)
{
	sqlite3_stmt *st;
	int r;

	*ret = NULL;
	if (!p->have)
		return 0;
	r = store_stmt(p->q->store, STORE_LIVE, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "i", device);
	r = db_step(st, e);
	if (r > 0)
		*ret = st;
	return r < 0 ? r : 0;
}

static void write_age(struct jw *w, bool have, int64_t age_ms)
{
	jw_key(w, "age_ms");
	if (have)
		jw_int(w, age_ms);
	else
		jw_null(w);
}

/* When the state ends by itself; 0: it doesn't. */
static const char *device_state(struct present *p, sqlite3_stmt *device, sqlite3_stmt *live,
				int64_t *ret_until_ms)
{
	int64_t released_ms = sqlite3_column_int64(device, DEV_RELEASED);
	bool released = released_ms > p->q->now_ms;

	*ret_until_ms = 0;
	if (!sqlite3_column_int(device, DEV_ENABLED))
		return "disabled";
	/* what was just asked for is true before the collector has looked, within a second */
	if (released) {
		*ret_until_ms = released_ms;
		return "released";
	}
	if (!live || strcmp(db_text(live, LIVE_STATE), "released") == 0)
		return "searching";
	*ret_until_ms = sqlite3_column_int64(live, LIVE_UNTIL);
	return db_text(live, LIVE_STATE);
}

static void write_since(struct present *p, struct jw *w, sqlite3_stmt *device, sqlite3_stmt *live)
{
	int64_t until_ms;
	const char *state = device_state(p, device, live, &until_ms);
	/* why the collector's state is what it is: says nothing of one that it does not have yet */
	bool told = live && strcmp(state, db_text(live, LIVE_STATE)) == 0;

	hash_text(p, state);
	hash_int(p, until_ms);
	jw_kstr(w, "state", state);
	jw_key(w, "state_since_ms");
	if (live)
		jw_int(w, sqlite3_column_int64(live, LIVE_SINCE));
	else
		jw_null(w);
	jw_key(w, "until_ms");
	if (until_ms)
		jw_int(w, until_ms);
	else
		jw_null(w);
	jw_kstr(w, "reason", told ? column_text_or_null(live, LIVE_REASON) : NULL);
	jw_kstr(w, "detail", told ? column_text_or_null(live, LIVE_DETAIL) : NULL);
}

static void write_state(struct present *p, struct jw *w, sqlite3_stmt *device, sqlite3_stmt *live)
{
	enum quality quality = QUALITY_NONE;
	bool have = live && sqlite3_column_type(live, LIVE_T) != SQLITE_NULL;
	int64_t age_ms = have ? present_age(p, sqlite3_column_int64(live, LIVE_T)) : 0;
	int64_t fresh_ms = have ? sqlite3_column_int64(live, LIVE_FRESH) : PRESENT_FRESH_MS;

	write_since(p, w, device, live);
	write_age(w, have, age_ms);
	jw_kint(w, "fresh_ms", fresh_ms);
	if (have)
		quality = p->running && age_ms <= fresh_ms
				  ? (enum quality)sqlite3_column_int(live, LIVE_QUALITY)
				  : QUALITY_STALE;
	hash_int(p, quality);
	jw_kstr(w, "quality", quality_name(quality));
}

/* The stored options with those that everybody may rely on. */
static int write_options(struct jw *w, const char *kind, const char *text, struct err *e)
{
	const struct kind *k = kind_find(kind);
	json_t *o = json_loads(text, 0, NULL);
	char *dump;

	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	dump = o && (!k || kind_options_fill(k, o) == 0) ? json_dumps(o, JSON_COMPACT) : NULL;
	jw_key(w, "options");
	jw_raw(w, dump ? dump : "null");
	free(dump);
	json_decref(o);
	return dump ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int write_config(struct present *p, struct jw *w, sqlite3_stmt *device, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *pin = NULL;
	int r = store_stmt(p->q->store, STORE_PIN, &pin, e);

	if (r < 0)
		return r;
	db_bind(pin, "i", sqlite3_column_int64(device, DEV_ID));
	r = db_step(pin, e);
	if (r < 0)
		return r;
	jw_kbool(w, "enabled", sqlite3_column_int(device, DEV_ENABLED));
	jw_kint(w, "position", sqlite3_column_int64(device, DEV_POSITION));
	jw_kbool(w, "has_pin", r > 0);
	jw_kint(w, "created_ms", sqlite3_column_int64(device, DEV_CREATED));
	return write_options(w, db_text(device, DEV_KIND), db_text(device, DEV_OPTIONS), e);
}

int present_write_device(struct present *p, struct jw *w, sqlite3_stmt *device, unsigned parts,
			 struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *live = NULL;
	bool enabled = sqlite3_column_int(device, DEV_ENABLED);
	const struct kind *kind;
	int r = enabled ? live_row(p, sqlite3_column_int64(device, DEV_ID), &live, e) : 0;

	if (r < 0)
		return r;
	for (int col = DEV_ID; col <= DEV_CREATED; col++)
		hash_text(p, db_text(device, col));
	hash_int(p, sqlite3_column_int64(device, DEV_PARENT));
	jw_kint(w, "id", sqlite3_column_int64(device, DEV_ID));
	jw_kstr(w, "kind", db_text(device, DEV_KIND));
	jw_kstr(w, "name", db_text(device, DEV_NAME));
	jw_kstr(w, "address", db_text(device, DEV_ADDRESS));
	jw_key(w, "parent");
	if (sqlite3_column_type(device, DEV_PARENT) != SQLITE_NULL)
		jw_int(w, sqlite3_column_int64(device, DEV_PARENT));
	else
		jw_null(w);
	if (parts & PRESENT_CONFIG)
		r = write_config(p, w, device, e);
	if (r < 0)
		return r;
	write_state(p, w, device, live);
	kind = kind_find(db_text(device, DEV_KIND));
	if (kind && kind_is_plug(kind))
		r = plug_write(p, w, kind, sqlite3_column_int64(device, DEV_ID),
			       db_text(device, DEV_OPTIONS), live ? db_text(live, LIVE_LINK) : "",
			       e);
	if (r < 0)
		return r;
	if (parts & PRESENT_VALUES) {
		write_json(w, "suspect", live, LIVE_SUSPECT, "[]");
		write_json(w, "values", live, LIVE_VALS, "{}");
	}
	if (parts & PRESENT_LINK) {
		write_json(w, "link", live, LIVE_LINK, "null");
		r = outages_write(p->q, w, sqlite3_column_int64(device, DEV_ID), e);
	}
	return r;
}

/* The row of live.db, NULL when there is none, or nothing in it. */
static int summary_row(struct present *p, const char *name, sqlite3_stmt **ret, struct err *e)
{
	sqlite3_stmt *st;
	int r = p->have ? store_stmt(p->q->store, STORE_SUMMARY, &st, e) : -ENOENT;

	*ret = NULL;
	if (r < 0)
		return p->have ? r : 0;
	db_bind(st, "s", name);
	r = db_step(st, e);
	if (r > 0 && strlen(db_text(st, SUM_BODY)) > 2 && *db_text(st, SUM_BODY) == '{')
		*ret = st;
	else if (r > 0)
		db_reset(st);
	return r < 0 ? r : 0;
}

int present_write_summary(struct present *p, struct jw *w, const char *name, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	enum quality quality = QUALITY_NONE;
	int64_t age_ms = 0;
	const char *body;
	bool have;
	int r = summary_row(p, name, &st, e);

	jw_key(w, name);
	if (r < 0 || !st) {
		jw_null(w);
		return r;
	}
	body = db_text(st, SUM_BODY);
	have = sqlite3_column_type(st, SUM_T) != SQLITE_NULL;
	if (have) {
		age_ms = present_age(p, sqlite3_column_int64(st, SUM_T));
		quality = p->running && age_ms <= sqlite3_column_int64(st, SUM_FRESH)
				  ? (enum quality)sqlite3_column_int(st, SUM_QUALITY)
				  : QUALITY_STALE;
	}
	hash_int(p, quality);
	jw_obj(w);
	write_age(w, have, age_ms);
	jw_kint(w, "fresh_ms", sqlite3_column_int64(st, SUM_FRESH));
	jw_kstr(w, "quality", quality_name(quality));
	jw_rawn(w, body + 1, strlen(body) - 2);
	jw_end(w);
	return 0;
}

int present_doc(struct present *p, int64_t device, const char *kind, sqlite3_stmt **ret,
		struct err *e)
{
	sqlite3_stmt *st;
	int r;

	*ret = NULL;
	if (!p->have)
		return 0;
	r = store_stmt(p->q->store, STORE_DOC, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "is", device, kind);
	r = db_step(st, e);
	if (r > 0)
		*ret = st;
	return r < 0 ? r : 0;
}

int present_write_doc(struct present *p, struct jw *w, int64_t device, const char *kind,
		      struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = present_doc(p, device, kind, &st, e);

	if (r < 0)
		return r;
	jw_key(w, kind);
	if (!st) {
		jw_null(w);
		return 0;
	}
	jw_obj(w);
	write_age(w, true, present_age(p, sqlite3_column_int64(st, 0)));
	write_json(w, "values", st, 1, "{}");
	jw_end(w);
	return 0;
}
