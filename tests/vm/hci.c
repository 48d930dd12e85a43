/*
 * The adapter's controller: HCI by /dev/vhci. Only what kernel 6.12 asks of an LE-only 5.0
 * controller; the rest is refused.
 */
#include "radio.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define ACL_MAX		251
#define ACL_PACKETS	8
#define NOT_ALLOWED	0x0C
#define UNKNOWN_COMMAND 0x01
#define RSSI		(-60)

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

void hci_send_acl(uint16_t handle, const uint8_t *data, size_t n)
{
	uint8_t head[4];

	for (size_t at = 0; at < n; at += ACL_MAX) {
		size_t k = n - at < ACL_MAX ? n - at : ACL_MAX;

		put16(head, handle | (at ? 0x1000u : 0x2000u)); /* goes on, or begins */
		put16(head + 2, (unsigned)k);
		send_packet(H4_ACL, head, sizeof(head), data + at, k);
	}
}

void hci_advertisement(const struct peer_address *from, bool answer, const uint8_t *data, size_t n)
{
	uint8_t b[48] = { 1, answer ? 4 : 0 };

	memcpy(b + 2, from->b, sizeof(from->b));
	b[9] = (uint8_t)n;
	memcpy(b + 10, data, n);
	b[10 + n] = (uint8_t)RSSI;
	le_event(LE_ADVERTISEMENT, b, 10 + n + 1);
}

void hci_connected(const struct peer *p, uint8_t status)
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

void hci_disconnected(uint16_t handle, uint8_t reason)
{
	uint8_t b[4] = { 0 };

	put16(b + 1, handle);
	b[3] = reason;
	event(EV_DISCONNECTED, b, sizeof(b));
}

/* ---- from the kernel ---- */

static void on_acl(const uint8_t *d, size_t n)
{
	uint8_t done[5] = { 1 };
	struct peer *p;

	if (n < 4 || n - 4 < get16(d + 2))
		return;
	p = peer_by_handle(get16(d) & 0x0FFF);
	if (!p)
		return;
	put16(done + 1, p->handle);
	put16(done + 3, 1);
	event(EV_PACKETS_DONE, done, sizeof(done));
	link_received(p, (get16(d) >> 12 & 3) != 1, d + 4, get16(d + 2));
}

static bool same(const struct peer_address *a, const uint8_t *b)
{
	return memcmp(a->b, b, sizeof(a->b)) == 0;
}

static void list_change(const uint8_t *address, bool in)
{
	if (in && radio.n_list < LIST_MAX)
		memcpy(radio.list[radio.n_list++].b, address, sizeof(radio.list[0].b));
	for (size_t i = 0; !in && i < radio.n_list; i++)
		if (same(&radio.list[i], address))
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
			hci_connected(NULL, NO_CONNECTION);
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

void hci_read(void)
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

bool plug(void)
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

void unplug(void)
{
	if (radio.vhci < 0)
		return;
	close(radio.vhci);
	radio.vhci = -1;
	controller_reset();
	say("unplugged");
}
