-- Inverters: the raw tier as battery_10s has it, and energy by civil day.

CREATE TABLE inverter_10s (
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER NOT NULL,
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
	load_phases_w TEXT,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

CREATE VIEW inverter AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, n, quality,
	pv_w, grid_w, load_w, battery_w, gen_w, inverter_w, backup_w,
	battery_mv / 1000.0 AS battery_v, battery_ma / 1000.0 AS battery_a, battery_soc AS battery_soc_percent,
	battery_dc / 10.0 AS battery_c, grid_chz / 100.0 AS grid_hz, dc_dc / 10.0 AS dc_c, ac_dc / 10.0 AS ac_c,
	run_state, flags & 1 AS grid_relay, flags >> 1 & 1 AS gen_relay, faults, warnings,
	pv_strings_w, pv_strings_dv, grid_phases_w, grid_phases_dv, load_phases_w
FROM inverter_10s;

-- What we have counted ourselves, by the civil day of the house's time zone.
CREATE TABLE energy_day (
	day TEXT NOT NULL,                          -- 2026-11-24
	device INTEGER NOT NULL,
	pv_wh REAL,
	load_wh REAL,
	import_wh REAL,
	export_wh REAL,
	charge_wh REAL,
	discharge_wh REAL,
	gen_wh REAL,
	measured_s REAL NOT NULL,                -- of the day, the time with readings
	filled_wh REAL NOT NULL,                 -- of all the above, taken from the inverter's counters after a gap
	PRIMARY KEY (day, device)
) STRICT, WITHOUT ROWID;
