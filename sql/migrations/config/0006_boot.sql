-- The end of an on for so long, by the clock that nobody sets: it counts in one boot only.
ALTER TABLE timer ADD COLUMN boot TEXT;       -- kernel's id of the boot it was written in
ALTER TABLE timer ADD COLUMN mono_ms INTEGER; -- its end by CLOCK_MONOTONIC of that boot
