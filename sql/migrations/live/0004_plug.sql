-- Rows of plugs that are not in history.db yet. Same columns, same key.

CREATE TABLE plug_10s (
	t INTEGER NOT NULL,
	device INTEGER NOT NULL,
	n INTEGER NOT NULL,
	quality INTEGER NOT NULL,
	power_mw INTEGER,
	voltage_mv INTEGER,
	current_ma INTEGER,
	energy_today_wh INTEGER,
	rssi INTEGER,
	flags INTEGER NOT NULL,
	PRIMARY KEY (t, device)
) STRICT, WITHOUT ROWID;
