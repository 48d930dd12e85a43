-- Rows that are not in history.db yet. Same columns; id is t * 4096 + device.

ALTER TABLE battery_10s RENAME TO battery_old;
ALTER TABLE inverter_10s RENAME TO inverter_old;
ALTER TABLE plug_10s RENAME TO plug_old;

CREATE TABLE battery_10s (
	id INTEGER PRIMARY KEY,
	t INTEGER NOT NULL,
	device INTEGER AS (id % 4096),
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
	cell_min_mv INTEGER,
	cell_max_mv INTEGER,
	cell_delta_mv INTEGER
) STRICT;

CREATE TABLE inverter_10s (
	id INTEGER PRIMARY KEY,
	t INTEGER NOT NULL,
	device INTEGER AS (id % 4096),
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
	load_phases_w TEXT
) STRICT;

CREATE TABLE plug_10s (
	id INTEGER PRIMARY KEY,
	t INTEGER NOT NULL,
	device INTEGER AS (id % 4096),
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	power_mw INTEGER,
	voltage_mv INTEGER,
	current_ma INTEGER,
	energy_today_wh INTEGER,
	rssi INTEGER,
	flags INTEGER NOT NULL
) STRICT;

INSERT INTO battery_10s (id, t,
	n, quality, voltage_mv, current_ma, power_mw, soc, soh, remaining_mah, nominal_mah, cycles,
	balance_ma, mos_dc, flags, errors, temperatures_dc, cells_mv)
SELECT t * 4096 + device, t,
	n, quality, voltage_mv, current_ma, power_mw, soc, soh, remaining_mah, nominal_mah, cycles,
	balance_ma, mos_dc, flags, errors, temperatures_dc, cells_mv
FROM battery_old WHERE device < 4096;
DROP TABLE battery_old;

INSERT INTO inverter_10s (id, t,
	n, quality, pv_w, grid_w, load_w, battery_w, gen_w, inverter_w, backup_w, battery_mv,
	battery_ma, battery_soc, battery_dc, grid_chz, dc_dc, ac_dc, run_state, flags, faults,
	warnings, pv_strings_w, pv_strings_dv, grid_phases_w, grid_phases_dv, load_phases_w)
SELECT t * 4096 + device, t,
	n, quality, pv_w, grid_w, load_w, battery_w, gen_w, inverter_w, backup_w, battery_mv,
	battery_ma, battery_soc, battery_dc, grid_chz, dc_dc, ac_dc, run_state, flags, faults,
	warnings, pv_strings_w, pv_strings_dv, grid_phases_w, grid_phases_dv, load_phases_w
FROM inverter_old WHERE device < 4096;
DROP TABLE inverter_old;

INSERT INTO plug_10s (id, t,
	n, quality, power_mw, voltage_mv, current_ma, energy_today_wh, rssi, flags)
SELECT t * 4096 + device, t,
	n, quality, power_mw, voltage_mv, current_ma, energy_today_wh, rssi, flags
FROM plug_old WHERE device < 4096;
DROP TABLE plug_old;

CREATE TABLE bank_10s (
	id INTEGER PRIMARY KEY,
	t INTEGER NOT NULL,
	device INTEGER AS (id % 4096),
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
	nominal_mah INTEGER
) STRICT;

CREATE TABLE house_10s (
	id INTEGER PRIMARY KEY,
	t INTEGER NOT NULL,
	device INTEGER AS (id % 4096),
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w INTEGER,
	load_w INTEGER,
	grid_w INTEGER,
	battery_w INTEGER,
	gen_w INTEGER,
	battery_soc INTEGER,
	flags INTEGER NOT NULL
) STRICT;

-- What history costs the disk: a JSON object, of fcgi/README.md.
ALTER TABLE collector ADD COLUMN storage TEXT;
