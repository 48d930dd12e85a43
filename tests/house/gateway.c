/*
 * Modbus TCP gateways, and serial ports: the inverter's own language with hardly anything in
 * between.
 */
#include "stick.h"

#include <string.h>

#define FRAME_GAP_MS 50 /* after such a pause a new frame begins */

/* ---- Modbus TCP ---- */

static void take_tcp(struct stick *s, struct wire_client *c)
{
	struct stick_request q = { .client = c->id };
	uint8_t odd[WIRE_MBAP_ODD];
	int r;

	while (c->io && (r = wire_mbap_take(c->in, c->n_in, &q.transaction, q.rtu, &q.len)) != 0) {
		if (r > 0) {
			stick_submit(s, &q);
			wire_port_eat(c, (size_t)r);
			continue;
		}
		if (s->faults.modbus && c->n_in >= WIRE_MBAP_ODD) {
			wire_mbap_odd(odd, c->in);
			stick_deliver(s, c->id, odd, sizeof(odd));
		}
		if (c->io)
			wire_port_eat(c, c->n_in);
	}
}

static void answer_tcp(struct stick *s, const struct stick_request *q, const struct stick_answer *a)
{
	uint8_t out[WIRE_MBAP_MAX], none[WIRE_RTU_MAX];
	size_t n = a->len;

	if (!n)
		n = wire_rtu_exception(none, q->rtu, INV_NO_ANSWER);
	n = wire_mbap_wrap(out, q->transaction, a->len ? a->rtu : none, n);
	stick_deliver(s, q->client, out, n);
}

/* ---- a serial port ---- */

static void take_rtu(struct stick *s, struct wire_client *c)
{
	struct stick_request q = { .client = c->id };

	/* What a damaged or broken-off request has left is not part of the next one. */
	if (c->n_in > c->n_new && stick_now_ms(s) - c->heard_ms > FRAME_GAP_MS)
		wire_port_eat(c, c->n_in - c->n_new);
	while ((q.len = wire_rtu_request_len(c->in, c->n_in)) != 0 && q.len <= c->n_in) {
		if (q.len > sizeof(q.rtu) || !wire_rtu_whole(c->in, q.len)) {
			wire_port_eat(c, c->n_in);
			return;
		}
		memcpy(q.rtu, c->in, q.len);
		stick_submit(s, &q);
		wire_port_eat(c, q.len);
	}
}

static void answer_rtu(struct stick *s, const struct stick_request *q, const struct stick_answer *a)
{
	if (a->len)
		stick_deliver(s, q->client, a->rtu, a->len);
}

const struct stick_language gateway_tcp = { .take = take_tcp, .answer = answer_tcp };
const struct stick_language gateway_rtu = { .take = take_rtu, .answer = answer_rtu };
