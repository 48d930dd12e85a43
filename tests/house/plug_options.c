/*
 * See plug_options.h.
 */
#include "plug_options.h"

#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS_BYTES 256

/* -> the place of the word in names, or n */
static size_t word_among(const char *word, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(word, names[i]) != 0)
		i++;
	return i;
}

static bool set_count(struct plug_options *o, const char *v)
{
	if (!parse_count(v, 0, HOUSE_PLUGS_MAX, &o->count))
		return false;
	o->asked = true;
	return true;
}

static bool set_models(struct plug_options *o, const char *v)
{
	char copy[KINDS_BYTES], *save = NULL;
	size_t n = 0;

	if (snprintf(copy, sizeof(copy), "%s", v) >= (int)sizeof(copy))
		return false;
	for (char *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		size_t kind = word_among(w, plug_kind_names, PLUG_KIND__MAX);

		if (kind == PLUG_KIND__MAX || n == HOUSE_PLUGS_MAX)
			return false;
		o->kind[n++] = (enum plug_kind)kind;
	}
	o->n_kinds = n;
	return n > 0;
}

static bool set_wire(struct plug_options *o, const char *v)
{
	size_t wire = word_among(v, plug_wire_names, PLUG_WIRE__MAX);

	o->mixed_wires = strcmp(v, "mixed") == 0;
	if (wire < PLUG_WIRE__MAX)
		o->wire = (enum plug_wire)wire;
	return o->mixed_wires || wire < PLUG_WIRE__MAX;
}

static bool set_net(struct plug_options *o, const char *v)
{
	return parse_address(v, &o->net);
}

static bool set_port(struct plug_options *o, const char *v)
{
	return parse_port(v, &o->port);
}

static bool set_udp_port(struct plug_options *o, const char *v)
{
	return parse_port(v, &o->udp_port);
}

static bool set_account(struct plug_options *o, const char *v)
{
	return snprintf(o->account, sizeof(o->account), "%s", v) < (int)sizeof(o->account);
}

static bool set_password(struct plug_options *o, const char *v)
{
	return snprintf(o->password, sizeof(o->password), "%s", v) < (int)sizeof(o->password);
}

static bool set_delay(struct plug_options *o, const char *v)
{
	return parse_delay(v, &o->delay_min_ms, &o->delay_max_ms);
}

static bool set_start(struct plug_options *o, const char *v)
{
	static const char *const names[] = { "off", "on", "mixed" };
	size_t i = word_among(v, names, 3);

	o->start = i < 3 ? (enum plug_start)i : o->start;
	return i < 3;
}

static const struct {
	const char *key;
	bool (*set)(struct plug_options *o, const char *value);
	const char *wants;
} rows[] = {
	{ "plugs", set_count, "0 to 128" },
	{ "plug-models", set_models, "P100,P105,P110,P110M,P115,P125M,P300,P304M,P306" },
	{ "plug-wire", set_wire, "klap, klap1, aes, tpap or mixed" },
	{ "plug-net", set_net, "an IPv4 address" },
	{ "plug-port", set_port, "1 to 65535" },
	{ "plug-udp-port", set_udp_port, "1 to 65535" },
	{ "plug-delay", set_delay, "milliseconds, or MIN-MAX" },
	{ "plug-start", set_start, "off, on or mixed" },
	{ "account", set_account, "an address" },
	{ "password", set_password, "at most 127 bytes" },
};

const char *plug_option_key(size_t i, const char **ret_wants)
{
	if (i >= sizeof(rows) / sizeof(rows[0]))
		return NULL;
	*ret_wants = rows[i].wants;
	return rows[i].key;
}

bool plug_option_set(struct plug_options *o, size_t i, const char *value)
{
	return rows[i].set(o, value);
}

enum plug_kind plug_option_kind(const struct plug_options *o, size_t number)
{
	return o->kind[number % o->n_kinds];
}

enum plug_wire plug_option_wire(const struct plug_options *o, size_t number)
{
	static const enum plug_wire turn[] = { PLUG_KLAP, PLUG_AES, PLUG_TPAP, PLUG_KLAP1 };

	return o->mixed_wires ? turn[number % 4] : o->wire;
}

static unsigned sockets_of(const struct plug_options *o, size_t number)
{
	return plug_product_find(plug_option_kind(o, number), PLUG_KLAP)->sockets;
}

struct plug_setup plug_option_setup(const struct plug_options *o, uint64_t seed, size_t number)
{
	struct plug_setup s = {
		.seed = seed,
		.number = number,
		.kind = plug_option_kind(o, number),
		.wire = plug_option_wire(o, number),
		.on = o->start == PLUG_START_ON || (o->start == PLUG_START_MIXED && number % 2),
	};

	for (size_t k = 0; k < number; k++) {
		if (sockets_of(o, k) > 1)
			s.small_turn += sockets_of(o, k);
		else
			s.single_turn++;
	}
	return s;
}
