/*
 * Options of the house: names, defaults, what they may be.
 */
#include "house.h"
#include "parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SPEED_MAX     10000.0
#define WORDS_MAX     1024
#define SECONDS(h, m) ((h)*3600.0 + (m)*60.0)

const struct house_options house_defaults = {
	.seed = 1,
	.speed = 1,
	.rate_hz = 2,
	.soc_pct = -1,
	.packs = 4,
	.cells = 16,
	.adapters = 1,
	.neighbours = 3,
	.generation = JK02_32S,
	.chemistry = MODEL_LFP,
	.start_s = SECONDS(10, 0),
	.reconnect_s = 60,
	.outages = { .outage = { { SECONDS(10, 3), SECONDS(10, 8) },
				 { SECONDS(12, 0), SECONDS(16, 0) },
				 { SECONDS(20, 0), SECONDS(23, 30) } },
		     .n = 3 },
	.sell = true,
	.ct = true,
	.inverters = 1,
	.family = INV_HYBRID3P_LV,
	.wire = HOUSE_V5,
	.unit = 1,
	.net = INADDR_LOOPBACK,
	.port = 8899,
	.modbus_port = 502,
	.udp_port = 48899,
	.tty = "/tmp/house.tty",
	.delay_min_ms = 100,
	.delay_max_ms = 500,
	.plug = {
		.count = 4,
		.kind = { PLUG_P110, PLUG_P100, PLUG_P115, PLUG_P110M },
		.n_kinds = 4,
		.wire = PLUG_KLAP,
		.net = INADDR_LOOPBACK,
		.port = 80,
		.udp_port = 20002,
		.account = "user@example.com",
		.password = "Tapo-Test_2026",
		.delay_min_ms = 10,
		.delay_max_ms = 60,
	},
};

const char *const house_wire_names[HOUSE_WIRE__MAX] = {
	[HOUSE_V5] = "v5",
	[HOUSE_TCP] = "tcp",
	[HOUSE_RTU] = "rtu",
};

static bool set_seed(struct house_options *o, const char *v)
{
	char *end;

	errno = 0;
	o->seed = strtoull(v, &end, 10);
	return !errno && end != v && !*end && *v != '-';
}

static bool set_speed(struct house_options *o, const char *v)
{
	return parse_number(v, 0, SPEED_MAX, &o->speed);
}

static bool set_packs(struct house_options *o, const char *v)
{
	return parse_count(v, 1, MODEL_PACKS_MAX, &o->packs);
}

static bool set_cells(struct house_options *o, const char *v)
{
	return parse_count(v, 2, MODEL_CELLS_MAX, &o->cells);
}

static bool set_generation(struct house_options *o, const char *v)
{
	o->mixed = strcmp(v, "mixed") == 0;
	for (int g = 0; g < JK_GENERATION__MAX; g++) {
		if (strcmp(v, jk_generation_names[g]) == 0) {
			o->generation = (enum jk_generation)g;
			return true;
		}
	}
	return o->mixed;
}

static bool set_rate(struct house_options *o, const char *v)
{
	return parse_number(v, 0.01, 200, &o->rate_hz);
}

static bool set_chunk(struct house_options *o, const char *v)
{
	static const char *const names[] = { "auto", "20", "128", "244" };
	static const unsigned sizes[] = { 0, 20, 128, 244 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (strcmp(v, names[i]) == 0) {
			o->chunk = sizes[i];
			return true;
		}
	}
	return false;
}

static bool set_soc(struct house_options *o, const char *v)
{
	return parse_number(v, 0, 100, &o->soc_pct);
}

static bool set_adapters(struct house_options *o, const char *v)
{
	return parse_count(v, 1, HOUSE_ADAPTERS_MAX, &o->adapters);
}

static bool set_neighbours(struct house_options *o, const char *v)
{
	return parse_count(v, 0, HOUSE_NEIGHBOURS_MAX, &o->neighbours);
}

static bool set_keep_links(struct house_options *o, const char *v)
{
	o->keep_links = strcmp(v, "on") == 0;
	return o->keep_links || strcmp(v, "off") == 0;
}

static bool set_chemistry(struct house_options *o, const char *v)
{
	for (int c = 0; c < MODEL_CHEMISTRY__MAX; c++) {
		if (strcasecmp(v, model_chemistries[c].name) == 0) {
			o->chemistry = (enum model_chemistry)c;
			return true;
		}
	}
	return false;
}

static bool parse_switch(const char *v, const char *on, const char *off, bool *ret)
{
	*ret = strcmp(v, on) == 0;
	return *ret || strcmp(v, off) == 0;
}

/* "HH:MM" at *s, which moves on. */
static bool parse_time(const char **s, double *ret_s)
{
	unsigned h, m;
	int n = 0;

	if (sscanf(*s, "%2u:%2u%n", &h, &m, &n) != 2 || h > 23 || m > 59)
		return false;
	*s += n;
	*ret_s = SECONDS(h, m);
	return true;
}

static bool set_start(struct house_options *o, const char *v)
{
	if (strcmp(v, "now") == 0) {
		o->start_s = -1;
		return true;
	}
	return parse_time(&v, &o->start_s) && !*v;
}

static bool set_reconnect(struct house_options *o, const char *v)
{
	return parse_number(v, 0, 3600, &o->reconnect_s);
}

static bool set_outages(struct house_options *o, const char *v)
{
	struct model_timetable t = { .n = 0 };

	if (strcmp(v, "none") == 0) {
		o->outages = t;
		return true;
	}
	while (t.n < MODEL_OUTAGES_MAX) {
		struct model_outage *out = &t.outage[t.n++];

		if (!parse_time(&v, &out->from_s) || *v++ != '-' || !parse_time(&v, &out->to_s))
			return false;
		if (!*v) {
			o->outages = t;
			return true;
		}
		if (*v++ != ',')
			return false;
	}
	return false;
}

static bool set_sell(struct house_options *o, const char *v)
{
	return parse_switch(v, "on", "off", &o->sell);
}

static bool set_ct(struct house_options *o, const char *v)
{
	return parse_switch(v, "on", "off", &o->ct);
}

static bool set_inverters(struct house_options *o, const char *v)
{
	o->inverters_asked = true;
	return parse_count(v, 0, HOUSE_INVERTERS_MAX, &o->inverters);
}

static bool set_family(struct house_options *o, const char *v)
{
	o->mixed_families = strcmp(v, "mixed") == 0;
	for (int k = 0; k < INV_KIND__MAX; k++) {
		if (strcmp(v, inv_families[k]->name) == 0) {
			o->family = (enum inv_kind)k;
			return true;
		}
	}
	return o->mixed_families;
}

static bool set_wire(struct house_options *o, const char *v)
{
	o->mixed_wires = strcmp(v, "mixed") == 0;
	for (int w = 0; w < HOUSE_WIRE__MAX; w++) {
		if (strcmp(v, house_wire_names[w]) == 0) {
			o->wire = (enum house_wire)w;
			return true;
		}
	}
	return o->mixed_wires;
}

static bool set_rated(struct house_options *o, const char *v)
{
	double w;

	if (!parse_number(v, 1, 1e6, &w))
		return false;
	o->rated_w = (unsigned)w;
	return true;
}

static bool set_code(struct house_options *o, const char *v)
{
	char *end;
	unsigned long n = strtoul(v, &end, 0);

	o->code = (uint16_t)n;
	return *v != '-' && end != v && !*end && n > 0 && n <= UINT16_MAX;
}

static bool set_unit(struct house_options *o, const char *v)
{
	size_t n;

	if (!parse_count(v, 1, 247, &n))
		return false;
	o->unit = (uint8_t)n;
	return true;
}

static bool set_firmware(struct house_options *o, const char *v)
{
	return parse_switch(v, "old", "new", &o->old_firmware);
}

static bool set_area(struct house_options *o, const char *v)
{
	static const char *const names[] = { "off", "on", "garbage" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(v, names[i]) == 0) {
			o->area = (enum inv_area)i;
			return true;
		}
	}
	return false;
}

static bool set_net(struct house_options *o, const char *v)
{
	return parse_address(v, &o->net);
}

static bool set_port(struct house_options *o, const char *v)
{
	return parse_port(v, &o->port);
}

static bool set_modbus_port(struct house_options *o, const char *v)
{
	return parse_port(v, &o->modbus_port);
}

static bool set_udp_port(struct house_options *o, const char *v)
{
	return parse_port(v, &o->udp_port);
}

static bool set_tty(struct house_options *o, const char *v)
{
	return *v == '/' && snprintf(o->tty, sizeof(o->tty), "%s", v) < (int)sizeof(o->tty);
}

static bool set_delay(struct house_options *o, const char *v)
{
	return parse_delay(v, &o->delay_min_ms, &o->delay_max_ms);
}

static bool set_refusal(struct house_options *o, const char *v)
{
	return parse_switch(v, "v5", "exception", &o->refuses_by_v5);
}

static const struct {
	const char *key;
	bool (*set)(struct house_options *o, const char *value);
	const char *wants;
} option_table[] = {
	{ "seed", set_seed, "a whole number" },
	{ "speed", set_speed, "0 to 10000" },
	{ "packs", set_packs, "1 to 64" },
	{ "cells", set_cells, "2 to 32" },
	{ "generation", set_generation, "JK02_32S, JK02_24S, JK04 or mixed" },
	{ "rate", set_rate, "0.01 to 200" },
	{ "chunk", set_chunk, "auto, 20, 128 or 244" },
	{ "soc", set_soc, "0 to 100" },
	{ "adapters", set_adapters, "1 to 4" },
	{ "chemistry", set_chemistry, "LFP or NMC" },
	{ "neighbours", set_neighbours, "0 to 5" },
	{ "keep-links", set_keep_links, "on or off" },
	{ "start", set_start, "HH:MM or now" },
	{ "outages", set_outages, "none or HH:MM-HH:MM,…, at most 16" },
	{ "reconnect", set_reconnect, "0 to 3600 seconds" },
	{ "sell", set_sell, "on or off" },
	{ "ct", set_ct, "on or off" },
	{ "inverters", set_inverters, "0 to 32" },
	{ "family", set_family, "hybrid1p, hybrid3p_lv, hybrid3p_hv, string, micro or mixed" },
	{ "wire", set_wire, "v5, tcp, rtu or mixed" },
	{ "rated", set_rated, "watts" },
	{ "code", set_code, "a number from 1 to 0xFFFF" },
	{ "unit", set_unit, "1 to 247" },
	{ "firmware", set_firmware, "new or old" },
	{ "pack-area", set_area, "off, on or garbage" },
	{ "net", set_net, "an IPv4 address" },
	{ "port", set_port, "1 to 65535" },
	{ "modbus-port", set_modbus_port, "1 to 65535" },
	{ "udp-port", set_udp_port, "1 to 65535" },
	{ "tty", set_tty, "the beginning of a path, from /" },
	{ "delay", set_delay, "milliseconds, or MIN-MAX" },
	{ "refusal", set_refusal, "exception or v5" },
};

/* -> 1: done, 0: not an option of the plugs, -1: ret_error says why not */
static int set_plug_option(struct house_options *o, const char *key, const char *value,
			   char ret_error[static HOUSE_ERROR_MAX])
{
	const char *name, *wants = NULL;

	for (size_t i = 0; (name = plug_option_key(i, &wants)); i++) {
		if (strcmp(name, key) != 0)
			continue;
		if (plug_option_set(&o->plug, i, value))
			return 1;
		snprintf(ret_error, HOUSE_ERROR_MAX, "%s: wants %s, not \"%.60s\"", key, wants,
			 value);
		return -1;
	}
	return 0;
}

bool house_option_set(struct house_options *o, const char *key, const char *value,
		      char ret_error[static HOUSE_ERROR_MAX])
{
	int r = set_plug_option(o, key, value, ret_error);

	if (r)
		return r > 0;
	for (size_t i = 0; i < sizeof(option_table) / sizeof(option_table[0]); i++) {
		if (strcmp(option_table[i].key, key) != 0)
			continue;
		if (option_table[i].set(o, value))
			return true;
		snprintf(ret_error, HOUSE_ERROR_MAX, "%s: wants %s, not \"%.60s\"", key,
			 option_table[i].wants, value);
		return false;
	}
	snprintf(ret_error, HOUSE_ERROR_MAX, "unknown option \"%.60s\"", key);
	return false;
}

/* A word without "=" goes on with the list before it: outages=10:03-10:08,12:00-16:00 */
static bool join(char *list, size_t size, const char *more)
{
	size_t len = strlen(list);

	return *list && snprintf(list + len, size - len, ",%s", more) < (int)(size - len);
}

static bool set_pair(struct house_options *o, char *pair, char ret_error[static HOUSE_ERROR_MAX])
{
	char *value = strchr(pair, '=');

	if (!value)
		return true;
	*value++ = '\0';
	return house_option_set(o, pair, value, ret_error);
}

bool house_options_spec(struct house_options *o, const char *words,
			char ret_error[static HOUSE_ERROR_MAX])
{
	char copy[WORDS_MAX], pair[WORDS_MAX] = "";
	char *save = NULL;

	if (strlen(words) >= sizeof(copy)) {
		snprintf(ret_error, HOUSE_ERROR_MAX, "spec is too long");
		return false;
	}
	memcpy(copy, words, strlen(words) + 1);
	for (char *w = strtok_r(copy, " ,\t\n", &save); w; w = strtok_r(NULL, " ,\t\n", &save)) {
		if (!strchr(w, '=')) {
			if (join(pair, sizeof(pair), w))
				continue;
			snprintf(ret_error, HOUSE_ERROR_MAX, "spec: \"%.60s\" is not key=value", w);
			return false;
		}
		if (!set_pair(o, pair, ret_error))
			return false;
		memcpy(pair, w, strlen(w) + 1);
	}
	return set_pair(o, pair, ret_error);
}

enum inv_kind house_family(const struct house_options *o, size_t number)
{
	return o->mixed_families ? (enum inv_kind)(number % INV_KIND__MAX) : o->family;
}

enum house_wire house_wire(const struct house_options *o, size_t number)
{
	return o->mixed_wires ? (enum house_wire)(number % HOUSE_WIRE__MAX) : o->wire;
}

static bool check_inverter(const struct house_options *o, const struct inv_family *f,
			   char ret_error[static HOUSE_ERROR_MAX])
{
	bool known = !o->code;

	for (size_t i = 0; f->codes[i]; i++)
		known = known || f->codes[i] == o->code;
	if (!known)
		snprintf(ret_error, HOUSE_ERROR_MAX, "code: no %s answers 0x%04X", f->name,
			 o->code);
	else if (o->rated_w && (o->rated_w < f->rated_min_w || o->rated_w > f->rated_max_w))
		snprintf(ret_error, HOUSE_ERROR_MAX, "rated: %s wants %u to %u", f->name,
			 f->rated_min_w, f->rated_max_w);
	else
		return true;
	return false;
}

static enum jk_generation generation_of(const struct house_options *o, size_t number)
{
	return o->mixed ? (enum jk_generation)(number % JK_GENERATION__MAX) : o->generation;
}

bool house_options_check(const struct house_options *o, char ret_error[static HOUSE_ERROR_MAX])
{
	for (size_t k = 0; k < o->packs; k++) {
		enum jk_generation g = generation_of(o, k);

		if (jk_product_find(g, o->cells, 0))
			continue;
		snprintf(ret_error, HOUSE_ERROR_MAX, "cells: %zu are too many for %s", o->cells,
			 jk_generation_names[g]);
		return false;
	}
	for (size_t k = 0; k < o->inverters; k++)
		if (!check_inverter(o, inv_families[house_family(o, k)], ret_error))
			return false;
	return true;
}
