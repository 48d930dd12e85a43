/*
 * Settings that change: each settings document against the one before.
 *
 * A frame's sum lets 1 damaged one in 256 pass. So a value counts as changed when two documents
 * in a row say so; until then the old one stands. Keys that one of the documents lacks, nulls, and
 * documents of another protocol are a firmware update, not a change.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct changes {
	struct changes_device *devices;
};

struct changes_say {
	const char *doc; /* to be kept, without unconfirmed values; until the next call; or NULL */
	bool ask;	 /* something awaits a second document: ask the device for one */
};

/* data: {"key","old","new"} */
typedef void changes_fn(void *ud, int64_t device, const char *data);

/* What the device said in an earlier life, if known: called when the first document comes. */
typedef char *changes_before_fn(void *ud, int64_t device); /* allocated, or NULL */

struct changes_owner {
	changes_before_fn *before;
	changes_fn *changed;
	void *ud;
};

/* A document has come: a flat JSON object. */
struct changes_say changes_take(struct changes *c, int64_t device, const char *json,
				const struct changes_owner *owner);
void changes_forget(struct changes *c, int64_t device);
void changes_free(struct changes *c);
