/* Commands and timers: claimed before they are sent, never sent twice, ended with a line in the
 * journal, and what becomes of them when we die in between. */
#include "pipe/commands.h"
#include "svitlo/db.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 4000000000000ll /* a wall clock after any build */

struct fixture {
	char dir[64];
	sqlite3 *config, *page; /* page: another process's connection */
	struct commands *commands;
	struct device plug;
	int64_t now;  /* ms since T0 */
	int64_t step; /* of the wall clock against the monotonic one */
	const char *boot;
	bool doubt; /* the wall clock is not believed */
	struct device_order order;
	int orders, refuse;
	char text[512];
};
static struct fixture *fx; /* for order(), which has no owner's pointer */

static int take_order(struct device *d, const struct device_order *o, struct err *e)
{
	(void)d;
	if (fx->refuse)
		return err_set(e, fx->refuse, "it cannot");
	fx->order = *o;
	fx->orders++;
	return 0;
}
static const struct driver plug_driver = { .kind = "tapo", .order = take_order };

static struct device *find_device(void *ud, int64_t id)
{
	struct fixture *f = ud;

	return id == f->plug.conf.id ? &f->plug : NULL;
}

static char switched[128]; /* what history was told last */

static void on_switched(void *ud, int64_t t_ms, int64_t device, const char *json)
{
	const struct fixture *f = ud;

	assert_int_equal(device, f->plug.conf.id);
	assert_true(t_ms > 0);
	snprintf(switched, sizeof(switched), "%s", json);
}

static int64_t mono(void *ud)
{
	const struct fixture *f = ud;

	return f->now - f->step;
}

static void start(struct fixture *f)
{
	const struct commands_env env = { .config = f->config,
					  .device = find_device,
					  .switched = on_switched,
					  .boot = f->boot,
					  .mono = mono,
					  .ud = f };
	struct err e = { 0 };

	if (commands_open(&f->commands, &env, T0 + f->now, &e) < 0)
		fail_msg("%s", e.text);
}

static void run(sqlite3 *db, const char *fmt, ...)
{
	struct err e = { 0 };
	char sql[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	if (db_exec(db, sql, &e) < 0)
		fail_msg("%s", e.text);
}

/* All rows, columns by a space, rows by a semicolon. */
static const char *ask(struct fixture *f, const char *sql)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	size_t n = 0;

	f->text[0] = 0;
	assert_int_equal(db_prepare(f->page, &st, sql, NULL), 0);
	for (int row = 0; db_step(st, NULL) > 0; row++)
		for (int i = 0; i < sqlite3_column_count(st); i++)
			n += (size_t)snprintf(
				f->text + n, sizeof(f->text) - n, "%s%s",
				i     ? " "
				: row ? ";"
				      : "",
				sqlite3_column_type(st, i) == SQLITE_NULL ? "-" : db_text(st, i));
	return f->text;
}

static void poll(struct fixture *f, int64_t later_ms)
{
	f->now += later_ms;
	commands_poll(f->commands, T0 + f->now, !f->doubt, !f->doubt);
}

static void done(struct fixture *f, struct device_done r)
{
	r.id = f->order.id;
	commands_done(f->commands, &f->plug, &r, T0 + f->now);
}

static void order(struct fixture *f, const char *action, const char *for_s, int confirmed)
{
	run(f->page,
	    "INSERT INTO command (device, action, for_s, confirmed, by, who, created_ms, "
	    "expires_ms)"
	    " VALUES (1, '%s', %s, %d, 'user', 'olena', %lld, %lld)",
	    action, for_s, confirmed, (long long)(T0 + f->now), (long long)(T0 + f->now + 10000));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err e = { 0 };

	log_max = 0;
	fx = f;
	f->boot = "one";
	snprintf(f->dir, sizeof(f->dir), "/tmp/svitlo-commands-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	if (db_open(&f->config, DB_CONFIG, DB_COLLECTOR, f->dir, &e) < 0 ||
	    db_open(&f->page, DB_CONFIG, DB_COLLECTOR, f->dir, &e) < 0)
		fail_msg("%s", e.text);
	run(f->page,
	    "INSERT INTO device (kind, name, address, created_ms) VALUES ('tapo', 'Boiler',"
	    " 'tapo://127.0.0.1', 1)");
	f->plug = (struct device){ .driver = &plug_driver,
				   .conf = { .id = 1, .enabled = true },
				   .state = DEVICE_LIVE,
				   .drv = f };
	start(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char sh[96];

	commands_close(f->commands, T0 + f->now);
	db_close(f->config);
	db_close(f->page);
	snprintf(sh, sizeof(sh), "rm -r %s", f->dir);
	assert_int_equal(system(sh), 0);
	free(f);
	return 0;
}

#define COMMANDS "SELECT action, state, is_on, code FROM command ORDER BY id"
#define JOURNAL	 "SELECT action, by, who, result, code FROM journal ORDER BY id"
#define TIMERS	 "SELECT action, by, at_ms - 4000000000000, tries FROM timer ORDER BY id"

static void test_done(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "NULL", 0);
	poll(f, 0);
	assert_int_equal(f->orders, 1);
	assert_true(f->order.on && f->order.off_at_ms == 0);
	assert_string_equal(ask(f, COMMANDS), "on claimed - -");
	poll(f, 1000); /* it is not taken twice */
	assert_int_equal(f->orders, 1);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	assert_string_equal(ask(f, COMMANDS), "on done 1 -");
	assert_string_equal(ask(f, JOURNAL), "on user olena done -");
	done(f, (struct device_done){ .ok = true, .on = 1 }); /* nobody waits for it any more */
	assert_string_equal(ask(f, JOURNAL), "on user olena done -");
}

static void test_in_line(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "NULL", 0);
	order(f, "off", "NULL", 0);
	poll(f, 0);
	assert_int_equal(f->orders, 1);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	poll(f, 1);
	assert_int_equal(f->orders, 2);
	assert_false(f->order.on);
	done(f, (struct device_done){ .ok = true, .on = 0 });
	assert_string_equal(ask(f, COMMANDS), "on done 1 -;off done 0 -");
}

static void test_refused(void **state)
{
	static const struct {
		const char *before, *action;
		int confirmed, refuse;
		enum device_state state;
		const char *command, *journal;
	} rows[] = {
		{ "UPDATE device SET options = '{\"never_off\":\"yes\"}'", "off", 0, 0, DEVICE_LIVE,
		  "off failed - never_off", "off user olena refused never_off" },
		{ "UPDATE device SET options = '{\"never_off\":\"yes\"}'", "off", 1, 0, DEVICE_LIVE,
		  "off claimed - -", "" },
		{ "UPDATE device SET options = '{\"never_off\":\"yes\"}'", "on", 0, 0, DEVICE_LIVE,
		  "on claimed - -", "" },
		{ "UPDATE device SET enabled = 0", "on", 0, 0, DEVICE_DISABLED,
		  "on failed - disabled", "on user olena failed disabled" },
		{ "SELECT 1", "on", 0, 0, DEVICE_RELEASED, "on failed - disabled",
		  "on user olena failed disabled" },
		{ "DELETE FROM device", "on", 0, 0, DEVICE_LIVE, "on failed - no_such_device",
		  "on user olena failed no_such_device" },
		{ "SELECT 1", "on", 0, -ENOTSUP, DEVICE_LIVE, "on failed - not_supported",
		  "on user olena failed not_supported" },
		{ "UPDATE command SET expires_ms = 1", "on", 0, 0, DEVICE_LIVE, "on expired - -",
		  "on user olena expired -" },
	};

	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct fixture *f;

		if (i)
			setup(state);
		f = *state;
		f->refuse = rows[i].refuse;
		f->plug.state = rows[i].state;
		order(f, rows[i].action, "NULL", rows[i].confirmed);
		run(f->page, "%s", rows[i].before);
		poll(f, 0);
		assert_string_equal(ask(f, COMMANDS), rows[i].command);
		assert_string_equal(ask(f, JOURNAL), rows[i].journal);
		/* history is told the same */
		assert_non_null(strstr(switched, rows[i].action));
		assert_non_null(strstr(switched, "\"by\":\"user\""));
		if (i + 1 < SV_LEN(rows))
			teardown(state);
	}
}

/* An on for so long has its end written down before it is sent. */
static void test_limit(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "600", 0);
	poll(f, 0);
	assert_true(f->order.off_at_ms == T0 + 600000);
	assert_string_equal(ask(f, TIMERS), "off limit 600000 0");
	done(f, (struct device_done){ .ok = true, .on = 1 });
	poll(f, 1);
	assert_true(commands_off_at(f->commands, 1) == T0 + 600000);
	order(f, "on", "1200", 0); /* longer */
	poll(f, 999);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	assert_string_equal(ask(f, TIMERS), "off limit 1201000 0");
	order(f, "on", "NULL", 0); /* for good */
	poll(f, 1);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	assert_string_equal(ask(f, TIMERS), "");
	poll(f, 1);
	assert_true(commands_off_at(f->commands, 1) == 0);
}

static void test_limit_of_what_failed(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "600", 0);
	poll(f, 0);
	done(f, (struct device_done){ .on = -1, .code = "no_answer", .text = "", .maybe = true });
	assert_string_equal(ask(f, TIMERS), "off limit 600000 0"); /* it may be on */
	run(f->page, "DELETE FROM timer");
	order(f, "on", "600", 0);
	poll(f, 1);
	done(f, (struct device_done){ .on = 0, .code = "host_unreachable", .text = "" });
	assert_string_equal(ask(f, TIMERS), "");
}

static void test_turned_by_hand(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "600", 0);
	poll(f, 0);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	commands_turned(f->commands, &f->plug, false, "outside", T0 + f->now);
	assert_string_equal(ask(f, TIMERS), "");
	commands_turned(f->commands, &f->plug, true, "outside", T0 + f->now);
	assert_string_equal(ask(f, JOURNAL),
			    "on user olena done -;off outside - seen -;on outside - seen -");
}

static void timer(struct fixture *f, const char *action, int64_t in_ms)
{
	run(f->page,
	    "INSERT INTO timer (device, action, at_ms, by, who, created_ms) VALUES (1, '%s', %lld,"
	    " 'user', 'olena', 1)",
	    action, (long long)(T0 + f->now + in_ms));
}

static void test_timer(void **state)
{
	struct fixture *f = *state;

	timer(f, "on", 5000);
	poll(f, 4999);
	assert_int_equal(f->orders, 0);
	poll(f, 1);
	assert_int_equal(f->orders, 1);
	poll(f, 1000); /* it is under way */
	assert_int_equal(f->orders, 1);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	assert_string_equal(ask(f, TIMERS), "");
	assert_string_equal(ask(f, JOURNAL), "on timer olena done -");
}

/* An off is tried until it is done, and written down once as failed, once as done. */
static void test_timer_again(void **state)
{
	struct fixture *f = *state;
	static const int64_t waits[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };

	timer(f, "off", 0);
	poll(f, 0);
	for (size_t i = 0; i < SV_LEN(waits); i++) {
		assert_int_equal(f->orders, (int)i + 1);
		done(f, (struct device_done){
				.on = -1, .code = "host_unreachable", .text = "nobody" });
		poll(f, waits[i] - 1);
		assert_int_equal(f->orders, (int)i + 1);
		poll(f, 1);
	}
	done(f, (struct device_done){ .ok = true, .on = 0 });
	assert_string_equal(ask(f, TIMERS), "");
	assert_string_equal(ask(f, JOURNAL), "off timer olena failed host_unreachable;"
					     "off timer olena done -");
}

/* Each try is written down: of a plug that is away there are few, and one at once when it is back.
 */
static void test_timer_of_who_is_away(void **state)
{
	struct fixture *f = *state;
	int tries;

	f->plug.state = DEVICE_LOST;
	timer(f, "off", 0);
	for (int s = 0; s < 86400; s++) {
		poll(f, 1000);
		if (f->orders && f->order.id)
			done(f, (struct device_done){
					.on = -1, .code = "host_unreachable", .text = "nobody" });
		f->order.id = 0;
	}
	tries = f->orders;
	assert_in_range(tries, 90, 110);
	f->plug.state = DEVICE_LIVE;
	commands_live(f->commands, 1);
	poll(f, 1000);
	assert_int_equal(f->orders, tries + 1);
}

/* A timer of a plug that was marked since: nobody is there to confirm it. */
static void test_timer_never_off(void **state)
{
	struct fixture *f = *state;

	timer(f, "off", 1000);
	run(f->page, "UPDATE device SET options = '{\"never_off\":\"yes\"}'");
	poll(f, 0);
	assert_true(commands_off_at(f->commands, 1) == 0); /* nor does the plug count */
	poll(f, 1000);
	poll(f, 1000);
	assert_int_equal(f->orders, 0);
	assert_string_equal(ask(f, TIMERS), "");
	assert_string_equal(ask(f, JOURNAL), "off timer olena refused never_off");
}

/* What ends after so long does, whatever the wall says; what ends at a time of day follows it. */
static void test_jump(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "600", 0);
	poll(f, 0);
	done(f, (struct device_done){ .ok = true, .on = 1 });
	timer(f, "off", 900000);
	f->now += 7200000;
	f->step += 7200000;
	commands_jump(f->commands, T0 + f->now);
	assert_string_equal(ask(f, TIMERS), "off limit 7800000 0;off user 900000 0");
	poll(f, 0);
	done(f, (struct device_done){ .ok = true, .on = 0 });
	assert_string_equal(ask(f, JOURNAL), "on user olena done -;off timer olena done -");
}

/* "On for 60 s" at 0, a restart 10 s later, the wall clock then wrong by `wrong` and put right
 * after `fixed` s (0: never). Seconds since the start in which it goes off; without power the plug
 * cannot, and the order is still made. */
struct restart {
	const char *name;
	int64_t wrong_s;
	int fixed_s;
	bool reboot, doubt, away;
	int off_s;
	int64_t dark_s; /* longer between the stop and the start */
};

static void fix_clock(struct fixture *f, const struct restart *w)
{
	f->now -= w->wrong_s * 1000;
	f->step -= w->wrong_s * 1000;
	f->doubt = false;
	commands_jump(f->commands, T0 + f->now);
}

static int seconds_until_off(struct fixture *f, const struct restart *w)
{
	int orders = f->orders;

	for (int s = 0; s <= 300; s++) {
		if (w->fixed_s && s == w->fixed_s)
			fix_clock(f, w);
		poll(f, 1000);
		if (f->orders > orders)
			return s + 1;
	}
	return -1;
}

static void test_restart(void **state)
{
	static const struct restart rows[] = {
		{ "right, same boot, plug with power", 0, 0, false, false, false, 50, 0 },
		{ "right, same boot, plug away", 0, 0, false, false, true, 50, 0 },
		{ "right, new boot, plug with power", 0, 0, true, false, false, 50, 0 },
		{ "right, new boot, plug away", 0, 0, true, false, true, 50, 0 },
		{ "30 min late, stepped, same boot", -1800, 20, false, false, false, 50, 0 },
		{ "30 min late, stepped, new boot", -1800, 20, true, false, false, 50, 0 },
		{ "30 min late, stepped, new boot, plug away", -1800, 20, true, true, true, 50, 0 },
		{ "3 h ahead, back, same boot", 10800, 12, false, true, false, 50, 0 },
		{ "3 h ahead, back, new boot", 10800, 12, true, true, false, 50, 0 },
		{ "3 h ahead, back, new boot, plug away", 10800, 12, true, true, true, 50, 0 },
		{ "1970, then right, same boot", -T0 / 1000, 30, false, true, false, 50, 0 },
		{ "1970, then right, new boot", -T0 / 1000, 30, true, true, false, 50, 0 },
		{ "1970, right after its end, new boot", -T0 / 1000, 90, true, true, false, 90, 0 },
		{ "1970 for ever, same boot", -T0 / 1000, 0, false, true, false, 50, 0 },
		{ "1970 for ever, new boot", -T0 / 1000, 0, true, true, false, 120, 0 },
		{ "1970 for ever, new boot, plug away", -T0 / 1000, 0, true, true, true, 120, 0 },
		{ "2040 then right, same boot", 400000000, 20, false, true, false, 50, 0 },
		{ "2040 then right, new boot", 400000000, 20, true, true, false, 50, 0 },
		{ "stopped, 8 h without power, stepped", -28800, 15, true, true, false, 15, 28800 },
	};
	int bad = 0;

	for (size_t i = 0; i < SV_LEN(rows); i++) {
		const struct restart *w = &rows[i];
		struct fixture *f;
		int s;

		if (i)
			setup(state);
		f = *state;
		order(f, "on", "60", 0);
		poll(f, 0);
		done(f, (struct device_done){ .ok = true, .on = 1 });
		commands_close(f->commands, T0 + f->now);
		f->now += 10000 + (w->dark_s + w->wrong_s) * 1000;
		f->step += w->wrong_s * 1000;
		if (w->reboot) {
			f->boot = "two";
			f->step = f->now;
		}
		f->doubt = w->doubt;
		f->plug.state = w->away ? DEVICE_LOST : DEVICE_LIVE;
		start(f);
		/* what the plug counts stays as it is */
		if ((commands_off_at(f->commands, 1) == COMMANDS_OFF_UNSURE) != w->reboot)
			bad++;
		s = seconds_until_off(f, w);
		if (abs(s - w->off_s) > 5 || f->order.on)
			bad++;
		printf("%s - limit: clock %s: off %d s after the start\n",
		       abs(s - w->off_s) > 5 ? "not ok" : "ok", w->name, s);
		if (i + 1 < SV_LEN(rows))
			teardown(state);
	}
	assert_int_equal(bad, 0);
}

/* By time of day: neither done nor dropped by a clock that is not believed. */
static void test_doubted_clock(void **state)
{
	static const char *const actions[] = { "on", "off" };

	for (size_t i = 0; i < SV_LEN(actions); i++) {
		struct fixture *f;

		if (i)
			setup(state);
		f = *state;
		timer(f, actions[i], 7200000);
		f->doubt = true;
		for (int s = 0; s < 300; s++) { /* 3 h ahead */
			f->now += 10800000;
			poll(f, 1000);
			f->now -= 10800000;
		}
		assert_int_equal(f->orders, 0);
		assert_string_equal(ask(f, JOURNAL), "");
		f->doubt = false;
		poll(f, 7200000 - f->now);
		assert_int_equal(f->orders, 1);
		printf("ok - timer: %s by time of day, clock 3 h ahead and back: done in time\n",
		       actions[i]);
		if (i + 1 < SV_LEN(actions))
			teardown(state);
	}
}

static void test_connecting(void **state)
{
	struct fixture *f = *state;

	f->plug.state = DEVICE_CONNECTING;
	order(f, "on", "NULL", 0);
	poll(f, 0);
	poll(f, 1000);
	assert_string_equal(ask(f, COMMANDS), "on pending - -");
	f->plug.state = DEVICE_LIVE;
	poll(f, 1000);
	assert_int_equal(f->orders, 1);
}

/* An end that cannot be written now is written later: its timer must not wait for a restart. */
static void test_cannot_write(void **state)
{
	struct fixture *f = *state;

	timer(f, "off", 0);
	poll(f, 0);
	assert_int_equal(f->orders, 1);
	sqlite3_busy_timeout(f->config, 1);
	run(f->page, "BEGIN IMMEDIATE");
	done(f, (struct device_done){ .on = -1, .code = "no_answer", .text = "nothing" });
	run(f->page, "COMMIT");
	assert_string_equal(ask(f, COMMANDS), "off claimed - -");
	poll(f, 1000);
	assert_string_equal(ask(f, "SELECT state, code, text FROM command"),
			    "failed no_answer nothing");
	poll(f, 2000);
	assert_int_equal(f->orders, 2);
}

static void test_timer_late(void **state)
{
	struct fixture *f = *state;

	timer(f, "on", -60001);
	timer(f, "off", -3600000);
	timer(f, "on", -59000);
	poll(f, 0);
	assert_string_equal(ask(f, JOURNAL), "on timer olena missed -");
	assert_int_equal(f->orders, 1);
	assert_false(f->order.on); /* the oldest first */
	done(f, (struct device_done){ .ok = true, .on = 0 });
	poll(f, 1);
	assert_true(f->orders == 2 && f->order.on);
}

static void test_wrong_clock(void **state)
{
	struct fixture *f = *state;

	timer(f, "off", -1000);
	commands_poll(f->commands, 86400000, false, false); /* 1970 */
	assert_int_equal(f->orders, 0);
	poll(f, 0);
	assert_int_equal(f->orders, 1);
}

/* Killed after the claim: nobody knows whether it was sent. It is not sent again; its end stays. */
static void test_killed(void **state)
{
	struct fixture *f = *state;
	struct commands *lost = f->commands;

	order(f, "on", "600", 0);
	poll(f, 0);
	assert_int_equal(f->orders, 1);
	start(f); /* the old one is left as a kill leaves it: without a word */
	poll(f, 1000);
	assert_int_equal(f->orders, 1);
	assert_string_equal(ask(f, COMMANDS), "on failed - interrupted");
	assert_string_equal(ask(f, JOURNAL), "on user olena failed interrupted");
	assert_string_equal(ask(f, TIMERS), "off limit 600000 0");
	poll(f, 600000);
	assert_true(f->orders == 2 && !f->order.on);
	/* killed again: the off is still to be done, by another command */
	commands_close(f->commands, T0 + f->now);
	start(f);
	poll(f, 2000);
	assert_true(f->orders == 3 && !f->order.on);
	done(f, (struct device_done){ .ok = true, .on = 0 });
	assert_string_equal(ask(f, TIMERS), "");
	assert_string_equal(ask(f, COMMANDS), "on failed - interrupted;off failed - interrupted;"
					      "off done 0 -");
	commands_close(lost, T0 + f->now);
}

static void test_gone(void **state)
{
	struct fixture *f = *state;

	order(f, "on", "NULL", 0);
	poll(f, 0);
	commands_gone(f->commands, &f->plug, T0 + f->now);
	assert_string_equal(ask(f, COMMANDS), "on failed - interrupted");
	done(f, (struct device_done){ .ok = true, .on = 1 });
	assert_string_equal(ask(f, COMMANDS), "on failed - interrupted");
}

static void test_trim(void **state)
{
	struct fixture *f = *state;

	run(f->page,
	    "WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 1500)"
	    " INSERT INTO command (device, action, by, created_ms, expires_ms, state)"
	    " SELECT 1, 'on', 'user', 1, 1, 'done' FROM k");
	poll(f, 0);
	assert_string_equal(ask(f, "SELECT count(*), min(id) FROM command"), "1000 501");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_done),
		TEST(test_in_line),
		TEST(test_refused),
		TEST(test_limit),
		TEST(test_limit_of_what_failed),
		TEST(test_turned_by_hand),
		TEST(test_timer),
		TEST(test_timer_again),
		TEST(test_timer_of_who_is_away),
		TEST(test_timer_never_off),
		TEST(test_jump),
		TEST(test_restart),
		TEST(test_doubted_clock),
		TEST(test_connecting),
		TEST(test_cannot_write),
		TEST(test_timer_late),
		TEST(test_wrong_clock),
		TEST(test_killed),
		TEST(test_gone),
		TEST(test_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
