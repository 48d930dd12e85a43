#include "subnet.h"

#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool subnet_is_home(uint32_t ip, int bits)
{
	static const struct {
		uint32_t net;
		int bits;
	} homes[] = { { 0x0A000000, 8 },  { 0xAC100000, 12 }, { 0xC0A80000, 16 },
		      { 0xA9FE0000, 16 }, { 0x7F000000, 8 },  { 0x64400000, 10 } };

	for (size_t i = 0; i < SV_LEN(homes); i++)
		if (bits >= homes[i].bits && (ip & (~0u << (32 - homes[i].bits))) == homes[i].net)
			return true;
	return false;
}

int subnet_parse(struct subnet *ret, const char *text, struct err *e)
{
	char ip_text[SUBNET_TEXT_MAX], *slash;
	struct in_addr in;
	uint32_t ip, mask;
	int bits = 0;

	if (strlen(text) >= sizeof(ip_text))
		return err_set(e, -EINVAL, "a subnet is written 192.168.1.0/24");
	memcpy(ip_text, text, strlen(text) + 1);
	slash = strchr(ip_text, '/');
	for (const char *c = slash ? slash + 1 : ""; *c; c++)
		bits = *c >= '0' && *c <= '9' && bits < 100 ? bits * 10 + (*c - '0') : 100;
	if (slash)
		*slash = 0;
	if (!slash || inet_pton(AF_INET, ip_text, &in) != 1 || bits > 32)
		return err_set(e, -EINVAL, "a subnet is written 192.168.1.0/24");
	ip = ntohl(in.s_addr);
	if (bits < SUBNET_BITS_MIN)
		return err_set(e, -EINVAL,
			       "a subnet of more than 1024 addresses (below /%d) is not "
			       "searched",
			       SUBNET_BITS_MIN);
	if (!subnet_is_home(ip, bits))
		return err_set(e, -EINVAL,
			       "%s is no network of a home: only private ones are searched", text);
	mask = bits ? ~0u << (32 - bits) : 0;
	*ret = (struct subnet){ ip & mask, ~mask + 1 };
	if (bits <= 30) { /* neither the network nor its broadcast is a host */
		ret->first++;
		ret->count -= 2;
	}
	return 0;
}
