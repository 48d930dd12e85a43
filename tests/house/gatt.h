/*
 * One BMS as it behaves behind its characteristic: answers commands, streams cell frames, cuts
 * everything into notifications, and misbehaves on command.
 *
 * No I/O and no clock: bytes in by gatt_write(), notifications out by a callback from
 * gatt_tick(), which gets the time (ms of any monotonic clock).
 */
#ifndef HOUSE_GATT_H
#define HOUSE_GATT_H

#include "jkenc.h"

#define GATT_PIECE_MAX 512
#define GATT_QUEUE_MAX 160

enum gatt_fault {
	GATT_DAMAGE,   /* bytes changed, the sum is wrong */
	GATT_TRUNCATE, /* the end is missing */
	GATT_MERGE,    /* held back and sent as one stream with the next */
	GATT_NOISE,    /* garbage before the frame */
	GATT_ZERO,     /* 300 zero bytes, which pass a bare sum check */
	GATT_TYPE,     /* a type that does not exist, with a good sum */
	GATT_FAULT__MAX
};

struct gatt_piece {
	int64_t due_ms;
	uint16_t len;
	uint8_t data[GATT_PIECE_MAX];
};

struct gatt_bms {
	const struct jk_identity *id; /* borrows, for its life */
	const struct model *model;    /* borrows */
	struct model_pack *pack;      /* borrows */
	double rate_hz;
	uint16_t chunk;
	/* One notification. data is valid during the call. */
	void (*on_notify)(void *ud, const uint8_t *data, size_t len);
	/* May be NULL: a good cell frame has just been written from the pack's present state. */
	void (*on_cells)(void *ud);
	void *ud;

	struct rng rng;
	bool connected, asked_device, asked_settings;
	uint8_t counter;
	int64_t next_frame_ms, next_at_ms, silent_until_ms, last_due_ms;
	bool muted;			    /* says nothing until it is connected anew */
	unsigned spoil_pct, interleave_pct; /* so many of 100 notifications */
	unsigned faults[GATT_FAULT__MAX];   /* how many frames each fault still spoils */
	uint8_t held[JK_FRAME_SIZE];
	bool holding;
	struct gatt_piece queue[GATT_QUEUE_MAX];
	size_t head, n_queued;
	uint64_t frames_sent, bad_frames_sent, frames_skipped; /* of cells */
	uint64_t replies_sent;				       /* frames of other kinds */
	uint64_t pieces_spoilt;
};

void gatt_init(struct gatt_bms *g, uint64_t seed, size_t number);
void gatt_connect(struct gatt_bms *g, int64_t now_ms);
void gatt_disconnect(struct gatt_bms *g);
void gatt_write(struct gatt_bms *g, int64_t now_ms, const uint8_t *data, size_t len);
/* The stream of cell frames ends until settings are asked for again. */
void gatt_tire(struct gatt_bms *g);
/* -> when it wants to be called again, INT64_MAX for never */
int64_t gatt_tick(struct gatt_bms *g, int64_t now_ms);

#endif
