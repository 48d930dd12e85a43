-- What a device last said of itself: a setting that was changed while nobody watched is noticed too.
CREATE TABLE doc (
	device INTEGER NOT NULL,
	kind TEXT NOT NULL,                         -- info, settings
	t_ms INTEGER NOT NULL,                      -- when it last changed
	body TEXT NOT NULL,                         -- JSON object
	PRIMARY KEY (device, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_device ON event (device, t_ms);
