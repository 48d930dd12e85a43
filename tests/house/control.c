/*
 * See control.h. A stream socket: the client writes one line, gets the answer, and end of file.
 * Packs, cells are numbered from 1, adapters from 0. Answers are "ok", "error: why", or JSON.
 */
#include "control.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES 256
#define ARGS_MAX       5

struct control {
	struct house *house;
	struct bluez *bz;
	struct sticks *sticks;
	struct plugs *plugs;
	sd_event *event;
	sd_event_source *io;
	char path[108];
};

struct args {
	size_t n;
	char *word[ARGS_MAX];
};

/* What a command works on: its own arguments, already parsed by the kinds in the table. */
struct call {
	struct control *c;
	struct house_pack *pack;
	struct model_pack *model;
	size_t pack_number, cell;
	int64_t now_ms;
	double number;
	bool on;
	const char *word;
	int extra; /* of the table row */
};

static bool cmd_drop(struct call *a)
{
	bluez_drop(a->c->bz, a->pack_number);
	return true;
}

static bool cmd_silent(struct call *a)
{
	a->pack->gatt.silent_until_ms = a->now_ms + (int64_t)(a->number * 1000);
	return true;
}

static bool cmd_fault(struct call *a)
{
	a->pack->gatt.faults[a->extra] = (unsigned)a->number;
	return true;
}

static bool cmd_absent(struct call *a)
{
	a->pack->absent = a->on;
	if (a->on)
		bluez_drop(a->c->bz, a->pack_number);
	return true;
}

static bool cmd_refuse(struct call *a)
{
	a->pack->refuse = (unsigned)a->number;
	return true;
}

static bool cmd_noservices(struct call *a)
{
	a->pack->no_services = (unsigned)a->number;
	return true;
}

static bool cmd_noacquire(struct call *a)
{
	a->pack->no_acquire = a->on;
	return true;
}

static bool cmd_hold(struct call *a)
{
	bluez_drop(a->c->bz, a->pack_number);
	a->pack->held_until_ms = a->now_ms + (int64_t)(a->number * 1000);
	return true;
}

static bool cmd_deaf(struct call *a)
{
	bluez_deafen(a->c->bz, a->pack_number);
	return true;
}

static bool cmd_mute(struct call *a)
{
	a->pack->gatt.muted = a->pack->gatt.connected;
	return a->pack->gatt.connected;
}

static bool cmd_tired(struct call *a)
{
	gatt_tire(&a->pack->gatt);
	return true;
}

/* -> the place of the word in names, or -1 */
static int word_among(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, names[i]) == 0)
			return (int)i;
	return -1;
}

static bool cmd_stale(struct call *a)
{
	static const char *const names[] = { "off", "bare", "silent" };
	int stale = a->word ? word_among(a->word, names, 3) : HOUSE_STALE_BARE;

	if (stale < 0)
		return false;
	a->pack->stale = (enum house_stale)stale;
	if (stale == HOUSE_STALE_BARE)
		bluez_drop(a->c->bz, a->pack_number);
	return true;
}

static bool cmd_spoil(struct call *a)
{
	if (a->number > 100)
		return false;
	if (a->extra)
		a->pack->gatt.interleave_pct = (unsigned)a->number;
	else
		a->pack->gatt.spoil_pct = (unsigned)a->number;
	return true;
}

static bool cmd_odd(struct call *a)
{
	static const char *const names[HOUSE_ODD__MAX] = { "off",    "missing", "types",
							   "nochar", "twice",	"badaddress" };
	int odd = word_among(a->word, names, HOUSE_ODD__MAX);

	if (odd < 0)
		return false;
	a->pack->odd = (enum house_odd)odd;
	bluez_reshow(a->c->bz, a->pack_number);
	return true;
}

static bool cmd_pin(struct call *a)
{
	bool off = strcmp(a->word, "off") == 0;

	if (strlen(a->word) >= sizeof(a->pack->pin))
		return false;
	a->pack->pairing = off ? HOUSE_PAIR_NONE : (enum house_pairing)a->extra;
	snprintf(a->pack->pin, sizeof(a->pack->pin), "%s", off ? "" : a->word);
	bluez_unpair(a->c->bz, a->pack_number);
	return true;
}

static bool cmd_nopair(struct call *a)
{
	a->pack->pairing = a->on ? HOUSE_PAIR_REFUSED : HOUSE_PAIR_NONE;
	bluez_unpair(a->c->bz, a->pack_number);
	return true;
}

enum reach { NEAR, FAR, BEYOND };

static bool cmd_reach(struct call *a)
{
	unsigned bit;

	if (a->number >= (double)a->c->house->options.adapters)
		return false;
	bit = 1u << (unsigned)a->number;
	a->pack->far = a->extra == FAR ? a->pack->far | bit : a->pack->far & ~bit;
	a->pack->beyond = a->extra == BEYOND ? a->pack->beyond | bit : a->pack->beyond & ~bit;
	if (a->extra == BEYOND)
		bluez_lose(a->c->bz, a->pack_number, (size_t)a->number);
	return true;
}

static bool cmd_heat(struct call *a)
{
	a->model->heat_c[jk_sensor_at(a->pack->id.product, a->cell, a->model->n_cells)] = a->number;
	return true;
}

static bool cmd_cell(struct call *a)
{
	a->model->cell[a->cell].offset_v = a->number / 1000;
	return true;
}

/* As if the owner changed it in the maker's app; keys as svitlo shows them. */
static bool cmd_setting(struct call *a)
{
	struct model_limits *l = &a->model->limits;
	const struct {
		const char *key;
		double *value;
	} settings[] = {
		{ "cell_ovp_v", &l->cell_ovp_v },
		{ "cell_uvp_v", &l->cell_uvp_v },
		{ "balance_trigger_v", &l->balance_trigger_v },
		{ "max_charge_current_a", &l->charge_a },
		{ "max_discharge_current_a", &l->discharge_a },
		{ "max_balance_current_a", &l->balance_max_a },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(a->word, settings[i].key) == 0) {
			*settings[i].value = a->number;
			return true;
		}
	return false;
}

static bool cmd_adapter(struct call *a)
{
	static const char *const stuck_names[] = { "free", "stuck", "hung" };
	size_t i = (size_t)a->number;
	int stuck;

	if (!strcmp(a->word, "on") || !strcmp(a->word, "off"))
		return bluez_power(a->c->bz, i, !strcmp(a->word, "on"));
	if (!strcmp(a->word, "add") || !strcmp(a->word, "remove"))
		return bluez_plug(a->c->bz, i, !strcmp(a->word, "add"));
	if (!strcmp(a->word, "block") || !strcmp(a->word, "unblock"))
		return bluez_block(a->c->bz, i, !strcmp(a->word, "block"));
	stuck = word_among(a->word, stuck_names, 3);
	if (stuck >= 0)
		return bluez_stick(a->c->bz, i, (enum bluez_stuck)stuck);
	return false;
}

/* What each argument is:
 *   p pack with its radio   m pack without   c cell   n number >= 0   d any number   s on|off   w
 * word   W word or nothing */
static const struct {
	const char *name, *kinds, *usage;
	bool (*run)(struct call *a);
	int extra;
} commands[] = {
	{ "drop", "p", "drop PACK", cmd_drop, 0 },
	{ "silent", "pn", "silent PACK SECONDS", cmd_silent, 0 },
	{ "damage", "pn", "damage PACK COUNT", cmd_fault, GATT_DAMAGE },
	{ "truncate", "pn", "truncate PACK COUNT", cmd_fault, GATT_TRUNCATE },
	{ "merge", "pn", "merge PACK COUNT", cmd_fault, GATT_MERGE },
	{ "noise", "pn", "noise PACK COUNT", cmd_fault, GATT_NOISE },
	{ "zero", "pn", "zero PACK COUNT", cmd_fault, GATT_ZERO },
	{ "type", "pn", "type PACK COUNT", cmd_fault, GATT_TYPE },
	{ "absent", "ps", "absent PACK on|off", cmd_absent, 0 },
	{ "refuse", "pn", "refuse PACK COUNT", cmd_refuse, 0 },
	{ "noservices", "pn", "noservices PACK COUNT", cmd_noservices, 0 },
	{ "noacquire", "ps", "noacquire PACK on|off", cmd_noacquire, 0 },
	{ "hold", "pn", "hold PACK SECONDS", cmd_hold, 0 },
	{ "deaf", "p", "deaf PACK", cmd_deaf, 0 },
	{ "mute", "p", "mute PACK (which is connected)", cmd_mute, 0 },
	{ "tired", "p", "tired PACK", cmd_tired, 0 },
	{ "stale", "pW", "stale PACK [bare|silent|off]", cmd_stale, 0 },
	{ "half", "pn", "half PACK PERCENT", cmd_spoil, 0 },
	{ "interleave", "pn", "interleave PACK PERCENT", cmd_spoil, 1 },
	{ "odd", "pw", "odd PACK missing|types|nochar|twice|badaddress|off", cmd_odd, 0 },
	{ "pin", "pw", "pin PACK DIGITS|off", cmd_pin, HOUSE_PAIR_PASSKEY },
	{ "pincode", "pw", "pincode PACK TEXT|off", cmd_pin, HOUSE_PAIR_PINCODE },
	{ "nopair", "ps", "nopair PACK on|off", cmd_nopair, 0 },
	{ "near", "pn", "near PACK ADAPTER", cmd_reach, NEAR },
	{ "far", "pn", "far PACK ADAPTER", cmd_reach, FAR },
	{ "beyond", "pn", "beyond PACK ADAPTER", cmd_reach, BEYOND },
	{ "heat", "mcd", "heat PACK CELL DEG", cmd_heat, 0 },
	{ "cell", "mcd", "cell PACK CELL MILLIVOLTS", cmd_cell, 0 },
	{ "setting", "mwn", "setting PACK KEY VALUE (cell_ovp_v, cell_uvp_v, …)", cmd_setting, 0 },
	{ "adapter", "nw", "adapter NUMBER off|on|remove|add|block|unblock|stuck|hung|free",
	  cmd_adapter, 0 },
};

static bool parse_double(const char *s, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(s, &end);
	return !errno && end != s && !*end && isfinite(*ret) && fabs(*ret) < 1e9;
}

/* 1 .. max in words, 0 .. max-1 in *ret */
static bool parse_index(const char *s, size_t max, size_t *ret)
{
	double v;

	if (!parse_double(s, &v) || v < 1 || v > (double)max || v != floor(v))
		return false;
	*ret = (size_t)v - 1;
	return true;
}

static bool parse_arg(struct call *a, char kind, const char *s)
{
	const struct house_options *o = &a->c->house->options;

	switch (kind) {
	case 'p':
	case 'm':
		if (!parse_index(s, o->packs, &a->pack_number))
			return false;
		a->pack = &a->c->house->pack[a->pack_number];
		a->model = &a->c->house->model.pack[a->pack_number];
		return true;
	case 'c':
		return parse_index(s, o->cells, &a->cell);
	case 'n':
		return parse_double(s, &a->number) && a->number >= 0;
	case 'd':
		return parse_double(s, &a->number);
	case 's':
		a->on = strcmp(s, "on") == 0;
		return a->on || strcmp(s, "off") == 0;
	case 'w':
	case 'W':
		a->word = s;
		return true;
	default:
		return false;
	}
}

/* Of the cell that is empty first. */
static double left_ah(const struct model_pack *p)
{
	double least = p->cell[0].charge_ah;

	for (size_t i = 1; i < p->n_cells; i++)
		least = fmin(least, p->cell[i].charge_ah);
	return least;
}

static void print_state(FILE *out, const struct control *c)
{
	const struct house *h = c->house;

	fprintf(out, "{\"time_s\":%.2f,\"sun_w\":%.1f,\"load_w\":%.1f,\"bus_v\":%.3f,\"packs\":[",
		h->model.time_s, h->model.sun_w, h->model.load_w, h->model.bus_v);
	for (size_t k = 0; k < h->options.packs; k++) {
		const struct house_pack *p = &h->pack[k];
		const struct model_pack *m = &h->model.pack[k];
		const uint8_t *b = p->id.address;

		fprintf(out,
			"%s{\"address\":\"%02X:%02X:%02X:%02X:%02X:%02X\",\"name\":\"%s\","
			"\"generation\":\"%s\",\"connected\":%s,\"voltage\":%.4f,"
			"\"current\":%.4f,\"left_ah\":%.3f,\"soc\":%.3f,\"bms_soc\":%.3f,"
			"\"alarms\":%u,"
			"\"charge_fet\":%s,\"discharge_fet\":%s,\"frames_sent\":%llu,"
			"\"bad_frames_sent\":%llu,\"frames_skipped\":%llu,\"replies_sent\":%llu,"
			"\"pieces_spoilt\":%llu,\"cell_voltages\":[",
			k ? "," : "", b[0], b[1], b[2], b[3], b[4], b[5], p->id.name,
			jk_generation_names[p->id.product->generation],
			p->gatt.connected ? "true" : "false", m->terminal_v, m->current_a,
			left_ah(m), model_true_soc(m), 100 * m->bms.counted_ah / m->bms.full_ah,
			jk_error_bits(&p->id, m), m->bms.charge_on ? "true" : "false",
			m->bms.discharge_on ? "true" : "false",
			(unsigned long long)p->gatt.frames_sent,
			(unsigned long long)p->gatt.bad_frames_sent,
			(unsigned long long)p->gatt.frames_skipped,
			(unsigned long long)p->gatt.replies_sent,
			(unsigned long long)p->gatt.pieces_spoilt);
		for (size_t i = 0; i < m->n_cells; i++)
			fprintf(out, "%s%.4f", i ? "," : "", m->cell[i].volts);
		fputs("]}", out);
	}
	fputs("],", out);
	sticks_print(c->sticks, out);
	fputc(',', out);
	plugs_print(c->plugs, out);
	if (c->bz) {
		fputs(",\"adapters\":", out);
		bluez_print(c->bz, out);
	}
	fputs("}\n", out);
}

static void run_pack_command(struct call *a, FILE *out, size_t row, const struct args *args)
{
	size_t most = strlen(commands[row].kinds) + 1;
	size_t least = most - (strchr(commands[row].kinds, 'W') != NULL);
	bool good = args->n >= least && args->n <= most;

	if (!a->c->bz && commands[row].kinds[0] != 'm') {
		fputs("error: there is no radio without --bus\n", out);
		return;
	}
	a->extra = commands[row].extra;
	for (size_t k = 1; good && k < args->n; k++)
		good = parse_arg(a, commands[row].kinds[k - 1], args->word[k]);
	if (good)
		good = commands[row].run(a);
	if (a->c->bz)
		bluez_kick(a->c->bz);
	if (good)
		fputs("ok\n", out);
	else
		fprintf(out, "error: usage: %s\n", commands[row].usage);
}

static void run_stick_command(struct control *c, FILE *out, const char *line)
{
	char error[STICKS_TEXT_MAX];

	if (sticks_command(c->sticks, line, error))
		fputs("ok\n", out);
	else
		fprintf(out, "error: %s\n", error);
}

static void run_line(struct control *c, FILE *out, char *line)
{
	struct call a = { .c = c };
	struct args args = { .n = 0 };
	char whole[LINE_MAX_BYTES], *save = NULL;
	uint64_t us = 0;

	sd_event_now(c->event, CLOCK_MONOTONIC, &us);
	a.now_ms = (int64_t)(us / 1000);
	snprintf(whole, sizeof(whole), "%s", line);
	for (char *w = strtok_r(line, " \t\r\n", &save); w && args.n < ARGS_MAX;
	     w = strtok_r(NULL, " \t\r\n", &save))
		args.word[args.n++] = w;
	if (args.n == 1 && strcmp(args.word[0], "state") == 0) {
		print_state(out, c);
		return;
	}
	if (args.n && sticks_knows(args.word[0])) {
		run_stick_command(c, out, whole);
		return;
	}
	if (args.n && plugs_knows(args.word[0])) {
		plugs_command(c->plugs, whole, out);
		return;
	}
	for (size_t i = 0; args.n && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, args.word[0]) == 0) {
			run_pack_command(&a, out, i, &args);
			return;
		}
	}
	fputs("error: unknown command; there are: state, plug, stick, inverter, grid, load, sun",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, ", %s", commands[i].name);
	fputc('\n', out);
}

/* Answers fit into the socket's buffer, so one send is enough and nobody has to wait. */
static void answer(struct control *c, int fd, char *line)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	run_line(c, out, line);
	fclose(out);
	(void)send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	free(text);
}

static int on_line(sd_event_source *s, int fd, uint32_t revents, void *ud)
{
	char line[LINE_MAX_BYTES];
	ssize_t n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0) {
		line[n] = '\0';
		answer(ud, fd, line);
	}
	/* The loop held the only reference; it owns the fd. */
	sd_event_source_disable_unref(s);
	return 0;
}

static int on_client(sd_event_source *s, int fd, uint32_t revents, void *ud)
{
	struct control *c = ud;
	sd_event_source *io = NULL;
	int client = accept(fd, NULL, NULL);

	(void)s, (void)revents;
	if (client < 0)
		return 0;
	if (sd_event_add_io(c->event, &io, client, EPOLLIN, on_line, c) < 0) {
		close(client);
		return 0;
	}
	sd_event_source_set_io_fd_own(io, 1);
	return 0;
}

static int socket_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, strlen(path));
	return 0;
}

/* Under its name only when it listens: whoever sees it may connect. */
static int listen_at(int fd, const char *path)
{
	struct sockaddr_un sa;
	char made[sizeof(sa.sun_path)];
	int r = snprintf(made, sizeof(made), "%s.new", path);

	r = r >= (int)sizeof(made) ? -ENAMETOOLONG : socket_address(made, &sa);
	if (r < 0)
		return r;
	unlink(made);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 64) < 0 ||
	    rename(made, path) < 0)
		return -errno;
	return 0;
}

struct control *control_new(sd_event *event, const char *path, struct house *house,
			    struct bluez *bz, struct sticks *sticks, struct plugs *plugs)
{
	struct control *c = calloc(1, sizeof(*c));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = !c || fd < 0 ? -ENOMEM : listen_at(fd, path);

	if (r >= 0) {
		*c = (struct control){
			.house = house, .bz = bz, .sticks = sticks, .plugs = plugs, .event = event
		};
		snprintf(c->path, sizeof(c->path), "%s", path);
		r = sd_event_add_io(event, &c->io, fd, EPOLLIN, on_client, c);
	}
	if (r >= 0) {
		sd_event_source_set_io_fd_own(c->io, 1);
		return c;
	}
	fprintf(stderr, "house: no control socket at %s: %s\n", path, strerror(-r));
	if (fd >= 0)
		close(fd);
	free(c);
	return NULL;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	sd_event_source_disable_unref(c->io);
	unlink(c->path);
	free(c);
}

int control_send(const char *path, const char *command)
{
	struct sockaddr_un sa;
	char buf[4096], first[8] = "";
	ssize_t n;
	size_t total = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || socket_address(path, &sa) < 0 ||
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    send(fd, command, strlen(command), MSG_NOSIGNAL) < 0) {
		fprintf(stderr, "house: no house listens at %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return 1;
	}
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (size_t i = 0; i < (size_t)n && total + i < sizeof(first) - 1; i++)
			first[total + i] = buf[i];
		total += (size_t)n;
		fwrite(buf, 1, (size_t)n, stdout);
	}
	close(fd);
	return !total || strncmp(first, "error:", 6) == 0;
}
