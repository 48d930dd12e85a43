-- Rows that are not in history.db yet. Same columns, same keys.

ALTER TABLE battery_10s ADD COLUMN cell_min_mv INTEGER;
ALTER TABLE battery_10s ADD COLUMN cell_max_mv INTEGER;
ALTER TABLE battery_10s ADD COLUMN cell_delta_mv INTEGER;

CREATE TABLE bank_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv INTEGER,
	current_ma INTEGER,
	power_mw INTEGER,
	soc_dp INTEGER,
	cell_min_mv INTEGER,
	cell_max_mv INTEGER,
	cell_delta_mv INTEGER,
	remaining_mah INTEGER,
	nominal_mah INTEGER,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE house_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w INTEGER,
	load_w INTEGER,
	grid_w INTEGER,
	battery_w INTEGER,
	gen_w INTEGER,
	battery_soc INTEGER,
	flags INTEGER NOT NULL,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

-- What history costs the disk: a JSON object, of fcgi/README.md.
ALTER TABLE collector ADD COLUMN storage TEXT;
