/*
 * One that switches: a plug, or a socket of a strip.
 *
 *	an order:  (who is it?) ──> (arm its countdown) ──> set ──> read back,
 *		at once, after 350 ms, after 700 ms more
 *
 * A session that begins may be with another plug, to which the address has gone: whoever is to be
 * switched says first in each that it is the one.
 *
 * Whoever shall be on for a limited time is told first when to go off, so that it goes off when we,
 * the network or the computer die in between. "Set" is sent once.
 */
#include "tapo_drv.h"

#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/util.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLD_PERIODS	 3
#define LOOKS_MAX	 3
#define COUNTDOWN_MAX_MS 86400000ll
#define COUNTDOWN_OFF_MS 2000 /* what the plug counts may differ by so much */
#define ARM_AGAIN_MS	 5000
#define ARM_FAILS_MAX	 3
#define ARM_REST_MS	 60000
#define REFRESH_MS	 1500 /* after a switch, until power has settled */
#define SECOND_LOOK_MS	 350
#define SESSIONS_MAX	 3

void outlet_init(struct tapo_outlet *o, struct tapo_drv *v, const char *id, unsigned position)
{
	*o = (struct tapo_outlet){ .drv = v, .position = position };
	snprintf(o->id, sizeof(o->id), "%s", id);
	tapo_info_read(&o->info, NULL);
	tapo_energy_init(&o->energy);
	o->drift_s = NAN;
}

/* ---- what it is like ---- */

bool outlet_measures(const struct tapo_outlet *o)
{
	return tapo_has(&o->comp, TAPO_HAS_ENERGY);
}

unsigned outlet_due(const struct tapo_outlet *o, bool energy)
{
	unsigned due = 0;

	if (energy && outlet_measures(o)) {
		due |= 1u << METHOD_USAGE | 1u << METHOD_EMETER;
		/* where neither of them knows the power */
		if (o->absent & 1u << METHOD_EMETER && o->energy.power_from < TAPO_FROM_USAGE)
			due |= 1u << METHOD_POWER;
	}
	if (energy && o->comp.known && !outlet_measures(o))
		due |= 1u << METHOD_RUNTIME; /* with a meter it is in METHOD_USAGE */
	if (energy && tapo_has(&o->comp, TAPO_HAS_COUNTDOWN))
		due |= 1u << METHOD_COUNTDOWN;
	/* its days and months begin by its own clock */
	if (energy && !o->id[0] && tapo_has(&o->comp, TAPO_HAS_LOCAL_TIME))
		due |= 1u << METHOD_TIME;
	return due & ~o->absent;
}

/* It is on or off now, and it was not our doing. */
static void turned(struct tapo_outlet *o, bool on)
{
	int64_t wall = clock_wall_ms();
	int64_t late_ms = 1000ll * o->drv->conf.poll_s + ARM_AGAIN_MS;
	bool ours = !on && o->armed_at_ms && wall > o->armed_at_ms - ARM_AGAIN_MS &&
		    wall < o->armed_at_ms + late_ms;

	tapo_hurry(o->drv, REFRESH_MS);
	o->drv->energy_due_ms = 0;
	if (o->dev)
		o->dev->owner.turned(o->dev->owner.ud, o->dev, on, ours ? "countdown" : "outside");
}

void outlet_info(struct tapo_outlet *o, const struct tapo_info *info, int64_t asked_ms)
{
	int was = o->info.on;
	bool known = o->info_ms != 0;

	o->info = *info;
	o->info_ms = asked_ms;
	if (known && was >= 0 && info->on >= 0 && was != info->on) {
		/* what it drew is not true any more */
		o->energy.v[TAPO_POWER_W] = o->energy.v[TAPO_CURRENT_A] = NAN;
		if (o->stage == ORDER_NONE)
			turned(o, info->on);
	}
}

void outlet_take(struct tapo_outlet *o, enum tapo_method m, const struct json_t *result,
		 int64_t asked_ms)
{
	struct tapo_usage usage;
	struct tapo_info info;
	struct tapo_time time;

	switch (m) {
	case METHOD_INFO:
		tapo_info_read(&info, result);
		outlet_info(o, &info, asked_ms);
		break;
	case METHOD_USAGE:
		tapo_energy_init(&o->energy); /* it is the first that is asked */
		tapo_energy_read_usage(&o->energy, result);
		o->energy_ms = asked_ms;
		break;
	case METHOD_EMETER:
		tapo_energy_read_emeter(&o->energy, result);
		o->energy_ms = asked_ms;
		break;
	case METHOD_POWER:
		tapo_energy_read_power(&o->energy, result);
		o->energy_ms = asked_ms;
		break;
	case METHOD_RUNTIME:
		tapo_usage_read(&usage, result);
		o->energy.v[TAPO_TODAY_MIN] = usage.on_min[0];
		o->energy_ms = asked_ms;
		break;
	case METHOD_TIME:
		tapo_time_read(&time, result);
		o->drift_s = time.t_s < 0 ? NAN : (double)time.t_s - (double)clock_wall_ms() / 1000;
		break;
	case METHOD_COUNTDOWN:
		o->countdown_known = tapo_countdown_read(&o->countdown, result) >= 0;
		o->countdown_ms = asked_ms;
		break;
	case METHOD_NEGO:
		tapo_components_read(&o->comp, result);
		break;
	case METHOD_CHILDREN:
	case METHOD_CHILD_NEGO:
	case METHOD__MAX:
		break;
	}
}

static void put(struct reading *r, enum metric m, double v, bool suspect)
{
	r->one[m] = v;
	if (isnan(v))
		return;
	if (suspect || !metric_sane(m, v)) {
		metric_set_add(&r->suspect, m);
		r->quality = QUALITY_SUSPECT;
	}
}

static double or_nan(int64_t v)
{
	return v < 0 ? NAN : (double)v;
}

static double countdown_left(const struct tapo_outlet *o, int64_t mono_ms)
{
	double left = (double)o->countdown.remain_s - (double)(mono_ms - o->countdown_ms) / 1000;

	return o->countdown_known && tapo_countdown_runs(&o->countdown) && !o->countdown.on &&
			       left > 0
		       ? left
		       : NAN;
}

void outlet_read(const struct tapo_outlet *o, struct reading *r)
{
	static const struct {
		enum metric metric;
		enum tapo_value value;
		double scale;
	} energies[] = {
		{ METRIC_POWER, TAPO_POWER_W, 1 },
		{ METRIC_VOLTAGE, TAPO_VOLTAGE_V, 1 },
		{ METRIC_CURRENT, TAPO_CURRENT_A, 1 },
		{ METRIC_ENERGY_TODAY_WH, TAPO_TODAY_WH, 1 },
		{ METRIC_ENERGY_MONTH_WH, TAPO_MONTH_WH, 1 },
		{ METRIC_RUNTIME_TODAY_S, TAPO_TODAY_MIN, 60 },
		{ METRIC_RUNTIME_MONTH_S, TAPO_MONTH_MIN, 60 },
	};
	const struct tapo_info *i = &o->info;
	bool fresh = o->energy_ms &&
		     r->mono_ms - o->energy_ms <= OLD_PERIODS * 1000ll * o->drv->conf.energy_s;

	put(r, METRIC_ON, or_nan(i->on), false);
	put(r, METRIC_ON_TIME_S, or_nan(i->on_s), false);
	put(r, METRIC_RSSI, i->rssi_dbm, false);
	put(r, METRIC_SIGNAL_LEVEL, or_nan(i->signal), false);
	put(r, METRIC_OVERHEAT, or_nan(i->heat), false);
	put(r, METRIC_OVERLOAD, or_nan(i->overload), false);
	put(r, METRIC_OVERCURRENT, or_nan(i->overcurrent), false);
	put(r, METRIC_AUTO_OFF_S, i->auto_off == 1 ? or_nan(i->auto_off_s) : NAN, false);
	put(r, METRIC_CLOCK_DRIFT_S, o->drift_s, false);
	put(r, METRIC_COUNTDOWN_S, countdown_left(o, r->mono_ms), false);
	for (size_t k = 0; fresh && k < SV_LEN(energies); k++)
		put(r, energies[k].metric, o->energy.v[energies[k].value] * energies[k].scale,
		    o->energy.suspect >> energies[k].value & 1);
}

void outlet_json(const struct tapo_outlet *o, struct jw *w)
{
	if (o->comp.known)
		jw_kbool(w, "measures", outlet_measures(o));
}

/* ---- asking ---- */

static int ask(struct tapo_outlet *o, const char *json, const char *method, enum tapo_ask how,
	       tapo_reply_fn *fn)
{
	char wrapped[TAPO_REQUEST_MAX];
	int n = 0;

	if (o->id[0])
		n = tapo_put_child(wrapped, sizeof(wrapped), o->id, json);
	return n < 0 ? n
		     : tapo_link_ask(o->drv->link, o->id[0] ? wrapped : json, method, how, fn, o);
}

/* A session stands, and it is with the one that is meant. A socket's number is its strip's alone.
 */
static bool is_known(const struct tapo_outlet *o)
{
	uint64_t session = tapo_link_session(o->drv->link);

	return session && (o->id[0] || session == o->drv->known_session);
}

/* ---- the countdown ---- */

/* Seconds from now that the plug is to count; 0: it is not to. */
static int count_s(const struct tapo_outlet *o)
{
	int64_t left_ms = o->off_at_ms ? o->off_at_ms - clock_wall_ms() : 0;

	if (left_ms <= 0 || left_ms > COUNTDOWN_MAX_MS)
		return 0;
	return (int)((left_ms + 999) / 1000);
}

static bool can_count(const struct tapo_outlet *o)
{
	return tapo_has(&o->comp, TAPO_HAS_COUNTDOWN);
}

/* It is as it should be, as far as is known. */
static bool armed_right(const struct tapo_outlet *o)
{
	int64_t now = clock_mono_ms(), ends_ms;

	if (!count_s(o)) /* one that is over ends by itself */
		return !o->armed_at_ms || o->armed_at_ms <= clock_wall_ms();
	if (llabs(o->armed_at_ms - o->off_at_ms) > COUNTDOWN_OFF_MS)
		return false;
	if (!o->countdown_known)
		return true;
	ends_ms = clock_wall_ms() - (now - o->countdown_ms) + o->countdown.remain_s * 1000;
	return tapo_countdown_runs(&o->countdown) && !o->countdown.on &&
	       llabs(ends_ms - o->off_at_ms) <= COUNTDOWN_OFF_MS;
}

/* What counts in the plug is what we told it, not its owner's own. */
static bool is_ours(const struct tapo_outlet *o)
{
	int64_t ends_ms = clock_wall_ms() - (clock_mono_ms() - o->countdown_ms) +
			  o->countdown.remain_s * 1000;

	return tapo_countdown_runs(&o->countdown) && !o->countdown.on &&
	       llabs(ends_ms - o->armed_at_ms) <= COUNTDOWN_OFF_MS;
}

static int put_countdown(const struct tapo_outlet *o, char *json, size_t room,
			 const char **ret_method)
{
	int s = count_s(o);
	bool edit = o->countdown_known && o->countdown.id[0];

	*ret_method = !s     ? "remove_countdown_rules"
		      : edit ? "edit_countdown_rule"
			     : "add_countdown_rule";
	return !s     ? tapo_put_countdown_remove(json, room)
	       : edit ? tapo_put_countdown_edit(json, room, o->countdown.id, s, false)
		      : tapo_put_countdown_add(json, room, s, false);
}

static int ask_countdown(struct tapo_outlet *o, tapo_reply_fn *fn)
{
	char json[512];
	const char *method;
	int n = put_countdown(o, json, sizeof(json), &method);

	o->telling_ms = count_s(o) ? o->off_at_ms : 0;

	return n < 0 ? n : ask(o, json, method, TAPO_ASK_ONCE, fn);
}

/* What the plug said to a new countdown: 0 it counts, -EAGAIN to be asked differently, else why
 * not. */
static int counted(struct tapo_outlet *o, const struct tapo_reply *r)
{
	enum tapo_class class;

	if (!r->answer && r->maybe && o->telling_ms) { /* it may count */
		o->armed_at_ms = o->telling_ms;
		o->countdown_known = false;
		tapo_learned(o->drv);
	}
	if (!r->answer)
		return -EIO;
	class = tapo_error_find(r->answer->code)->class;
	if (class == TAPO_OK) {
		o->armed_at_ms = o->telling_ms;
		o->countdown_known = false; /* it is read again with the next round */
		o->drv->energy_due_ms = 0;
		o->arm_fails = 0;
		tapo_learned(o->drv);
		return 0;
	}
	/* a rule that we do not know of, or that is not there any more */
	return class == TAPO_CONFLICT || class == TAPO_PARAMS ? -EAGAIN : -EREMOTEIO;
}

static void arm_later(struct tapo_outlet *o)
{
	o->arming = false;
	o->arm_next_ms =
		clock_mono_ms() + (++o->arm_fails < ARM_FAILS_MAX ? ARM_AGAIN_MS : ARM_REST_MS);
}

static void on_rules(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;
	const struct json_t *result = NULL;
	int32_t code;

	o->arming = false;
	if (r->answer)
		result = tapo_answer_get(r->answer, tapo_methods[METHOD_COUNTDOWN], &code);
	if (result)
		outlet_take(o, METHOD_COUNTDOWN, result, clock_mono_ms());
	if (o->countdown_known)
		outlet_arm(o);
	else
		arm_later(o);
}

static int ask_rules(struct tapo_outlet *o, tapo_reply_fn *fn)
{
	char json[128];

	tapo_put_get(json, sizeof(json), tapo_methods[METHOD_COUNTDOWN]);
	return ask(o, json, tapo_methods[METHOD_COUNTDOWN], TAPO_ASK_FIRST, fn);
}

static void on_armed(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;
	int rc = counted(o, r);

	o->arming = false;
	if (rc == 0)
		return;
	arm_later(o);
	if (rc == -EAGAIN && o->arm_fails == 1) {
		o->arm_next_ms = 0;
		o->arming = ask_rules(o, on_rules) >= 0;
	}
}

void outlet_arm(struct tapo_outlet *o)
{
	if (o->arming || o->stage != ORDER_NONE || !can_count(o) || armed_right(o) ||
	    o->drv->fails || !is_known(o) || clock_mono_ms() < o->arm_next_ms)
		return;
	if (count_s(o)) {
		o->arming = ask_countdown(o, on_armed) >= 0;
	} else if (!o->off_known) {
		return;
	} else if (!o->countdown_known) {
		o->arming = ask_rules(o, on_rules) >= 0;
	} else if (is_ours(o)) {
		o->arming = ask_countdown(o, on_armed) >= 0;
	} else { /* its owner has set another one since, or it is over */
		o->armed_at_ms = 0;
		tapo_learned(o->drv);
	}
}

void outlet_off_at(struct tapo_outlet *o, int64_t off_at_ms)
{
	o->off_at_ms = off_at_ms;
	o->off_known = true;
	outlet_arm(o);
}

/* ---- orders ---- */

static void order_end(struct tapo_outlet *o, bool ok, bool maybe, const char *code,
		      const char *text)
{
	const struct device_done done = { .id = o->order.id,
					  .ok = ok,
					  .maybe = maybe,
					  .on = o->info_ms ? o->info.on : -1,
					  .code = code,
					  .text = text ? text : "" };

	o->stage = ORDER_NONE;
	o->look_ms = 0;
	tapo_hurry(o->drv, REFRESH_MS);
	o->drv->energy_due_ms = 0;
	if (o->dev)
		o->dev->owner.done(o->dev->owner.ud, o->dev, &done);
}

static void order_next(struct tapo_outlet *o);

/* The session was over, and nothing was done: from the beginning. */
static bool order_anew(struct tapo_outlet *o, const struct tapo_reply *r)
{
	if (r->answer || !r->anew || ++o->sessions > SESSIONS_MAX)
		return false;
	o->stage = ORDER_WHO;
	order_next(o);
	return true;
}

static void on_looked(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;
	const struct json_t *result = NULL;
	int32_t code;

	if (o->stage != ORDER_BACK)
		return;
	if (r->answer)
		result = tapo_answer_get(r->answer, tapo_methods[METHOD_INFO], &code);
	if (!result) {
		order_end(o, false, true, "unconfirmed",
			  "it was sent, but the plug does not say that it did it");
		return;
	}
	outlet_take(o, METHOD_INFO, result, clock_mono_ms());
	if (o->info.on == o->order.on) {
		order_end(o, true, false, NULL, NULL);
	} else if (++o->looks < LOOKS_MAX) {
		o->look_ms = clock_mono_ms() + SECOND_LOOK_MS * o->looks;
		tapo_wake(o->drv);
	} else {
		/* it may come late */
		order_end(o, false, true, "unconfirmed",
			  o->info.on < 0 ? "it was sent, but the plug does not say whether it is on"
					 : "it was sent, but the plug says that it did not do it");
	}
}

static void on_set(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;

	if (o->stage != ORDER_SET || order_anew(o, r))
		return;
	if (r->answer && r->answer->code != 0) {
		order_end(o, false, false, "refused", tapo_error_find(r->answer->code)->text);
		return;
	}
	if (!r->answer && !r->maybe) {
		order_end(o, false, false, r->reason, r->text);
		return;
	}
	/* also when nobody knows: what it is now tells */
	o->stage = ORDER_BACK;
	o->looks = 0;
	o->look_ms = 0;
	order_next(o);
}

static void on_order_armed(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;
	int rc;

	if (o->stage != ORDER_ARM || order_anew(o, r))
		return;
	rc = counted(o, r);
	if (!r->answer) {
		order_end(o, false, false, r->reason, r->text);
		return;
	}
	if (rc < 0) {
		/* our own timer ends it; its rules are looked at and armed afterwards */
		log_warn("device %lld: its countdown could not be set: %s",
			 (long long)(o->dev ? o->dev->conf.id : 0),
			 tapo_error_find(r->answer->code)->text);
		o->countdown_known = false;
	}
	o->stage = ORDER_SET;
	order_next(o);
}

static void on_order_rules(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;
	const struct json_t *result = NULL;
	int32_t code;

	if (o->stage != ORDER_ARM)
		return;
	if (!r->answer) {
		order_end(o, false, false, r->reason, r->text);
		return;
	}
	result = tapo_answer_get(r->answer, tapo_methods[METHOD_COUNTDOWN], &code);
	if (result)
		outlet_take(o, METHOD_COUNTDOWN, result, clock_mono_ms());
	if (!is_known(o)) { /* it was asked in a session that is new */
		o->stage = ORDER_WHO;
		order_next(o);
	} else if (ask_countdown(o, on_order_armed) < 0) {
		order_end(o, false, false, "busy", "too much is waiting for this plug");
	}
}

static enum tapo_order first_stage(const struct tapo_outlet *o)
{
	return o->order.on && count_s(o) && o->order.off_at_ms && can_count(o) ? ORDER_ARM
									       : ORDER_SET;
}

static void on_who(void *ud, const struct tapo_reply *r)
{
	struct tapo_outlet *o = ud;
	const struct json_t *result = NULL;
	struct tapo_info info;
	int32_t code;

	if (o->stage != ORDER_WHO)
		return;
	if (r->answer)
		result = tapo_answer_get(r->answer, tapo_methods[METHOD_INFO], &code);
	tapo_info_read(&info, result);
	if (!r->answer) {
		order_end(o, false, false, r->reason, r->text);
	} else if (!result) {
		order_end(o, false, false, "bad_answers", "it does not say who it is");
	} else if (!o->id[0] && !tapo_is_it(o->drv, &info)) {
		order_end(o, false, false, "other_device", TAPO_OTHER_TEXT);
	} else {
		o->stage = first_stage(o);
		order_next(o);
	}
}

static void order_next(struct tapo_outlet *o)
{
	char json[128];
	int r = -EINVAL;

	switch (o->stage) {
	case ORDER_NONE:
		return;
	case ORDER_WHO:
		tapo_put_get(json, sizeof(json), tapo_methods[METHOD_INFO]);
		r = ask(o, json, tapo_methods[METHOD_INFO], TAPO_ASK_FIRST, on_who);
		break;
	case ORDER_ARM: /* what it counts already has to be known */
		r = o->countdown_known ? ask_countdown(o, on_order_armed)
				       : ask_rules(o, on_order_rules);
		break;
	case ORDER_SET:
		tapo_put_switch(json, sizeof(json), o->order.on);
		r = ask(o, json, "set_device_info", TAPO_ASK_ONCE, on_set);
		break;
	case ORDER_BACK:
		tapo_put_get(json, sizeof(json), tapo_methods[METHOD_INFO]);
		r = ask(o, json, tapo_methods[METHOD_INFO], TAPO_ASK_FIRST, on_looked);
		break;
	}
	if (r < 0)
		order_end(o, false, o->stage == ORDER_BACK, "busy",
			  "too much is waiting for this plug");
}

int outlet_order(struct tapo_outlet *o, const struct device_order *order, struct err *e)
{
	if (o->stage != ORDER_NONE)
		return err_set(e, -EBUSY, "it is being switched already");
	o->order = *order;
	o->sessions = 0;
	if (order->on && order->off_at_ms)
		o->off_at_ms = order->off_at_ms;
	o->stage = is_known(o) ? first_stage(o) : ORDER_WHO;
	order_next(o);
	return 0;
}

void outlet_look(struct tapo_outlet *o)
{
	if (o->stage == ORDER_BACK && o->look_ms && clock_mono_ms() >= o->look_ms) {
		o->look_ms = 0;
		order_next(o);
	}
}

void outlet_leave(struct tapo_outlet *o)
{
	o->stage = ORDER_NONE;
	o->look_ms = 0;
	o->dev = NULL;
	o->off_at_ms = 0;
	o->off_known = false;
}
