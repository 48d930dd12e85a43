/*
 * Alarms of a BMS, faults and warnings of an inverter: when each began and ended.
 *
 * A frame's sum lets 1 damaged one in 256 pass: an alarm begins when two readings in a row have it. It
 * ends when it has been away for ALARM_HOLD_MS. One that comes back within ALARM_CALM_MS of its end must
 * stay away twice as long the next time, an hour at most: what flickers for days writes a few events a
 * day. A device that says nothing has ended nothing; what stood when the collector stopped is kept.
 */
#pragma once

#include "svitlo/reading.h"

#define ALARM_HOLD_MS	  60000
#define ALARM_HOLD_MAX_MS 3600000
#define ALARM_CALM_MS	  (4 * 3600000)

struct alarms {
	struct alarms_device *devices;
};

struct alarms_owner {
	/* Those that stand, as kept: JSON, of recall to be freed; NULL: none. */
	char *(*recall)(void *ud, int64_t device);
	void (*keep)(void *ud, int64_t device, const char *json);
	/* alarm_began {"name"}, alarm_ended {"name","for_ms"} */
	void (*event)(void *ud, int64_t t_ms, int64_t device, const char *kind, const char *json);
	void *ud;
};

void alarms_reading(struct alarms *a, int64_t device, const struct reading *r,
		    const struct alarms_owner *owner);
void alarms_forget(struct alarms *a, int64_t device);
void alarms_free(struct alarms *a);
