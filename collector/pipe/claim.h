/* The one-time code with which the first visitor makes the first user. No default password exists.
 */
#pragma once

#include "svitlo/db.h"

/* Makes a new code and says it in the log, unless there is a user already. */
int claim_offer(sqlite3 *config, int64_t wall_ms, struct err *e);
