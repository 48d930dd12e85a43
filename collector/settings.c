#include "settings.h"

#include <stdlib.h>
#include <string.h>

/* The ranges of settings_body in fcgi/routes.c: what else stands there is nonsense. */
static const struct setting_number {
	const char *key;
	long lo, hi;
	size_t offset;
} numbers[] = {
	{ "keep_10s_days", 2, 400, offsetof(struct settings, keep_days[HISTORY_10S]) },
	{ "keep_1min_days", 7, 3650, offsetof(struct settings, keep_days[HISTORY_1MIN]) },
	{ "keep_15min_days", 0, 36500, offsetof(struct settings, keep_days[HISTORY_15MIN]) },
	{ "card_tbw", 1, 1000, offsetof(struct settings, card_tbw) },
};

static void settings_take(struct settings *s, const char *key, const char *value)
{
	if (strcmp(key, "zone") == 0 && strlen(value) < sizeof(s->zone))
		memcpy(s->zone, value, strlen(value) + 1);
	for (size_t i = 0; i < SV_LEN(numbers); i++) {
		const struct setting_number *n = &numbers[i];
		char *end;
		long v = strtol(value, &end, 10);

		if (strcmp(key, n->key) == 0 && end != value && !*end && v >= n->lo && v <= n->hi)
			*(int *)(void *)((char *)s + n->offset) = (int)v;
	}
}

int settings_load(struct settings *ret, sqlite3 *config, struct err *e)
{
	struct settings s = { .keep_days = { [HISTORY_10S] = HISTORY_10S_DAYS,
					     [HISTORY_1MIN] = HISTORY_1MIN_DAYS },
			      .card_tbw = HISTORY_CARD_TBW };
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(config, &st, "SELECT key, value FROM setting", e);

	if (r < 0)
		return r;
	while ((r = db_step(st, e)) > 0)
		settings_take(&s, db_text(st, 0), db_text(st, 1));
	if (r < 0)
		return r;
	*ret = s;
	return 0;
}
