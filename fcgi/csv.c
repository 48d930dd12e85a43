#include "csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CSV_ROOM 65536

static char *csv_room(struct csv *c, size_t n)
{
	size_t room = c->room ? c->room : CSV_ROOM;
	char *buf;

	while (room < c->n + n)
		room *= 2;
	if (room != c->room) {
		buf = realloc(c->buf, room);
		if (!buf) {
			c->bad = true;
			return NULL;
		}
		c->buf = buf;
		c->room = room;
	}
	return c->buf + c->n;
}

static void put(struct csv *c, const char *s, size_t n)
{
	char *p = csv_room(c, n);

	if (!p)
		return;
	memcpy(p, s, n);
	c->n += n;
}

static void field(struct csv *c)
{
	if (c->begun)
		put(c, ",", 1);
	c->begun = true;
}

void csv_text(struct csv *c, const char *s)
{
	bool formula;

	field(c);
	if (!s)
		return;
	/* a spreadsheet takes it for a formula, also behind quotes */
	formula = *s && strchr("=+-@\t\r", *s);
	if (!s[strcspn(s, ",\"\r\n")]) {
		put(c, "'", formula);
		put(c, s, strlen(s));
		return;
	}
	put(c, "\"'", 1 + formula);
	for (size_t n; *s; s += n) {
		n = strcspn(s, "\"");
		put(c, s, n);
		if (!s[n])
			break;
		put(c, "\"\"", 2);
		n++;
	}
	put(c, "\"", 1);
}

void csv_num(struct csv *c, double v, int digits)
{
	char b[64];
	int n;

	field(c);
	if (!isfinite(v))
		return;
	n = snprintf(b, sizeof(b), "%.*f", digits, v);
	if (n < 0 || n >= (int)sizeof(b))
		return;
	if (memchr(b, '.', (size_t)n)) {
		while (b[n - 1] == '0')
			n--;
		n -= b[n - 1] == '.';
	}
	if (n == 2 && b[0] == '-' && b[1] == '0')
		put(c, "0", 1);
	else
		put(c, b, (size_t)n);
}

void csv_int(struct csv *c, int64_t v)
{
	char b[24];
	int n = snprintf(b, sizeof(b), "%lld", (long long)v);

	field(c);
	put(c, b, (size_t)n);
}

void csv_empty(struct csv *c, unsigned n)
{
	while (n--)
		field(c);
}

void csv_end(struct csv *c)
{
	put(c, "\r\n", 2);
	c->begun = false;
}

void csv_free(struct csv *c)
{
	free(c->buf);
	*c = (struct csv){ 0 };
}
