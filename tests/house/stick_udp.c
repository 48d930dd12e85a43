/*
 * How sticks are found, and those that know nothing but AT commands, both by UDP:
 *
 *     > WIFIKIT-214028-READ                        or HF-A11ASSISTHREAD
 *     < 127.0.0.1,D427879436EE,2712345678
 *     > +ok
 *     > AT+INVDATA=8,010300000001840a\n
 *     < +ok=0^1^0^3^0^2^0^0^0^5^7^8^4^7\r\n\r\n        ^: a byte 10 after each pair of digits
 *     > AT+Q\n
 */
#include "stick.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS_MAX 700
#define PAIR_MARK 0x10

static const char *const seek_words[] = { "WIFIKIT-214028-READ", "HF-A11ASSISTHREAD" };

static bool is_off(const struct stick *s)
{
	return s->faults.dead || stick_now_ms(s) < s->faults.gone_until_ms;
}

static void say(struct stick *s, const struct sockaddr_in *peer, const char *words, size_t n)
{
	if (s->udp)
		(void)sendto(sd_event_source_get_io_fd(s->udp), words, n, MSG_DONTWAIT,
			     (const struct sockaddr *)peer, sizeof(*peer));
}

void stick_udp_seek(struct stick *s, const struct sockaddr_in *peer, const char *words)
{
	char host[INET_ADDRSTRLEN], text[64];
	const uint8_t *m = s->mac;
	bool known = false;

	for (size_t i = 0; i < sizeof(seek_words) / sizeof(seek_words[0]); i++)
		known = known || strcmp(words, seek_words[i]) == 0;
	if (!known || is_off(s) || !s->udp)
		return;
	inet_ntop(AF_INET, &s->port.at.sin_addr, host, sizeof(host));
	snprintf(text, sizeof(text), "%s,%02X%02X%02X%02X%02X%02X,%u", host, m[0], m[1], m[2], m[3],
		 m[4], m[5], s->serial);
	say(s, peer, text, strlen(text));
}

static bool same_peer(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

static void on_data(struct stick *s, const struct sockaddr_in *peer, const char *words)
{
	struct stick_request q = { .peer = *peer };
	unsigned n = 0, byte;
	int at = 0;

	if (sscanf(words, "AT+INVDATA=%3u,%n", &n, &at) != 1 || !at || n > sizeof(q.rtu))
		return;
	for (words += at; q.len < n && sscanf(words, "%2x", &byte) == 1; words += 2)
		q.rtu[q.len++] = (uint8_t)byte;
	if (q.len == n && *words == '\n')
		stick_submit(s, &q);
}

static void on_words(struct stick *s, const struct sockaddr_in *peer, const char *words)
{
	stick_udp_seek(s, peer, words);
	if (!s->faults.at)
		return;
	if (strcmp(words, "+ok") == 0) {
		s->at_peer = *peer;
		s->at_open = true;
	} else if (s->at_open && same_peer(peer, &s->at_peer)) {
		if (strcmp(words, "AT+Q\n") == 0)
			s->at_open = false;
		else
			on_data(s, peer, words);
	}
}

void stick_udp_answer(struct stick *s, const struct stick_request *q, const struct stick_answer *a)
{
	char text[STICK_OUT_BYTES] = "+ok=";
	uint8_t modbus[sizeof(a->rtu)];
	size_t at = strlen(text), n = a->len;

	memcpy(modbus, a->rtu, n);
	if (n && s->faults.double_crc)
		n = wire_rtu_seal(modbus, n);
	for (size_t i = 0; i < n && at + 8 < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x%c", modbus[i],
				       PAIR_MARK);
	at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\r\n\r\n", n ? "" : "no data");
	say(s, &q->peer, text, at);
}

static int on_packet(sd_event_source *src, int fd, uint32_t revents, void *ud)
{
	struct stick *s = ud;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char words[WORDS_MAX];
	ssize_t n = recvfrom(fd, words, sizeof(words) - 1, MSG_DONTWAIT, (struct sockaddr *)&peer,
			     &len);

	(void)src, (void)revents;
	if (n <= 0 || is_off(s))
		return 0;
	words[n] = '\0';
	on_words(s, &peer, words);
	stick_kick(s);
	return 0;
}

int stick_udp_open(struct stick *s)
{
	struct sockaddr_in at = s->port.at;
	int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	at.sin_port = htons(s->house->options.udp_port);
	r = bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
	if (r >= 0)
		r = sd_event_add_io(s->port.event, &s->udp, fd, EPOLLIN, on_packet, s);
	if (r < 0) {
		close(fd);
		return r;
	}
	return sd_event_source_set_io_fd_own(s->udp, 1);
}
