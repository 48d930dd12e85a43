/*
 * Captures as text, a line at a time:
 *
 *	# svitlo capture 1		what it is
 *	# device C8:47:80:12:34:56	any other `#` line is a note
 *	# start 1763856000000		ms since 1970 of the first line
 *	> aa5590eb 97 00 …		to the device
 *	@ 180				ms passed
 *	< 55 aa eb 90 …			from the device
 *
 * and two looser forms: `180 < 55aaeb90…` (ms since the start before each line) and bare hex, one
 * notification or frame a line, with or without its type before it (`02 55aaeb90…`). Spaces and
 * colons between bytes are allowed.
 */
#pragma once

#include "svitlo/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAP_DATA_MAX	2048
#define CAP_DEVICE_MAX	64
#define CAP_VERSION_MAX 1
#define CAP_LINES_MAX	(2 * CAP_DATA_MAX + 40) /* of one cap_put(), with its NUL */

enum cap_kind {
	CAP_NOTE, /* nothing in it: note, empty line, heading, pause */
	CAP_IN,	  /* `<` */
	CAP_OUT,  /* `>` */
	CAP_BARE, /* hex alone: taken as from the device */
};

struct cap {
	unsigned line; /* number of the line last read, from 1 */
	int version;   /* 0: no heading seen */
	bool has_start;
	int64_t start_ms; /* since 1970 */
	int64_t at_ms;	  /* since the start */
	char device[CAP_DEVICE_MAX];
	size_t len;
	uint8_t data[CAP_DATA_MAX];
};

/* Reads one line (n bytes, with or without its newline) into c->data. A zeroed struct is ready for
 * the first. -> enum cap_kind, or -EPROTO, -EMSGSIZE, -ENOTSUP with the line's number in the
 * text. */
int cap_line(struct cap *c, const char *s, size_t n, struct err *e);

/* ms since 1970, or -1 when the capture doesn't say. */
int64_t cap_time_ms(const struct cap *c);

/* ---- writing; each gives the length of what it wrote, whole lines and a NUL ---- */

struct cap_head {
	const char *address; /* Bluetooth; its last three bytes are not written */
	int64_t start_ms;    /* since 1970 */
};

/* 0: not enough room. */
size_t cap_put_head(char *to, size_t room, const struct cap_head *h);

/* A note of one line; what is no printable ASCII in it becomes a '?', the end is cut at `room`. */
size_t cap_put_note(char *to, size_t room, const char *key, const char *text);

/* A piece of 1 to CAP_DATA_MAX bytes, ms after the last line; dir: '<' or '>'. */
size_t cap_put(char to[CAP_LINES_MAX], int64_t ms, char dir, const uint8_t *p, size_t n);
