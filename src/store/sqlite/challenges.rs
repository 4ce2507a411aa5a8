//! Challenges and the hashes of their codes. The judging of a try is the domain's.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::values::{Millis, RawMillis};
use crate::domain::passcode::{Challenge, IssuedCode, Validity};
use crate::store::ids::{ChallengeId, DeliveryId};

/// A challenge with its place in the store.
pub(super) struct ChallengeRow {
    pub(super) id: ChallengeId,
    pub(super) challenge: Challenge,
    /// The row ids of number and user.
    place: (i64, i64),
}

/// The columns that [`read`] wants.
const COLUMNS: &str = "id, wrong_tries, used, number, user";

/// The newest challenge of a user at a number; `None` where there is none, or its codes never went
/// out.
pub(super) fn newest(
    connection: &Connection,
    number: i64,
    user: i64,
) -> Result<Option<ChallengeRow>> {
    let sql = format!("SELECT {COLUMNS} FROM challenges WHERE number = ?1 AND user = ?2");
    let found = connection.prepare_cached(&sql)?.query_row((number, user), read).optional()?;
    let found = found.map(|row| with_codes(connection, row)).transpose()?;
    Ok(found.filter(|row| !row.challenge.codes.is_empty()))
}

/// The newest challenges at a number that belong to users with ids.
pub(super) fn newest_of_users(connection: &Connection, number: i64) -> Result<Vec<ChallengeRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM challenges WHERE number = ?1 AND user <> ?1 AND used = 0
         ORDER BY id DESC LIMIT 20"
    );
    let rows: Vec<ChallengeRow> =
        connection.prepare_cached(&sql)?.query_map([number], read)?.collect::<Result<_>>()?;
    rows.into_iter().map(|row| with_codes(connection, row)).collect()
}

fn read(row: &Row<'_>) -> Result<ChallengeRow> {
    let challenge = Challenge { codes: Vec::new(), wrong_tries: row.get(1)?, used: row.get(2)? };
    Ok(ChallengeRow { id: row.get(0)?, challenge, place: (row.get(3)?, row.get(4)?) })
}

fn with_codes(connection: &Connection, mut row: ChallengeRow) -> Result<ChallengeRow> {
    row.challenge.codes = codes(connection, &row)?;
    Ok(row)
}

/// The codes of a challenge. No delivery before the one that names it has one of them.
fn codes(connection: &Connection, row: &ChallengeRow) -> Result<Vec<IssuedCode>> {
    connection
        .prepare_cached(
            "SELECT digest, at, at + validity, at + skew, at + skew + validity
             FROM deliveries WHERE user = ?2 AND id >= ?1 AND challenge = ?1",
        )?
        .query_map((row.id, row.place.1), |row| {
            let moment = |column| row.get::<_, Millis>(column).map(|moment| moment.0);
            let wall = |column| row.get::<_, RawMillis>(column).map(|moment| moment.0);
            let validity = Validity { from: moment(1)?, until: moment(2)? };
            let by_wall_clock = Validity { from: wall(3)?, until: wall(4)? };
            Ok(IssuedCode { digest: row.get(0)?, validity, by_wall_clock })
        })?
        .collect()
}

/// The challenge that the code of a new delivery joins: the newest one while it is open, else one
/// that is named by the delivery.
pub(super) fn open_or_new(
    connection: &Connection,
    (number, user): (i64, i64),
    delivery: DeliveryId,
    now: Timestamp,
) -> Result<ChallengeId> {
    let newest = newest(connection, number, user)?;
    if let Some(open) = newest.filter(|row| row.challenge.is_open(now)) {
        return Ok(open.id);
    }
    let id = ChallengeId(delivery.0);
    connection
        .prepare_cached("INSERT OR REPLACE INTO challenges (number, user, id) VALUES (?1, ?2, ?3)")?
        .execute((number, user, id))?;
    Ok(id)
}

/// Forgets the code of a delivery that never went out.
pub(super) fn forget_code(connection: &Connection, delivery: DeliveryId) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET challenge = NULL, digest = NULL WHERE id = ?1")?
        .execute([delivery])
        .map(drop)
}

/// Counts one wrong try at a challenge.
pub(super) fn count_wrong_try(connection: &Connection, row: &ChallengeRow) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE challenges SET wrong_tries = wrong_tries + 1 WHERE number = ?1 AND user = ?2",
        )?
        .execute(row.place)
        .map(drop)
}

/// Ends a challenge: none of its codes works any more.
pub(super) fn mark_used(connection: &Connection, row: &ChallengeRow) -> Result<()> {
    connection
        .prepare_cached("UPDATE challenges SET used = 1 WHERE number = ?1 AND user = ?2")?
        .execute(row.place)?;
    connection
        .prepare_cached(
            "UPDATE deliveries SET entered = 1 WHERE user = ?2 AND id >= ?1 AND challenge = ?1",
        )?
        .execute((row.id, row.place.1))
        .map(drop)
}
