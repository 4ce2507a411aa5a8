//! Schema 9: the tables that grow with every send, rebuilt so that one takes little room and few
//! writes.
//!
//! What deliveries share is in `origins`; the code of a delivery is in its row; an event of a
//! delivery repeats nothing of it. Environments are their places in
//! [`Environment::ALL`](crate::domain::environment::Environment::ALL). No rows refer to others by a
//! constraint: checking it costs as much as the writes do.

/// Schema 9.
pub(super) const NINTH: &str = "
-- A user or a number in one environment. The key is a keyed hash, the label may be shown.
CREATE TABLE subjects9 (
    id             INTEGER PRIMARY KEY,
    environment    INTEGER NOT NULL,
    key            BLOB NOT NULL,
    label          TEXT NOT NULL,
    reset_upto     INTEGER NOT NULL DEFAULT 0, -- deliveries up to this id no longer count
    wrong_in_a_row INTEGER NOT NULL DEFAULT 0, -- wrong tries since the latest success or unlock
    UNIQUE (environment, key)
) STRICT;
INSERT INTO subjects9
SELECT id, CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END, key, label,
       reset_upto, wrong_in_a_row
FROM subjects;
-- Events of earlier schemas without keys keep their labels.
INSERT INTO subjects9 (environment, key, label)
SELECT DISTINCT CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END,
       coalesce(user_key, CAST('event ' || user AS BLOB)), user
FROM events WHERE delivery IS NULL
UNION
SELECT DISTINCT CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END,
       coalesce(number_key, CAST('event ' || recipient AS BLOB)), recipient
FROM events WHERE delivery IS NULL
ON CONFLICT DO NOTHING;
CREATE INDEX subjects_by_wrong9 ON subjects9 (environment, wrong_in_a_row)
    WHERE wrong_in_a_row > 0;

-- What deliveries have in common that are sent for the same caller: few rows.
CREATE TABLE origins (
    id       INTEGER PRIMARY KEY,
    sender   TEXT NOT NULL,
    account  TEXT NOT NULL, -- empty: sent by an earlier schema
    asked_by TEXT NOT NULL,
    UNIQUE (sender, account, asked_by)
) STRICT;
INSERT INTO origins (sender, account, asked_by)
SELECT DISTINCT sender, coalesce(account, ''), asked_by FROM deliveries;

CREATE TABLE deliveries9 (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    environment     INTEGER NOT NULL,
    user            INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    country         TEXT,
    origin          INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    default_country TEXT,                       -- whose calling code was applied
    segments        INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    skew            INTEGER NOT NULL DEFAULT 0, -- how far the wall clock was ahead, in milliseconds
    counted_at      INTEGER,                    -- null: its slot was given back
    status          TEXT NOT NULL,
    finished        INTEGER NOT NULL DEFAULT 0,
    sid             TEXT,
    error_code      INTEGER,
    fault           TEXT,                       -- what kept it from the provider
    took            INTEGER,                    -- milliseconds from the provider to the phone
    owner           INTEGER,                    -- the process that follows it
    lease_until     INTEGER NOT NULL DEFAULT 0,
    missed_at       INTEGER,                    -- first looked for at the provider in vain
    block           BLOB,                       -- of numbers; the first bytes of a keyed hash
    challenge       INTEGER,                    -- null: its code works nowhere
    digest          BLOB,                       -- of its code
    validity        INTEGER,                    -- of its code, in milliseconds
    entered         INTEGER NOT NULL DEFAULT 0  -- whether a code of its challenge was entered
) STRICT;
INSERT INTO deliveries9
SELECT deliveries.id,
       CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END,
       user, number, country, origins.id, reason, default_country, segments, at,
       coalesce(wall - at, 0), counted_at, status, finished, sid, error_code, fault, took,
       owner, iif(finished, 0, lease_until), missed_at, substr(block, 1, 8),
       challenge, digest, valid_until - coalesce(issued_at, at),
       coalesce((SELECT used FROM challenges WHERE challenges.id = codes.challenge), 0)
FROM deliveries
JOIN origins ON origins.sender = deliveries.sender
    AND origins.account = coalesce(deliveries.account, '')
    AND origins.asked_by = deliveries.asked_by
LEFT JOIN codes ON codes.delivery = deliveries.id
ORDER BY deliveries.id;

-- The newest challenge of each user at each number. A challenge is named by the delivery of its
-- first code.
CREATE TABLE challenges9 (
    number      INTEGER NOT NULL,
    user        INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    used        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (number, user)
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO challenges9
SELECT number, user, id, wrong_tries, used FROM challenges
WHERE EXISTS (SELECT 1 FROM codes WHERE challenge = challenges.id)
ORDER BY id;

-- What has happened, as it is shown: never changed, so a line says what was true then. Of refusals
-- that repeat within a minute there is one row.
CREATE TABLE events9 (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    environment INTEGER NOT NULL,
    delivery    INTEGER,
    kind        TEXT NOT NULL,
    user        INTEGER, -- a subject; null: that of the delivery
    number      INTEGER,
    error_code  INTEGER,
    request_id  TEXT,
    reason      TEXT,
    country     TEXT,    -- of an event without a delivery
    detail      TEXT,    -- null: that of the delivery, if it begins it
    skew        INTEGER NOT NULL DEFAULT 0,
    repeats     INTEGER NOT NULL DEFAULT 0 -- how often it has happened again
) STRICT;
INSERT INTO events9
SELECT events.id, at, place, delivery, kind, users.id, numbers.id, error_code, request_id, reason,
       iif(delivery IS NULL, country, NULL), iif(kind = 'submitting', '', detail),
       coalesce(wall - at, 0), 0
FROM (SELECT *, CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END AS place
      FROM events) AS events
LEFT JOIN subjects9 AS users ON delivery IS NULL AND users.environment = place
    AND users.key = coalesce(user_key, CAST('event ' || events.user AS BLOB))
LEFT JOIN subjects9 AS numbers ON delivery IS NULL AND numbers.environment = place
    AND numbers.key = coalesce(number_key, CAST('event ' || recipient AS BLOB))
ORDER BY events.id;

-- Ids are never given twice.
INSERT INTO sqlite_sequence (name, seq)
SELECT made, 0 FROM (SELECT 'deliveries9' AS made UNION ALL SELECT 'events9')
WHERE made NOT IN (SELECT name FROM sqlite_sequence);
UPDATE sqlite_sequence SET seq = max(seq, coalesce(
    (SELECT seq FROM sqlite_sequence AS old WHERE old.name || '9' = sqlite_sequence.name), 0))
WHERE name IN ('deliveries9', 'events9');

DROP TABLE events;
DROP TABLE codes;
DROP TABLE challenges;
DROP TABLE deliveries;
DROP TABLE subjects;
ALTER TABLE subjects9 RENAME TO subjects;
ALTER TABLE deliveries9 RENAME TO deliveries;
ALTER TABLE challenges9 RENAME TO challenges;
ALTER TABLE events9 RENAME TO events;

CREATE INDEX deliveries_by_user ON deliveries (user, id, counted_at);
CREATE INDEX deliveries_by_number ON deliveries (number, id, counted_at);
CREATE INDEX deliveries_by_age ON deliveries (environment, at, user, number, counted_at);
CREATE INDEX deliveries_by_sid ON deliveries (sid) WHERE sid IS NOT NULL;
CREATE INDEX deliveries_unfinished ON deliveries (lease_until, owner) WHERE finished = 0;
CREATE INDEX events_by_environment ON events (environment, id);
CREATE INDEX events_by_delivery ON events (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX events_by_age ON events (at);
CREATE INDEX events_by_user ON events (user) WHERE user IS NOT NULL;
CREATE INDEX events_by_number ON events (number) WHERE number IS NOT NULL;
-- Those that a busy log has few of.
CREATE INDEX events_rare ON events (kind, environment, id)
    WHERE kind NOT IN ('submitting', 'accepted', 'queued', 'sending', 'sent', 'delivered',
                       'verified');

-- How many codes went to a country in a minute and in an hour, but for those that never went out: a
-- limit must not count a day of deliveries for each request.
CREATE TABLE traffic (
    environment INTEGER NOT NULL,
    span        INTEGER NOT NULL, -- in minutes: 1 or 60
    start       INTEGER NOT NULL, -- in spans since 1970
    country     TEXT NOT NULL,    -- empty: numbers of no country
    sent        INTEGER NOT NULL,
    PRIMARY KEY (environment, span, start, country)
) STRICT, WITHOUT ROWID;
INSERT INTO traffic
SELECT environment, minutes, at / (60000 * minutes) AS begun, coalesce(country, '') AS place,
       count(*)
FROM deliveries, (SELECT 1 AS minutes UNION ALL SELECT 60)
WHERE at >= (SELECT max(at) FROM deliveries) - 2 * 86400000
    AND status NOT IN ('refused', 'not_sent')
GROUP BY environment, minutes, begun, place;

-- The small tables name environments as the others do.
ALTER TABLE acknowledgements RENAME TO acknowledgements8;
CREATE TABLE acknowledgements (
    environment INTEGER NOT NULL,
    finding     TEXT NOT NULL, -- its stable name
    at          INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    operator    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (environment, finding)
) STRICT;
INSERT INTO acknowledgements
SELECT CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END, finding, at, until,
       operator, reason
FROM acknowledgements8;
DROP TABLE acknowledgements8;
ALTER TABLE credentials RENAME TO credentials8;
CREATE TABLE credentials (
    environment INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, -- a keyed hash of account, key, token and address
    at          INTEGER NOT NULL,
    error_code  INTEGER, -- null: they are accepted
    PRIMARY KEY (environment, fingerprint)
) STRICT;
INSERT INTO credentials
SELECT CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END, fingerprint, at,
       error_code
FROM credentials8;
DROP TABLE credentials8;
ALTER TABLE balances RENAME TO balances8;
CREATE TABLE balances (
    environment INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL, -- of the credentials that it was asked with
    at          INTEGER NOT NULL,
    millionths  INTEGER NOT NULL,
    currency    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO balances
SELECT CASE environment WHEN 'development' THEN 0 WHEN 'test' THEN 1 ELSE 2 END, fingerprint, at,
       millionths, currency
FROM balances8;
DROP TABLE balances8;
";
