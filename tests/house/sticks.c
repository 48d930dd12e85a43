/*
 * See sticks.h.
 */
#include "sticks.h"

#include "seek.h"
#include "stick.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS	  100
#define STEP_MS	  4000 /* a longer pause would not be simulated in full */
#define LINE_LEN  256
#define WORDS_MAX 8

struct sticks {
	struct house *house;
	struct house *own; /* of sticks_simulate() */
	sd_event *event;
	sd_event_source *tick, *seekers;
	size_t n;
	struct stick stick[HOUSE_INVERTERS_MAX];
};

/* ---- time ---- */

static int64_t clock_ms(const struct sticks *s, clockid_t id)
{
	uint64_t us = 0;

	sd_event_now(s->event, id, &us);
	return (int64_t)(us / 1000);
}

static void follow_clock(struct sticks *s)
{
	house_advance(s->house, clock_ms(s, CLOCK_MONOTONIC));
	house_set_wall(s->house, clock_ms(s, CLOCK_REALTIME));
}

static int on_tick(sd_event_source *src, uint64_t usec, void *ud)
{
	struct sticks *s = ud;

	(void)usec;
	follow_clock(s);
	sd_event_source_set_time(src, (uint64_t)(clock_ms(s, CLOCK_MONOTONIC) + TICK_MS) * 1000);
	return sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

void sticks_advance(struct sticks *s, int64_t wall_ms)
{
	struct house *h = s->house;

	while (h->wall_ms < wall_ms) {
		int64_t left = wall_ms - h->wall_ms;

		house_advance(h, h->last_ms + (left < STEP_MS ? left : STEP_MS));
	}
}

int64_t sticks_wall_ms(const struct sticks *s)
{
	return s->house->wall_ms;
}

/* ---- discovery by broadcast ---- */

static int on_seeker(sd_event_source *src, int fd, uint32_t revents, void *ud)
{
	struct sticks *s = ud;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char words[64];
	ssize_t n = recvfrom(fd, words, sizeof(words) - 1, MSG_DONTWAIT, (struct sockaddr *)&peer,
			     &len);

	(void)src, (void)revents;
	if (n <= 0)
		return 0;
	words[n] = '\0';
	for (size_t k = 0; k < s->n; k++)
		stick_udp_seek(&s->stick[k], &peer, words);
	return 0;
}

/* ---- life ---- */

/* -> false: a wire that somebody has asked for is not to be had */
static bool open_all(struct sticks *s, bool by_clock)
{
	const struct house_options *o = &s->house->options;

	for (size_t k = 0; k < o->inverters; k++) {
		int r = stick_open(&s->stick[k], s->event, s->house, k, by_clock);
		char url[STICK_URL_MAX];

		s->n++;
		stick_kick(&s->stick[k]);
		if (r >= 0)
			continue;
		stick_url(s->house, k, url);
		fprintf(stderr, "house: %s: %s\n", url, strerror(-r));
		if (o->inverters_asked)
			return false;
	}
	return true;
}

static struct sticks *create(sd_event *event, struct house *house, bool by_clock)
{
	struct sticks *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return NULL;
	s->event = sd_event_ref(event);
	s->house = house;
	if (by_clock) {
		follow_clock(s);
		r = sd_event_add_time(event, &s->tick, CLOCK_MONOTONIC, 0, 500, on_tick, s);
	}
	if (r >= 0 && open_all(s, by_clock)) {
		(void)seek_open(&s->seekers, event, house->options.net, house->options.udp_port,
				on_seeker, s);
		return s;
	}
	return sticks_free(s);
}

struct sticks *sticks_new(sd_event *event, struct house *house)
{
	return create(event, house, true);
}

static bool make_house(const char *spec, struct house *h, int64_t now_ms, int64_t wall_ms,
		       char ret_error[static STICKS_TEXT_MAX])
{
	struct house_options o = house_defaults;

	o.inverters_asked = true;
	if (!house_options_spec(&o, spec, ret_error) || !house_options_check(&o, ret_error))
		return false;
	house_init_at(h, &o, now_ms, wall_ms);
	return true;
}

struct sticks *sticks_simulate(sd_event *event, const char *spec, int64_t wall_ms,
			       char ret_error[static STICKS_TEXT_MAX])
{
	struct house *h = calloc(1, sizeof(*h));
	struct sticks *s = NULL;
	uint64_t mono = 0, real = 0;

	sd_event_now(event, CLOCK_MONOTONIC, &mono);
	sd_event_now(event, CLOCK_REALTIME, &real);
	snprintf(ret_error, STICKS_TEXT_MAX, "no memory, or an address is in use");
	if (h && make_house(spec, h, (int64_t)(mono / 1000),
			    wall_ms > 0 ? wall_ms : (int64_t)(real / 1000), ret_error))
		s = create(event, h, wall_ms <= 0);
	if (s)
		s->own = h;
	else
		free(h);
	return s;
}

struct sticks *sticks_free(struct sticks *s)
{
	if (!s)
		return NULL;
	for (size_t k = 0; k < s->n; k++)
		stick_close(&s->stick[k]);
	sd_event_source_disable_unref(s->tick);
	sd_event_source_disable_unref(s->seekers);
	sd_event_unref(s->event);
	free(s->own);
	free(s);
	return NULL;
}

struct house *sticks_house(struct sticks *s)
{
	return s->house;
}

size_t sticks_count(const struct sticks *s)
{
	return s->n;
}

void sticks_url(const struct sticks *s, size_t number, char ret[static STICKS_TEXT_MAX])
{
	stick_url(s->house, number, ret);
}

double sticks_truth_wh(const struct sticks *s, const char *key, int day)
{
	return house_truth_wh(s->house, key, day);
}

/* ---- commands ---- */

static bool parse_watts(const char *s, double *ret)
{
	char *end;

	*ret = strtod(s, &end);
	return end != s && !*end && *ret >= 0 && *ret < 1e9;
}

static bool command_grid(struct sticks *s, size_t n, char *const words[])
{
	static const char *const modes[] = { "auto", "on", "off" };
	double volts, seconds;

	if (n == 3 && strcmp(words[0], "dip") == 0) {
		if (!parse_watts(words[1], &volts) || !parse_watts(words[2], &seconds))
			return false;
		house_dip(s->house, volts, seconds);
		return true;
	}
	for (size_t i = 0; n == 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(words[0], modes[i]) == 0) {
			s->house->model.grid.mode = (enum model_grid_mode)i;
			return true;
		}
	}
	return false;
}

static bool command_force(struct sticks *s, size_t n, char *const words[],
			  void (*force)(struct model *m, double w))
{
	double w = -1;

	if (n != 1 || (strcmp(words[0], "auto") != 0 && !parse_watts(words[0], &w)))
		return false;
	force(&s->house->model, w);
	return true;
}

static bool run(struct sticks *s, size_t n, char *const words[],
		char ret_error[static STICKS_TEXT_MAX])
{
	bool to_stick = strcmp(words[0], "stick") == 0;
	char *end;
	unsigned long number;

	snprintf(ret_error, STICKS_TEXT_MAX,
		 "usage: grid on|off|auto, grid dip VOLTS SECONDS, "
		 "sun|load WATTS|auto, stick|inverter NUMBER …");
	if (strcmp(words[0], "grid") == 0)
		return command_grid(s, n - 1, words + 1);
	if (strcmp(words[0], "sun") == 0)
		return command_force(s, n - 1, words + 1, model_force_sun);
	if (strcmp(words[0], "load") == 0)
		return command_force(s, n - 1, words + 1, model_force_load);
	if ((!to_stick && strcmp(words[0], "inverter") != 0) || n < 2)
		return false;
	number = strtoul(words[1], &end, 10);
	if (*end || number < 1 || number > s->n) {
		snprintf(ret_error, STICKS_TEXT_MAX, "there are %zu inverters", s->n);
		return false;
	}
	return (to_stick ? stick_command : stick_inverter_command)(&s->stick[number - 1], n - 2,
								   words + 2, ret_error);
}

bool sticks_command(struct sticks *s, const char *words, char ret_error[static STICKS_TEXT_MAX])
{
	char line[LINE_LEN], *word[WORDS_MAX], *save = NULL;
	size_t n = 0;

	snprintf(line, sizeof(line), "%s", words);
	for (char *w = strtok_r(line, " \t\r\n", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " \t\r\n", &save))
		word[n++] = w;
	snprintf(ret_error, STICKS_TEXT_MAX, "no command");
	return n && run(s, n, word, ret_error);
}

bool sticks_knows(const char *word)
{
	static const char *const first[] = { "stick", "inverter", "grid", "sun", "load" };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (strcmp(word, first[i]) == 0)
			return true;
	return false;
}

/* ---- the state ---- */

static const char *boolean(bool b)
{
	return b ? "true" : "false";
}

static void print_inverter(const struct sticks *s, size_t k, FILE *out)
{
	const struct stick *w = &s->stick[k];
	struct inv *v = w->inverter;
	const struct model *m = &s->house->model;
	char url[STICK_URL_MAX];

	stick_url(s->house, k, url);
	inv_refresh(v, m, s->house->wall_ms);
	fprintf(out,
		"%s{\"url\":\"%s\",\"name\":\"%s\",\"family\":\"%s\",\"wire\":\"%s\","
		"\"serial\":\"%s\",\"stick_serial\":%u,\"rated_w\":%u,\"code\":%u,\"asleep\":%s,"
		"\"state\":%.0f,\"warnings\":%u,\"faults\":%llu,",
		k ? "," : "", url, v->name, v->family->name, house_wire_names[w->wire], v->serial,
		w->serial, v->rated_w, v->code, boolean(inv_asleep(v, m)), v->value[INV_STATE],
		v->warnings, (unsigned long long)v->shown_faults);
	fprintf(out,
		"\"pv_w\":%.1f,\"ac_w\":%.1f,\"grid_w\":%.1f,\"inside_w\":%.1f,\"load_w\":%.1f,"
		"\"backup_w\":%.1f,\"battery_w\":%.1f,\"battery_v\":%.2f,\"soc\":%.1f,",
		v->value[INV_PV_SUM_W],
		inv_is_hybrid(v->kind) ? v->value[INV_OUT_SUM_W] : v->value[INV_AC_SUM_W],
		inv_is_hybrid(v->kind) ? v->value[INV_METER_SUM_W] : v->value[INV_CT_SUM_W],
		inv_is_hybrid(v->kind) ? v->value[INV_INSIDE_SUM_W] : 0, v->value[INV_LOAD_SUM_W],
		v->value[INV_BACKUP_SUM_W], 0 - v->value[INV_BAT_W], v->value[INV_BAT_V],
		v->value[INV_BAT_SOC]);
	fprintf(out,
		"\"day_pv_wh\":%.1f,\"total_pv_wh\":%.1f,\"requests\":%llu,\"connections\":%u,"
		"\"connections_max\":%u,\"accepted\":%llu,\"last_request_ms\":%lld,"
		"\"largest_read\":%u,\"registers_read\":%llu}",
		v->value[INV_DAY + INV_C_PV], v->value[INV_TOTAL + INV_C_PV],
		(unsigned long long)w->stats.requests, w->port.open, w->port.open_max,
		(unsigned long long)w->port.accepted, (long long)w->stats.last_request_ms,
		w->stats.largest_read, (unsigned long long)w->stats.registers_read);
}

void sticks_print(const struct sticks *s, FILE *out)
{
	const struct model *m = &s->house->model;
	const struct model_grid *g = &m->grid;
	const struct model_flow *f = &m->flow;

	fprintf(out,
		"\"wall_ms\":%lld,\"grid\":{\"present\":%s,\"relay\":%s,\"voltage\":[%.1f,%.1f,%."
		"1f],"
		"\"frequency\":%.2f},",
		(long long)s->house->wall_ms, boolean(g->present), boolean(g->joined), g->volts[0],
		g->volts[1], g->volts[2], g->hz);
	fprintf(out,
		"\"flow\":{\"pv_w\":%.1f,\"load_w\":%.1f,\"backup_w\":%.1f,\"grid_w\":%.1f,"
		"\"battery_w\":%.1f,\"loss_w\":%.1f,\"generator_w\":0,\"dark\":%s},\"energy\":",
		f->dc_pv_w + f->ac_pv_w, f->load_w, f->load_w - f->apart_w, f->grid_w, f->battery_w,
		f->loss_w, boolean(f->dark));
	house_truth_print(s->house, out);
	fputs(",\"inverters\":[", out);
	for (size_t k = 0; k < s->n; k++)
		print_inverter(s, k, out);
	fputc(']', out);
}
