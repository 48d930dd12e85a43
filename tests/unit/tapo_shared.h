/* What the tests of Tapo's protocols have in common: hexadecimal, and files beside the project. */
#pragma once

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX 8192

static inline size_t unhex(const char *text, uint8_t ret[BYTES_MAX])
{
	size_t n = 0;

	for (unsigned v; n < BYTES_MAX && sscanf(text + 2 * n, "%2x", &v) == 1; n++)
		ret[n] = (uint8_t)v;
	return n;
}

static inline void same_hex(const void *got, size_t n, const char *expected, int line)
{
	uint8_t bytes[BYTES_MAX];

	if (unhex(expected, bytes) != n || memcmp(bytes, got, n) != 0) {
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, "%02x", ((const uint8_t *)got)[i]);
		fail_msg("line %d: not %s", line, expected);
	}
}
#define SAME(got, n, hex) same_hex(got, n, hex, __LINE__)

/* Equal, NAN to NAN. */
static inline void near(double a, double b, int line)
{
	if (isnan(b) ? !isnan(a) : !(fabs(a - b) < 1e-9 * fmax(1, fabs(b))))
		fail_msg("line %d: %f is not %f", line, a, b);
}
#define NEAR(a, b) near(a, b, __LINE__)

/* A file of the protocol sheets; NULL where they are not. */
static inline json_t *shared_json(const char *name)
{
	const char *shared = getenv("SVITLO_SHARED");
	char path[1024];
	json_t *o;

	snprintf(path, sizeof(path), "%s/protocols/%s", shared ? shared : "../shared", name);
	o = json_load_file(path, 0, NULL);
	if (!o)
		print_message("no %s: not tried\n", path);
	return o;
}

static inline const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		fail_msg("no %s", key);
	return s;
}
