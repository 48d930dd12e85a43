/*
 * See house_civil.h.
 */
#include "house_civil.h"

#include <string.h>
#include <time.h>

static int64_t midnight_ms(int year, int month, int day)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1
	};

	return (int64_t)mktime(&tm) * 1000;
}

static struct tm local(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };

	localtime_r(&t, &tm);
	return tm;
}

bool house_civil_follow(struct house_civil *c, int64_t wall_ms)
{
	struct house_civil was = *c;
	struct tm tm;

	if (wall_ms >= c->start_ms && wall_ms < c->end_ms)
		return false;
	tm = local(wall_ms);
	c->year = tm.tm_year + 1900;
	c->month = tm.tm_mon + 1;
	c->day = tm.tm_mday;
	c->start_ms = midnight_ms(c->year, c->month, c->day);
	c->end_ms = midnight_ms(c->year, c->month, c->day + 1);
	return was.day != c->day || was.month != c->month || was.year != c->year;
}

double house_civil_of_day_s(int64_t wall_ms)
{
	struct tm tm = local(wall_ms);

	return tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec + (double)(wall_ms % 1000) / 1000;
}
