/*
 * Bounded byte reader, for every parser of outside bytes.
 * One overrun makes the reader bad and every later take gives 0; test `bad` once at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *p;
	size_t len, off;
	bool bad;
};

static inline struct rd rd_init(const void *p, size_t len)
{
	return (struct rd){ .p = p, .len = len };
}

static inline size_t rd_left(const struct rd *r)
{
	return r->bad ? 0 : r->len - r->off;
}

/* Gives a pointer into the bytes (borrows until they go), or NULL. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	if (r->bad || n > r->len - r->off) {
		r->bad = true;
		return NULL;
	}
	r->off += n;
	return r->p + r->off - n;
}

static inline void rd_seek(struct rd *r, size_t off)
{
	if (off > r->len)
		r->bad = true;
	else
		r->off = off;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *b = rd_take(r, 1);
	return b ? b[0] : 0;
}

static inline uint16_t rd_le16(struct rd *r)
{
	const uint8_t *b = rd_take(r, 2);
	return (uint16_t)(b ? b[0] | b[1] << 8 : 0);
}

static inline uint32_t rd_le32(struct rd *r)
{
	const uint8_t *b = rd_take(r, 4);
	return b ? (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
			       (uint32_t)b[3] << 24
		 : 0;
}

static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *b = rd_take(r, 2);
	return (uint16_t)(b ? b[0] << 8 | b[1] : 0);
}

static inline uint32_t rd_be32(struct rd *r)
{
	const uint8_t *b = rd_take(r, 4);
	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
			       (uint32_t)b[3]
		 : 0;
}

static inline uint64_t rd_be64(struct rd *r)
{
	uint64_t hi = rd_be32(r);
	return hi << 32 | rd_be32(r);
}

static inline float rd_lef32(struct rd *r)
{
	uint32_t u = rd_le32(r);
	float f;

	memcpy(&f, &u, sizeof(f));
	return f;
}
