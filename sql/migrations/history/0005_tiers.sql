-- The upper tiers: what 10 s rows become, by the minute, the quarter of an hour and the civil day.
-- collector/lib/svitlo/history.h says how they are made. Clustered by device, since they are written
-- seldom and read by range.

ALTER TABLE battery_10s ADD COLUMN cell_min_mv INTEGER;
ALTER TABLE battery_10s ADD COLUMN cell_max_mv INTEGER;
ALTER TABLE battery_10s ADD COLUMN cell_delta_mv INTEGER;

-- All packs as one; device is 0.
CREATE TABLE bank_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv INTEGER,
	current_ma INTEGER,                         -- + charging
	power_mw INTEGER,                           -- + charging
	soc_dp INTEGER,                             -- 0.1 %, weighted by capacity
	cell_min_mv INTEGER,
	cell_max_mv INTEGER,
	cell_delta_mv INTEGER,
	remaining_mah INTEGER,
	nominal_mah INTEGER,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

-- All inverters as one; device is 0.
CREATE TABLE house_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w INTEGER,
	load_w INTEGER,
	grid_w INTEGER,                             -- + import
	battery_w INTEGER,                          -- + charging
	gen_w INTEGER,                              -- + into the house
	battery_soc INTEGER,                        -- %, as the inverters see it
	flags INTEGER NOT NULL,                     -- 1 the grid is there, 2 it is away; 0 nobody says
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

-- Up to where each tier is made; of the day tier also for which zone.
CREATE TABLE rollup (
	tier TEXT PRIMARY KEY,                      -- 1min, 15min, day
	until INTEGER NOT NULL,                     -- s since 1970: all before it
	zone TEXT
) STRICT, WITHOUT ROWID;

-- Units as in the 10 s tables. covered_s: of the time, what was measured. quality: 0 ok, 2 nothing
-- better than suspect rows. X_min and X_max: lowest and highest 10 s average. flags: all that were set
-- (battery 1 charge, 2 discharge, 4 precharge MOSFET, 8 heating, 16 balancing; inverter 1 grid, 2
-- generator relay; plug 1 on, 2 overheated, 4 overloaded; house 1 the grid was there, 2 it was away).
-- …_mwh: energy. Of a house pv_load_mwh is what went from the sun into the loads, and so on.

-- 1min

CREATE TABLE battery_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv_min INTEGER, voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER,
	current_ma INTEGER, current_ma_max INTEGER, power_mw_min INTEGER, power_mw INTEGER,
	power_mw_max INTEGER, soc_min INTEGER, soc INTEGER, soc_max INTEGER, balance_ma_min INTEGER,
	balance_ma INTEGER, balance_ma_max INTEGER, mos_dc_min INTEGER, mos_dc INTEGER,
	mos_dc_max INTEGER, cell_min_mv_min INTEGER, cell_min_mv INTEGER, cell_min_mv_max INTEGER,
	cell_max_mv_min INTEGER, cell_max_mv INTEGER, cell_max_mv_max INTEGER,
	cell_delta_mv_min INTEGER, cell_delta_mv INTEGER, cell_delta_mv_max INTEGER, soh INTEGER,
	remaining_mah INTEGER, nominal_mah INTEGER, cycles INTEGER, flags INTEGER, errors INTEGER,
	charge_mwh INTEGER, discharge_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE battery_cells_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL,
	temperatures_dc TEXT, temperatures_dc_below TEXT, temperatures_dc_above TEXT,
	cells_mv TEXT, cells_mv_below TEXT, cells_mv_above TEXT,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE inverter_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w_min INTEGER, pv_w INTEGER, pv_w_max INTEGER, grid_w_min INTEGER, grid_w INTEGER,
	grid_w_max INTEGER, load_w_min INTEGER, load_w INTEGER, load_w_max INTEGER,
	battery_w_min INTEGER, battery_w INTEGER, battery_w_max INTEGER, gen_w_min INTEGER,
	gen_w INTEGER, gen_w_max INTEGER, inverter_w_min INTEGER, inverter_w INTEGER,
	inverter_w_max INTEGER, backup_w_min INTEGER, backup_w INTEGER, backup_w_max INTEGER,
	battery_mv_min INTEGER, battery_mv INTEGER, battery_mv_max INTEGER, battery_ma_min INTEGER,
	battery_ma INTEGER, battery_ma_max INTEGER, battery_soc_min INTEGER, battery_soc INTEGER,
	battery_soc_max INTEGER, battery_dc_min INTEGER, battery_dc INTEGER, battery_dc_max INTEGER,
	grid_chz_min INTEGER, grid_chz INTEGER, grid_chz_max INTEGER, dc_dc_min INTEGER, dc_dc INTEGER,
	dc_dc_max INTEGER, ac_dc_min INTEGER, ac_dc INTEGER, ac_dc_max INTEGER, run_state INTEGER,
	flags INTEGER, faults INTEGER, warnings INTEGER, pv_mwh INTEGER, load_mwh INTEGER,
	import_mwh INTEGER, export_mwh INTEGER, charge_mwh INTEGER, discharge_mwh INTEGER,
	gen_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE inverter_phases_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL,
	pv_strings_w TEXT, pv_strings_w_below TEXT, pv_strings_w_above TEXT,
	pv_strings_dv TEXT, pv_strings_dv_below TEXT, pv_strings_dv_above TEXT,
	grid_phases_w TEXT, grid_phases_w_below TEXT, grid_phases_w_above TEXT,
	grid_phases_dv TEXT, grid_phases_dv_below TEXT, grid_phases_dv_above TEXT,
	load_phases_w TEXT, load_phases_w_below TEXT, load_phases_w_above TEXT,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE plug_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	power_mw_min INTEGER, power_mw INTEGER, power_mw_max INTEGER, voltage_mv_min INTEGER,
	voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER, current_ma INTEGER,
	current_ma_max INTEGER, rssi_min INTEGER, rssi INTEGER, rssi_max INTEGER,
	energy_today_wh INTEGER, flags INTEGER, energy_mwh INTEGER, on_s INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE bank_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv_min INTEGER, voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER,
	current_ma INTEGER, current_ma_max INTEGER, power_mw_min INTEGER, power_mw INTEGER,
	power_mw_max INTEGER, soc_dp_min INTEGER, soc_dp INTEGER, soc_dp_max INTEGER,
	cell_min_mv_min INTEGER, cell_min_mv INTEGER, cell_min_mv_max INTEGER, cell_max_mv_min INTEGER,
	cell_max_mv INTEGER, cell_max_mv_max INTEGER, cell_delta_mv_min INTEGER, cell_delta_mv INTEGER,
	cell_delta_mv_max INTEGER, remaining_mah INTEGER, nominal_mah INTEGER, charge_mwh INTEGER,
	discharge_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE house_1min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w_min INTEGER, pv_w INTEGER, pv_w_max INTEGER, load_w_min INTEGER, load_w INTEGER,
	load_w_max INTEGER, grid_w_min INTEGER, grid_w INTEGER, grid_w_max INTEGER,
	battery_w_min INTEGER, battery_w INTEGER, battery_w_max INTEGER, gen_w_min INTEGER,
	gen_w INTEGER, gen_w_max INTEGER, battery_soc_min INTEGER, battery_soc INTEGER,
	battery_soc_max INTEGER, flags INTEGER, pv_mwh INTEGER, load_mwh INTEGER, import_mwh INTEGER,
	export_mwh INTEGER, charge_mwh INTEGER, discharge_mwh INTEGER, gen_mwh INTEGER,
	pv_load_mwh INTEGER, pv_battery_mwh INTEGER, pv_grid_mwh INTEGER, grid_load_mwh INTEGER,
	grid_battery_mwh INTEGER, battery_load_mwh INTEGER, battery_grid_mwh INTEGER,
	gen_load_mwh INTEGER, grid_away_s INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

-- 15min

CREATE TABLE battery_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv_min INTEGER, voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER,
	current_ma INTEGER, current_ma_max INTEGER, power_mw_min INTEGER, power_mw INTEGER,
	power_mw_max INTEGER, soc_min INTEGER, soc INTEGER, soc_max INTEGER, balance_ma_min INTEGER,
	balance_ma INTEGER, balance_ma_max INTEGER, mos_dc_min INTEGER, mos_dc INTEGER,
	mos_dc_max INTEGER, cell_min_mv_min INTEGER, cell_min_mv INTEGER, cell_min_mv_max INTEGER,
	cell_max_mv_min INTEGER, cell_max_mv INTEGER, cell_max_mv_max INTEGER,
	cell_delta_mv_min INTEGER, cell_delta_mv INTEGER, cell_delta_mv_max INTEGER, soh INTEGER,
	remaining_mah INTEGER, nominal_mah INTEGER, cycles INTEGER, flags INTEGER, errors INTEGER,
	charge_mwh INTEGER, discharge_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE battery_cells_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL,
	temperatures_dc TEXT, temperatures_dc_below TEXT, temperatures_dc_above TEXT,
	cells_mv TEXT, cells_mv_below TEXT, cells_mv_above TEXT,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE inverter_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w_min INTEGER, pv_w INTEGER, pv_w_max INTEGER, grid_w_min INTEGER, grid_w INTEGER,
	grid_w_max INTEGER, load_w_min INTEGER, load_w INTEGER, load_w_max INTEGER,
	battery_w_min INTEGER, battery_w INTEGER, battery_w_max INTEGER, gen_w_min INTEGER,
	gen_w INTEGER, gen_w_max INTEGER, inverter_w_min INTEGER, inverter_w INTEGER,
	inverter_w_max INTEGER, backup_w_min INTEGER, backup_w INTEGER, backup_w_max INTEGER,
	battery_mv_min INTEGER, battery_mv INTEGER, battery_mv_max INTEGER, battery_ma_min INTEGER,
	battery_ma INTEGER, battery_ma_max INTEGER, battery_soc_min INTEGER, battery_soc INTEGER,
	battery_soc_max INTEGER, battery_dc_min INTEGER, battery_dc INTEGER, battery_dc_max INTEGER,
	grid_chz_min INTEGER, grid_chz INTEGER, grid_chz_max INTEGER, dc_dc_min INTEGER, dc_dc INTEGER,
	dc_dc_max INTEGER, ac_dc_min INTEGER, ac_dc INTEGER, ac_dc_max INTEGER, run_state INTEGER,
	flags INTEGER, faults INTEGER, warnings INTEGER, pv_mwh INTEGER, load_mwh INTEGER,
	import_mwh INTEGER, export_mwh INTEGER, charge_mwh INTEGER, discharge_mwh INTEGER,
	gen_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE inverter_phases_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL,
	pv_strings_w TEXT, pv_strings_w_below TEXT, pv_strings_w_above TEXT,
	pv_strings_dv TEXT, pv_strings_dv_below TEXT, pv_strings_dv_above TEXT,
	grid_phases_w TEXT, grid_phases_w_below TEXT, grid_phases_w_above TEXT,
	grid_phases_dv TEXT, grid_phases_dv_below TEXT, grid_phases_dv_above TEXT,
	load_phases_w TEXT, load_phases_w_below TEXT, load_phases_w_above TEXT,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE plug_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	power_mw_min INTEGER, power_mw INTEGER, power_mw_max INTEGER, voltage_mv_min INTEGER,
	voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER, current_ma INTEGER,
	current_ma_max INTEGER, rssi_min INTEGER, rssi INTEGER, rssi_max INTEGER,
	energy_today_wh INTEGER, flags INTEGER, energy_mwh INTEGER, on_s INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE bank_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv_min INTEGER, voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER,
	current_ma INTEGER, current_ma_max INTEGER, power_mw_min INTEGER, power_mw INTEGER,
	power_mw_max INTEGER, soc_dp_min INTEGER, soc_dp INTEGER, soc_dp_max INTEGER,
	cell_min_mv_min INTEGER, cell_min_mv INTEGER, cell_min_mv_max INTEGER, cell_max_mv_min INTEGER,
	cell_max_mv INTEGER, cell_max_mv_max INTEGER, cell_delta_mv_min INTEGER, cell_delta_mv INTEGER,
	cell_delta_mv_max INTEGER, remaining_mah INTEGER, nominal_mah INTEGER, charge_mwh INTEGER,
	discharge_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE house_15min (
	device INTEGER NOT NULL, t INTEGER NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w_min INTEGER, pv_w INTEGER, pv_w_max INTEGER, load_w_min INTEGER, load_w INTEGER,
	load_w_max INTEGER, grid_w_min INTEGER, grid_w INTEGER, grid_w_max INTEGER,
	battery_w_min INTEGER, battery_w INTEGER, battery_w_max INTEGER, gen_w_min INTEGER,
	gen_w INTEGER, gen_w_max INTEGER, battery_soc_min INTEGER, battery_soc INTEGER,
	battery_soc_max INTEGER, flags INTEGER, pv_mwh INTEGER, load_mwh INTEGER, import_mwh INTEGER,
	export_mwh INTEGER, charge_mwh INTEGER, discharge_mwh INTEGER, gen_mwh INTEGER,
	pv_load_mwh INTEGER, pv_battery_mwh INTEGER, pv_grid_mwh INTEGER, grid_load_mwh INTEGER,
	grid_battery_mwh INTEGER, battery_load_mwh INTEGER, battery_grid_mwh INTEGER,
	gen_load_mwh INTEGER, grid_away_s INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

-- day

CREATE TABLE battery_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL, day TEXT NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv_min INTEGER, voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER,
	current_ma INTEGER, current_ma_max INTEGER, power_mw_min INTEGER, power_mw INTEGER,
	power_mw_max INTEGER, soc_min INTEGER, soc INTEGER, soc_max INTEGER, balance_ma_min INTEGER,
	balance_ma INTEGER, balance_ma_max INTEGER, mos_dc_min INTEGER, mos_dc INTEGER,
	mos_dc_max INTEGER, cell_min_mv_min INTEGER, cell_min_mv INTEGER, cell_min_mv_max INTEGER,
	cell_max_mv_min INTEGER, cell_max_mv INTEGER, cell_max_mv_max INTEGER,
	cell_delta_mv_min INTEGER, cell_delta_mv INTEGER, cell_delta_mv_max INTEGER, soh INTEGER,
	remaining_mah INTEGER, nominal_mah INTEGER, cycles INTEGER, flags INTEGER, errors INTEGER,
	charge_mwh INTEGER, discharge_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE battery_cells_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL,
	temperatures_dc TEXT, temperatures_dc_below TEXT, temperatures_dc_above TEXT,
	cells_mv TEXT, cells_mv_below TEXT, cells_mv_above TEXT,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE inverter_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL, day TEXT NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w_min INTEGER, pv_w INTEGER, pv_w_max INTEGER, grid_w_min INTEGER, grid_w INTEGER,
	grid_w_max INTEGER, load_w_min INTEGER, load_w INTEGER, load_w_max INTEGER,
	battery_w_min INTEGER, battery_w INTEGER, battery_w_max INTEGER, gen_w_min INTEGER,
	gen_w INTEGER, gen_w_max INTEGER, inverter_w_min INTEGER, inverter_w INTEGER,
	inverter_w_max INTEGER, backup_w_min INTEGER, backup_w INTEGER, backup_w_max INTEGER,
	battery_mv_min INTEGER, battery_mv INTEGER, battery_mv_max INTEGER, battery_ma_min INTEGER,
	battery_ma INTEGER, battery_ma_max INTEGER, battery_soc_min INTEGER, battery_soc INTEGER,
	battery_soc_max INTEGER, battery_dc_min INTEGER, battery_dc INTEGER, battery_dc_max INTEGER,
	grid_chz_min INTEGER, grid_chz INTEGER, grid_chz_max INTEGER, dc_dc_min INTEGER, dc_dc INTEGER,
	dc_dc_max INTEGER, ac_dc_min INTEGER, ac_dc INTEGER, ac_dc_max INTEGER, run_state INTEGER,
	flags INTEGER, faults INTEGER, warnings INTEGER, pv_mwh INTEGER, load_mwh INTEGER,
	import_mwh INTEGER, export_mwh INTEGER, charge_mwh INTEGER, discharge_mwh INTEGER,
	gen_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE inverter_phases_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL,
	pv_strings_w TEXT, pv_strings_w_below TEXT, pv_strings_w_above TEXT,
	pv_strings_dv TEXT, pv_strings_dv_below TEXT, pv_strings_dv_above TEXT,
	grid_phases_w TEXT, grid_phases_w_below TEXT, grid_phases_w_above TEXT,
	grid_phases_dv TEXT, grid_phases_dv_below TEXT, grid_phases_dv_above TEXT,
	load_phases_w TEXT, load_phases_w_below TEXT, load_phases_w_above TEXT,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE plug_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL, day TEXT NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	power_mw_min INTEGER, power_mw INTEGER, power_mw_max INTEGER, voltage_mv_min INTEGER,
	voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER, current_ma INTEGER,
	current_ma_max INTEGER, rssi_min INTEGER, rssi INTEGER, rssi_max INTEGER,
	energy_today_wh INTEGER, flags INTEGER, energy_mwh INTEGER, on_s INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE bank_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL, day TEXT NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	voltage_mv_min INTEGER, voltage_mv INTEGER, voltage_mv_max INTEGER, current_ma_min INTEGER,
	current_ma INTEGER, current_ma_max INTEGER, power_mw_min INTEGER, power_mw INTEGER,
	power_mw_max INTEGER, soc_dp_min INTEGER, soc_dp INTEGER, soc_dp_max INTEGER,
	cell_min_mv_min INTEGER, cell_min_mv INTEGER, cell_min_mv_max INTEGER, cell_max_mv_min INTEGER,
	cell_max_mv INTEGER, cell_max_mv_max INTEGER, cell_delta_mv_min INTEGER, cell_delta_mv INTEGER,
	cell_delta_mv_max INTEGER, remaining_mah INTEGER, nominal_mah INTEGER, charge_mwh INTEGER,
	discharge_mwh INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

CREATE TABLE house_day (
	device INTEGER NOT NULL, t INTEGER NOT NULL, day TEXT NOT NULL, covered_s INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w_min INTEGER, pv_w INTEGER, pv_w_max INTEGER, load_w_min INTEGER, load_w INTEGER,
	load_w_max INTEGER, grid_w_min INTEGER, grid_w INTEGER, grid_w_max INTEGER,
	battery_w_min INTEGER, battery_w INTEGER, battery_w_max INTEGER, gen_w_min INTEGER,
	gen_w INTEGER, gen_w_max INTEGER, battery_soc_min INTEGER, battery_soc INTEGER,
	battery_soc_max INTEGER, flags INTEGER, pv_mwh INTEGER, load_mwh INTEGER, import_mwh INTEGER,
	export_mwh INTEGER, charge_mwh INTEGER, discharge_mwh INTEGER, gen_mwh INTEGER,
	pv_load_mwh INTEGER, pv_battery_mwh INTEGER, pv_grid_mwh INTEGER, grid_load_mwh INTEGER,
	grid_battery_mwh INTEGER, battery_load_mwh INTEGER, battery_grid_mwh INTEGER,
	gen_load_mwh INTEGER, grid_away_s INTEGER,
	PRIMARY KEY (device, t)
) STRICT, WITHOUT ROWID;

-- When nothing is rolled up yet, all is still to be done.
INSERT INTO rollup VALUES ('1min', 0, NULL), ('15min', 0, NULL), ('day', 0, NULL);
