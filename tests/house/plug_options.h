/*
 * Options of the plugs.
 */
#ifndef HOUSE_PLUG_OPTIONS_H
#define HOUSE_PLUG_OPTIONS_H

#include "plug_unit.h"

#define HOUSE_PLUGS_MAX	    128
#define PLUG_ACCOUNT_BYTES  128
#define PLUG_PASSWORD_BYTES 128

enum plug_start { PLUG_START_OFF, PLUG_START_ON, PLUG_START_MIXED };

struct plug_options {
	size_t count;
	bool asked; /* else those that are there by default may be missing */
	enum plug_kind kind[HOUSE_PLUGS_MAX];
	size_t n_kinds; /* in turn */
	enum plug_wire wire;
	bool mixed_wires;
	uint32_t net; /* of plug 1, the next ones follow; host's byte order */
	uint16_t port, udp_port;
	char account[PLUG_ACCOUNT_BYTES], password[PLUG_PASSWORD_BYTES];
	unsigned delay_min_ms, delay_max_ms;
	enum plug_start start;
};

/* Of option i -> its key, NULL: no more. ret_wants: what it may be. */
const char *plug_option_key(size_t i, const char **ret_wants);
bool plug_option_set(struct plug_options *o, size_t i, const char *value);

enum plug_kind plug_option_kind(const struct plug_options *o, size_t number);
enum plug_wire plug_option_wire(const struct plug_options *o, size_t number);
/* What unit `number` is to be. */
struct plug_setup plug_option_setup(const struct plug_options *o, uint64_t seed, size_t number);

#endif
