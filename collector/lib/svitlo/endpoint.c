#include "endpoint.h"

#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNIT_MAX 247 /* Modbus has no more */

static const struct kind {
	const char *scheme;
	uint16_t port;
} kinds[ENDPOINT__MAX] = {
	[ENDPOINT_SOLARMAN] = { "solarman://", 8899 },
	[ENDPOINT_MODBUS] = { "modbus://", 502 },
	[ENDPOINT_RTU] = { "rtu://", 0 },
};

static int endpoint_kind(const char *url)
{
	for (int k = 0; k < ENDPOINT__MAX; k++)
		if (strncasecmp(url, kinds[k].scheme, strlen(kinds[k].scheme)) == 0)
			return k;
	return -1;
}

bool endpoint_is(const char *url)
{
	return endpoint_kind(url) >= 0;
}

/* -> the number, or -EINVAL */
static int64_t endpoint_number(const char *s, size_t n, int64_t lo, int64_t hi, const char *what,
			       struct err *e)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = isdigit((unsigned char)s[i]) && v <= hi ? v * 10 + (s[i] - '0') : hi + 1;
	if (!n || v < lo || v > hi)
		return err_set(e, -EINVAL, "%s is a whole number from %lld to %lld", what,
			       (long long)lo, (long long)hi);
	return v;
}

static int take_unit(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	int64_t v = endpoint_number(s, n, 1, UNIT_MAX, "unit", e);

	p->unit = v < 0 ? 0 : (uint8_t)v;
	return v < 0 ? (int)v : 0;
}

static int take_serial(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	int64_t v = endpoint_number(s, n, 0, UINT32_MAX,
				    "serial (of the stick, not of the inverter)", e);

	p->serial = v < 0 ? 0 : (uint32_t)v;
	return v < 0 ? (int)v : 0;
}

static int take_baud(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	static const unsigned bauds[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200 };
	int64_t v = endpoint_number(s, n, 0, INT_MAX, "baud", e);
	size_t i = 0;

	if (v < 0)
		return (int)v;
	for (; i < SV_LEN(bauds); i++)
		if (bauds[i] == v)
			break;
	p->baud = (unsigned)v;
	if (i < SV_LEN(bauds))
		return 0;
	return err_set(e, -EINVAL,
		       "baud is one of 1200, 2400, 4800, 9600, 19200, 38400, 57600, "
		       "115200");
}

static int take_parity(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	p->parity = n == 1 ? (char)toupper((unsigned char)*s) : 0;
	return p->parity && strchr("NEO", p->parity)
		       ? 0
		       : err_set(e, -EINVAL, "parity is n (none), e (even) or o (odd)");
}

static const struct {
	const char *key;
	unsigned kinds; /* bits: of those that have it */
	int (*take)(struct endpoint *p, const char *s, size_t n, struct err *e);
} params[] = {
	{ "unit", 1 << ENDPOINT_SOLARMAN | 1 << ENDPOINT_MODBUS | 1 << ENDPOINT_RTU, take_unit },
	{ "serial", 1 << ENDPOINT_SOLARMAN, take_serial },
	{ "baud", 1 << ENDPOINT_RTU, take_baud },
	{ "parity", 1 << ENDPOINT_RTU, take_parity },
};

/* key=value of n characters */
static int endpoint_param(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	const char *eq = memchr(s, '=', n);
	size_t key = eq ? (size_t)(eq - s) : n;

	for (size_t i = 0; eq && i < SV_LEN(params); i++)
		if (strlen(params[i].key) == key && memcmp(params[i].key, s, key) == 0 &&
		    params[i].kinds >> p->kind & 1)
			return params[i].take(p, eq + 1, n - key - 1, e);
	return err_set(e, -EINVAL, "%s does not know \"%.*s\"", kinds[p->kind].scheme,
		       (int)(key < 40 ? key : 40), s);
}

/* A name or an address; the port is behind a colon. */
static int endpoint_host(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	const char *close = n && *s == '[' ? memchr(s, ']', n) : NULL;
	const char *host = close ? s + 1 : s;
	size_t len = close ? (size_t)(close - host) : strcspn(s, ":");
	const char *port;
	int64_t v;

	if (len > n)
		len = n;
	port = close ? close + 1 : s + len;
	if (!len || len >= sizeof(p->host))
		return err_set(e, -EINVAL, "%s needs the address of a device behind it",
			       kinds[p->kind].scheme);
	for (size_t i = 0; i < len; i++)
		if ((close && !memchr(host, ':', len)) ||
		    (!isalnum((unsigned char)host[i]) && !strchr(close ? ":.%" : "-._", host[i])))
			return err_set(e, -EINVAL, "\"%.*s\" is no host's name or address",
				       (int)(len < 60 ? len : 60), host);
	memcpy(p->host, host, len);
	if (port == s + n)
		return 0;
	v = *port == ':' ? endpoint_number(port + 1, n - (size_t)(port + 1 - s), 1, UINT16_MAX,
					   "the port", e)
			 : err_set(e, -EINVAL, "behind the host a port is written :8899");
	p->port = v < 0 ? 0 : (uint16_t)v;
	return v < 0 ? (int)v : 0;
}

static int endpoint_path(struct endpoint *p, const char *s, size_t n, struct err *e)
{
	if (n < 2 || *s != '/')
		return err_set(e, -EINVAL, "a serial port is written rtu:///dev/ttyUSB0");
	if (n >= sizeof(p->host))
		return err_set(e, -EINVAL, "the path of the serial port is too long");
	memcpy(p->host, s, n);
	return 0;
}

int endpoint_parse(struct endpoint *ret, const char *url, struct err *e)
{
	struct endpoint p = { .unit = 1, .baud = 9600, .parity = 'N' };
	int kind = endpoint_kind(url), r;
	size_t n;

	if (kind < 0)
		return err_set(e, -EINVAL,
			       "an inverter's address begins with solarman://, modbus:// "
			       "or rtu://");
	p.kind = (enum endpoint_kind)kind;
	p.port = kinds[kind].port;
	url += strlen(kinds[kind].scheme);
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~')
			return err_set(e, -EINVAL,
				       "an address has no blanks and only plain letters");
	n = strcspn(url, "?");
	/* a slash behind the host means nothing */
	r = kind == ENDPOINT_RTU ? endpoint_path(&p, url, n, e)
				 : endpoint_host(&p, url, n && url[n - 1] == '/' ? n - 1 : n, e);
	url += n + (url[n] == '?');
	while (r == 0 && *url) {
		n = strcspn(url, "&");
		r = endpoint_param(&p, url, n, e);
		url += n + (url[n] == '&');
	}
	if (r == 0)
		*ret = p;
	return r;
}

void endpoint_line(char ret[ENDPOINT_TEXT_MAX], const struct endpoint *p)
{
	bool v6 = p->kind != ENDPOINT_RTU && strchr(p->host, ':');
	size_t n = (size_t)snprintf(ret, ENDPOINT_TEXT_MAX, "%s%s%s%s", kinds[p->kind].scheme,
				    v6 ? "[" : "", p->host, v6 ? "]" : "");

	if (p->kind != ENDPOINT_RTU)
		for (char *c = ret; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	if (p->port != kinds[p->kind].port)
		snprintf(ret + n, ENDPOINT_TEXT_MAX - n, ":%u", p->port);
}

void endpoint_text(char ret[ENDPOINT_TEXT_MAX], const struct endpoint *p)
{
	char mark = '?';
	size_t n;

	endpoint_line(ret, p);
	n = strlen(ret);
	if (p->kind == ENDPOINT_RTU && p->baud != 9600) {
		n += (size_t)snprintf(ret + n, ENDPOINT_TEXT_MAX - n, "%cbaud=%u", mark, p->baud);
		mark = '&';
	}
	if (p->kind == ENDPOINT_RTU && p->parity != 'N') {
		n += (size_t)snprintf(ret + n, ENDPOINT_TEXT_MAX - n, "%cparity=%c", mark,
				      tolower(p->parity));
		mark = '&';
	}
	if (p->unit != 1)
		snprintf(ret + n, ENDPOINT_TEXT_MAX - n, "%cunit=%u", mark, p->unit);
}
