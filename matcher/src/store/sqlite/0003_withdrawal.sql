-- When consent to keep a template was withdrawn, in microseconds since 1970: sessions that were agreed to before form none. Kept for as
-- long as such a session may go on.
CREATE TABLE withdrawal (subject BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
