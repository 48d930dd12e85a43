/*
 * Civil time of the house: days and their bounds in an IANA zone, nights of 23 and 25 hours
 * included. Reads no clock: time is a parameter. One zone a process.
 */
#pragma once

#include "err.h"

#include <stdint.h>

#define ZONE_NAME_MAX 64
#define ZONE_DAY_MAX  11 /* "2026-11-24" */

/* "Europe/Kyiv"; "": the system's. -EINVAL: no such zone is installed; the old one stays. */
int zone_set(const char *name, struct err *e);
const char *zone_name(void); /* "Europe/Kyiv"; of the system's zone too, "UTC" if it has no name */

struct zone_day {
	char text[ZONE_DAY_MAX];
	int64_t start_ms, end_ms; /* since 1970 UTC; the end is the next day's start */
};
struct zone_day zone_day(int64_t wall_ms);

/* Local time minus UTC at that moment. */
int64_t zone_offset_ms(int64_t wall_ms);
