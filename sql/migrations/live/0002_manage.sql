ALTER TABLE live ADD COLUMN until_ms INTEGER;    -- end of the state, where one is set: released, resting, lost

-- Jobs of config.db and how far they are.
CREATE TABLE job_state (
	id INTEGER PRIMARY KEY,                     -- of job
	kind TEXT NOT NULL,
	device INTEGER,
	state TEXT NOT NULL,                        -- running, done, failed, cancelled
	started_ms INTEGER NOT NULL,
	ended_ms INTEGER,
	progress REAL NOT NULL,                     -- 0 to 1
	text TEXT,                                  -- a sentence: why it failed
	result TEXT                                 -- JSON object, grows while it runs
) STRICT;

-- Events that history.db does not have yet. Same columns but for the id.
CREATE TABLE event (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	t_ms INTEGER NOT NULL,
	device INTEGER,
	kind TEXT NOT NULL,
	data TEXT
) STRICT;
