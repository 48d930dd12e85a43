#include "zone.h"

#include "util.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define ZONE_LINK   "/etc/localtime"

/* In the environment for good, and changed in place: threads may be reading the environment. */
static char tz[ZONE_NAME_MAX + 8] = "TZ=";
static char name_now[ZONE_NAME_MAX] = "UTC";
static bool started;

/* The name behind /etc/localtime, or what TZ says. */
static void zone_system(char ret[ZONE_NAME_MAX])
{
	const char *env = started ? NULL : getenv("TZ"), *at;
	char path[512];
	ssize_t n;

	if (env && *env) {
		snprintf(ret, ZONE_NAME_MAX, "%s", env + (*env == ':'));
		return;
	}
	n = readlink(ZONE_LINK, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	at = strstr(path, "zoneinfo/");
	snprintf(ret, ZONE_NAME_MAX, "%s", at ? at + strlen("zoneinfo/") : "UTC");
}

static bool zone_is(const char *name)
{
	char path[sizeof(ZONE_FOLDER) + ZONE_NAME_MAX];
	struct stat st;

	if (strlen(name) >= ZONE_NAME_MAX || strstr(name, "..") || *name == '/')
		return false;
	for (const char *c = name; *c; c++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/",
			    *c))
			return false;
	snprintf(path, sizeof(path), "%s%s", ZONE_FOLDER, name);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int zone_set(const char *name, struct err *e)
{
	char system_name[ZONE_NAME_MAX];
	bool known;

	zone_system(system_name);
	known = zone_is(*name ? name : system_name);
	if (*name && !known)
		return err_set(e, -EINVAL,
			       "there is no time zone \"%.60s\": it is written like "
			       "Europe/Kyiv",
			       name);
	snprintf(name_now, sizeof(name_now), "%s", *name ? name : known ? system_name : "UTC");
	snprintf(tz, sizeof(tz), "TZ=:%s", name_now);
	if (!started && putenv(tz) != 0)
		return err_set(e, -errno, "time zone: %s", strerror(errno));
	started = true;
	tzset();
	return 0;
}

const char *zone_name(void)
{
	return name_now;
}

static struct tm zone_local(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms >= 0 ? wall_ms / 1000 : (wall_ms - 999) / 1000);
	struct tm tm;

	if (!started)
		zone_set("", NULL);
	if (!localtime_r(&t, &tm))
		tm = (struct tm){ .tm_mday = 1 };
	return tm;
}

/* The first moment of that day: where a change of the clock takes midnight away, the moment of it.
 */
static int64_t zone_start(struct tm tm)
{
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

struct zone_day zone_day(int64_t wall_ms)
{
	struct tm tm = zone_local(wall_ms), next = tm;
	struct zone_day d = { .start_ms = zone_start(tm) };

	next.tm_mday++;
	d.end_ms = zone_start(next);
	if (!strftime(d.text, sizeof(d.text), "%Y-%m-%d", &tm))
		memcpy(d.text, "0000-00-00", ZONE_DAY_MAX); /* a year of five digits */
	return d;
}

int64_t zone_offset_ms(int64_t wall_ms)
{
	return (int64_t)zone_local(wall_ms).tm_gmtoff * 1000;
}
