/*
 * A Deye inverter behind a line of registers (io/regs.h), whatever carries it.
 *
 *	line up ──> identification ──> (second look) ──> cycles, one each poll_s:
 *		fast questions ──> a reading ──> medium ones, each 30 s ──> slow ones, each 5 min
 *
 * A reading is made when all fast questions of a cycle have been answered, and is as old as the
 * first of them; what is asked more seldom is in it as it was last, until it is too old. A cycle
 * with a gap makes none.
 *
 * Sticks that bear no large questions: when one is not answered a small question is asked; when
 * that is answered and the large one, asked again, is not, questions become smaller (125, 60, 16
 * registers), and stay so over a restart. Where such a large one was answered before it may be the
 * radio as well: then that has to happen several times.
 */
#include "deye_drv.h"

#include "proto/rtu.h"
#include "svitlo/clock.h"
#include "svitlo/jw.h"
#include "svitlo/log.h"
#include "svitlo/util.h"
#include "svitlo/zone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MEDIUM_MS      30000
#define SLOW_MS	       300000
#define HURRY_MS       1000
#define FRESH_CYCLES   3 /* without a reading, then it is silent */
#define FRESH_LEAST_MS 15000
#define OLD_PERIODS    3       /* what was not answered for so long is not shown any more */
#define EXTRA_SHARE    0.6     /* of a cycle, for what is not fast */
#define REFUSED_MAX    2       /* in a row, while others are answered: it does not have it */
#define DAMAGED_MAX    2       /* again at once, in a cycle */
#define STUBBORN_MAX   5       /* times that a large question was not answered, small ones were */
#define ABSENT_MAX     3       /* registers refused in a row: is anything answered at all? */
#define PLAN_AGAIN_MS  3600000 /* what was refused is asked for anew */
#define NIGHT_MS       (16 * 3600000ll) /* the longest */
#define DUSK_SHARE     0.02		/* of rated power: who is lost below it has gone to sleep */
#define CANARY_COUNT   4		/* registers of the small question */

static void deye_next(struct deye_drv *v);

/* ---- what is shown ---- */

static int64_t fresh_ms(const struct deye_drv *v)
{
	int64_t ms = FRESH_CYCLES * 1000ll * v->conf.poll_s;

	return ms > FRESH_LEAST_MS ? ms : FRESH_LEAST_MS;
}

/* Without a battery it sleeps while there is no sun: the stick says that nobody answers, or has
 * gone with it. */
static bool by_night(const struct deye_drv *v, const char *reason)
{
	bool sun_only = v->learned.family == DEYE_STRING || v->learned.family == DEYE_MICRO;
	bool dusk = v->readings && v->last_pv_w <= DUSK_SHARE * v->unit.rated_w &&
		    clock_mono_ms() - v->reading_ms < NIGHT_MS;

	return sun_only && (dusk || (reason && strcmp(reason, "unit_silent") == 0));
}

void deye_show(struct deye_drv *v, enum device_state s, const char *reason, const char *detail)
{
	if ((s == DEVICE_LOST || s == DEVICE_SILENT) && by_night(v, reason)) {
		s = DEVICE_ASLEEP;
		reason = "asleep";
		detail = NULL;
	}
	v->dev->until_ms = 0;
	if (v->regs && regs_until_ms(v->regs))
		v->dev->until_ms = clock_wall_ms() + regs_until_ms(v->regs) - clock_mono_ms();
	device_set(v->dev, s, reason, detail);
}

void deye_trouble(struct deye_drv *v, const char *reason, const char *text)
{
	v->trouble = reason;
	snprintf(v->trouble_text, sizeof(v->trouble_text), "%s", text);
}

void deye_trouble_of(struct deye_drv *v, const struct regs_answer *a)
{
	bool behind = a->exception == 10 || a->exception == 11; /* of a gateway */
	char text[DEVICE_DETAIL_MAX];

	switch (a->outcome) {
	case REGS_REFUSED:
		deye_trouble(v, "unit_silent",
			     "the stick answers, but the inverter behind it does not: is it "
			     "switched on, and is its Modbus number (unit) right?");
		break;
	case REGS_EXCEPTION:
		snprintf(text, sizeof(text), "it answers with Modbus exception %u: %s",
			 a->exception, rtu_exception_text(a->exception));
		deye_trouble(v, behind ? "unit_silent" : "modbus_exception", text);
		break;
	case REGS_TIMEOUT:
		deye_trouble(v, "no_answer", "connected, but it does not answer");
		break;
	case REGS_DAMAGED:
	case REGS_OK:
	case REGS__MAX:
		deye_trouble(v, "bad_answers", "what it answers is damaged or of a wrong length");
		break;
	}
}

/* Connected, and still no reading: says why. */
static void watch_silence(struct deye_drv *v, int64_t now)
{
	int64_t since = v->reading_ms > v->up_ms ? v->reading_ms : v->up_ms;

	if (v->up && v->trouble && now - since > fresh_ms(v))
		deye_show(v, DEVICE_SILENT, v->trouble, v->trouble_text);
}

void deye_say_doc(struct deye_drv *v, const char *kind,
		  void (*fill)(struct deye_drv *v, struct jw *w))
{
	struct jw w = { 0 };

	jw_obj(&w);
	fill(v, &w);
	jw_end(&w);
	if (jw_text(&w))
		v->dev->owner.doc(v->dev->owner.ud, v->dev, kind, jw_text(&w));
	jw_free(&w);
}

void deye_fill_info(struct deye_drv *v, struct jw *w)
{
	deye_info_json(&v->image, &v->unit, w);
}

static void fill_settings(struct deye_drv *v, struct jw *w)
{
	deye_settings_json(&v->image, w);
}

void deye_fill_learned(struct deye_drv *v, struct jw *w)
{
	deye_learned_json(&v->learned, w);
}

void deye_note_learned(struct deye_drv *v)
{
	struct deye_learned now = v->learned;
	struct regs_stats s;

	regs_stats(v->regs, &s);
	now.serial = s.serial;
	for (int t = 0; t < DEYE_TRAP__MAX; t++)
		now.scale[t] = v->unit.fixed[t] ? now.scale[t] : v->unit.scale[t];
	now.clamp = v->unit.fixed_ct ? now.clamp : v->unit.ct;
	if (now.family == v->learned.family && now.block == v->learned.block &&
	    memcmp(now.scale, v->learned.scale, sizeof(now.scale)) == 0 &&
	    now.clamp == v->learned.clamp && now.serial == v->learned.serial)
		return;
	v->learned = now;
	deye_say_doc(v, "learned", deye_fill_learned);
}

/* ---- the reading ---- */

/* What is older than it should be is not shown as if it were new. */
static void drop_old(struct deye_drv *v, int64_t now)
{
	static const int64_t periods[DEYE_PACE__MAX] = { 0, MEDIUM_MS, SLOW_MS };

	for (size_t i = 0; i < v->image.model->n_spans; i++) {
		const struct deye_span *s = &v->image.model->spans[i];

		if (s->pace != DEYE_FAST &&
		    now - v->got_ms[s->pace] > OLD_PERIODS * periods[s->pace])
			deye_image_drop(&v->image, s->first, s->count);
	}
}

static void read_image(struct deye_drv *v, int64_t wall_ms, int64_t mono_ms, struct reading *ret)
{
	reading_init(ret, wall_ms, mono_ms);
	ret->fresh_ms = fresh_ms(v);
	deye_read(&v->image, &v->unit, ret);
	deye_check(&v->watch, &v->unit, zone_day(wall_ms).start_ms, ret);
}

static void make_reading(struct deye_drv *v)
{
	int64_t now = clock_mono_ms(), mono = v->data_ms, wall = clock_wall_ms() - (now - mono);
	struct reading r;

	drop_old(v, now);
	read_image(v, wall, mono, &r);
	if (deye_learn(&v->image, &v->unit, &r)) {
		deye_note_learned(v);
		v->watch = (struct deye_watch){ 0 }; /* its counters may count otherwise */
		read_image(v, wall, mono, &r);
	}
	deye_doubt(&v->unit, &r);
	v->readings++;
	v->reading_ms = mono;
	v->reading_wall_ms = wall;
	v->trouble = NULL;
	if (!isnan(r.one[METRIC_PV_POWER]) && !metric_set_has(&r.suspect, METRIC_PV_POWER))
		v->last_pv_w = r.one[METRIC_PV_POWER];
	device_set(v->dev, DEVICE_LIVE, NULL, NULL);
	v->dev->owner.reading(v->dev->owner.ud, v->dev, &r);
}

/* All questions of a pace have been answered. */
static void pace_done(struct deye_drv *v, enum deye_pace pace)
{
	v->got_ms[pace] = clock_mono_ms();
	if (pace == DEYE_SLOW) {
		deye_say_doc(v, "info", deye_fill_info);
		deye_say_doc(v, "settings", fill_settings);
	}
}

/* The registers of the clock have just come in. */
void deye_note_drift(struct deye_drv *v, const struct deye_read *q)
{
	const struct deye_row *row = deye_row_named(v->image.model, "clock");
	int64_t wall = clock_wall_ms();

	if (row && row->reg >= q->first && row->reg < q->first + q->count)
		v->unit.drift_s = deye_drift_s(&v->image, wall + zone_offset_ms(wall));
}

/* ---- questions ---- */

/* From the start, with who it is. */
static void begin(struct deye_drv *v, int64_t mono_ms)
{
	v->stage = STAGE_IDENT;
	v->at = v->n_todo = 0;
	v->timeouts = v->refused = v->damaged = v->absent = 0;
	v->small = v->ident_known = false;
	v->due_ms[DEYE_FAST] = mono_ms;
}

static void plan_pace(struct deye_drv *v, enum deye_pace pace)
{
	struct deye_read q[DEYE_READS_MAX];
	unsigned n = deye_plan(&v->plan, pace, q);

	v->whole[pace] = true;
	for (unsigned i = 0; i < n && v->n_todo < TODO_MAX; i++)
		v->todo[v->n_todo++] = (struct deye_todo){ q[i], pace };
}

/* What is not done yet goes on, behind the fast ones of the new cycle. */
static void begin_cycle(struct deye_drv *v, int64_t now)
{
	struct deye_todo rest[TODO_MAX];
	unsigned n_rest = 0;

	for (unsigned i = v->at; i < v->n_todo; i++)
		if (v->todo[i].pace != DEYE_FAST)
			rest[n_rest++] = v->todo[i];
	if (now - v->plan_ms > PLAN_AGAIN_MS) {
		deye_plan_init(&v->plan, v->image.model);
		v->plan_ms = now;
	}
	v->n_todo = v->at = 0;
	v->cycle_ms = now;
	v->data_ms = 0;
	v->due_ms[DEYE_FAST] = now + 1000ll * v->conf.poll_s;
	v->damaged = 0;
	plan_pace(v, DEYE_FAST);
	for (unsigned i = 0; i < n_rest && v->n_todo < TODO_MAX; i++)
		v->todo[v->n_todo++] = rest[i];
	for (int p = DEYE_MEDIUM; p < DEYE_PACE__MAX; p++) {
		if (now < v->due_ms[p])
			continue;
		v->due_ms[p] = now + (p == DEYE_MEDIUM ? MEDIUM_MS : SLOW_MS);
		plan_pace(v, (enum deye_pace)p);
	}
}

static bool pace_ends(const struct deye_drv *v)
{
	return v->at + 1 >= v->n_todo || v->todo[v->at + 1].pace != v->todo[v->at].pace;
}

static void advance(struct deye_drv *v)
{
	v->timeouts = v->refused = v->absent = 0;
	v->at++;
}

static void on_words(struct deye_drv *v, const struct regs_answer *a)
{
	const struct deye_todo *t = &v->todo[v->at];
	bool ends = pace_ends(v);
	enum deye_pace pace = t->pace;
	int64_t asked_ms = clock_mono_ms() - a->ms;

	deye_image_put(&v->image, a->first, a->count, a->words);
	if (pace == DEYE_FAST && (!v->data_ms || asked_ms < v->data_ms))
		v->data_ms = asked_ms;
	deye_note_drift(v, &t->read);
	if (a->count > v->proven)
		v->proven = a->count;
	if (a->count > BLOCK_SMALL)
		v->stubborn = 0;
	advance(v);
	if (!ends || !v->whole[pace])
		return;
	if (pace == DEYE_FAST)
		make_reading(v);
	else
		pace_done(v, pace);
}

/* The present question has failed for this cycle. */
static void give_up(struct deye_drv *v)
{
	v->timeouts = v->refused = 0;
	v->whole[v->todo[v->at].pace] = false;
	v->at++;
}

/* It does not have these registers: other questions from now on. */
static void replan(struct deye_drv *v)
{
	enum deye_pace pace = v->todo[v->at].pace;

	log_info("device %lld: registers %u to %u are refused", (long long)v->dev->conf.id,
		 v->todo[v->at].read.first,
		 v->todo[v->at].read.first + v->todo[v->at].read.count - 1u);
	deye_plan_refused(&v->plan, &v->todo[v->at].read);
	v->timeouts = v->refused = 0;
	v->n_todo = v->at; /* what is left of the cycle is planned anew */
	v->due_ms[pace] = 0;
	v->whole[pace] = false;
}

static void on_exception(struct deye_drv *v, const struct regs_answer *a)
{
	bool absent = a->exception == 2 || a->exception == 3; /* illegal address, illegal count */

	deye_trouble_of(v, a);
	if (absent && ++v->absent >= ABSENT_MAX)
		v->stage = STAGE_CANARY;
	else if (absent)
		replan(v);
	else
		give_up(v);
}

static void on_refused(struct deye_drv *v, const struct regs_answer *a)
{
	int64_t now = clock_mono_ms();

	/* others are answered, this one never is */
	if (now - v->answer_ms < fresh_ms(v) && ++v->refused >= REFUSED_MAX) {
		replan(v);
		return;
	}
	if (now - v->answer_ms < fresh_ms(v))
		return; /* once more */
	deye_trouble_of(v, a);
	give_up(v);
}

static void smaller_block(struct deye_drv *v, unsigned count)
{
	static const unsigned blocks[] = { 125, 60, BLOCK_SMALL };

	for (size_t i = 0; i < SV_LEN(blocks); i++)
		if (blocks[i] < count) {
			v->plan.block = v->learned.block = blocks[i];
			break;
		}
	v->stubborn = 0;
	log_notice("device %lld: no answer to %u registers at once, at most %u from now on",
		   (long long)v->dev->conf.id, count, v->plan.block);
	deye_say_doc(v, "learned", deye_fill_learned);
	v->timeouts = 0;
	v->n_todo = v->at;
	v->due_ms[DEYE_FAST] = v->due_ms[DEYE_MEDIUM] = v->due_ms[DEYE_SLOW] = 0;
}

static void on_timeout(struct deye_drv *v, const struct regs_answer *a)
{
	bool large = a->count > BLOCK_SMALL && !v->conf.block;

	deye_trouble_of(v, a);
	if (++v->timeouts < TIMEOUTS_MAX && large)
		v->stage = STAGE_CANARY; /* is anything answered? Then once more */
	else if (v->timeouts < TIMEOUTS_MAX)
		return;
	else if (large && (a->count > v->proven || ++v->stubborn >= STUBBORN_MAX))
		smaller_block(v, a->count);
	else
		give_up(v);
}

/* A small question, of what each of them has, after another was not answered or refused. */
static void on_canary(struct deye_drv *v, const struct regs_answer *a)
{
	bool absent = v->absent > 0, says = a->outcome == REGS_OK || a->outcome == REGS_EXCEPTION;

	v->stage = STAGE_RUN;
	v->absent = 0;
	if (absent && a->outcome == REGS_EXCEPTION)
		begin(v, clock_mono_ms() + IDENT_AGAIN_MS); /* it refuses all */
	else if (absent && says)
		replan(v);
	else if (!says)
		give_up(v);
}

static void on_run(struct deye_drv *v, const struct regs_answer *a)
{
	switch (a->outcome) {
	case REGS_OK:
		on_words(v, a);
		break;
	case REGS_EXCEPTION:
		on_exception(v, a);
		break;
	case REGS_REFUSED:
		on_refused(v, a);
		break;
	case REGS_TIMEOUT:
		on_timeout(v, a);
		break;
	case REGS_DAMAGED:
	case REGS__MAX:
		deye_trouble_of(v, a);
		if (++v->damaged > DAMAGED_MAX)
			give_up(v);
		break;
	}
}

static void deye_on_answer(void *ud, const struct regs_answer *a)
{
	static void (*const by_stage[])(struct deye_drv * v, const struct regs_answer *a) = {
		[STAGE_IDENT] = deye_on_ident,
		[STAGE_LOOK] = deye_on_look,
		[STAGE_RUN] = on_run,
		[STAGE_CANARY] = on_canary,
	};
	struct deye_drv *v = ud;

	v->asking = false;
	if (a->outcome == REGS_OK)
		v->answer_ms = clock_mono_ms();
	by_stage[v->stage](v, a);
	watch_silence(v, clock_mono_ms());
	deye_next(v);
}

/* ---- the loop of questions ---- */

static void wake_at(struct deye_drv *v, int64_t mono_ms)
{
	int64_t in = mono_ms - clock_mono_ms();

	sd_event_source_set_time_relative(v->tick, in > 0 ? (uint64_t)in * 1000 : 0);
	sd_event_source_set_enabled(v->tick, SD_EVENT_ONESHOT);
}

/* The next question of a cycle; false: nothing more now. */
static bool run_next(struct deye_drv *v, int64_t now, struct deye_read *ret)
{
	bool late = now - v->cycle_ms > (int64_t)(EXTRA_SHARE * 1000 * v->conf.poll_s);

	if (now >= v->due_ms[DEYE_FAST] && (v->at >= v->n_todo || v->todo[v->at].pace != DEYE_FAST))
		begin_cycle(v, now);
	else if (v->at >= v->n_todo || (late && v->todo[v->at].pace != DEYE_FAST))
		return false;
	*ret = v->todo[v->at].read;
	return v->at < v->n_todo;
}

static void deye_next(struct deye_drv *v)
{
	int64_t now = clock_mono_ms();
	struct deye_read q = { 0, 0 };
	bool ask = false;
	int r;

	if (!v->up || v->asking)
		return;
	switch (v->stage) {
	case STAGE_IDENT:
		q = deye_ident_next(v);
		ask = now >= v->due_ms[DEYE_FAST];
		break;
	case STAGE_LOOK:
		q = (struct deye_read){ DEYE_LOOK_FIRST, DEYE_LOOK_COUNT };
		ask = true;
		break;
	case STAGE_CANARY:
		q = (struct deye_read){ DEYE_IDENT_FIRST, CANARY_COUNT };
		ask = true;
		break;
	case STAGE_RUN:
		ask = run_next(v, now, &q);
		break;
	}
	r = ask ? regs_read(v->regs, q.first, q.count) : 0;
	v->asking = ask && r == 0;
	if (!v->asking)
		wake_at(v, r < 0 ? now + IDENT_AGAIN_MS : v->due_ms[DEYE_FAST]);
}

static int deye_on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct deye_drv *v = ud;

	(void)s;
	(void)usec;
	watch_silence(v, clock_mono_ms());
	deye_next(v);
	return 0;
}

static void deye_on_line(void *ud, enum regs_state s, const char *reason, const char *detail)
{
	struct deye_drv *v = ud;

	v->up = s == REGS_UP;
	v->asking = false;
	if (s == REGS_CONNECTING) {
		if (v->dev->state == DEVICE_SEARCHING)
			deye_show(v, DEVICE_CONNECTING, NULL, NULL);
		return; /* else it stays lost until it answers: no flicker at each try */
	}
	if (s == REGS_DOWN) {
		deye_show(v, DEVICE_LOST, reason, detail);
		return;
	}
	begin(v, 0);
	v->proven = v->stubborn = 0; /* perhaps it is another one */
	v->up_ms = clock_mono_ms();
	v->trouble = NULL;
	deye_show(v, DEVICE_WAITING, NULL, NULL);
	deye_next(v);
}

static void deye_on_piece(void *ud, char dir, const uint8_t *p, size_t n)
{
	struct deye_drv *v = ud;

	if (v->dev->tapped)
		v->dev->owner.piece(v->dev->owner.ud, v->dev, dir, p, n);
}

/* ---- the device ---- */

static void recall(struct deye_drv *v)
{
	SV_AUTO_FREE char *text = v->dev->owner.recall(v->dev->owner.ud, v->dev, "learned");

	deye_learned_parse(&v->learned, text);
	v->plan.block = v->conf.block ? v->conf.block : v->learned.block;
}

static int deye_open(struct device *d, struct err *e)
{
	struct deye_drv *v = d->drv;
	const struct regs_owner owner = { deye_on_line, deye_on_answer, deye_on_piece, v };
	int r = endpoint_parse(&v->ep, d->conf.address, e);

	v->dev = d;
	if (r == 0)
		r = deye_conf_parse(&v->conf, d->conf.options, e);
	if (r < 0)
		return r;
	recall(v);
	if (!v->ep.serial)
		v->ep.serial = v->conf.serial ? v->conf.serial : v->learned.serial;
	r = sd_event_add_time(d->env->ev, &v->tick, CLOCK_MONOTONIC, 0, 1000, deye_on_tick, v);
	if (r >= 0)
		r = sd_event_source_set_enabled(v->tick, SD_EVENT_OFF);
	if (r < 0)
		return err_set(e, r, "timer: %s", strerror(-r));
	return regs_open(d->env->regs, &v->ep, &owner, &v->regs) < 0
		       ? err_set(e, -ENOMEM, "out of memory")
		       : 0;
}

static void put_stats(const struct deye_drv *v, struct jw *w)
{
	struct regs_stats s;

	regs_stats(v->regs, &s);
	jw_kstr(w, "transport", regs_wire_name(v->regs));
	jw_kbool(w, "connected", v->up);
	if (s.serial)
		jw_kint(w, "serial", s.serial);
	jw_kint(w, "asked", (int64_t)s.asked);
	jw_kint(w, "answered", (int64_t)s.answered);
	jw_kint(w, "timeouts", (int64_t)s.timeouts);
	jw_kint(w, "damaged", (int64_t)s.damaged);
	jw_kint(w, "refused", (int64_t)(s.refused + s.exceptions));
	jw_kint(w, "late", (int64_t)s.late);
	jw_kint(w, "unsolicited", (int64_t)s.unsolicited);
	jw_kint(w, "heartbeats", (int64_t)s.heartbeats);
	jw_kint(w, "foreign_bytes", (int64_t)s.foreign_bytes);
	jw_kint(w, "resent", (int64_t)s.resent);
	jw_kint(w, "reconnects", s.connects ? s.connects - 1 : 0);
	if (s.recent)
		jw_knum(w, "success_pct", 100.0 * s.recent_ok / s.recent, 0);
	if (s.latency_ms >= 0)
		jw_kint(w, "latency_ms", s.latency_ms);
}

static void deye_link_json(struct device *d, struct jw *w)
{
	const struct deye_drv *v = d->drv;

	if (!v->regs)
		return;
	put_stats(v, w);
	jw_kint(w, "readings", (int64_t)v->readings);
	if (v->reading_wall_ms)
		jw_kint(w, "last_reading_ms", v->reading_wall_ms);
	jw_kint(w, "poll_s", v->conf.poll_s);
	jw_kint(w, "block", v->plan.block);
	if (!v->image.model)
		return;
	jw_kstr(w, "family", v->image.model->name);
	for (int t = 0; t < DEYE_TRAP__MAX; t++)
		if (deye_traps[t].option && v->unit.traps[t] && v->unit.scale[t])
			jw_kint(w, deye_traps[t].key, v->unit.scale[t]);
	jw_kbool(w, "clamp", v->unit.ct);
}

static void deye_retry(struct device *d)
{
	struct deye_drv *v = d->drv;

	if (v->regs)
		regs_retry(v->regs);
}

static void deye_refresh(struct device *d)
{
	struct deye_drv *v = d->drv;

	v->due_ms[DEYE_SLOW] = 0;
}

static void deye_hurry(struct device *d)
{
	struct deye_drv *v = d->drv;
	int64_t soon = clock_mono_ms() + HURRY_MS;

	if (v->stage != STAGE_RUN || v->due_ms[DEYE_FAST] <= soon)
		return;
	v->due_ms[DEYE_FAST] = soon;
	wake_at(v, soon);
}

static uint32_t deye_serial(const struct device *d)
{
	const struct deye_drv *v = d->drv;
	struct regs_stats s = { 0 };

	if (v->regs)
		regs_stats(v->regs, &s);
	return s.serial;
}

static void deye_close(struct device *d)
{
	struct deye_drv *v = d->drv;

	sd_event_source_disable_unref(v->tick);
	regs_close(v->regs);
}

const struct driver driver_deye = {
	.kind = "deye",
	.size = sizeof(struct deye_drv),
	.inverter = true,
	.open = deye_open,
	.link_json = deye_link_json,
	.retry = deye_retry,
	.refresh = deye_refresh,
	.hurry = deye_hurry,
	.serial = deye_serial,
	.close = deye_close,
};
