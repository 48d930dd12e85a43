/*
 * A Wi-Fi stick: Solarman V5 on TCP. See wire_v5.h for the frames.
 */
#include "stick.h"

#include <string.h>

static const char at_words[] = "AT+YZCMPVER=MW3_16U_5406_2.27\r\n\r\n";

struct wire_v5_times stick_v5_times(const struct stick *s)
{
	uint32_t lived = (uint32_t)((stick_now_ms(s) - s->born_ms) / 1000);

	return (struct wire_v5_times){
		.working_s = s->working_s + lived,
		.power_on_s = s->power_on_s + lived,
		.offset_s = (uint32_t)(s->house->wall_ms / 1000) - s->working_s - lived,
	};
}

/* The stick counts every frame that it sends. */
static struct wire_v5_head head(struct stick *s, uint16_t control, uint8_t sequence)
{
	return (struct wire_v5_head){ .control = control,
				      .sequence = sequence,
				      .counter = s->counter++,
				      .serial = s->serial };
}

static size_t put_beat(struct stick *s, uint8_t *out)
{
	struct wire_v5_head h = head(s, WIRE_V5_HEARTBEAT, s->echoed);

	return wire_v5_heartbeat(out, &h);
}

static size_t put_error(struct stick *s, uint8_t *out, uint8_t sequence, unsigned code)
{
	struct wire_v5_head h = head(s, WIRE_V5_ANSWER, sequence);
	struct wire_v5_times t = stick_v5_times(s);

	return wire_v5_error(out, &h, &t, code);
}

static void to_all(struct stick *s, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < WIRE_CLIENTS_MAX; i++)
		if (s->port.client[i].io)
			wire_port_send(&s->port.client[i], data, n);
}

void stick_v5_beat(struct stick *s)
{
	uint8_t out[WIRE_V5_MAX];

	to_all(s, out, put_beat(s, out));
}

/* What the maker's cloud has asked for is copied to everybody, with sequence 0. */
void stick_v5_cloud(struct stick *s)
{
	struct inv_span span = s->inverter->family->cloud[rng_below(&s->rng, 2)];
	uint16_t values[INV_READ_MAX];
	uint8_t out[WIRE_V5_MAX], rtu[WIRE_RTU_MAX] = { s->inverter->unit, WIRE_RTU_READ };
	struct wire_v5_times t = stick_v5_times(s);
	struct wire_v5_head h;
	size_t n;

	if (inv_asleep(s->inverter, &s->house->model))
		return;
	stick_follow_clock(s);
	inv_read(s->inverter, &s->house->model, s->house->wall_ms, span.first, span.count, values);
	n = wire_rtu_values(rtu, rtu, values, span.count);
	h = head(s, WIRE_V5_ANSWER, 0);
	to_all(s, out, wire_v5_answer(out, &h, &t, rtu, n));
}

/* ---- requests ---- */

static void on_frame(struct stick *s, struct wire_client *c, const struct wire_v5_frame *f)
{
	struct stick_request q = { .client = c->id, .sequence = f->head.sequence };
	uint8_t out[WIRE_V5_MAX];

	if (f->head.control != WIRE_V5_REQUEST)
		return; /* the time, in answer to a heartbeat */
	s->echoed = f->head.sequence;
	if (f->head.serial != s->serial) {
		stick_deliver(s, c->id, out,
			      put_error(s, out, f->head.sequence, WIRE_V5_BAD_SERIAL));
		return;
	}
	q.len = f->n_modbus < sizeof(q.rtu) ? f->n_modbus : sizeof(q.rtu);
	memcpy(q.rtu, f->modbus, q.len);
	stick_submit(s, &q);
}

static void take(struct stick *s, struct wire_client *c)
{
	struct wire_v5_frame f;
	int r;

	while (c->io && c->n_in && (r = wire_v5_take(c->in, c->n_in, &f)) != 0) {
		if (r > 0)
			on_frame(s, c, &f);
		if (c->io)
			wire_port_eat(c, (size_t)(r > 0 ? r : -r));
	}
}

/* ---- answers ---- */

static size_t put_answer(struct stick *s, uint8_t *out, const struct stick_request *q,
			 const struct stick_answer *a)
{
	struct wire_v5_times t = stick_v5_times(s);
	uint8_t modbus[sizeof(a->rtu)];
	struct wire_v5_head h;
	size_t n = a->len;

	if (stick_strikes(&s->faults.error.count))
		return put_error(s, out, q->sequence, s->faults.error.value);
	if (!n || (a->refused && s->refuses_by_v5))
		return put_error(s, out, q->sequence, WIRE_V5_NO_DEVICE);
	memcpy(modbus, a->rtu, n);
	if (s->faults.double_crc) /* a CRC over something with a CRC is 0 */
		n = wire_rtu_seal(modbus, n);
	h = head(s, WIRE_V5_ANSWER, q->sequence);
	return wire_v5_answer(out, &h, &t, modbus, n);
}

static void answer(struct stick *s, const struct stick_request *q, const struct stick_answer *a)
{
	struct stick_faults *f = &s->faults;
	uint8_t out[STICK_OUT_BYTES];
	bool beats = f->beat != STICK_BEAT_OFF && stick_strikes(&f->beats);
	size_t n = 0, start;

	if (f->unsolicited)
		stick_v5_cloud(s);
	if (f->text)
		stick_post(s, q->client, (const uint8_t *)at_words, sizeof(at_words) - 1, 0);
	if (beats) {
		stick_post(s, q->client, out, put_beat(s, out), 0);
		if (f->beat == STICK_BEAT_INSTEAD)
			return;
	}
	if (f->glue)
		n = put_beat(s, out);
	start = n;
	n += put_answer(s, out + n, q, a);
	if (stick_strikes(&f->bad_sum))
		out[n - 2] ^= 0x55;
	if (f->glue && n > start)
		n += put_beat(s, out + n);
	stick_deliver(s, q->client, out, n);
}

const struct stick_language stick_v5 = { .take = take, .answer = answer };
