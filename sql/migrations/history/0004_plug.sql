-- Averages over 10 s of each plug and socket.
CREATE TABLE plug_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,                         -- readings
	quality INTEGER NOT NULL,
	power_mw INTEGER,
	voltage_mv INTEGER,
	current_ma INTEGER,
	energy_today_wh INTEGER,                    -- last
	rssi INTEGER,
	flags INTEGER NOT NULL,                     -- 1 on, 2 overheated, 4 overloaded
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;

CREATE VIEW plug AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, n, quality,
	flags & 1 AS is_on, power_mw / 1000.0 AS power_w, voltage_mv / 1000.0 AS voltage_v,
	current_ma / 1000.0 AS current_a, energy_today_wh, rssi AS rssi_dbm, flags >> 1 & 1 AS overheated,
	flags >> 2 & 1 AS overloaded
FROM plug_10s;
