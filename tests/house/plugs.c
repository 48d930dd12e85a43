/*
 * See plugs.h.
 */
#include "plugs.h"

#include "plug.h"
#include "seek.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS	   100
#define LINE_LEN   512
#define WORDS_MAX  16
#define PACKET_MAX 2048

struct plugs {
	struct house *house;
	sd_event *event;
	sd_event_source *tick, *seekers;
	size_t n;
	struct plug plug[HOUSE_PLUGS_MAX];
};

/* A house that is dark has switched them off. */
static int on_tick(sd_event_source *src, uint64_t usec, void *ud)
{
	struct plugs *s = ud;

	(void)usec;
	for (size_t k = 0; k < s->n; k++)
		plug_kick(&s->plug[k]);
	sd_event_source_set_time_relative(src, TICK_MS * 1000);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

/* ---- discovery by broadcast ---- */

static int on_seeker(sd_event_source *src, int fd, uint32_t revents, void *ud)
{
	struct plugs *s = ud;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	uint8_t data[PACKET_MAX];
	ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&peer, &len);

	(void)src, (void)revents;
	for (size_t k = 0; n > 0 && k < s->n; k++)
		plug_udp_probe(&s->plug[k], &peer, data, (size_t)n);
	return 0;
}

/* ---- life ---- */

/* -> false: an address that somebody has asked for is not to be had */
static bool open_all(struct plugs *s)
{
	const struct plug_options *o = &s->house->options.plug;
	bool said = false;

	for (size_t k = 0; k < o->count; k++) {
		int r = plug_open(&s->plug[k], s->event, s->house, k);
		char url[PLUG_URL_MAX];

		s->n++;
		if (r >= 0 || said)
			continue;
		plug_url(s->house, k, url);
		fprintf(stderr, "house: %s: %s\n", url, strerror(-r));
		said = true;
		if (o->asked)
			return false;
	}
	return true;
}

struct plugs *plugs_new(sd_event *event, struct house *house)
{
	struct plugs *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return NULL;
	s->event = sd_event_ref(event);
	s->house = house;
	r = house->options.plug.count ? sd_event_add_time_relative(event, &s->tick, CLOCK_MONOTONIC,
								   TICK_MS * 1000, 500, on_tick, s)
				      : 0;
	if (r >= 0 && open_all(s)) {
		if (s->n)
			(void)seek_open(&s->seekers, event, house->options.plug.net,
					house->options.plug.udp_port, on_seeker, s);
		return s;
	}
	return plugs_free(s);
}

struct plugs *plugs_free(struct plugs *s)
{
	if (!s)
		return NULL;
	for (size_t k = 0; k < s->n; k++)
		plug_close(&s->plug[k]);
	sd_event_source_disable_unref(s->tick);
	sd_event_source_disable_unref(s->seekers);
	sd_event_unref(s->event);
	free(s);
	return NULL;
}

/* ---- commands ---- */

bool plugs_knows(const char *word)
{
	return strcmp(word, "plug") == 0;
}

void plugs_command(struct plugs *s, const char *words, FILE *out)
{
	char line[LINE_LEN], *word[WORDS_MAX], *save = NULL, *end;
	unsigned long number;
	size_t n = 0;

	snprintf(line, sizeof(line), "%s", words);
	for (char *w = strtok_r(line, " \t\r\n", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " \t\r\n", &save))
		word[n++] = w;
	if (n < 3) {
		fputs("error: usage: plug NUMBER COMMAND …\n", out);
		return;
	}
	number = strtoul(word[1], &end, 10);
	if (*end || number < 1 || number > s->n) {
		fprintf(out, "error: there are %zu plugs\n", s->n);
		return;
	}
	plug_command(&s->plug[number - 1], n - 2, word + 2, out);
}

void plugs_print(const struct plugs *s, FILE *out)
{
	fputs("\"plugs\":[", out);
	for (size_t k = 0; k < s->n; k++) {
		json_t *state = plug_state(&s->plug[k], false);

		if (k)
			fputc(',', out);
		json_dumpf(state, out, JSON_COMPACT);
		json_decref(state);
	}
	fputc(']', out);
}

void plugs_list(const struct house *h, FILE *out)
{
	char url[PLUG_URL_MAX], name[PLUG_NAME_BYTES];

	for (size_t k = 0; k < h->options.plug.count; k++) {
		const struct plug_unit *u = &h->plug[k];
		bool strip = u->product->sockets > 1;

		plug_url(h, k, url);
		if (!plug_name_decode(strip ? u->nickname : u->socket[0].nickname, name))
			*name = '\0';
		fprintf(out, "%s\t%s\t%s\n", url, name, u->product->model);
	}
}
