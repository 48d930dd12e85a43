/*
 * btsnoop: the Bluetooth log of Android, btmon and others, from memory. Finds the values that a
 * GATT peripheral notified and those that were written to it.
 *
 *	"btsnoop\0" | version u32 = 1 | datalink u32			file, all big endian
 *	orig u32 | incl u32 | flags u32 | drops u32 | time u64 | incl bytes	each record
 *
 * - datalink 1001: HCI without a type byte (flags bit 1: command or event); 1002: H4, a type byte
 *   first; 2001: monitor, flags = adapter << 16 | opcode
 * - time: µs since year 0; 0x00dcddb30f2f8000 is 1970
 * - ACL: handle:12 flags:4 | length u16 | L2CAP: length u16, channel u16 | ATT, all little endian;
 *   a packet may continue in further ones of the same handle
 *
 * Source: RFC 1761 and the Bluetooth core specification; 1002 captured, 1001 and 2001 inferred
 * from these documents.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/rd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTSNOOP_LINKS_MAX 16
#define BTSNOOP_PDU_MAX	  2048
#define BTSNOOP_ADDR_MAX  18

enum btsnoop_dir { BTSNOOP_IN, BTSNOOP_OUT }; /* from, to the peripheral */

struct btsnoop_value {
	int64_t t_ms;			/* since 1970 UTC */
	enum btsnoop_dir dir;		/* notified or indicated, written */
	uint32_t link;			/* counts connections: handles are used again */
	uint16_t handle;		/* of the attribute */
	char address[BTSNOOP_ADDR_MAX]; /* of the peripheral, "" when the log began later */
	const uint8_t *data;		/* borrows until the next call */
	size_t len;
};

struct btsnoop_link {
	bool used;
	uint16_t conn;
	uint32_t id;
	char address[BTSNOOP_ADDR_MAX];
	struct {
		size_t len, want; /* want 0: none begun */
		uint8_t buf[BTSNOOP_PDU_MAX];
	} pdu[2]; /* by direction */
};

struct btsnoop {
	struct rd r;
	uint32_t datalink, links_made;
	uint64_t records, cut_records; /* cut: not all of its bytes were logged */
	bool cut;		       /* the file ends inside a record */
	struct rd many;		       /* rest of a notification of several values */
	struct btsnoop_value at;       /* for those */
	struct btsnoop_link links[BTSNOOP_LINKS_MAX];
};

/* Borrows data until the last call. -EPROTO: no btsnoop file; -ENOTSUP: a datalink that isn't
 * known. */
int btsnoop_open(struct btsnoop *b, const void *data, size_t n, struct err *e);

/* The next value: 1, or 0 at the end. Records that make no sense are passed over. */
int btsnoop_next(struct btsnoop *b, struct btsnoop_value *ret);
