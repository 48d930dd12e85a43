-- What must never be lost: devices, settings, users, sessions.

CREATE TABLE setting (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- An id is never used again: history refers to it.
CREATE TABLE device (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	kind TEXT NOT NULL,                         -- driver: jk-bms
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
	address TEXT NOT NULL,                      -- Bluetooth address, or capture:FILE
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
	position INTEGER NOT NULL DEFAULT 0,
	options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(options)),
	created_ms INTEGER NOT NULL,
	UNIQUE (kind, address)
) STRICT;

CREATE TABLE user (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
	password TEXT NOT NULL,                     -- crypt(3), yescrypt
	level INTEGER NOT NULL CHECK (level BETWEEN 2 AND 4), -- 2 viewer, 3 operator, 4 admin
	created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
	token BLOB PRIMARY KEY,                     -- SHA-256 of the cookie, never the cookie
	user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
	created_ms INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,
	agent TEXT                                  -- browser, as it names itself, cut to 200 bytes
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user);

-- The one-time code that makes the first user. The row goes when it has been used.
CREATE TABLE claim (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	code BLOB NOT NULL,                         -- SHA-256 of the code, upper case without the dash
	created_ms INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0            -- wrong ones; at 20 the code is dead until a restart
) STRICT;
