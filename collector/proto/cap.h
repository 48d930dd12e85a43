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
