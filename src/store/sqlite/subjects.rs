//! Users and numbers as the store knows them: a keyed hash and a label that may be shown, with
//! what a success or an operator's unlock clears. Knows nothing of sends or codes.

use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::domain::environment::Environment;
use crate::domain::passcode::{MAX_WRONG_TRIES, locks_user};
use crate::domain::secret::LookupKey;
use crate::domain::text::printable;
use crate::store::subject::Subject;

/// Characters of a label that are kept; a user id has at most 128.
const MAX_LABEL: usize = 128;

/// The row of a subject. A user without an id and their number are one subject.
#[derive(Debug, Clone)]
pub(super) struct SubjectRow {
    pub(super) id: i64,
    pub(super) subject: Subject,
    /// Deliveries up to this id no longer count.
    pub(super) reset_upto: i64,
    /// Wrong tries since the latest success or unlock.
    pub(super) wrong_in_a_row: u32,
}

/// Whether wrong tries lock a user, a number, or both.
pub(super) fn is_locked(user: Option<&SubjectRow>, number: Option<&SubjectRow>) -> bool {
    [user, number].into_iter().flatten().any(|row| locks_user(row.wrong_in_a_row))
}

/// The columns that [`SubjectRow::read`] wants, of a table `subjects`.
const COLUMNS: &str = "id, key, label, reset_upto, wrong_in_a_row";

impl SubjectRow {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            subject: Subject { key: row.get("key")?, label: row.get("label")? },
            reset_upto: row.get("reset_upto")?,
            wrong_in_a_row: row.get("wrong_in_a_row")?,
        })
    }
}

/// The subject under this key; `None` if nothing was ever sent to it.
pub(super) fn find(
    connection: &Connection,
    environment: Environment,
    key: LookupKey,
) -> Result<Option<SubjectRow>> {
    let sql = format!("SELECT {COLUMNS} FROM subjects WHERE environment = ?1 AND key = ?2");
    connection.prepare_cached(&sql)?.query_row((environment, key), SubjectRow::read).optional()
}

/// The subject with this row id.
pub(super) fn get(connection: &Connection, id: i64) -> Result<SubjectRow> {
    let sql = format!("SELECT {COLUMNS} FROM subjects WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], SubjectRow::read)
}

/// The users and numbers whom only an operator can unlock.
pub(super) fn with_tries_used_up(
    connection: &Connection,
    environment: Environment,
) -> Result<Vec<SubjectRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM subjects
         WHERE environment = ?1 AND wrong_in_a_row > 0 AND wrong_in_a_row >= ?2"
    );
    connection
        .prepare_cached(&sql)?
        .query_map((environment, MAX_WRONG_TRIES), SubjectRow::read)?
        .collect()
}

/// The row id of a subject that was looked for and `found` or not; it is put there if it is new.
pub(super) fn ensure(
    connection: &Connection,
    environment: Environment,
    subject: &Subject,
    found: Option<&SubjectRow>,
) -> Result<i64> {
    let label = printable(&subject.label, MAX_LABEL);
    if let Some(found) = found.filter(|found| found.subject.label == label) {
        return Ok(found.id);
    }
    connection
        .prepare_cached(
            "INSERT INTO subjects (environment, key, label) VALUES (?1, ?2, ?3)
             ON CONFLICT (environment, key) DO UPDATE SET label = excluded.label
             RETURNING id",
        )?
        .query_row((environment, subject.key, label), |row| row.get(0))
}

/// Counts one wrong try of a user or at a number.
pub(super) fn count_wrong_try(connection: &Connection, id: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE subjects SET wrong_in_a_row = wrong_in_a_row + 1 WHERE id = ?1")?
        .execute([id])
        .map(drop)
}

/// Lets neither the sends until now nor the wrong tries of a subject count any more.
pub(super) fn reset(
    connection: &Connection,
    environment: Environment,
    key: LookupKey,
) -> Result<()> {
    reset_codes(connection, environment, key)?;
    forgive_tries(connection, environment, key).map(drop)
}

/// Lets no wrong try count any more; whether one did.
pub(super) fn forgive_tries(
    connection: &Connection,
    environment: Environment,
    key: LookupKey,
) -> Result<bool> {
    connection
        .prepare_cached(
            "UPDATE subjects SET wrong_in_a_row = 0
             WHERE environment = ?1 AND key = ?2 AND wrong_in_a_row > 0",
        )?
        .execute((environment, key))
        .map(|rows| rows > 0)
}

/// Sets a reset mark: no send until now counts any more; whether there was one since the last
/// mark.
///
/// The mark is an id, not a moment, so that neither equal milliseconds nor a clock that was
/// set back can put a send on the wrong side of it.
pub(super) fn reset_codes(
    connection: &Connection,
    environment: Environment,
    key: LookupKey,
) -> Result<bool> {
    connection
        .prepare_cached(
            "UPDATE subjects SET reset_upto = (SELECT coalesce(max(id), 0) FROM deliveries)
             WHERE environment = ?1 AND key = ?2 AND (
                 EXISTS (SELECT 1 FROM deliveries WHERE user = subjects.id AND id > reset_upto)
                 OR EXISTS (SELECT 1 FROM deliveries WHERE number = subjects.id
                            AND id > reset_upto))",
        )?
        .execute((environment, key))
        .map(|rows| rows > 0)
}
