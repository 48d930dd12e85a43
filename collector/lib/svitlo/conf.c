#include "conf.h"

#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CONF_LINE_MAX 1024

enum conf_type { CONF_STR, CONF_INT };

static const struct conf_row {
	const char *section, *key;
	enum conf_type type;
	size_t offset;
	const char *dflt;
	long lo, hi;
	const char *doc;
} rows[] = {
#define ROW(s, k, t, f, d, lo, hi, doc)                                                            \
	{                                                                                          \
		s, k, t, offsetof(struct conf, f), d, lo, hi, doc                                  \
	}
	/* clang-format off */
	ROW("store", "dir", CONF_STR, store_dir, "/var/lib/svitlo", 0, 0,
	    "folder of config.db and history.db"),
	ROW("store", "commit_s", CONF_INT, commit_s, "60", 10, 600,
	    "seconds between two writes of history to the disk"),
	ROW("live", "dir", CONF_STR, live_dir, "/run/svitlo", 0, 0,
	    "folder of live.db, on a tmpfs"),
	ROW("bluetooth", "bus", CONF_STR, bus, "system", 0, 0,
	    "where BlueZ is: system, or a D-Bus address"),
	ROW("bluetooth", "adapter", CONF_STR, adapter, "", 0, 0,
	    "adapter to use, such as hci0; empty: the first that works"),
	ROW("house", "zone", CONF_STR, zone, "", 0, 0,
	    "time zone of its days, such as Europe/Kyiv; empty: the system's"),
	ROW("api", "session_days", CONF_INT, session_days, "30", 1, 365,
	    "days until a login must be renewed"),
	ROW("log", "level", CONF_INT, log_level, "6", 3, 7,
	    "3 errors, 4 warnings, 5 notices, 6 information, 7 debugging"),
	/* clang-format on */
};

static int conf_store(struct conf *c, const struct conf_row *r, const char *value, struct err *e)
{
	char *field = (char *)c + r->offset, *end;
	long v;

	if (r->type == CONF_STR) {
		if (strlen(value) >= CONF_STR_MAX)
			return err_set(e, -EINVAL, "%s.%s: longer than %d bytes", r->section,
				       r->key, CONF_STR_MAX - 1);
		memcpy(field, value, strlen(value) + 1);
		return 0;
	}
	errno = 0;
	v = strtol(value, &end, 10);
	if (errno || end == value || *end || v < r->lo || v > r->hi)
		return err_set(e, -EINVAL, "%s.%s: \"%.40s\" is not a whole number from %ld to %ld",
			       r->section, r->key, value, r->lo, r->hi);
	*(int *)(void *)field = (int)v;
	return 0;
}

void conf_defaults(struct conf *c)
{
	for (size_t i = 0; i < SV_LEN(rows); i++)
		if (conf_store(c, &rows[i], rows[i].dflt, NULL) < 0)
			abort();
}

int conf_set(struct conf *c, const char *name, const char *value, struct err *e)
{
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		size_t n = strlen(rows[i].section);

		if (strncmp(name, rows[i].section, n) == 0 && name[n] == '.' &&
		    strcmp(name + n + 1, rows[i].key) == 0)
			return conf_store(c, &rows[i], value, e);
	}
	return err_set(e, -EINVAL, "there is no option \"%.60s\"", name);
}

static char *conf_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	for (n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]); n--)
		s[n - 1] = 0;
	return s;
}

/* One line. section is kept between lines. */
static int conf_line(struct conf *c, char *line, char section[64], struct err *e)
{
	char *s = conf_trim(line), *eq, name[160];
	size_t n = strlen(s);

	if (!n || *s == '#')
		return 0;
	if (*s == '[') {
		if (s[n - 1] != ']' || n - 2 >= 64)
			return err_set(e, -EINVAL, "a section is written [name]");
		memcpy(section, s + 1, n - 2);
		section[n - 2] = 0;
		return 0;
	}
	eq = strchr(s, '=');
	if (!eq)
		return err_set(e, -EINVAL, "expected key = value");
	*eq = 0;
	snprintf(name, sizeof(name), "%s.%s", section, conf_trim(s));
	return conf_set(c, name, conf_trim(eq + 1), e);
}

int conf_load(struct conf *c, const char *path, struct err *e)
{
	SV_AUTO_FILE FILE *f = fopen(path, "re");
	char line[CONF_LINE_MAX], section[64] = "";

	if (!f)
		return err_set(e, -errno, "%s: %s", path, strerror(errno));
	for (int no = 1; fgets(line, sizeof(line), f); no++) {
		struct err le = { 0 };

		if (!strchr(line, '\n') && !feof(f))
			return err_set(e, -EINVAL, "%s:%d: longer than %d bytes", path, no,
				       CONF_LINE_MAX - 2);
		if (conf_line(c, line, section, &le) < 0)
			return err_set(e, -EINVAL, "%s:%d: %s", path, no, le.text);
	}
	return ferror(f) ? err_set(e, -EIO, "%s: cannot be read", path) : 0;
}

void conf_example(FILE *out)
{
	const char *section = "";

	fputs("# svitlo.conf: printed by `svitlo conf`. Every option with its default.\n", out);
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		const struct conf_row *r = &rows[i];

		if (strcmp(section, r->section) != 0)
			fprintf(out, "\n[%s]\n", section = r->section);
		fprintf(out, "# %s\n#%s = %s\n", r->doc, r->key, r->dflt);
	}
}
