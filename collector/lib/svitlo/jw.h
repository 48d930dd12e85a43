/*
 * JSON writer: streams into a growing buffer or a caller's function. No tree, no allocation
 * beyond the buffer. Numbers that JSON cannot say (NaN, infinity) are written as null; bytes that
 * are not UTF-8 become U+FFFD.
 *
 *	struct jw w = { 0 };			// collects in w.buf
 *	jw_obj(&w); jw_key(&w, "soc"); jw_num(&w, 71, 0); jw_end(&w);
 *	puts(jw_text(&w)); jw_free(&w);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JW_DEPTH_MAX 30
#define JW_BUF_MAX   (8u << 20)

struct jw {
	char *buf;
	size_t len, cap;
	uint32_t comma, array; /* a bit a level */
	unsigned depth;
	bool key; /* a key was just written */
	bool bad; /* out of memory, too deep or too long: the text must not be used */
};

void jw_obj(struct jw *w);
void jw_arr(struct jw *w);
void jw_end(struct jw *w); /* closes the innermost object or array */
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, const char *s); /* NULL: null */
void jw_strn(struct jw *w, const char *s, size_t n);
void jw_num(struct jw *w, double v, int digits); /* at most `digits` decimals, no trailing zeros */
void jw_int(struct jw *w, int64_t v);
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, const char *json); /* a value that is JSON already */
/* The same from n bytes; also members of an object, with their keys. */
void jw_rawn(struct jw *w, const char *json, size_t n);

/* key and value in one */
void jw_kstr(struct jw *w, const char *key, const char *s);
void jw_knum(struct jw *w, const char *key, double v, int digits);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, bool v);

/* The text, NUL-terminated, borrows until the next call; NULL when bad. */
const char *jw_text(struct jw *w);
void jw_reset(struct jw *w); /* empty again, keeps the memory */
void jw_free(struct jw *w);
