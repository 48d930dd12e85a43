/* What a route accepts in its query and its body, row by row; anything else is an error. */
#pragma once

#include "svitlo/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARAMS_MAX 24

enum param_type {
	PARAM__UNSET,
	PARAM_INT,
	PARAM_NUM,
	PARAM_NUM_NULL, /* in a body null too, which is NAN */
	PARAM_BOOL,
	PARAM_STR,  /* text */
	PARAM_LINE, /* text without control characters */
	PARAM_WORD, /* one of words */
	PARAM__MAX
};

struct param {
	const char *name; /* NULL ends the table */
	enum param_type type;
	bool required;
	double lo, hi; /* of the number; of the length in characters for text; both included */
	const char *doc;
	const char *words; /* of a PARAM_WORD, a space between them */
};

struct value {
	bool set;
	int64_t i;
	double d;
	bool b;
	const char *s; /* borrows from the query or the body */
};

/* Undoes %XX in place. -EINVAL: cut short, not hexadecimal, or a zero byte. */
int params_decode(char *s, bool plus_is_space);

/* Characters in s, or -EINVAL when it isn't UTF-8. */
int params_utf8_count(const char *s);

/*
 * Fills ret[i] for table row i. The query text is decoded in place. table NULL: accepts nothing.
 * -EINVAL with a text that names the parameter.
 */
int params_query(const struct param *table, char *query, struct value ret[PARAMS_MAX],
		 struct err *e);
int params_body(const struct param *table, const json_t *body, struct value ret[PARAMS_MAX],
		struct err *e);

/* JSON Schema's word for the type. */
const char *param_type_name(enum param_type t);
