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

/* Models that count in other units than their sisters, without saying so. */
enum deye_trap {
	DEYE_TRAP_NONE,
	DEYE_TRAP_POWER10, /* grid and load of 12 and 16 kW models in 10 W */
	DEYE_TRAP_AMPS,	   /* battery current in 0.1 A */
	DEYE_TRAP__MAX
};

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
	const struct deye_row *rows;
	size_t n_rows;
	const struct deye_span *spans;
	size_t n_spans;
	uint16_t rated, mppt; /* registers: rated power in 0.1 W, MPPTs and phases */
};
extern const struct deye_model deye_models[DEYE__MAX];

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

/* What is known of one inverter beside its registers. Zero: nothing yet. */
struct deye_unit {
	double rated_w;		/* 0: unknown */
	unsigned phases, mppts; /* 0: unknown */
	unsigned power_scale;	/* of DEYE_TRAP_POWER10: 1 or 10; 0: unknown, taken for 1 */
	unsigned amps_scale;	/* of DEYE_TRAP_AMPS: 1 or 10; 0: unknown, taken for 1 */
	bool ct;		/* a clamp on the house's mains, or a meter, has shown something */
	double drift_s;		/* NAN: unknown */
	bool fixed_power, fixed_amps, fixed_ct; /* the owner has said so: nothing is learned */
	unsigned seen[DEYE_TRAP__MAX];		/* times in a row that the data said otherwise */
};

/* From the identification block. */
void deye_identify(const struct deye_image *im, struct deye_unit *u);
/* Looks at the image for what the model's name doesn't say: scales, a clamp. True: something was
 * learned. */
bool deye_learn(const struct deye_image *im, struct deye_unit *u);

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
