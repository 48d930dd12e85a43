#include "probe.h"

#include "tapo_link.h"

#include "io/regs.h"
#include "io/tcp.h"
#include "io/udp.h"
#include "proto/stick_hello.h"
#include "svitlo/clock.h"
#include "svitlo/endpoint.h"
#include "svitlo/jw.h"
#include "svitlo/plug_address.h"
#include "svitlo/util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WAYS_MAX 4
#define WAY_MS	 18000 /* for one: three silent questions, and a small one */
#define HELLO_MS 300   /* between two datagrams */
#define HELLOS	 4
#define TICK_MS	 100

/* What is known of why it does not work, the more telling ones last, and what can be done: about an
 * inverter, and about a plug. NULL: it does not happen to one. */
static const struct {
	const char *reason, *inverter, *plug;
} reasons[] = {
	{ "host_unreachable",
	  "nobody is at this address: check it in the router's list, and that the "
	  "stick is on the same network",
	  "nobody is at this address: check it in the router's list, and that the plug is in its "
	  "socket and on the same network" },
	{ "connection_refused",
	  "the device is there, but does not take connections on this port: try "
	  "again in a minute, or another port (8899 Solarman, 502 Modbus TCP)",
	  "the device is there, but takes no connection on the plug's port: check the address" },
	{ "connect_failed", "the connection could not be made: check the address and the network",
	  "the connection could not be made: check the address and the network" },
	{ "port_absent",
	  "there is no such serial port: is the adapter plugged in? ls /dev/serial/by-id", NULL },
	{ "port_denied", "svitlo may not use the serial port: add its user to the group dialout",
	  NULL },
	{ "no_answer",
	  "it takes the connection and says nothing: another client may hold it, or the "
	  "Modbus number (unit) or the baud rate is wrong",
	  "it takes the connection and says nothing: pull the plug out, plug it in again, and wait "
	  "a minute; is its Wi-Fi signal good?" },
	{ "held",
	  "another client holds the stick: end other programs that read it, or wait a minute",
	  NULL },
	{ "bad_answers",
	  "what it answers is damaged: check the cable, the baud rate and the parity",
	  "it does not answer as a plug does: check the address; pull the plug out and plug it in "
	  "again, and update its firmware in the Tapo app" },
	{ "not_a_stick", "this is another device: check the address and the port", NULL },
	{ "speaks_at",
	  "this stick knows AT commands only (old firmware): svitlo cannot read it; update "
	  "its firmware, or use RS-485",
	  NULL },
	{ "speaks_modbus", "write its address as modbus://", NULL },
	{ "modbus_exception", "it refuses the question: is it a Deye inverter?", NULL },
	{ "unit_silent",
	  "the stick answers, the inverter does not: is it switched on (and is it day, "
	  "if it has no battery)? Is its Modbus number (unit) right?",
	  NULL },
	{ "not_supported", NULL,
	  "it is a device that svitlo does not speak to; for an inverter write solarman:// or "
	  "modbus:// before the address" },
	{ "busy", NULL,
	  "another client takes the plug's only session again and again: end other programs that "
	  "use it" },
	{ "locked", NULL,
	  "the plug is locked after wrong passwords: wait an hour, then check them" },
	{ "third_party_off", NULL,
	  "this plug's firmware blocks local control: in the Tapo app, Me, Third-Party Services, "
	  "switch Third-Party Compatibility on, wait a minute, try again" },
	{ "old_protocol", NULL,
	  "this plug speaks an old protocol that hands the password of the TP-Link account to "
	  "whoever answers at this address: only go on in your own network (transport aes)" },
	{ "no_account", NULL,
	  "svitlo has no TP-Link account: enter the e-mail and the password of it" },
	{ "wrong_password", NULL,
	  "the plug does not take this e-mail and password: as in the Tapo app, capital letters "
	  "matter; an account by Google or Apple needs a password set in the app first" },
	{ "wrong_account", NULL, "the plug belongs to another TP-Link account" },
	{ "model_unknown", "it is of a kind that svitlo does not know: send a log", NULL },
};

struct probe {
	const struct device_env *env;
	char host[ENDPOINT_HOST_MAX], transport[8];
	char ways[WAYS_MAX][ENDPOINT_TEXT_MAX];
	unsigned n_ways, at, way_found;
	struct device *device;
	sd_event_source *tick;
	int64_t way_ms;	  /* monotonic */
	bool over, ended; /* ended: the present way */
	/* what was found */
	struct jw reading, info, suspect, sockets;
	char link[512];
	int reason; /* of reasons[], -1: none */
	bool reason_of_plug;
	char detail[DEVICE_DETAIL_MAX];
	/* who answers on the side */
	struct udp *udp;
	int64_t hello_ms;
	unsigned hellos;
	struct stick_hello hello; /* ip "": nobody */
	struct tcp *web;
	bool asked_web;
};

static bool is_plug(const char *way)
{
	return plug_address_is(way);
}

static int reason_of(const char *code)
{
	for (size_t i = 0; i < SV_LEN(reasons); i++)
		if (strcmp(reasons[i].reason, code) == 0)
			return (int)i;
	return -1;
}

static void note_reason(struct probe *p, const char *code, const char *detail)
{
	int r = code ? reason_of(code) : -1;

	if (r < 0 || r < p->reason)
		return;
	/* of a bare host that is tried in all ways the first one's word counts */
	if (r > p->reason)
		p->reason_of_plug = p->at < p->n_ways && is_plug(p->ways[p->at]);
	p->reason = r;
	snprintf(p->detail, sizeof(p->detail), "%s", detail ? detail : "");
}

/* ---- one way ---- */

static void on_reading(void *ud, struct device *d, const struct reading *r)
{
	struct probe *p = ud;
	struct jw link = { 0 };

	if (p->reading.len)
		return;
	reading_json(&p->reading, r);
	reading_suspect_json(&p->suspect, r);
	jw_obj(&link);
	d->driver->link_json(d, &link);
	jw_end(&link);
	if (jw_text(&link) && link.len < sizeof(p->link))
		memcpy(p->link, jw_text(&link), link.len + 1);
	jw_free(&link);
	p->way_found = p->at;
	p->ended = true;
}

static void on_sockets(void *ud, struct device *d, const struct device_socket *s, unsigned n)
{
	struct probe *p = ud;

	(void)d;
	jw_reset(&p->sockets);
	jw_arr(&p->sockets);
	for (unsigned i = 0; i < n; i++) {
		jw_obj(&p->sockets);
		jw_kint(&p->sockets, "position", s[i].position);
		jw_kstr(&p->sockets, "name", s[i].name[0] ? s[i].name : NULL);
		jw_key(&p->sockets, "on");
		if (s[i].on < 0)
			jw_null(&p->sockets);
		else
			jw_bool(&p->sockets, s[i].on);
		jw_end(&p->sockets);
	}
	jw_end(&p->sockets);
}

static void on_moved(void *ud, struct device *d, const char *address)
{
	(void)ud;
	(void)d;
	(void)address;
}

static void on_turned(void *ud, struct device *d, bool on, const char *by)
{
	(void)ud;
	(void)d;
	(void)on;
	(void)by;
}

static void on_doc(void *ud, struct device *d, const char *kind, const char *json)
{
	struct probe *p = ud;

	(void)d;
	if (strcmp(kind, "info") != 0)
		return;
	jw_reset(&p->info);
	jw_raw(&p->info, json);
}

static char *on_recall(void *ud, struct device *d, const char *kind)
{
	(void)ud;
	(void)d;
	(void)kind;
	return NULL;
}

static void on_changed(void *ud, struct device *d)
{
	struct probe *p = ud;

	if (!d->reason || d->state == DEVICE_CONNECTING)
		return;
	note_reason(p, d->reason, d->detail);
	/* a night without sun looks as an inverter that does not answer does */
	if (d->state == DEVICE_ASLEEP)
		note_reason(p, "unit_silent", d->detail);
	p->ended = true;
}

static void on_piece(void *ud, struct device *d, char dir, const uint8_t *b, size_t n)
{
	(void)ud;
	(void)d;
	(void)dir;
	(void)b;
	(void)n;
}

static void begin_way(struct probe *p)
{
	const struct device_owner owner = { .reading = on_reading,
					    .doc = on_doc,
					    .recall = on_recall,
					    .changed = on_changed,
					    .piece = on_piece,
					    .sockets = on_sockets,
					    .moved = on_moved,
					    .turned = on_turned,
					    .ud = p };
	struct device_config c = { .name = "probe", .options = "{}", .enabled = true };
	bool plug = is_plug(p->ways[p->at]);

	snprintf(c.kind, sizeof(c.kind), "%s", plug ? "tapo" : "deye");
	if (plug && p->transport[0])
		snprintf(c.options, sizeof(c.options), "{\"transport\":\"%s\"}", p->transport);
	snprintf(c.address, sizeof(c.address), "%s", p->ways[p->at]);
	p->ended = false;
	p->way_ms = clock_mono_ms();
	p->device = device_new(&c, p->env, &owner);
	if (p->device && p->device->reason)
		on_changed(p, p->device);
}

/* ---- who else may be there ---- */

static void on_hello(void *ud, uint32_t ip, const uint8_t *b, size_t n)
{
	struct probe *p = ud;

	(void)ip;
	if (!p->hello.ip[0])
		stick_hello_parse(&p->hello, b, n);
}

static void send_hello(struct probe *p, int64_t now)
{
	struct in_addr in;

	if (p->hellos >= HELLOS || now < p->hello_ms || inet_pton(AF_INET, p->host, &in) != 1)
		return;
	udp_send(p->udp, ntohl(in.s_addr), STICK_PORT, stick_words[p->hellos % 2],
		 strlen(stick_words[p->hellos % 2]));
	p->hellos++;
	p->hello_ms = now + HELLO_MS;
}

static void on_web_up(void *ud)
{
	static const char get[] = "GET / HTTP/1.0\r\n\r\n";
	struct probe *p = ud;

	tcp_write(p->web, get, sizeof(get) - 1);
}

static void on_web_data(void *ud, const uint8_t *b, size_t n)
{
	struct probe *p = ud;

	if (n >= 5 && memcmp(b, "HTTP/", 5) == 0)
		note_reason(p, "not_a_stick", "a web server answers on this port");
}

static void on_web_down(void *ud, int error, const char *text)
{
	struct probe *p = ud;

	(void)error;
	(void)text;
	tcp_close(SV_STEAL(p->web));
	p->ended = true;
}

/* It took a connection and answered nothing: is it a web server? */
static bool ask_web(struct probe *p)
{
	const struct tcp_owner owner = { on_web_up, on_web_data, on_web_down, p };
	struct endpoint ep;

	if (p->asked_web || is_plug(p->ways[p->at]) || p->reason != reason_of("no_answer") ||
	    endpoint_parse(&ep, p->ways[p->at], NULL) < 0 || ep.kind == ENDPOINT_RTU)
		return false;
	p->asked_web = true;
	p->ended = false;
	p->way_ms = clock_mono_ms() - WAY_MS + TCP_CONNECT_MS;
	return tcp_open(&p->web, p->env->ev, regs_hub_names(p->env->regs), ep.host, ep.port,
			&owner) >= 0;
}

/* ---- all of them ---- */

static void finish(struct probe *p)
{
	p->over = true;
	if (!p->reading.len && p->hello.ip[0] && p->reason <= reason_of("connection_refused"))
		note_reason(p, "speaks_at",
			    "it answers when sticks are called, but not on its data port");
}

static void next_way(struct probe *p)
{
	device_free(SV_STEAL(p->device));
	tcp_close(SV_STEAL(p->web));
	if (p->reading.len || ++p->at >= p->n_ways)
		finish(p);
	else
		begin_way(p);
}

static int on_tick(sd_event_source *s, uint64_t usec, void *ud)
{
	struct probe *p = ud;
	int64_t now = clock_mono_ms();

	(void)usec;
	if (!p->device && !p->web && !p->over)
		begin_way(p);
	send_hello(p, now);
	if (!p->ended && now - p->way_ms > WAY_MS) {
		note_reason(p, "no_answer", "it did not answer in time");
		p->ended = true;
	}
	if (p->ended && !p->over) {
		if (!p->reading.len && p->device) {
			device_free(SV_STEAL(p->device));
			if (!ask_web(p))
				next_way(p);
		} else {
			next_way(p);
		}
	}
	if (p->over)
		return 0;
	sd_event_source_set_time_relative(s, TICK_MS * 1000);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int set_ways(struct probe *p, const char *address, struct err *e)
{
	static const char *const bare[] = { "solarman://%s", "modbus://%s", "modbus://%s:8899" };
	struct plug_address plug;
	struct endpoint ep;
	int r;

	if (is_plug(address)) {
		r = plug_address_parse(&plug, address, e);
		if (r < 0)
			return r;
		plug_address_text(p->ways[p->n_ways++], &plug);
		snprintf(p->host, sizeof(p->host), "%s", plug.host);
		return 0;
	}
	if (strstr(address, "://")) {
		r = endpoint_parse(&ep, address, e);
		if (r < 0)
			return r;
		snprintf(p->ways[p->n_ways++], ENDPOINT_TEXT_MAX, "%s", address);
		if (ep.kind == ENDPOINT_RTU)
			return 0;
		snprintf(p->host, sizeof(p->host), "%s", ep.host);
		/* on the same port the other one may be spoken */
		ep.kind = ep.kind == ENDPOINT_MODBUS ? ENDPOINT_SOLARMAN : ENDPOINT_MODBUS;
		endpoint_text(p->ways[p->n_ways++], &ep);
		return 0;
	}
	/* the last way has a port of its own */
	for (size_t i = 0; i < SV_LEN(bare) - !!strchr(address, ':'); i++) {
		const char *mark = strstr(bare[i], "%s");

		snprintf(p->ways[i], ENDPOINT_TEXT_MAX, "%.*s%.*s%s", (int)(mark - bare[i]),
			 bare[i], ENDPOINT_HOST_MAX, address, mark + 2);
		r = endpoint_parse(&ep, p->ways[i], e);
		if (r < 0)
			return r;
		p->n_ways++;
	}
	snprintf(p->host, sizeof(p->host), "%s", ep.host);
	/* names are no plugs' */
	snprintf(p->ways[p->n_ways], ENDPOINT_TEXT_MAX, "tapo://%.*s", ENDPOINT_HOST_MAX, address);
	if (plug_address_parse(&plug, p->ways[p->n_ways], NULL) == 0)
		p->n_ways++;
	return 0;
}

int probe_new(struct probe **ret, const struct device_env *env, const char *address,
	      const char *transport, struct err *e)
{
	struct probe *p = calloc(1, sizeof(*p));
	const struct udp_owner owner = { on_hello, p };
	int r;

	if (!p)
		return err_set(e, -ENOMEM, "out of memory");
	p->env = env;
	p->reason = -1;
	p->way_ms = clock_mono_ms();
	r = set_ways(p, address, e);
	if (r >= 0 && transport && strcmp(transport, "auto") != 0) {
		if (!tapo_transport_find(transport))
			r = err_set(e, -EINVAL, "transport is auto, klap, klap1, aes or tpap");
		snprintf(p->transport, sizeof(p->transport), "%.7s", transport);
	}
	if (r >= 0 && udp_open(&p->udp, env->ev, &owner) < 0)
		r = err_set(e, -EIO, "the network cannot be asked: %s", strerror(errno));
	if (r >= 0 &&
	    sd_event_add_time_relative(env->ev, &p->tick, CLOCK_MONOTONIC, 0, 1000, on_tick, p) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r < 0) {
		probe_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

double probe_progress(const struct probe *p)
{
	double way = (double)(clock_mono_ms() - p->way_ms) / WAY_MS;

	return p->over ? 1 : fmin(0.99, (p->at + fmin(way, 1)) / p->n_ways);
}

bool probe_found(const struct probe *p)
{
	return p->over && p->reading.len;
}

bool probe_built_in(const struct probe *p)
{
	json_auto_t *link = json_loads(p->link, 0, NULL);

	return json_is_true(json_object_get(link, "built_in"));
}

/* About the kind of device that it was tried as. */
static const char *probe_advice(const struct probe *p)
{
	const char *plug = reasons[p->reason].plug, *inverter = reasons[p->reason].inverter;

	return (p->reason_of_plug && plug) || !inverter ? plug : inverter;
}

const char *probe_reason(const struct probe *p, const char **ret_advice)
{
	bool known = !p->reading.len && p->reason >= 0;

	*ret_advice = known ? probe_advice(p) : "nothing answers there";
	return known ? reasons[p->reason].reason : NULL;
}

static void put_raw(struct jw *w, const char *key, const struct jw *json)
{
	jw_key(w, key);
	if (json->len)
		jw_rawn(w, json->buf, json->len);
	else
		jw_null(w);
}

void probe_json(const struct probe *p, struct jw *w)
{
	bool found = p->reading.len;
	char address[ENDPOINT_TEXT_MAX] = "";
	struct endpoint ep;

	if (found && is_plug(p->ways[p->way_found]))
		snprintf(address, sizeof(address), "%s", p->ways[p->way_found]);
	else if (found && endpoint_parse(&ep, p->ways[p->way_found], NULL) == 0)
		endpoint_text(address, &ep);
	jw_kbool(w, "found", found);
	jw_kstr(w, "address", found ? address : NULL);
	jw_key(w, "link");
	jw_raw(w, p->link[0] ? p->link : "null");
	put_raw(w, "info", &p->info);
	put_raw(w, "reading", &p->reading);
	put_raw(w, "suspect", &p->suspect);
	put_raw(w, "sockets", &p->sockets);
	jw_kstr(w, "reason", !found && p->reason >= 0 ? reasons[p->reason].reason : NULL);
	jw_kstr(w, "detail", !found && p->detail[0] ? p->detail : NULL);
	jw_kstr(w, "advice", !found && p->reason >= 0 ? probe_advice(p) : NULL);
	jw_key(w, "stick");
	if (!p->hello.ip[0]) {
		jw_null(w);
		return;
	}
	jw_obj(w);
	jw_kstr(w, "mac", p->hello.mac);
	if (p->hello.serial)
		jw_kint(w, "serial", p->hello.serial);
	jw_end(w);
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	sd_event_source_disable_unref(p->tick);
	device_free(p->device);
	tcp_close(p->web);
	udp_close(p->udp);
	jw_free(&p->reading);
	jw_free(&p->info);
	jw_free(&p->suspect);
	jw_free(&p->sockets);
	free(p);
}
