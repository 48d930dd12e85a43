/*
 * JK-BMS over BLE: what the 300-byte frames of jk_frame.h mean. Three generations, one set of
 * structs. Numbers on the wire are little endian.
 *
 * Absent is never 0: floating point values are NAN, integers are -1 where a generation, a board or
 * a firmware doesn't have the value.
 *
 * Every function takes frames of JK_FRAME_LEN bytes whose header, type and sum are right
 * (jk_frame_ok()); any content is safe. Nothing here fails on content: what cannot be true is
 * delivered and marked suspect.
 */
#pragma once

#include "proto/jk_frame.h"
#include "svitlo/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_CELLS_MAX	32
#define JK_TEMPS_MAX	5
#define JK_LOG_MAX	50
#define JK_LOG_NAME_MAX 40
#define JK_VERSION_NONE (-1)

enum jk_protocol { JK_UNKNOWN, JK04, JK02_24S, JK02_32S, JK_PROTOCOL__MAX };
const char *jk_protocol_name(enum jk_protocol p); /* "JK04", …; NULL for JK_UNKNOWN */

/* Which generation a link speaks, from what its frames hold. Zero it at every connect. */
struct jk_detect {
	enum jk_protocol protocol; /* JK_UNKNOWN until something is known */
	bool certain;		   /* by content; else by the version only: may still change */
	int sw_major;		   /* from device info; 0: not seen */
	unsigned against;	   /* frames in a row that say otherwise */
};

/* Takes any good frame, gives the protocol to decode it with. Certain is sticky: only three frames
 * in a row that say otherwise change it (an 8-bit sum lets damage through). */
enum jk_protocol jk_detect(struct jk_detect *d, const uint8_t frame[JK_FRAME_LEN]);

struct jk_cell_info {
	enum jk_protocol protocol;
	uint8_t counter;
	unsigned cell_slots;		      /* highest fitted cell: length of the arrays below */
	unsigned cell_count;		      /* fitted cells */
	uint32_t mask;			      /* fitted cells, bit 0 = cell 1 */
	float cell_voltages[JK_CELLS_MAX];    /* V; NAN: not fitted */
	float wire_resistances[JK_CELLS_MAX]; /* ohm; NAN: not fitted */
	float temperatures[JK_TEMPS_MAX];     /* °C, T1..T5; T3 is on no known wire */
	unsigned temperature_slots;	      /* 0 JK04, 2 JK02_24S, 5 JK02_32S */

	double voltage;	  /* V; JK04: sum of the cells */
	double current;	  /* A, + = charging */
	double power;	  /* W, voltage * current */
	double power_raw; /* W as sent: no sign, 0 at small currents on some firmware */
	double soc, soh;  /* % */
	double remaining_ah, nominal_ah, total_cycle_ah;
	double mos_temperature;
	double balance_current; /* A */
	double heating_current; /* A, only while heating */
	double voltage_again;	/* V, the coarse copy of 32S */

	/* our own, over the fitted cells; the device's fields lag by a sample */
	double cell_average, cell_delta, cell_max, cell_min;
	int cell_max_number, cell_min_number; /* from 1; -1 without cells */

	int64_t cycle_count, uptime_s, error_bits, wire_warnings;
	int balancing;				      /* 0 off, 1 charging a cell, 2 discharging */
	int charge_fet, discharge_fet, precharge_fet; /* 0, 1 */
	int heating, charger_plugged, parallel_limiter; /* 0, 1 */
	int user_alarm, user_alarm_2;
	int emergency_countdown_s; /* 0: no emergency */
	/* seconds until a protection lets go */
	int discharge_overcurrent_release_s, discharge_short_release_s;
	int charge_overcurrent_release_s, charge_short_release_s;
	int undervoltage_release_s, overvoltage_release_s;
	int sensor_mask;    /* bit 0 MOS, bits 1-5 T1-T5; 1 = fitted */
	int battery_type;   /* 0 LFP, 1 Li-ion, 2 LTO */
	int charge_phase;   /* 0 bulk, 1 absorption, 2 float */
	int charge_phase_s; /* in this phase for so long */
	int dry_contacts;   /* bit 1 contact 1, bit 2 contact 2 */
	double ticks_s;	    /* since start */
	int64_t clock_s;    /* its own clock, seconds since 2020-01-01 */
	int64_t log_count, sleep_countdown_s;

	uint64_t suspect; /* bit an enum metric */
};

/* sw_major: of the firmware, JK_VERSION_NONE or 0 when not known. It decides about T4 and T5 only:
 * boards before 14 send 0 there with the sensors' bits set; where it isn't known, 0 is absent. */
void jk_decode_cell_info_of(enum jk_protocol p, int sw_major, const uint8_t frame[JK_FRAME_LEN],
			    struct jk_cell_info *ret);
void jk_decode_cell_info(enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN],
			 struct jk_cell_info *ret);

/* Adds to cur->suspect what cannot have changed so far in dt_ms since prev (limits: jk_suspect.c).
 * A metric already suspect in prev isn't compared: a real step is suspect once. */
void jk_check_jump(const struct jk_cell_info *prev, struct jk_cell_info *cur, int64_t dt_ms);

/* "wire_resistance", …, "bit_31"; NULL above 31. */
const char *jk_error_name(unsigned bit);

/* What the BMS says of itself. Its three passcodes are left out on purpose. Strings end in NUL,
 * their bytes are as sent: may be no UTF-8. */
struct jk_device_info {
	char model[17], hw_version[9], sw_version[9], device_name[17];
	char manufacturing_date[9]; /* YYMMDD */
	char serial_number[12], user_data[17], user_data2[17];
	uint32_t uptime_s, power_on_count;
	int sw_major; /* 0: the version doesn't start with a number */
};
void jk_decode_device_info(enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN],
			   struct jk_device_info *ret);

enum jk_field_type {
	JK_U8,
	JK_I8,
	JK_U16,
	JK_U32,
	JK_I32,
	JK_F32,
	JK_BOOL32, /* u32, 0 or not */
	JK_BIT,	   /* bit `bit` of the u16 at off */
	JK_PORT,   /* the same, "RS485" or "CAN" */
	JK_STR,	   /* `len` bytes, to the first NUL */
	JK_SECRET, /* the same: never shown */
	JK_U32S,   /* `len` u32 */
};

/* One field of a settings or device info frame. */
struct jk_field {
	const char *key;
	uint16_t off;
	uint8_t type; /* enum jk_field_type */
	uint8_t len, bit, digits;
	double scale;
	uint8_t from, to; /* generations that have it, enum jk_protocol, both included */
};

/* The first field of the table at or after *i that this generation has, NULL at its end. *i moves
 * behind it: for (size_t i = 0; (f = jk_field_next(p, type, &i));) */
const struct jk_field *jk_field_next(enum jk_protocol p, enum jk_type type, size_t *i);
double jk_field_num(const struct jk_field *f, const uint8_t frame[JK_FRAME_LEN]); /* strings: NAN */

/* One setting by its key ("cell_ovp_v"), NAN when this generation doesn't have it. */
double jk_setting(enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN], const char *key);

struct jk_log_entry {
	uint32_t t_s; /* of running time */
	uint8_t code;
};
/* -> entries in ret; *ret_total what the BMS counts, may be more. */
size_t jk_decode_logbook(const uint8_t frame[JK_FRAME_LEN], struct jk_log_entry ret[JK_LOG_MAX],
			 uint32_t *ret_total);
/* "boot", "cell_3_overcharge", "code_200". Gives buf or a constant. */
const char *jk_log_name(uint8_t code, char buf[JK_LOG_NAME_MAX]);
