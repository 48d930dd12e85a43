/* What the tests of the house's plugs have in common: a house, its account, hexadecimal. */
#pragma once

#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES_MAX 4096
#define WALL_MS	  1764000000000ll
#define ACCOUNT	  "user@example.com"
#define PASSWORD  "Tapo-Test_2026"

static inline size_t unhex(const char *text, void *ret, size_t size)
{
	uint8_t *to = ret;
	unsigned byte;
	size_t n = 0;

	for (; n < size && sscanf(text, "%2x", &byte) == 1; text += 2)
		to[n++] = (uint8_t)byte;
	return n;
}

static inline struct house *make_house(const char *spec)
{
	struct house_options o = house_defaults;
	struct house *h = calloc(1, sizeof(*h));
	char error[HOUSE_ERROR_MAX];

	assert_non_null(h);
	if (!house_options_spec(&o, spec, error) || !house_options_check(&o, error))
		fail_msg("%s", error);
	house_init_at(h, &o, 0, WALL_MS);
	return h;
}
