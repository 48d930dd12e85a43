-- As many devices as all parts of svitlo take (DEVICES_MAX in svitlo/limits.h).
CREATE TRIGGER device_count BEFORE INSERT ON device
WHEN (SELECT count(*) FROM device) >= 256
BEGIN
	SELECT RAISE(ABORT, 'there are 256 devices, svitlo takes no more; remove one first');
END;

-- History has room for ids below 4096 (HISTORY_DEVICES_MAX in svitlo/history.h).
CREATE TRIGGER device_id AFTER INSERT ON device
WHEN NEW.id >= 4096
BEGIN
	SELECT RAISE(ABORT, 'all 4095 device ids are used up; history has no room for another device');
END;
