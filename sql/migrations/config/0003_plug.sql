-- Plugs: what is switched by whom, when, and what came of it.

ALTER TABLE device ADD COLUMN parent INTEGER REFERENCES device ON DELETE CASCADE; -- of a strip's socket: the strip
CREATE INDEX device_parent ON device (parent) WHERE parent IS NOT NULL;

-- An account with a maker, for all devices of the kind. Sealed as secrets are (svitlo/seal.h).
CREATE TABLE account (
	kind TEXT PRIMARY KEY,                      -- tapo
	sealed_user BLOB NOT NULL,
	sealed_password BLOB NOT NULL,
	set_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An order to a device. Workers add rows as pending, all else is the collector's: it claims one before
-- anything is sent, so that none is ever sent twice.
CREATE TABLE command (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	device INTEGER NOT NULL,
	action TEXT NOT NULL CHECK (action IN ('on', 'off')),
	for_s INTEGER CHECK (for_s > 0),            -- of an on: off again after so long
	confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1)), -- somebody was asked: off although never_off
	by TEXT NOT NULL CHECK (by IN ('user', 'timer')),
	who TEXT,                                   -- name of the user; number of the timer
	created_ms INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,                -- not to be begun later than this
	state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'claimed', 'done', 'failed', 'expired')),
	claimed_ms INTEGER,
	ended_ms INTEGER,
	is_on INTEGER,                              -- read back from the device
	code TEXT,                                  -- why it failed: a word
	text TEXT                                   -- and a sentence
) STRICT;
CREATE INDEX command_open ON command (id) WHERE state IN ('pending', 'claimed');

-- What is to be switched later. A row goes when it was done, cancelled, or came too late.
CREATE TABLE timer (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
	action TEXT NOT NULL CHECK (action IN ('on', 'off')),
	at_ms INTEGER NOT NULL,
	by TEXT NOT NULL CHECK (by IN ('user', 'limit')), -- limit: end of an on for so long, one a device
	who TEXT,                                   -- name of the user
	created_ms INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,           -- that failed
	tried_ms INTEGER,                           -- when the last one did
	text TEXT                                   -- why the last one did
) STRICT;
CREATE INDEX timer_at ON timer (at_ms);
CREATE UNIQUE INDEX timer_limit ON timer (device) WHERE by = 'limit';

-- Each switch, made, refused, or seen.
CREATE TABLE journal (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	t_ms INTEGER NOT NULL,
	device INTEGER NOT NULL,
	action TEXT NOT NULL,                       -- on, off
	by TEXT NOT NULL,                           -- user, timer, limit, outside (its button, another app), countdown (the plug's own, armed by us)
	who TEXT,
	result TEXT NOT NULL,                       -- done, failed, refused, expired, missed, seen
	code TEXT,
	text TEXT,
	command INTEGER                             -- number of the order
) STRICT;
CREATE INDEX journal_device ON journal (device, id);
