/*
 * What a client and a Solarman stick say to each other, a TCP segment a line: `> hex` to the stick,
 * `< hex` from it. One JSON object a V5 frame, a damaged one, or a piece that is none.
 */
#include "decode.h"

#include "proto/cap.h"
#include "proto/mbap.h"
#include "proto/v5.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ECHO_HEAD 5

/* A read that was asked for: an answer does not say what it answers. */
struct asked {
	bool used;
	uint8_t unit, function;
	uint16_t address, count;
};

struct decode {
	struct decode_sum *sum;
	struct jw w;
	struct cap cap;
	struct v5_stream in, out;
	char dir;
	struct asked asked[256]; /* by sequence */
	uint8_t last[ECHO_HEAD]; /* of the last request */
};

static void put_or_null(struct jw *w, const char *key, bool there, int64_t v)
{
	jw_key(w, key);
	if (there)
		jw_int(w, v);
	else
		jw_null(w);
}

static void put_words(struct jw *w, const uint8_t *words, unsigned n)
{
	jw_key(w, "values");
	if (!words) {
		jw_null(w);
		return;
	}
	jw_arr(w);
	for (unsigned i = 0; i < n; i++)
		jw_int(w, rtu_word(words, i));
	jw_end(w);
}

static void put_request(struct decode *d, const struct v5_frame *f)
{
	const uint8_t *m = f->modbus;
	struct asked *a = &d->asked[f->sequence];
	struct jw *w = &d->w;

	if (f->modbus_n < 6) {
		jw_null(w);
		return;
	}
	*a = (struct asked){ true, m[0], m[1], (uint16_t)(m[2] << 8 | m[3]),
			     (uint16_t)(m[4] << 8 | m[5]) };
	jw_obj(w);
	jw_kint(w, "unit", a->unit);
	jw_kint(w, "function", a->function);
	jw_kint(w, "address", a->address);
	jw_kint(w, "count", a->count);
	put_words(w, NULL, 0);
	put_or_null(w, "exception", false, 0);
	jw_kbool(w, "crc_ok",
		 f->modbus_n >= 8 && rtu_crc(m, f->modbus_n - 2) ==
					     (m[f->modbus_n - 2] | m[f->modbus_n - 1] << 8));
	jw_end(w);
}

static void put_answer(struct decode *d, const struct v5_frame *f)
{
	const struct asked *q = &d->asked[f->sequence];
	struct rtu_answer a;
	enum rtu_state s = rtu_parse_answer(f->modbus, f->modbus_n, &a);
	struct jw *w = &d->w;
	bool fits = q->used && q->unit == a.unit && q->function == a.function &&
		    (a.exception || q->count == a.n);

	jw_obj(w);
	jw_kint(w, "unit", a.unit);
	jw_kint(w, "function", a.function);
	put_or_null(w, "address", fits, q->address);
	put_or_null(w, "count", a.words != NULL, a.n);
	put_words(w, a.words, a.n);
	put_or_null(w, "exception", a.exception, a.exception);
	jw_kbool(w, "crc_ok", a.crc_ok);
	jw_kbool(w, "double_crc", a.double_crc);
	jw_kstr(w, "state", rtu_state_name(s));
	jw_end(w);
}

/* Modbus TCP where V5 was expected. */
static bool is_mbap(const struct decode *d, const uint8_t *p, size_t n, struct mbap *ret)
{
	if (!mbap_is_echo(d->last, p, n))
		return mbap_parse(p, n, ret);
	*ret = (struct mbap){ .unit = p[6], .function = p[7] & 0x7F, .exception = p[8] };
	return true;
}

static void put_mbap(struct jw *w, const struct mbap *m)
{
	jw_obj(w);
	jw_kint(w, "unit", m->unit);
	jw_kint(w, "function", m->function);
	put_or_null(w, "address", false, 0);
	put_or_null(w, "count", m->words != NULL, m->n);
	put_words(w, m->words, m->n);
	put_or_null(w, "exception", m->exception, m->exception);
	jw_key(w, "crc_ok");
	jw_null(w);
	jw_end(w);
}

static void put_bytes(struct jw *w, const uint8_t *p, size_t n)
{
	char hex[2 * V5_FRAME_MAX + 1] = "";
	bool text = true;

	for (size_t i = 0; i < n; i++) {
		snprintf(hex + 2 * i, 3, "%02x", p[i]);
		text = text && (p[i] == '\r' || p[i] == '\n' || (p[i] >= ' ' && p[i] <= '~'));
	}
	jw_kstr(w, "hex", hex);
	jw_key(w, "text");
	if (text)
		jw_strn(w, (const char *)p, n);
	else
		jw_null(w);
}

static void put_head(struct jw *w, const struct v5_event *ev)
{
	char control[8];

	snprintf(control, sizeof(control), "%04x", ev->frame.control);
	jw_kstr(w, "control", ev->kind != V5_FOREIGN && ev->len >= 5 ? control : NULL);
	put_or_null(w, "sequence", ev->kind != V5_FOREIGN && ev->len >= 6, ev->frame.sequence);
	put_or_null(w, "stick_sequence", ev->kind != V5_FOREIGN && ev->len >= 7,
		    ev->frame.stick_sequence);
	put_or_null(w, "serial", ev->kind != V5_FOREIGN && ev->len >= V5_HEAD_LEN,
		    ev->frame.serial);
}

static void put_frame(struct decode *d, const struct v5_frame *f)
{
	struct jw *w = &d->w;

	if (f->control == V5_ANSWER) {
		put_or_null(w, "error", f->error, f->error);
		put_or_null(w, "time", f->offset_s, ((int64_t)f->worked_s + f->offset_s) * 1000);
	}
	jw_key(w, "modbus");
	if (f->modbus && f->control == V5_REQUEST)
		put_request(d, f);
	else if (f->modbus)
		put_answer(d, f);
	else
		jw_null(w);
}

static void on_event(void *ud, const struct v5_event *ev)
{
	struct decode *d = ud;
	struct jw *w = &d->w;
	const char dir[2] = { d->dir };
	const char *text, *reason = ev->kind == V5_FRAME ? NULL : v5_kind_name(ev->kind);
	struct mbap m;
	bool tcp = ev->kind == V5_FOREIGN && is_mbap(d, ev->data, ev->len, &m);

	d->sum->frames += ev->kind != V5_FOREIGN;
	d->sum->damaged += ev->kind > V5_FOREIGN;
	jw_reset(w);
	jw_obj(w);
	jw_kstr(w, "direction", dir);
	put_head(w, ev);
	jw_kbool(w, "valid", ev->kind == V5_FRAME);
	jw_kstr(w, "reason", tcp ? "modbus_tcp" : reason);
	jw_kint(w, "length", (int64_t)ev->len);
	if (ev->kind == V5_FRAME) {
		put_frame(d, &ev->frame);
		if (d->dir == '>')
			memcpy(d->last, ev->data, ECHO_HEAD);
	} else {
		jw_key(w, "modbus");
		if (tcp)
			put_mbap(w, &m);
		else
			jw_null(w);
		put_bytes(w, ev->data, ev->len);
	}
	jw_end(w);
	text = jw_text(w);
	if (text)
		puts(text);
	else
		d->sum->bad_input = true;
}

static void decode_line(struct decode *d, const struct decode_input *in, const char *line, size_t n)
{
	struct err e = { 0 };
	int r = cap_line(&d->cap, line, n, &e);

	if (r < 0) {
		if (!d->sum->bad_input)
			fprintf(stderr, "decode: %s: %s\n", in->file, err_text(&e));
		d->sum->bad_input = true;
	}
	if (r <= CAP_NOTE)
		return;
	d->dir = r == CAP_OUT ? '>' : '<';
	/* it looks like the beginning of a frame */
	if (r != CAP_OUT && !d->in.len && mbap_is_echo(d->last, d->cap.data, d->cap.len))
		on_event(d, &(struct v5_event){ V5_FOREIGN, { 0 }, d->cap.data, d->cap.len });
	else
		v5_feed(r == CAP_OUT ? &d->out : &d->in, d->cap.data, d->cap.len, on_event, d);
}

int decode_v5(const struct decode_input *in, struct decode_sum *sum, struct err *e)
{
	SV_AUTO_FREE struct decode *d = calloc(1, sizeof(*d));
	const char *p = (const char *)in->data, *end = p + in->n;

	if (!d)
		return err_set(e, -ENOMEM, "out of memory");
	d->sum = sum;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);

		decode_line(d, in, p, len);
		p += len + (nl != NULL);
	}
	d->dir = '>';
	v5_flush(&d->out, on_event, d);
	d->dir = '<';
	v5_flush(&d->in, on_event, d);
	jw_free(&d->w);
	fprintf(stderr, "decode: %llu frames, %llu damaged\n", (unsigned long long)sum->frames,
		(unsigned long long)sum->damaged);
	return 0;
}
