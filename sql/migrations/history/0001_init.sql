-- Raw tier: one row a device and 10 s, averages of the frames in it. Clustered by time, so that a
-- commit a minute touches few pages; integers scaled to what the wire resolves.

CREATE TABLE battery_10s (
	t INTEGER NOT NULL,                         -- s since 1970, start of the 10 s
	device INTEGER NOT NULL,
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
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

CREATE VIEW battery AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, n, quality,
	voltage_mv / 1000.0 AS voltage_v, current_ma / 1000.0 AS current_a, power_mw / 1000.0 AS power_w,
	soc AS soc_percent, soh AS soh_percent, remaining_mah / 1000.0 AS remaining_ah,
	nominal_mah / 1000.0 AS nominal_ah, cycles, balance_ma / 1000.0 AS balance_a, mos_dc / 10.0 AS mos_c,
	flags & 1 AS charge_fet, flags >> 1 & 1 AS discharge_fet, flags >> 2 & 1 AS precharge_fet,
	flags >> 3 & 1 AS heating, flags >> 4 & 1 AS balancing, errors, temperatures_dc, cells_mv
FROM battery_10s;

CREATE TABLE event (
	id INTEGER PRIMARY KEY,
	t_ms INTEGER NOT NULL,
	device INTEGER,                             -- null: svitlo itself
	kind TEXT NOT NULL,                         -- start, stop, clock_jump, device_state
	data TEXT CHECK (data IS NULL OR json_valid(data))
) STRICT;
CREATE INDEX event_time ON event (t_ms);
