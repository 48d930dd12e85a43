/* Numbers at fixed places of a 300-byte frame, through the bounded reader. Private to proto/jk*. */
#pragma once

#include "proto/jk_frame.h"
#include "svitlo/rd.h"

static inline struct rd jk_at(const uint8_t *frame, size_t off)
{
	struct rd r = rd_init(frame, JK_FRAME_LEN);

	rd_seek(&r, off);
	return r;
}

static inline uint8_t jk_u8(const uint8_t *frame, size_t off)
{
	struct rd r = jk_at(frame, off);

	return rd_u8(&r);
}

static inline uint16_t jk_u16(const uint8_t *frame, size_t off)
{
	struct rd r = jk_at(frame, off);

	return rd_le16(&r);
}

static inline uint32_t jk_u32(const uint8_t *frame, size_t off)
{
	struct rd r = jk_at(frame, off);

	return rd_le32(&r);
}

static inline float jk_f32(const uint8_t *frame, size_t off)
{
	struct rd r = jk_at(frame, off);

	return rd_lef32(&r);
}

static inline int8_t jk_i8(const uint8_t *frame, size_t off)
{
	return (int8_t)jk_u8(frame, off);
}

static inline int16_t jk_i16(const uint8_t *frame, size_t off)
{
	return (int16_t)jk_u16(frame, off);
}

static inline int32_t jk_i32(const uint8_t *frame, size_t off)
{
	return (int32_t)jk_u32(frame, off);
}
