/*
 * Commands to a stick and to an inverter, as tables. See README.md for what they mean.
 */
#include "stick.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V5	 1u
#define TCP	 2u
#define RTU	 4u
#define NET	 (V5 | TCP)
#define ALL	 (V5 | TCP | RTU)
#define ARGS_MAX 2

/* What a command works on: its words, already parsed by the kinds in the table. */
struct call {
	struct stick *s;
	struct inv *v;
	size_t at; /* offset of the field, if the table names one */
	double number[ARGS_MAX];
	const char *word;
	bool on;
};

static void *field(const struct call *a)
{
	return (char *)&a->s->faults + a->at;
}

static int64_t until(const struct call *a, double seconds)
{
	return stick_now_ms(a->s) + (int64_t)(seconds * 1000);
}

static bool set_switch(struct call *a)
{
	*(bool *)field(a) = a->on;
	return true;
}

static bool set_count(struct call *a)
{
	*(unsigned *)field(a) = (unsigned)a->number[0];
	return true;
}

static bool set_fault(struct call *a)
{
	struct stick_fault *f = field(a);

	f->value = (unsigned)a->number[0];
	f->count = (unsigned)a->number[1];
	return true;
}

static bool set_seconds(struct call *a)
{
	*(int64_t *)field(a) = until(a, a->number[0]);
	return true;
}

static bool cmd_gone(struct call *a)
{
	a->s->faults.gone_until_ms = until(a, a->number[0]);
	return wire_port_vanish(&a->s->port) >= 0;
}

static bool cmd_drop(struct call *a)
{
	wire_port_drop(&a->s->port);
	return true;
}

static bool cmd_oneclient(struct call *a)
{
	a->s->port.most = a->on ? 1 : WIRE_CLIENTS_MAX;
	return true;
}

static bool cmd_offbyone(struct call *a)
{
	a->s->n_kept = 0;
	return set_switch(a);
}

static bool cmd_heartbeat(struct call *a)
{
	a->s->faults.beat = strcmp(a->word, "before") == 0    ? STICK_BEAT_BEFORE
			    : strcmp(a->word, "instead") == 0 ? STICK_BEAT_INSTEAD
							      : STICK_BEAT_OFF;
	a->s->faults.beats = (unsigned)a->number[0];
	return a->s->faults.beat != STICK_BEAT_OFF;
}

static bool cmd_block(struct call *a)
{
	char *end;
	unsigned long size = strtoul(a->word, &end, 10);

	if (strcmp(a->word, "off") == 0)
		size = 0;
	else if (*end || size < 1 || size > INV_READ_MAX)
		return false;
	a->s->faults.block = (unsigned)size;
	return true;
}

static bool cmd_serial(struct call *a)
{
	a->s->serial = (uint32_t)a->number[0];
	return a->number[0] <= UINT32_MAX;
}

/* A stick that speaks something else has other clients. */
static bool cmd_modbus(struct call *a)
{
	wire_port_drop(&a->s->port);
	return set_switch(a);
}

static bool cmd_refusal(struct call *a)
{
	a->s->refuses_by_v5 = strcmp(a->word, "v5") == 0;
	return a->s->refuses_by_v5 || strcmp(a->word, "exception") == 0;
}

/* ---- the inverter ---- */

static bool cmd_fault(struct call *a)
{
	uint64_t bit;

	if (a->number[0] > 63)
		return false;
	bit = 1ull << (unsigned)a->number[0];
	a->v->faults = a->on ? a->v->faults | bit : a->v->faults & ~bit;
	return true;
}

static bool cmd_warning(struct call *a)
{
	uint32_t bit;

	if (a->number[0] > 31)
		return false;
	bit = 1u << (unsigned)a->number[0];
	a->v->warnings = a->on ? a->v->warnings | bit : a->v->warnings & ~bit;
	return true;
}

static bool cmd_drift(struct call *a)
{
	a->v->drift_ms = (int64_t)(a->number[0] * 1000);
	return true;
}

static bool cmd_counters_zero(struct call *a)
{
	a->v->zero_until_ms = a->s->house->wall_ms + (int64_t)(a->number[0] * 1000);
	return true;
}

static bool cmd_counters_keepday(struct call *a)
{
	a->v->keep_day = a->on;
	return true;
}

static bool cmd_counters_midnight(struct call *a)
{
	a->v->midnight_ms = (int64_t)(a->number[0] * 1000);
	return true;
}

static bool cmd_asleep(struct call *a)
{
	static const char *const names[] = { "auto", "on", "off" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(a->word, names[i]) == 0) {
			a->v->sleep = (enum inv_sleep)i;
			return true;
		}
	}
	return false;
}

/* ---- tables ---- */

/* What each argument is:   n number >= 0   d any number   s on|off   w word */
struct words {
	const char *name, *kinds, *usage;
	bool (*run)(struct call *a);
	size_t at;
	unsigned wires;
};

#define AT(name) offsetof(struct stick_faults, name)
#define SWITCH(name, at, wires)                                                                    \
	{                                                                                          \
		name, "s", name " on|off", set_switch, AT(at), wires                               \
	}
#define COUNT(name, at, wires)                                                                     \
	{                                                                                          \
		name, "n", name " COUNT", set_count, AT(at), wires                                 \
	}

static const struct words stick_table[] = {
	/* clang-format off */
	{ "silent", "n", "silent SECONDS", set_seconds, AT(silent_until_ms), ALL },
	{ "refuse", "n", "refuse SECONDS", set_seconds, AT(refuse_until_ms), ALL },
	{ "gone", "n", "gone SECONDS", cmd_gone, 0, NET },
	{ "drop", "", "drop", cmd_drop, 0, NET },
	{ "oneclient", "s", "oneclient on|off", cmd_oneclient, 0, NET },
	SWITCH("doublecrc", double_crc, V5),
	{ "late", "nn", "late MILLISECONDS COUNT", set_fault, AT(late), ALL },
	SWITCH("duplicate", duplicate, ALL),
	{ "offbyone", "s", "offbyone on|off", cmd_offbyone, AT(off_by_one), ALL },
	COUNT("half", half, ALL),
	COUNT("cut", cut, ALL),
	SWITCH("glue", glue, V5),
	{ "heartbeat", "wn", "heartbeat before|instead COUNT", cmd_heartbeat, 0, V5 },
	SWITCH("unsolicited", unsolicited, V5),
	SWITCH("text", text, V5),
	COUNT("badsum", bad_sum, V5),
	COUNT("badcrc", bad_crc, V5 | RTU),
	{ "error", "nn", "error CODE COUNT", set_fault, AT(error), V5 },
	{ "exception", "nn", "exception CODE COUNT", set_fault, AT(exception), ALL },
	COUNT("length", length, ALL),
	{ "block", "w", "block SIZE|off", cmd_block, 0, ALL },
	COUNT("nonsense", nonsense, ALL),
	COUNT("zeros", zeros, ALL),
	SWITCH("http", http, NET),
	SWITCH("flood", flood, NET),
	{ "serial", "n", "serial NUMBER", cmd_serial, 0, V5 },
	{ "modbus", "s", "modbus on|off", cmd_modbus, AT(modbus), V5 },
	SWITCH("at", at, V5),
	SWITCH("dead", dead, ALL),
	{ "refusal", "w", "refusal exception|v5", cmd_refusal, 0, V5 },
	/* clang-format on */
};

static const struct words inverter_table[] = {
	{ "fault", "ns", "fault BIT on|off", cmd_fault, 0, ALL },
	{ "warning", "ns", "warning BIT on|off", cmd_warning, 0, ALL },
	{ "drift", "d", "drift SECONDS", cmd_drift, 0, ALL },
	{ "zero", "n", "counters zero SECONDS", cmd_counters_zero, 0, ALL },
	{ "keepday", "s", "counters keepday on|off", cmd_counters_keepday, 0, ALL },
	{ "midnight", "n", "counters midnight SECONDS", cmd_counters_midnight, 0, ALL },
	{ "asleep", "w", "asleep on|off|auto", cmd_asleep, 0, ALL },
};

static bool parse_number(const char *s, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(s, &end);
	return !errno && end != s && !*end && isfinite(*ret);
}

static bool parse_one(struct call *a, char kind, const char *s, size_t *n_numbers)
{
	double v = 0;

	switch (kind) {
	case 'n':
	case 'd':
		if (!parse_number(s, &v) || fabs(v) > UINT32_MAX || (kind == 'n' && v < 0))
			return false;
		a->number[(*n_numbers)++] = v;
		return true;
	case 's':
		a->on = strcmp(s, "on") == 0;
		return a->on || strcmp(s, "off") == 0;
	case 'w':
		a->word = s;
		return true;
	default:
		return false;
	}
}

static bool run(const struct words *w, struct call *a, size_t n, char *const words[])
{
	size_t numbers = 0;

	if (n - 1 != strlen(w->kinds))
		return false;
	a->at = w->at;
	for (size_t i = 1; i < n; i++)
		if (!parse_one(a, w->kinds[i - 1], words[i], &numbers))
			return false;
	return w->run(a);
}

static bool find_and_run(const struct words *table, size_t n_table, const char *whose,
			 struct call *a, size_t n, char *const words[],
			 char ret_error[static HOUSE_ERROR_MAX])
{
	for (size_t i = 0; n && i < n_table; i++) {
		if (strcmp(table[i].name, words[0]) != 0)
			continue;
		if (!(table[i].wires & 1u << a->s->wire))
			snprintf(ret_error, HOUSE_ERROR_MAX, "not on %s",
				 house_wire_names[a->s->wire]);
		else if (!run(&table[i], a, n, words))
			snprintf(ret_error, HOUSE_ERROR_MAX, "usage: %s NUMBER %s", whose,
				 table[i].usage);
		else
			return true;
		return false;
	}
	snprintf(ret_error, HOUSE_ERROR_MAX, "%s: unknown command \"%.60s\"", whose,
		 n ? words[0] : "");
	return false;
}

bool stick_command(struct stick *s, size_t n, char *const words[],
		   char ret_error[static HOUSE_ERROR_MAX])
{
	struct call a = { .s = s, .v = s->inverter };
	bool good = find_and_run(stick_table, sizeof(stick_table) / sizeof(stick_table[0]), "stick",
				 &a, n, words, ret_error);

	stick_kick(s);
	return good;
}

bool stick_inverter_command(struct stick *s, size_t n, char *const words[],
			    char ret_error[static HOUSE_ERROR_MAX])
{
	struct call a = { .s = s, .v = s->inverter };

	if (n > 1 && strcmp(words[0], "counters") == 0) {
		words++;
		n--;
	}
	return find_and_run(inverter_table, sizeof(inverter_table) / sizeof(inverter_table[0]),
			    "inverter", &a, n, words, ret_error);
}
