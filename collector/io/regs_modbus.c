/*
 * Registers by Modbus TCP and Modbus RTU: libmodbus, which blocks, on a thread of the line's own.
 * The loop and the thread never touch the same struct at the same time: an order goes to the
 * thread, and is the loop's again when it is done.
 */
#include "regs_priv.h"

#include "serial_port.h"

#include "svitlo/util.h"

#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MODBUS_TCP_MS	 3000 /* for a connection, and for an answer */
#define MODBUS_RTU_MS	 1000 /* 125 registers take 0.3 s at 9600 baud */
#define MODBUS_BAD_MAX	 3    /* questions in a row without a good answer: connect anew */
#define MODBUS_DATA_BITS 8
#define MODBUS_STOP_BITS 1

struct modbus_order {
	struct worker_order order;
	struct regs_line *line; /* NULL: nobody waits for it any more. The loop's alone */
	struct endpoint ep;
	modbus_t *ctx; /* NULL: to be connected */
	uint8_t unit;
	uint16_t first, count; /* count 0: connect only */
	int error;	       /* errno of libmodbus, 0: none */
	int fd;
	uint16_t words[REGS_WORDS_MAX];
};

struct modbus_wire {
	struct worker *worker;
	struct modbus_order *order; /* here or on the thread */
	bool away;		    /* it is on the thread */
	int fd;			    /* -1: not connected */
	unsigned bad;		    /* questions in a row */
};

static void order_disconnect(struct modbus_order *o)
{
	if (!o->ctx)
		return;
	modbus_close(o->ctx);
	modbus_free(o->ctx);
	o->ctx = NULL;
}

static int order_connect(struct modbus_order *o)
{
	bool rtu = o->ep.kind == ENDPOINT_RTU;
	unsigned ms = rtu ? MODBUS_RTU_MS : MODBUS_TCP_MS;
	char port[8];

	if (rtu && !serial_port_is(o->ep.host))
		return ENODEV; /* as for one that is not there: the answer tells of no file */
	snprintf(port, sizeof(port), "%u", o->ep.port);
	o->ctx = rtu ? modbus_new_rtu(o->ep.host, (int)o->ep.baud, o->ep.parity, MODBUS_DATA_BITS,
				      MODBUS_STOP_BITS)
		     : modbus_new_tcp_pi(o->ep.host, port);
	if (!o->ctx)
		return errno;
	modbus_set_response_timeout(o->ctx, ms / 1000, ms % 1000 * 1000);
	errno = 0;
	if (modbus_connect(o->ctx) < 0) {
		/* libmodbus does not say that a name was not found */
		int error = errno ? errno : EHOSTUNREACH;

		order_disconnect(o);
		return error;
	}
	o->fd = modbus_get_socket(o->ctx);
	return 0;
}

static void order_run(struct worker_order *wo)
{
	struct modbus_order *o = (struct modbus_order *)wo;

	o->error = o->ctx ? 0 : order_connect(o);
	if (o->error || !o->count)
		return;
	modbus_flush(o->ctx); /* what came too late */
	modbus_set_slave(o->ctx, o->unit);
	errno = 0;
	if (modbus_read_registers(o->ctx, o->first, o->count, o->words) != o->count)
		o->error = errno ? errno : EMBBADDATA;
}

static void order_drop(struct worker_order *wo)
{
	struct modbus_order *o = (struct modbus_order *)wo;

	order_disconnect(o);
	free(o);
}

/* ---- on the loop ---- */

static void wire_down(struct regs_line *l, int error)
{
	regs_line_down(l, l->state == REGS_UP ? "link_dropped" : regs_error_reason(error),
		       modbus_strerror(error));
}

/* Neither words nor a no. What is left on the line might be taken for later answers. */
static void wire_bad(struct regs_line *l, enum regs_outcome outcome)
{
	struct modbus_wire *w = l->own;
	bool rtu = l->ep.kind == ENDPOINT_RTU, damaged = outcome == REGS_DAMAGED;
	/* a stream has no pause by which to find the beginning of an answer again */
	bool enough = ++w->bad >= MODBUS_BAD_MAX || (damaged && !rtu);

	regs_line_answer(l, outcome, 0, NULL);
	if (enough && damaged)
		regs_line_down(l, "bad_answers", "what it answers is no Modbus, or damaged");
	else if (enough)
		regs_line_down(l, "no_answer",
			       rtu ? "the serial port is open, but nobody answers on it"
				   : "connected, but it answers no question");
}

static void wire_answer(struct regs_line *l, const struct modbus_order *o)
{
	struct modbus_wire *w = l->own;
	int exception = o->error - MODBUS_ENOBASE;

	if (o->error == ETIMEDOUT || exception >= MODBUS_EXCEPTION_MAX) {
		wire_bad(l, o->error == ETIMEDOUT ? REGS_TIMEOUT : REGS_DAMAGED);
		return;
	}
	w->bad = 0;
	if (!o->error)
		regs_line_answer(l, REGS_OK, 0, o->words);
	else if (exception > 0)
		regs_line_answer(l, REGS_EXCEPTION, (uint8_t)exception, NULL);
	else
		wire_down(l, o->error);
}

static void order_done(struct worker_order *wo)
{
	struct modbus_order *o = (struct modbus_order *)wo;
	struct regs_line *l = o->line;
	struct modbus_wire *w;

	if (!l) {
		order_drop(wo);
		return;
	}
	w = l->own;
	w->away = false;
	w->fd = o->ctx ? o->fd : -1;
	if (l->busy)
		wire_answer(l, o);
	else if (o->error)
		wire_down(l, o->error);
	else
		regs_line_up(l);
}

static void wire_send(struct regs_line *l)
{
	struct modbus_wire *w = l->own;

	w->away = true;
	worker_do(w->worker, &w->order->order);
}

static int wire_open(struct regs_line *l)
{
	struct modbus_wire *w = l->own;
	int r = 0;

	w->fd = -1;
	w->bad = 0;
	w->order = calloc(1, sizeof(*w->order));
	if (!w->order)
		return -ENOMEM;
	*w->order = (struct modbus_order){
		.order = { .run = order_run, .done = order_done, .drop = order_drop },
		.line = l,
		.ep = l->ep,
	};
	if (!w->worker)
		r = worker_new(&w->worker, l->hub->ev);
	if (r < 0)
		return r;
	wire_send(l);
	return 0;
}

static int wire_ask(struct regs_line *l, uint8_t unit, uint16_t first, uint16_t count)
{
	struct modbus_wire *w = l->own;

	w->order->unit = unit;
	w->order->first = first;
	w->order->count = count;
	wire_send(l);
	return 0;
}

static void wire_close(struct regs_line *l)
{
	struct modbus_wire *w = l->own;
	struct modbus_order *o = SV_STEAL(w->order);

	/* the thread need not wait for an answer that nobody wants */
	if (w->away && w->fd >= 0 && l->ep.kind == ENDPOINT_MODBUS)
		shutdown(w->fd, SHUT_RDWR);
	if (o && w->away)
		o->line = NULL;
	else if (o)
		order_drop(&o->order);
	w->away = false;
	w->fd = -1;
	worker_free(SV_STEAL(w->worker));
}

const struct regs_wire regs_wire_modbus = { .name = "tcp",
					    .size = sizeof(struct modbus_wire),
					    .open = wire_open,
					    .ask = wire_ask,
					    .close = wire_close };
