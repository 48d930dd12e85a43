/* Secrets for the collector alone: sealed with the key that it has left in config.db. */
#pragma once

#include "http.h"

#include "svitlo/seal.h"

/*
 * Gives the blob's length. what: how people call it, "a PIN". -ENOKEY: there is no key, or a
 * damaged one; sealed_failed() answers that.
 */
int sealed_put(struct req *q, uint8_t ret[SEAL_BLOB_MAX], const char *context, const char *plain,
	       const char *what, struct err *e);
void sealed_failed(struct reply *r, const struct err *e);
