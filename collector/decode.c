/*
 * `svitlo decode [--format btsnoop|hex|cap] FILE`: one JSON object a line for each frame, in the
 * order of the file. What is counted but no frame (acks, noise) is told on stderr at the end.
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
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX    (256u << 20)
#define STREAMS_MAX 64
#define GUESS_BYTES 4096

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
	struct jw w;
	int64_t time_ms; /* since 1970, -1: not known */
	int64_t now_ms;	 /* for silences; differences only */
	uint64_t notifications, frames, bad[JK_BAD__MAX], acks, foreign_bytes;
	bool timed, bad_input;
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
		d->bad_input = true; /* out of memory: the line is missing */
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
	d->frames++;
	if (ev->kind == JK_EVENT_DAMAGED) {
		d->bad[ev->reason]++;
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
		d->bad_input = true;
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
		if (!d->bad_input)
			fprintf(stderr, "decode: %s: %s\n", d->file, err_text(e));
		d->bad_input = true;
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

static bool is_btsnoop(const uint8_t *data, size_t n)
{
	return n >= 8 && memcmp(data, "btsnoop", 8) == 0;
}

static bool is_text(const uint8_t *data, size_t n)
{
	if (n > GUESS_BYTES)
		n = GUESS_BYTES;
	for (size_t i = 0; i < n; i++)
		if (data[i] < ' ' && data[i] != '\n' && data[i] != '\r' && data[i] != '\t')
			return false;
	return n > 0;
}

/* In the order of guessing. `hex` and `cap` are read by one parser, which knows a line by itself.
 */
static const struct format {
	const char *name;
	bool (*is)(const uint8_t *data, size_t n);
	int (*run)(struct decode *d, const uint8_t *data, size_t n, struct err *e);
} formats[] = {
	{ "btsnoop", is_btsnoop, run_btsnoop },
	{ "cap", is_text, run_text },
	{ "hex", is_text, run_text },
};

/* Gives the whole file, malloc()ed. */
static int read_all(const char *path, uint8_t **ret, size_t *ret_n, struct err *e)
{
	SV_AUTO_FILE FILE *f = NULL;
	SV_AUTO_FREE uint8_t *buf = NULL;
	size_t n = 0, cap = 0, got;
	FILE *in = stdin;

	if (strcmp(path, "-") != 0)
		in = f = fopen(path, "rbe");
	if (!in)
		return err_set(e, -errno, "%s", strerror(errno));
	do {
		if (n == cap) {
			uint8_t *more;

			if (cap >= FILE_MAX)
				return err_set(e, -EFBIG, "larger than %u MiB", FILE_MAX >> 20);
			cap = cap ? cap * 2 : 65536;
			more = realloc(buf, cap);
			if (!more)
				return err_set(e, -ENOMEM, "out of memory");
			buf = more;
		}
		got = fread(buf + n, 1, cap - n, in);
		n += got;
	} while (got);
	if (ferror(in))
		return err_set(e, -EIO, "cannot be read: %s", strerror(errno));
	*ret = SV_STEAL(buf);
	*ret_n = n;
	return 0;
}

static void print_counts(const struct decode *d, uint64_t damaged)
{
	fprintf(stderr, "decode: %llu frames, %llu damaged", (unsigned long long)d->frames,
		(unsigned long long)damaged);
	for (unsigned i = 0, n = 0; i < JK_BAD__MAX; i++)
		if (d->bad[i])
			fprintf(stderr, "%s%s %llu", n++ ? ", " : ": ", jk_bad_name(i),
				(unsigned long long)d->bad[i]);
	fprintf(stderr, "; %llu acks, %llu foreign bytes\n", (unsigned long long)d->acks,
		(unsigned long long)d->foreign_bytes);
}

/* Guesses the format where none is given. */
static int decode_data(struct decode *d, const struct format *format, const uint8_t *data, size_t n,
		       struct err *e)
{
	int r;

	for (size_t i = 0; !format && i < SV_LEN(formats); i++)
		if (formats[i].is(data, n))
			format = &formats[i];
	if (!format)
		return err_set(e, -EPROTO, n ? "no capture of a known format" : "empty");
	r = format->run(d, data, n, e);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_set(e, -EIO, "cannot write: %s", strerror(errno));
	return r;
}

static int decode_file(const char *path, const struct format *format)
{
	SV_AUTO_FREE struct decode *d = calloc(1, sizeof(*d));
	SV_AUTO_FREE uint8_t *data = NULL;
	struct err e = { 0 };
	uint64_t damaged = 0;
	size_t n = 0;
	int r;

	if (!d) {
		fprintf(stderr, "decode: out of memory\n");
		return 2;
	}
	d->file = path;
	d->time_ms = -1;
	r = read_all(path, &data, &n, &e);
	if (r >= 0)
		r = decode_data(d, format, data, n, &e);
	jw_free(&d->w);
	if (r < 0) {
		fprintf(stderr, "decode: %s: %s\n", path, err_text(&e));
		return 2;
	}
	for (size_t i = 0; i < JK_BAD__MAX; i++)
		damaged += d->bad[i];
	if (!d->frames) {
		fprintf(stderr, "decode: %s: no JK frames in it\n", path);
		return 2;
	}
	print_counts(d, damaged);
	return damaged || d->bad_input ? 1 : 0;
}

static int usage(FILE *f)
{
	fputs("usage: svitlo decode [--format btsnoop|hex|cap] FILE   (- is stdin)\n", f);
	return f == stdout ? 0 : 2;
}

int decode_main(int argc, char **argv)
{
	static const struct option options[] = { { "format", required_argument, NULL, 'f' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	const struct format *format = NULL;
	int c;

	optind = 0; /* begin anew: main() has used it */
	while ((c = getopt_long(argc, argv, "f:h", options, NULL)) >= 0) {
		if (c == 'h')
			return usage(stdout);
		if (c != 'f')
			return usage(stderr);
		format = NULL;
		for (size_t i = 0; i < SV_LEN(formats); i++)
			if (strcmp(optarg, formats[i].name) == 0)
				format = &formats[i];
		if (!format) {
			fprintf(stderr, "decode: no format \"%s\"\n", optarg);
			return usage(stderr);
		}
	}
	if (optind != argc - 1)
		return usage(stderr);
	return decode_file(argv[optind], format);
}
