-- Managing devices from the page: let go, try now, secrets, jobs for the collector.

ALTER TABLE device ADD COLUMN released_until_ms INTEGER; -- let go until then, so that the maker's app can connect; null: no
ALTER TABLE device ADD COLUMN retry_ms INTEGER;          -- when somebody last asked to connect at once

-- Sealed with the public key in setting 'seal.public' (svitlo/seal.h): only the collector can read them.
CREATE TABLE secret (
	device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	name TEXT NOT NULL,                         -- pin
	sealed BLOB NOT NULL,
	set_ms INTEGER NOT NULL,
	PRIMARY KEY (device, name)
) STRICT, WITHOUT ROWID;

-- What the collector shall do once. Its progress is in live.db, job_state.
CREATE TABLE job (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	kind TEXT NOT NULL,                         -- scan, capture, forget
	device INTEGER,                             -- capture, forget
	args TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(args)),
	created_ms INTEGER NOT NULL,
	user TEXT,                                  -- who asked; null: from the command line
	cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1))
) STRICT;
