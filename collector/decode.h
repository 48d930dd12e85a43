/* `svitlo decode`: a capture in, one JSON object a frame out. Reads one file, touches no device. */
#pragma once

#include "svitlo/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* argv[0] is the command's own name. -> exit status: 0 all frames good, 1 some were damaged,
 * 2 the file cannot be read, is no capture, or holds none of what it should. */
int decode_main(int argc, char **argv);

/* ---- the formats: each prints its frames, a line each ---- */

struct decode_input {
	const char *file; /* its name, for complaints */
	const uint8_t *data;
	size_t n;
};

struct decode_sum {
	uint64_t frames, damaged; /* the damaged ones count as frames too */
	bool bad_input;		  /* a part of the file could not be read */
};

int decode_jk_btsnoop(const struct decode_input *in, struct decode_sum *sum, struct err *e);
int decode_jk_text(const struct decode_input *in, struct decode_sum *sum, struct err *e);
int decode_v5(const struct decode_input *in, struct decode_sum *sum, struct err *e);
