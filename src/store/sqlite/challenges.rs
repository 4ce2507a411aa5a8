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
}

/// The newest challenge of a user at a number. One whose codes never went out is passed over.
pub(super) fn newest(
    connection: &Connection,
    number: i64,
    user: i64,
) -> Result<Option<ChallengeRow>> {
    let found = connection
        .prepare_cached(
            "SELECT id, wrong_tries, used FROM challenges
             WHERE number = ?1 AND user = ?2
               AND EXISTS (SELECT 1 FROM codes WHERE challenge = challenges.id)
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row((number, user), read)
        .optional()?;
    found.map(|row| with_codes(connection, row)).transpose()
}

/// The newest challenges at a number that belong to users with ids.
pub(super) fn newest_of_users(connection: &Connection, number: i64) -> Result<Vec<ChallengeRow>> {
    let rows: Vec<ChallengeRow> = connection
        .prepare_cached(
            "SELECT id, wrong_tries, used FROM challenges
             WHERE number = ?1 AND user <> ?1 AND used = 0
               AND EXISTS (SELECT 1 FROM codes WHERE challenge = challenges.id)
             ORDER BY id DESC LIMIT 20",
        )?
        .query_map([number], read)?
        .collect::<Result<_>>()?;
    rows.into_iter().map(|row| with_codes(connection, row)).collect()
}

fn read(row: &Row<'_>) -> Result<ChallengeRow> {
    let challenge = Challenge { codes: Vec::new(), wrong_tries: row.get(1)?, used: row.get(2)? };
    Ok(ChallengeRow { id: row.get(0)?, challenge })
}

fn with_codes(connection: &Connection, mut row: ChallengeRow) -> Result<ChallengeRow> {
    row.challenge.codes = codes(connection, row.id)?;
    Ok(row)
}

fn codes(connection: &Connection, challenge: ChallengeId) -> Result<Vec<IssuedCode>> {
    connection
        .prepare_cached(
            "SELECT digest, issued_at, valid_until, wall_issued_at, wall_valid_until
             FROM codes WHERE challenge = ?1",
        )?
        .query_map([challenge], |row| {
            // What an earlier schema wrote has only its end.
            let from = row.get::<_, Option<Millis>>(1)?.map_or(Timestamp::MIN, |moment| moment.0);
            let validity = Validity { from, until: row.get::<_, Millis>(2)?.0 };
            let wall = row.get::<_, Option<RawMillis>>(3)?.zip(row.get::<_, Option<RawMillis>>(4)?);
            let by_wall_clock =
                wall.map_or(validity, |(from, until)| Validity { from: from.0, until: until.0 });
            Ok(IssuedCode { digest: row.get(0)?, validity, by_wall_clock })
        })?
        .collect()
}

/// The challenge that a new code joins: the newest one while it is open, else a new one.
pub(super) fn open_or_new(
    connection: &Connection,
    user: i64,
    number: i64,
    now: Timestamp,
) -> Result<ChallengeId> {
    let newest = newest(connection, number, user)?;
    if let Some(open) = newest.filter(|row| row.challenge.is_open(now)) {
        return Ok(open.id);
    }
    connection
        .prepare_cached("INSERT INTO challenges (user, number) VALUES (?1, ?2) RETURNING id")?
        .query_row((user, number), |row| row.get(0))
}

/// Puts the hash of the code of a delivery to a challenge.
pub(super) fn add_code(
    connection: &Connection,
    challenge: ChallengeId,
    delivery: DeliveryId,
    code: &IssuedCode,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO codes (delivery, challenge, digest, issued_at, valid_until,
                                wall_issued_at, wall_valid_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            delivery,
            challenge,
            code.digest,
            Millis(code.validity.from),
            Millis(code.validity.until),
            RawMillis(code.by_wall_clock.from),
            RawMillis(code.by_wall_clock.until),
        ))
        .map(drop)
}

/// Forgets the code of a delivery that never went out.
pub(super) fn forget_code(connection: &Connection, delivery: DeliveryId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM codes WHERE delivery = ?1")?
        .execute([delivery])
        .map(drop)
}

/// Counts one wrong try at a challenge.
pub(super) fn count_wrong_try(connection: &Connection, id: ChallengeId) -> Result<()> {
    connection
        .prepare_cached("UPDATE challenges SET wrong_tries = wrong_tries + 1 WHERE id = ?1")?
        .execute([id])
        .map(drop)
}

/// Ends a challenge: none of its codes works any more.
pub(super) fn mark_used(connection: &Connection, id: ChallengeId) -> Result<()> {
    connection
        .prepare_cached("UPDATE challenges SET used = 1 WHERE id = ?1")?
        .execute([id])
        .map(drop)
}
