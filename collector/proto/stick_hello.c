#include "stick_hello.h"

#include <ctype.h>
#include <string.h>

const char *const stick_words[2] = { "WIFIKIT-214028-READ", "HF-A11ASSISTHREAD" };

/* Up to the next comma or the end; false: empty, too long, or of other characters. */
static bool take(const char **s, const char *end, char *ret, size_t room, bool (*fits)(char c))
{
	size_t n = 0;

	for (; *s < end && **s != ','; ++*s, n++) {
		if (n + 1 >= room || !fits(**s))
			return false;
		ret[n] = **s;
	}
	ret[n] = 0;
	*s += *s < end;
	return n > 0;
}

static bool of_ip(char c)
{
	return isdigit((unsigned char)c) || c == '.';
}

static bool of_mac(char c)
{
	return isxdigit((unsigned char)c) || c == ':';
}

static bool of_serial(char c)
{
	return isalnum((unsigned char)c);
}

bool stick_hello_parse(struct stick_hello *ret, const uint8_t *p, size_t n)
{
	const char *s = (const char *)p, *end = s + n;
	struct stick_hello h = { 0 };
	char serial[24];
	uint64_t v = 0;

	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	if (!take(&s, end, h.ip, sizeof(h.ip), of_ip) ||
	    !take(&s, end, h.mac, sizeof(h.mac), of_mac) ||
	    !take(&s, end, serial, sizeof(serial), of_serial) || s != end)
		return false;
	for (const char *c = serial; *c; c++)
		v = isdigit((unsigned char)*c) && v <= UINT32_MAX ? v * 10 + (uint64_t)(*c - '0')
								  : (uint64_t)UINT32_MAX + 1;
	h.serial = v <= UINT32_MAX ? (uint32_t)v : 0;
	*ret = h;
	return true;
}
