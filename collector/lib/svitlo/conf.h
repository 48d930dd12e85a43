/*
 * Options of the programs, one row each in conf.c. The example file is printed from the rows.
 * What the owner changes in the page lives in config.db, not here.
 */
#pragma once

#include "err.h"

#include <stdio.h>

#define CONF_STR_MAX 512

struct conf {
	char store_dir[CONF_STR_MAX]; /* config.db, history.db */
	char live_dir[CONF_STR_MAX];  /* live.db, bell */
	int commit_s;
	char bus[CONF_STR_MAX];
	char adapter[CONF_STR_MAX];
	char zone[CONF_STR_MAX];
	int session_days;
	int log_level;
};

void conf_defaults(struct conf *c);
/* "section.key" and its value. -EINVAL with what was expected. */
int conf_set(struct conf *c, const char *name, const char *value, struct err *e);
/* [section], key = value, # comment. Unknown names are errors; the text has the line. */
int conf_load(struct conf *c, const char *path, struct err *e);
void conf_example(FILE *out);
