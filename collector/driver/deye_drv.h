/* Inside the driver of Deye inverters: shared by deye*.c only. */
#pragma once

#include "deye_conf.h"
#include "driver.h"

#include "io/regs.h"
#include "proto/deye.h"
#include "proto/deye_plan.h"

#define IDENT_AGAIN_MS 5000 /* after one that brought nothing */
#define IDENT_FIXED    22   /* behind them the clock may stand */
#define TIMEOUTS_MAX   2    /* of one question */
#define BLOCK_SMALL    16
#define TODO_MAX       (2 * DEYE_READS_MAX)

enum deye_stage {
	STAGE_IDENT,
	STAGE_LOOK,
	STAGE_RUN,
	STAGE_CANARY, /* is it there at all? */
};

struct deye_todo {
	struct deye_read read;
	enum deye_pace pace;
};

struct deye_drv {
	struct device *dev;
	struct endpoint ep;
	struct deye_conf conf;
	struct deye_learned learned;
	struct regs *regs;
	sd_event_source *tick;
	enum deye_stage stage;
	bool up;
	bool asking; /* a question is with the line */
	bool small;  /* identified by small questions: large ones were not answered */
	bool whole[DEYE_PACE__MAX]; /* no question of it has failed since it was planned */
	uint16_t ident[DEYE_IDENT_COUNT];
	uint16_t ident_before[IDENT_FIXED]; /* as it was said the time before */
	bool ident_known;		    /* there was one */
	struct deye_image image;
	struct deye_unit unit;
	struct deye_plan plan;
	struct deye_watch watch;
	struct deye_todo todo[TODO_MAX];
	unsigned n_todo, at;
	int64_t due_ms[DEYE_PACE__MAX]; /* monotonic; FAST: of the next cycle */
	int64_t got_ms[DEYE_PACE__MAX]; /* when all of a pace was last answered */
	int64_t data_ms; /* of the cycle's fast answers: when the oldest was asked for; 0: none yet
			  */
	int64_t cycle_ms, plan_ms, answer_ms, reading_ms, up_ms;
	int64_t reading_wall_ms;
	unsigned timeouts, refused, damaged; /* of the present question, in a row */
	unsigned proven;		     /* the largest question that was ever answered */
	unsigned stubborn; /* times in a row that large ones were not, and small ones were */
	unsigned absent;   /* questions in a row, to registers that it is said not to have */
	uint64_t readings;
	double last_pv_w;
	const char *trouble; /* why questions fail: a code; NULL: they do not */
	char trouble_text[DEVICE_DETAIL_MAX];
};

/* deye.c */
void deye_show(struct deye_drv *v, enum device_state s, const char *reason, const char *detail);
void deye_trouble(struct deye_drv *v, const char *reason, const char *text);
void deye_trouble_of(struct deye_drv *v, const struct regs_answer *a);
void deye_say_doc(struct deye_drv *v, const char *kind,
		  void (*fill)(struct deye_drv *v, struct jw *w));
void deye_fill_info(struct deye_drv *v, struct jw *w);
void deye_fill_learned(struct deye_drv *v, struct jw *w);
void deye_note_learned(struct deye_drv *v);
void deye_note_drift(struct deye_drv *v, const struct deye_read *q);

/* deye_ident.c: who it is. Ends in STAGE_RUN. */
struct deye_read deye_ident_next(const struct deye_drv *v); /* the next question */
void deye_on_ident(struct deye_drv *v, const struct regs_answer *a);
void deye_on_look(struct deye_drv *v, const struct regs_answer *a);
