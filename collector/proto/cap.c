#include "cap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADING	 "svitlo capture "
#define MS_LIMIT 100000000000000ll /* year 5138 */

static bool is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return -1;
}

/* A decimal number at *s, which moves behind it. -> false: none, or out of range */
static bool take_ms(const char **s, const char *end, int64_t *ret)
{
	const char *p = *s;
	int64_t v = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (*p - '0');
		if (v > MS_LIMIT)
			return false;
	}
	if (p == *s)
		return false;
	*s = p;
	*ret = v;
	return true;
}

static const char *skip_space(const char *s, const char *end)
{
	while (s < end && is_space(*s))
		s++;
	return s;
}

static int take_hex(struct cap *c, const char *s, const char *end, struct err *e)
{
	c->len = 0;
	while (s < end) {
		int hi, lo;

		if (is_space(*s) || *s == ':') {
			s++;
			continue;
		}
		hi = hex_digit(*s);
		lo = s + 1 < end ? hex_digit(s[1]) : -1;
		if (hi < 0 || lo < 0)
			return err_set(e, -EPROTO, "line %u: not hexadecimal bytes", c->line);
		if (c->len == sizeof(c->data))
			return err_set(e, -EMSGSIZE, "line %u: longer than %d bytes", c->line,
				       CAP_DATA_MAX);
		c->data[c->len++] = (uint8_t)(hi << 4 | lo);
		s += 2;
	}
	return 0;
}

static bool starts(const char *s, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - s) >= n && memcmp(s, word, n) == 0;
}

static int take_note(struct cap *c, const char *s, const char *end, struct err *e)
{
	int64_t v;

	s = skip_space(s, end);
	if (starts(s, end, HEADING)) {
		s += strlen(HEADING);
		if (!take_ms(&s, end, &v))
			return err_set(e, -EPROTO, "line %u: capture without a version", c->line);
		if (v < 1 || v > CAP_VERSION_MAX)
			return err_set(e, -ENOTSUP, "line %u: capture version %lld is not known",
				       c->line, (long long)v);
		c->version = (int)v;
	} else if (starts(s, end, "device ")) {
		s = skip_space(s + 7, end);
		snprintf(c->device, sizeof(c->device), "%.*s", (int)(end - s), s);
	} else if (starts(s, end, "start ")) {
		s = skip_space(s + 6, end);
		if (take_ms(&s, end, &v)) {
			c->has_start = true;
			c->start_ms = v;
		}
	}
	return CAP_NOTE;
}

/* `02 55aaeb90 02…`: a type in a column of its own before its frame */
static void drop_type_column(struct cap *c, const char *s, const char *end)
{
	static const uint8_t head[] = { 0x55, 0xAA, 0xEB, 0x90 };

	if (end - s > 2 && is_space(s[2]) && c->len > sizeof(head) && c->data[0] < 0x10 &&
	    memcmp(c->data + 1, head, sizeof(head)) == 0)
		memmove(c->data, c->data + 1, --c->len);
}

int cap_line(struct cap *c, const char *s, size_t n, struct err *e)
{
	const char *end = s + n, *p;
	int64_t ms;
	int r;

	c->line++;
	c->len = 0;
	s = skip_space(s, end);
	while (end > s && is_space(end[-1]))
		end--;
	if (s == end)
		return CAP_NOTE;
	if (*s == '#')
		return take_note(c, s + 1, end, e);
	if (*s == '@') {
		s = skip_space(s + 1, end);
		if (!take_ms(&s, end, &ms) || s != end || c->at_ms > MS_LIMIT - ms)
			return err_set(e, -EPROTO, "line %u: `@` wants milliseconds", c->line);
		c->at_ms += ms;
		return CAP_NOTE;
	}
	p = s;
	if (take_ms(&p, end, &ms)) {
		p = skip_space(p, end);
		if (p < end && (*p == '<' || *p == '>')) {
			c->at_ms = ms;
			s = p;
		}
	}
	if (*s == '<' || *s == '>') {
		r = take_hex(c, s + 1, end, e);
		return r < 0 ? r : *s == '<' ? CAP_IN : CAP_OUT;
	}
	r = take_hex(c, s, end, e);
	if (r < 0)
		return r;
	drop_type_column(c, s, end);
	return CAP_BARE;
}

int64_t cap_time_ms(const struct cap *c)
{
	return c->has_start ? c->start_ms + c->at_ms : -1;
}
