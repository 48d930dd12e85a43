/*
 * Four layouts, seen in public captures. Handles matter: BlueZ makes object paths of them.
 * In layout C two characteristics share one UUID: one to write to, one that notifies.
 */
#include "gattdb.h"

#include <assert.h>

#define TALK (GATTDB_NOTIFY | GATTDB_WRITE | GATTDB_WRITE_COMMAND)
#define TELL (GATTDB_WRITE | GATTDB_WRITE_COMMAND)

static const struct gattdb_layout layouts[] = {
	{ .name = 'A',
	  .write_handle = 0x0A,
	  .notify_handle = 0x0A,
	  .n_services = 1,
	  .service = { { .uuid = 0xFFE0,
			 .handle = 0x08,
			 .n_chrs = 3,
			 .chr = { { 0xFFE1, 0x0A, 0x0B, TALK },
				  { 0xFFE2, 0x0D, 0x0E, TALK },
				  { 0xFFE3, 0x10, 0, TELL } } } } },
	{ .name = 'B',
	  .write_handle = 0x12,
	  .notify_handle = 0x12,
	  .n_services = 3,
	  .service = { { .uuid = 0xFFE0,
			 .handle = 0x0E,
			 .n_chrs = 2,
			 .chr = { { 0xFFE2, 0x10, 0, GATTDB_WRITE_COMMAND },
				  { 0xFFE1, 0x12, 0x13, TALK } } },
		       { .uuid = 0x180A,
			 .handle = 0x14,
			 .n_chrs = 1,
			 .chr = { { 0x2A24, 0x16, 0, GATTDB_READ } } },
		       { .uuid = 0x180F,
			 .handle = 0x17,
			 .n_chrs = 1,
			 .chr = { { 0x2A19, 0x19, 0x1A, GATTDB_READ | GATTDB_NOTIFY } } } } },
	{ .name = 'C',
	  .write_handle = 0x03,
	  .notify_handle = 0x05,
	  .n_services = 1,
	  .service = { { .uuid = 0xFFE0,
			 .handle = 0x01,
			 .n_chrs = 2,
			 .chr = { { 0xFFE1, 0x03, 0, TELL },
				  { 0xFFE1, 0x05, 0x06, GATTDB_READ | GATTDB_NOTIFY } } } } },
	{ .name = 'D',
	  .write_handle = 0x10,
	  .notify_handle = 0x10,
	  .n_services = 1,
	  .service = { { .uuid = 0xFFE0,
			 .handle = 0x0E,
			 .n_chrs = 3,
			 .chr = { { 0xFFE1, 0x10, 0x11, TALK },
				  { 0xFFE2, 0x13, 0x14, TALK },
				  { 0xFFE3, 0x16, 0, TELL } } } } },
};

const struct gattdb_layout *gattdb_find(char name)
{
	size_t i = (size_t)(name - 'A');

	assert(i < sizeof(layouts) / sizeof(layouts[0]));
	return &layouts[i];
}
