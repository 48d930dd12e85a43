/* Values of options: each is true if the whole text is one within its bounds. */
#ifndef HOUSE_PARSE_H
#define HOUSE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool parse_number(const char *s, double lo, double hi, double *ret);
bool parse_count(const char *s, size_t lo, size_t hi, size_t *ret);
bool parse_port(const char *s, uint16_t *ret);
bool parse_address(const char *s, uint32_t *ret); /* IPv4, host byte order */
bool parse_delay(const char *s, unsigned *ret_min_ms, unsigned *ret_max_ms); /* "20", "10-60" */

#endif
