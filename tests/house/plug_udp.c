/*
 * How plugs are found, by UDP. All numbers big-endian, CRC-32 with the constant in its place:
 *
 *     02 | 00 | 0001 | len  | 11 | 00 | serial | crc      | JSON
 *     0    1    2      4      6    7    8        12         16
 *
 *     > {"params":{"rsa_key":"-----BEGIN PUBLIC KEY-----…"}}
 *     < {"error_code":0,"result":{"device_id":…,"owner":MD5 of the account, …}}
 *
 * The first firmware answers a probe without payload too. Plugs have no use for the key.
 */
#include "plug.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER	   16
#define PACKET_MAX 2048
#define CRC_AT	   12
#define CRC_PLACE  0x5A6B7C8Du
#define FLAGS	   0x11
#define AWAKE_MS   60000

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t c = UINT32_MAX;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
	}
	return ~c;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void seal(uint8_t *packet, size_t n)
{
	put32(packet + CRC_AT, CRC_PLACE);
	put32(packet + CRC_AT, crc32(packet, n));
}

static bool is_probe(const struct plug *p, const uint8_t *data, size_t n)
{
	uint8_t copy[PACKET_MAX];
	json_t *payload;
	bool keyed;

	if (n < HEADER || n > sizeof(copy) || data[0] != 2 || data[1] != 0 || data[2] != 0 ||
	    data[3] != 1 || (size_t)(data[4] << 8 | data[5]) != n - HEADER)
		return false;
	memcpy(copy, data, n);
	seal(copy, n);
	if (memcmp(copy, data, n) != 0)
		return false;
	if (n == HEADER)
		return p->wire == PLUG_AES;
	payload = json_loadb((const char *)data + HEADER, n - HEADER, 0, NULL);
	keyed = json_is_string(json_object_get(json_object_get(payload, "params"), "rsa_key"));
	json_decref(payload);
	return keyed;
}

static json_t *scheme(const struct plug *p)
{
	static const char *const types[PLUG_WIRE__MAX] = { [PLUG_KLAP] = "KLAP",
							   [PLUG_KLAP1] = "KLAP",
							   [PLUG_AES] = "AES",
							   [PLUG_TPAP] = "TPAP" };
	json_t *s = json_pack("{s:b,s:s,s:i}", "is_support_https", 0, "encrypt_type",
			      types[plug_speaks(p)], "http_port", ntohs(p->port.at.sin_port));

	if (plug_can(p->unit->product, PLUG_LV2) && plug_speaks(p) != PLUG_KLAP1)
		json_object_set_new(s, "lv", json_integer(2));
	return s;
}

static json_t *describe(const struct plug *p)
{
	const struct plug_unit *u = p->unit;
	const uint8_t *m = u->mac;
	char mac[18], ip[INET_ADDRSTRLEN], owner[2 * MD5_BYTES + 1] = "";
	uint8_t hash[MD5_BYTES];
	json_t *r;

	snprintf(mac, sizeof(mac), "%02X-%02X-%02X-%02X-%02X-%02X", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	inet_ntop(AF_INET, &p->port.at.sin_addr, ip, sizeof(ip));
	if (*p->account) {
		plug_digest(PLUG_MD5, (struct bytes[]){ TEXT(p->account), { 0 } }, hash);
		plug_hex(hash, sizeof(hash), owner);
	}
	for (char *c = owner; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
	r = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:o}", "device_id", u->hash, "owner", owner,
		      "device_type",
		      plug_speaks(p) == PLUG_KLAP1 ? "IOT.SMARTPLUGSWITCH" : "SMART.TAPOPLUG",
		      "device_model", u->product->shown, "ip", ip, "mac", mac, "factory_default",
		      !*p->account, "mgt_encrypt_schm", scheme(p));
	if (!plug_can(u->product, PLUG_OLDEST))
		json_object_set_new(r, "is_support_iot_cloud", json_true());
	if (plug_can(u->product, PLUG_OBD)) {
		json_object_set_new(r, "obd_src", json_string("tplink"));
		json_object_set_new(r, "protocol_version", json_integer(1));
	}
	if (plug_speaks(p) == PLUG_TPAP)
		json_object_set_new(r, "tpap", plug_tpap_offer(p));
	return json_pack("{s:i,s:o}", "error_code", 0, "result", r);
}

void plug_udp_probe(struct plug *p, const struct sockaddr_in *peer, const uint8_t *data, size_t n)
{
	uint8_t packet[PACKET_MAX] = { 2, 0, 0, 1 };
	json_t *answer;
	size_t len;
	char *text;

	if (!p->udp || p->off || !is_probe(p, data, n))
		return;
	p->stats.probes++;
	p->awake_until_ms = plug_now_ms(p) + AWAKE_MS;
	p->retry_ms = 0;
	answer = describe(p);
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	len = text ? strlen(text) : 0;
	if (len && len <= sizeof(packet) - HEADER) {
		packet[4] = (uint8_t)(len >> 8);
		packet[5] = (uint8_t)len;
		packet[6] = FLAGS;
		memcpy(packet + 8, data + 8, 4);
		memcpy(packet + HEADER, text, len);
		seal(packet, HEADER + len);
		(void)sendto(sd_event_source_get_io_fd(p->udp), packet, HEADER + len, MSG_DONTWAIT,
			     (const struct sockaddr *)peer, sizeof(*peer));
	}
	free(text);
	plug_kick(p);
}

static int on_packet(sd_event_source *src, int fd, uint32_t revents, void *ud)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	uint8_t data[PACKET_MAX];
	ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&peer, &len);

	(void)src, (void)revents;
	if (n > 0)
		plug_udp_probe(ud, &peer, data, (size_t)n);
	return 0;
}

int plug_udp_open(struct plug *p)
{
	struct sockaddr_in at = p->port.at;
	int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	at.sin_port = htons(p->house->options.plug.udp_port);
	r = bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
	if (r >= 0)
		r = sd_event_add_io(p->port.event, &p->udp, fd, EPOLLIN, on_packet, p);
	if (r < 0) {
		close(fd);
		return r;
	}
	return sd_event_source_set_io_fd_own(p->udp, 1);
}
