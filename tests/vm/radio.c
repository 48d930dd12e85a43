/*
 * radio: the house's packs as seen by a real kernel. It opens /dev/vhci, so that the kernel gets
 * an LE adapter, and plays both that adapter's controller and the packs on the air around it:
 *
 *     bluetoothd ── kernel ── /dev/vhci ── hci.c ── air.c: link per pack ── att.c ── house
 *
 *     radio FIFO "key=value ..."     model options as of the house
 *
 * Every third pack has a random address, the others public ones. Lines into the FIFO, packs
 * numbered from 1:
 *
 *     drop PACK              the link falls by supervision timeout
 *     absent PACK on|off     neither advertises nor answers
 *     pause PACK SECONDS     begins no frame for so long, whatever it is asked
 *     mute PACK              says nothing more until it is connected anew
 *     unsubscribe PACK       forgets who wanted to be notified
 *     bare PACK on|off       its services vanish, with an indication of that where it has one
 *     refuse PACK COUNT      the next links die before the pack says a word
 *     fail PACK COUNT        the next links are reported as not established
 *     far PACK on|off        advertises and does not answer
 *     count PACK MARK        logs how many frames it has sent
 *     unplug | plug          the adapter
 */
#include "radio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS	 50 /* advertising interval, and how soon a pack answers a connection */
#define MODEL_MS 250

struct radio radio = { .vhci = -1 };

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

__attribute__((format(printf, 1, 2))) void say(const char *f, ...)
{
	int64_t t = now_ms();
	va_list ap;

	printf("%lld.%03d ", (long long)(t / 1000), (int)(t % 1000));
	va_start(ap, f);
	vprintf(f, ap);
	va_end(ap);
	putchar('\n');
}

static void order_drop(struct peer *p, const char *arg)
{
	(void)arg;
	link_down(p, SUPERVISION_TIMEOUT);
}

static void order_absent(struct peer *p, const char *arg)
{
	p->pack->absent = strcmp(arg, "on") == 0;
	if (p->pack->absent)
		link_down(p, SUPERVISION_TIMEOUT);
}

/* What has begun goes out, no frame is cut. */
static void order_pause(struct peer *p, const char *arg)
{
	p->paused_ms = p->pack->gatt.next_frame_ms = now_ms() + 1000 * strtol(arg, NULL, 10);
}

static void order_mute(struct peer *p, const char *arg)
{
	(void)arg;
	p->mute = true;
}

static void order_unsubscribe(struct peer *p, const char *arg)
{
	(void)arg;
	att_unsubscribe(&p->att);
}

static void order_bare(struct peer *p, const char *arg)
{
	link_show_services(p, strcmp(arg, "on") != 0);
}

static void order_refuse(struct peer *p, const char *arg)
{
	p->pack->refuse = (unsigned)strtoul(arg, NULL, 10);
}

static void order_fail(struct peer *p, const char *arg)
{
	p->fail = (unsigned)strtoul(arg, NULL, 10);
}

static void order_far(struct peer *p, const char *arg)
{
	p->far = strcmp(arg, "on") == 0;
}

static void order_count(struct peer *p, const char *arg)
{
	say("count %s pack %zu: %llu frames", arg, p->number, (unsigned long long)p->frames);
}

static void obey(const char *line)
{
	static const struct {
		const char *verb;
		void (*fn)(struct peer *p, const char *arg);
	} orders[] = {
		{ "drop", order_drop },	    { "absent", order_absent },
		{ "pause", order_pause },   { "mute", order_mute },
		{ "bare", order_bare },	    { "unsubscribe", order_unsubscribe },
		{ "refuse", order_refuse }, { "fail", order_fail },
		{ "far", order_far },	    { "count", order_count },
	};
	char verb[16] = "", arg[16] = "";
	unsigned number = 0;

	say("told: %s", line);
	if (sscanf(line, "%15s %u %15s", verb, &number, arg) >= 2 && number >= 1 &&
	    number <= radio.n_peers) {
		for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
			if (strcmp(verb, orders[i].verb) == 0)
				orders[i].fn(&radio.peer[number - 1], arg);
	} else if (strcmp(verb, "plug") == 0) {
		plug();
	} else if (strcmp(verb, "unplug") == 0) {
		unplug();
	}
}

static void on_orders(int fifo)
{
	char b[512], *save = NULL;
	ssize_t n = read(fifo, b, sizeof(b) - 1);

	if (n <= 0)
		return;
	b[n] = 0;
	for (char *line = strtok_r(b, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		obey(line);
}

/* -> when something is due next */
static int64_t tick(int64_t now, int64_t *model_ms, int64_t *air_ms)
{
	int64_t next;

	if (now >= *model_ms) {
		house_advance(&radio.house, now);
		*model_ms = now + MODEL_MS;
	}
	if (now >= *air_ms) {
		air_tick(now);
		*air_ms = now + TICK_MS;
	}
	next = *model_ms < *air_ms ? *model_ms : *air_ms;
	for (size_t i = 0; i < radio.n_peers; i++) {
		int64_t due = gatt_tick(&radio.peer[i].pack->gatt, now);

		next = due < next ? due : next;
	}
	return next;
}

int main(int argc, char **argv)
{
	struct house_options options = house_defaults;
	char error[HOUSE_ERROR_MAX];
	int64_t model_ms = 0, air_ms = 0;
	int fifo;

	if (argc != 3) {
		fprintf(stderr, "usage: radio FIFO \"key=value ...\"\n");
		return 2;
	}
	if (!house_options_spec(&options, argv[2], error) ||
	    !house_options_check(&options, error)) {
		fprintf(stderr, "radio: %s\n", error);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	house_init_now(&radio.house, &options, now_ms());
	air_add_packs();
	mkfifo(argv[1], 0600);
	fifo = open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fifo < 0) {
		fprintf(stderr, "radio: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (!plug())
		return 1;
	for (;;) {
		int64_t now = now_ms(), wait = tick(now, &model_ms, &air_ms) - now;
		struct pollfd pf[2] = { { fifo, POLLIN, 0 }, { radio.vhci, POLLIN, 0 } };

		poll(pf, 2, wait > 0 ? (int)wait : 0);
		if (pf[1].revents & POLLIN)
			hci_read();
		if (pf[0].revents & POLLIN)
			on_orders(fifo);
	}
}
