-- The present. Lives on a tmpfs, gone at reboot, rebuilt by itself. Only the collector writes.

CREATE TABLE collector (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	pid INTEGER NOT NULL,
	started_ms INTEGER NOT NULL,
	beat_ms INTEGER NOT NULL,                   -- renewed every second
	state TEXT NOT NULL,                        -- running, stopped
	seq INTEGER NOT NULL,                       -- grows whenever something below changed
	problem TEXT                                -- what the owner should know, e.g. the disk is full
) STRICT;

CREATE TABLE live (
	device INTEGER PRIMARY KEY,
	t_ms INTEGER,                               -- of the newest reading, null: none yet
	state TEXT NOT NULL,
	state_since_ms INTEGER NOT NULL,
	reason TEXT,
	detail TEXT,
	quality INTEGER NOT NULL,
	suspect TEXT NOT NULL,                      -- JSON array of keys
	vals TEXT NOT NULL,                         -- JSON object, keys of metrics.def
	link TEXT NOT NULL                          -- JSON object: rssi, mtu, frames, …
) STRICT;

-- What a device said of itself.
CREATE TABLE doc (
	device INTEGER NOT NULL,
	kind TEXT NOT NULL,                         -- info, settings
	t_ms INTEGER NOT NULL,
	body TEXT NOT NULL,                         -- JSON object
	PRIMARY KEY (device, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE bank (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	t_ms INTEGER,
	body TEXT NOT NULL                          -- JSON object without ages
) STRICT;

-- Rows that are not in history.db yet, the running 10 s included. Same columns, same key.
CREATE TABLE battery_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv INTEGER,
	current_ma INTEGER,
	power_mw INTEGER,
	soc INTEGER,
	soh INTEGER,
	remaining_mah INTEGER,
	nominal_mah INTEGER,
	cycles INTEGER,
	balance_ma INTEGER,
	mos_dc INTEGER,
	flags INTEGER NOT NULL,
	errors INTEGER,
	temperatures_dc TEXT,
	cells_mv TEXT,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;
