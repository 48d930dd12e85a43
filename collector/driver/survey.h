/* Who is there, as people want to see it: which of those that Bluetooth hears a driver knows. */
#pragma once

#include <stdint.h>

struct ble;
struct jw;

/* {"devices":[…]} of fcgi/README.md, strongest first. configured: the id of the device that has
 * this address already, 0: none. */
void survey_json(const struct ble *b, int64_t (*configured)(void *ud, const char *address),
		 void *ud, struct jw *w);
