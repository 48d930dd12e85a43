/* The SQL of sql/migrations, embedded by scripts/embed-sql; ordered by file, then version. */
#pragma once

#include "db.h"

struct migration {
	enum db_file file;
	int version; /* PRAGMA user_version after it */
	const char *name, *sql;
};
extern const struct migration migrations[];
extern const unsigned migrations_count;
