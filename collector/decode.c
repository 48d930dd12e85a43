/*
 * `svitlo decode [--format btsnoop|v5|hex|cap] FILE`: one JSON object a line for each frame, in the
 * order of the file.
 */
#include "decode.h"

#include "svitlo/util.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX    (256u << 20)
#define GUESS_BYTES 4096

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

/* The first byte of the first line of bytes begins a V5 frame. */
static bool is_v5(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data, *end = s + n;

	if (!is_text(data, n))
		return false;
	while (s < end && *s != '>' && *s != '<') {
		const char *nl = memchr(s, '\n', (size_t)(end - s));

		s = nl ? nl + 1 : end;
	}
	for (s += s < end; s < end && (*s == ' ' || *s == '\t');)
		s++;
	return end - s >= 2 && strncasecmp(s, "a5", 2) == 0;
}

/* In the order of guessing. `hex` and `cap` are read by one parser, which knows a line by itself.
 */
static const struct format {
	const char *name;
	bool (*is)(const uint8_t *data, size_t n);
	int (*run)(const struct decode_input *in, struct decode_sum *sum, struct err *e);
	const char *none; /* what it is called when there is nothing of it in a file */
} formats[] = {
	{ "btsnoop", is_btsnoop, decode_jk_btsnoop, "no JK frames in it" },
	{ "v5", is_v5, decode_v5, "no Solarman V5 frames in it" },
	{ "cap", is_text, decode_jk_text, "no JK frames in it" },
	{ "hex", is_text, decode_jk_text, "no JK frames in it" },
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

/* Guesses the format where none is given. */
static int decode_data(const struct decode_input *in, const struct format **format,
		       struct decode_sum *sum, struct err *e)
{
	int r;

	for (size_t i = 0; !*format && i < SV_LEN(formats); i++)
		if (formats[i].is(in->data, in->n))
			*format = &formats[i];
	if (!*format)
		return err_set(e, -EPROTO, in->n ? "no capture of a known format" : "empty");
	r = (*format)->run(in, sum, e);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_set(e, -EIO, "cannot write: %s", strerror(errno));
	return r;
}

static int decode_file(const char *path, const struct format *format)
{
	SV_AUTO_FREE uint8_t *data = NULL;
	struct decode_sum sum = { 0 };
	struct err e = { 0 };
	size_t n = 0;
	int r;

	r = read_all(path, &data, &n, &e);
	if (r >= 0)
		r = decode_data(&(struct decode_input){ path, data, n }, &format, &sum, &e);
	if (r >= 0 && !sum.frames)
		r = err_set(&e, -EPROTO, "%s", format->none);
	if (r < 0) {
		fprintf(stderr, "decode: %s: %s\n", path, err_text(&e));
		return 2;
	}
	return sum.damaged || sum.bad_input ? 1 : 0;
}

static int usage(FILE *f)
{
	fputs("usage: svitlo decode [--format btsnoop|v5|hex|cap] FILE   (- is stdin)\n", f);
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
