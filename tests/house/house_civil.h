/*
 * The civil day of the process's time zone in which a moment lies.
 */
#ifndef HOUSE_CIVIL_H
#define HOUSE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct house_civil {
	int64_t start_ms, end_ms; /* the day: since 1970, end excluded; end 0: not known yet */
	int year, month, day;
};

/* -> the day is another one than *c was. Cheap while it is the same. */
bool house_civil_follow(struct house_civil *c, int64_t wall_ms);
/* Seconds since midnight as a clock shows them. */
double house_civil_of_day_s(int64_t wall_ms);

#endif
