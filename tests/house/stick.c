/*
 * See stick.h: the serial line, its queue, and segments on their way out.
 */
#include "stick.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HALF_MS	 300
#define BEAT_MS	 60000
#define CLOUD_MS 5000
#define IDLE_MS	 300000
#define RETRY_MS 1000 /* of a port that somebody else has */
#define NEVER	 INT64_MAX

int64_t stick_now_ms(const struct stick *s)
{
	uint64_t us = 0;

	sd_event_now(s->port.event, CLOCK_MONOTONIC, &us);
	return (int64_t)(us / STICK_MS);
}

bool stick_strikes(unsigned *count)
{
	if (!*count)
		return false;
	--*count;
	return true;
}

const struct stick_language *stick_speaks(const struct stick *s)
{
	static const struct stick_language *const languages[HOUSE_WIRE__MAX] = {
		[HOUSE_V5] = &stick_v5,
		[HOUSE_TCP] = &gateway_tcp,
		[HOUSE_RTU] = &gateway_rtu,
	};

	return s->faults.modbus ? &gateway_tcp : languages[s->wire];
}

/* ---- on the way out ---- */

void stick_post(struct stick *s, uint32_t client, const uint8_t *data, size_t n, int64_t due_ms)
{
	struct wire_client *c = wire_port_client(&s->port, client);

	if (!c)
		return;
	if (due_ms < s->hold_ms)
		due_ms = s->hold_ms;
	if (due_ms <= stick_now_ms(s)) {
		wire_port_send(c, data, n);
		return;
	}
	for (size_t i = 0; i < STICK_OUT_MAX; i++) {
		struct stick_piece *p = &s->piece[i];

		if (p->due_ms)
			continue;
		*p = (struct stick_piece){ .due_ms = due_ms, .client = client, .len = n };
		memcpy(p->data, data, n);
		return;
	}
}

static int64_t send_due(struct stick *s, int64_t now_ms)
{
	int64_t next = NEVER;

	for (size_t i = 0; i < STICK_OUT_MAX; i++) {
		struct stick_piece *p = &s->piece[i];
		struct wire_client *c;

		if (p->due_ms && p->due_ms <= now_ms) {
			p->due_ms = 0;
			c = wire_port_client(&s->port, p->client);
			if (c)
				wire_port_send(c, p->data, p->len);
		} else if (p->due_ms && p->due_ms < next) {
			next = p->due_ms;
		}
	}
	return next;
}

/* What goes out now is what was kept the last time. -> false: nothing was */
static bool shift(struct stick *s, uint8_t *data, size_t *n)
{
	uint8_t now[STICK_OUT_BYTES];
	size_t n_now = *n;

	memcpy(now, data, n_now);
	memcpy(data, s->kept, s->n_kept);
	*n = s->n_kept;
	memcpy(s->kept, now, n_now);
	s->n_kept = n_now;
	return *n > 0;
}

void stick_deliver(struct stick *s, uint32_t client, const uint8_t *data, size_t n)
{
	struct stick_faults *f = &s->faults;
	int64_t due = stick_now_ms(s);
	uint8_t out[STICK_OUT_BYTES];

	memcpy(out, data, n);
	if (f->off_by_one && !shift(s, out, &n))
		return;
	if (stick_strikes(&f->late.count))
		due += f->late.value;
	if (stick_strikes(&f->cut)) {
		stick_post(s, client, out, n / 2, due);
	} else if (stick_strikes(&f->half)) {
		stick_post(s, client, out, n / 2, due);
		stick_post(s, client, out + n / 2, n - n / 2, due + HALF_MS);
		s->hold_ms = due + HALF_MS + 1;
	} else {
		stick_post(s, client, out, n, due);
		if (f->duplicate)
			stick_post(s, client, out, n, due);
	}
}

/* ---- the serial line ---- */

void stick_follow_clock(struct stick *s)
{
	if (s->by_clock)
		house_advance(s->house, stick_now_ms(s));
}

void stick_submit(struct stick *s, const struct stick_request *q)
{
	unsigned registers = wire_rtu_registers(q->rtu, q->len);

	s->stats.requests++;
	s->stats.last_request_ms = s->house->wall_ms;
	if (registers > s->stats.largest_read)
		s->stats.largest_read = registers;
	if (s->n_queued == STICK_QUEUE_MAX)
		return;
	s->queue[(s->head + s->n_queued++) % STICK_QUEUE_MAX] = *q;
}

static void start_next(struct stick *s, int64_t now_ms)
{
	const struct house_options *o = &s->house->options;
	uint32_t more = o->delay_max_ms - o->delay_min_ms;

	if (s->busy || !s->n_queued)
		return;
	s->busy = true;
	s->done_ms = now_ms + o->delay_min_ms + (more ? rng_below(&s->rng, more + 1) : 0);
}

/* Values that a good CRC says nothing against. */
static void spoil_values(struct stick *s, const uint8_t *request, struct stick_answer *a,
			 unsigned registers)
{
	uint16_t values[INV_READ_MAX] = { 0 };
	struct stick_faults *f = &s->faults;
	bool nonsense = stick_strikes(&f->nonsense);

	if (!nonsense && !stick_strikes(&f->zeros))
		return;
	for (unsigned i = 0; nonsense && i < registers; i++)
		values[i] = (uint16_t)rng_next(&s->rng);
	a->len = wire_rtu_values(a->rtu, request, values, registers);
}

/* One register less than was asked for, or one more where that would be none. */
static void spoil_length(const uint8_t *request, struct stick_answer *a, unsigned registers)
{
	uint16_t values[INV_READ_MAX] = { 0 };
	unsigned n = registers > 1 ? registers - 1 : 2;

	for (unsigned i = 0; i < n && i < registers; i++)
		values[i] = (uint16_t)(a->rtu[3 + 2 * i] << 8 | a->rtu[4 + 2 * i]);
	a->len = wire_rtu_values(a->rtu, request, values, n);
}

static void listen_to_inverter(struct stick *s, const struct stick_request *q,
			       struct stick_answer *a)
{
	struct stick_faults *f = &s->faults;
	unsigned registers = wire_rtu_registers(q->rtu, q->len);

	if (inv_asleep(s->inverter, &s->house->model))
		return;
	a->len = wire_rtu_serve(s->inverter, &s->house->model, s->house->wall_ms, q->rtu, q->len,
				a->rtu);
	a->refused = a->len && a->rtu[WIRE_RTU_FUNCTION] & WIRE_RTU_EXCEPTION;
	if (!a->len || a->refused)
		return;
	s->stats.registers_read += registers;
	if (stick_strikes(&f->exception.count)) {
		a->len = wire_rtu_exception(a->rtu, q->rtu, (int)f->exception.value);
		return;
	}
	if (registers) {
		spoil_values(s, q->rtu, a, registers);
		if (stick_strikes(&f->length))
			spoil_length(q->rtu, a, registers);
	}
	if (stick_strikes(&f->bad_crc))
		a->rtu[a->len - 1] ^= 0x55;
}

static void finish(struct stick *s, int64_t now_ms)
{
	const struct stick_request *q = &s->queue[s->head];
	const struct stick_faults *f = &s->faults;
	unsigned registers = wire_rtu_registers(q->rtu, q->len);
	struct stick_answer a = { .len = 0 };

	s->busy = false;
	s->head = (s->head + 1) % STICK_QUEUE_MAX;
	s->n_queued--;
	if (now_ms < f->silent_until_ms || (f->block && registers > f->block))
		return;
	stick_follow_clock(s);
	listen_to_inverter(s, q, &a);
	if (q->client)
		stick_speaks(s)->answer(s, q, &a);
	else
		stick_udp_answer(s, q, &a);
}

static int64_t serve_line(struct stick *s, int64_t now_ms)
{
	start_next(s, now_ms);
	while (s->busy && s->done_ms <= now_ms) {
		finish(s, now_ms);
		start_next(s, now_ms);
	}
	return s->busy ? s->done_ms : NEVER;
}

/* ---- what has its time ---- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool keeps_shut(const struct stick *s, int64_t now_ms)
{
	const struct stick_faults *f = &s->faults;

	return f->dead || f->at || now_ms < f->refuse_until_ms || now_ms < f->gone_until_ms;
}

/* -> when to look again */
static int64_t tend_port(struct stick *s, int64_t now_ms)
{
	struct stick_faults *f = &s->faults;

	if (now_ms < f->gone_until_ms)
		return f->gone_until_ms;
	if (f->gone_until_ms) {
		f->gone_until_ms = 0;
		wire_port_shut(&s->port);
		wire_port_drop(&s->port);
	}
	if (keeps_shut(s, now_ms)) {
		if (wire_port_is_open(&s->port)) {
			wire_port_shut(&s->port);
			wire_port_drop(&s->port);
		}
		return now_ms < f->refuse_until_ms ? f->refuse_until_ms : NEVER;
	}
	return wire_port_open(&s->port) < 0 ? now_ms + RETRY_MS : NEVER;
}

static int64_t end_idle(struct stick *s, int64_t now_ms)
{
	int64_t next = NEVER;

	if (s->wire == HOUSE_RTU)
		return next;
	for (size_t i = 0; i < WIRE_CLIENTS_MAX; i++) {
		struct wire_client *c = &s->port.client[i];

		if (c->io && c->heard_ms + IDLE_MS <= now_ms)
			wire_port_close(c);
		else if (c->io)
			next = sooner(next, c->heard_ms + IDLE_MS);
	}
	return next;
}

static int64_t speak_unasked(struct stick *s, int64_t now_ms)
{
	if (stick_speaks(s) != &stick_v5 || now_ms < s->faults.silent_until_ms)
		return NEVER;
	if (now_ms >= s->next_beat_ms) {
		stick_v5_beat(s);
		s->next_beat_ms = now_ms + BEAT_MS;
	}
	if (!s->faults.unsolicited)
		return s->next_beat_ms;
	if (now_ms >= s->next_cloud_ms) {
		stick_v5_cloud(s);
		s->next_cloud_ms = now_ms + CLOUD_MS;
	}
	return sooner(s->next_beat_ms, s->next_cloud_ms);
}

static void look(struct stick *s)
{
	int64_t now = stick_now_ms(s);
	int64_t next = tend_port(s, now);

	next = sooner(next, serve_line(s, now));
	next = sooner(next, send_due(s, now));
	next = sooner(next, end_idle(s, now));
	next = sooner(next, speak_unasked(s, now));
	sd_event_source_set_time(s->timer, next == NEVER ? UINT64_MAX : (uint64_t)next * STICK_MS);
	sd_event_source_set_enabled(s->timer, next == NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *src, uint64_t usec, void *ud)
{
	(void)src, (void)usec;
	look(ud);
	return 0;
}

void stick_kick(struct stick *s)
{
	sd_event_source_set_time(s->timer, 0);
	sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

/* ---- clients ---- */

static const char not_found[] = "HTTP/1.0 400 Bad Request\r\nServer: HTTPD\r\n"
				"Content-Type: text/html\r\nConnection: close\r\n\r\n"
				"<html><body><h4>400 Bad Request</h4></body></html>\n";
#define FLOOD_BYTES (4u << 20)

static void on_bytes(void *ud, struct wire_client *c)
{
	struct stick *s = ud;
	int64_t now = stick_now_ms(s);

	if (now < s->faults.silent_until_ms) {
		wire_port_eat(c, c->n_in);
	} else if (s->faults.http) {
		wire_port_eat(c, c->n_in);
		wire_port_send(c, (const uint8_t *)not_found, sizeof(not_found) - 1);
		if (c->io)
			wire_port_end(c);
	} else if (s->faults.flood) {
		wire_port_eat(c, c->n_in);
		wire_port_flood(c, FLOOD_BYTES);
	} else {
		stick_speaks(s)->take(s, c);
	}
	look(s);
}

static void on_open(void *ud, struct wire_client *c)
{
	struct stick *s = ud;

	if (s->faults.flood)
		wire_port_flood(c, FLOOD_BYTES);
	stick_kick(s);
}

/* ---- set-up ---- */

uint32_t stick_serial(const struct house *h, size_t number)
{
	static const uint32_t series[] = { 27, 17, 23, 29, 35, 38, 39, 41, 21 };
	struct rng r = rng_fork(h->options.seed, 5000 + number);

	return series[number % (sizeof(series) / sizeof(series[0]))] * 100000000 +
	       rng_below(&r, 1000000) * 100 + (uint32_t)number;
}

static struct sockaddr_in address_of(const struct house *h, size_t number)
{
	const struct house_options *o = &h->options;
	bool v5 = house_wire(o, number) == HOUSE_V5;

	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(v5 ? o->port : o->modbus_port),
		.sin_addr.s_addr = htonl(o->net + (uint32_t)number),
	};
}

void stick_url(const struct house *h, size_t number, char ret[static STICK_URL_MAX])
{
	const struct house_options *o = &h->options;
	struct sockaddr_in at = address_of(h, number);
	char host[INET_ADDRSTRLEN], port[8] = "";

	inet_ntop(AF_INET, &at.sin_addr, host, sizeof(host));
	switch (house_wire(o, number)) {
	case HOUSE_RTU:
		snprintf(ret, STICK_URL_MAX, "rtu://%s%zu?baud=9600", o->tty, number);
		break;
	case HOUSE_TCP:
		snprintf(ret, STICK_URL_MAX, "modbus://%s:%u", host, o->modbus_port);
		break;
	case HOUSE_V5:
	case HOUSE_WIRE__MAX:
	default:
		if (o->port != house_defaults.port)
			snprintf(port, sizeof(port), ":%u", o->port);
		snprintf(ret, STICK_URL_MAX, "solarman://%s%s?serial=%u", host, port,
			 stick_serial(h, number));
	}
}

static void init_identity(struct stick *s)
{
	struct rng r = rng_fork(s->house->options.seed, 6000 + s->number);

	s->serial = stick_serial(s->house, s->number);
	s->mac[0] = 0xD4;
	s->mac[1] = 0x27;
	s->mac[2] = 0x87;
	for (size_t i = 3; i < sizeof(s->mac); i++)
		s->mac[i] = (uint8_t)rng_below(&r, 256);
	s->counter = (uint8_t)rng_below(&r, 256);
	s->power_on_s = 3600 + rng_below(&r, 86400);
	s->working_s = s->power_on_s + rng_below(&r, 1000 * 86400);
	s->rng = r;
}

int stick_open(struct stick *s, sd_event *event, struct house *house, size_t number, bool by_clock)
{
	int r;

	*s = (struct stick){
		.house = house,
		.by_clock = by_clock,
		.inverter = &house->inverter[number],
		.number = number,
		.wire = house_wire(&house->options, number),
		.refuses_by_v5 = house->options.refuses_by_v5,
		.port = { .event = event,
			  .at = address_of(house, number),
			  .most = WIRE_CLIENTS_MAX,
			  .on_bytes = on_bytes,
			  .on_open = on_open,
			  .ud = s },
	};
	wire_port_init(&s->port);
	if (s->wire == HOUSE_RTU)
		snprintf(s->port.tty, sizeof(s->port.tty), "%s%zu", house->options.tty, number);
	init_identity(s);
	s->born_ms = stick_now_ms(s);
	s->next_beat_ms = s->born_ms + BEAT_MS;
	r = sd_event_add_time(event, &s->timer, CLOCK_MONOTONIC, UINT64_MAX, 500, on_timer, s);
	if (r < 0)
		return r;
	sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	if (s->wire == HOUSE_V5 && (r = stick_udp_open(s)) < 0)
		fprintf(stderr, "house: stick %zu cannot be found by UDP: %s\n", number + 1,
			strerror(-r));
	return wire_port_open(&s->port);
}

void stick_close(struct stick *s)
{
	wire_port_drop(&s->port);
	wire_port_shut(&s->port);
	sd_event_source_disable_unref(s->timer);
	sd_event_source_disable_unref(s->udp);
}
