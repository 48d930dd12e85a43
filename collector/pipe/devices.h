/* The table device of config.db: what is configured, and the commands that change it. */
#pragma once

#include "driver/driver.h"
#include "svitlo/db.h"
#include "svitlo/seal.h"

/* Calls take for each device in order; one that cannot be read or taken is logged and passed over.
 * key: opens the PINs; NULL: they stay closed. */
int devices_load(sqlite3 *config, const struct seal_key *key,
		 int (*take)(void *ud, const struct device_config *c, struct err *e), void *ud,
		 struct err *e);

/* All ids, of rows that cannot be read too. Gives their number, room at most. */
int devices_ids(sqlite3 *config, int64_t *ret, int room, struct err *e);

/* Lets the workers seal secrets to it. */
int devices_offer_key(sqlite3 *config, const struct seal_key *key, struct err *e);

/* A number that changes when another connection has written to config.db. */
int devices_version(sqlite3 *config, int64_t *ret, struct err *e);

/* It is at another address now. One that had that address gets the old one. */
int devices_move(sqlite3 *config, int64_t id, const char *address, struct err *e);
/* The sockets of a strip that are not there yet, as devices of this kind. -> how many. */
int devices_add_sockets(sqlite3 *config, const struct device_config *strip, const char *kind,
			const struct device_socket *s, unsigned n, int64_t wall_ms, struct err *e);

/* svitlo device add|list|pin|remove */
int devices_main(const char *store_dir, int argc, char **argv);
