#include "commands.h"

#include "svitlo/clock.h"
#include "svitlo/db.h"
#include "svitlo/limits.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLIGHTS_MAX	 64	     /* under way beside each other; one a device */
#define ARMED_MAX	 DEVICES_MAX /* devices with a timer */
#define COMMANDS_KEPT	 1000	     /* rows */
#define JOURNAL_KEPT	 20000
#define TIMER_EXPIRES_MS 30000
#define ON_LATE_MS	 60000 /* an on that is overdue for longer is not done any more */
#define AWAY_MAX_S	 900   /* each try is written down: of who is away seldom ones do */
#define RETRY_MAX_S	 60
#define RETRY_FIRST_S	 2	/* after a start */
#define DOUBT_MS	 120000 /* so long a limit of another boot waits for a clock */

enum stmt {
	ST_BEGIN,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_VERSION,
	ST_PENDING,
	ST_CLAIM,
	ST_END,
	ST_OPEN,
	ST_JOURNAL,
	ST_LIMIT_DROP,
	ST_LIMIT_ADD,
	ST_LIMIT_HAS,
	ST_DUE,
	ST_TIMER_ORDER,
	ST_TIMER_BY,
	ST_TIMER_DROP,
	ST_TIMER_FAILED,
	ST_OFFS,
	ST_AGAIN,
	ST_JUMP,
	ST_TRIM,
	ST_TRIM_JOURNAL,
	ST__MAX
};
static const char *const sql[ST__MAX] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_VERSION] = "PRAGMA data_version",
	[ST_PENDING] = "SELECT c.id, c.device, c.action, c.for_s, c.confirmed, c.by, c.who,"
		       " c.expires_ms, d.id, d.enabled, d.options ->> 'never_off'"
		       " FROM command c LEFT JOIN device d ON d.id = c.device"
		       " WHERE c.state = 'pending' ORDER BY c.id",
	[ST_CLAIM] = "UPDATE command SET state = 'claimed', claimed_ms = ?2"
		     " WHERE id = ?1 AND state = 'pending'",
	[ST_END] = "UPDATE command SET state = ?2, ended_ms = ?3, is_on = ?4, code = ?5, text = ?6"
		   " WHERE id = ?1",
	[ST_OPEN] = "SELECT id, device, action, by, who FROM command WHERE state = 'claimed'",
	[ST_JOURNAL] = "INSERT INTO journal (t_ms, device, action, by, who, result, code, text,"
		       " command) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, 0))",
	[ST_LIMIT_DROP] = "DELETE FROM timer WHERE device = ?1 AND by = 'limit'",
	[ST_LIMIT_ADD] =
		"INSERT INTO timer (device, action, at_ms, by, who, created_ms, boot, mono_ms)"
		" VALUES (?1, 'off', ?2, 'limit', ?3, ?4, ?5, ?6)",
	[ST_LIMIT_HAS] = "SELECT 1 FROM timer WHERE device = ?1 AND by = 'limit'",
	[ST_DUE] =
		"SELECT t.id, t.device, t.action, t.at_ms, t.by, t.who, t.tries, t.tried_ms"
		" FROM timer t WHERE CASE WHEN t.by = 'limit' AND t.boot = ?2 THEN t.mono_ms <= ?3"
		" WHEN t.by = 'limit' AND NOT ?6 THEN ?5 ELSE (?4 OR ?6) AND t.at_ms <= ?1 END"
		" AND NOT EXISTS (SELECT 1 FROM command c"
		" WHERE c.state IN ('pending', 'claimed') AND c.by = 'timer'"
		" AND c.who = CAST(t.id AS TEXT)) ORDER BY t.at_ms",
	[ST_TIMER_ORDER] = "INSERT INTO command (device, action, by, who, created_ms, expires_ms)"
			   " VALUES (?1, ?2, 'timer', ?3, ?4, ?5)",
	[ST_TIMER_BY] = "SELECT by, who, tries, at_ms FROM timer WHERE id = CAST(?1 AS INTEGER)",
	[ST_TIMER_DROP] = "DELETE FROM timer WHERE id = CAST(?1 AS INTEGER)",
	[ST_TIMER_FAILED] = "UPDATE timer SET tries = tries + 1, tried_ms = ?2, text = ?3"
			    " WHERE id = CAST(?1 AS INTEGER)",
	[ST_OFFS] = "SELECT t.device, min(t.at_ms), max(t.by = 'limit' AND t.boot IS NOT ?1) FROM "
		    "timer t JOIN device d ON d.id = t.device"
		    " WHERE t.action = 'off' AND d.options ->> 'never_off' IS NOT 'yes'"
		    " GROUP BY t.device",
	[ST_AGAIN] = "UPDATE timer SET tried_ms = 0 WHERE device = ?1 AND tries > 0",
	[ST_JUMP] = "UPDATE timer SET at_ms = mono_ms + ?1 WHERE by = 'limit' AND boot = ?2",
	[ST_TRIM] = "DELETE FROM command WHERE id <= (SELECT max(id) FROM command) - ?1"
		    " AND state NOT IN ('pending', 'claimed')",
	[ST_TRIM_JOURNAL] = "DELETE FROM journal WHERE id <= (SELECT max(id) FROM journal) - ?1",
};

/* A command that is under way. */
struct flight {
	int64_t id, device;
	bool on, limited, had_limit; /* limited: it wrote its limit; had_limit: there was one */
	char by[8], who[DEVICE_NAME_MAX];
	/* it is over, but that could not be written yet */
	bool over;
	struct device_done done;
	char text[ERR_TEXT_MAX];
};

struct commands {
	struct commands_env env;
	sqlite3_stmt *st[ST__MAX];
	int64_t version, opened_ms, opened_mono_ms;
	bool dirty; /* we wrote something that changes what is to be looked at */
	struct flight flights[FLIGHTS_MAX];
	unsigned n;
	struct {
		int64_t device, at_ms;
	} armed[ARMED_MAX];
	unsigned n_armed;
	struct log_once failed;
};

static void commands_failed(struct commands *c, const struct err *e)
{
	if (log_once_due(&c->failed, clock_mono_ms()))
		log_err("commands: %s", err_text(e));
}

static const char *action_name(bool on)
{
	return on ? "on" : "off";
}

/* ---- one transaction ---- */

static int begin(struct commands *c, struct err *e)
{
	return db_run(c->st[ST_BEGIN], e);
}

/* r: of what was done in it. Gives r, or why the commit failed; then nothing of it stays. */
static int end(struct commands *c, int r, struct err *e)
{
	if (r >= 0)
		r = db_run(c->st[ST_COMMIT], e);
	if (r < 0)
		db_run(c->st[ST_ROLLBACK], NULL);
	return r < 0 ? r : 0;
}

/* ---- what is written ---- */

struct line {
	int64_t t_ms, device, command;
	bool on;
	const char *by, *who, *result, *code, *text;
};

static int journal(struct commands *c, const struct line *l, struct err *e)
{
	char json[128];
	int r;

	db_bind(c->st[ST_JOURNAL], "iissssssi", l->t_ms, l->device, action_name(l->on), l->by,
		l->who && *l->who ? l->who : NULL, l->result, l->code,
		l->text && *l->text ? l->text : NULL, l->command);
	r = db_run(c->st[ST_JOURNAL], e);
	if (r < 0 || !c->env.switched)
		return r;
	snprintf(json, sizeof(json), "{\"action\":\"%s\",\"by\":\"%s\",\"result\":\"%s\"}",
		 action_name(l->on), l->by, l->result); /* words of ours */
	c->env.switched(c->env.ud, l->t_ms, l->device, json);
	return r;
}

static int run_id(struct commands *c, enum stmt st, int64_t id, struct err *e)
{
	db_bind(c->st[st], "i", id);
	return db_run(c->st[st], e);
}

static bool has_limit(struct commands *c, int64_t device)
{
	bool has;

	db_bind(c->st[ST_LIMIT_HAS], "i", device);
	has = db_step(c->st[ST_LIMIT_HAS], NULL) > 0;
	db_reset(c->st[ST_LIMIT_HAS]);
	return has;
}

/* The timer that a command is of, as it stands now. */
struct timer {
	bool there;
	char by[8], who[DEVICE_NAME_MAX];
	int64_t tries, at_ms;
};

static int timer_of(struct commands *c, const struct flight *f, struct timer *ret, struct err *e)
{
	sqlite3_stmt *st = c->st[ST_TIMER_BY];
	int r;

	*ret = (struct timer){ .by = "timer" };
	if (strcmp(f->by, "timer") != 0)
		return 0;
	db_bind(st, "s", f->who);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	ret->there = true;
	snprintf(ret->by, sizeof(ret->by), "%s",
		 strcmp(db_text(st, 0), "limit") == 0 ? "limit" : "timer");
	snprintf(ret->who, sizeof(ret->who), "%s", db_text(st, 1));
	ret->tries = sqlite3_column_int64(st, 2);
	ret->at_ms = sqlite3_column_int64(st, 3);
	db_reset(st);
	return 0;
}

/* What becomes of timers when a command has ended. */
static int timers_after(struct commands *c, const struct flight *f, const struct timer *t,
			const struct device_done *r, int64_t wall, struct err *e)
{
	bool by_timer = strcmp(f->by, "timer") == 0;
	int rc = 0;

	/* it is as somebody wanted it now: an end that was set before is none any more */
	if (r->ok && !(f->on && f->limited))
		rc = run_id(c, ST_LIMIT_DROP, f->device, e);
	else if (!r->ok && f->limited && !r->maybe && !f->had_limit)
		rc = run_id(c, ST_LIMIT_DROP, f->device, e);
	if (rc < 0 || !by_timer || !t->there)
		return rc;
	if (r->ok || (r->code && strcmp(r->code, "never_off") == 0)) {
		db_bind(c->st[ST_TIMER_DROP], "s", f->who);
		return db_run(c->st[ST_TIMER_DROP], e);
	}
	db_bind(c->st[ST_TIMER_FAILED], "sis", f->who, wall, r->text);
	return db_run(c->st[ST_TIMER_FAILED], e);
}

/* state: done, failed, expired. result: of the journal. -errno: it stays claimed, and is
 * interrupted at the next start. */
static int command_end(struct commands *c, const struct flight *f, const char *state,
		       const char *result, const struct device_done *r, int64_t wall)
{
	bool by_timer = strcmp(f->by, "timer") == 0;
	struct err e = { 0 };
	struct timer t;
	int rc = begin(c, &e);

	c->dirty = true;
	if (rc < 0) {
		commands_failed(c, &e);
		return rc;
	}
	db_bind(c->st[ST_END], "isiiss", f->id, state, wall, (int64_t)r->on, r->code,
		r->text && *r->text ? r->text : NULL);
	if (r->on < 0)
		sqlite3_bind_null(c->st[ST_END], 4);
	rc = db_run(c->st[ST_END], &e);
	if (rc >= 0)
		rc = timer_of(c, f, &t, &e);
	/* a timer that fails again and again is written down once, and when it is done */
	if (rc >= 0 && !(by_timer && t.there && t.tries && !r->ok))
		rc = journal(c,
			     &(struct line){ .t_ms = wall,
					     .device = f->device,
					     .command = f->id,
					     .on = f->on,
					     .by = by_timer ? t.by : f->by,
					     .who = by_timer ? t.who : f->who,
					     .result = result,
					     .code = r->code,
					     .text = r->text },
			     &e);
	if (rc >= 0)
		rc = timers_after(c, f, &t, r, wall, &e);
	rc = end(c, rc, &e);
	if (rc < 0)
		commands_failed(c, &e);
	log_info("command %lld: device %lld %s by %s: %s%s%s", (long long)f->id,
		 (long long)f->device, action_name(f->on), f->by, result, r->code ? ", " : "",
		 r->code ? r->code : "");
	return rc;
}

static void command_fail(struct commands *c, const struct flight *f, const char *result,
			 const char *code, const char *text, int64_t wall)
{
	const struct device_done r = { .id = f->id, .on = -1, .code = code, .text = text };

	command_end(c, f, strcmp(result, "expired") == 0 ? "expired" : "failed", result, &r, wall);
}

/* ---- taking ---- */

enum {
	COL_ID,
	COL_DEVICE,
	COL_ACTION,
	COL_FOR,
	COL_CONFIRMED,
	COL_BY,
	COL_WHO,
	COL_EXPIRES,
	COL_THERE,
	COL_ENABLED,
	COL_NEVER_OFF
};

struct pending {
	struct flight f;
	int64_t for_s, expires_ms;
	bool confirmed, there, enabled, never_off;
};

static void pending_read(sqlite3_stmt *st, struct pending *ret)
{
	*ret = (struct pending){
		.f = { .id = sqlite3_column_int64(st, COL_ID),
		       .device = sqlite3_column_int64(st, COL_DEVICE),
		       .on = strcmp(db_text(st, COL_ACTION), "on") == 0 },
		.for_s = sqlite3_column_int64(st, COL_FOR),
		.expires_ms = sqlite3_column_int64(st, COL_EXPIRES),
		.confirmed = sqlite3_column_int(st, COL_CONFIRMED),
		.there = sqlite3_column_type(st, COL_THERE) != SQLITE_NULL,
		.enabled = sqlite3_column_int(st, COL_ENABLED),
		.never_off = strcmp(db_text(st, COL_NEVER_OFF), "yes") == 0,
	};
	snprintf(ret->f.by, sizeof(ret->f.by), "%s", db_text(st, COL_BY));
	snprintf(ret->f.who, sizeof(ret->f.who), "%s", db_text(st, COL_WHO));
}

static bool in_flight(const struct commands *c, int64_t device)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->flights[i].device == device)
			return true;
	return false;
}

/* Why it is not to be begun at all; false: it is. */
static bool refused(struct commands *c, const struct pending *p, struct device *d, int64_t wall)
{
	const char *result = "failed", *code = NULL, *text = NULL;

	if (wall > p->expires_ms) {
		result = "expired";
		text = "it could not be begun in time; nothing was sent";
	} else if (!p->there) {
		code = "no_such_device";
		text = "there is no device with this number any more";
	} else if (!p->enabled) {
		code = "disabled";
		text = "the device is disabled: enable it on the page of devices";
	} else if (p->never_off && !p->f.on && !p->confirmed) {
		result = "refused";
		code = "never_off";
		text = "it is marked as never to be switched off: confirm that it is meant";
	} else if (!d || !d->driver || !d->driver->order) {
		code = "not_supported";
		text = "this device cannot be switched";
	} else if (!d->drv || d->state == DEVICE_RELEASED) {
		code = "disabled";
		text = "the device is paused for other programs: end the pause first";
	}
	if (!text)
		return false;
	command_fail(c, &p->f, result, code, text, wall);
	return true;
}

/* -ECANCELED: somebody else has taken it. */
static int claim(struct commands *c, struct pending *p, int64_t off_at_ms, int64_t wall,
		 struct err *e)
{
	int r = begin(c, e);

	if (r < 0)
		return r;
	p->f.had_limit = has_limit(c, p->f.device);
	db_bind(c->st[ST_CLAIM], "ii", p->f.id, wall);
	r = db_run(c->st[ST_CLAIM], e);
	if (r == 0)
		r = err_set(e, -ECANCELED, "it was taken by another");
	if (r > 0 && p->f.limited)
		r = run_id(c, ST_LIMIT_DROP, p->f.device, e);
	if (r >= 0 && p->f.limited) {
		db_bind(c->st[ST_LIMIT_ADD], "iisisi", p->f.device, off_at_ms, p->f.who, wall,
			c->env.boot, c->env.mono(c->env.ud) + off_at_ms - wall);
		r = db_run(c->st[ST_LIMIT_ADD], e);
	}
	return end(c, r, e);
}

static void begin_one(struct commands *c, struct pending *p, int64_t wall)
{
	struct device *d = p->there ? c->env.device(c->env.ud, p->f.device) : NULL;
	struct device_order o = { .id = p->f.id, .on = p->f.on };
	struct err e = { 0 };
	int r;

	if (refused(c, p, d, wall))
		return;
	if (d->state == DEVICE_CONNECTING) { /* what it can do is known in a moment */
		c->dirty = true;
		return;
	}
	p->f.limited = p->f.on && p->for_s > 0;
	o.off_at_ms = p->f.limited ? wall + p->for_s * 1000 : 0;
	r = claim(c, p, o.off_at_ms, wall, &e);
	if (r < 0) {
		if (r != -ECANCELED)
			commands_failed(c, &e);
		c->dirty = true;
		return;
	}
	c->dirty = true;
	c->flights[c->n++] = p->f;
	r = d->driver->order(d, &o, &e);
	if (r >= 0)
		return;
	c->n--;
	command_fail(c, &p->f, "failed",
		     r == -EBUSY		   ? "busy"
		     : r == -ENOTCONN && d->reason ? d->reason
						   : "not_supported",
		     err_text(&e), wall);
}

/* All that are pending and whose device is free, in their order. Each is looked for anew: what is
 * done with one changes the table. */
static void take_all(struct commands *c, int64_t wall)
{
	sqlite3_stmt *st = c->st[ST_PENDING];
	int64_t seen = 0;
	struct err e = { 0 };
	bool found = true;

	while (found && c->n < FLIGHTS_MAX) {
		struct pending p = { 0 };
		int r;

		found = false;
		while ((r = db_step(st, &e)) > 0) {
			pending_read(st, &p);
			found = p.f.id > seen && !in_flight(c, p.f.device);
			if (found)
				break;
		}
		if (r > 0)
			db_reset(st);
		if (r < 0)
			commands_failed(c, &e);
		if (!found)
			return;
		seen = p.f.id;
		begin_one(c, &p, wall);
	}
}

/* ---- timers ---- */

static bool retry_due(const struct commands *c, int64_t device, int64_t tries, int64_t tried_ms,
		      int64_t wall)
{
	const struct device *d = c->env.device(c->env.ud, device);
	int64_t most_s = d && d->state == DEVICE_LIVE ? RETRY_MAX_S : AWAY_MAX_S;
	int64_t wait_s = tries < 10 && 1ll << tries < most_s ? 1ll << tries : most_s;

	/* what failed in an earlier life says little of this one */
	if (tried_ms <= c->opened_ms && wait_s > RETRY_FIRST_S)
		wait_s = RETRY_FIRST_S;
	/* a clock that was set back must not hold it up for long */
	return !tries || wall - tried_ms >= wait_s * 1000 || wall < tried_ms;
}

/* Makes the timer at the row of ST_DUE a command, or says that it came too late. */
static int timer_fire(struct commands *c, int64_t wall, struct err *e)
{
	sqlite3_stmt *st = c->st[ST_DUE];
	int64_t id = sqlite3_column_int64(st, 0), device = sqlite3_column_int64(st, 1);
	int64_t at_ms = sqlite3_column_int64(st, 3), tries = sqlite3_column_int64(st, 6);
	bool on = strcmp(db_text(st, 2), "on") == 0;
	char number[24], who[DEVICE_NAME_MAX];
	int r;

	snprintf(number, sizeof(number), "%lld", (long long)id);
	snprintf(who, sizeof(who), "%s", db_text(st, 5));
	db_reset(st);
	if (!on || wall - at_ms <= ON_LATE_MS) {
		db_bind(c->st[ST_TIMER_ORDER], "issii", device, action_name(on), number, wall,
			wall + TIMER_EXPIRES_MS);
		c->dirty = true;
		return db_run(c->st[ST_TIMER_ORDER], e);
	}
	r = begin(c, e);
	if (r < 0)
		return r;
	db_bind(c->st[ST_TIMER_DROP], "s", number);
	r = db_run(c->st[ST_TIMER_DROP], e);
	if (r >= 0)
		r = journal(c,
			    &(struct line){ .t_ms = wall,
					    .device = device,
					    .on = true,
					    .by = "timer",
					    .who = who,
					    .result = "missed",
					    .text = tries ? "it could not be switched on in time"
							  : "svitlo was not running then" },
			    e);
	return end(c, r, e);
}

static void timers_step(struct commands *c, int64_t wall, bool believed, bool synced)
{
	sqlite3_stmt *st = c->st[ST_DUE];
	int64_t mono = c->env.mono(c->env.ud);
	bool doubted = mono - c->opened_mono_ms >= DOUBT_MS;
	struct err e = { 0 };
	int r;

	/* each one that fires is no longer found */
	do {
		db_bind(st, "isiiii", wall, c->env.boot, mono, (int64_t)believed, (int64_t)doubted,
			(int64_t)synced);
		while ((r = db_step(st, &e)) > 0)
			if (retry_due(c, sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 6),
				      sqlite3_column_int64(st, 7), wall))
				break;
		if (r > 0)
			r = timer_fire(c, wall, &e) < 0 ? -1 : 1;
	} while (r > 0);
	if (r < 0)
		commands_failed(c, &e);
}

static void load_armed(struct commands *c)
{
	sqlite3_stmt *st = c->st[ST_OFFS];
	struct err e = { 0 };
	int r;

	c->n_armed = 0;
	db_bind(st, "s", c->env.boot);
	while ((r = db_step(st, &e)) > 0)
		if (c->n_armed < ARMED_MAX) {
			c->armed[c->n_armed].device = sqlite3_column_int64(st, 0);
			c->armed[c->n_armed++].at_ms = sqlite3_column_int(st, 2)
							       ? COMMANDS_OFF_UNSURE
							       : sqlite3_column_int64(st, 1);
		}
	if (r < 0)
		commands_failed(c, &e);
}

int64_t commands_off_at(const struct commands *c, int64_t device)
{
	for (unsigned i = 0; i < c->n_armed; i++)
		if (c->armed[i].device == device)
			return c->armed[i].at_ms;
	return 0;
}

/* ---- from outside ---- */

static bool somebody_wrote(struct commands *c)
{
	struct err e = { 0 };
	int64_t version = c->version;

	if (db_step(c->st[ST_VERSION], &e) > 0) {
		version = sqlite3_column_int64(c->st[ST_VERSION], 0);
		db_reset(c->st[ST_VERSION]);
	} else {
		commands_failed(c, &e);
	}
	if (version == c->version)
		return false;
	c->version = version;
	return true;
}

static struct flight *flight_of(struct commands *c, int64_t device)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->flights[i].device == device && !c->flights[i].over)
			return &c->flights[i];
	return NULL;
}

/* Writes it down; what cannot be written stays, and is tried again. */
static void flight_end(struct commands *c, struct flight *f, const struct device_done *r,
		       int64_t wall)
{
	if (!f->over) {
		f->over = true;
		f->done = *r;
		snprintf(f->text, sizeof(f->text), "%s", r->text ? r->text : "");
	}
	f->done.text = f->text; /* it may lie elsewhere now */
	if (command_end(c, f, f->done.ok ? "done" : "failed", f->done.ok ? "done" : "failed",
			&f->done, wall) >= 0)
		*f = c->flights[--c->n];
}

static void end_all(struct commands *c, int64_t wall)
{
	for (unsigned i = c->n; i-- > 0;)
		if (c->flights[i].over)
			flight_end(c, &c->flights[i], &c->flights[i].done, wall);
}

void commands_poll(struct commands *c, int64_t wall, bool believed, bool synced)
{
	struct err e = { 0 };

	end_all(c, wall);
	timers_step(c, wall, believed, synced);
	if (!somebody_wrote(c) && !c->dirty)
		return;
	c->dirty = false;
	take_all(c, wall);
	if (run_id(c, ST_TRIM, COMMANDS_KEPT, &e) < 0 ||
	    run_id(c, ST_TRIM_JOURNAL, JOURNAL_KEPT, &e) < 0)
		commands_failed(c, &e);
	load_armed(c);
}

void commands_done(struct commands *c, const struct device *d, const struct device_done *r,
		   int64_t wall)
{
	struct flight *f = flight_of(c, d->conf.id);

	if (f && f->id == r->id)
		flight_end(c, f, r, wall);
}

void commands_turned(struct commands *c, const struct device *d, bool on, const char *by,
		     int64_t wall)
{
	const struct line l = {
		.t_ms = wall, .device = d->conf.id, .on = on, .by = by, .result = "seen"
	};
	struct err e = { 0 };
	int r = begin(c, &e);

	if (r >= 0) {
		r = journal(c, &l, &e);
		/* who switched it off has ended what was limited; a countdown was that end */
		if (r >= 0 && !on)
			r = run_id(c, ST_LIMIT_DROP, d->conf.id, &e);
		r = end(c, r, &e);
	}
	if (r < 0)
		commands_failed(c, &e);
	c->dirty = true;
}

void commands_gone(struct commands *c, const struct device *d, int64_t wall)
{
	struct flight *f = flight_of(c, d->conf.id);
	const struct device_done r = { .on = -1,
				       .maybe = true,
				       .code = "interrupted",
				       .text = "the device was changed or removed meanwhile: look "
					       "whether it is on" };

	if (f)
		flight_end(c, f, &r, wall);
}

void commands_live(struct commands *c, int64_t device)
{
	struct err e = { 0 };

	if (run_id(c, ST_AGAIN, device, &e) < 0)
		commands_failed(c, &e);
}

void commands_jump(struct commands *c, int64_t wall)
{
	struct err e = { 0 };

	db_bind(c->st[ST_JUMP], "is", wall - c->env.mono(c->env.ud), c->env.boot);
	if (db_run(c->st[ST_JUMP], &e) < 0)
		commands_failed(c, &e);
	c->dirty = true;
}

static const struct device_done interrupted = { .on = -1,
						.maybe = true,
						.code = "interrupted",
						.text = "svitlo stopped meanwhile: look whether it "
							"was switched" };

/* What an earlier life was doing when it ended: over, and to be written with the first poll. */
static int load_interrupted(struct commands *c, struct err *e)
{
	sqlite3_stmt *st = c->st[ST_OPEN];
	int r;

	while ((r = db_step(st, e)) > 0) {
		struct flight *f = &c->flights[c->n];

		if (c->n == FLIGHTS_MAX) {
			db_reset(st);
			return 0;
		}
		*f = (struct flight){ .id = sqlite3_column_int64(st, 0),
				      .device = sqlite3_column_int64(st, 1),
				      .on = strcmp(db_text(st, 2), "on") == 0,
				      .over = true,
				      .done = interrupted };
		f->limited = f->on; /* its limit, if it had one, stays: it may be on */
		snprintf(f->by, sizeof(f->by), "%s", db_text(st, 3));
		snprintf(f->who, sizeof(f->who), "%s", db_text(st, 4));
		snprintf(f->text, sizeof(f->text), "%s", interrupted.text);
		c->n++;
	}
	return r;
}

int commands_open(struct commands **ret, const struct commands_env *env, int64_t wall,
		  struct err *e)
{
	struct commands *c = calloc(1, sizeof(*c));
	int r = 0;

	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	c->env = *env;
	c->opened_ms = wall;
	c->opened_mono_ms = env->mono(env->ud);
	c->version = -1;
	for (int i = 0; r >= 0 && i < ST__MAX; i++)
		r = db_prepare(env->config, &c->st[i], sql[i], e);
	if (r >= 0)
		r = load_interrupted(c, e);
	if (r < 0) {
		commands_close(c, wall);
		return r;
	}
	commands_jump(c, wall); /* it may have been set while we were away */
	load_armed(c);
	*ret = c;
	return 0;
}

void commands_close(struct commands *c, int64_t wall)
{
	if (!c)
		return;
	/* those that cannot be written are interrupted at the next start */
	for (unsigned i = c->n; i-- > 0;)
		flight_end(c, &c->flights[i], &interrupted, wall);
	for (int i = 0; i < ST__MAX; i++)
		sqlite3_finalize(c->st[i]);
	free(c);
}
