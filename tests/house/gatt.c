/*
 * See gatt.h. The order of answers, as real devices give it:
 *
 *     97 -> device info, ack
 *     96 -> settings, (from firmware 14: device info with counter A5), ack, then cells for ever
 *
 * The cell stream starts only when both have been asked on this connection.
 */
#include "gatt.h"

#include <math.h>
#include <string.h>

#define ANSWER_MS      60
#define ACK_MS	       90
#define EXTRA_MS       120
#define FIRST_CELLS_MS 500
#define AT_EVERY_MS    200
#define STREAM_MAX     (2 * JK_FRAME_SIZE + 2 * JK_ACK_SIZE)
#define EXTRA_COUNTER  0xA5

static const uint8_t at_noise[] = { 'A', 'T', '\r', '\n' };

void gatt_init(struct gatt_bms *g, uint64_t seed, size_t number)
{
	g->rng = rng_fork(seed, 3000 + number);
	g->counter = (uint8_t)rng_below(&g->rng, 256);
}

static bool chatters(const struct gatt_bms *g)
{
	return g->id->product->major >= 14;
}

static void forget_link(struct gatt_bms *g)
{
	g->asked_device = g->asked_settings = false;
	g->holding = false;
	g->n_queued = 0;
	g->last_due_ms = 0;
}

void gatt_connect(struct gatt_bms *g, int64_t now_ms)
{
	forget_link(g);
	g->connected = true;
	g->next_at_ms = now_ms + AT_EVERY_MS;
}

void gatt_disconnect(struct gatt_bms *g)
{
	forget_link(g);
	g->connected = g->muted = false;
}

void gatt_tire(struct gatt_bms *g)
{
	g->asked_settings = false;
}

static void queue_piece(struct gatt_bms *g, int64_t due_ms, const uint8_t *data, size_t len)
{
	struct gatt_piece *p = &g->queue[(g->head + g->n_queued) % GATT_QUEUE_MAX];

	g->last_due_ms = due_ms > g->last_due_ms ? due_ms : g->last_due_ms;
	p->due_ms = g->last_due_ms;
	p->len = (uint16_t)len;
	memcpy(p->data, data, len);
	g->n_queued++;
}

/* Cuts a run of bytes, which may be more than one frame, into notifications.
 * -> false: no room, nothing queued */
static bool send_stream(struct gatt_bms *g, int64_t due_ms, const uint8_t *data, size_t len)
{
	size_t pieces = (len + g->chunk - 1) / g->chunk;
	int64_t pause = (int64_t)(400 / g->rate_hz / (double)pieces);
	int64_t most = g->chunk < 64 ? 1 : 12;

	if (g->n_queued + pieces > GATT_QUEUE_MAX)
		return false;
	for (size_t at = 0; at < len; at += g->chunk) {
		queue_piece(g, due_ms, data + at, len - at < g->chunk ? len - at : g->chunk);
		due_ms += pause < most ? pause : most;
	}
	return true;
}

/* A frame and the ack behind it: glued on the newest firmware, now and then on others. */
static void answer(struct gatt_bms *g, int64_t due_ms, const uint8_t frame[JK_FRAME_SIZE])
{
	uint8_t buf[STREAM_MAX];
	size_t len = JK_FRAME_SIZE;
	bool glued = g->id->product->major >= 19 || rng_below(&g->rng, 8) == 0;

	g->replies_sent++;
	memcpy(buf, frame, JK_FRAME_SIZE);
	if (!glued) {
		send_stream(g, due_ms, buf, len);
		due_ms += ACK_MS;
		len = 0;
	}
	jk_encode_ack(buf + len);
	len += JK_ACK_SIZE;
	if (chatters(g) && rng_below(&g->rng, 2)) {
		memcpy(buf + len, at_noise, sizeof(at_noise));
		len += sizeof(at_noise);
	}
	send_stream(g, due_ms, buf, len);
}

static void answer_device(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t frame[JK_FRAME_SIZE];

	jk_encode_device(frame, g->id, g->pack, g->counter);
	answer(g, now_ms + ANSWER_MS, frame);
	g->asked_device = true;
}

/* The radio's chatter can stand right before a frame, in one notification with its head. */
static void send_settings(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t buf[sizeof(at_noise) + JK_FRAME_SIZE];
	size_t noise = chatters(g) && rng_below(&g->rng, 4) == 0 ? sizeof(at_noise) : 0;

	memcpy(buf, at_noise, sizeof(at_noise));
	jk_encode_settings(buf + noise, g->id, g->pack, g->counter);
	if (chatters(g))
		g->replies_sent += send_stream(g, now_ms + ANSWER_MS, buf, noise + JK_FRAME_SIZE);
	else
		answer(g, now_ms + ANSWER_MS, buf);
}

static void answer_settings(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t frame[JK_FRAME_SIZE];

	send_settings(g, now_ms);
	if (chatters(g)) {
		jk_encode_device(frame, g->id, g->pack, EXTRA_COUNTER);
		answer(g, now_ms + ANSWER_MS + EXTRA_MS, frame);
	}
	if (!g->asked_settings || !g->asked_device)
		g->next_frame_ms = now_ms + FIRST_CELLS_MS;
	g->asked_settings = true;
}

static void answer_log(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t frame[JK_FRAME_SIZE];

	jk_encode_log(frame, g->pack, g->counter);
	answer(g, now_ms + ANSWER_MS, frame);
}

static void charge_switch(struct gatt_bms *g, uint32_t value)
{
	g->pack->bms.charge_switch = value;
	bms_log(g->pack, value ? 0x03 : 0x04);
}

static void discharge_switch(struct gatt_bms *g, uint32_t value)
{
	g->pack->bms.discharge_switch = value;
	bms_log(g->pack, value ? 0x05 : 0x06);
}

static void balance_switch(struct gatt_bms *g, uint32_t value)
{
	g->pack->bms.balance_switch = value;
}

/* Registers that change something; every other one is only acknowledged. The same number means
 * different things by generation. */
static const struct {
	bool jk04;
	uint8_t reg, len;
	void (*set)(struct gatt_bms *g, uint32_t value);
} registers[] = {
	{ false, 0x1D, 4, charge_switch },
	{ false, 0x1E, 4, discharge_switch },
	{ false, 0x1F, 4, balance_switch },
	{ true, 0x6C, 1, balance_switch },
};

static void write_register(struct gatt_bms *g, int64_t now_ms, const uint8_t *cmd)
{
	bool jk04 = g->id->product->generation == JK04;
	uint32_t value = cmd[6] | (uint32_t)cmd[7] << 8;
	uint8_t ack[JK_ACK_SIZE];

	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (registers[i].jk04 == jk04 && registers[i].reg == cmd[4] &&
		    registers[i].len == cmd[5])
			registers[i].set(g, value);
	jk_encode_ack(ack);
	send_stream(g, now_ms + ANSWER_MS, ack, sizeof(ack));
}

/* The first thing heard from an 11.x board is the end of what it said to the one before. */
static void send_leftover(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t tail[20] = { 0 };

	tail[7] = 0xFE;
	tail[19] = (uint8_t)rng_below(&g->rng, 256);
	send_stream(g, now_ms, tail, sizeof(tail));
}

void gatt_write(struct gatt_bms *g, int64_t now_ms, const uint8_t *data, size_t len)
{
	static const uint8_t head[] = { 0xAA, 0x55, 0x90, 0xEB };

	if (len != JK_ACK_SIZE || memcmp(data, head, sizeof(head)) != 0 ||
	    jkenc_sum(data, len - 1) != data[len - 1])
		return;
	if (!g->connected || g->muted || now_ms < g->silent_until_ms)
		return;
	if (g->id->product->major == 11 && !g->asked_device && !g->asked_settings)
		send_leftover(g, now_ms);
	switch (data[4]) {
	case 0x97:
		answer_device(g, now_ms);
		break;
	case 0x96:
		answer_settings(g, now_ms);
		break;
	case 0xA1:
		answer_log(g, now_ms);
		break;
	default:
		write_register(g, now_ms, data);
		break;
	}
}

static bool take_fault(struct gatt_bms *g, enum gatt_fault f)
{
	if (!g->faults[f])
		return false;
	g->faults[f]--;
	return true;
}

static void send_noise(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t junk[20];
	size_t len = 1 + rng_below(&g->rng, sizeof(junk));

	/* Bit 7 stays off, so that no header can arise by chance. */
	for (size_t i = 0; i < len; i++)
		junk[i] = (uint8_t)rng_below(&g->rng, 0x80);
	send_stream(g, now_ms, junk, len);
}

/* Spoils the frame if a fault is due. -> its length */
static size_t spoil(struct gatt_bms *g, uint8_t *frame)
{
	if (take_fault(g, GATT_DAMAGE)) {
		uint8_t sum;

		do {
			size_t at = 4 + rng_below(&g->rng, JK_FRAME_SIZE - 5);

			frame[at] ^= (uint8_t)(1 + rng_below(&g->rng, 255));
			sum = jkenc_sum(frame, JK_FRAME_SIZE - 1);
		} while (sum == frame[JK_FRAME_SIZE - 1]);
		return JK_FRAME_SIZE;
	}
	if (take_fault(g, GATT_TRUNCATE))
		return 20 + rng_below(&g->rng, 260);
	if (take_fault(g, GATT_ZERO)) {
		memset(frame, 0, JK_FRAME_SIZE);
		return JK_FRAME_SIZE;
	}
	if (take_fault(g, GATT_TYPE)) {
		frame[4] = 0x07;
		frame[JK_FRAME_SIZE - 1] = jkenc_sum(frame, JK_FRAME_SIZE - 1);
		return JK_FRAME_SIZE;
	}
	return 0;
}

static void send_cells(struct gatt_bms *g, int64_t now_ms)
{
	uint8_t buf[STREAM_MAX];
	uint8_t *frame = buf + (g->holding ? JK_FRAME_SIZE : 0);
	size_t bad, len;

	jk_encode_cells(frame, g->id, g->model, g->pack, g->counter++);
	if (take_fault(g, GATT_NOISE))
		send_noise(g, now_ms);
	bad = spoil(g, frame);
	if (!bad && !g->holding && take_fault(g, GATT_MERGE)) {
		memcpy(g->held, frame, JK_FRAME_SIZE);
		g->holding = true;
		g->frames_sent++;
		if (g->on_cells)
			g->on_cells(g->ud);
		return;
	}
	if (g->holding)
		memcpy(buf, g->held, JK_FRAME_SIZE);
	len = (g->holding ? JK_FRAME_SIZE : 0) + (bad ? bad : JK_FRAME_SIZE);
	g->holding = false;
	if (!send_stream(g, now_ms, buf, len)) {
		g->frames_skipped++;
		return;
	}
	if (bad) {
		g->bad_frames_sent++;
		return;
	}
	g->frames_sent++;
	if (g->on_cells)
		g->on_cells(g->ud);
}

/* Chatter of the radio module, only between frames. */
static void send_chatter(struct gatt_bms *g, int64_t now_ms)
{
	if (!g->n_queued && (g->asked_device || g->asked_settings))
		send_stream(g, now_ms, at_noise, sizeof(at_noise));
	g->next_at_ms = now_ms + AT_EVERY_MS + rng_below(&g->rng, 40);
}

/* The piece behind the first, or NULL. */
static struct gatt_piece *next_piece(struct gatt_bms *g)
{
	return g->n_queued > 1 ? &g->queue[(g->head + 1) % GATT_QUEUE_MAX] : NULL;
}

/* Another byte, half of it, none of it, or one with the next. */
static void spoil_piece(struct gatt_bms *g, struct gatt_piece *p)
{
	struct gatt_piece *next = next_piece(g);

	switch (rng_below(&g->rng, 4)) {
	case 0:
		p->data[rng_below(&g->rng, p->len)] ^= (uint8_t)(1 + rng_below(&g->rng, 255));
		break;
	case 1:
		p->len = (uint16_t)((p->len + 1) / 2);
		break;
	case 2:
		p->len = 0;
		break;
	default:
		if (!next || p->len + next->len > GATT_PIECE_MAX)
			break;
		memcpy(p->data + p->len, next->data, next->len);
		p->len = (uint16_t)(p->len + next->len);
		next->len = 0;
	}
}

/* Somebody else's bytes in the middle. Not bytes that change places: a sum does not see those. */
static void interleave(struct gatt_bms *g, struct gatt_piece *p)
{
	const struct gatt_piece *next = next_piece(g);
	size_t half = p->len / 2u, len = JK_ACK_SIZE;
	uint8_t other[GATT_PIECE_MAX];

	jk_encode_ack(other);
	if (next && rng_below(&g->rng, 2)) {
		len = next->len / 2u;
		memcpy(other, next->data, len);
	}
	if (p->len + len > GATT_PIECE_MAX)
		return;
	memmove(p->data + half + len, p->data + half, p->len - half);
	memcpy(p->data + half, other, len);
	p->len = (uint16_t)(p->len + len);
}

static bool happens(struct gatt_bms *g, unsigned pct)
{
	return pct && rng_below(&g->rng, 100) < pct;
}

static void send_due(struct gatt_bms *g, int64_t now_ms)
{
	while (g->n_queued && g->queue[g->head].due_ms <= now_ms) {
		struct gatt_piece *p = &g->queue[g->head];

		if (p->len && happens(g, g->spoil_pct)) {
			spoil_piece(g, p);
			g->pieces_spoilt++;
		}
		if (p->len && happens(g, g->interleave_pct)) {
			interleave(g, p);
			g->pieces_spoilt++;
		}
		g->head = (g->head + 1) % GATT_QUEUE_MAX;
		g->n_queued--;
		if (p->len)
			g->on_notify(g->ud, p->data, p->len);
	}
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t gatt_tick(struct gatt_bms *g, int64_t now_ms)
{
	bool streaming = g->asked_device && g->asked_settings;
	int64_t period = (int64_t)fmax(1, 1000 / g->rate_hz);
	int64_t next = INT64_MAX;

	if (!g->connected)
		return INT64_MAX;
	if (g->muted) {
		g->n_queued = 0;
		return INT64_MAX;
	}
	if (now_ms < g->silent_until_ms) {
		g->n_queued = 0;
		g->next_frame_ms = g->silent_until_ms;
		return g->silent_until_ms;
	}
	if (streaming && now_ms >= g->next_frame_ms) {
		send_cells(g, now_ms);
		g->next_frame_ms += period;
		if (g->next_frame_ms <= now_ms) /* we were held up: no burst to catch up */
			g->next_frame_ms = now_ms + period;
	}
	if (chatters(g) && now_ms >= g->next_at_ms)
		send_chatter(g, now_ms);
	send_due(g, now_ms);
	if (streaming)
		next = sooner(next, g->next_frame_ms);
	if (chatters(g))
		next = sooner(next, g->next_at_ms);
	if (g->n_queued)
		next = sooner(next, g->queue[g->head].due_ms);
	return next;
}
