#include "store.h"

#include "svitlo/conf.h"

#include <assert.h>
#include <errno.h>

#define STORE_DEVICE_SQL                                                                           \
	"SELECT id, kind, name, address, enabled, position, options, created_ms, "                 \
	"released_until_ms, parent FROM device "
#define STORE_TIMER_SQL                                                                            \
	"SELECT id, device, action, at_ms, by, who, created_ms, tries, text FROM timer "
#define STORE_JOURNAL_SQL                                                                          \
	"SELECT id, t_ms, device, action, by, who, result, code, text, command FROM journal "
/* as the index command_open has it */
#define STORE_COMMAND_OPEN "state IN ('pending', 'claimed') "
#define STORE_ENERGY_SQL                                                                           \
	"SELECT day, device, pv_wh, load_wh, import_wh, export_wh, charge_wh, discharge_wh, "      \
	"gen_wh, measured_s, filled_wh FROM energy_day WHERE day >= ?1 AND day <= ?2 "             \
	"ORDER BY day, device"
#define STORE_TARIFF_SQL                                                                           \
	"SELECT id, valid_from, currency, day_price, night_price, night_from_min, night_to_min, "  \
	"export_price, month_fee FROM tariff "
#define STORE_JOB_SQL "SELECT id, kind, device, created_ms, user, cancelled FROM job "
/* No LIMIT: whoever asks stops stepping. Each has the index that gives this order. */
#define STORE_EVENT_SQL                                                                            \
	"SELECT t_ms, device, kind, data FROM event WHERE t_ms < ?1 ORDER BY t_ms DESC, id DESC"
#define STORE_DEVICE_EVENT_SQL                                                                     \
	"SELECT t_ms, device, kind, data FROM event WHERE t_ms < ?1 AND device IS ?2 "             \
	"ORDER BY t_ms DESC, id DESC"

static const struct {
	enum db_file file;
	const char *sql;
} stmts[STORE__MAX] = {
	[STORE_BEGIN] = { DB_CONFIG, "BEGIN IMMEDIATE" },
	[STORE_COMMIT] = { DB_CONFIG, "COMMIT" },
	[STORE_ROLLBACK] = { DB_CONFIG, "ROLLBACK" },
	[STORE_CLAIMED] = { DB_CONFIG, "SELECT EXISTS (SELECT 1 FROM user)" },
	[STORE_CLAIM] = { DB_CONFIG, "SELECT code, tries FROM claim WHERE id = 1" },
	[STORE_CLAIM_MISS] = { DB_CONFIG, "UPDATE claim SET tries = tries + 1 WHERE id = 1" },
	[STORE_CLAIM_DONE] = { DB_CONFIG, "DELETE FROM claim" },
	[STORE_USER] = { DB_CONFIG, "SELECT id, password, level FROM user WHERE name = ?1" },
	[STORE_USER_ADD] = { DB_CONFIG, "INSERT INTO user (name, password, level, created_ms) "
					"VALUES (?1, ?2, ?3, ?4) RETURNING id" },
	[STORE_SESSION] = { DB_CONFIG, "SELECT u.id, u.name, u.level, s.created_ms, s.expires_ms "
				       "FROM session s JOIN user u ON u.id = s.user "
				       "WHERE s.token = ?1 AND s.expires_ms > ?2" },
	[STORE_SESSION_ADD] = { DB_CONFIG,
				"INSERT INTO session (token, user, created_ms, expires_ms, agent) "
				"VALUES (?1, ?2, ?3, ?4, ?5)" },
	[STORE_SESSION_DROP] = { DB_CONFIG, "DELETE FROM session WHERE token = ?1" },
	[STORE_SESSION_EXPIRE] = { DB_CONFIG, "DELETE FROM session WHERE expires_ms <= ?1" },
	[STORE_SESSION_TRIM] = { DB_CONFIG,
				 "DELETE FROM session WHERE token IN (SELECT token FROM session "
				 "WHERE user = ?1 ORDER BY created_ms DESC LIMIT -1 OFFSET ?2)" },
	[STORE_SETTING_SET] = { DB_CONFIG, "INSERT INTO setting (key, value) VALUES (?1, ?2) "
					   "ON CONFLICT (key) DO UPDATE SET value = ?2" },
	[STORE_SETTING] = { DB_CONFIG, "SELECT value FROM setting WHERE key = ?1" },
	[STORE_DEVICES] = { DB_CONFIG, STORE_DEVICE_SQL "ORDER BY position, id" },
	[STORE_DEVICE] = { DB_CONFIG, STORE_DEVICE_SQL "WHERE id = ?1" },
	[STORE_DEVICE_AT] = { DB_CONFIG, "SELECT id, name FROM device WHERE address = ?1" },
	[STORE_DEVICE_ADD] = { DB_CONFIG,
			       "INSERT INTO device (kind, name, address, options, created_ms, "
			       "position) "
			       "VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(position), 0) + 1 "
			       "FROM device)) RETURNING id" },
	[STORE_DEVICE_CHANGE] = { DB_CONFIG,
				  "UPDATE device SET name = coalesce(?2, name), enabled = "
				  "coalesce(?3, enabled), options = coalesce(?4, options) WHERE id "
				  "= ?1" },
	/* it comes to place ?2 of 1, 2, 3, …, and the others keep their order around it */
	[STORE_DEVICE_MOVE] = { DB_CONFIG, "WITH others AS (SELECT id, row_number() OVER (ORDER BY "
					   "position, id) AS n "
					   "FROM device WHERE id <> ?1) "
					   "UPDATE device SET position = CASE WHEN id = ?1 "
					   "THEN min(?2, (SELECT count(*) FROM others) + 1) "
					   "ELSE (SELECT n + (n >= ?2) FROM others WHERE others.id "
					   "= device.id) END" },
	[STORE_DEVICE_DROP] = { DB_CONFIG, "DELETE FROM device WHERE id = ?1" },
	[STORE_DEVICE_CONNECT] = { DB_CONFIG,
				   "UPDATE device SET retry_ms = ?2, released_until_ms = NULL "
				   "WHERE id = ?1" },
	[STORE_DEVICE_RELEASE] = { DB_CONFIG,
				   "UPDATE device SET released_until_ms = ?2 WHERE id = ?1" },
	[STORE_PIN] = { DB_CONFIG, "SELECT 1 FROM secret WHERE device = ?1 AND name = 'pin'" },
	[STORE_PIN_SET] = { DB_CONFIG,
			    "INSERT OR REPLACE INTO secret (device, name, sealed, set_ms) "
			    "VALUES (?1, 'pin', ?2, ?3)" },
	[STORE_PIN_DROP] = { DB_CONFIG, "DELETE FROM secret WHERE device = ?1 AND name = 'pin'" },
	[STORE_JOB] = { DB_CONFIG, STORE_JOB_SQL "WHERE id = ?1" },
	[STORE_JOB_ADD] = { DB_CONFIG, "INSERT INTO job (kind, device, args, created_ms, user) "
				       "VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id" },
	[STORE_JOB_CANCEL] = { DB_CONFIG, "UPDATE job SET cancelled = 1 WHERE id = ?1" },
	[STORE_JOB_NEWEST] = { DB_CONFIG, STORE_JOB_SQL "WHERE kind = ?1 AND cancelled = 0 "
							"ORDER BY id DESC LIMIT 1" },
	[STORE_FORGET_SOCKETS] = { DB_CONFIG,
				   "INSERT INTO job (kind, device, args, created_ms, user) "
				   "SELECT 'forget', id, '{}', ?2, ?3 FROM device WHERE parent = "
				   "?1" },
	[STORE_ACCOUNT] = { DB_CONFIG, "SELECT set_ms FROM account WHERE kind = ?1" },
	[STORE_ACCOUNT_DROP] = { DB_CONFIG, "DELETE FROM account WHERE kind = ?1" },
	/* what was sealed for a job that is over, or shall be, has no business here any more */
	[STORE_ACCOUNT_JOBS_EMPTY] = { DB_CONFIG, "UPDATE job SET args = '{}', cancelled = "
						  "max(cancelled, ?1) "
						  "WHERE kind = 'account' AND args <> '{}'" },
	[STORE_SWITCHABLE] = { DB_CONFIG, "SELECT kind, EXISTS (SELECT 1 FROM device s WHERE "
					  "s.parent = d.id), "
					  "options ->> 'never_off' FROM device d WHERE d.id = ?1" },
	/* of a plug: the soonest timer, the newest command under way. Always one row; asked often,
	 * so that no table is made on the way */
	[STORE_PLUG] = { DB_CONFIG,
			 "SELECT t.id, t.action, t.at_ms, t.by, c.id, c.action FROM (SELECT 1) "
			 "LEFT JOIN timer t ON t.id = (SELECT id FROM timer WHERE device = ?1 "
			 "ORDER BY at_ms, id LIMIT 1) "
			 "LEFT JOIN command c ON c.id = (SELECT id FROM command "
			 "WHERE " STORE_COMMAND_OPEN
			 "AND device = ?1 AND (state = 'claimed' OR expires_ms >= ?2) "
			 "ORDER BY id DESC LIMIT 1)" },
	[STORE_COMMAND] = { DB_CONFIG,
			    "SELECT id, device, action, for_s, by, who, state, created_ms, "
			    "claimed_ms, ended_ms, is_on, code, text, expires_ms FROM command "
			    "WHERE id = ?1" },
	[STORE_COMMAND_COUNT] = { DB_CONFIG,
				  "SELECT count(*) FROM command WHERE " STORE_COMMAND_OPEN
				  "AND state = 'pending' AND device = ?1 AND expires_ms >= ?2" },
	[STORE_COMMAND_ADD] = { DB_CONFIG,
				"INSERT INTO command (device, action, for_s, confirmed, by, who, "
				"created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, 'user', ?5, ?6, "
				"?7) RETURNING id" },
	[STORE_COMMAND_FAIL] = { DB_CONFIG, "UPDATE command SET state = 'failed', ended_ms = ?2, "
					    "code = ?3, text = ?4 WHERE id = ?1 AND state = "
					    "'pending'" },
	[STORE_TIMER] = { DB_CONFIG, STORE_TIMER_SQL "WHERE id = ?1" },
	[STORE_TIMERS] = { DB_CONFIG, STORE_TIMER_SQL "ORDER BY at_ms, id" },
	[STORE_DEVICE_TIMERS] = { DB_CONFIG,
				  STORE_TIMER_SQL "WHERE device = ?1 ORDER BY at_ms, id" },
	[STORE_TIMER_COUNT] = { DB_CONFIG, "SELECT count(*) FROM timer WHERE device = ?1" },
	[STORE_TIMER_ADD] = { DB_CONFIG,
			      "INSERT INTO timer (device, action, at_ms, by, who, created_ms) "
			      "VALUES (?1, ?2, ?3, 'user', ?4, ?5) RETURNING id" },
	[STORE_TIMER_DROP] = { DB_CONFIG, "DELETE FROM timer WHERE id = ?1" },
	[STORE_JOURNAL] = { DB_CONFIG,
			    STORE_JOURNAL_SQL "WHERE id < ?1 ORDER BY id DESC LIMIT ?2" },
	[STORE_DEVICE_JOURNAL] = { DB_CONFIG, STORE_JOURNAL_SQL
				   "WHERE id < ?1 AND device = ?3 ORDER BY id DESC LIMIT ?2" },
	[STORE_TARIFF] = { DB_CONFIG, STORE_TARIFF_SQL "WHERE id = ?1" },
	[STORE_TARIFFS] = { DB_CONFIG, STORE_TARIFF_SQL "ORDER BY valid_from" },
	[STORE_TARIFF_AT] = { DB_CONFIG, "SELECT id FROM tariff WHERE valid_from = ?1" },
	[STORE_TARIFF_COUNT] = { DB_CONFIG, "SELECT count(*) FROM tariff" },
	[STORE_TARIFF_ADD] = { DB_CONFIG,
			       "INSERT INTO tariff (valid_from, currency, day_price, night_price, "
			       "night_from_min, night_to_min, export_price, month_fee) "
			       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id" },
	[STORE_TARIFF_CHANGE] = { DB_CONFIG,
				  "UPDATE tariff SET valid_from = ?2, currency = ?3, day_price = "
				  "?4, night_price = ?5, night_from_min = ?6, night_to_min = ?7, "
				  "export_price = ?8, month_fee = ?9 WHERE id = ?1" },
	[STORE_TARIFF_DROP] = { DB_CONFIG, "DELETE FROM tariff WHERE id = ?1" },
	[STORE_SOCKETS] = { DB_LIVE, "SELECT link ->> 'sockets' FROM live WHERE device = ?1" },
	[STORE_COLLECTOR] = { DB_LIVE, "SELECT started_ms, beat_ms, state, seq, problem, loop "
				       "FROM collector WHERE id = 1" },
	[STORE_LIVE] = { DB_LIVE,
			 "SELECT t_ms, state, state_since_ms, reason, detail, quality, "
			 "suspect, vals, link, until_ms, fresh_ms FROM live WHERE device = ?1" },
	[STORE_STORAGE] = { DB_LIVE, "SELECT storage FROM collector WHERE id = 1" },
	[STORE_SUMMARY] = { DB_LIVE,
			    "SELECT t_ms, quality, fresh_ms, body FROM summary WHERE name = ?1" },
	[STORE_DOC] = { DB_LIVE, "SELECT t_ms, body FROM doc WHERE device = ?1 AND kind = ?2" },
	[STORE_JOB_STATE] = { DB_LIVE, "SELECT state, started_ms, ended_ms, progress, text, result "
				       "FROM job_state WHERE id = ?1" },
	[STORE_NEW_EVENTS] = { DB_LIVE, STORE_EVENT_SQL },
	[STORE_NEW_DEVICE_EVENTS] = { DB_LIVE, STORE_DEVICE_EVENT_SQL },
	[STORE_NEW_ENERGY] = { DB_LIVE, STORE_ENERGY_SQL },
	[STORE_ENERGY] = { DB_HISTORY, STORE_ENERGY_SQL },
	[STORE_ROLLUP] = { DB_HISTORY, "SELECT tier, until FROM rollup" },
	[STORE_EVENTS] = { DB_HISTORY, STORE_EVENT_SQL },
	[STORE_DEVICE_EVENTS] = { DB_HISTORY, STORE_DEVICE_EVENT_SQL },
};

void store_init(struct store *s, const struct conf *conf)
{
	*s = (struct store){ .conf = conf };
}

static void store_close(struct store *s, enum db_file file)
{
	for (int i = 0; i < STORE__MAX; i++) {
		if (stmts[i].file != file)
			continue;
		sqlite3_finalize(s->st[i]);
		s->st[i] = NULL;
	}
	db_close(s->db[file]);
	s->db[file] = NULL;
}

void store_free(struct store *s)
{
	store_drop(s);
}

void store_drop(struct store *s)
{
	for (int f = 0; f < DB__MAX; f++)
		store_close(s, (enum db_file)f);
}

void store_next(struct store *s)
{
	for (int f = 0; f < DB__MAX; f++)
		s->checked[f] = false;
}

static int store_open(struct store *s, enum db_file file, struct err *e)
{
	const char *dir = file == DB_LIVE ? s->conf->live_dir : s->conf->store_dir;
	int r = db_open(&s->db[file], file, DB_WORKER, dir, e);

	for (int i = 0; r == 0 && i < STORE__MAX; i++)
		if (stmts[i].file == file)
			r = db_prepare(s->db[file], &s->st[i], stmts[i].sql, e);
	if (r < 0)
		store_close(s, file);
	return r;
}

/* Has the file open, the one that is on disk now. */
static int store_ready(struct store *s, enum db_file file, struct err *e)
{
	if (!s->checked[file]) {
		if (s->db[file] && db_moved(s->db[file]))
			store_close(s, file);
		s->checked[file] = true;
	}
	return s->db[file] ? 0 : store_open(s, file, e);
}

int store_stmt(struct store *s, enum store_stmt id, sqlite3_stmt **ret, struct err *e)
{
	int r = store_ready(s, stmts[id].file, e);

	if (r < 0)
		return r;
	*ret = s->st[id];
	return 0;
}

int store_prepare(struct store *s, enum db_file file, const char *sql, sqlite3_stmt **ret,
		  struct err *e)
{
	int r = store_ready(s, file, e);

	return r < 0 ? r : db_prepare(s->db[file], ret, sql, e);
}

static int store_run(struct store *s, enum store_stmt id, struct err *e)
{
	sqlite3_stmt *st;
	int r = store_stmt(s, id, &st, e);

	return r < 0 ? r : db_run(st, e);
}

int store_begin(struct store *s, struct err *e)
{
	int r = store_run(s, STORE_BEGIN, e);

	return r < 0 ? r : 0;
}

int store_commit(struct store *s, struct err *e)
{
	int r = store_run(s, STORE_COMMIT, e);

	return r < 0 ? r : 0;
}

void store_rollback(struct store *s)
{
	if (s->db[DB_CONFIG] && !sqlite3_get_autocommit(s->db[DB_CONFIG]))
		store_run(s, STORE_ROLLBACK, NULL);
}

int store_write(struct store *s, int (*work)(void *ud, struct err *e), void *ud, struct err *e)
{
	int r = store_begin(s, e);

	if (r == 0)
		r = work(ud, e);
	if (r >= 0)
		r = store_commit(s, e) < 0 ? e->code : r;
	if (r < 0)
		store_rollback(s);
	return r;
}

int store_insert(sqlite3_stmt *st, int64_t *ret_id, struct err *e)
{
	int r = db_step(st, e);

	if (r <= 0)
		return r < 0 ? r : err_set(e, -EIO, "%s: no row was added", sqlite3_sql(st));
	*ret_id = sqlite3_column_int64(st, 0);
	r = db_run(st, e);
	return r < 0 ? r : 0;
}
