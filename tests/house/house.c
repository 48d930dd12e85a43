/*
 * Options of the house, and how a house is built from them.
 */
#include "house.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SPEED_MAX     10000.0
#define HELD_UP_MAX_S 5.0 /* a longer pause of this process is not simulated */
#define WORDS_MAX     1024

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
};

static bool parse_number(const char *s, double lo, double hi, double *ret)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(s, &end);
	if (errno || end == s || *end || !isfinite(v) || v < lo || v > hi)
		return false;
	*ret = v;
	return true;
}

static bool parse_count(const char *s, size_t lo, size_t hi, size_t *ret)
{
	double v;

	if (!parse_number(s, (double)lo, (double)hi, &v) || v != floor(v))
		return false;
	*ret = (size_t)v;
	return true;
}

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

static const struct {
	const char *key;
	bool (*set)(struct house_options *o, const char *value);
	const char *wants;
} option_table[] = {
	{ "seed", set_seed, "a whole number" },
	{ "speed", set_speed, "0 to 10000" },
	{ "packs", set_packs, "1 to 16" },
	{ "cells", set_cells, "2 to 32" },
	{ "generation", set_generation, "JK02_32S, JK02_24S, JK04 or mixed" },
	{ "rate", set_rate, "0.01 to 200" },
	{ "chunk", set_chunk, "auto, 20, 128 or 244" },
	{ "soc", set_soc, "0 to 100" },
	{ "adapters", set_adapters, "1 to 4" },
	{ "chemistry", set_chemistry, "LFP or NMC" },
	{ "neighbours", set_neighbours, "0 to 5" },
	{ "keep-links", set_keep_links, "on or off" },
};

bool house_option_set(struct house_options *o, const char *key, const char *value,
		      char ret_error[static HOUSE_ERROR_MAX])
{
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

bool house_options_spec(struct house_options *o, const char *words,
			char ret_error[static HOUSE_ERROR_MAX])
{
	char copy[WORDS_MAX];
	char *save = NULL;

	if (strlen(words) >= sizeof(copy)) {
		snprintf(ret_error, HOUSE_ERROR_MAX, "spec is too long");
		return false;
	}
	memcpy(copy, words, strlen(words) + 1);
	for (char *w = strtok_r(copy, " ,\t\n", &save); w; w = strtok_r(NULL, " ,\t\n", &save)) {
		char *value = strchr(w, '=');

		if (!value) {
			snprintf(ret_error, HOUSE_ERROR_MAX, "spec: \"%.60s\" is not key=value", w);
			return false;
		}
		*value++ = '\0';
		if (!house_option_set(o, w, value, ret_error))
			return false;
	}
	return true;
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
	return true;
}

static void init_pack(struct house *h, size_t k)
{
	const struct house_options *o = &h->options;
	struct house_pack *p = &h->pack[k];
	size_t turn = o->mixed ? k / JK_GENERATION__MAX : k;
	const struct jk_product *product = jk_product_find(generation_of(o, k), o->cells, turn);

	jk_identity_init(&p->id, product, o->seed, k);
	p->gatt = (struct gatt_bms){
		.id = &p->id,
		.model = &h->model,
		.pack = &h->model.pack[k],
		.rate_hz = o->rate_hz,
		.chunk = o->chunk ? (uint16_t)o->chunk : product->chunk,
	};
	/* An ATT notification carries three bytes less than the MTU. */
	p->mtu = o->chunk ? (uint16_t)(o->chunk + 3) : product->mtu;
	gatt_init(&p->gatt, o->seed, k);
}

void house_init(struct house *h, const struct house_options *o, int64_t now_ms)
{
	const struct model_setup setup = {
		.seed = o->seed,
		.packs = o->packs,
		.cells = o->cells,
		.chemistry = o->chemistry,
		.soc_pct = o->soc_pct,
	};

	memset(h, 0, sizeof(*h));
	h->options = *o;
	h->last_ms = now_ms;
	model_init(&h->model, &setup);
	for (size_t k = 0; k < o->packs; k++)
		init_pack(h, k);
}

void house_advance(struct house *h, int64_t now_ms)
{
	double passed_s = (double)(now_ms - h->last_ms) / 1000;

	h->last_ms = now_ms;
	model_step(&h->model, fmin(passed_s, HELD_UP_MAX_S) * h->options.speed);
}

bool house_advertises(const struct house_pack *p, int64_t now_ms)
{
	return !p->absent && !p->gatt.connected && now_ms >= p->held_until_ms;
}
