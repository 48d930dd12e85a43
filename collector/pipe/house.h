/*
 * The house: where its energy comes from and goes to, summed over all inverters; what it was today
 * (energy.h), and whether the grid is there (grid.h).
 *
 * Of several inverters one may have the clamp on the mains: then its grid is the house's, and what
 * the house uses is that and all that the inverters put out. It is counted with that inverter.
 */
#pragma once

#include "pipe/energy.h"
#include "pipe/grid.h"

#define HOUSE_INVERTERS_MAX ENERGY_DEVICES_MAX

enum house_flow { HOUSE_PV, HOUSE_LOAD, HOUSE_GRID, HOUSE_BATTERY, HOUSE_GEN, HOUSE__FLOWS };

struct house_inverter {
	int64_t device;
	struct summary sum; /* of its last reading; t_ms 0: none yet */
	int64_t mono_ms;
	bool mains;			/* it measures what the house exchanges with the grid */
	double flow[HOUSE__FLOWS], soc; /* NAN: it does not measure it */
	double output;			/* W, to the house and the grid */
};

struct house_owner {
	/* Something is in doubt: have the inverter asked soon. */
	void (*hurry)(void *ud, int64_t device);
	void (*event)(void *ud, int64_t t_ms, const char *kind, const char *json);
	/* What is known of the grid, for the next life: JSON, of recall to be freed; NULL: nothing. */
	char *(*recall)(void *ud);
	void (*keep)(void *ud, const char *json);
	struct energy_owner energy;
	void *ud;
};

struct house {
	struct house_owner owner;
	struct house_inverter all[HOUSE_INVERTERS_MAX];
	unsigned n;
	struct grid grid;
	struct energy energy;
	double lost_soc, lost_discharge_wh; /* when the grid went; NAN: unknown */
	int64_t kept_ms;		    /* grid.seen_ms as last kept */
};

void house_init(struct house *h, const struct house_owner *owner);
void house_add(struct house *h, int64_t device);
void house_remove(struct house *h, int64_t device);
void house_reading(struct house *h, int64_t device, const struct reading *r);
void house_step(struct house *h, int64_t mono_ms, int64_t wall_ms); /* each second */

/* The body of the summary house, of fcgi/README.md. ret: the values, for history; t_ms 0: none. */
struct summary house_json(const struct house *h, int64_t mono_ms, int64_t wall_ms, struct jw *w,
			  struct reading *ret);
