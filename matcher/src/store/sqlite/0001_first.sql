-- Nothing in here names a citizen: IINs are inside sealed records only, subjects are keyed hashes, and what shows or
-- describes a face is sealed under a key of its session or its subject.

CREATE TABLE master_check (text BLOB NOT NULL) STRICT;

-- Ids of requests on the inner channel, until they expire.
CREATE TABLE request (id BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX request_until ON request (until);

CREATE TABLE session (
  id BLOB PRIMARY KEY,
  transaction_hash BLOB NOT NULL UNIQUE,
  opened_at TEXT NOT NULL,
  request BLOB NOT NULL,
  key BLOB NOT NULL,
  record BLOB NOT NULL,
  ended TEXT
) STRICT;

CREATE TABLE step (
  session BLOB NOT NULL REFERENCES session (id),
  run INTEGER NOT NULL,
  step INTEGER NOT NULL,
  nonce BLOB NOT NULL UNIQUE,
  request BLOB NOT NULL,
  frames INTEGER NOT NULL,
  content BLOB,
  verdict TEXT NOT NULL,
  PRIMARY KEY (session, run, step)
) STRICT;

CREATE TABLE run (
  session BLOB NOT NULL REFERENCES session (id),
  run INTEGER NOT NULL,
  request BLOB NOT NULL,
  verdict TEXT NOT NULL,
  probe BLOB,
  PRIMARY KEY (session, run)
) STRICT;

CREATE TABLE comparison (
  session BLOB PRIMARY KEY REFERENCES session (id),
  verdict TEXT NOT NULL
) STRICT;

CREATE TABLE document (
  sha256 BLOB NOT NULL UNIQUE,
  session BLOB NOT NULL REFERENCES session (id),
  reference TEXT NOT NULL,
  jws BLOB NOT NULL
) STRICT;
CREATE INDEX document_session ON document (session);

-- The register of attempts (NBS-8): a leaf of the Merkle log is the entry's text.
CREATE TABLE entry (
  place INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  subject BLOB,
  subject_place INTEGER,
  document BLOB NOT NULL,
  UNIQUE (subject, subject_place),
  CHECK ((subject IS NULL) = (subject_place IS NULL))
) STRICT;
CREATE INDEX entry_document ON entry (document);

CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, jws TEXT NOT NULL) STRICT;

-- The journal of what was done with biometric data (NBS-3, BNK-3).
CREATE TABLE journal (
  at TEXT NOT NULL,
  session BLOB,
  subject BLOB,
  process TEXT NOT NULL,
  item TEXT NOT NULL,
  count INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_session ON journal (session);

-- Templates: found by subject alone; each sealed under a key of its own, which is sealed under the master key.
CREATE TABLE subject_key (subject BLOB PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE template (
  subject BLOB PRIMARY KEY REFERENCES subject_key (subject) ON DELETE CASCADE,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
