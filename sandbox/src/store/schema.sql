PRAGMA journal_mode = WAL;
PRAGMA foreign_keys = ON;

-- The state database "Жеке тұлғалар". `id` names a citizen in addresses and forms, where an IIN must not stand.
CREATE TABLE IF NOT EXISTS citizen (
    id TEXT PRIMARY KEY,
    iin TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    photo BLOB NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

-- Requests on the inner channel that were accepted, until their tokens expire: none is accepted twice.
CREATE TABLE IF NOT EXISTS seen_request (
    id TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sign-ins that the bank began: what it needs to check the answer. `browser` is its own cookie,
-- `citizen` whom it asked for.
CREATE TABLE IF NOT EXISTS sign_in (
    state TEXT PRIMARY KEY,
    browser TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    citizen TEXT,
    begun_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cookies that were given in place of another one. The new one opens what the one before opens, and not the other way round.
CREATE TABLE IF NOT EXISTS renewed (
    id TEXT PRIMARY KEY,
    before TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What came of a sign-in (BNK-17): result and decision as JSON, and the signed documents.
CREATE TABLE IF NOT EXISTS outcome (
    id TEXT PRIMARY KEY,
    browser TEXT NOT NULL,
    content TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS document (
    outcome TEXT NOT NULL REFERENCES outcome (id),
    place INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (outcome, place)
) STRICT, WITHOUT ROWID;

-- Which outcome a sign-in has led to, for a browser that comes back with its answer once more.
CREATE TABLE IF NOT EXISTS concluded (
    state TEXT PRIMARY KEY,
    outcome TEXT NOT NULL REFERENCES outcome (id)
) STRICT, WITHOUT ROWID;
