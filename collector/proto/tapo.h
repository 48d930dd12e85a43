/*
 * What Tapo plugs are asked and what they answer: JSON, the same in all transports.
 *
 *	{"method":"multipleRequest","params":{"requests":[
 *	 {"method":"get_device_info"},{"method":"get_energy_usage"}]}}
 *	{"error_code":0,"result":{"responses":[
 *	 {"method":"get_device_info","error_code":0,"result":{"device_on":true,…}},
 *	 {"method":"get_energy_usage","error_code":-1002}]}}
 *
 *	{"method":"control_child","params":{"device_id":"…","requestData":{"method":…}}}
 *	{"error_code":0,"result":{"responseData":{"error_code":0,"result":{…}}}}
 *
 * current_power is in mW in get_energy_usage and in W in get_current_power. A strip's parent has no
 * device_on; its outlets come from get_child_device_list, in pages and in no order. Members come
 * and go with the firmware: what is absent, or of another type, is unknown, which is NAN for
 * numbers, -1 for integers and yes-or-no, "" for text; never 0.
 * Source: python-kasa, the Rust library tapo, PyP100; answers of eleven plugs.
 */
#pragma once

#include "svitlo/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAPO_REQUEST_MAX  2048 /* the longest that is built here: five in a batch for an outlet */
#define TAPO_BATCH_MAX	  5
#define TAPO_NICKNAME_MAX 201 /* 200 bytes */
#define TAPO_ID_MAX	  65
#define TAPO_CHILDREN_MAX 16

struct json_t;

/* ---- errors ---- */

/* What a code means for the one who asked. */
enum tapo_class {
	TAPO_OK,
	TAPO_SESSION,	  /* a new session, then once more */
	TAPO_AUTH,	  /* e-mail or password: stop */
	TAPO_DOUBT,	  /* the same, or a session out of step: once more in a fresh one */
	TAPO_TRANSPORT,	  /* find out anew which transport it speaks */
	TAPO_UNSUPPORTED, /* this firmware has it not: do not ask again */
	TAPO_LATER,	  /* once more, after a second or more, three times at most */
	TAPO_BATCH,	  /* ask one at a time */
	TAPO_PARAMS,	  /* our mistake, or a component that is missing */
	TAPO_CONFLICT,	  /* a rule is in the way */
	TAPO_LOCKED,	  /* stop: it takes no logins for a time */
	TAPO_FAIL,
	TAPO_CLASS__MAX
};
struct tapo_error {
	int32_t code;
	enum tapo_class class;
	enum tapo_class in_session; /* the class when a session was thought to stand */
	const char *text;	    /* for people: what it is, what to do */
};
/* Never NULL: a code nobody knows is TAPO_FAIL. */
const struct tapo_error *tapo_error_find(int32_t code);
/* Of an HTTP status, once a session stands. */
enum tapo_class tapo_http_class(int status);

/* Why a plug cannot be used, for the user interface. */
enum tapo_failure {
	TAPO_FAILURE_NONE,
	TAPO_FAILURE_UNREACHABLE,
	TAPO_FAILURE_ACCOUNT,
	TAPO_FAILURE_PASSWORD,
	TAPO_FAILURE_THIRD_PARTY,
	TAPO_FAILURE_LOCKED,
	TAPO_FAILURE_UNSUPPORTED,
	TAPO_FAILURE_BUSY,
	TAPO_FAILURE__MAX
};
const char *tapo_failure_name(enum tapo_failure f); /* "wrong_password"; "" for none */
const char *tapo_failure_text(enum tapo_failure f); /* what to do */
/* What a class says by itself: locked, wrong password, not supported, busy; else none. */
enum tapo_failure tapo_class_failure(enum tapo_class c);

/* ---- answers ---- */

struct tapo_answer {
	struct json_t *root;
	const struct json_t *body; /* of the plug, or of the outlet in it */
	const char *asked;
	int32_t code; /* of the whole; the outlet's if the parent's is 0 */
};
/*
 * asked: the method, "multipleRequest" for a batch; borrowed as long as the answer. An answer of
 * an outlet is seen by its responseData. 0 even if the plug refuses: look at code. -EPROTO.
 */
int tapo_answer_parse(struct tapo_answer *ret, const char *text, size_t n, const char *asked,
		      struct err *e);
/*
 * The result of a method, NULL if it has none. *ret_code: its own code; of the whole when that was
 * refused; INT32_MIN when it was not answered at all, as by firmware that stops at an error.
 */
const struct json_t *tapo_answer_get(const struct tapo_answer *a, const char *method,
				     int32_t *ret_code);
void tapo_answer_free(struct tapo_answer *a);

/* ---- state ---- */

enum tapo_heat { TAPO_HEAT_UNKNOWN = -1, TAPO_HEAT_NORMAL, TAPO_HEAT_COOL_DOWN, TAPO_HEAT_OVER };
enum tapo_default {
	TAPO_DEFAULT_UNKNOWN = -1,
	TAPO_DEFAULT_OFF,
	TAPO_DEFAULT_ON,
	TAPO_DEFAULT_LAST
};

/* Yes or no: 1, 0, -1 unknown. */
struct tapo_info {
	int on;
	int64_t on_s; /* since it was switched on */
	char nickname[TAPO_NICKNAME_MAX];
	char model[32], type[32], hw[32], fw[64], category[40], region[48], ip[46];
	char mac[13]; /* "AABBCCDDEEFF" */
	char id[TAPO_ID_MAX], parent_id[TAPO_ID_MAX];
	double rssi_dbm, time_diff_min; /* zone without daylight saving */
	int signal;			/* 0 to 3 */
	enum tapo_heat heat;
	int overcurrent, overload, charged; /* tripped; above the power that is set; finished */
	int auto_off;
	int64_t auto_off_s; /* until it switches off */
	enum tapo_default after_outage;
	int position, slots, usb; /* of an outlet: 1 to slots */
};
/* Of get_device_info and of each outlet of a strip. NULL: all is unknown. */
void tapo_info_read(struct tapo_info *ret, const struct json_t *result);

enum tapo_value {
	TAPO_POWER_W,
	TAPO_VOLTAGE_V,
	TAPO_CURRENT_A,
	TAPO_TODAY_WH,
	TAPO_MONTH_WH,
	TAPO_TODAY_MIN,
	TAPO_MONTH_MIN,
	TAPO_VALUE__MAX
};
/* Where the power is from; a later one is finer and wins. */
enum tapo_source { TAPO_FROM_NONE, TAPO_FROM_CURRENT_POWER, TAPO_FROM_USAGE, TAPO_FROM_EMETER };
struct tapo_energy {
	double v[TAPO_VALUE__MAX]; /* NAN: unknown */
	uint32_t suspect;	   /* a bit a value that cannot be true: it is there all the same */
	enum tapo_source power_from;
	char local_time[20]; /* "2024-06-04 14:48:06", of the plug's clock */
};
void tapo_energy_init(struct tapo_energy *ret);
/* Each adds what it has; today and month begin anew by the plug's clock. */
void tapo_energy_read_usage(struct tapo_energy *en, const struct json_t *result);
void tapo_energy_read_power(struct tapo_energy *en, const struct json_t *result);
void tapo_energy_read_emeter(struct tapo_energy *en, const struct json_t *result);

/* Of get_device_usage: today, 7 days, 30 days. */
struct tapo_usage {
	double on_min[3], used_wh[3];
};
void tapo_usage_read(struct tapo_usage *ret, const struct json_t *result);

enum tapo_component {
	TAPO_HAS_ENERGY,
	TAPO_HAS_SCHEDULE,
	TAPO_HAS_COUNTDOWN,
	TAPO_HAS_ANTITHEFT,
	TAPO_HAS_LED,
	TAPO_HAS_AUTO_OFF,
	TAPO_HAS_DEFAULT_STATES,
	TAPO_HAS_POWER_PROTECTION,
	TAPO_HAS_CURRENT_PROTECTION,
	TAPO_HAS_OVERHEAT_PROTECTION,
	TAPO_HAS_CHARGING_PROTECTION,
	TAPO_HAS_CHILDREN,
	TAPO_HAS_LOCAL_TIME,
	TAPO_HAS_SUNRISE,
	TAPO_HAS_MATTER,
	TAPO_HAS__MAX
};
struct tapo_components {
	bool known;
	uint32_t has;			/* a bit a component */
	uint8_t version[TAPO_HAS__MAX]; /* 0: has it not */
};
const char *tapo_component_name(enum tapo_component c); /* "energy_monitoring", as plugs say it */
/* Of component_nego, and of each outlet. */
void tapo_components_read(struct tapo_components *ret, const struct json_t *result);
bool tapo_has(const struct tapo_components *c, enum tapo_component what);

/* The outlets of a strip, by position. A zeroed one is ready. */
struct tapo_children {
	unsigned n;
	unsigned received, components_received; /* over all pages */
	struct tapo_info child[TAPO_CHILDREN_MAX];
	struct tapo_components components[TAPO_CHILDREN_MAX];
};
/*
 * Adds the outlets of a page of get_child_device_list: not a lamp, not a sensor. Gives the start_index of the next one, 0 when all are
 * here; -EPROTO: no page, or one that was here before; -ENOSPC: more than TAPO_CHILDREN_MAX.
 * After an error the list is to be asked for from its beginning.
 */
int tapo_children_add(struct tapo_children *c, const struct json_t *result);
/* The same of get_child_device_component_list, for outlets that are here. */
int tapo_children_add_components(struct tapo_children *c, const struct json_t *result);

struct tapo_countdown {
	char id[16];	 /* "": there is no rule */
	int enabled, on; /* what it switches to */
	int64_t delay_s, remain_s;
};
/* Of get_countdown_rules, whose only rule it is. -EPROTO: no list of rules. */
int tapo_countdown_read(struct tapo_countdown *ret, const struct json_t *result);
bool tapo_countdown_runs(const struct tapo_countdown *c);

struct tapo_time {
	int64_t t_s; /* since 1970; -1 unknown */
	double time_diff_min;
	char region[48]; /* "Europe/Kyiv", also "CET" */
};
void tapo_time_read(struct tapo_time *ret, const struct json_t *result); /* get_device_time */

/* ---- requests ---- */

/* Each gives the length of the JSON; -ENOSPC; -EINVAL: what cannot be asked for. */

/* component_nego and get_…, nothing else. */
int tapo_put_get(char *ret, size_t room, const char *method);
int tapo_put_get_from(char *ret, size_t room, const char *method, unsigned start_index);
int tapo_put_switch(char *ret, size_t room, bool on);
/* After 1 to 86400 s. A plug takes one rule: with one in its list, that is to be edited. */
int tapo_put_countdown_add(char *ret, size_t room, int delay_s, bool on);
int tapo_put_countdown_edit(char *ret, size_t room, const char *id, int delay_s, bool on);
int tapo_put_countdown_remove(char *ret, size_t room);
/* Requests, 1 to TAPO_BATCH_MAX of them, in one. */
int tapo_put_batch(char *ret, size_t room, const char *const *requests, unsigned n);
/* A request, also a batch, to an outlet. */
int tapo_put_child(char *ret, size_t room, const char *id, const char *request);
