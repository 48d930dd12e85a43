/*
 * Civil days of the house: numbers that count them (0 is 1970-01-01), their dates and bounds; and
 * which zone it is: what is set in config.db, else the configuration's.
 */
#pragma once

#include "http.h"

#include "svitlo/zone.h"

#define CIVIL_DAY_S 86400

struct civil {
	int64_t year;
	int month, day; /* 1 to 12, 1 to 31 */
};

/* Takes the house's zone for this process. Each handler that knows days begins by it. */
int civil_zone(struct req *q, struct err *e);
/* Takes it if it is installed here. -EINVAL. */
int civil_zone_known(const char *name, struct err *e);
/* The zone that was asked for is another one: 409 zone_changed. false: answered so. */
bool civil_zone_same(const struct req *q, struct reply *r);

struct civil civil_date(int64_t day);
int64_t civil_number(int64_t year, int month, int day); /* month 13 is the next year's first */
/* "2026-11-24"; -EINVAL: no such day. */
int civil_parse(const char *text, int64_t *ret_day, struct err *e);
void civil_text(char ret[ZONE_DAY_MAX], int64_t day);

/* By the house's zone; t in s since 1970. */
int64_t civil_day_of(int64_t t);
int64_t civil_start(int64_t day);
/* Minutes after midnight by the clock on the wall. */
int civil_minute(int64_t t);
