/* Text of a CSV (RFC 4180) in a buffer that grows to what one piece takes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv {
	char *buf;
	size_t n, room;
	bool begun; /* the line has a field already */
	bool bad;   /* out of memory */
};

void csv_text(struct csv *c,
	      const char *s); /* quoted where needed, ' before a formula; NULL: empty */
void csv_num(struct csv *c, double v, int digits); /* at most so many decimals; NAN: empty */
void csv_int(struct csv *c, int64_t v);
void csv_empty(struct csv *c, unsigned n);
void csv_end(struct csv *c); /* of the line */
void csv_free(struct csv *c);
