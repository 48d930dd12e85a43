/*
 * See att.h. Only what a central needs to discover, read, write and subscribe; whatever else it
 * asks is answered "not supported", as the modules do.
 */
#include "att.h"
#include "wire.h"

#include <assert.h>
#include <string.h>

#define MTU_LEAST 23

enum opcode {
	ERROR = 0x01,
	MTU_REQ = 0x02,
	FIND_INFO_REQ = 0x04,
	FIND_VALUE_REQ = 0x06,
	READ_TYPE_REQ = 0x08,
	READ_REQ = 0x0A,
	READ_BLOB_REQ = 0x0C,
	READ_GROUP_REQ = 0x10,
	WRITE_REQ = 0x12,
	NOTIFICATION = 0x1B,
	INDICATION = 0x1D,
	CONFIRMATION = 0x1E,
	WRITE_CMD = 0x52,
};
#define IS_COMMAND 0x40

enum att_error {
	BAD_HANDLE = 0x01,
	NO_WRITE = 0x03,
	BAD_PDU = 0x04,
	NOT_SUPPORTED = 0x06,
	BAD_OFFSET = 0x07,
	NOT_FOUND = 0x0A,
};

enum uuid {
	SERVICE = 0x2800,
	CHARACTERISTIC = 0x2803,
	CCC = 0x2902,
	GAP = 0x1800,
	GATT = 0x1801,
	DEVICE_NAME = 0x2A00,
	SERVICE_CHANGED = 0x2A05,
};
#define INDICATE     0x20
#define CHANGED	     6 /* handles of Service Changed and its descriptor */
#define CHANGED_CCC  7
#define CCC_INDICATE 2

/* ---- the table ---- */

static struct att_attr *add(struct att *a, unsigned handle, uint16_t type, const void *value,
			    size_t len)
{
	struct att_attr *x = &a->attr[a->n++];

	assert(a->n <= ATT_ATTRS_MAX && len <= ATT_VALUE_MAX);
	*x = (struct att_attr){ .handle = (uint16_t)handle, .type = type, .len = (uint8_t)len };
	memcpy(x->value, value, len);
	return x;
}

static void add_service(struct att *a, unsigned handle, uint16_t uuid)
{
	uint8_t v[2];

	put16(v, uuid);
	add(a, handle, SERVICE, v, sizeof(v));
}

static void add_chr(struct att *a, const struct gattdb_chr *c, const void *value, size_t len)
{
	uint8_t v[5] = { c->props };

	put16(v + 1, c->value_handle);
	put16(v + 3, c->uuid);
	add(a, c->value_handle - 1u, CHARACTERISTIC, v, sizeof(v));
	add(a, c->value_handle, c->uuid, value, len);
	if (c->ccc_handle)
		add(a, c->ccc_handle, CCC, "\0", 2);
}

/* A service ends where its last attribute does. */
static void close_services(struct att *a)
{
	uint16_t last = 0;

	for (size_t i = a->n; i-- > 0;) {
		if (!last)
			last = a->attr[i].handle;
		if (a->attr[i].type != SERVICE)
			continue;
		a->attr[i].end = last;
		last = 0;
	}
}

void att_init(struct att *a, const struct gattdb_layout *layout, const char *name, uint16_t mtu)
{
	static const struct gattdb_chr device_name = { DEVICE_NAME, 3, 0, GATTDB_READ };
	static const struct gattdb_chr changed = { SERVICE_CHANGED, CHANGED, CHANGED_CCC,
						   INDICATE };

	*a = (struct att){ .most_mtu = mtu,
			   .mtu = MTU_LEAST,
			   .write_handle = layout->write_handle,
			   .notify_handle = layout->notify_handle };
	if (layout->service[0].handle > CHANGED_CCC) { /* layout C has no room for these */
		add_service(a, 1, GAP);
		add_chr(a, &device_name, name, strlen(name));
		add_service(a, 4, GATT);
		add_chr(a, &changed, "", 0);
	}
	a->n_generic = a->n;
	for (size_t s = 0; s < layout->n_services; s++) {
		const struct gattdb_service *sv = &layout->service[s];

		add_service(a, sv->handle, sv->uuid);
		for (size_t c = 0; c < sv->n_chrs; c++)
			add_chr(a, &sv->chr[c], "\0", 1);
	}
	close_services(a);
	a->n_all = a->n;
}

void att_unsubscribe(struct att *a)
{
	for (size_t i = 0; i < a->n_all; i++)
		if (a->attr[i].type == CCC)
			memset(a->attr[i].value, 0, 2);
}

void att_connected(struct att *a)
{
	a->mtu = MTU_LEAST;
	att_unsubscribe(a);
}

static struct att_attr *at(struct att *a, uint16_t handle)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->attr[i].handle == handle)
			return &a->attr[i];
	return NULL;
}

size_t att_show_services(struct att *a, bool shown, uint8_t out[static ATT_PDU_MAX])
{
	const struct att_attr *ccc = at(a, CHANGED_CCC);

	a->n = shown ? a->n_all : a->n_generic;
	if (!a->n_generic || !(ccc->value[0] & CCC_INDICATE))
		return 0;
	out[0] = INDICATION;
	put16(out + 1, CHANGED);
	put16(out + 3, a->attr[a->n_generic].handle);
	put16(out + 5, a->attr[a->n_all - 1].handle);
	return 7;
}

/* ---- requests ---- */

static size_t refuse(uint8_t *out, uint8_t opcode, uint16_t handle, enum att_error e)
{
	out[0] = ERROR;
	out[1] = opcode;
	put16(out + 2, handle);
	out[4] = (uint8_t)e;
	return 5;
}

static size_t smaller(size_t x, size_t y)
{
	return x < y ? x : y;
}

static size_t on_mtu(struct att *a, const uint8_t *req, uint8_t *out)
{
	uint16_t asked = get16(req + 1);

	a->mtu = asked < a->most_mtu ? asked : a->most_mtu;
	if (a->mtu < MTU_LEAST)
		a->mtu = MTU_LEAST;
	out[0] = MTU_REQ + 1;
	put16(out + 1, a->most_mtu);
	return 3;
}

/* The requests over a range of handles: whatever of it fits into one answer. */
static bool in_range(const struct att_attr *x, const uint8_t *req)
{
	return x->handle >= get16(req + 1) && x->handle <= get16(req + 3);
}

static size_t on_find_info(struct att *a, const uint8_t *req, uint8_t *out)
{
	size_t n = 2;

	out[0] = FIND_INFO_REQ + 1;
	out[1] = 1; /* 16-bit UUIDs */
	for (size_t i = 0; i < a->n && n + 4 <= a->mtu; i++) {
		if (!in_range(&a->attr[i], req))
			continue;
		put16(out + n, a->attr[i].handle);
		put16(out + n + 2, a->attr[i].type);
		n += 4;
	}
	return n > 2 ? n : 0;
}

static size_t on_find_value(struct att *a, const uint8_t *req, size_t len, uint8_t *out)
{
	size_t n = 1;

	out[0] = FIND_VALUE_REQ + 1;
	for (size_t i = 0; i < a->n && n + 4 <= a->mtu; i++) {
		const struct att_attr *x = &a->attr[i];

		if (!in_range(x, req) || x->type != get16(req + 5) || x->len != len - 7 ||
		    memcmp(x->value, req + 7, x->len) != 0)
			continue;
		put16(out + n, x->handle);
		put16(out + n + 2, x->end);
		n += 4;
	}
	return n > 1 ? n : 0;
}

/* Read By Type and Read By Group Type: entries of one length only. */
static size_t on_read_many(struct att *a, const uint8_t *req, uint8_t *out)
{
	bool group = req[0] == READ_GROUP_REQ;
	size_t head = group ? 4 : 2, n = 2;

	out[0] = (uint8_t)(req[0] + 1);
	out[1] = 0;
	for (size_t i = 0; i < a->n; i++) {
		const struct att_attr *x = &a->attr[i];
		size_t len = head + smaller(x->len, a->mtu - 2u - head);

		if (!in_range(x, req) || x->type != get16(req + 5))
			continue;
		if (!out[1])
			out[1] = (uint8_t)len;
		if (out[1] != len || n + len > a->mtu)
			break;
		put16(out + n, x->handle);
		if (group)
			put16(out + n + 2, x->end);
		memcpy(out + n + head, x->value, len - head);
		n += len;
	}
	return out[1] ? n : 0;
}

static size_t on_read(struct att *a, const uint8_t *req, uint8_t *out)
{
	const struct att_attr *x = at(a, get16(req + 1));
	size_t from = req[0] == READ_BLOB_REQ ? get16(req + 3) : 0, n;

	if (!x)
		return refuse(out, req[0], get16(req + 1), BAD_HANDLE);
	if (from > x->len)
		return refuse(out, req[0], x->handle, BAD_OFFSET);
	n = smaller(x->len - from, a->mtu - 1u);
	out[0] = (uint8_t)(req[0] + 1);
	memcpy(out + 1, x->value + from, n);
	return 1 + n;
}

static size_t on_write(struct att *a, const uint8_t *req, size_t len, uint8_t *out)
{
	struct att_attr *x = at(a, get16(req + 1));

	if (!x || (x->type != CCC && x->handle != a->write_handle))
		return refuse(out, req[0], get16(req + 1), x ? NO_WRITE : BAD_HANDLE);
	if (x->type == CCC && len == 5)
		memcpy(x->value, req + 3, 2);
	else if (x->type != CCC)
		a->on_write(a->ud, req + 3, len - 3);
	out[0] = WRITE_REQ + 1;
	return 1;
}

size_t att_request(struct att *a, const uint8_t *req, size_t len, uint8_t out[static ATT_PDU_MAX])
{
	static const struct {
		uint8_t opcode;
		size_t least;
	} known[] = {
		{ MTU_REQ, 3 },	       { FIND_INFO_REQ, 5 }, { FIND_VALUE_REQ, 7 },
		{ READ_TYPE_REQ, 7 },  { READ_REQ, 3 },	     { READ_BLOB_REQ, 5 },
		{ READ_GROUP_REQ, 7 }, { WRITE_REQ, 3 },     { WRITE_CMD, 3 },
	};
	size_t least = 0, n;

	if (!len || req[0] == CONFIRMATION)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].opcode == req[0])
			least = known[i].least;
	if (!least)
		return req[0] & IS_COMMAND ? 0 : refuse(out, req[0], 0, NOT_SUPPORTED);
	if (len < least)
		return refuse(out, req[0], 0, BAD_PDU);
	switch (req[0]) {
	case MTU_REQ:
		return on_mtu(a, req, out);
	case FIND_INFO_REQ:
		n = on_find_info(a, req, out);
		break;
	case FIND_VALUE_REQ:
		n = on_find_value(a, req, len, out);
		break;
	case READ_REQ:
	case READ_BLOB_REQ:
		return on_read(a, req, out);
	case WRITE_REQ:
		return on_write(a, req, len, out);
	case WRITE_CMD:
		on_write(a, req, len, out);
		return 0;
	default:
		n = on_read_many(a, req, out);
		break;
	}
	return n ? n : refuse(out, req[0], get16(req + 1), NOT_FOUND);
}

size_t att_notify(const struct att *a, const uint8_t *data, size_t len,
		  uint8_t out[static ATT_PDU_MAX])
{
	bool wanted = false;

	/* the descriptor stands right behind its value */
	for (size_t i = 0; i + 1 < a->n; i++)
		wanted = wanted || (a->attr[i].handle == a->notify_handle &&
				    a->attr[i + 1].type == CCC && a->attr[i + 1].value[0] & 1);
	if (!wanted)
		return 0;
	len = smaller(len, a->mtu - 3u);
	out[0] = NOTIFICATION;
	put16(out + 1, a->notify_handle);
	memcpy(out + 3, data, len);
	return 3 + len;
}
