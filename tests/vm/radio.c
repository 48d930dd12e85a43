/*
 * radio: the house's packs as seen by a real kernel. It opens /dev/vhci, so that the kernel gets
 * an LE adapter, and plays both that adapter's controller and the packs on the air around it:
 *
 *     bluetoothd ── kernel ── /dev/vhci ── controller (here) ── link per pack ── att.c ── house
 *
 *     radio FIFO "key=value ..."     model options as of the house
 *
 * Every third pack has a random address, the others public ones. Lines into the FIFO, packs
 * numbered from 1:
 *
 *     drop PACK              the link falls by supervision timeout
 *     absent PACK on|off     neither advertises nor answers
 *     silent PACK SECONDS    stays connected and says nothing
 *     refuse PACK COUNT      the next links die before the pack says a word
 *     fail PACK COUNT        the next links are reported as not established
 *     far PACK on|off        advertises and does not answer
 *     unplug | plug          the adapter
 *
 * Only what kernel 6.12 asks of an LE-only 5.0 controller; the rest is refused.
 */
#include "../house/house.h"
#include "att.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS		    50 /* advertising interval, and how soon a pack answers a connection */
#define MODEL_MS	    250
#define HANDLE_FIRST	    0x40
#define ACL_MAX		    251
#define ACL_PACKETS	    8
#define L2CAP_MAX	    700
#define CID_ATT		    4
#define CID_SIGNALLING	    6
#define SUPERVISION_TIMEOUT 0x08
#define LOCAL_HOST	    0x16
#define NOT_ESTABLISHED	    0x3E
#define NO_CONNECTION	    0x02
#define NOT_ALLOWED	    0x0C
#define UNKNOWN_COMMAND	    0x01
#define DEAF_MS		    300 /* six connection events, as the kernel is told of a lost link */
#define RSSI		    (-60)

enum h4 { H4_COMMAND = 1, H4_ACL = 2, H4_EVENT = 4, H4_VENDOR = 0xFF };

enum hci_event {
	EV_DISCONNECTED = 0x05,
	EV_REMOTE_VERSION = 0x0C,
	EV_COMPLETE = 0x0E,
	EV_STATUS = 0x0F,
	EV_PACKETS_DONE = 0x13,
	EV_LE = 0x3E,
	LE_CONNECTED = 1,
	LE_ADVERTISEMENT = 2,
	LE_UPDATED = 3,
	LE_FEATURES = 4,
};

enum hci_command {
	DISCONNECT = 0x0406,
	READ_REMOTE_VERSION = 0x041D,
	SET_EVENT_MASK = 0x0C01,
	RESET = 0x0C03,
	WRITE_NAME = 0x0C13,
	SET_EVENT_MASK_2 = 0x0C63,
	READ_VERSION = 0x1001,
	READ_COMMANDS = 0x1002,
	READ_FEATURES = 0x1003,
	READ_BUFFERS = 0x1005,
	READ_ADDRESS = 0x1009,
	LE_SET_EVENT_MASK = 0x2001,
	LE_READ_BUFFERS = 0x2002,
	LE_READ_FEATURES = 0x2003,
	LE_SET_ADDRESS = 0x2005,
	LE_ADV_PARAMS = 0x2006,
	LE_ADV_POWER = 0x2007,
	LE_ADV_DATA = 0x2008,
	LE_ADV_ANSWER = 0x2009,
	LE_ADV_ENABLE = 0x200A,
	LE_SCAN_PARAMS = 0x200B,
	LE_SCAN_ENABLE = 0x200C,
	LE_CONNECT = 0x200D,
	LE_CONNECT_CANCEL = 0x200E,
	LE_LIST_SIZE = 0x200F,
	LE_LIST_CLEAR = 0x2010,
	LE_LIST_ADD = 0x2011,
	LE_LIST_REMOVE = 0x2012,
	LE_UPDATE = 0x2013,
	LE_CHANNELS = 0x2014,
	LE_REMOTE_FEATURES = 0x2016,
	LE_RANDOM = 0x2018,
	LE_STATES = 0x201C,
};

/* type of address, then the address with its low byte first: as HCI has it in many places */
struct peer_address {
	uint8_t b[7];
};

struct peer {
	struct house_pack *pack;
	size_t number; /* from 1 */
	struct peer_address address;
	struct att att;
	uint16_t handle; /* 0: not connected */
	bool reported;	 /* since the scan began, when duplicates are filtered */
	int64_t dies_ms; /* 0: it doesn't; a link that is deaf from its start */
	unsigned fail;	 /* so many connections fail to be established */
	bool far;
	size_t n_rx;
	uint8_t rx[L2CAP_MAX];
};

#define LIST_MAX 16

static struct radio {
	int vhci; /* -1: unplugged */
	struct house house;
	struct peer peer[MODEL_PACKS_MAX];
	size_t n_peers;
	bool scanning, active, filtered, no_duplicates;
	bool connecting;
	struct peer_address wanted;
	struct peer_address list[LIST_MAX];
	size_t n_list;
} radio = { .vhci = -1 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

__attribute__((format(printf, 1, 2))) static void say(const char *f, ...)
{
	int64_t t = now_ms();
	va_list ap;

	printf("%lld.%03d ", (long long)(t / 1000), (int)(t % 1000));
	va_start(ap, f);
	vprintf(f, ap);
	va_end(ap);
	putchar('\n');
}

static void put16(uint8_t *b, unsigned v)
{
	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static uint16_t get16(const uint8_t *b)
{
	return (uint16_t)(b[0] | b[1] << 8);
}

/* ---- to the kernel ---- */

static void send_packet(enum h4 type, const uint8_t *head, size_t n_head, const uint8_t *data,
			size_t n)
{
	uint8_t t = (uint8_t)type;
	struct iovec v[3] = { { &t, 1 },
			      { (void *)(uintptr_t)head, n_head },
			      { (void *)(uintptr_t)data, n } };

	if (radio.vhci >= 0 && writev(radio.vhci, v, 3) < 0)
		say("the kernel refuses a packet: %s", strerror(errno));
}

static void event(enum hci_event code, const uint8_t *data, size_t n)
{
	uint8_t head[2] = { (uint8_t)code, (uint8_t)n };

	send_packet(H4_EVENT, head, sizeof(head), data, n);
}

static void le_event(enum hci_event code, const uint8_t *data, size_t n)
{
	uint8_t b[255] = { (uint8_t)code };

	memcpy(b + 1, data, n);
	event(EV_LE, b, n + 1);
}

/* data: a status byte and what the command returns */
static void complete(unsigned op, const uint8_t *data, size_t n)
{
	uint8_t b[80] = { 1 };

	put16(b + 1, op);
	memcpy(b + 3, data, n);
	event(EV_COMPLETE, b, n + 3);
}

static void started(unsigned op, uint8_t status)
{
	uint8_t b[4] = { status, 1 };

	put16(b + 2, op);
	event(EV_STATUS, b, sizeof(b));
}

static void l2cap_send(const struct peer *p, unsigned cid, const uint8_t *data, size_t n)
{
	uint8_t b[4 + ATT_PDU_MAX], head[4];

	put16(b, (unsigned)n);
	put16(b + 2, cid);
	memcpy(b + 4, data, n);
	n += 4;
	for (size_t at = 0; at < n; at += ACL_MAX) {
		size_t k = n - at < ACL_MAX ? n - at : ACL_MAX;

		put16(head, p->handle | (at ? 0x1000u : 0x2000u)); /* goes on, or begins */
		put16(head + 2, (unsigned)k);
		send_packet(H4_ACL, head, sizeof(head), b + at, k);
	}
}

/* ---- the air ---- */

static struct peer *peer_by_handle(uint16_t handle)
{
	for (size_t i = 0; handle && i < radio.n_peers; i++)
		if (radio.peer[i].handle == handle)
			return &radio.peer[i];
	return NULL;
}

static bool same(const struct peer_address *a, const struct peer_address *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static void advertise(const struct peer *p, bool answer)
{
	static const uint8_t plain[] = { 0x02, 0x01, 0x06, 0x03, 0x02, 0xE0, 0xFF };
	uint8_t b[48] = { 1, answer ? 4 : 0 }, *d = b + 10;
	size_t n = sizeof(plain), name = strlen(p->pack->id.name);

	memcpy(b + 2, p->address.b, sizeof(p->address.b));
	memcpy(d, plain, sizeof(plain));
	if (answer) {
		d[0] = (uint8_t)(name + 1);
		d[1] = 0x09;
		memcpy(d + 2, p->pack->id.name, name);
		n = name + 2;
	}
	b[9] = (uint8_t)n;
	d[n] = (uint8_t)RSSI;
	le_event(LE_ADVERTISEMENT, b, 10 + n + 1);
}

static void connection_made(const struct peer *p, uint8_t status)
{
	uint8_t b[18] = { status };

	if (p) {
		put16(b + 1, p->handle);
		memcpy(b + 4, p->address.b, sizeof(p->address.b));
	}
	put16(b + 11, 24);
	put16(b + 15, 42);
	radio.connecting = false;
	le_event(LE_CONNECTED, b, sizeof(b));
}

static void link_forget(struct peer *p)
{
	gatt_disconnect(&p->pack->gatt);
	p->handle = 0;
	p->reported = false;
	p->dies_ms = 0;
}

static void link_down(struct peer *p, uint8_t reason)
{
	uint8_t b[4] = { 0 };

	if (!p->handle)
		return;
	say("pack %zu: link down, reason 0x%02x, %llu frames sent so far", p->number, reason,
	    (unsigned long long)p->pack->gatt.frames_sent);
	put16(b + 1, p->handle);
	b[3] = reason;
	link_forget(p);
	event(EV_DISCONNECTED, b, sizeof(b));
}

static void link_made(struct peer *p, int64_t now)
{
	p->handle = (uint16_t)(HANDLE_FIRST + p->number);
	p->n_rx = 0;
	p->dies_ms = p->pack->refuse ? now + DEAF_MS : 0;
	p->pack->refuse -= p->pack->refuse > 0;
	att_connected(&p->att);
	gatt_connect(&p->pack->gatt, now);
	say("pack %zu: connected%s", p->number, p->dies_ms ? ", but deaf" : "");
	connection_made(p, 0);
}

static void answer_connection(struct peer *p, int64_t now)
{
	if (!p->fail) {
		link_made(p, now);
		return;
	}
	p->fail--;
	say("pack %zu: not established", p->number);
	connection_made(p, NOT_ESTABLISHED);
}

static bool listed(const struct peer *p)
{
	for (size_t i = 0; i < radio.n_list; i++)
		if (same(&radio.list[i], &p->address))
			return true;
	return false;
}

static void air_tick(int64_t now)
{
	for (size_t i = 0; i < radio.n_peers; i++) {
		struct peer *p = &radio.peer[i];

		if (p->handle && p->dies_ms && now >= p->dies_ms)
			link_down(p, NOT_ESTABLISHED);
		if (p->handle || !house_advertises(p->pack, now))
			continue;
		if (radio.connecting && !p->far && same(&radio.wanted, &p->address)) {
			answer_connection(p, now);
			continue;
		}
		if (!radio.scanning || (radio.filtered && !listed(p)) ||
		    (radio.no_duplicates && p->reported))
			continue;
		p->reported = true;
		advertise(p, false);
		if (radio.active)
			advertise(p, true);
	}
}

/* ---- from the kernel ---- */

static void on_l2cap(struct peer *p, unsigned cid, const uint8_t *d, size_t n)
{
	uint8_t out[ATT_PDU_MAX];
	uint16_t mtu = p->att.mtu;
	size_t len;

	if (p->dies_ms)
		return;
	if (cid == CID_ATT) {
		len = att_request(&p->att, d, n, out);
		if (p->att.mtu != mtu)
			say("pack %zu: MTU %u", p->number, p->att.mtu);
		if (len)
			l2cap_send(p, CID_ATT, out, len);
	} else if (cid == CID_SIGNALLING && n) {
		say("pack %zu: signalling 0x%02x is not answered", p->number, d[0]);
	}
}

static void on_acl(const uint8_t *d, size_t n)
{
	uint8_t done[5] = { 1 };
	struct peer *p;
	size_t k;

	if (n < 4 || n - 4 < get16(d + 2))
		return;
	k = get16(d + 2);
	p = peer_by_handle(get16(d) & 0x0FFF);
	if (!p)
		return;
	put16(done + 1, p->handle);
	put16(done + 3, 1);
	event(EV_PACKETS_DONE, done, sizeof(done));
	if ((get16(d) >> 12 & 3) != 1)
		p->n_rx = 0;
	if (p->n_rx + k > sizeof(p->rx))
		return;
	memcpy(p->rx + p->n_rx, d + 4, k);
	p->n_rx += k;
	if (p->n_rx < 4 || p->n_rx < get16(p->rx) + 4u)
		return;
	p->n_rx = 0;
	on_l2cap(p, get16(p->rx + 2), p->rx + 4, get16(p->rx));
}

static void list_change(const uint8_t *address, bool in)
{
	struct peer_address a;

	memcpy(a.b, address, sizeof(a.b));
	if (in && radio.n_list < LIST_MAX)
		radio.list[radio.n_list++] = a;
	for (size_t i = 0; !in && i < radio.n_list; i++)
		if (same(&radio.list[i], &a))
			radio.list[i--] = radio.list[--radio.n_list];
}

static void controller_reset(void)
{
	radio.scanning = radio.connecting = false;
	radio.n_list = 0;
	for (size_t i = 0; i < radio.n_peers; i++)
		link_forget(&radio.peer[i]);
}

static void on_create_connection(const uint8_t *q)
{
	started(LE_CONNECT, radio.connecting ? NOT_ALLOWED : 0);
	if (radio.connecting)
		return;
	radio.connecting = true;
	memcpy(radio.wanted.b, q + 5, sizeof(radio.wanted.b));
}

/* Commands about a link: its handle is the first that they carry. */
static void on_link_command(unsigned op, const uint8_t *q)
{
	struct peer *p = peer_by_handle(get16(q) & 0x0FFF);
	uint8_t b[11] = { 0 };

	started(op, p ? 0 : NO_CONNECTION);
	if (!p)
		return;
	memcpy(b + 1, q, 2);
	switch (op) {
	case DISCONNECT:
		link_down(p, LOCAL_HOST);
		break;
	case READ_REMOTE_VERSION:
		b[3] = 9;
		put16(b + 4, 0x05F1);
		event(EV_REMOTE_VERSION, b, 8);
		break;
	case LE_UPDATE:
		memcpy(b + 3, q + 4, 6);
		le_event(LE_UPDATED, b, 9);
		break;
	default: /* no features */
		le_event(LE_FEATURES, b, 11);
		break;
	}
}

static void on_question(unsigned op)
{
	/* octet and bits of those commands below that must be announced */
	static const uint8_t commands[][2] = { { 0, 0x20 },  { 2, 0x80 },  { 5, 0xC0 },
					       { 14, 0x28 }, { 15, 0x02 }, { 25, 0xF7 },
					       { 26, 0xFF }, { 27, 0xFF }, { 28, 0x09 } };
	static const uint8_t own[6] = { 0x01, 0x00, 0x00, 0xE5, 0x02, 0x00 };
	uint8_t b[65] = { 0 };
	size_t n = 1;

	switch (op) {
	case READ_VERSION: /* 5.0, of nobody */
		b[1] = b[4] = 9;
		put16(b + 5, 0x05F1);
		n = 9;
		break;
	case READ_COMMANDS:
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			b[1 + commands[i][0]] = commands[i][1];
		n = 65;
		break;
	case READ_FEATURES:
		b[5] = 0x60; /* LE, and nothing else */
		n = 9;
		break;
	case READ_BUFFERS:
		put16(b + 1, ACL_MAX);
		put16(b + 4, ACL_PACKETS);
		n = 8;
		break;
	case READ_ADDRESS:
		memcpy(b + 1, own, sizeof(own));
		n = 7;
		break;
	case LE_READ_BUFFERS:
		put16(b + 1, ACL_MAX);
		b[3] = ACL_PACKETS;
		n = 4;
		break;
	case LE_LIST_SIZE:
		b[1] = LIST_MAX;
		n = 2;
		break;
	case LE_ADV_POWER:
		n = 2;
		break;
	case LE_RANDOM:
		put16(b + 1, (unsigned)now_ms());
		n = 9;
		break;
	case LE_STATES:
		memset(b + 1, 0xFF, 5);
		n = 9;
		break;
	default: /* LE_READ_FEATURES: none */
		n = 9;
		break;
	}
	complete(op, b, n);
}

static void on_command(const uint8_t *d)
{
	unsigned op = get16(d);
	const uint8_t *q = d + 3;
	uint8_t st = 0;

	switch (op) {
	case READ_VERSION:
	case READ_COMMANDS:
	case READ_FEATURES:
	case READ_BUFFERS:
	case READ_ADDRESS:
	case LE_READ_BUFFERS:
	case LE_READ_FEATURES:
	case LE_ADV_POWER:
	case LE_LIST_SIZE:
	case LE_RANDOM:
	case LE_STATES:
		on_question(op);
		return;
	case DISCONNECT:
	case READ_REMOTE_VERSION:
	case LE_UPDATE:
	case LE_REMOTE_FEATURES:
		on_link_command(op, q);
		return;
	case LE_CONNECT:
		on_create_connection(q);
		return;
	case LE_CONNECT_CANCEL:
		st = radio.connecting ? 0 : NOT_ALLOWED;
		complete(op, &st, 1);
		if (radio.connecting)
			connection_made(NULL, NO_CONNECTION);
		return;
	case RESET:
		controller_reset();
		break;
	case LE_LIST_CLEAR:
		radio.n_list = 0;
		break;
	case LE_LIST_ADD:
	case LE_LIST_REMOVE:
		list_change(q, op == LE_LIST_ADD);
		break;
	case LE_SCAN_PARAMS:
		radio.active = q[0];
		radio.filtered = q[6] & 1;
		break;
	case LE_SCAN_ENABLE:
		radio.scanning = q[0];
		radio.no_duplicates = q[1];
		for (size_t i = 0; i < radio.n_peers; i++)
			radio.peer[i].reported = false;
		break;
	case SET_EVENT_MASK:
	case SET_EVENT_MASK_2:
	case WRITE_NAME:
	case LE_SET_EVENT_MASK:
	case LE_SET_ADDRESS:
	case LE_ADV_PARAMS:
	case LE_ADV_DATA:
	case LE_ADV_ANSWER:
	case LE_ADV_ENABLE:
	case LE_CHANNELS:
		break;
	default:
		say("command 0x%04x is unknown", op);
		st = UNKNOWN_COMMAND;
		break;
	}
	complete(op, &st, 1);
}

static void on_packet(void)
{
	uint8_t b[2048];
	ssize_t n = read(radio.vhci, b, sizeof(b));

	if (n < 4)
		return;
	if (b[0] == H4_COMMAND)
		on_command(b + 1);
	else if (b[0] == H4_ACL)
		on_acl(b + 1, (size_t)n - 1);
	else if (b[0] == H4_VENDOR)
		say("plugged in as hci%u", get16(b + 2));
}

/* ---- the adapter, the packs, the orders ---- */

static bool plug(void)
{
	static const uint8_t create[] = { H4_VENDOR, 0 };

	if (radio.vhci >= 0)
		return true;
	radio.vhci = open("/dev/vhci", O_RDWR | O_CLOEXEC);
	if (radio.vhci < 0 || write(radio.vhci, create, sizeof(create)) != sizeof(create)) {
		fprintf(stderr, "radio: /dev/vhci: %s\n", strerror(errno));
		return false;
	}
	return true;
}

static void unplug(void)
{
	if (radio.vhci < 0)
		return;
	close(radio.vhci);
	radio.vhci = -1;
	controller_reset();
	say("unplugged");
}

static void on_notify(void *ud, const uint8_t *data, size_t len)
{
	struct peer *p = ud;
	uint8_t out[ATT_PDU_MAX];
	size_t n = att_notify(&p->att, data, len, out);

	if (n)
		l2cap_send(p, CID_ATT, out, n);
}

static void on_write(void *ud, const uint8_t *data, size_t len)
{
	struct peer *p = ud;

	if (len > 4)
		say("pack %zu: asked 0x%02x", p->number, data[4]);
	gatt_write(&p->pack->gatt, now_ms(), data, len);
}

static void add_peers(void)
{
	for (size_t k = 0; k < radio.house.options.packs; k++) {
		struct peer *p = &radio.peer[radio.n_peers++];

		p->pack = &radio.house.pack[k];
		p->number = k + 1;
		p->address.b[0] = k % 3 == 2; /* random */
		for (size_t i = 0; i < 6; i++)
			p->address.b[6 - i] = p->pack->id.address[i];
		att_init(&p->att, gattdb_find(p->pack->id.product->layout), p->pack->id.name,
			 p->pack->mtu);
		p->att.on_write = on_write;
		p->att.ud = p->pack->gatt.ud = p;
		p->pack->gatt.on_notify = on_notify;
		say("pack %zu: %s, layout %c, MTU %u", p->number, p->pack->id.name,
		    p->pack->id.product->layout, p->pack->mtu);
	}
}

static void obey(const char *line)
{
	char verb[16], arg[16] = "";
	unsigned number = 0;
	struct peer *p;

	if (sscanf(line, "%15s %u %15s", verb, &number, arg) < 1)
		return;
	say("told: %s", line);
	if (strcmp(verb, "plug") == 0)
		plug();
	if (strcmp(verb, "unplug") == 0)
		unplug();
	if (number < 1 || number > radio.n_peers)
		return;
	p = &radio.peer[number - 1];
	if (strcmp(verb, "drop") == 0)
		link_down(p, SUPERVISION_TIMEOUT);
	else if (strcmp(verb, "absent") == 0)
		p->pack->absent = strcmp(arg, "on") == 0;
	else if (strcmp(verb, "silent") == 0)
		p->pack->gatt.silent_until_ms = now_ms() + 1000 * strtol(arg, NULL, 10);
	else if (strcmp(verb, "refuse") == 0)
		p->pack->refuse = (unsigned)strtoul(arg, NULL, 10);
	else if (strcmp(verb, "fail") == 0)
		p->fail = (unsigned)strtoul(arg, NULL, 10);
	else if (strcmp(verb, "far") == 0)
		p->far = strcmp(arg, "on") == 0;
	if (p->pack->absent)
		link_down(p, SUPERVISION_TIMEOUT);
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
	house_init(&radio.house, &options, now_ms());
	add_peers();
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
			on_packet();
		if (pf[0].revents & POLLIN)
			on_orders(fifo);
	}
}
