/* What the owner may change while svitlo runs: rows of config.db's `setting`, written by workers. */
#pragma once

#include "svitlo/db.h"
#include "svitlo/history.h"
#include "svitlo/zone.h"

struct settings {
	char zone[ZONE_NAME_MAX];	  /* "": not set */
	int keep_days[HISTORY_TIER__MAX]; /* 0: for ever */
	int card_tbw;
};

/* What is not set, or is nonsense, is as it is without. */
int settings_load(struct settings *ret, sqlite3 *config, struct err *e);
