/*
 * A Tapo plug without its wires: which product it is, its relays, meters and countdowns, and what
 * hangs on it. Pure computation: countdowns run in the time of the caller's monotonic clock,
 * energies in the wall's, loads in the model's.
 */
#ifndef HOUSE_PLUG_UNIT_H
#define HOUSE_PLUG_UNIT_H

#include "house_civil.h"
#include "plug_load.h"

#define PLUG_SOCKETS_MAX 4
#define PLUG_LOG_MAX	 200
#define PLUG_NAME_BYTES	 280 /* base64 with its end, of 200 bytes and more */
#define PLUG_NEVER	 INT64_MAX

enum plug_kind {
	PLUG_P100,
	PLUG_P105,
	PLUG_P110,
	PLUG_P110M,
	PLUG_P115,
	PLUG_P125M,
	PLUG_P300,
	PLUG_P304M,
	PLUG_P306,
	PLUG_KIND__MAX
};

/* What its firmware speaks. */
enum plug_wire { PLUG_KLAP, PLUG_KLAP1, PLUG_AES, PLUG_TPAP, PLUG_WIRE__MAX };

/* What firmware can differ in. */
enum plug_trait {
	PLUG_OLDEST = 1 << 0,	       /* usage inside get_device_info, no rssi, no batches */
	PLUG_CLOSES = 1 << 1,	       /* the connection, after each answer */
	PLUG_LV2 = 1 << 2,	       /* login_device wants password2 */
	PLUG_OBD = 1 << 3,	       /* obd_src and protocol_version in discovery */
	PLUG_OVERHEAT_STATUS = 1 << 4, /* else the bool "overheated" */
	PLUG_AUTO_OFF_ABLE = 1 << 5,
	PLUG_ENERGY = 1 << 6,
	PLUG_ENERGY_OLD = 1 << 7, /* with past24h …, without get_current_power */
	PLUG_EMETER = 1 << 8,
	PLUG_POWER_LIMIT = 1 << 9, /* get_protection_power … */
	PLUG_OVERCURRENT = 1 << 10,
	PLUG_CHARGING = 1 << 11,
	PLUG_NEXT_OLD = 1 << 12, /* get_next_event with action -1 */
	PLUG_MATTER = 1 << 13,
	PLUG_STATES = 1 << 14, /* default_states */
	PLUG_LAMP = 1 << 15,   /* a night light among the sockets */
};

struct plug_product {
	enum plug_kind kind;
	enum plug_wire wire;	   /* the row fits this, or PLUG_WIRE__MAX: any */
	const char *model, *shown; /* "P110", and in discovery "P110(EU)" */
	const char *firmware, *hardware, *specs;
	uint8_t maker[3]; /* of the MAC */
	unsigned sockets, traits, max_w;
};

extern const char *const plug_kind_names[PLUG_KIND__MAX];
extern const char *const plug_wire_names[PLUG_WIRE__MAX];
const struct plug_product *plug_product_find(enum plug_kind kind, enum plug_wire wire);
static inline bool plug_can(const struct plug_product *p, enum plug_trait t)
{
	return p->traits & t;
}

enum plug_by {
	PLUG_BY_CLIENT,
	PLUG_BY_BUTTON,
	PLUG_BY_COUNTDOWN,
	PLUG_BY_AUTO_OFF,
	PLUG_BY_PROTECTION,
	PLUG_BY_POWER, /* what it does when power is back */
	PLUG_BY__MAX
};
extern const char *const plug_by_names[PLUG_BY__MAX];

struct plug_switched {
	int64_t wall_ms;
	unsigned socket; /* from 0 */
	enum plug_by by;
	bool on, changed;
};

struct plug_countdown {
	bool exists, enabled, on; /* on: what it switches to */
	unsigned delay_s;
	int64_t due_ms; /* monotonic; PLUG_NEVER when it does not run */
};

struct plug_energy {
	double today_wh, month_wh, total_wh;
	double today_s, month_s, total_s; /* switched on */
	double hour_wh;
};

struct plug_socket {
	struct plug_load load;
	char id[64];
	char nickname[PLUG_NAME_BYTES]; /* as on the wire: base64 */
	bool on;
	double watts; /* the mean of the last step */
	int64_t since_ms;
	struct plug_countdown countdown;
	struct plug_energy energy;
	double older_wh, older_s;    /* of this month, before the house began */
	bool by_default, default_on; /* state after a power cut; else the last one */
	bool auto_off;
	unsigned auto_off_min;
	int64_t auto_off_ms;
	bool limited, overloaded;
	unsigned limit_w;
};

struct plug_unit {
	const struct plug_product *product;
	size_t number; /* from 0 */
	uint8_t mac[6];
	char id[41], hash[33]; /* device_id of get_device_info, and that of discovery */
	char hw_id[33], fw_id[33], oem_id[33];
	int rssi;
	char nickname[PLUG_NAME_BYTES]; /* of a strip itself */
	struct plug_socket socket[PLUG_SOCKETS_MAX];
	bool dark, unplugged; /* no power comes in */
	bool overheated;
	double clock_s; /* its clock is ahead by so much */
	struct house_civil civil;
	int hour;
	uint64_t set_on, set_off, switches;	/* set: by clients */
	struct plug_switched log[PLUG_LOG_MAX]; /* a ring */
	uint64_t n_log;
};

struct plug_setup {
	uint64_t seed;
	size_t number;
	enum plug_kind kind;
	enum plug_wire wire;
	size_t single_turn, small_turn; /* which loads */
	bool on;
};

void plug_unit_init(struct plug_unit *u, const struct plug_setup *s, int64_t now_ms,
		    int64_t wall_ms);
/* Other firmware: the same plug, other features. */
void plug_unit_flash(struct plug_unit *u, enum plug_wire wire);

void plug_unit_switch(struct plug_unit *u, unsigned socket, bool on, enum plug_by by,
		      int64_t now_ms, int64_t wall_ms);
/* A running one ends; delay_s 0: it only ends. */
void plug_unit_countdown(struct plug_unit *u, unsigned socket, unsigned delay_s, bool on,
			 int64_t now_ms);
unsigned plug_unit_remain_s(const struct plug_countdown *c, int64_t now_ms);
/* When something switches by itself, and that it does. */
int64_t plug_unit_due_ms(const struct plug_unit *u);
void plug_unit_run(struct plug_unit *u, int64_t now_ms, int64_t wall_ms);

/* Power goes, or comes back; the plug starts anew with it, countdowns are forgotten. */
void plug_unit_power(struct plug_unit *u, bool dark, bool unplugged);
void plug_unit_boot(struct plug_unit *u, int64_t now_ms, int64_t wall_ms);

/* -> mean W of these seconds of the model, drawn from the house */
double plug_unit_step(struct plug_unit *u, double dt_s);
void plug_unit_count(struct plug_unit *u, int64_t from_ms, int64_t to_ms);

/* plug_name.c: base64 of a text. Of what is too long the beginning. */
void plug_name_encode(const char *text, char ret[static PLUG_NAME_BYTES]);
/* -> false: not base64 of UTF-8 */
bool plug_name_decode(const char *b64, char ret[static PLUG_NAME_BYTES]);

#endif
