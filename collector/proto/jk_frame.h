/*
 * JK-BMS over BLE: from notifications to frames, and the commands that ask for them.
 *
 *	55 AA EB 90 | type | counter | 293 data bytes | sum		300 bytes, from the BMS
 *	AA 55 90 EB | C8   | 01 01   | 12 zeros       | sum		 20 bytes, its ack
 *	AA 55 90 EB | reg  | length  | 13 value bytes | sum		 20 bytes, to the BMS
 *
 * The sum is the low byte of the sum of all bytes before it. Notifications are a raw byte stream:
 * a header may be split between two of them, an ack glued to a frame, and `AT\r\n` noise may stand
 * anywhere between frames (all captured). What comes out doesn't depend on how the bytes were cut.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_FRAME_LEN   300
#define JK_COMMAND_LEN 20
#define JK_VALUE_MAX   13
#define JK_BUF_MAX     1024
#define JK_SILENCE_MS  2000 /* a frame that stopped for so long doesn't go on */

enum jk_type { JK_SETTINGS = 1, JK_CELL_INFO = 2, JK_DEVICE_INFO = 3, JK_LOGBOOK = 5 };

/* "settings", "cell_info", "device_info", "logbook"; NULL: no such type. */
const char *jk_type_name(unsigned type);

enum jk_event_kind { JK_EVENT_FRAME, JK_EVENT_ACK, JK_EVENT_DAMAGED };

/* Why a piece that began with a frame header is no frame. */
enum jk_bad {
	JK_BAD_TRUNCATED, /* the next header, 2 s of silence or the end came before byte 300 */
	JK_BAD_SUM,
	JK_BAD_TYPE,
	JK_BAD__MAX
};
const char *jk_bad_name(enum jk_bad b); /* "truncated", "sum", "type" */

struct jk_event {
	enum jk_event_kind kind;
	enum jk_bad reason;  /* JK_EVENT_DAMAGED only */
	const uint8_t *data; /* frame: 300 bytes; ack: 20; damaged: what there is. Borrows until
				the callback returns */
	size_t len;
};

struct jk_frames {
	size_t len, need; /* bytes held; nothing to look at before there are `need` */
	int64_t last_ms;
	uint64_t good, bad[JK_BAD__MAX], acks, foreign_bytes, damaged_bytes;
	uint32_t epoch; /* counts resets */
	uint8_t buf[JK_BUF_MAX];
};

/* Drops what is half received: call at every (re)connect. Counters stay. A zeroed struct is
 * ready for use. */
void jk_frames_reset(struct jk_frames *f);

/*
 * Takes one notification of any length. now_ms: any clock that only grows. `on` is called for each
 * event, in the order of the bytes; it may call jk_frames_reset() (the rest of the chunk is
 * dropped then) but not free f.
 */
void jk_frames_feed(struct jk_frames *f, const uint8_t *chunk, size_t n, int64_t now_ms,
		    void (*on)(void *ud, const struct jk_event *ev), void *ud);

/* The stream is over: a begun frame is reported as truncated, then as jk_frames_reset(). */
void jk_frames_end(struct jk_frames *f, void (*on)(void *ud, const struct jk_event *ev), void *ud);

/* Damaged pieces of all reasons. */
uint64_t jk_frames_bad(const struct jk_frames *f);

/* Low byte of the sum over n bytes. */
uint8_t jk_sum(const uint8_t *p, size_t n);

/* Right header, known type, right sum. */
bool jk_frame_ok(const uint8_t frame[JK_FRAME_LEN]);

/* The only commands that are sent: reading changes nothing in the BMS (captured). */
#define JK_ASK_DEVICE_INFO 0x97
#define JK_ASK_CELL_INFO   0x96 /* answers settings, then cell info about twice a second */
#define JK_ASK_LOGBOOK	   0xA1 /* JK02_32S */
void jk_command(uint8_t out[JK_COMMAND_LEN], uint8_t ask);
