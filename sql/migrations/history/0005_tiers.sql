-- The upper tiers: what 10 s rows become, by the minute, the quarter of an hour and the civil day.
-- collector/lib/svitlo/history.h says how they are made. Clustered by device, since they are written
-- seldom and read by range.

-- The 10 s rows are written each minute, and what that costs is the pages touched. So a day's rows are
-- written over those of a day that is too old, at the same places: nothing is deleted, nothing moves, and
-- no page is taken or given back. `slot` says which days stand where; each row says its own time.
CREATE TABLE slot (
	day INTEGER PRIMARY KEY,                    -- s since 1970, begin of a UTC day
	place INTEGER NOT NULL UNIQUE,              -- 0, 1 …
	swept INTEGER NOT NULL                      -- s of this day before which no row of an older one is left
) STRICT;

DROP VIEW battery;
DROP VIEW inverter;
DROP VIEW plug;
ALTER TABLE battery_10s RENAME TO battery_old;
ALTER TABLE inverter_10s RENAME TO inverter_old;
ALTER TABLE plug_10s RENAME TO plug_old;

CREATE TABLE battery_10s (
	id INTEGER PRIMARY KEY,                     -- (slot.place * 86400 + t - slot.day) * 4096 + device
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER AS (id % 4096),
	n INTEGER NOT NULL,                         -- frames averaged
	quality INTEGER NOT NULL,                   -- 0 ok, 2 suspect (no better frame came)
	voltage_mv INTEGER,
	current_ma INTEGER,                         -- + charging
	power_mw INTEGER,                           -- + charging
	soc INTEGER,                                -- %
	soh INTEGER,                                -- %
	remaining_mah INTEGER,
	nominal_mah INTEGER,
	cycles INTEGER,
	balance_ma INTEGER,
	mos_dc INTEGER,                             -- 0.1 °C
	flags INTEGER NOT NULL,                     -- last: 1 charge, 2 discharge, 4 precharge MOSFET, 8 heating, 16 balancing
	errors INTEGER,                             -- alarm bits, all that were set in the 10 s
	temperatures_dc TEXT,                       -- JSON array, 0.1 °C, null where absent
	cells_mv TEXT,                              -- JSON array, cell 1 first
	cell_min_mv INTEGER,
	cell_max_mv INTEGER,
	cell_delta_mv INTEGER
) STRICT;

CREATE TABLE inverter_10s (
	id INTEGER PRIMARY KEY,                     -- (slot.place * 86400 + t - slot.day) * 4096 + device
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER AS (id % 4096),
	n INTEGER NOT NULL,                         -- polls averaged
	quality INTEGER NOT NULL,                   -- 0 ok, 2 suspect (no better poll came)
	pv_w INTEGER,
	grid_w INTEGER,                             -- of the whole house, + import
	load_w INTEGER,                             -- of the whole house
	battery_w INTEGER,                          -- + charging
	gen_w INTEGER,                              -- + into the house
	inverter_w INTEGER,                         -- AC output, negative when it charges from AC
	backup_w INTEGER,                           -- of the load, what hangs on the inverter's own output
	battery_mv INTEGER,
	battery_ma INTEGER,                         -- + charging
	battery_soc INTEGER,                        -- %, as the inverter sees it
	battery_dc INTEGER,                         -- 0.1 °C
	grid_chz INTEGER,                           -- 0.01 Hz
	dc_dc INTEGER,                              -- 0.1 °C, DC side
	ac_dc INTEGER,                              -- 0.1 °C, heat sink
	run_state INTEGER,                          -- 0 standby, 1 self-check, 2 normal, 3 alarm, 4 fault, 5 activating
	flags INTEGER NOT NULL,                     -- last: 1 grid relay closed, 2 generator relay closed
	faults INTEGER,                             -- bits, all that were set in the 10 s: bit n is F(n + 1)
	warnings INTEGER,                           -- bits
	pv_strings_w TEXT,                          -- JSON arrays: string 1 first …
	pv_strings_dv TEXT,                         -- 0.1 V
	grid_phases_w TEXT,                         -- … phase 1 first
	grid_phases_dv TEXT,
	load_phases_w TEXT
) STRICT;

CREATE TABLE plug_10s (
	id INTEGER PRIMARY KEY,                     -- (slot.place * 86400 + t - slot.day) * 4096 + device
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER AS (id % 4096),
	n INTEGER NOT NULL,                         -- readings
	quality INTEGER NOT NULL,
	power_mw INTEGER,
	voltage_mv INTEGER,
	current_ma INTEGER,
	energy_today_wh INTEGER,                    -- last
	rssi INTEGER,
	flags INTEGER NOT NULL                     -- 1 on, 2 overheated, 4 overloaded
) STRICT;

INSERT INTO slot SELECT day, row_number() OVER (ORDER BY day) - 1, 86400 FROM (
	SELECT DISTINCT t / 86400 * 86400 AS day FROM battery_old
	UNION SELECT DISTINCT t / 86400 * 86400 FROM inverter_old
	UNION SELECT DISTINCT t / 86400 * 86400 FROM plug_old);

INSERT INTO battery_10s (id, t,
	n, quality, voltage_mv, current_ma, power_mw, soc, soh, remaining_mah, nominal_mah, cycles,
	balance_ma, mos_dc, flags, errors, temperatures_dc, cells_mv)
SELECT (place * 86400 + t - day) * 4096 + device, t,
	n, quality, voltage_mv, current_ma, power_mw, soc, soh, remaining_mah, nominal_mah, cycles,
	balance_ma, mos_dc, flags, errors, temperatures_dc, cells_mv
FROM slot JOIN battery_old ON t >= day AND t < day + 86400 WHERE device < 4096;
DROP TABLE battery_old;

INSERT INTO inverter_10s (id, t,
	n, quality, pv_w, grid_w, load_w, battery_w, gen_w, inverter_w, backup_w, battery_mv,
	battery_ma, battery_soc, battery_dc, grid_chz, dc_dc, ac_dc, run_state, flags, faults,
	warnings, pv_strings_w, pv_strings_dv, grid_phases_w, grid_phases_dv, load_phases_w)
SELECT (place * 86400 + t - day) * 4096 + device, t,
	n, quality, pv_w, grid_w, load_w, battery_w, gen_w, inverter_w, backup_w, battery_mv,
	battery_ma, battery_soc, battery_dc, grid_chz, dc_dc, ac_dc, run_state, flags, faults,
	warnings, pv_strings_w, pv_strings_dv, grid_phases_w, grid_phases_dv, load_phases_w
FROM slot JOIN inverter_old ON t >= day AND t < day + 86400 WHERE device < 4096;
DROP TABLE inverter_old;

INSERT INTO plug_10s (id, t,
	n, quality, power_mw, voltage_mv, current_ma, energy_today_wh, rssi, flags)
SELECT (place * 86400 + t - day) * 4096 + device, t,
	n, quality, power_mw, voltage_mv, current_ma, energy_today_wh, rssi, flags
FROM slot JOIN plug_old ON t >= day AND t < day + 86400 WHERE device < 4096;
DROP TABLE plug_old;

-- For people: plain units, local time of the shell (TZ). `day` is the UTC day's begin: ask for it as well.
CREATE VIEW battery AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, day, t, device, n, quality,
	voltage_mv / 1000.0 AS voltage_v, current_ma / 1000.0 AS current_a, power_mw / 1000.0 AS power_w,
	soc AS soc_percent, soh AS soh_percent, remaining_mah / 1000.0 AS remaining_ah,
	nominal_mah / 1000.0 AS nominal_ah, cycles, balance_ma / 1000.0 AS balance_a, mos_dc / 10.0 AS mos_c,
	flags & 1 AS charge_fet, flags >> 1 & 1 AS discharge_fet, flags >> 2 & 1 AS precharge_fet,
	flags >> 3 & 1 AS heating, flags >> 4 & 1 AS balancing, errors, temperatures_dc, cells_mv,
	cell_min_mv / 1000.0 AS cell_min_v, cell_max_mv / 1000.0 AS cell_max_v, cell_delta_mv / 1000.0 AS cell_delta_v
FROM slot CROSS JOIN battery_10s ON id >= place * 353894400 AND id < (place + 1) * 353894400
	AND t >= day AND t < day + 86400;

CREATE VIEW inverter AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, day, t, device, n, quality,
	pv_w, grid_w, load_w, battery_w, gen_w, inverter_w, backup_w,
	battery_mv / 1000.0 AS battery_v, battery_ma / 1000.0 AS battery_a, battery_soc AS battery_soc_percent,
	battery_dc / 10.0 AS battery_c, grid_chz / 100.0 AS grid_hz, dc_dc / 10.0 AS dc_c, ac_dc / 10.0 AS ac_c,
	run_state, flags & 1 AS grid_relay, flags >> 1 & 1 AS gen_relay, faults, warnings,
	pv_strings_w, pv_strings_dv, grid_phases_w, grid_phases_dv, load_phases_w
FROM slot CROSS JOIN inverter_10s ON id >= place * 353894400 AND id < (place + 1) * 353894400
	AND t >= day AND t < day + 86400;

CREATE VIEW plug AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, day, t, device, n, quality,
	flags & 1 AS is_on, power_mw / 1000.0 AS power_w, voltage_mv / 1000.0 AS voltage_v,
	current_ma / 1000.0 AS current_a, energy_today_wh, rssi AS rssi_dbm, flags >> 1 & 1 AS overheated,
	flags >> 2 & 1 AS overloaded
FROM slot CROSS JOIN plug_10s ON id >= place * 353894400 AND id < (place + 1) * 353894400
	AND t >= day AND t < day + 86400;

-- All packs as one; device is 0.
CREATE TABLE bank_10s (
	id INTEGER PRIMARY KEY,                     -- (slot.place * 86400 + t - slot.day) * 4096 + device
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER AS (id % 4096),
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
	nominal_mah INTEGER
) STRICT;

-- All inverters as one; device is 0.
CREATE TABLE house_10s (
	id INTEGER PRIMARY KEY,                     -- (slot.place * 86400 + t - slot.day) * 4096 + device
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER AS (id % 4096),
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	pv_w INTEGER,
	load_w INTEGER,
	grid_w INTEGER,                             -- + import
	battery_w INTEGER,                          -- + charging
	gen_w INTEGER,                              -- + into the house
	battery_soc INTEGER,                        -- %, as the inverters see it
	flags INTEGER NOT NULL                     -- 1 the grid is there, 2 it is away; 0 nobody says
) STRICT;

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
