/*
 * Frames of JK-BMS out of Bluetooth logs and text captures. What is counted but no frame (acks,
 * noise) is told on stderr at the end.
 *
 * A file may hold many connections and many characteristics: each has its own assembler, and those
 * that never show a JK header stay silent.
 */
#include "decode.h"

#include "proto/btsnoop.h"
#include "proto/cap.h"
#include "proto/jk_json.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STREAMS_MAX 64

struct stream {
	uint32_t link;
	uint16_t handle;
	bool used, has_last;
	uint64_t age; /* of its last byte, by number of notification */
	char source[CAP_DEVICE_MAX];
	struct jk_frames frames;
	struct jk_detect detect;
	struct jk_cell_info last;
	int64_t last_ms;
	struct decode *decode;
};

struct decode {
	const char *file;
	struct decode_sum *sum;
	struct jw w;
	int64_t time_ms; /* since 1970, -1: not known */
	int64_t now_ms;	 /* for silences; differences only */
	uint64_t notifications, bad[JK_BAD__MAX], acks, foreign_bytes;
	bool timed;
	struct stream streams[STREAMS_MAX];
	union { /* the reader in use */
		struct btsnoop log;
		struct cap cap;
	};
};

static void print_head(struct decode *d, const struct stream *s, unsigned type, bool valid)
{
	struct jw *w = &d->w;

	jw_reset(w);
	jw_obj(w);
	jw_key(w, "time");
	if (d->time_ms < 0)
		jw_null(w);
	else
		jw_int(w, d->time_ms);
	jw_kstr(w, "source", s->source[0] ? s->source : NULL);
	jw_kstr(w, "frame", jk_type_name(type));
	jw_kstr(w, "protocol", jk_protocol_name(s->detect.protocol));
	jw_kbool(w, "valid", valid);
}

static void print_tail(struct decode *d)
{
	const char *text;

	jw_end(&d->w);
	text = jw_text(&d->w);
	if (text)
		puts(text);
	else
		d->sum->bad_input = true; /* out of memory: the line is missing */
}

static void print_cells(struct decode *d, struct stream *s, const uint8_t *frame)
{
	struct jk_cell_info c;

	jk_decode_cell_info_of(s->detect.protocol, s->detect.sw_major, frame, &c);
	if (s->has_last && d->timed)
		jk_check_jump(&s->last, &c, d->now_ms - s->last_ms);
	s->last = c;
	s->last_ms = d->now_ms;
	s->has_last = true;
	jk_json_cell_info(&d->w, &c);
}

static void on_event(void *ud, const struct jk_event *ev)
{
	struct stream *s = ud;
	struct decode *d = s->decode;
	enum jk_protocol p;

	if (ev->kind == JK_EVENT_ACK) {
		d->acks++;
		return;
	}
	d->sum->frames++;
	if (ev->kind == JK_EVENT_DAMAGED) {
		d->bad[ev->reason]++;
		d->sum->damaged++;
		print_head(d, s, ev->len > 4 ? ev->data[4] : 0, false);
		jw_kstr(&d->w, "reason", jk_bad_name(ev->reason));
		jw_kint(&d->w, "length", (int64_t)ev->len);
		print_tail(d);
		return;
	}
	p = jk_detect(&s->detect, ev->data);
	print_head(d, s, ev->data[4], true);
	switch (ev->data[4]) {
	case JK_CELL_INFO:
		print_cells(d, s, ev->data);
		break;
	case JK_SETTINGS:
		jk_json_settings(&d->w, p, ev->data);
		break;
	case JK_DEVICE_INFO:
		jk_json_device_info(&d->w, p, ev->data, true);
		break;
	default:
		jk_json_logbook(&d->w, ev->data);
		break;
	}
	print_tail(d);
}

static void stream_end(struct stream *s)
{
	if (!s->used)
		return;
	jk_frames_end(&s->frames, on_event, s);
	if (s->frames.good || jk_frames_bad(&s->frames) || s->frames.acks)
		s->decode->foreign_bytes += s->frames.foreign_bytes;
	s->used = false;
}

/* Finds or makes; without a free place the one that was silent longest ends. */
static struct stream *stream_of(struct decode *d, uint32_t link, uint16_t handle)
{
	struct stream *old = &d->streams[0];

	d->notifications++;
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &d->streams[i];

		if (s->used && s->link == link && s->handle == handle) {
			s->age = d->notifications;
			return s;
		}
		if (old->used && (!s->used || s->age < old->age))
			old = s;
	}
	stream_end(old);
	*old = (struct stream){
		.used = true, .link = link, .handle = handle, .age = d->notifications, .decode = d
	};
	return old;
}

static void streams_end(struct decode *d)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		stream_end(&d->streams[i]);
}

static int run_btsnoop(struct decode *d, const uint8_t *data, size_t n, struct err *e)
{
	struct btsnoop *b = &d->log;
	struct btsnoop_value v;
	int r = btsnoop_open(b, data, n, e);

	if (r < 0)
		return r;
	d->timed = true;
	while (btsnoop_next(b, &v) > 0) {
		struct stream *s;

		if (v.dir != BTSNOOP_IN)
			continue;
		s = stream_of(d, v.link, v.handle);
		d->time_ms = d->now_ms = v.t_ms;
		if (v.address[0])
			snprintf(s->source, sizeof(s->source), "%s", v.address);
		else
			snprintf(s->source, sizeof(s->source), "handle 0x%04x", v.handle);
		jk_frames_feed(&s->frames, v.data, v.len, v.t_ms, on_event, s);
	}
	streams_end(d);
	if (b->cut_records)
		fprintf(stderr, "decode: %s: %llu records were logged in part only\n", d->file,
			(unsigned long long)b->cut_records);
	if (b->cut) {
		fprintf(stderr, "decode: %s: the file ends inside a record\n", d->file);
		d->sum->bad_input = true;
	}
	return 0;
}

/* One line of a capture. -> 0, or the error that ends the reading */
static int run_line(struct decode *d, struct cap *c, const char *line, size_t n, struct err *e)
{
	struct stream *s;
	int r = cap_line(c, line, n, e);

	if (r == -ENOTSUP)
		return r;
	if (r < 0) {
		if (!d->sum->bad_input)
			fprintf(stderr, "decode: %s: %s\n", d->file, err_text(e));
		d->sum->bad_input = true;
		return 0;
	}
	if (r != CAP_IN && r != CAP_BARE)
		return 0;
	s = stream_of(d, 0, 0);
	d->timed |= r == CAP_IN;
	d->time_ms = cap_time_ms(c);
	d->now_ms = c->at_ms;
	snprintf(s->source, sizeof(s->source), "%s", c->device);
	jk_frames_feed(&s->frames, c->data, c->len, c->at_ms, on_event, s);
	return 0;
}

static int run_text(struct decode *d, const uint8_t *data, size_t n, struct err *e)
{
	const char *p = (const char *)data, *end = p + n;

	d->cap = (struct cap){ 0 };
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		int r = run_line(d, &d->cap, p, len, e);

		if (r < 0)
			return r;
		p += len + (nl != NULL);
	}
	streams_end(d);
	return 0;
}

static void print_counts(const struct decode *d)
{
	const struct decode_sum *sum = d->sum;

	fprintf(stderr, "decode: %llu frames, %llu damaged", (unsigned long long)sum->frames,
		(unsigned long long)sum->damaged);
	for (unsigned i = 0, n = 0; i < JK_BAD__MAX; i++)
		if (d->bad[i])
			fprintf(stderr, "%s%s %llu", n++ ? ", " : ": ", jk_bad_name(i),
				(unsigned long long)d->bad[i]);
	fprintf(stderr, "; %llu acks, %llu foreign bytes\n", (unsigned long long)d->acks,
		(unsigned long long)d->foreign_bytes);
}

static int run_any(int (*run)(struct decode *d, const uint8_t *data, size_t n, struct err *e),
		   const struct decode_input *in, struct decode_sum *sum, struct err *e)
{
	SV_AUTO_FREE struct decode *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err_set(e, -ENOMEM, "out of memory");
	d->file = in->file;
	d->sum = sum;
	d->time_ms = -1;
	r = run(d, in->data, in->n, e);
	jw_free(&d->w);
	if (r >= 0 && sum->frames)
		print_counts(d);
	return r;
}

int decode_jk_btsnoop(const struct decode_input *in, struct decode_sum *sum, struct err *e)
{
	return run_any(run_btsnoop, in, sum, e);
}

int decode_jk_text(const struct decode_input *in, struct decode_sum *sum, struct err *e)
{
	return run_any(run_text, in, sum, e);
}
