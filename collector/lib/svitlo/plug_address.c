#include "plug_address.h"

#include "util.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STRIP_MAX     INT64_C(999999999999999) /* as ids in the API */
#define HOST_V4_LEN   15
#define HOST_V6_LEN   (INET6_ADDRSTRLEN - 1)
#define HOST_ZONE_MAX 15 /* as names of interfaces */

static const char scheme[] = "tapo://", socket_scheme[] = "socket:";

static int not_home(const char *host, struct err *e)
{
	return err_set(e, -EINVAL,
		       "%s is no address of a home's network: only private, link-local and "
		       "loopback ones are asked",
		       host);
}

static int no_address(const char *s, size_t n, struct err *e)
{
	return err_set(
		e, -EINVAL,
		"\"%.*s\" is no IP address: a plug is named by one, like tapo://192.168.1.20",
		(int)(n < 60 ? n : 60), s);
}

/* -> the number, or -EINVAL; without zeros before it: there is one way to write it */
static int64_t number(const char *s, size_t n, int64_t hi)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = isdigit((unsigned char)s[i]) && v <= hi ? v * 10 + (s[i] - '0') : hi + 1;
	return n && *s != '0' && v <= hi ? v : -EINVAL;
}

static bool is_home_v4(uint32_t ip)
{
	static const struct {
		uint32_t net;
		int bits;
	} homes[] = {
		{ 0x0A000000, 8 },  { 0xAC100000, 12 }, { 0xC0A80000, 16 },
		{ 0xA9FE0000, 16 }, { 0x7F000000, 8 },
	};

	for (size_t i = 0; i < SV_LEN(homes); i++)
		if ((ip & (~0u << (32 - homes[i].bits))) == homes[i].net)
			return true;
	return false;
}

static int take_v4(struct plug_address *p, const char *s, size_t n, struct err *e)
{
	char text[HOST_V4_LEN + 1] = "";
	struct in_addr in;

	if (n <= HOST_V4_LEN)
		memcpy(text, s, n);
	if (inet_pton(AF_INET, text, &in) != 1)
		return no_address(s, n, e);
	memcpy(p->host, text, sizeof(text));
	return is_home_v4(ntohl(in.s_addr)) ? 0 : not_home(p->host, e);
}

/* The interface of a link-local address: %eth0. */
static int take_zone(struct plug_address *p, const char *s, size_t n)
{
	size_t len = strlen(p->host);

	if (n < 2 || n > HOST_ZONE_MAX + 1)
		return -EINVAL;
	for (size_t i = 1; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-_.", s[i]))
			return -EINVAL;
	memcpy(p->host + len, s, n);
	p->host[len + n] = 0;
	return 0;
}

/* s: between the brackets */
static int take_v6(struct plug_address *p, const char *s, size_t n, struct err *e)
{
	const char *zone = memchr(s, '%', n);
	size_t len = zone ? (size_t)(zone - s) : n;
	char text[HOST_V6_LEN + 1] = "";
	struct in6_addr in;
	bool link;

	if (len <= HOST_V6_LEN)
		memcpy(text, s, len);
	if (inet_pton(AF_INET6, text, &in) != 1)
		return no_address(s, n, e);
	inet_ntop(AF_INET6, &in, p->host, sizeof(p->host));
	link = IN6_IS_ADDR_LINKLOCAL(&in);
	if (zone && (!link || take_zone(p, zone, n - len) < 0))
		return no_address(s, n, e);
	/* fc00::/7 are the private ones */
	return link || IN6_IS_ADDR_LOOPBACK(&in) || (in.s6_addr[0] & 0xFE) == 0xFC
		       ? 0
		       : not_home(p->host, e);
}

/* s: behind the scheme */
static int take_host(struct plug_address *p, const char *s, struct err *e)
{
	size_t n = strlen(s), len;
	const char *close, *port;
	int64_t v;
	int r;

	if (n && s[n - 1] == '/') /* means nothing */
		n--;
	close = n && *s == '[' ? memchr(s, ']', n) : NULL;
	len = close ? (size_t)(close - s - 1) : strcspn(s, ":/");
	if (len > n)
		len = n;
	if (!len)
		return err_set(e, -EINVAL, "tapo:// needs the address of a plug behind it");
	r = close ? take_v6(p, s + 1, len, e) : take_v4(p, s, len, e);
	port = close ? close + 1 : s + len;
	if (r < 0 || port == s + n)
		return r;
	if (*port != ':')
		return err_set(e, -EINVAL, "behind a plug's address a port is written :80");
	v = number(port + 1, n - (size_t)(port + 1 - s), UINT16_MAX);
	if (v < 0)
		return err_set(e, -EINVAL, "the port is a whole number from 1 to %d", UINT16_MAX);
	p->port = (uint16_t)v;
	return 0;
}

/* s: behind the scheme */
static int take_socket(struct plug_address *p, const char *s, struct err *e)
{
	size_t n = strcspn(s, "/");
	int64_t strip = number(s, n, STRIP_MAX), position = -EINVAL;

	if (s[n] == '/')
		position = number(s + n + 1, strlen(s + n + 1), PLUG_SOCKETS_MAX);
	if (strip < 0 || position < 0)
		return err_set(e, -EINVAL,
			       "a socket is written socket:7/1: the strip's number, and 1 to %d",
			       PLUG_SOCKETS_MAX);
	p->socket = true;
	p->port = 0;
	p->strip = strip;
	p->position = (unsigned)position;
	return 0;
}

bool plug_address_is(const char *text)
{
	return strncasecmp(text, scheme, sizeof(scheme) - 1) == 0;
}

int plug_address_parse(struct plug_address *ret, const char *text, struct err *e)
{
	struct plug_address p = { .port = PLUG_PORT };
	int r;

	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return err_set(e, -EINVAL,
				       "an address has no blanks and only plain letters");
	if (plug_address_is(text))
		r = take_host(&p, text + sizeof(scheme) - 1, e);
	else if (strncmp(text, socket_scheme, sizeof(socket_scheme) - 1) == 0)
		r = take_socket(&p, text + sizeof(socket_scheme) - 1, e);
	else
		r = err_set(e, -EINVAL, "a plug's address begins with tapo://");
	if (r == 0)
		*ret = p;
	return r;
}

void plug_address_text(char ret[PLUG_ADDRESS_MAX], const struct plug_address *p)
{
	bool v6 = strchr(p->host, ':');
	size_t n;

	if (p->socket) {
		snprintf(ret, PLUG_ADDRESS_MAX, "%s%" PRId64 "/%u", socket_scheme, p->strip,
			 p->position);
		return;
	}
	n = (size_t)snprintf(ret, PLUG_ADDRESS_MAX, "%s%s%s%s", scheme, v6 ? "[" : "", p->host,
			     v6 ? "]" : "");
	if (p->port != PLUG_PORT)
		snprintf(ret + n, PLUG_ADDRESS_MAX - n, ":%u", p->port);
}

int plug_address_canonical(char ret[PLUG_ADDRESS_MAX], const char *text, struct err *e)
{
	struct plug_address p;
	int r = plug_address_parse(&p, text, e);

	if (r < 0)
		return r;
	if (p.socket)
		return err_set(e, -EINVAL, "a plug's address begins with tapo://");
	plug_address_text(ret, &p);
	return 0;
}
