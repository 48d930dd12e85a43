#include "regs_priv.h"

#include "svitlo/clock.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const struct regs_wire *const wires[ENDPOINT__MAX] = {
	[ENDPOINT_SOLARMAN] = &regs_wire_v5,
	[ENDPOINT_MODBUS] = &regs_wire_modbus,
	[ENDPOINT_RTU] = &regs_wire_modbus,
};

static void line_timer(struct regs_line *l, int64_t in_ms)
{
	sd_event_source_set_time_relative(l->timer, in_ms > 0 ? (uint64_t)in_ms * 1000 : 0);
	sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
}

static void line_tell(struct regs_line *l, enum regs_state s, const char *reason,
		      const char *detail)
{
	struct regs *next;

	l->state = s;
	l->reason = reason;
	snprintf(l->detail, sizeof(l->detail), "%s", detail ? detail : "");
	for (struct regs *r = l->all; r; r = next) {
		next = r->next;
		r->owner.state(r->owner.ud, s, reason, l->detail[0] ? l->detail : NULL);
	}
}

/* ---- asking ---- */

/* Who waits, those behind the last one first: each has its turn. */
static struct regs *line_next(const struct regs_line *l)
{
	struct regs *after = l->flight ? l->flight->next : l->all;

	for (struct regs *r = after; r; r = r->next)
		if (r->asks)
			return r;
	for (struct regs *r = l->all; r != after; r = r->next)
		if (r->asks)
			return r;
	return NULL;
}

static void line_kick(struct regs_line *l)
{
	int64_t now = clock_mono_ms();
	struct regs *r = line_next(l);
	int e;

	if (l->busy || l->state != REGS_UP || !r)
		return;
	if (now < l->next_ms) {
		line_timer(l, l->next_ms - now);
		return;
	}
	l->busy = true;
	l->flight = r;
	l->asked_ms = now;
	l->stats.asked++;
	e = l->wire->ask(l, r->unit, r->first, r->count);
	if (e < 0)
		regs_line_down(l, "link_dropped", strerror(-e));
}

static void line_count(struct regs_line *l, enum regs_outcome outcome, int64_t ms)
{
	/* who says no is there */
	bool ok = outcome != REGS_TIMEOUT && outcome != REGS_DAMAGED;
	uint64_t *const counts[REGS__MAX] = {
		[REGS_OK] = &l->stats.answered,		 [REGS_TIMEOUT] = &l->stats.timeouts,
		[REGS_EXCEPTION] = &l->stats.exceptions, [REGS_REFUSED] = &l->stats.refused,
		[REGS_DAMAGED] = &l->stats.damaged,
	};

	++*counts[outcome];
	l->recent[l->at++ % REGS_RECENT] = ok;
	if (!ok)
		return;
	l->latencies[l->latency_at++ % REGS_LATENCIES] = ms;
	l->fails = 0;
}

void regs_line_answer(struct regs_line *l, enum regs_outcome outcome, uint8_t exception,
		      const uint16_t *words)
{
	int64_t now = clock_mono_ms();
	struct regs *r = l->flight;

	if (!l->busy)
		return;
	l->busy = false;
	l->next_ms = now + REGS_PAUSE_MS;
	line_count(l, outcome, now - l->asked_ms);
	line_timer(l, REGS_PAUSE_MS);
	if (!r || !r->asks) /* its owner has gone */
		return;
	r->asks = false;
	r->owner.answer(r->owner.ud, &(struct regs_answer){ .outcome = outcome,
							    .exception = exception,
							    .first = r->first,
							    .count = r->count,
							    .words = words,
							    .ms = now - l->asked_ms });
}

/* ---- connecting ---- */

static uint32_t hub_random(struct regs_hub *h)
{
	h->random = h->random * 1664525u + 1013904223u;
	return h->random >> 16;
}

static void line_connect(struct regs_line *l)
{
	int e;

	l->until_ms = 0;
	line_tell(l, REGS_CONNECTING, NULL, NULL);
	e = l->wire->open(l);
	if (e < 0)
		regs_line_down(l, "connect_failed", strerror(-e));
}

void regs_line_up(struct regs_line *l)
{
	l->stats.connects++;
	l->up_ms = clock_mono_ms();
	line_tell(l, REGS_UP, NULL, NULL);
	line_kick(l);
}

/* Doubling, with jitter: sticks that a power cut took all at once shall not be asked all at once.
 */
static int64_t line_backoff(struct regs_line *l)
{
	int64_t ms = REGS_BACKOFF_MS << (l->fails < 4 ? l->fails : 4);

	if (ms > REGS_BACKOFF_MAX)
		ms = REGS_BACKOFF_MAX;
	return ms - ms / 8 + (int64_t)(hub_random(l->hub) % (uint32_t)(ms / 4));
}

void regs_line_down(struct regs_line *l, const char *reason, const char *detail)
{
	int64_t ms = line_backoff(l);
	char text[sizeof(l->detail)]; /* it may be the wire's, which goes */

	snprintf(text, sizeof(text), "%s", detail ? detail : "");
	l->wire->close(l);
	l->busy = false;
	l->flight = NULL;
	for (struct regs *r = l->all; r; r = r->next)
		r->asks = false;
	l->fails++;
	l->until_ms = clock_mono_ms() + ms;
	line_timer(l, ms);
	line_tell(l, REGS_DOWN, reason, text);
}

const char *regs_error_reason(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection_refused";
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ETIMEDOUT:
		return "host_unreachable";
	case ENOENT:
	case ENOTTY: /* a file, but no serial port */
	case ENODEV:
	case ENXIO:
		return "port_absent";
	case EACCES:
	case EPERM:
		return "port_denied";
	default:
		return "connect_failed";
	}
}

void regs_line_piece(struct regs_line *l, char dir, const uint8_t *p, size_t n)
{
	for (struct regs *r = l->all; r; r = r->next)
		if (r->owner.piece)
			r->owner.piece(r->owner.ud, dir, p, n);
}

/* Those that came when the line was there already. */
static void line_greet(struct regs_line *l)
{
	struct regs *next;

	for (struct regs *r = l->all; r; r = next) {
		next = r->next;
		if (r->untold)
			r->owner.state(r->owner.ud, l->state, l->reason,
				       l->detail[0] ? l->detail : NULL);
		r->untold = false;
	}
}

static int line_on_timer(sd_event_source *s, uint64_t usec, void *ud)
{
	const char *drop;
	struct regs_line *l = ud;

	(void)s;
	(void)usec;
	line_greet(l);
	drop = SV_STEAL(l->drop.reason);
	if (drop && l->state != REGS_DOWN)
		regs_line_down(l, drop, l->drop.detail);
	else if (l->state == REGS_UP)
		line_kick(l);
	else if (l->state == REGS_DOWN && clock_mono_ms() >= l->until_ms)
		line_connect(l);
	else if (l->state == REGS_DOWN)
		line_timer(l, l->until_ms - clock_mono_ms());
	return 0;
}

/* ---- lines ---- */

static void line_free(struct regs_line *l)
{
	for (struct regs_line **p = &l->hub->lines; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	if (l->own)
		l->wire->close(l);
	free(l->own);
	sd_event_source_disable_unref(l->timer);
	free(l);
}

static struct regs_line *line_new(struct regs_hub *h, const struct endpoint *p)
{
	struct regs_line *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return NULL;
	*l = (struct regs_line){ .hub = h,
				 .ep = *p,
				 .wire = wires[p->kind],
				 .next = h->lines,
				 .state = REGS_DOWN,
				 .stats = { .serial = p->serial } };
	endpoint_line(l->text, p);
	h->lines = l;
	l->own = calloc(1, l->wire->size);
	/* the first connection is begun by the loop: the owner is not ready to hear of it yet */
	r = l->own ? sd_event_add_time_relative(h->ev, &l->timer, CLOCK_MONOTONIC, 0, 1000,
						line_on_timer, l)
		   : -ENOMEM;
	if (r < 0) {
		line_free(l);
		return NULL;
	}
	return l;
}

int regs_open(struct regs_hub *h, const struct endpoint *p, const struct regs_owner *owner,
	      struct regs **ret)
{
	char text[ENDPOINT_TEXT_MAX];
	struct regs *r = calloc(1, sizeof(*r));
	struct regs_line *l = h->lines;

	endpoint_line(text, p);
	while (l && strcmp(l->text, text) != 0)
		l = l->next;
	if (r && !l)
		l = line_new(h, p);
	if (!r || !l) {
		free(r);
		return -ENOMEM;
	}
	*r = (struct regs){ .next = l->all,
			    .line = l,
			    .owner = *owner,
			    .unit = p->unit,
			    .untold = l->all != NULL };
	l->all = r;
	if (r->untold)
		line_timer(l, 0);
	if (!l->stats.serial)
		l->stats.serial = p->serial;
	*ret = r;
	return 0;
}

int regs_read(struct regs *r, uint16_t first, uint16_t count)
{
	if (r->line->state != REGS_UP)
		return -ENOTCONN;
	if (r->asks)
		return -EBUSY;
	if (!count || count > REGS_WORDS_MAX)
		return -EINVAL;
	r->asks = true;
	r->first = first;
	r->count = count;
	if (!r->line->busy)
		line_timer(r->line, r->line->next_ms - clock_mono_ms());
	return 0;
}

void regs_retry(struct regs *r)
{
	r->line->fails = 0;
	r->line->until_ms = 0;
	if (r->line->state == REGS_DOWN)
		line_timer(r->line, 0);
}

void regs_drop(struct regs *r, const char *reason, const char *detail)
{
	r->line->drop.reason = reason;
	snprintf(r->line->drop.detail, sizeof(r->line->drop.detail), "%s", detail ? detail : "");
	line_timer(r->line, 0);
}

void regs_close(struct regs *r)
{
	struct regs_line *l;

	if (!r)
		return;
	l = r->line;
	for (struct regs **p = &l->all; *p; p = &(*p)->next)
		if (*p == r) {
			*p = r->next;
			break;
		}
	if (l->flight == r)
		l->flight = NULL;
	free(r);
	if (!l->all)
		line_free(l);
}

int regs_hub_new(struct regs_hub **ret, sd_event *ev)
{
	struct regs_hub *h = calloc(1, sizeof(*h));
	int r = h ? worker_new(&h->names, ev) : -ENOMEM;

	if (r < 0) {
		free(h);
		return r;
	}
	h->ev = ev;
	if (getrandom(&h->random, sizeof(h->random), GRND_NONBLOCK) < 0)
		h->random = (uint32_t)clock_mono_ms(); /* only for jitter */
	*ret = h;
	return 0;
}

struct worker *regs_hub_names(struct regs_hub *h)
{
	return h->names;
}

void regs_hub_free(struct regs_hub *h)
{
	if (!h)
		return;
	worker_free(h->names);
	free(h);
}

/* ---- for people ---- */

int64_t regs_until_ms(const struct regs *r)
{
	return r->line->state == REGS_DOWN ? r->line->until_ms : 0;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t line_median(const struct regs_line *l)
{
	int64_t sorted[REGS_LATENCIES];
	unsigned n = l->latency_at < REGS_LATENCIES ? l->latency_at : REGS_LATENCIES;

	memcpy(sorted, l->latencies, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	return n ? sorted[n / 2] : -1;
}

void regs_stats(const struct regs *r, struct regs_stats *ret)
{
	const struct regs_line *l = r->line;

	*ret = l->stats;
	ret->recent = l->at < REGS_RECENT ? l->at : REGS_RECENT;
	for (unsigned i = 0; i < ret->recent; i++)
		ret->recent_ok += l->recent[i];
	ret->latency_ms = line_median(l);
}

const char *regs_wire_name(const struct regs *r)
{
	return r->line->ep.kind == ENDPOINT_RTU ? "rtu" : r->line->wire->name;
}
