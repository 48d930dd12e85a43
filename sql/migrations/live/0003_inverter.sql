-- Rows of inverters that are not in history.db yet; the days that are still being counted. Same
-- columns, same keys.

CREATE TABLE inverter_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w INTEGER,
	grid_w INTEGER,
	load_w INTEGER,
	battery_w INTEGER,
	gen_w INTEGER,
	inverter_w INTEGER,
	backup_w INTEGER,
	battery_mv INTEGER,
	battery_ma INTEGER,
	battery_soc INTEGER,
	battery_dc INTEGER,
	grid_chz INTEGER,
	dc_dc INTEGER,
	ac_dc INTEGER,
	run_state INTEGER,
	flags INTEGER NOT NULL,
	faults INTEGER,
	warnings INTEGER,
	pv_strings_w TEXT,
	pv_strings_dv TEXT,
	grid_phases_w TEXT,
	grid_phases_dv TEXT,
	load_phases_w TEXT,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE energy_day (
	day TEXT NOT NULL,
	device INTEGER NOT NULL,
	pv_wh REAL,
	load_wh REAL,
	import_wh REAL,
	export_wh REAL,
	charge_wh REAL,
	discharge_wh REAL,
	gen_wh REAL,
	measured_s REAL NOT NULL,
	filled_wh REAL NOT NULL,
	PRIMARY KEY (day, device)
) STRICT, WITHOUT ROWID;

-- What is made from several devices, each a JSON object without ages: bank, the packs as one; house,
-- where energy comes from and goes to, what it was today, and whether the grid is there.
DROP TABLE bank;
CREATE TABLE summary (
	name TEXT PRIMARY KEY,
	t_ms INTEGER,                               -- of the newest reading in it
	quality INTEGER NOT NULL,                   -- of the worst
	fresh_ms INTEGER NOT NULL,                  -- how long it holds
	body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE live ADD COLUMN fresh_ms INTEGER NOT NULL DEFAULT 10000; -- how long the reading holds
ALTER TABLE collector ADD COLUMN loop TEXT;      -- JSON: how long the event loop was held up
