-- Until when a session is kept, in seconds since 1970: then all of it is destroyed (NBS-11). The sessions from before this are of the test
-- environment, in which data are kept for 30 days.
ALTER TABLE session ADD COLUMN kept_until INTEGER NOT NULL DEFAULT 0;
UPDATE session SET kept_until = unixepoch(opened_at) + 30 * 86400;
CREATE INDEX session_kept_until ON session (kept_until);
