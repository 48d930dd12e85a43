/* What the owner decides of the house: its zone, how long history is kept. Rows of `setting`. */
#include "bell.h"
#include "civil.h"
#include "routes.h"
#include "store.h"

#include "svitlo/history.h"
#include "svitlo/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_15MIN_LEAST 365

static const struct {
	const char *key;
	int64_t usual;
} numbers[] = {
	{ "keep_10s_days", HISTORY_10S_DAYS },
	{ "keep_1min_days", HISTORY_1MIN_DAYS },
	{ "keep_15min_days", 0 },
	{ "card_tbw", HISTORY_CARD_TBW },
};

/* 1: it is set; 0: it isn't, *ret is as it was. */
static int setting_number(struct req *q, const char *key, int64_t *ret, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_SETTING, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", key);
	r = db_step(st, e);
	if (r > 0)
		*ret = sqlite3_column_int64(st, 0);
	return r;
}

int api_settings_get(struct req *q, struct reply *r, struct err *e)
{
	int64_t ignored = 0;
	int rc = civil_zone(q, e);

	if (rc == 0)
		rc = setting_number(q, "zone", &ignored, e);
	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	jw_kstr(&r->w, "zone", zone_name());
	jw_kbool(&r->w, "zone_set", rc > 0);
	for (size_t i = 0; i < SV_LEN(numbers); i++) {
		int64_t v = numbers[i].usual;

		rc = setting_number(q, numbers[i].key, &v, e);
		if (rc < 0)
			return rc;
		jw_kint(&r->w, numbers[i].key, v);
	}
	jw_end(&r->w);
	return 0;
}

static int setting_put(struct req *q, const char *key, const char *value, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(q->store, STORE_SETTING_SET, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "ss", key, value);
	return db_run(st, e);
}

static int settings_change(void *ud, struct err *e)
{
	struct req *q = ud;
	int r = 0;

	if (req_value(q, "zone")->set)
		r = setting_put(q, "zone", req_str(q, "zone"), e);
	for (size_t i = 0; r >= 0 && i < SV_LEN(numbers); i++) {
		char text[24];

		if (!req_value(q, numbers[i].key)->set)
			continue;
		snprintf(text, sizeof(text), "%lld", (long long)req_int(q, numbers[i].key, 0));
		r = setting_put(q, numbers[i].key, text, e);
	}
	return r;
}

int api_settings_patch(struct req *q, struct reply *r, struct err *e)
{
	int64_t keep = req_int(q, "keep_15min_days", 0);
	int rc;

	if (keep > 0 && keep < KEEP_15MIN_LEAST)
		return err_set(e, -EINVAL, "keep_15min_days must be 0, for ever, or at least %d",
			       KEEP_15MIN_LEAST);
	/* only this knows which zones are installed; the next request takes the one that is set */
	if (req_value(q, "zone")->set && civil_zone_known(req_str(q, "zone"), e) < 0)
		return err_set(e, -EINVAL,
			       "zone: there is no \"%.60s\", it is written like Europe/Kyiv",
			       req_str(q, "zone"));
	rc = store_write(q->store, settings_change, q, e);
	if (rc < 0)
		return rc;
	bell_ring(q->conf);
	return api_settings_get(q, r, e);
}
