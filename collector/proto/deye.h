/*
 * Deye inverters: holding registers -> readings, whatever family. Tables are in deye_models.c.
 *
 * Registers arrive in blocks and are kept as they are (struct deye_image); a reading is made from
 * the image. Values are in our signs: battery + = charging (the wire has the opposite), grid +
 * = import, generator + = into the house.
 * Source: the sheets of ha-solarman, sunsynk and kbialek, and 11 answers of real inverters.
 */
#pragma once

#include "svitlo/reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw;

enum deye_family {
	DEYE_HYBRID1P,	  /* single phase, low-voltage battery */
	DEYE_HYBRID3P_LV, /* three phases, low-voltage battery */
	DEYE_HYBRID3P_HV,
	DEYE_STRING,
	DEYE_MICRO,
	DEYE__MAX
};

enum deye_type {
	DEYE_U16,
	DEYE_S16,
	DEYE_U32, /* low word first */
	DEYE_S32,
	DEYE_U32_SPLIT, /* the high word is in another register: .hi */
	DEYE_S32_SPLIT,
	DEYE_BITS,     /* 1 to 4 words, low first */
	DEYE_ASCII,    /* two characters a word, high byte first */
	DEYE_FIRMWARE, /* numbers in hexadecimal, low word first */
	DEYE_TIME,     /* 530 is 05:30 */
	DEYE_CLOCK,    /* year-2000 | month, day | hour, minute | second */
};

enum deye_part { DEYE_READING, DEYE_INFO, DEYE_SETTINGS, DEYE_TIME_OF_DAY };

/*
 * Values that some models and firmwares count in other units than their sisters, without saying
 * so. The scale of each is 1 or 10; deye_learn.c finds out which.
 */
enum deye_trap {
	DEYE_TRAP_NONE,
	DEYE_TRAP_POWER,     /* grid and load in 1 or 10 W */
	DEYE_TRAP_AMPS,	     /* battery current in 0.01 or 0.1 A */
	DEYE_TRAP_DAY,	     /* energy of the day in 0.1 or 1 kWh */
	DEYE_TRAP_TOTAL,     /* lifetime energy in 0.1 or 1 kWh */
	DEYE_TRAP_DC_OFFSET, /* DC temperature: 1: counted from -100 °C; 10: from 0 °C */
	DEYE_TRAP__MAX
};
struct deye_trap_info {
	const char *key;    /* of the document `learned`, of the link's facts, of the option */
	bool option;	    /* the owner may say it */
	enum metric of[11]; /* what is doubtful while the scale is unknown; 0 ends them */
};
extern const struct deye_trap_info deye_traps[DEYE_TRAP__MAX];

struct deye_row {
	uint16_t reg, count;
	enum deye_type type;
	double scale; /* value = (raw - offset) * scale, in `unit` */
	const char *unit, *key;
	enum deye_part part;
	enum metric metric; /* of a DEYE_READING: value * factor goes to its index */
	uint8_t index;
	double factor;
	int offset;
	uint16_t hi;   /* register of the high word */
	uint16_t mask; /* 0: the whole word; else: is any of these bits set? */
	enum deye_trap trap;
};

enum deye_pace { DEYE_FAST, DEYE_MEDIUM, DEYE_SLOW, DEYE_PACE__MAX };

struct deye_span {
	uint16_t first, count;
	enum deye_pace pace;
};

struct deye_model {
	const char *name;  /* "hybrid1p" */
	unsigned phases;   /* at most */
	uint16_t codes[8]; /* of register 0; 0 ends them */
	/* Meaning of each run state (RUN_STATE of metrics.def), -1: unknown. NULL: as they are. */
	const int8_t *run_states;
	/* register and lowest version (decimal digits as hex) of the main firmware that counts
	 * whole kWh; 0: none does */
	uint16_t main_firmware, whole_kwh_from;
	const struct deye_row *rows;
	size_t n_rows;
	const struct deye_span *spans;
	size_t n_spans;
	uint16_t rated, mppt; /* registers: rated power in 0.1 W, MPPTs and phases */
};
extern const struct deye_model deye_models[DEYE__MAX];

enum deye_run_state { DEYE_RUN_STANDBY, DEYE_RUN_CHECK, DEYE_RUN_NORMAL, DEYE_RUN__KNOWN = 6 };

#define DEYE_IDENT_FIRST 0 /* what is read first, of every family */
#define DEYE_IDENT_COUNT 25
#define DEYE_LOOK_FIRST	 183 /* the second look: battery voltage and SOC of a hybrid */
#define DEYE_LOOK_COUNT	 2

/* By the code in register 0, in whichever byte it is. -1: unknown. *ret_look: the code does not
 * decide it; a hybrid answers DEYE_LOOK with a battery. */
int deye_family(uint16_t code, bool *ret_look);
/* Do the words of DEYE_LOOK belong to a hybrid with a battery? */
bool deye_has_battery(const uint16_t look[DEYE_LOOK_COUNT]);
int deye_family_named(const char *name); /* -1: none */

/* ---- what was read ---- */

#define DEYE_WORDS_MAX 512 /* of all spans of a model together; a test holds it */

struct deye_image {
	const struct deye_model *model;
	uint16_t words[DEYE_WORDS_MAX];
	uint8_t have[DEYE_WORDS_MAX]; /* 0: never read, or not any more */
};

/* Words come in; those outside of all spans are passed over. */
void deye_image_put(struct deye_image *im, uint16_t first, uint16_t count, const uint16_t *words);
/* What is too old to be shown, or was refused. */
void deye_image_drop(struct deye_image *im, uint16_t first, uint16_t count);
/* -1: not there */
int32_t deye_image_get(const struct deye_image *im, uint16_t reg);
/* Place of a register in the image, -1: no span has it. */
int deye_image_at(const struct deye_model *m, uint16_t reg);

/* ---- what it means ---- */

#define DEYE_STEP_WH	 100 /* of a counter of scale 1 */
#define DEYE_PLAIN_BELOW 600 /* 0.1 °C: an offset of 100 °C would make less than -40 °C of it */
#define DEYE_GROWTHS	 8   /* counters whose growth is compared with power */

/* What is known of one inverter beside its registers. Zero: nothing yet. */
struct deye_unit {
	double rated_w;			/* 0: unknown */
	unsigned phases, mppts;		/* 0: unknown */
	unsigned scale[DEYE_TRAP__MAX]; /* 1 or 10; 0: unknown, deye_scale() guesses */
	bool fixed[DEYE_TRAP__MAX];	/* the owner has said so: nothing is learned */
	bool traps[DEYE_TRAP__MAX];	/* this family has such values */
	bool whole_kwh;			/* its firmware is one that counts whole kWh */
	bool ct;	      /* a clamp on the house's mains, or a meter, has shown something */
	bool fixed_ct;	      /* the owner has said whether */
	unsigned clamp_shown; /* times in a row */
	double drift_s;	      /* NAN: unknown */
	struct deye_votes {
		unsigned scale, n; /* what the newest samples in a row say, and how many do */
	} votes[DEYE_TRAP__MAX];
	/* the growth of counters, beside the same energy integrated from power */
	struct deye_growth {
		bool known;
		double raw, start;	/* of the counter: as last seen, where `wh` began */
		double wh, watts;	/* integrated since a step; of the last reading */
		int64_t at_ms, step_ms; /* monotonic: of the last reading; 0: no step seen yet */
	} growth[DEYE_GROWTHS];
};

/* From the identification block. */
void deye_identify(const struct deye_image *im, struct deye_unit *u);
/* Looks for what the model's name doesn't say: scales, a clamp. r is the reading that was made of the
 * image and checked: only what a relation uses must not be suspect. True: something was learned,
 * and the reading is to be made anew. */
bool deye_learn(const struct deye_image *im, struct deye_unit *u, const struct reading *r);
/* 1 or 10: what is known, or the best guess. */
unsigned deye_scale(const struct deye_unit *u, enum deye_trap trap);
/* Marks the values whose scale is not known yet as suspect. */
void deye_doubt(const struct deye_unit *u, struct reading *r);

/* How far the inverter's clock is ahead of local time (ms since 1970, as if it were UTC), in s. To
 * be asked when its registers have just come in. NAN: it has none. */
double deye_drift_s(const struct deye_image *im, int64_t local_ms);

/* All values that the image has, into a reading that reading_init() made. */
void deye_read(const struct deye_image *im, const struct deye_unit *u, struct reading *r);

/* ---- what cannot be true: deye_suspect.c ---- */

#define DEYE_COUNTERS 7 /* PV, load, import, export, charge, discharge, generator */

/* One counter, of the day or lifetime. */
struct deye_counter {
	bool known;
	double good, odd;	 /* Wh: the last believed; one that was not */
	int64_t good_ms, odd_ms; /* monotonic; odd 0: none */
	int64_t reset_ms;	 /* wall clock: when it last fell to nothing; 0: not seen */
};

struct deye_watch {
	struct deye_counter total[DEYE_COUNTERS], day[DEYE_COUNTERS];
};

/*
 * Marks what a reading cannot mean: values out of range or above rated power, all of them when
 * several are (CRC-valid nonsense, or nothing but zeros); totals that fall or grow faster than the
 * inverter can work, until they have stood for DEYE_ODD_MS; counters of the day that are still
 * yesterday's, or began at another midnight than the house's (day_ms, wall clock).
 */
#define DEYE_ODD_MS 600000
void deye_check(struct deye_watch *w, const struct deye_unit *u, int64_t day_ms, struct reading *r);

/* Members of an open object: what the inverter is; how it is set. Keys are those of the tables,
 * with the unit behind ("shutdown_soc_pct"). */
void deye_info_json(const struct deye_image *im, const struct deye_unit *u, struct jw *w);
void deye_settings_json(const struct deye_image *im, struct jw *w);

/* For the other files of the codec. */
bool deye_row_value(const struct deye_image *im, const struct deye_unit *u,
		    const struct deye_row *row, double *ret);
const struct deye_row *deye_row_named(const struct deye_model *m, const char *key);
/* The value of a setting, NAN if it is not there. */
double deye_setting(const struct deye_image *im, const char *key);

const char *deye_fault_name(unsigned bit);	 /* "f23_ac_leakage" */
const char *deye_micro_fault_name(unsigned bit); /* "micro_dc_overvoltage" */
const char *deye_warning_name(unsigned bit);	 /* "fan" */
