/*
 * Registers through a Wi-Fi stick: Solarman V5 over TCP.
 *
 *	connect ──> ask ──5 s──> timeout ── three in a row ──> connect anew
 *	             └─ answer of an earlier question ── 1 s without ours ──> ask again
 *
 * The stick echoes our sequence number; each question has another one, 1 to 255: its cloud's
 * answers, of which it sends us copies, have 0. An answer with another number is late, and dropped;
 * unless it answers just what is asked now (the same question of before). Some sticks stay one
 * answer behind: they hand out an answer only when the next question comes. Hence the asking again.
 *
 * With the wrong serial number a stick says its own in error 06: so it is learned.
 */
#include "regs_priv.h"
#include "tcp.h"

#include "proto/mbap.h"
#include "proto/v5.h"
#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define V5_ANSWER_MS	5000 /* 100 to 500 are usual, 4 to 6 s when the cloud reads */
#define V5_BEHIND_MS	1000 /* after an answer that is not ours */
#define V5_SILENT_MAX	3    /* timeouts in a row */
#define V5_LEARN_MAX	2    /* serial numbers learned for one question */
#define V5_AGAIN_MAX	2
#define V5_FOREIGN_MAX	32768 /* bytes since the last frame: no stick says so much */
#define V5_FOREIGN_TEXT 120
#define V5_ASKED	8

struct v5_asked {
	uint8_t sequence, unit;
	uint16_t first, count;
	int64_t ms;
};

struct v5_wire {
	struct tcp *tcp;
	struct v5_stream stream;
	sd_event_source *timer;
	struct v5_asked asked[V5_ASKED]; /* ring, the last ones */
	unsigned n_asked;
	uint8_t sequence; /* of the last question, 0: none yet */
	unsigned silent, learned, again;
	size_t foreign;			    /* bytes since the last frame */
	char foreign_text[V5_FOREIGN_TEXT]; /* how they began */
	bool seen;			    /* a frame came on this connection */
	const char *gone;		    /* set while bytes are parsed: what they are, a code */
	uint8_t head[5];		    /* of the last request */
};

static struct v5_asked *v5_now(struct v5_wire *w)
{
	return &w->asked[(w->n_asked + V5_ASKED - 1) % V5_ASKED];
}

static void v5_deadline(struct v5_wire *w, int64_t ms)
{
	sd_event_source_set_time_relative(w->timer, (uint64_t)ms * 1000);
	sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

/* Sends the question q with a number of its own. */
static int v5_send(struct regs_line *l, struct v5_asked q)
{
	struct v5_wire *w = l->own;
	uint8_t rtu[RTU_REQUEST_LEN], frame[V5_REQUEST_MAX];
	size_t n;
	int r;

	w->sequence = w->sequence == UINT8_MAX ? 1 : (uint8_t)(w->sequence + 1);
	q.sequence = w->sequence;
	q.ms = clock_mono_ms();
	w->asked[w->n_asked++ % V5_ASKED] = q;
	rtu_put_read(rtu, q.unit, q.first, q.count);
	n = v5_put_request(frame, q.sequence, l->stats.serial, rtu);
	memcpy(w->head, frame, sizeof(w->head));
	r = tcp_write(w->tcp, frame, n);
	if (r >= 0)
		regs_line_piece(l, '>', frame, n);
	v5_deadline(w, V5_ANSWER_MS);
	return r;
}

static int v5_again(struct regs_line *l)
{
	struct v5_wire *w = l->own;

	l->stats.resent++;
	return v5_send(l, *v5_now(w));
}

static void v5_done(struct regs_line *l, enum regs_outcome outcome, uint8_t exception,
		    const uint16_t *words)
{
	struct v5_wire *w = l->own;

	sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	w->silent = outcome == REGS_TIMEOUT ? w->silent + 1 : 0;
	regs_line_answer(l, outcome, exception, words);
}

/* ---- answers ---- */

/* The question that it answers: the present one, or the same asked before. NULL: another one. */
static const struct v5_asked *v5_answered(struct regs_line *l, uint8_t sequence)
{
	struct v5_wire *w = l->own;
	const struct v5_asked *now = v5_now(w);
	unsigned n = w->n_asked < V5_ASKED ? w->n_asked : V5_ASKED;

	for (unsigned i = 1; l->busy && sequence && i <= n; i++) {
		const struct v5_asked *q = &w->asked[(w->n_asked - i) % V5_ASKED];

		if (q->sequence == sequence)
			return q->unit == now->unit && q->first == now->first &&
					       q->count == now->count &&
					       now->ms - q->ms <= 2 * V5_ANSWER_MS
				       ? q
				       : NULL;
	}
	return NULL;
}

static void v5_on_words(struct regs_line *l, const struct v5_asked *q, const struct v5_frame *f)
{
	uint16_t words[REGS_WORDS_MAX];
	struct rtu_answer a;
	enum rtu_state s = rtu_parse_answer(f->modbus, f->modbus_n, &a);
	bool ours = a.unit == q->unit && a.function == RTU_READ;

	if (s == RTU_EXCEPTION && ours) {
		v5_done(l, REGS_EXCEPTION, a.exception, NULL);
	} else if (s == RTU_OK && ours && a.n == q->count) {
		for (unsigned i = 0; i < a.n; i++)
			words[i] = rtu_word(a.words, i);
		v5_done(l, REGS_OK, 0, words);
	} else {
		v5_done(l, REGS_DAMAGED, 0, NULL);
	}
}

static void v5_on_error(struct regs_line *l, const struct v5_frame *f)
{
	struct v5_wire *w = l->own;

	if (f->error == V5_ERROR_SERIAL && f->serial != l->stats.serial &&
	    w->learned++ < V5_LEARN_MAX) {
		l->stats.serial = f->serial;
		if (v5_again(l) >= 0)
			return;
	}
	/* Modbus codes of a stick that says them in short */
	if (f->error < V5_ERROR_MODBUS)
		v5_done(l, REGS_EXCEPTION, f->error, NULL);
	else
		v5_done(l, REGS_REFUSED, f->error, NULL);
}

static void v5_on_answer(struct regs_line *l, const struct v5_frame *f)
{
	const struct v5_asked *q = v5_answered(l, f->sequence);
	struct v5_wire *w = l->own;

	if (q)
		l->asked_ms = q->ms; /* it may be the answer to an earlier asking */
	if (q && f->error)
		v5_on_error(l, f);
	else if (q)
		v5_on_words(l, q, f);
	else if (!f->sequence)
		l->stats.unsolicited++;
	else
		l->stats.late++;
	/* perhaps it is one behind: ours comes when it is asked the next time */
	if (!q && f->sequence && l->busy && w->again < V5_AGAIN_MAX)
		v5_deadline(w, V5_BEHIND_MS);
}

/* ---- what is no answer ---- */

/* Before anything was made of it: a name for what the other side is, or NULL. */
static const char *v5_not_a_stick(const struct v5_wire *w)
{
	if (strncmp(w->foreign_text, "HTTP/", 5) == 0 || w->foreign > V5_FOREIGN_MAX)
		return "not_a_stick";
	return NULL;
}

static void v5_on_foreign(struct regs_line *l, const uint8_t *p, size_t n)
{
	struct v5_wire *w = l->own;
	size_t at = w->foreign;

	for (size_t i = 0; i < n && at < sizeof(w->foreign_text) - 1; i++)
		w->foreign_text[at++] = (char)(p[i] >= ' ' && p[i] <= '~' ? p[i] : '.');
	w->foreign += n;
	l->stats.foreign_bytes += n;
	w->gone = v5_not_a_stick(w);
}

static void v5_on_event(void *ud, const struct v5_event *ev)
{
	struct regs_line *l = ud;
	struct v5_wire *w = l->own;

	if (w->gone)
		return;
	if (ev->kind == V5_CHECKSUM && ev->frame.control == V5_ANSWER &&
	    v5_answered(l, ev->frame.sequence)) {
		v5_done(l, REGS_DAMAGED, 0, NULL); /* need not be waited for */
		return;
	}
	if (ev->kind != V5_FRAME) {
		v5_on_foreign(l, ev->data, ev->len);
		return;
	}
	w->seen = true;
	w->foreign = 0;
	memset(w->foreign_text, 0, sizeof(w->foreign_text));
	if (ev->frame.control == V5_ANSWER)
		v5_on_answer(l, &ev->frame);
	else
		l->stats.heartbeats++;
}

static void v5_on_data(void *ud, const uint8_t *p, size_t n)
{
	struct regs_line *l = ud;
	struct v5_wire *w = l->own;
	char text[200];

	regs_line_piece(l, '<', p, n);
	if (!w->stream.len && mbap_is_echo(w->head, p, n)) {
		regs_line_down(l, "speaks_modbus",
			       "it speaks Modbus TCP: write its address as modbus://");
		return;
	}
	v5_feed(&w->stream, p, n, v5_on_event, l);
	if (!w->gone)
		return;
	snprintf(text, sizeof(text), "this is no Solarman stick, it says: %.100s", w->foreign_text);
	regs_line_down(l, w->gone, text);
}

/* ---- the connection ---- */

static void v5_on_up(void *ud)
{
	regs_line_up(ud);
}

static void v5_on_down(void *ud, int error, const char *text)
{
	struct regs_line *l = ud;
	const struct v5_wire *w = l->own;
	bool at_once = l->state == REGS_UP && clock_mono_ms() - l->up_ms < REGS_UNSEEN_MS;
	const char *reason = l->state != REGS_UP ? regs_error_reason(-error) : "link_dropped";

	if (!w->seen && at_once && w->foreign)
		regs_line_down(l, "not_a_stick",
			       "it answers, but not as a Solarman stick does: is it the right "
			       "address?");
	else if (!w->seen && at_once)
		regs_line_down(l, "held",
			       "it closes the connection at once: another client holds it");
	else
		regs_line_down(l, reason, text);
}

static int v5_on_deadline(sd_event_source *s, uint64_t usec, void *ud)
{
	struct regs_line *l = ud;
	struct v5_wire *w = l->own;
	int64_t waited = clock_mono_ms() - v5_now(w)->ms;
	char text[200];

	(void)s;
	(void)usec;
	if (!l->busy)
		return 0;
	if (waited < V5_ANSWER_MS && w->again++ < V5_AGAIN_MAX && v5_again(l) >= 0)
		return 0;
	if (w->silent + 1 < V5_SILENT_MAX) {
		v5_done(l, REGS_TIMEOUT, 0, NULL);
		return 0;
	}
	v5_done(l, REGS_TIMEOUT, 0, NULL);
	if (w->foreign && !w->seen) {
		snprintf(text, sizeof(text), "this is no Solarman stick, it says: %.100s",
			 w->foreign_text);
		regs_line_down(l, "not_a_stick", text);
	} else {
		regs_line_down(l, "no_answer", "connected, but it answers no question");
	}
	return 0;
}

static int v5_open(struct regs_line *l)
{
	const struct tcp_owner owner = { v5_on_up, v5_on_data, v5_on_down, l };
	struct v5_wire *w = l->own;
	int r;

	*w = (struct v5_wire){ .sequence = w->sequence };
	r = sd_event_add_time(l->hub->ev, &w->timer, CLOCK_MONOTONIC, 0, 1000, v5_on_deadline, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = tcp_open(&w->tcp, l->hub->ev, l->hub->names, l->ep.host, l->ep.port, &owner);
	return r;
}

static int v5_ask(struct regs_line *l, uint8_t unit, uint16_t first, uint16_t count)
{
	struct v5_wire *w = l->own;

	w->again = w->learned = 0;
	return v5_send(l, (struct v5_asked){ .unit = unit, .first = first, .count = count });
}

static void v5_close(struct regs_line *l)
{
	struct v5_wire *w = l->own;

	tcp_close(SV_STEAL(w->tcp));
	w->timer = sd_event_source_disable_unref(w->timer);
}

const struct regs_wire regs_wire_v5 = { .name = "v5",
					.size = sizeof(struct v5_wire),
					.open = v5_open,
					.ask = v5_ask,
					.close = v5_close };
