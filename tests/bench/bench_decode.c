/* CPU time of one 32S cell info frame that comes in 20-byte notifications: assembly and decoding.
 */
#include "proto/jk.h"
#include "svitlo/util.h"

#include <string.h>
#include <time.h>

#define RUNS   9
#define FRAMES 200000
#define CHUNK  20

static double volts; /* keeps the work from being optimised away */

static void on_event(void *ud, const struct jk_event *ev)
{
	struct jk_cell_info c;

	(void)ud;
	if (ev->kind != JK_EVENT_FRAME)
		return;
	jk_decode_cell_info_of(JK02_32S, 14, ev->data, &c);
	volts += c.voltage;
}

static void put16(uint8_t *f, unsigned off, unsigned v)
{
	f[off] = (uint8_t)v;
	f[off + 1] = (uint8_t)(v >> 8);
}

static void make_frame(uint8_t f[JK_FRAME_LEN])
{
	static const uint8_t head[] = { 0x55, 0xAA, 0xEB, 0x90, JK_CELL_INFO };

	memset(f, 0, JK_FRAME_LEN);
	memcpy(f, head, sizeof(head));
	for (unsigned i = 0; i < 16; i++) {
		put16(f, 6 + 2 * i, 3300 + i);
		put16(f, 80 + 2 * i, 65);
	}
	put16(f, 70, 0xFFFF);
	put16(f, 150, 52920);
	f[173] = 80;
	f[190] = 99;
	f[214] = 0xFF;
	f[287] = 0xFE;
	f[JK_FRAME_LEN - 1] = jk_sum(f, JK_FRAME_LEN - 1);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
	static struct jk_frames frames;
	uint8_t f[JK_FRAME_LEN];
	double ns[RUNS];

	make_frame(f);
	for (size_t run = 0; run < RUNS; run++) {
		double from = now_ns();

		for (int64_t i = 0; i < FRAMES; i++)
			for (size_t at = 0; at < JK_FRAME_LEN; at += CHUNK)
				jk_frames_feed(&frames, f + at, CHUNK, i, on_event, NULL);
		ns[run] = (now_ns() - from) / FRAMES;
	}
	qsort(ns, RUNS, sizeof(ns[0]), by_size);
	if (frames.good != (uint64_t)RUNS * FRAMES || volts <= 0)
		return 1;
	printf("decode_ns_per_frame %.0f ns\n", ns[RUNS / 2]);
	return 0;
}
