#include "devices.h"

#include "svitlo/clock.h"
#include "svitlo/endpoint.h"
#include "svitlo/log.h"
#include "svitlo/plug_address.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLUETOOTH_LEN 17

static int devices_text(char *to, size_t room, sqlite3_stmt *st, int col, struct err *e)
{
	const char *t = db_text(st, col);

	if (strlen(t) >= room)
		return err_set(e, -ENAMETOOLONG, "device %lld: %s is too long",
			       (long long)sqlite3_column_int64(st, 0),
			       sqlite3_column_name(st, col));
	memcpy(to, t, strlen(t) + 1);
	return 0;
}

/* A PIN that cannot be read is no reason to leave the device alone. */
static void devices_pin(sqlite3_stmt *st, int col, const struct seal_key *key,
			struct device_config *c)
{
	char pin[SEAL_PLAIN_MAX + 1] = "", context[SEAL_CONTEXT_MAX];
	struct err e = { 0 };

	if (!key || sqlite3_column_type(st, col) == SQLITE_NULL)
		return;
	snprintf(context, sizeof(context), SEAL_PIN_CONTEXT, (long long)c->id);
	if (seal_open(pin, key, context, sqlite3_column_blob(st, col),
		      (size_t)sqlite3_column_bytes(st, col), &e) < 0)
		log_warn("device %lld: its PIN cannot be read, enter it again: %s",
			 (long long)c->id, err_text(&e));
	else if (strlen(pin) < sizeof(c->pin))
		memcpy(c->pin, pin, strlen(pin) + 1);
	explicit_bzero(pin, sizeof(pin));
}

static int devices_row(sqlite3_stmt *st, const struct seal_key *key, struct device_config *c,
		       struct err *e)
{
	int r;

	*c = (struct device_config){ .id = sqlite3_column_int64(st, 0),
				     .enabled = sqlite3_column_int(st, 5),
				     .released_until_ms = sqlite3_column_int64(st, 6),
				     .retry_ms = sqlite3_column_int64(st, 7),
				     .parent = sqlite3_column_int64(st, 9) };
	devices_pin(st, 8, key, c);
	r = devices_text(c->kind, sizeof(c->kind), st, 1, e);
	if (r == 0)
		r = devices_text(c->name, sizeof(c->name), st, 2, e);
	if (r == 0)
		r = devices_text(c->address, sizeof(c->address), st, 3, e);
	if (r == 0)
		r = devices_text(c->options, sizeof(c->options), st, 4, e);
	return r;
}

int devices_load(sqlite3 *config, const struct seal_key *key,
		 int (*take)(void *ud, const struct device_config *c, struct err *e), void *ud,
		 struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	struct device_config c;
	int r;

	r = db_prepare(config, &st,
		       "SELECT id, kind, name, address, options, enabled, released_until_ms,"
		       " retry_ms, (SELECT sealed FROM secret WHERE device = device.id AND"
		       " secret.name = 'pin'), parent FROM device ORDER BY position, id",
		       e);
	while (r >= 0 && (r = db_step(st, e)) > 0) {
		struct err why = { 0 };

		/* one bad row never keeps the others from working */
		if (devices_row(st, key, &c, &why) < 0 || take(ud, &c, &why) < 0)
			log_err("config.db: %s", err_text(&why));
		explicit_bzero(c.pin, sizeof(c.pin));
	}
	return r;
}

int devices_ids(sqlite3 *config, int64_t *ret, int room, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(config, &st, "SELECT id FROM device", e), n = 0;

	while (r >= 0 && (r = db_step(st, e)) > 0)
		if (n < room)
			ret[n++] = sqlite3_column_int64(st, 0);
	return r < 0 ? r : n;
}

int devices_offer_key(sqlite3 *config, const struct seal_key *key, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(config, &st,
			   "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE"
			   " SET value = ?2 WHERE value <> ?2",
			   e);

	if (r < 0)
		return r;
	db_bind(st, "ss", SEAL_PUBLIC_NAME, key->public_text);
	r = db_run(st, e);
	return r < 0 ? r : 0;
}

int devices_move(sqlite3 *config, int64_t id, const char *address, struct err *e)
{
	/* who has the address already has moved too: until it is found it gets the other one. That its
	 * owner lets it show the password was said of its own address */
	static const char *const steps[] = {
		"SAVEPOINT move",
		"UPDATE device SET address = 'moving:' || id || ':' || (SELECT address FROM device"
		" WHERE id = ?1) WHERE address = ?2 AND id <> ?1 AND kind = (SELECT kind FROM"
		" device WHERE id = ?1)",
		"UPDATE device SET address = ?2 WHERE id = ?1",
		"UPDATE device SET address = substr(address, length('moving:' || id || ':') + 1),"
		" options = iif(options ->> 'transport' = 'aes',"
		" json_remove(options, '$.transport'), options) WHERE address LIKE 'moving:%'",
		"RELEASE move",
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < SV_LEN(steps); i++) {
		SV_AUTO_STMT sqlite3_stmt *st = NULL;

		r = db_prepare(config, &st, steps[i], e);
		if (r < 0)
			break;
		if (sqlite3_bind_parameter_count(st) == 2)
			db_bind(st, "is", id, address);
		r = db_run(st, e);
	}
	if (r < 0)
		db_exec(config, "ROLLBACK TO move; RELEASE move", NULL);
	return r < 0 ? r : 0;
}

int devices_add_sockets(sqlite3 *config, const struct device_config *strip, const char *kind,
			const struct device_socket *s, unsigned n, int64_t wall_ms, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int added = 0;
	int r = db_prepare(config, &st,
			   /* a conflict that does nothing uses up an id all the same */
			   "INSERT INTO device (kind, name, address, parent, position, created_ms)"
			   " SELECT ?1, substr(?2, 1, 64), ?3, ?4, (SELECT coalesce(max(position),"
			   " 0) + 1 FROM device), ?5 WHERE NOT EXISTS"
			   " (SELECT 1 FROM device WHERE kind = ?1 AND address = ?3)",
			   e);

	if (r >= 0)
		r = db_exec(config, "SAVEPOINT sockets", e);
	for (unsigned i = 0; r >= 0 && i < n; i++) {
		const struct plug_address at = { .socket = true,
						 .strip = strip->id,
						 .position = s[i].position };
		char address[PLUG_ADDRESS_MAX], name[2 * DEVICE_NAME_MAX + 16];

		plug_address_text(address, &at);
		if (s[i].name[0])
			snprintf(name, sizeof(name), "%s", s[i].name);
		else
			snprintf(name, sizeof(name), "%s %u", strip->name, s[i].position);
		db_bind(st, "sssii", kind, name, address, strip->id, wall_ms);
		r = db_run(st, e);
		added += r > 0;
	}
	if (r >= 0)
		r = db_exec(config, "RELEASE sockets", e);
	if (r < 0)
		db_exec(config, "ROLLBACK TO sockets; RELEASE sockets", NULL);
	return r < 0 ? r : added;
}

int devices_version(sqlite3 *config, int64_t *ret, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r = db_prepare(config, &st, "PRAGMA data_version", e);

	if (r == 0)
		r = db_step(st, e);
	if (r > 0)
		*ret = sqlite3_column_int64(st, 0);
	return r < 0 ? r : 0;
}

/* ---- from the command line ---- */

/* The one way to write it: the same device must not be there twice. */
static int devices_address(const char *kind, const char *text, char ret[DEVICE_ADDRESS_MAX],
			   uint32_t *ret_serial, struct err *e)
{
	struct endpoint p;
	int r;

	*ret_serial = 0;
	snprintf(ret, DEVICE_ADDRESS_MAX, "%s", text);
	if (strcmp(kind, "deye") == 0) {
		r = endpoint_parse(&p, text, e);
		if (r < 0)
			return r;
		endpoint_text(ret, &p);
		*ret_serial = p.serial;
	} else if (strcmp(kind, "tapo") == 0) {
		return plug_address_canonical(ret, text, e);
	} else if (strlen(text) == BLUETOOTH_LEN) { /* as BlueZ writes it */
		for (char *a = ret; *a; a++)
			*a = (char)toupper((unsigned char)*a);
	}
	return 0;
}

static int devices_add(sqlite3 *db, int argc, char **argv, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	char address[DEVICE_ADDRESS_MAX], learned[48] = "{}";
	uint32_t serial;
	int r;

	if (argc < 3 || argc > 4)
		return err_set(e, -EINVAL, "usage: svitlo device add KIND NAME ADDRESS [OPTIONS]");
	if (!driver_find(argv[0]) || strcmp(argv[0], "tapo-socket") == 0)
		return err_set(e, -EINVAL, "there is no driver \"%.40s\": jk-bms, deye, tapo",
			       argv[0]);
	r = devices_address(argv[0], argv[2], address, &serial, e);
	if (r < 0)
		return r;
	if (serial)
		snprintf(learned, sizeof(learned), "{\"serial\":%u}", serial);
	r = db_prepare(
		db, &st,
		"INSERT INTO device (kind, name, address, options, position, created_ms)"
		" SELECT ?1, ?2, ?3, ?4, (SELECT coalesce(max(position), 0) + 1 FROM device), ?5"
		" WHERE NOT EXISTS (SELECT 1 FROM device WHERE kind = ?1 AND address = ?3)",
		e);
	if (r < 0)
		return r;
	db_bind(st, "ssssi", argv[0], argv[1], address, argc > 3 ? argv[3] : learned,
		clock_wall_ms());
	r = db_run(st, e);
	if (r == 0)
		fprintf(stderr, "svitlo: %s is there already\n", argv[2]);
	return r < 0 ? r : 0;
}

static int devices_list(sqlite3 *db, int argc, char **argv, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r;

	(void)argv;
	if (argc)
		return err_set(e, -EINVAL, "usage: svitlo device list");
	r = db_prepare(db, &st,
		       "SELECT id, kind, name, address, enabled FROM device ORDER BY position, id",
		       e);
	while (r >= 0 && (r = db_step(st, e)) > 0)
		printf("%s\t%s\t%s\t%s%s\n", db_text(st, 0), db_text(st, 1), db_text(st, 2),
		       db_text(st, 3), sqlite3_column_int(st, 4) ? "" : "\tdisabled");
	return r;
}

static int devices_remove(sqlite3 *db, int argc, char **argv, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *st = NULL;
	int r;

	if (argc != 1)
		return err_set(e, -EINVAL, "usage: svitlo device remove ID   (history is kept)");
	r = db_prepare(db, &st, "DELETE FROM device WHERE CAST(id AS TEXT) = ?1", e);
	if (r < 0)
		return r;
	db_bind(st, "s", argv[0]);
	r = db_run(st, e);
	return r == 0 ? err_set(e, -ENOENT, "there is no device %.20s", argv[0]) : r;
}

/* Seals the PIN for the collector, as the page does. */
static int devices_seal(sqlite3 *db, int64_t id, const char *pin, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *key = NULL, *put = NULL;
	uint8_t blob[SEAL_BLOB_MAX];
	char context[SEAL_CONTEXT_MAX];
	int n, r;

	r = db_prepare(db, &key, "SELECT value FROM setting WHERE key = '" SEAL_PUBLIC_NAME "'", e);
	if (r >= 0)
		r = db_step(key, e);
	if (r <= 0)
		return r < 0 ? r
			     : err_set(e, -ENOENT, "start the collector once: it makes the key");
	snprintf(context, sizeof(context), SEAL_PIN_CONTEXT, (long long)id);
	n = seal_put(blob, db_text(key, 0), context, pin, strlen(pin), e);
	if (n < 0)
		return n;
	r = db_prepare(db, &put, "INSERT OR REPLACE INTO secret VALUES (?1, 'pin', ?2, ?3)", e);
	if (r < 0)
		return r;
	db_bind(put, "ibi", id, (const void *)blob, (size_t)n, clock_wall_ms());
	r = db_run(put, e);
	return r == -EEXIST ? err_set(e, -ENOENT, "there is no device %lld", (long long)id) : r;
}

/* From the standard input: others can read the command line. */
static int devices_set_pin(sqlite3 *db, int argc, char **argv, struct err *e)
{
	char pin[DEVICE_PIN_MAX + 2] = "", *end = NULL;
	int64_t id = argc == 1 ? strtoll(argv[0], &end, 10) : 0;
	size_t n;
	int r;

	if (!end || *end || id <= 0)
		return err_set(e, -EINVAL, "usage: svitlo device pin ID   (and the PIN, a line)");
	if (!fgets(pin, sizeof(pin), stdin))
		return err_set(e, -EINVAL, "no PIN came in");
	n = strcspn(pin, "\n");
	pin[n] = 0;
	if (n < 4 || n >= DEVICE_PIN_MAX || strspn(pin, DEVICE_PIN_CHARS) != n)
		r = err_set(e, -EINVAL, "a PIN has 4 to %d digits or letters", DEVICE_PIN_MAX - 1);
	else
		r = devices_seal(db, id, pin, e);
	explicit_bzero(pin, sizeof(pin));
	return r;
}

int devices_main(const char *store_dir, int argc, char **argv)
{
	static const struct {
		const char *verb;
		int (*fn)(sqlite3 *db, int argc, char **argv, struct err *e);
	} verbs[] = { { "add", devices_add },
		      { "list", devices_list },
		      { "pin", devices_set_pin },
		      { "remove", devices_remove } };
	SV_AUTO_DB sqlite3 *db = NULL;
	struct err e = { 0 };
	int r = err_set(&e, -EINVAL, "usage: svitlo device add|list|pin|remove …");

	for (size_t i = 0; i < SV_LEN(verbs); i++) {
		if (argc < 1 || strcmp(argv[0], verbs[i].verb) != 0)
			continue;
		r = db_open(&db, DB_CONFIG, DB_COLLECTOR, store_dir, &e);
		if (r >= 0)
			r = verbs[i].fn(db, argc - 1, argv + 1, &e);
	}
	if (r < 0)
		fprintf(stderr, "svitlo: %s\n", err_text(&e));
	return r == -EINVAL ? 2 : r < 0 ? 1 : 0;
}
