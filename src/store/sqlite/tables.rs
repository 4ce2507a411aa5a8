//! The tables, step by step: what each schema adds to the one before it.

/// Schema 1.
///
/// `counted_at` is when a send counts from; null once its slot was given back. Of one user (and
/// of one number) it never decreases with the id, see `quota`. The indexes on
/// it hold all that judging needs, so that a quota reads one range of one index however long
/// the log is.
pub(super) const FIRST: &str = "
-- One row: what the deck's key makes of a constant, so that another key is noticed.
CREATE TABLE deck (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint BLOB NOT NULL
) STRICT;

-- A user or a number in one environment. The key is a keyed hash, the label may be shown.
CREATE TABLE subjects (
    id             INTEGER PRIMARY KEY,
    environment    TEXT NOT NULL,
    key            BLOB NOT NULL,
    label          TEXT NOT NULL,
    reset_upto     INTEGER NOT NULL DEFAULT 0, -- deliveries up to this id no longer count
    wrong_in_a_row INTEGER NOT NULL DEFAULT 0, -- wrong tries since the latest success or unlock
    UNIQUE (environment, key)
) STRICT;
CREATE INDEX subjects_by_wrong ON subjects (environment, wrong_in_a_row)
    WHERE wrong_in_a_row > 0;

CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT NOT NULL,
    user        INTEGER NOT NULL REFERENCES subjects,
    number      INTEGER NOT NULL REFERENCES subjects,
    country     TEXT,
    sender      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    segments    INTEGER NOT NULL,
    asked_by    TEXT NOT NULL,
    at          INTEGER NOT NULL,
    counted_at  INTEGER,
    status      TEXT NOT NULL,
    finished    INTEGER NOT NULL DEFAULT 0,
    sid         TEXT,
    error_code  INTEGER
) STRICT;
CREATE INDEX deliveries_by_user ON deliveries (user, id, counted_at)
    WHERE counted_at IS NOT NULL;
CREATE INDEX deliveries_by_number ON deliveries (number, id, counted_at)
    WHERE counted_at IS NOT NULL;
CREATE INDEX deliveries_by_time ON deliveries (environment, counted_at, id, user, number)
    WHERE counted_at IS NOT NULL;
CREATE INDEX deliveries_unfinished ON deliveries (finished) WHERE finished = 0;

CREATE TABLE challenges (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user        INTEGER NOT NULL REFERENCES subjects,
    number      INTEGER NOT NULL REFERENCES subjects,
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    used        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX challenges_by_number ON challenges (number, id);

-- One code for each delivery whose slot was not given back.
CREATE TABLE codes (
    delivery    INTEGER PRIMARY KEY REFERENCES deliveries,
    challenge   INTEGER NOT NULL REFERENCES challenges,
    digest      BLOB NOT NULL,
    valid_until INTEGER NOT NULL
) STRICT;
CREATE INDEX codes_by_challenge ON codes (challenge);

-- What has happened, as it is shown: never changed, so a line says what was true then.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    environment TEXT NOT NULL,
    delivery    INTEGER REFERENCES deliveries,
    kind        TEXT NOT NULL,
    user        TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    sender      TEXT,
    sid         TEXT,
    error_code  INTEGER,
    detail      TEXT
) STRICT;
CREATE INDEX events_by_environment ON events (environment, id);
CREATE INDEX events_by_delivery ON events (delivery) WHERE delivery IS NOT NULL;
";

/// Schema 2: who follows a delivery, and until when no one else does; what reconciling has
/// found out; the audit.
pub(super) const SECOND: &str = "
ALTER TABLE deliveries ADD COLUMN owner INTEGER;               -- the process that follows it
ALTER TABLE deliveries ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN missed_at INTEGER; -- first looked for at the provider in vain
DROP INDEX deliveries_unfinished;
CREATE INDEX deliveries_unfinished ON deliveries (lease_until, owner) WHERE finished = 0;
CREATE INDEX deliveries_by_sid ON deliveries (sid) WHERE sid IS NOT NULL;

-- Who did what. Rows are chained: each hash covers the row and the hash before it.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    operator    TEXT NOT NULL,
    environment TEXT NOT NULL,
    action      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    hash        BLOB NOT NULL
) STRICT;
-- One row: how far the chain reaches, so that its end cannot be cut off unseen.
CREATE TABLE audit_head (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    count INTEGER NOT NULL,
    seal  BLOB NOT NULL
) STRICT;
";

/// Schema 3: who holds the message of a delivery, which block of numbers it went to, and what
/// reads the last hours quickly. From this one on the audit is sealed from its beginning, so that
/// a missing seal shows that it was wiped.
pub(super) const THIRD: &str = "
ALTER TABLE deliveries ADD COLUMN account TEXT; -- null: sent by an earlier schema
ALTER TABLE deliveries ADD COLUMN block BLOB; -- a keyed hash; null: sent by an earlier schema
ALTER TABLE events ADD COLUMN request_id TEXT;
CREATE INDEX deliveries_by_age ON deliveries (environment, at, country, status);
CREATE INDEX events_by_age ON events (environment, at, kind);
";

/// Schema 4: whom an event is about that belongs to no delivery, and what finds the sends of a user
/// whose slots were given back.
pub(super) const FOURTH: &str = "
ALTER TABLE events ADD COLUMN user_key BLOB; -- as in subjects; null: written by an earlier schema
ALTER TABLE events ADD COLUMN number_key BLOB;
CREATE INDEX events_by_user ON events (user_key) WHERE user_key IS NOT NULL;
CREATE INDEX events_by_number ON events (number_key) WHERE number_key IS NOT NULL;
CREATE INDEX deliveries_given_back_by_user ON deliveries (user) WHERE counted_at IS NULL;
CREATE INDEX deliveries_given_back_by_number ON deliveries (number) WHERE counted_at IS NULL;
";

/// Schema 5: why something happened as a key, where it was a sentence, and to which country. From
/// this one on `deliveries.reason` holds [`SenderChoice`](crate::domain::routing::SenderChoice).
pub(super) const FIFTH: &str = "
ALTER TABLE deliveries ADD COLUMN default_country TEXT; -- whose calling code was applied
ALTER TABLE events ADD COLUMN reason TEXT;
ALTER TABLE events ADD COLUMN country TEXT; -- the recipient's
";

/// Schema 6: the store's identity, the deck's own time, what the wall clock showed when a row was
/// written, and what accounts have said of credentials.
pub(super) const SIXTH: &str = "
ALTER TABLE deck ADD COLUMN store_id BLOB; -- as secrets.ron names it
-- One row: the latest boot of the machine, and the last moment that is known of it.
CREATE TABLE timeline (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    boot         TEXT NOT NULL,    -- the id that the operating system gave it
    ahead        INTEGER NOT NULL, -- the deck's time minus the uptime
    trusted_from INTEGER NOT NULL, -- the uptime from which on old rows may be deleted
    deck_time    INTEGER NOT NULL, -- the last moment by the deck's time,
    wall         INTEGER NOT NULL  -- and by the wall clock
) STRICT;
ALTER TABLE deliveries ADD COLUMN wall INTEGER; -- the wall clock; null: an earlier schema
ALTER TABLE events ADD COLUMN wall INTEGER;
ALTER TABLE deliveries ADD COLUMN fault TEXT; -- what kept it from the provider
ALTER TABLE deliveries ADD COLUMN took INTEGER; -- milliseconds from the provider to the phone
ALTER TABLE codes ADD COLUMN issued_at INTEGER; -- null: written by an earlier schema
ALTER TABLE codes ADD COLUMN wall_issued_at INTEGER; -- the wall clock
ALTER TABLE codes ADD COLUMN wall_valid_until INTEGER;
-- What an account has last said of credentials, whoever asked.
CREATE TABLE credentials (
    environment TEXT NOT NULL,
    fingerprint BLOB NOT NULL, -- a keyed hash of account, key, token and address
    at          INTEGER NOT NULL,
    error_code  INTEGER, -- null: they are accepted
    PRIMARY KEY (environment, fingerprint)
) STRICT;
";

pub(super) const SEVENTH: &str = "
-- Findings that an operator knows of.
CREATE TABLE acknowledgements (
    environment TEXT NOT NULL,
    finding     TEXT NOT NULL, -- its stable name
    at          INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    operator    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (environment, finding)
) STRICT;
";

pub(super) const EIGHTH: &str = "
-- What the account of each environment has last said it has left.
CREATE TABLE balances (
    environment TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL, -- of the credentials that it was asked with
    at          INTEGER NOT NULL,
    millionths  INTEGER NOT NULL,
    currency    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";
