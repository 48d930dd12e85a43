/* What a device may be: how its address is written, and which options it has. */
#pragma once

#include "http.h"

#include "svitlo/reading.h"

#include <jansson.h>

#define KIND_ADDRESS_MAX 512 /* bytes, as the collector's */

struct kind;

/* "": the one that goes without saying. NULL: none. */
const struct kind *kind_find(const char *name);
const char *kind_name(const struct kind *k);
bool kind_is_plug(const struct kind *k);	      /* can it be switched? */
enum reading_kind kind_reading(const struct kind *k); /* what is measured of it */

/* Checks the request's address; gives it in the one way it is written. *ret_serial: a stick's
 * number that stands in it, else 0. -EINVAL. */
int kind_address(const struct kind *k, const char *address, char ret[KIND_ADDRESS_MAX],
		 int64_t *ret_serial, struct err *e);
/* Has the request fields that are not for it? -EINVAL names one. */
int kind_check(const struct kind *k, const struct req *q, struct err *e);
/* Sets what the request says and what is not so already. -ENOMEM. *changed stays, or is set. */
int kind_options_set(const struct kind *k, json_t *options, const struct req *q, bool *changed);
/* One of them, or what goes without saying. Borrows from options. */
int64_t kind_option_int(const struct kind *k, const json_t *options, const char *name);
const char *kind_option_text(const struct kind *k, const json_t *options, const char *name);
/* All options with what goes without saying, into those that are stored. -ENOMEM. */
int kind_options_fill(const struct kind *k, json_t *options);
