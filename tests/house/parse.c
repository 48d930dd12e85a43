/*
 * See parse.h.
 */
#include "parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MAX_MS 60000

bool parse_number(const char *s, double lo, double hi, double *ret)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(s, &end);
	if (errno || end == s || *end || !isfinite(v) || v < lo || v > hi)
		return false;
	*ret = v;
	return true;
}

bool parse_count(const char *s, size_t lo, size_t hi, size_t *ret)
{
	double v;

	if (!parse_number(s, (double)lo, (double)hi, &v) || v != floor(v))
		return false;
	*ret = (size_t)v;
	return true;
}

bool parse_port(const char *s, uint16_t *ret)
{
	size_t n;

	if (!parse_count(s, 1, UINT16_MAX, &n))
		return false;
	*ret = (uint16_t)n;
	return true;
}

bool parse_address(const char *s, uint32_t *ret)
{
	struct in_addr a;

	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	*ret = ntohl(a.s_addr);
	return true;
}

bool parse_delay(const char *s, unsigned *ret_min_ms, unsigned *ret_max_ms)
{
	char copy[32], *dash;
	size_t lo, hi;

	if (snprintf(copy, sizeof(copy), "%s", s) >= (int)sizeof(copy))
		return false;
	dash = strchr(copy, '-');
	if (dash)
		*dash++ = '\0';
	if (!parse_count(copy, 0, DELAY_MAX_MS, &lo) ||
	    !parse_count(dash ? dash : copy, lo, DELAY_MAX_MS, &hi))
		return false;
	*ret_min_ms = (unsigned)lo;
	*ret_max_ms = (unsigned)hi;
	return true;
}
