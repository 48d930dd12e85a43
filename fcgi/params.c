#include "params.h"

#include "svitlo/util.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_INT_MAX 9007199254740991.0 /* what a JSON number says exactly */

const char *param_type_name(enum param_type t)
{
	static const char *const names[PARAM__MAX] = {
		[PARAM_INT] = "integer",     [PARAM_NUM] = "number", [PARAM_BOOL] = "boolean",
		[PARAM_NUM_NULL] = "number", [PARAM_STR] = "string", [PARAM_LINE] = "string",
		[PARAM_WORD] = "string",
	};

	return (size_t)t < SV_LEN(names) && names[t] ? names[t] : "null";
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int params_decode(char *s, bool plus_is_space)
{
	char *out = s;

	for (; *s; s++, out++) {
		int hi, lo;

		if (*s == '+' && plus_is_space) {
			*out = ' ';
			continue;
		}
		if (*s != '%') {
			*out = *s;
			continue;
		}
		hi = hex(s[1]);
		lo = hi < 0 ? -1 : hex(s[2]);
		if (lo < 0 || hi + lo == 0)
			return -EINVAL;
		*out = (char)(hi << 4 | lo);
		s += 2;
	}
	*out = 0;
	return 0;
}

int params_utf8_count(const char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	int count = 0;

	for (; *u; count++) {
		unsigned len = *u < 0x80	 ? 1
			       : *u >> 5 == 0x06 ? 2
			       : *u >> 4 == 0x0E ? 3
			       : *u >> 3 == 0x1E ? 4
						 : 0;
		uint32_t c = len > 1 ? *u & (0xFFu >> (len + 1)) : *u;

		if (!len)
			return -EINVAL;
		for (unsigned i = 1; i < len; i++) {
			if ((u[i] & 0xC0) != 0x80)
				return -EINVAL;
			c = c << 6 | (u[i] & 0x3Fu);
		}
		if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
			return -EINVAL;
		u += len;
	}
	return count;
}

static int value_number(const struct param *p, double v, struct value *ret, struct err *e)
{
	if (!(v >= p->lo && v <= p->hi)) /* also NaN */
		return err_set(e, -EINVAL, "%s must be from %.15g to %.15g", p->name, p->lo, p->hi);
	*ret = (struct value){ .set = true, .d = v };
	if (p->type == PARAM_INT)
		ret->i = (int64_t)v;
	return 0;
}

static int value_text(const struct param *p, const char *s, struct value *ret, struct err *e)
{
	int n = params_utf8_count(s);

	if (n < 0)
		return err_set(e, -EINVAL, "%s is not UTF-8", p->name);
	if (n < p->lo || n > p->hi)
		return err_set(e, -EINVAL, "%s must have %.0f to %.0f characters", p->name, p->lo,
			       p->hi);
	if (p->type == PARAM_LINE)
		for (const char *c = s; *c; c++)
			if ((unsigned char)*c < 0x20 || *c == 0x7F)
				return err_set(e, -EINVAL, "%s must not have control characters",
					       p->name);
	*ret = (struct value){ .set = true, .s = s };
	return 0;
}

static int value_word(const struct param *p, const char *s, struct value *ret, struct err *e)
{
	size_t n = strlen(s);

	for (const char *w = p->words; *w; w += strspn(w, " ")) {
		size_t len = strcspn(w, " ");

		if (len == n && memcmp(w, s, n) == 0) {
			*ret = (struct value){ .set = true, .s = s };
			return 0;
		}
		w += len;
	}
	return err_set(e, -EINVAL, "%s must be one of: %s", p->name, p->words);
}

/* A value written in a query: 42, -1.5, true, text. */
static int value_parse(const struct param *p, const char *s, struct value *ret, struct err *e)
{
	size_t n = strlen(s);
	char *end;
	double v;

	switch (p->type) {
	case PARAM_INT:
	case PARAM_NUM:
	case PARAM_NUM_NULL:
		/* strtod alone would take hex, inf, nan and leading space */
		if (n == 0 || n > 24 ||
		    strspn(s, p->type == PARAM_INT ? "-0123456789" : "+-.0123456789eE") != n)
			return err_set(e, -EINVAL, "%s must be %s number", p->name,
				       p->type == PARAM_INT ? "a whole" : "a");
		v = strtod(s, &end);
		if (*end || !isfinite(v) || (p->type == PARAM_INT && fabs(v) > PARAMS_INT_MAX))
			return err_set(e, -EINVAL, "%s is not a number", p->name);
		return value_number(p, v, ret, e);
	case PARAM_BOOL:
		if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
			return err_set(e, -EINVAL, "%s must be true or false", p->name);
		*ret = (struct value){ .set = true, .b = *s == 't' };
		return 0;
	case PARAM_STR:
	case PARAM_LINE:
		return value_text(p, s, ret, e);
	case PARAM_WORD:
		return value_word(p, s, ret, e);
	case PARAM__UNSET:
	case PARAM__MAX:
		break;
	}
	return err_set(e, -EINVAL, "%s has no type", p->name);
}

static int value_json(const struct param *p, const json_t *j, struct value *ret, struct err *e)
{
	static const char *const wants[PARAM__MAX] = {
		[PARAM_INT] = "a whole number",
		[PARAM_NUM] = "a number",
		[PARAM_BOOL] = "true or false",
		[PARAM_STR] = "text",
		[PARAM_LINE] = "text",
		[PARAM_WORD] = "a word",
		[PARAM_NUM_NULL] = "a number or null",
	};

	if (p->type == PARAM_INT && json_is_integer(j))
		return value_number(p, (double)json_integer_value(j), ret, e);
	if (p->type == PARAM_NUM_NULL && json_is_null(j)) {
		*ret = (struct value){ .set = true, .d = NAN };
		return 0;
	}
	if ((p->type == PARAM_NUM || p->type == PARAM_NUM_NULL) && json_is_number(j))
		return value_number(p, json_number_value(j), ret, e);
	if ((p->type == PARAM_STR || p->type == PARAM_LINE) && json_is_string(j))
		return value_text(p, json_string_value(j), ret, e);
	if (p->type == PARAM_WORD && json_is_string(j))
		return value_word(p, json_string_value(j), ret, e);
	if (p->type == PARAM_BOOL && json_is_boolean(j)) {
		*ret = (struct value){ .set = true, .b = json_is_true(j) };
		return 0;
	}
	return err_set(e, -EINVAL, "%s must be %s", p->name, wants[p->type]);
}

static int param_find(const struct param *table, const char *name)
{
	for (int i = 0; table && table[i].name; i++)
		if (strcmp(table[i].name, name) == 0)
			return i;
	return -1;
}

static int params_complete(const struct param *table, const struct value *v, struct err *e)
{
	for (int i = 0; table && table[i].name; i++)
		if (table[i].required && !v[i].set)
			return err_set(e, -EINVAL, "%s is missing", table[i].name);
	return 0;
}

int params_query(const struct param *table, char *query, struct value ret[PARAMS_MAX],
		 struct err *e)
{
	char *rest = query, *pair;

	while (rest && *rest && (pair = strsep(&rest, "&"))) {
		char *val = strchr(pair, '=');
		int i, r;

		if (val)
			*val++ = 0;
		if (params_decode(pair, true) < 0 || (val && params_decode(val, true) < 0))
			return err_set(e, -EINVAL, "the query has a malformed %%XX");
		i = param_find(table, pair);
		if (i < 0)
			return err_set(e, -EINVAL, "there is no parameter \"%.60s\" here", pair);
		if (ret[i].set)
			return err_set(e, -EINVAL, "%s is given twice", table[i].name);
		r = value_parse(&table[i], val ? val : "", &ret[i], e);
		if (r < 0)
			return r;
	}
	return params_complete(table, ret, e);
}

int params_body(const struct param *table, const json_t *body, struct value ret[PARAMS_MAX],
		struct err *e)
{
	union {
		const json_t *in;
		json_t *out;
	} b = { .in = body }; /* jansson iterates over const objects, its types don't say so */
	const char *key;
	json_t *val;

	if (!json_is_object(body))
		return err_set(e, -EINVAL, "the body must be a JSON object");
	json_object_foreach(b.out, key, val)
	{
		int i = param_find(table, key), r;

		if (i < 0)
			return err_set(e, -EINVAL, "there is no parameter \"%.60s\" here", key);
		r = value_json(&table[i], val, &ret[i], e);
		if (r < 0)
			return r;
	}
	return params_complete(table, ret, e);
}
