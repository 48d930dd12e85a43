#include "jw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *jw_room(struct jw *w, size_t n)
{
	if (w->bad)
		return NULL;
	if (w->len + n + 1 > w->cap) {
		size_t cap = w->cap ? w->cap : 512;
		char *buf;

		while (cap < w->len + n + 1)
			cap *= 2;
		buf = cap <= JW_BUF_MAX ? realloc(w->buf, cap) : NULL;
		if (!buf) {
			w->bad = true;
			return NULL;
		}
		w->buf = buf;
		w->cap = cap;
	}
	return w->buf + w->len;
}

static void jw_put(struct jw *w, const char *s, size_t n)
{
	char *p = jw_room(w, n);

	if (!p)
		return;
	memcpy(p, s, n);
	w->len += n;
}

static void jw_sep(struct jw *w)
{
	if (w->key) {
		w->key = false;
		return;
	}
	if (w->comma >> w->depth & 1u)
		jw_put(w, ",", 1);
	w->comma |= 1u << w->depth;
}

static void jw_open(struct jw *w, bool array)
{
	jw_sep(w);
	if (w->depth >= JW_DEPTH_MAX) {
		w->bad = true;
		return;
	}
	w->depth++;
	w->comma &= ~(1u << w->depth);
	w->array = (w->array & ~(1u << w->depth)) | (uint32_t)array << w->depth;
	jw_put(w, array ? "[" : "{", 1);
}

void jw_obj(struct jw *w)
{
	jw_open(w, false);
}

void jw_arr(struct jw *w)
{
	jw_open(w, true);
}

void jw_end(struct jw *w)
{
	if (w->depth == 0) {
		w->bad = true;
		return;
	}
	jw_put(w, w->array >> w->depth & 1u ? "]" : "}", 1);
	w->depth--;
}

/* Length of the UTF-8 sequence at s (n bytes left), 0 when it isn't one. */
static size_t utf8_len(const unsigned char *s, size_t n)
{
	static const struct {
		unsigned char mask, lead;
		size_t len;
		uint32_t min;
	} kinds[] = { { 0xE0, 0xC0, 2, 0x80 },
		      { 0xF0, 0xE0, 3, 0x800 },
		      { 0xF8, 0xF0, 4, 0x10000 } };

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		uint32_t c;

		if ((s[0] & kinds[k].mask) != kinds[k].lead)
			continue;
		if (n < kinds[k].len)
			return 0;
		c = s[0] & (unsigned char)~kinds[k].mask;
		for (size_t i = 1; i < kinds[k].len; i++) {
			if ((s[i] & 0xC0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3Fu);
		}
		if (c < kinds[k].min || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
			return 0;
		return kinds[k].len;
	}
	return 0;
}

static void jw_escaped(struct jw *w, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t from = 0, i = 0;

	jw_put(w, "\"", 1);
	while (i < n) {
		char esc[8];
		size_t len = 1;

		if (u[i] >= 0x20 && u[i] < 0x80 && u[i] != '"' && u[i] != '\\') {
			i++;
			continue;
		}
		if (u[i] >= 0x80 && (len = utf8_len(u + i, n - i)) > 0) {
			i += len;
			continue;
		}
		jw_put(w, s + from, i - from);
		if (u[i] >= 0x80)
			snprintf(esc, sizeof(esc), "\xEF\xBF\xBD");
		else if (u[i] == '"' || u[i] == '\\')
			snprintf(esc, sizeof(esc), "\\%c", u[i]);
		else
			snprintf(esc, sizeof(esc), "\\u%04x", u[i]);
		jw_put(w, esc, strlen(esc));
		from = ++i;
	}
	jw_put(w, s + from, n - from);
	jw_put(w, "\"", 1);
}

void jw_key(struct jw *w, const char *key)
{
	jw_sep(w);
	jw_escaped(w, key, strlen(key));
	jw_put(w, ":", 1);
	w->key = true;
}

void jw_strn(struct jw *w, const char *s, size_t n)
{
	jw_sep(w);
	jw_escaped(w, s, n);
}

void jw_str(struct jw *w, const char *s)
{
	if (s)
		jw_strn(w, s, strlen(s));
	else
		jw_null(w);
}

void jw_int(struct jw *w, int64_t v)
{
	char b[24];
	int n = snprintf(b, sizeof(b), "%lld", (long long)v);

	jw_sep(w);
	jw_put(w, b, (size_t)n);
}

void jw_num(struct jw *w, double v, int digits)
{
	char b[64];
	int n;

	if (!isfinite(v)) {
		jw_null(w);
		return;
	}
	if (fabs(v) >= 1e15) {
		n = snprintf(b, sizeof(b), "%.17g", v);
		jw_sep(w);
		jw_put(w, b, (size_t)n);
		return;
	}
	n = snprintf(b, sizeof(b), "%.*f", digits, v);
	if (memchr(b, '.', (size_t)n)) {
		while (b[n - 1] == '0')
			n--;
		if (b[n - 1] == '.')
			n--;
	}
	jw_sep(w);
	if (n == 2 && b[0] == '-' && b[1] == '0')
		jw_put(w, "0", 1);
	else
		jw_put(w, b, (size_t)n);
}

void jw_bool(struct jw *w, bool v)
{
	jw_raw(w, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
	jw_raw(w, "null");
}

void jw_raw(struct jw *w, const char *json)
{
	jw_rawn(w, json, strlen(json));
}

void jw_rawn(struct jw *w, const char *json, size_t n)
{
	jw_sep(w);
	jw_put(w, json, n);
}

void jw_kstr(struct jw *w, const char *key, const char *s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void jw_knum(struct jw *w, const char *key, double v, int digits)
{
	jw_key(w, key);
	jw_num(w, v, digits);
}

void jw_kint(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, key);
	jw_int(w, v);
}

void jw_kbool(struct jw *w, const char *key, bool v)
{
	jw_key(w, key);
	jw_bool(w, v);
}

const char *jw_text(struct jw *w)
{
	if (!jw_room(w, 0))
		return NULL;
	w->buf[w->len] = 0;
	return w->buf;
}

void jw_reset(struct jw *w)
{
	*w = (struct jw){ .buf = w->buf, .cap = w->cap };
}

void jw_free(struct jw *w)
{
	free(w->buf);
	*w = (struct jw){ 0 };
}
