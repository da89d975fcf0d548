-- The face that a session's next run is compared with, sealed.
ALTER TABLE run ADD COLUMN anchor BLOB;

-- Sessions that still hold frames or a face are few among all: they are found without reading the others.
CREATE INDEX step_kept ON step (session) WHERE content IS NOT NULL;
CREATE INDEX run_kept ON run (session) WHERE probe IS NOT NULL OR anchor IS NOT NULL;
