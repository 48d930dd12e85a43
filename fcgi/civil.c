#include "civil.h"

#include "store.h"

#include "svitlo/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ERA_DAYS   146097 /* of 400 years */
#define ERA_OFFSET 719468 /* days from 0000-03-01 to 1970-01-01 */
#define NOON_S	   43200

/* As it was wanted last: it need not be installed. */
static char now[CONF_STR_MAX] = "?";

int civil_zone_known(const char *name, struct err *e)
{
	int r = *name ? zone_set(name, e) : -EINVAL;

	if (r == 0)
		snprintf(now, sizeof(now), "%.*s", CONF_STR_MAX - 1, name);
	return r;
}

int civil_zone(struct req *q, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	const char *wanted;
	int r = store_stmt(q->store, STORE_SETTING, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", "zone");
	r = db_step(st, e);
	if (r < 0)
		return r;
	wanted = r > 0 && *db_text(st, 0) ? db_text(st, 0) : q->conf->zone;
	if (strcmp(wanted, now) == 0)
		return 0;
	/* one that this machine does not have is no reason to answer nothing */
	if (zone_set(wanted, NULL) < 0)
		zone_set("", NULL);
	snprintf(now, sizeof(now), "%.*s", CONF_STR_MAX - 1, wanted);
	return 0;
}

bool civil_zone_same(const struct req *q, struct reply *r)
{
	const char *asked = req_str(q, "zone");

	if (!*asked || strcmp(asked, zone_name()) == 0)
		return true;
	reply_problem(r, 409, "zone_changed", "the house's zone is %s", zone_name());
	return false;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Counted from March on, so that a leap day is the last of its year. */
struct civil civil_date(int64_t day)
{
	int64_t era = floor_div(day + ERA_OFFSET, ERA_DAYS);
	int64_t doe = day + ERA_OFFSET - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct civil){ .year = yoe + era * 400 + (month <= 2),
			       .month = month,
			       .day = (int)(doy - (153 * mp + 2) / 5 + 1) };
}

int64_t civil_number(int64_t year, int month, int day)
{
	int64_t y = year + (month - 1) / 12 - ((month - 1) % 12 + 1 <= 2);
	int m = (month - 1) % 12 + 1;
	int64_t era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + day - 1;

	return era * ERA_DAYS + yoe * 365 + yoe / 4 - yoe / 100 + doy - ERA_OFFSET;
}

void civil_text(char ret[ZONE_DAY_MAX], int64_t day)
{
	struct civil c = civil_date(day);
	char text[40];

	snprintf(text, sizeof(text), "%04lld-%02d-%02d", (long long)c.year, c.month, c.day);
	memcpy(ret, text, ZONE_DAY_MAX);
	ret[ZONE_DAY_MAX - 1] = 0;
}

int civil_parse(const char *text, int64_t *ret_day, struct err *e)
{
	char again[ZONE_DAY_MAX];
	int n[10];

	for (int i = 0; i < 10; i++) {
		n[i] = text[i] - '0';
		if (i == 4 || i == 7 ? text[i] != '-' : n[i] < 0 || n[i] > 9)
			return err_set(e, -EINVAL, "a day is written like 2026-11-24");
	}
	*ret_day = civil_number(n[0] * 1000 + n[1] * 100 + n[2] * 10 + n[3],
				n[5] * 10 + n[6] > 0 ? n[5] * 10 + n[6] : 1, n[8] * 10 + n[9]);
	civil_text(again, *ret_day);
	return strcmp(again, text) == 0 ? 0 : err_set(e, -EINVAL, "there is no day %.10s", text);
}

static int64_t local(int64_t t)
{
	return t + zone_offset_ms(t * 1000) / 1000;
}

int64_t civil_day_of(int64_t t)
{
	return floor_div(local(t), CIVIL_DAY_S);
}

int64_t civil_start(int64_t day)
{
	int64_t noon = day * CIVIL_DAY_S + NOON_S;

	/* the offset of some hours before or after is the same day's noon still */
	return zone_day((noon - zone_offset_ms(noon * 1000) / 1000) * 1000).start_ms / 1000;
}

int civil_minute(int64_t t)
{
	int64_t s = local(t);

	return (int)((s - floor_div(s, CIVIL_DAY_S) * CIVIL_DAY_S) / 60);
}
