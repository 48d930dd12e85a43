#include "cap.h"

#include <assert.h>
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

/* ---- writing ---- */

#define VENDOR_LEN  8 /* of C8:47:80:12:34:56: the maker's part */
#define ADDRESS_LEN 17

size_t cap_put_head(char *to, size_t room, const struct cap_head *h)
{
	bool known = h->address && strlen(h->address) == ADDRESS_LEN && h->address[2] == ':' &&
		     h->address[VENDOR_LEN] == ':';
	int n = snprintf(to, room, "# " HEADING "%d\n# device %.*s%s\n# start %lld\n",
			 CAP_VERSION_MAX, known ? VENDOR_LEN : 0, known ? h->address : "",
			 known ? ":XX:XX:XX" : "unknown", (long long)h->start_ms);

	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

size_t cap_put_note(char *to, size_t room, const char *key, const char *text)
{
	int n = snprintf(to, room, "# %s: %s", key, text);
	size_t len;

	if (n < 0 || room < 2)
		return 0;
	len = (size_t)n < room - 1 ? (size_t)n : room - 2;
	for (size_t i = 0; i < len; i++)
		if (to[i] < ' ' || to[i] > '~')
			to[i] = '?';
	memcpy(to + len, "\n", 2);
	return len + 1;
}

size_t cap_put(char to[CAP_LINES_MAX], int64_t ms, char dir, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *at = to;

	assert(n > 0 && n <= CAP_DATA_MAX);
	if (ms > 0)
		at += snprintf(at, CAP_LINES_MAX, "@ %lld\n", (long long)ms);
	*at++ = dir;
	*at++ = ' ';
	for (size_t i = 0; i < n; i++) {
		*at++ = digits[p[i] >> 4];
		*at++ = digits[p[i] & 15];
	}
	*at++ = '\n';
	*at = 0;
	return (size_t)(at - to);
}
