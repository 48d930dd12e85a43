/*
 * A Deye inverter as its registers show it: one of five families, filled from the physics.
 *
 * Written from the register sheet alone; nothing here comes from the product's tables. Signs are
 * those of the wire: battery + = discharging, grid + = import.
 *
 * No I/O and no clock: moments are ms since 1970, given by the caller.
 */
#ifndef HOUSE_INV_H
#define HOUSE_INV_H

#include "house_civil.h"
#include "model.h"

#define INV_REGISTERS  800
#define INV_READ_MAX   125 /* registers in a request */
#define INV_STRINGS    8
#define INV_SERIAL_LEN 10
#define INV_NAME_MAX   32

/* Modbus exceptions. */
#define INV_BAD_FUNCTION 1
#define INV_BAD_ADDRESS	 2
#define INV_BAD_VALUE	 3
#define INV_NO_ANSWER	 11 /* of a gateway: the device behind it is silent */

enum inv_kind {
	INV_HYBRID1P,
	INV_HYBRID3P_LV,
	INV_HYBRID3P_HV,
	INV_STRING,
	INV_MICRO,
	INV_KIND__MAX
};

enum inv_counter {
	INV_C_PV,
	INV_C_LOAD,
	INV_C_IMPORT,
	INV_C_EXPORT,
	INV_C_CHARGE,
	INV_C_DISCHARGE,
	INV_C_GENERATOR,
	INV_C_ACTIVE, /* signed */
	INV_COUNTER__MAX
};

#define INV_PHASES(x) x, x##_L2, x##_L3
#define INV_INPUTS(x) x, x##_LAST = x + INV_STRINGS - 1

/* Everything that a register can show, in V, A, W, Hz, degC, Wh. */
enum inv_value {
	INV_ZERO,
	INV_PHASES(INV_GRID_V),
	INV_PHASES(INV_LINE_V),
	INV_GRID_HZ,
	INV_PHASES(INV_OUT_V),
	INV_OUT_HZ,
	INV_RELAY_V,
	INV_PHASES(INV_INSIDE_W), /* at its grid terminal */
	INV_INSIDE_SUM_W,
	INV_INSIDE_SUM_VA,
	INV_PHASES(INV_INSIDE_A),
	INV_PHASES(INV_CT_W), /* at the clamp on the mains */
	INV_CT_SUM_W,
	INV_PHASES(INV_CT_A),
	INV_PHASES(INV_METER_W), /* the clamp, or inside if there is none */
	INV_METER_SUM_W,
	INV_POWER_FACTOR,
	INV_PHASES(INV_OUT_W),
	INV_OUT_SUM_W,
	INV_PHASES(INV_OUT_A),
	INV_PHASES(INV_BACKUP_W), /* the load behind it */
	INV_BACKUP_SUM_W,
	INV_PHASES(INV_BACKUP_A),
	INV_PHASES(INV_LOAD_W), /* the load as far as it knows */
	INV_LOAD_SUM_W,
	INV_INPUTS(INV_PV_W),
	INV_INPUTS(INV_PV_V),
	INV_INPUTS(INV_PV_A),
	INV_PV_SUM_W,
	INV_AC_SUM_W, /* of string and micro-inverters */
	INV_AC_SUM_VA,
	INV_AC_SUM_VAR,
	INV_PHASES(INV_AC_A),
	INV_BAT_V,
	INV_BAT_A,
	INV_BAT_W,
	INV_BAT_SOC,
	INV_BAT_C,
	INV_BAT_AH,
	INV_BMS_V,
	INV_BMS_A, /* + = charging, as BMSs say it */
	INV_BMS_SOC,
	INV_BMS_C,
	INV_BMS_SOH,
	INV_BMS_CHARGE_V,
	INV_BMS_EMPTY_V,
	INV_BMS_CHARGE_A,
	INV_BMS_DISCHARGE_A,
	INV_BMS_ALARM,
	INV_DC_C,
	INV_AC_C,
	INV_STATE,
	INV_RELAY,
	INV_RELAYS,
	INV_RUNS,
	INV_WARNING,
	INV_UPTIME_MIN,
	INV_DAY,
	INV_TOTAL = INV_DAY + INV_COUNTER__MAX,
	INV_MONTH = INV_TOTAL + INV_COUNTER__MAX,
	INV_YEAR = INV_MONTH + INV_COUNTER__MAX,
	INV_INPUT_DAY = INV_YEAR + INV_COUNTER__MAX,
	INV_INPUT_TOTAL = INV_INPUT_DAY + INV_STRINGS,
	INV_VALUE__MAX = INV_INPUT_TOTAL + INV_STRINGS
};

enum inv_width {
	INV_U16,
	INV_S16,
	INV_W32,   /* low word first */
	INV_SPLIT, /* low word here, high word in the register hi */
};

/* Scales that are not the same in all models. */
enum inv_by {
	INV_BY_NONE,
	INV_BY_GRID_W, /* 10 W on single-phase models of 12 and 16 kW */
	INV_BY_BANK_A, /* 0.1 A there */
	INV_BY_BANK_V, /* 0.1 V of high-voltage batteries */
	INV_BY_BANK_W, /* 10 W there; PV and limits too */
	INV_BY_BMS_A,
	INV_BY__MAX
};

/* raw = value / (scale * factor of the model) + offset; counters are cut, the rest is rounded */
struct inv_row {
	uint16_t reg;
	uint16_t value; /* enum inv_value */
	enum inv_width width;
	double scale;
	uint16_t offset, hi;
	enum inv_by by;
};

/* clang-format off */
#define INV_ROW(reg, value, width, scale)	 { reg, value, width, scale, 0, 0, INV_BY_NONE }
#define INV_ROW_BY(reg, value, width, scale, by) { reg, value, width, scale, 0, 0, by }
#define INV_ROW_C(reg, value, scale)		 { reg, value, INV_U16, scale, 1000, 0, INV_BY_NONE }
#define INV_ROW_SPLIT(reg, hi, value, scale)	 { reg, value, INV_SPLIT, scale, 0, hi, INV_BY_NONE }
/* clang-format on */

/* What the owner has set, or what never changes; of a bank of 16 cells. */
struct inv_setting {
	uint16_t reg, raw;
	enum inv_by by;
};

struct inv_span {
	uint16_t first, count;
};

/* Where a family keeps what init and fill put there by hand; 0: nowhere. */
struct inv_places {
	uint16_t phase, firmware, n_firmware, rated, mppt, clock, fault;
	uint16_t work_mode, solar_sell, capacity, reconnect, power_limits[3];
};

struct inv_family {
	const char *name;
	const char *model[2]; /* the rated power stands between, in name_w */
	double name_w;
	uint16_t codes[8]; /* of register 0; ends with 0 */
	size_t n_turns;	   /* so many of them are used in turn, the rest only when asked for */
	unsigned rated_w, rated_min_w, rated_max_w;
	unsigned phases;
	double string_v;   /* of a string in full sun */
	double stack;	   /* of such banks as the packs make, in series; 0: no battery */
	double bank_max_w; /* so much its registers can show */
	const struct inv_row *rows;
	size_t n_rows;
	const struct inv_setting *settings; /* these can be written */
	size_t n_settings;
	const struct inv_setting *facts; /* these cannot */
	size_t n_facts;
	struct inv_span served;
	struct inv_span cloud[2]; /* what the maker's cloud reads */
	double by[INV_BY__MAX];	  /* factors of scales; 0: 1 */
	struct inv_places at;
};

extern const struct inv_family inv_hybrid1p, inv_hybrid3p_lv, inv_hybrid3p_hv, inv_string,
	inv_micro;

enum inv_sleep { INV_SLEEP_AUTO, INV_SLEEP_ON, INV_SLEEP_OFF };
/* The registers from 10000: none, of the packs, or another firmware's. */
enum inv_area { INV_AREA_OFF, INV_AREA_ON, INV_AREA_GARBAGE };

struct inv_setup {
	uint64_t seed;
	size_t number, turn; /* in the house, and among its family; from 0 */
	enum inv_kind kind;
	unsigned rated_w; /* 0: the family's */
	uint16_t code;	  /* 0: by its turn */
	uint8_t unit;
	bool ct, sell, old_firmware;
	enum inv_area area;
	double share; /* of what its kind does together */
	double reconnect_s;
};

struct inv {
	const struct inv_family *family;
	enum inv_kind kind;
	char name[INV_NAME_MAX], serial[INV_SERIAL_LEN + 1];
	uint16_t code;
	uint8_t unit; /* Modbus address */
	unsigned rated_w, strings, phases;
	double share, phase_share[MODEL_PHASES], string_share[INV_STRINGS];
	bool ct;
	bool big;	   /* a single-phase model of 12 kW or more */
	bool micro;	   /* other numbers of states, and words 101-102 that are no warnings */
	bool old_firmware; /* high words of powers stay 0 */
	enum inv_area area;

	/* on command */
	uint64_t faults;
	uint32_t warnings;
	int64_t drift_ms, zero_until_ms, midnight_ms;
	bool keep_day;
	enum inv_sleep sleep;

	struct house_civil civil; /* by its own clock, later by midnight_ms */
	bool day_is_old;
	double day_wh[INV_COUNTER__MAX], total_wh[INV_COUNTER__MAX];
	double month_wh[INV_COUNTER__MAX], year_wh[INV_COUNTER__MAX];
	double awake_s; /* today */
	uint64_t shown_faults;
	bool writable[INV_REGISTERS];
	double value[INV_VALUE__MAX];
	uint16_t set[INV_REGISTERS];
	uint16_t reg[INV_REGISTERS];
};

extern const struct inv_family *const inv_families[INV_KIND__MAX];

static inline bool inv_is_hybrid(enum inv_kind k)
{
	return k <= INV_HYBRID3P_HV;
}

void inv_init(struct inv *v, const struct inv_setup *s, const struct model *m, int64_t wall_ms);
/* Its part of these mean powers, for so long. */
void inv_count(struct inv *v, const double w[static MODEL_METER__MAX], int64_t from_ms,
	       int64_t to_ms);
/* It does not answer: a machine without a battery at night. */
bool inv_asleep(const struct inv *v, const struct model *m);
/* All values and registers anew, from the present. */
void inv_refresh(struct inv *v, const struct model *m, int64_t wall_ms);
/* Function 3. -> 0, or the Modbus exception. Refreshes. */
int inv_read(struct inv *v, const struct model *m, int64_t wall_ms, uint16_t first, uint16_t count,
	     uint16_t ret[static INV_READ_MAX]);
/* Functions 6 and 16. Settings are kept and change nothing; the clock goes on from there. */
int inv_write(struct inv *v, int64_t wall_ms, uint16_t first, uint16_t count,
	      const uint16_t *values);

/* inv_area.c: one register of the packs' area, from 10000; 0 if it is not served. */
uint16_t inv_area_read(const struct inv *v, const struct model *m, uint32_t reg);
bool inv_area_served(const struct inv *v, const struct model *m, uint16_t first, uint16_t count);

#endif
