//! How an older file becomes a newer one: only forwards, in one transaction.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::store_error;
use super::rebuilt_tables::NINTH;
use super::tables::{EIGHTH, FIFTH, FIRST, FOURTH, SECOND, SEVENTH, SIXTH, THIRD};
use super::values::whole_number;
use super::{audit_seal, backfill, identity};
use crate::domain::deck_store::StoreId;
use crate::domain::secret::DeckKey;
use crate::store::error::StoreError;

/// Marks the file as ours in its header: "SMSD" in ASCII.
const APPLICATION_ID: i64 = 0x534d_5344;

/// One step for each schema; the schema of a file is the number of steps it has taken.
const MIGRATIONS: [Step; 9] = [
    Step { tables: FIRST, fill: None },
    Step { tables: SECOND, fill: None },
    Step { tables: THIRD, fill: None },
    Step { tables: FOURTH, fill: None },
    Step { tables: FIFTH, fill: Some(backfill::fill) },
    Step { tables: SIXTH, fill: None },
    Step { tables: SEVENTH, fill: None },
    Step { tables: EIGHTH, fill: None },
    Step { tables: NINTH, fill: None },
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

/// Whether the file is of the latest schema.
///
/// # Errors
/// As [`check`].
pub(super) fn is_latest(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    Ok(check(connection, path)? == MIGRATIONS.len())
}

/// Brings the file to the latest schema. A new one is bound to the key and gets the identity; an
/// older one must be bound to the key, and gets the identity if it has none yet.
///
/// # Errors
/// As [`check`], when the file is bound to another key, and when it cannot be written; it is
/// then as it was before.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    key: &DeckKey,
    id: StoreId,
) -> Result<(), StoreError> {
    let failed = |error| store_error(path, &error);
    if is_latest(connection, path)? {
        return check_key(connection, path, key);
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Looked up again: another process may have migrated while this one waited for the lock.
    let taken = taken_steps(&transaction, path)?;
    for step in MIGRATIONS.iter().skip(taken) {
        step.take(&transaction).map_err(failed)?;
    }
    if taken == 0 {
        let bind = "INSERT INTO deck (id, fingerprint) VALUES (1, ?1)";
        transaction.execute(bind, [key.fingerprint()]).map_err(failed)?;
    }
    check_key(&transaction, path, key)?;
    identity::give(&transaction, id).map_err(failed)?;
    if taken <= UNSEALED {
        audit_seal::begin(&transaction, key).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction
        .pragma_update(None, "user_version", whole_number(MIGRATIONS.len()))
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Refuses a store that is bound to another key.
pub(super) fn check_key(
    connection: &Connection,
    path: &Path,
    key: &DeckKey,
) -> Result<(), StoreError> {
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
    let failed = |error| store_error(path, &error);
    let integer = |sql| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).map_err(failed);
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
    if schema == MIGRATIONS.len() {
        identity::give(&connection, StoreId([5; 16])).unwrap();
    }
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
    use crate::domain::country::Country;
    use crate::domain::limits::{Cap, Caps, Limits};
    use crate::domain::passcode::Verdict;
    use crate::store::contract::deck::{
        HERE, at, attempt, digest, lease, manual, number, place, request, rule, test_key, user,
    };
    use crate::store::{DeliveryId, EventQuery, Reserved, Store};

    /// Puts one delivery that is under way into a file of any schema.
    fn begin_delivery(connection: &Connection, schema: usize) {
        let rows = if schema < 9 {
            "INSERT INTO subjects (id, environment, key, label)
                 VALUES (1, 'test', zeroblob(32), 'ana');
             INSERT INTO deliveries (environment, user, number, sender, reason, segments,
                                     asked_by, at, counted_at, status)
                 VALUES ('test', 1, 1, '72404', 'default', 1, 'ana', 1, 1, 'submitting');"
        } else {
            "INSERT INTO subjects (id, environment, key, label) VALUES (1, 1, zeroblob(32), 'ana');
             INSERT INTO origins (id, sender, account, asked_by) VALUES (1, '72404', '', 'ana');
             INSERT INTO deliveries (environment, user, number, origin, reason, segments, at,
                                     counted_at, status)
                 VALUES (1, 1, 1, 1, 'default_number', 1, 1, 1, 'submitting');"
        };
        connection.execute_batch(rows).unwrap();
    }

    #[tokio::test]
    async fn a_file_of_every_earlier_schema_is_brought_up_to_date_and_loses_nothing() {
        for schema in 1..=MIGRATIONS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("deck.db");
            begin_delivery(&left_by(schema, &path, &test_key()), schema);
            let store = Store::open(&place(&path), test_key(), manual()).await.unwrap();
            let now = jiff::Timestamp::from_second(1).unwrap();
            let taken = store.take_over(lease(1, 0), now).await.unwrap();
            let deliveries: Vec<DeliveryId> = taken.iter().map(|taken| taken.delivery).collect();
            assert_eq!(deliveries, [DeliveryId(1)], "from schema {schema}");
            assert_eq!(store.verify_audit().await.unwrap(), Ok(0));
        }
    }

    /// What schema 8 has left: a code that was sent a moment ago, and a refusal.
    fn leave_a_code(connection: &Connection) {
        let key = |byte: u8| format!("x'{}'", format!("{byte:02x}").repeat(32));
        let (user, number) = (key(1), key(101));
        let digest = format!("x'{:016x}{}'", 3, "01".repeat(24));
        let now = at(0).as_millisecond();
        let rows = format!(
            "INSERT INTO subjects (id, environment, key, label)
                 VALUES (1, 'test', {user}, 'user-1'), (2, 'test', {number}, '+57 ••• ••• 0001');
             INSERT INTO deliveries (id, environment, user, number, country, sender, reason, segments,
                                     asked_by, at, counted_at, status, wall)
                 VALUES (7, 'test', 1, 2, 'CO', '72404', 'listed', 1, 'ana', {now}, {now}, 'sent',
                         {now});
             INSERT INTO challenges (id, user, number, wrong_tries) VALUES (3, 1, 2, 1);
             INSERT INTO codes (delivery, challenge, digest, issued_at, valid_until)
                 VALUES (7, 3, {digest}, {now}, {now} + 300000);
             INSERT INTO events (at, environment, delivery, kind, user, recipient, sender, sid, wall)
                 VALUES ({now}, 'test', 7, 'sent', 'user-1', '+57 ••• ••• 0001', '72404', 'SM1', {now});
             INSERT INTO events (at, environment, kind, user, recipient, user_key, number_key, reason)
                 VALUES ({now}, 'test', 'refused', 'user-1', '+57 ••• ••• 0001', {user}, {number},
                         'quota');"
        );
        connection.execute_batch(&rows).unwrap();
    }

    #[tokio::test]
    async fn a_code_of_an_earlier_schema_still_counts_and_works_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.db");
        leave_a_code(&left_by(8, &path, &test_key()));
        let store = Store::open(&place(&path), test_key(), manual()).await.unwrap();
        let (who, to) = (user(1).key, number(1).key);
        let standing = store.standing(HERE, who, to, rule(3, 15), at(1)).await.unwrap();
        assert_eq!(standing.quota.used(), 1);
        let hour = Cap::new(1);
        let limits = Limits { environment: Caps { hour, day: None }, ..Limits::default() };
        let country = Country::from_code("CO");
        assert!(store.over_limit(HERE, country, limits, at(1)).await.unwrap().is_some());
        let story = EventQuery::OfUser { environment: HERE, user: who, number: to };
        let events = store.events(story).await.unwrap();
        assert_eq!(
            events.iter().map(|event| event.user.as_str()).collect::<Vec<_>>(),
            ["user-1"; 2]
        );
        assert_eq!(events[0].sender.as_deref(), Some("72404"));
        let verify = || store.verify(attempt(2), |_, id| digest(id, 1));
        assert_eq!(verify().await, Ok(Verdict::Approved));
        assert_eq!(verify().await, Ok(Verdict::NoCode));
        // Ids go on where they were.
        let Reserved::Slot { delivery, .. } =
            store.reserve(|_| request(3), |id| digest(id, 1)).await.unwrap()
        else {
            panic!("the verification has given the codes back");
        };
        assert_eq!(delivery, DeliveryId(8));
    }
}
