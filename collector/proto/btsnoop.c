#include "btsnoop.h"

#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EPOCH_US 0x00dcddb30f2f8000ull

enum { DATALINK_HCI = 1001, DATALINK_H4 = 1002, DATALINK_MONITOR = 2001 };
enum { H4_ACL = 2, H4_EVENT = 4 };
enum { MONITOR_EVENT = 3, MONITOR_ACL_TX = 4, MONITOR_ACL_RX = 5 };
enum { EVENT_DISCONNECT = 0x05, EVENT_LE_META = 0x3E };
enum { LE_CONNECTED = 0x01, LE_CONNECTED_2 = 0x0A, LE_CONNECTED_3 = 0x29 };
enum { L2CAP_ATT = 4 };
enum {
	ATT_WRITE = 0x12,
	ATT_NOTIFY = 0x1B,
	ATT_INDICATE = 0x1D,
	ATT_NOTIFY_MANY = 0x23,
	ATT_WRITE_COMMAND = 0x52
};

/* Little endian twins of what H4 is made of come from rd; here only its big endian frame. */
int btsnoop_open(struct btsnoop *b, const void *data, size_t n, struct err *e)
{
	struct rd r = rd_init(data, n);
	const uint8_t *magic = rd_take(&r, 8);
	uint32_t version = rd_be32(&r), datalink = rd_be32(&r);

	if (!magic || memcmp(magic, "btsnoop", 8) != 0)
		return err_set(e, -EPROTO, "no btsnoop file");
	if (r.bad || version != 1)
		return err_set(e, -EPROTO, "btsnoop version %u is not known", version);
	if (datalink != DATALINK_HCI && datalink != DATALINK_H4 && datalink != DATALINK_MONITOR)
		return err_set(e, -ENOTSUP, "btsnoop datalink %u is not known", datalink);
	memset(b, 0, sizeof(*b));
	b->r = r;
	b->datalink = datalink;
	return 0;
}

static struct btsnoop_link *link_find(struct btsnoop *b, uint16_t conn)
{
	for (size_t i = 0; i < BTSNOOP_LINKS_MAX; i++)
		if (b->links[i].used && b->links[i].conn == conn)
			return &b->links[i];
	return NULL;
}

/* Makes one; without a free place the oldest goes. */
static struct btsnoop_link *link_new(struct btsnoop *b, uint16_t conn)
{
	struct btsnoop_link *l = link_find(b, conn);

	for (size_t i = 0; !l && i < BTSNOOP_LINKS_MAX; i++)
		if (!b->links[i].used)
			l = &b->links[i];
	if (!l) {
		l = &b->links[0];
		for (size_t i = 1; i < BTSNOOP_LINKS_MAX; i++)
			if (b->links[i].id < l->id)
				l = &b->links[i];
	}
	l->used = true;
	l->conn = conn;
	l->id = ++b->links_made;
	l->address[0] = '\0';
	l->pdu[0].want = l->pdu[1].want = 0;
	return l;
}

static void on_event(struct btsnoop *b, struct rd *r)
{
	uint8_t code = rd_u8(r);
	struct btsnoop_link *l;
	const uint8_t *a;
	uint8_t sub;
	uint16_t conn;

	rd_u8(r); /* length: the record's own counts */
	if (code == EVENT_DISCONNECT) {
		uint8_t status = rd_u8(r);

		conn = rd_le16(r) & 0xFFF;
		l = r->bad || status ? NULL : link_find(b, conn);
		if (l)
			l->used = false;
		return;
	}
	if (code != EVENT_LE_META)
		return;
	sub = rd_u8(r);
	if (sub != LE_CONNECTED && sub != LE_CONNECTED_2 && sub != LE_CONNECTED_3)
		return;
	if (rd_u8(r) != 0) /* status */
		return;
	conn = rd_le16(r) & 0xFFF;
	rd_take(r, 2); /* role, address type */
	a = rd_take(r, 6);
	if (!a)
		return;
	l = link_new(b, conn);
	snprintf(l->address, sizeof(l->address), "%02X:%02X:%02X:%02X:%02X:%02X", a[5], a[4], a[3],
		 a[2], a[1], a[0]);
}

static bool take_many(struct btsnoop *b, struct btsnoop_value *ret)
{
	uint16_t handle = rd_le16(&b->many), len = rd_le16(&b->many);
	const uint8_t *p = b->many.bad ? NULL : rd_take(&b->many, len);

	if (!p) {
		b->many = rd_init(NULL, 0);
		return false;
	}
	*ret = b->at;
	ret->handle = handle;
	ret->data = p;
	ret->len = len;
	return true;
}

static bool on_att(struct btsnoop *b, struct rd *r, enum btsnoop_dir dir, struct btsnoop_value *ret)
{
	uint8_t op = rd_u8(r);
	bool in = op == ATT_NOTIFY || op == ATT_INDICATE;
	bool out = op == ATT_WRITE || op == ATT_WRITE_COMMAND;

	if (r->bad)
		return false;
	b->at.dir = dir;
	if (op == ATT_NOTIFY_MANY && dir == BTSNOOP_IN) {
		b->many = *r;
		return take_many(b, ret);
	}
	if (!(in && dir == BTSNOOP_IN) && !(out && dir == BTSNOOP_OUT))
		return false;
	b->at.handle = rd_le16(r);
	if (r->bad)
		return false;
	b->at.len = rd_left(r);
	b->at.data = rd_take(r, b->at.len);
	*ret = b->at;
	return true;
}

/* -> true when ret was filled */
static bool on_acl(struct btsnoop *b, struct rd *r, enum btsnoop_dir dir, struct btsnoop_value *ret)
{
	uint16_t head = rd_le16(r), len = rd_le16(r);
	unsigned boundary = head >> 12 & 3;
	struct btsnoop_link *l;
	struct rd pdu;
	size_t n, room;
	uint16_t cid;

	if (r->bad)
		return false;
	l = link_find(b, head & 0xFFF);
	if (!l)
		l = link_new(b, head & 0xFFF);
	n = rd_left(r) < len ? rd_left(r) : len;
	if (boundary == 1) { /* goes on */
		if (!l->pdu[dir].want)
			return false;
	} else {
		struct rd look = *r;

		l->pdu[dir].len = 0;
		l->pdu[dir].want = (size_t)rd_le16(&look) + 4;
		if (look.bad || l->pdu[dir].want > BTSNOOP_PDU_MAX)
			l->pdu[dir].want = 0;
		if (!l->pdu[dir].want)
			return false;
	}
	room = l->pdu[dir].want - l->pdu[dir].len;
	n = n < room ? n : room;
	if (n)
		memcpy(l->pdu[dir].buf + l->pdu[dir].len, rd_take(r, n), n);
	l->pdu[dir].len += n;
	if (l->pdu[dir].len < l->pdu[dir].want)
		return false;
	pdu = rd_init(l->pdu[dir].buf, l->pdu[dir].want);
	l->pdu[dir].want = 0;
	rd_le16(&pdu);
	cid = rd_le16(&pdu);
	if (cid != L2CAP_ATT)
		return false;
	b->at.link = l->id;
	memcpy(b->at.address, l->address, sizeof(b->at.address));
	return on_att(b, &pdu, dir, ret);
}

static bool on_record(struct btsnoop *b, struct rd *r, uint32_t flags, struct btsnoop_value *ret)
{
	enum btsnoop_dir dir = flags & 1 ? BTSNOOP_IN : BTSNOOP_OUT;
	bool event = false, acl = false;
	uint8_t type;

	switch (b->datalink) {
	case DATALINK_H4:
		type = rd_u8(r);
		event = type == H4_EVENT;
		acl = type == H4_ACL;
		break;
	case DATALINK_HCI:
		event = (flags & 3) == 3;
		acl = !(flags & 2);
		break;
	default: /* monitor */
		event = (flags & 0xFFFF) == MONITOR_EVENT;
		acl = (flags & 0xFFFF) == MONITOR_ACL_TX || (flags & 0xFFFF) == MONITOR_ACL_RX;
		dir = (flags & 0xFFFF) == MONITOR_ACL_RX ? BTSNOOP_IN : BTSNOOP_OUT;
		break;
	}
	if (event)
		on_event(b, r);
	return acl && on_acl(b, r, dir, ret);
}

int btsnoop_next(struct btsnoop *b, struct btsnoop_value *ret)
{
	while (b->many.len)
		if (take_many(b, ret))
			return 1;
	while (rd_left(&b->r)) {
		uint32_t orig = rd_be32(&b->r), incl = rd_be32(&b->r), flags = rd_be32(&b->r);
		uint64_t us;
		const uint8_t *p;
		struct rd r;

		rd_be32(&b->r); /* drops */
		us = rd_be64(&b->r);
		if (!b->r.bad && incl > rd_left(&b->r))
			b->r.bad = true;
		p = b->r.bad ? NULL : rd_take(&b->r, incl);
		if (!p) {
			b->cut = true;
			return 0;
		}
		b->records++;
		b->cut_records += incl < orig;
		b->at.t_ms = us >= EPOCH_US && us - EPOCH_US < INT64_MAX / 2
				     ? (int64_t)((us - EPOCH_US) / 1000)
				     : 0;
		r = rd_init(p, incl);
		if (on_record(b, &r, flags, ret))
			return 1;
	}
	return 0;
}
