#include "deye_conf.h"

#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* A word of the options and the number that it stands for. */
struct word {
	const char *word;
	int value;
};
static const struct word scales[] = { { "auto", 0 }, { "1", 1 }, { "10", 10 }, { NULL, 0 } };
static const struct word clamps[] = { { "auto", -1 }, { "on", 1 }, { "off", 0 }, { NULL, 0 } };
static const struct word blocks[] = {
	{ "auto", 0 }, { "125", 125 }, { "60", 60 }, { "16", 16 }, { NULL, 0 }
};

static int conf_word(const struct word *words, const char *key, const char *text, struct err *e)
{
	char list[80] = "";
	size_t n = 0;

	for (const struct word *w = words; w->word; w++) {
		if (strcmp(w->word, text) == 0)
			return w->value;
		n += (size_t)snprintf(list + n, sizeof(list) - n, " %s", w->word);
	}
	return err_set(e, -EINVAL, "options: %s is one of:%s", key, list);
}

static int conf_family(const char *text, struct err *e)
{
	int f = strcmp(text, "auto") == 0 ? -1 : deye_family_named(text);

	if (f < 0 && strcmp(text, "auto") != 0)
		return err_set(e, -EINVAL, "options: there is no family \"%.20s\"", text);
	return f;
}

int deye_conf_parse(struct deye_conf *ret, const char *options, struct err *e)
{
	const char *family = "auto", *clamp = "auto", *block = "auto", *scale[DEYE_TRAP__MAX];
	struct err why = { 0 };
	json_error_t je;
	json_int_t poll = DEYE_POLL_S, serial = 0;
	json_auto_t *o = json_loads(options, JSON_REJECT_DUPLICATES, &je);

	for (int t = 0; t < DEYE_TRAP__MAX; t++)
		scale[t] = "auto";
	if (!o ||
	    json_unpack_ex(o, &je, JSON_STRICT, "{s?I s?s s?s s?s s?I s?s s?s s?s s?s}", "poll_s",
			   &poll, "family", &family, "clamp", &clamp, "block", &block, "serial",
			   &serial, deye_traps[DEYE_TRAP_POWER].key, &scale[DEYE_TRAP_POWER],
			   deye_traps[DEYE_TRAP_AMPS].key, &scale[DEYE_TRAP_AMPS],
			   deye_traps[DEYE_TRAP_DAY].key, &scale[DEYE_TRAP_DAY],
			   deye_traps[DEYE_TRAP_TOTAL].key, &scale[DEYE_TRAP_TOTAL]) < 0)
		return err_set(e, -EINVAL, "options: %s", je.text);
	if (poll < 1 || poll > DEYE_POLL_S_MAX)
		return err_set(e, -EINVAL, "options: poll_s is from 1 to %d", DEYE_POLL_S_MAX);
	if (serial < 0 || serial > UINT32_MAX)
		return err_set(e, -EINVAL, "options: serial is the number on the stick");
	*ret = (struct deye_conf){
		.poll_s = (unsigned)poll,
		.serial = (uint32_t)serial,
		.family = conf_family(family, &why),
		.clamp = conf_word(clamps, "clamp", clamp, &why),
		.block = (unsigned)conf_word(blocks, "block", block, &why),
	};
	for (int t = 0; t < DEYE_TRAP__MAX; t++)
		ret->scale[t] = (unsigned)conf_word(scales, deye_traps[t].key, scale[t], &why);
	return why.code ? err_set(e, why.code, "%s", why.text) : 0;
}

void deye_learned_parse(struct deye_learned *ret, const char *json)
{
	json_auto_t *o = json ? json_loads(json, 0, NULL) : NULL;
	const char *family = "";
	int block = DEYE_BLOCK_MAX, clamp = 0;
	json_int_t serial = 0;

	*ret = (struct deye_learned){ .family = -1, .block = DEYE_BLOCK_MAX };
	if (!o || json_unpack(o, "{s?s s?i s?b s?I}", "family", &family, "block", &block, "clamp",
			      &clamp, "serial", &serial) < 0)
		return;
	ret->family = deye_family_named(family);
	for (int t = DEYE_TRAP_NONE + 1; t < DEYE_TRAP__MAX; t++) {
		json_int_t n = json_integer_value(json_object_get(o, deye_traps[t].key));

		ret->scale[t] = n == 1 || n == 10 ? (unsigned)n : 0;
	}
	ret->clamp = clamp;
	ret->serial = serial > 0 && serial <= UINT32_MAX ? (uint32_t)serial : 0;
	for (const struct word *w = blocks; w->word; w++)
		if (w->value && w->value == block)
			ret->block = (unsigned)block;
}

void deye_learned_json(const struct deye_learned *l, struct jw *w)
{
	if (l->family >= 0)
		jw_kstr(w, "family", deye_models[l->family].name);
	for (int t = 0; t < DEYE_TRAP__MAX; t++)
		if (l->scale[t])
			jw_kint(w, deye_traps[t].key, l->scale[t]);
	jw_kint(w, "block", l->block);
	jw_kbool(w, "clamp", l->clamp);
	if (l->serial)
		jw_kint(w, "serial", l->serial);
}
