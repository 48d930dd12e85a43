/*
 * Takes what identifies a pack out of a stream of notifications, before it is written to a capture:
 * serial number, passcodes, user data, and the device's name, which may hold the serial (captured).
 *
 *	of a device info	6 model, versions, counts	kept, if they look so
 *				46 name, passcodes … user data	all that is not 0 becomes '*'
 *				150 numbers			text of more than 2 characters
 *				299 sum				moved by what was changed
 *	of another frame	letters and digits, from the fourth in a row on
 *	between frames		characters, from the third in a row on
 *
 * Bytes are changed in their place, as many come out as went in. Each is judged by where the last
 * header stood, not by whole frames: cut, shifted and damaged ones must not leak either. A good
 * frame stays good, a wrong sum wrong; a frame cut short has no sum, and the byte of another that
 * stands on its place is not touched. One letter can stay: a U (55) at the very end of a piece,
 * where a header may begin.
 */
#pragma once

#include "proto/jk_frame.h"

/* One direction of one link. A zeroed struct is ready for use. */
struct jk_mask {
	uint8_t frame_got, ack_got; /* bytes of a header that stand right before */
	uint8_t in;		    /* enum in jk_mask.c */
	uint8_t type, run, digits, capitals, last;
	uint8_t sum, delta; /* of the bytes as they came; what masking added */
	bool shifted;	    /* no version where one should stand: bytes were lost or put in */
	uint16_t pos;	    /* in the frame */
};

/* Masks the next n bytes, a piece cut anywhere. */
void jk_mask(struct jk_mask *m, uint8_t *p, size_t n);
