-- What energy costs, from a day on until the next row's.
CREATE TABLE tariff (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	valid_from TEXT NOT NULL UNIQUE,            -- a day: 2026-11-24
	currency TEXT NOT NULL,                     -- UAH
	day_price REAL NOT NULL,                    -- of a kWh bought
	night_price REAL,                           -- null: the same at night
	night_from_min INTEGER NOT NULL DEFAULT 1380, -- minutes after midnight, by the house's zone
	night_to_min INTEGER NOT NULL DEFAULT 420,
	export_price REAL NOT NULL DEFAULT 0,       -- of a kWh sold
	month_fee REAL NOT NULL DEFAULT 0           -- fixed
) STRICT;
