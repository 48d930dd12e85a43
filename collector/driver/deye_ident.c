/* Which of the families an inverter is, from its first registers. */
#include "deye_drv.h"

#include "svitlo/clock.h"

#include <stdio.h>
#include <string.h>

/* How much of the identification has come: the next part. */
struct deye_read deye_ident_next(const struct deye_drv *v)
{
	uint16_t left = (uint16_t)(DEYE_IDENT_COUNT - v->at);
	unsigned most = v->small && v->plan.block > BLOCK_SMALL ? BLOCK_SMALL : v->plan.block;

	return (struct deye_read){ (uint16_t)(DEYE_IDENT_FIRST + v->at),
				   left < most ? left : (uint16_t)most };
}

static void be_family(struct deye_drv *v, int family)
{
	bool same = v->learned.family == family;

	v->image = (struct deye_image){ .model = &deye_models[family] };
	deye_plan_init(&v->plan, v->image.model);
	v->plan_ms = clock_mono_ms();
	v->learned.family = family;
	v->unit = (struct deye_unit){
		.ct = v->conf.clamp >= 0 ? v->conf.clamp : same && v->learned.clamp,
		.fixed_ct = v->conf.clamp >= 0,
	};
	for (int t = 0; t < DEYE_TRAP__MAX; t++) {
		v->unit.fixed[t] = v->conf.scale[t] != 0;
		v->unit.scale[t] = v->conf.scale[t] ? v->conf.scale[t]
				   : same	    ? v->learned.scale[t]
						    : 0;
	}
	deye_image_put(&v->image, DEYE_IDENT_FIRST, DEYE_IDENT_COUNT, v->ident);
	deye_identify(&v->image, &v->unit);
	deye_note_drift(v, &(struct deye_read){ DEYE_IDENT_FIRST, DEYE_IDENT_COUNT });
	v->stage = STAGE_RUN;
	v->n_todo = v->at = 0;
	memset(v->due_ms, 0, sizeof(v->due_ms));
	for (int p = 0; p < DEYE_PACE__MAX; p++)
		v->got_ms[p] = clock_mono_ms();
	deye_say_doc(v, "info", deye_fill_info);
	if (!same)
		deye_say_doc(v, "learned", deye_fill_learned);
	deye_note_learned(v);
}

/* Who says no says it at once; who is silent may only be slow. */
static void ident_failed(struct deye_drv *v)
{
	if (strcmp(v->trouble, "no_answer") != 0)
		deye_show(v, DEVICE_SILENT, v->trouble, v->trouble_text);
	v->at = 0;
	v->due_ms[DEYE_FAST] = clock_mono_ms() + IDENT_AGAIN_MS;
}

/* All depends on it, and damaged answers with a good CRC exist: it is asked twice. */
static bool said_twice(struct deye_drv *v)
{
	bool again = v->ident_known;
	bool same = again && memcmp(v->ident, v->ident_before, sizeof(v->ident_before)) == 0;

	memcpy(v->ident_before, v->ident, sizeof(v->ident_before));
	v->ident_known = !same;
	v->at = 0;
	if (again && !same) {
		deye_trouble(v, "bad_answers", "asked twice who it is, it gave two answers");
		ident_failed(v);
	}
	return same;
}

static void on_identified(struct deye_drv *v)
{
	bool look = false;
	int family = v->conf.family >= 0 ? v->conf.family : deye_family(v->ident[0], &look);
	char text[DEVICE_DETAIL_MAX];

	v->at = 0;
	if (look) {
		v->stage = STAGE_LOOK;
	} else if (family >= 0) {
		be_family(v, family);
	} else {
		snprintf(
			text, sizeof(text),
			"it answers, but its kind (%04x) is none that is known: send a capture, or "
			"choose the family in the settings",
			v->ident[0]);
		deye_trouble(v, "model_unknown", text);
		ident_failed(v);
	}
}

void deye_on_ident(struct deye_drv *v, const struct regs_answer *a)
{
	if (a->outcome == REGS_OK) {
		memcpy(v->ident + v->at, a->words, a->count * sizeof(v->ident[0]));
		v->at += a->count;
		if (v->at >= DEYE_IDENT_COUNT && said_twice(v))
			on_identified(v);
		return;
	}
	if (a->outcome == REGS_TIMEOUT && ++v->timeouts >= TIMEOUTS_MAX && !v->small) {
		v->small = true; /* a stick may bear no large questions from the start */
		v->timeouts = 0;
		return;
	}
	deye_trouble_of(v, a);
	if (a->outcome == REGS_TIMEOUT && v->timeouts < TIMEOUTS_MAX)
		return;
	v->timeouts = 0;
	ident_failed(v);
}

void deye_on_look(struct deye_drv *v, const struct regs_answer *a)
{
	if (a->outcome == REGS_TIMEOUT || a->outcome == REGS_DAMAGED)
		v->stage = STAGE_IDENT; /* all anew */
	else
		be_family(v, a->outcome == REGS_OK && deye_has_battery(a->words) ? DEYE_HYBRID1P
										 : DEYE_STRING);
}
