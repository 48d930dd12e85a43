/*
 * What can be done to a plug on command, and how it is.
 */
#include "plug.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_SHOWN PLUG_LOG_MAX

struct words {
	struct plug *p;
	size_t n;
	char *const *word;
	char *error; /* why not; "" for the usage */
	size_t error_size;
};

static bool number(const char *s, double lo, double hi, double *ret)
{
	char *end;

	*ret = strtod(s, &end);
	return end != s && !*end && *ret >= lo && *ret <= hi;
}

/* The first word is a number; how many a fault befalls is 1 when nobody says it. */
static bool count(const struct words *w, size_t i, unsigned *ret)
{
	double v = 1;

	if (w->n > i && !number(w->word[i], 0, 1e6, &v))
		return false;
	*ret = (unsigned)v;
	return w->n <= i + 1;
}

static bool on_off(const struct words *w, bool *ret)
{
	if (w->n != 1 || (strcmp(w->word[0], "on") != 0 && strcmp(w->word[0], "off") != 0))
		return false;
	*ret = strcmp(w->word[0], "on") == 0;
	return true;
}

static bool set_power(const struct words *w, bool unplugged)
{
	house_advance(w->p->house, plug_now_ms(w->p));
	plug_unit_power(w->p->unit, w->p->unit->dark, unplugged);
	return w->n == 0;
}

static bool do_unplug(struct words *w)
{
	return set_power(w, true);
}

static bool do_plug(struct words *w)
{
	return set_power(w, false);
}

static bool do_silent(struct words *w)
{
	return on_off(w, &w->p->faults.silent);
}

static bool do_asleep(struct words *w)
{
	w->p->retry_ms = w->p->awake_until_ms = 0;
	return on_off(w, &w->p->faults.asleep);
}

static bool do_slow(struct words *w)
{
	return w->n == 1 && count(w, 0, &w->p->faults.slow_ms);
}

static bool do_drip(struct words *w)
{
	return w->n == 1 && count(w, 0, &w->p->faults.drip);
}

static bool do_flood(struct words *w)
{
	return count(w, 0, &w->p->faults.flood);
}

static bool do_drop(struct words *w)
{
	return count(w, 0, &w->p->faults.drop);
}

static bool do_lose(struct words *w)
{
	return count(w, 0, &w->p->faults.lose);
}

static bool do_garbage(struct words *w)
{
	static const char *const names[PLUG_GARBAGE__MAX] = { "off",	 "json",  "base64",
							      "padding", "short", "html" };

	for (size_t i = 0; w->n && i < PLUG_GARBAGE__MAX; i++) {
		if (strcmp(w->word[0], names[i]) != 0)
			continue;
		w->p->faults.garbage = (enum plug_garbage)i;
		return count(w, 1, &w->p->faults.n_garbage);
	}
	return false;
}

static bool do_refuse(struct words *w)
{
	return count(w, 0, &w->p->faults.refuse);
}

/* "403 3", "403 20%" */
static bool do_forbid(struct words *w)
{
	struct plug_faults *f = &w->p->faults;
	size_t len = w->n == 1 ? strlen(w->word[0]) : 0;
	char text[16];
	double v;

	if (!len || len >= sizeof(text))
		return false;
	memcpy(text, w->word[0], len + 1);
	if (text[len - 1] == '%') {
		text[len - 1] = '\0';
		if (!number(text, 0, 100, &v))
			return false;
		f->forbid_pct = (unsigned)v;
		return true;
	}
	f->forbid_pct = 0;
	return count(w, 0, &f->forbid);
}

static bool do_steal(struct words *w)
{
	double s;

	if (!w->n) {
		plug_forget_sessions(w->p);
		return true;
	}
	if (w->n != 2 || strcmp(w->word[0], "every") != 0 || !number(w->word[1], 0, 86400, &s))
		return false;
	w->p->faults.steal_every_ms = (unsigned)(s * 1000);
	w->p->faults.steal_ms = plug_now_ms(w->p) + w->p->faults.steal_every_ms;
	return true;
}

static bool do_password(struct words *w)
{
	if (w->n != 1 || strlen(w->word[0]) >= sizeof(w->p->password))
		return false;
	memcpy(w->p->password, w->word[0], strlen(w->word[0]) + 1);
	plug_forget_sessions(w->p);
	return true;
}

/* Without an address it belongs to nobody. */
static bool do_account(struct words *w)
{
	const char *account = w->n ? w->word[0] : "";

	if (w->n > 1 || strlen(account) >= sizeof(w->p->account))
		return false;
	memcpy(w->p->account, account, strlen(account) + 1);
	plug_forget_sessions(w->p);
	return true;
}

static bool do_third_party(struct words *w)
{
	if (w->p->wire == PLUG_AES || !on_off(w, &w->p->third_party))
		return false;
	plug_forget_sessions(w->p);
	return true;
}

static bool do_lock(struct words *w)
{
	if (!on_off(w, &w->p->faults.locked))
		return false;
	w->p->failed = 0;
	return true;
}

static bool do_clock(struct words *w)
{
	return w->n == 1 && number(w->word[0], -4e9, 4e9, &w->p->unit->clock_s);
}

static bool do_timeout(struct words *w)
{
	return w->n == 1 && count(w, 0, &w->p->timeout_s);
}

static bool do_move(struct words *w)
{
	struct in_addr to;
	int r;

	if (w->n != 1 || inet_pton(AF_INET, w->word[0], &to) != 1)
		return false;
	r = plug_move(w->p, to);
	if (r < 0)
		snprintf(w->error, w->error_size, "%s: %s", w->word[0], strerror(-r));
	return r >= 0;
}

static bool do_press(struct words *w)
{
	double socket = 1;

	if (w->n > 1 || w->p->unit->dark || w->p->unit->unplugged ||
	    (w->n && !number(w->word[0], 1, w->p->unit->product->sockets, &socket)))
		return false;
	plug_switch(w->p, (unsigned)socket - 1, !w->p->unit->socket[(unsigned)socket - 1].on,
		    PLUG_BY_BUTTON);
	return true;
}

static void trip(struct plug *p)
{
	for (unsigned k = 0; k < p->unit->product->sockets; k++)
		if (p->unit->socket[k].on)
			plug_switch(p, k, false, PLUG_BY_PROTECTION);
}

static bool do_overheat(struct words *w)
{
	if (!on_off(w, &w->p->unit->overheated))
		return false;
	if (w->p->unit->overheated)
		trip(w->p);
	return true;
}

static bool do_overload(struct words *w)
{
	bool on;

	if (!on_off(w, &on))
		return false;
	if (on)
		trip(w->p);
	for (unsigned k = 0; k < w->p->unit->product->sockets; k++)
		w->p->unit->socket[k].overloaded = on;
	return true;
}

static bool is_ascii(const char *s)
{
	while (*s > 0)
		s++;
	return !*s;
}

/* A text, or base64 of one; after "=" it is taken as it is. */
static bool do_nickname(struct words *w)
{
	char text[PLUG_NAME_BYTES] = "", unused[PLUG_NAME_BYTES];
	bool strip = w->p->unit->product->sockets > 1;
	char *to = strip ? w->p->unit->nickname : w->p->unit->socket[0].nickname;
	size_t at = 0;

	for (size_t i = 0; i < w->n && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? " " : "",
				       w->word[i]);
	if (at >= sizeof(text))
		return false;
	if (*text == '=' && is_ascii(text))
		memcpy(to, text + 1, at);
	else if (plug_name_decode(text, unused))
		memcpy(to, text, at + 1);
	else
		plug_name_encode(text, to);
	return true;
}

static bool do_firmware(struct words *w)
{
	static const enum plug_wire wires[] = { PLUG_KLAP, PLUG_KLAP1, PLUG_AES, PLUG_TPAP };

	for (size_t i = 0; w->n == 1 && i < sizeof(wires) / sizeof(wires[0]); i++) {
		if (strcmp(w->word[0], plug_wire_names[wires[i]]) != 0)
			continue;
		w->p->wire = wires[i];
		w->p->third_party = wires[i] != PLUG_TPAP;
		plug_unit_flash(w->p->unit, wires[i]);
		plug_forget_sessions(w->p);
		return true;
	}
	return false;
}

static bool do_reboot(struct words *w)
{
	plug_reboot(w->p);
	return w->n == 0;
}

/* ---- the state ---- */

static json_t *socket_state(const struct plug *p, unsigned k)
{
	const struct plug_socket *o = &p->unit->socket[k];
	const struct plug_countdown *c = &o->countdown;

	return json_pack("{s:s,s:s,s:s,s:b,s:f,s:f,s:f,s:f,s:f,s:b,s:i,s:b}", "id", o->id, "load",
			 o->load.type->name, "nickname", o->nickname, "on", o->on, "power_w",
			 o->load.now_w, "today_wh", o->energy.today_wh, "month_wh",
			 o->energy.month_wh + o->older_wh, "total_wh", o->energy.total_wh,
			 "today_s", o->energy.today_s, "countdown", c->due_ms != PLUG_NEVER,
			 "remain_s", (int)plug_unit_remain_s(c, plug_now_ms(p)), "countdown_on",
			 c->on);
}

static json_t *log_state(const struct plug_unit *u)
{
	json_t *list = json_array();
	uint64_t from = u->n_log > LOG_SHOWN ? u->n_log - LOG_SHOWN : 0;

	for (uint64_t i = from; i < u->n_log; i++) {
		const struct plug_switched *e = &u->log[i % PLUG_LOG_MAX];

		json_array_append_new(list, json_pack("{s:I,s:i,s:b,s:s,s:b}", "ms",
						      (json_int_t)e->wall_ms, "socket",
						      (int)e->socket + 1, "on", e->on, "by",
						      plug_by_names[e->by], "changed", e->changed));
	}
	return list;
}

static void add_counts(const struct plug *p, json_t *ret)
{
	const struct {
		const char *key;
		uint64_t n;
	} counts[] = {
		{ "handshakes", p->stats.handshakes }, { "logins", p->stats.logins },
		{ "refused", p->stats.refused },       { "requests", p->stats.requests },
		{ "forbidden", p->stats.forbidden },   { "bad_seq", p->stats.bad_seq },
		{ "bad_mac", p->stats.bad_mac },       { "lost", p->stats.lost },
		{ "probes", p->stats.probes },	       { "accepted", p->port.accepted },
		{ "set_on", p->unit->set_on },	       { "set_off", p->unit->set_off },
		{ "switches", p->unit->switches },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_object_set_new(ret, counts[i].key, json_integer((json_int_t)counts[i].n));
	json_object_set_new(ret, "last_request_ms",
			    json_integer((json_int_t)p->stats.last_request_ms));
}

/* on, power_w …: of all its sockets together. */
static void add_whole(const struct plug *p, json_t *ret)
{
	double watts = 0, today = 0, month = 0;
	unsigned remain = 0;
	bool on = false;

	for (unsigned k = 0; k < p->unit->product->sockets; k++) {
		const struct plug_socket *o = &p->unit->socket[k];
		unsigned s = plug_unit_remain_s(&o->countdown, plug_now_ms(p));

		on = on || o->on;
		watts += o->load.now_w;
		today += o->energy.today_wh;
		month += o->energy.month_wh + o->older_wh;
		remain = s > remain ? s : remain;
	}
	json_object_set_new(ret, "on", json_boolean(on));
	json_object_set_new(ret, "power_w", json_real(watts));
	json_object_set_new(ret, "today_wh", json_real(today));
	json_object_set_new(ret, "month_wh", json_real(month));
	json_object_set_new(ret, "remain_s", json_integer(remain));
}

json_t *plug_state(const struct plug *p, bool with_log)
{
	const struct plug_unit *u = p->unit;
	uint64_t last = u->n_log ? (u->n_log - 1) % PLUG_LOG_MAX : 0;
	char host[INET_ADDRSTRLEN], mac[13];
	json_t *ret, *sockets = json_array();

	inet_ntop(AF_INET, &p->port.at.sin_addr, host, sizeof(host));
	for (size_t i = 0; i < sizeof(u->mac); i++)
		snprintf(mac + 2 * i, 3, "%02X", u->mac[i]);
	ret = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:I}", "address", host, "port",
			ntohs(p->port.at.sin_port), "model", u->product->model, "wire",
			plug_wire_names[plug_speaks(p)], "mac", mac, "device_id", u->id, "firmware",
			u->product->firmware, "reachable", !p->off && wire_port_is_open(&p->port),
			"session", p->session.live, "locked", p->faults.locked, "last_set_ms",
			(json_int_t)(u->n_log ? u->log[last].wall_ms : 0));
	add_whole(p, ret);
	add_counts(p, ret);
	for (unsigned k = 0; k < u->product->sockets; k++)
		json_array_append_new(sockets, socket_state(p, k));
	json_object_set_new(ret, "sockets", sockets);
	if (with_log)
		json_object_set_new(ret, "log", log_state(u));
	return ret;
}

/* ---- all of them ---- */

static const struct {
	const char *name, *usage;
	bool (*run)(struct words *w);
} commands[] = {
	{ "unplug", "unplug", do_unplug },
	{ "plug", "plug", do_plug },
	{ "silent", "silent on|off", do_silent },
	{ "asleep", "asleep on|off", do_asleep },
	{ "slow", "slow MILLISECONDS", do_slow },
	{ "drip", "drip BYTES_PER_SECOND", do_drip },
	{ "flood", "flood [COUNT]", do_flood },
	{ "drop", "drop [COUNT]", do_drop },
	{ "lose-answer", "lose-answer [COUNT]", do_lose },
	{ "garbage", "garbage json|base64|padding|short|html|off [COUNT]", do_garbage },
	{ "refuse", "refuse [COUNT]", do_refuse },
	{ "403", "403 COUNT|PERCENT%", do_forbid },
	{ "steal", "steal [every SECONDS]", do_steal },
	{ "password", "password TEXT", do_password },
	{ "account", "account [ADDRESS]", do_account },
	{ "third-party", "third-party on|off (of KLAP and TPAP)", do_third_party },
	{ "lock", "lock on|off", do_lock },
	{ "clock", "clock SECONDS", do_clock },
	{ "timeout", "timeout SECONDS", do_timeout },
	{ "move", "move ADDRESS", do_move },
	{ "press", "press [SOCKET] (with power)", do_press },
	{ "overheat", "overheat on|off", do_overheat },
	{ "overload", "overload on|off", do_overload },
	{ "nickname", "nickname TEXT|BASE64|=RAW", do_nickname },
	{ "firmware", "firmware klap|klap1|aes|tpap", do_firmware },
	{ "reboot", "reboot", do_reboot },
};

static void print_state(const struct plug *p, FILE *out)
{
	json_t *state = plug_state(p, true);

	json_dumpf(state, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(state);
}

void plug_command(struct plug *p, size_t n, char *const words[], FILE *out)
{
	char error[128] = "";
	struct words w = {
		.p = p, .n = n - 1, .word = words + 1, .error = error, .error_size = sizeof(error)
	};

	house_advance(p->house, plug_now_ms(p));
	if (strcmp(words[0], "state") == 0) {
		print_state(p, out);
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, words[0]) != 0)
			continue;
		if (commands[i].run(&w))
			fputs("ok\n", out);
		else if (*error)
			fprintf(out, "error: %s\n", error);
		else
			fprintf(out, "error: usage: plug NUMBER %s\n", commands[i].usage);
		plug_kick(p);
		return;
	}
	fputs("error: usage: plug NUMBER state", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, ", %s", commands[i].name);
	fputc('\n', out);
}
