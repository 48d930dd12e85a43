/* What energy costs, and from when on. */
#include "bell.h"
#include "civil.h"
#include "routes.h"
#include "store.h"
#include "tariffs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MINUTES 60
#define NIGHT_FROM   (23 * HOUR_MINUTES)
#define NIGHT_TO     (7 * HOUR_MINUTES)
#define PRICE_DIGITS 6

static void clock_write(struct jw *w, const char *key, int minutes)
{
	char text[16];

	snprintf(text, sizeof(text), "%02d:%02d", minutes / HOUR_MINUTES % 24,
		 minutes % HOUR_MINUTES);
	jw_kstr(w, key, text);
}

static int clock_read(const struct req *q, const char *name, int *ret, struct err *e)
{
	const char *s = req_str(q, name);
	int n[5];

	if (!req_value(q, name)->set)
		return 0;
	for (int i = 0; i < 5; i++) {
		n[i] = s[i] - '0';
		if (i == 2 ? s[i] != ':' : n[i] < 0 || n[i] > 9)
			return err_set(e, -EINVAL, "%s must be a time like 23:00", name);
	}
	*ret = (n[0] * 10 + n[1]) * HOUR_MINUTES + n[3] * 10 + n[4];
	if (s[5] || n[0] * 10 + n[1] > 23 || n[3] > 5)
		return err_set(e, -EINVAL, "%s must be a time like 23:00", name);
	return 0;
}

static void tariff_write(struct jw *w, const struct tariff *t)
{
	char day[ZONE_DAY_MAX];

	civil_text(day, t->from);
	jw_obj(w);
	jw_kint(w, "id", t->id);
	jw_kstr(w, "valid_from", day);
	jw_kstr(w, "currency", t->currency);
	jw_knum(w, "day_price", t->day_price, PRICE_DIGITS);
	jw_knum(w, "night_price", t->night_price, PRICE_DIGITS);
	clock_write(w, "night_from", t->night_from);
	clock_write(w, "night_to", t->night_to);
	jw_knum(w, "export_price", t->export_price, PRICE_DIGITS);
	jw_knum(w, "month_fee", t->month_fee, PRICE_DIGITS);
	jw_end(w);
}

int api_tariffs_get(struct req *q, struct reply *r, struct err *e)
{
	struct tariffs t;
	int rc = tariffs_read(&t, q, e);

	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	jw_key(&r->w, "tariffs");
	jw_arr(&r->w);
	for (unsigned i = 0; i < t.n; i++)
		tariff_write(&r->w, &t.at[i]);
	jw_end(&r->w);
	jw_end(&r->w);
	return 0;
}

/* ---- one of them ---- */

struct change {
	struct req *q;
	int64_t id; /* 0: a new one */
	int64_t other;
};

static void set_number(const struct req *q, const char *name, double *v)
{
	if (req_value(q, name)->set)
		*v = req_value(q, name)->d;
}

/* What the request says, over what there was. */
static int tariff_merge(const struct req *q, struct tariff *t, struct err *e)
{
	const char *day = req_str(q, "valid_from");
	int r = clock_read(q, "night_from", &t->night_from, e);

	if (r == 0)
		r = clock_read(q, "night_to", &t->night_to, e);
	if (r < 0)
		return r;
	if (*day && civil_parse(day, &t->from, NULL) < 0)
		return err_set(e, -EINVAL, "valid_from must be a day like 2026-11-24");
	if (*req_str(q, "currency"))
		snprintf(t->currency, sizeof(t->currency), "%s", req_str(q, "currency"));
	set_number(q, "day_price", &t->day_price);
	set_number(q, "night_price", &t->night_price);
	set_number(q, "export_price", &t->export_price);
	set_number(q, "month_fee", &t->month_fee);
	return 0;
}

static const struct tariff *tariff_find(const struct tariffs *all, int64_t id)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->at[i].id == id)
			return &all->at[i];
	return NULL;
}

static int tariff_put(struct change *c, const struct tariff *t, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	char day[ZONE_DAY_MAX];
	int r = store_stmt(c->q->store, c->id ? STORE_TARIFF_CHANGE : STORE_TARIFF_ADD, &st, e);
	int at = 1;

	if (r < 0)
		return r;
	civil_text(day, t->from);
	if (c->id)
		sqlite3_bind_int64(st, at++, c->id);
	sqlite3_bind_text(st, at++, day, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, at++, t->currency, -1, SQLITE_STATIC);
	sqlite3_bind_double(st, at++, t->day_price);
	sqlite3_bind_double(st, at++, t->night_price); /* NAN becomes null */
	sqlite3_bind_int(st, at++, t->night_from);
	sqlite3_bind_int(st, at++, t->night_to);
	sqlite3_bind_double(st, at++, t->export_price);
	sqlite3_bind_double(st, at, t->month_fee);
	return c->id ? db_run(st, e) : store_insert(st, &c->id, e);
}

/* -ESRCH: there is none; -EEXIST: another one begins that day; -EDQUOT: there are enough. */
static int tariff_change(void *ud, struct err *e)
{
	struct change *c = ud;
	struct tariffs all;
	struct tariff t = { .night_price = NAN, .night_from = NIGHT_FROM, .night_to = NIGHT_TO };
	const struct tariff *old;
	int r = tariffs_read(&all, c->q, e);

	if (r < 0)
		return r;
	old = tariff_find(&all, c->id);
	if (c->id && !old)
		return -ESRCH;
	if (!c->id && all.n == TARIFFS_MAX)
		return -EDQUOT;
	if (old)
		t = *old;
	r = tariff_merge(c->q, &t, e);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < all.n; i++)
		if (all.at[i].from == t.from && all.at[i].id != c->id) {
			c->other = all.at[i].id;
			return -EEXIST;
		}
	return tariff_put(c, &t, e);
}

static int tariff_answer(struct req *q, struct reply *r, int64_t id, struct err *e)
{
	struct tariffs all;
	const struct tariff *t;
	int rc = tariffs_read(&all, q, e);

	if (rc < 0)
		return rc;
	t = tariff_find(&all, id);
	if (t)
		tariff_write(&r->w, t);
	else
		reply_problem(r, 404, "not_found", "there is no tariff with this number");
	return 0;
}

static int tariff_do(struct req *q, struct reply *r, int64_t id, struct err *e)
{
	struct change c = { .q = q, .id = id };
	int rc = store_write(q->store, tariff_change, &c, e);

	switch (rc) {
	case -ESRCH:
		reply_problem(r, 404, "not_found", "there is no tariff with this number");
		return 0;
	case -EEXIST:
		reply_conflict(r, "exists", "tariff", c.other,
			       "another tariff begins on this day: change that one");
		return 0;
	case -EDQUOT:
		reply_problem(r, 429, "too_many", "there are %d tariffs: remove some", TARIFFS_MAX);
		return 0;
	default:
		return rc < 0 ? rc : tariff_answer(q, r, c.id, e);
	}
}

int api_tariffs_post(struct req *q, struct reply *r, struct err *e)
{
	return tariff_do(q, r, 0, e);
}

int api_tariff_patch(struct req *q, struct reply *r, struct err *e)
{
	int64_t id = req_id(q);

	if (id)
		return tariff_do(q, r, id, e);
	reply_problem(r, 404, "not_found", "there is no tariff with this number");
	return 0;
}

int api_tariff_delete(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int rc = store_stmt(q->store, STORE_TARIFF_DROP, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "i", req_id(q));
	rc = db_run(st, e);
	if (rc == 0)
		reply_problem(r, 404, "not_found", "there is no tariff with this number");
	else if (rc > 0)
		r->type = NULL;
	return rc < 0 ? rc : 0;
}
