//! The tables, and how an older file becomes a newer one. Only forwards, in one transaction.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::store_error;
use super::values::whole_number;
use super::{audit_seal, backfill};
use crate::domain::secret::DeckKey;
use crate::store::error::StoreError;

/// Marks the file as ours in its header: "SMSD" in ASCII.
const APPLICATION_ID: i64 = 0x534d_5344;

/// One step for each schema; the schema of a file is the number of steps it has taken.
const MIGRATIONS: [Step; 5] = [
    Step { tables: FIRST, fill: None },
    Step { tables: SECOND, fill: None },
    Step { tables: THIRD, fill: None },
    Step { tables: FOURTH, fill: None },
    Step { tables: FIFTH, fill: Some(backfill::fill) },
];

/// What makes one schema of the one before it.
struct Step {
    /// Changes the tables.
    tables: &'static str,
    /// Fills new columns of existing rows.
    fill: Option<fn(&Connection) -> rusqlite::Result<()>>,
}

impl Step {
    fn take(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(self.tables)?;
        self.fill.map_or(Ok(()), |fill| fill(connection))
    }
}

/// The last schema whose audit has no seal before its first row.
const UNSEALED: usize = 2;

/// Schema 1.
///
/// `counted_at` is when a send counts from; null once its slot was given back. Of one user (and
/// of one number) it never decreases with the id, see `quota`. The indexes on
/// it hold all that judging needs, so that a quota reads one range of one index however long
/// the log is.
const FIRST: &str = "
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

/// Schema 2: who follows a delivery, and until when nobody else does; what reconciling has
/// found out; the audit.
const SECOND: &str = "
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
/// a missing seal tells that it was wiped.
const THIRD: &str = "
ALTER TABLE deliveries ADD COLUMN account TEXT; -- null: sent by an earlier schema
ALTER TABLE deliveries ADD COLUMN block BLOB; -- a keyed hash; null: sent by an earlier schema
ALTER TABLE events ADD COLUMN request_id TEXT;
CREATE INDEX deliveries_by_age ON deliveries (environment, at, country, status);
CREATE INDEX events_by_age ON events (environment, at, kind);
";

/// Schema 4: whom an event is about that belongs to no delivery, and what finds the sends of a user
/// whose slots were given back.
const FOURTH: &str = "
ALTER TABLE events ADD COLUMN user_key BLOB; -- as in subjects; null: written by an earlier schema
ALTER TABLE events ADD COLUMN number_key BLOB;
CREATE INDEX events_by_user ON events (user_key) WHERE user_key IS NOT NULL;
CREATE INDEX events_by_number ON events (number_key) WHERE number_key IS NOT NULL;
CREATE INDEX deliveries_given_back_by_user ON deliveries (user) WHERE counted_at IS NULL;
CREATE INDEX deliveries_given_back_by_number ON deliveries (number) WHERE counted_at IS NULL;
";

/// Schema 5: why something happened as a key, where it was a sentence, and to which country. From
/// this one on `deliveries.reason` holds [`SenderChoice`](crate::domain::routing::SenderChoice).
const FIFTH: &str = "
ALTER TABLE deliveries ADD COLUMN default_country TEXT; -- whose calling code was applied
ALTER TABLE events ADD COLUMN reason TEXT;
ALTER TABLE events ADD COLUMN country TEXT; -- the recipient's
";

/// Checks that the file is ours and not newer than this program, before anything in it is
/// changed. Returns how many of the migrations it has seen.
///
/// # Errors
/// When it is another program's, of a newer schema, or not readable.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<usize, StoreError> {
    // One snapshot: another process may be making the tables right now.
    let snapshot = connection.unchecked_transaction().map_err(|error| store_error(path, &error))?;
    taken_steps(&snapshot, path)
}

/// Brings the file to the latest schema. A new one is bound to the key; an older one must be
/// bound to it.
///
/// # Errors
/// As [`check`], when the file is bound to another key, and when it cannot be written; it is
/// then as it was before.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    key: &DeckKey,
) -> Result<(), StoreError> {
    let said = |error| store_error(path, &error);
    if check(connection, path)? == MIGRATIONS.len() {
        return check_key(connection, path, key);
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(said)?;
    // Looked up again: another process may have migrated while this one waited for the lock.
    let taken = taken_steps(&transaction, path)?;
    for step in MIGRATIONS.iter().skip(taken) {
        step.take(&transaction).map_err(said)?;
    }
    if taken == 0 {
        let bind = "INSERT INTO deck (id, fingerprint) VALUES (1, ?1)";
        transaction.execute(bind, [key.fingerprint()]).map_err(said)?;
    }
    check_key(&transaction, path, key)?;
    if taken <= UNSEALED {
        audit_seal::begin(&transaction, key).map_err(said)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(said)?;
    transaction
        .pragma_update(None, "user_version", whole_number(MIGRATIONS.len()))
        .map_err(said)?;
    transaction.commit().map_err(said)
}

/// Refuses a store that is bound to another key.
fn check_key(connection: &Connection, path: &Path, key: &DeckKey) -> Result<(), StoreError> {
    let bound = connection
        .query_row("SELECT fingerprint FROM deck", (), |row| row.get::<_, [u8; 32]>(0))
        .optional()
        .map_err(|error| store_error(path, &error))?;
    if bound == Some(key.fingerprint()) {
        Ok(())
    } else {
        Err(StoreError::OtherKey { path: path.to_owned() })
    }
}

/// How many of the migrations the file has seen; none if it is new. Needs a transaction.
fn taken_steps(connection: &Connection, path: &Path) -> Result<usize, StoreError> {
    let foreign = || StoreError::Foreign { path: path.to_owned() };
    let said = |error| store_error(path, &error);
    let integer = |sql| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).map_err(said);
    let application_id = integer("PRAGMA application_id")?;
    let version = integer("PRAGMA user_version")?;
    let is_new =
        application_id == 0 && version == 0 && integer("SELECT count(*) FROM sqlite_schema")? == 0;
    if application_id != APPLICATION_ID && !is_new {
        return Err(foreign());
    }
    let taken = usize::try_from(version).map_err(|_| foreign())?;
    if taken > MIGRATIONS.len() {
        let path = path.to_owned();
        return Err(StoreError::Newer { path, found: taken, known: MIGRATIONS.len() });
    }
    Ok(taken)
}

/// A file as a program of an earlier schema has left it, without any row.
#[cfg(test)]
pub(super) fn left_by(schema: usize, path: &Path, key: &DeckKey) -> Connection {
    let connection = Connection::open(path).unwrap();
    for step in MIGRATIONS.iter().take(schema) {
        step.take(&connection).unwrap();
    }
    let bind = "INSERT INTO deck (id, fingerprint) VALUES (1, ?1)";
    connection.execute(bind, [key.fingerprint()]).unwrap();
    if schema > UNSEALED {
        audit_seal::begin(&connection, key).unwrap();
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    connection.pragma_update(None, "user_version", whole_number(schema)).unwrap();
    connection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::deck::{lease, test_key};
    use crate::store::{DeliveryId, Store};

    /// Puts one delivery that is under way into a file of any schema.
    fn begin_delivery(connection: &Connection) {
        connection
            .execute_batch(
                "INSERT INTO subjects (id, environment, key, label)
                     VALUES (1, 'test', zeroblob(32), 'ana');
                 INSERT INTO deliveries (environment, user, number, sender, reason, segments,
                                         asked_by, at, counted_at, status)
                     VALUES ('test', 1, 1, '72404', 'default', 1, 'ana', 1, 1, 'submitting');",
            )
            .unwrap();
    }

    #[tokio::test]
    async fn a_file_of_every_earlier_schema_is_brought_up_to_date_and_loses_nothing() {
        for schema in 1..=MIGRATIONS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("deck.db");
            begin_delivery(&left_by(schema, &path, &test_key()));
            let store = Store::open(&path, test_key()).await.unwrap();
            let now = jiff::Timestamp::from_second(1).unwrap();
            let taken = store.take_over(lease(1, 0), now).await.unwrap();
            let deliveries: Vec<DeliveryId> = taken.iter().map(|taken| taken.delivery).collect();
            assert_eq!(deliveries, [DeliveryId(1)], "from schema {schema}");
            assert_eq!(store.verify_audit().await.unwrap(), Ok(0));
        }
    }
}
