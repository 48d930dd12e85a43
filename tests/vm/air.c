/* The packs on the air: they advertise, are connected, lose their links, and talk ATT. */
#include "radio.h"
#include "wire.h"

#include <string.h>

#define HANDLE_FIRST   0x40
#define CID_ATT	       4
#define CID_SIGNALLING 6
#define DEAF_MS	       300 /* six connection events, as the kernel is told of a lost link */

static void l2cap_send(const struct peer *p, unsigned cid, const uint8_t *data, size_t n)
{
	uint8_t b[4 + ATT_PDU_MAX];

	put16(b, (unsigned)n);
	put16(b + 2, cid);
	memcpy(b + 4, data, n);
	hci_send_acl(p->handle, b, n + 4);
}

struct peer *peer_by_handle(uint16_t handle)
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

static void advertise(const struct peer *p)
{
	static const uint8_t plain[] = { 0x02, 0x01, 0x06, 0x03, 0x02, 0xE0, 0xFF };
	const char *name = p->pack->id.name;
	uint8_t answer[31] = { (uint8_t)(strlen(name) + 1), 0x09 };

	hci_advertisement(&p->address, false, plain, sizeof(plain));
	if (!radio.active)
		return;
	memcpy(answer + 2, name, strlen(name));
	hci_advertisement(&p->address, true, answer, strlen(name) + 2);
}

void link_forget(struct peer *p)
{
	gatt_disconnect(&p->pack->gatt);
	p->handle = 0;
	p->reported = false;
	p->dies_ms = 0;
}

void link_down(struct peer *p, uint8_t reason)
{
	uint16_t handle = p->handle;

	if (!handle)
		return;
	say("pack %zu: link down, reason 0x%02x, %llu frames sent so far", p->number, reason,
	    (unsigned long long)p->frames);
	link_forget(p);
	hci_disconnected(handle, reason);
}

static void link_made(struct peer *p, int64_t now)
{
	p->handle = (uint16_t)(HANDLE_FIRST + p->number);
	p->n_rx = 0;
	p->mute = false;
	p->dies_ms = p->pack->refuse ? now + DEAF_MS : 0;
	p->pack->refuse -= p->pack->refuse > 0;
	att_connected(&p->att);
	gatt_connect(&p->pack->gatt, now);
	say("pack %zu: connected%s", p->number, p->dies_ms ? ", but deaf" : "");
	hci_connected(p, 0);
}

static void answer_connection(struct peer *p, int64_t now)
{
	if (!p->fail) {
		link_made(p, now);
		return;
	}
	p->fail--;
	say("pack %zu: not established", p->number);
	hci_connected(p, NOT_ESTABLISHED);
}

void link_show_services(struct peer *p, bool shown)
{
	uint8_t out[ATT_PDU_MAX];
	size_t n = att_show_services(&p->att, shown, out);

	if (n && p->handle)
		l2cap_send(p, CID_ATT, out, n);
}

static bool listed(const struct peer *p)
{
	for (size_t i = 0; i < radio.n_list; i++)
		if (same(&radio.list[i], &p->address))
			return true;
	return false;
}

void air_tick(int64_t now)
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
		advertise(p);
	}
}

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

void link_received(struct peer *p, bool begins, const uint8_t *d, size_t n)
{
	if (begins)
		p->n_rx = 0;
	if (p->n_rx + n > sizeof(p->rx))
		return;
	memcpy(p->rx + p->n_rx, d, n);
	p->n_rx += n;
	if (p->n_rx < 4 || p->n_rx < get16(p->rx) + 4u)
		return;
	p->n_rx = 0;
	on_l2cap(p, get16(p->rx + 2), p->rx + 4, get16(p->rx));
}

static const uint8_t frame_head[] = { 0x55, 0xAA, 0xEB, 0x90 };

static void on_notify(void *ud, const uint8_t *data, size_t len)
{
	struct peer *p = ud;
	uint8_t out[ATT_PDU_MAX];
	size_t n = p->mute ? 0 : att_notify(&p->att, data, len, out);

	if (n && memmem(data, len, frame_head, sizeof(frame_head)))
		p->frames++;
	if (n)
		l2cap_send(p, CID_ATT, out, n);
}

static void on_write(void *ud, const uint8_t *data, size_t len)
{
	struct peer *p = ud;

	if (len > 4)
		say("pack %zu: asked 0x%02x", p->number, data[4]);
	if (now_ms() >= p->paused_ms)
		gatt_write(&p->pack->gatt, now_ms(), data, len);
}

void air_add_packs(void)
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
