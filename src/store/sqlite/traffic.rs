//! How many codes went where, minute by minute and hour by hour: counted as they are sent, so that no
//! limit has to count deliveries.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::values::Millis;
use crate::domain::country::Country;
use crate::domain::environment::Environment;

/// How far back minutes are kept. Limits look back for a day.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Counts a code of a moment, or with -1 counts it no more.
pub(super) fn count(
    connection: &Connection,
    (environment, country): (Environment, Option<Country>),
    at: Timestamp,
    change: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO traffic (environment, span, start, country, sent)
             VALUES (?1, 1, ?2 / 60000, ?3, ?4), (?1, 60, ?2 / 3600000, ?3, ?4)
             ON CONFLICT DO UPDATE SET sent = sent + ?4",
        )?
        .execute((environment, Millis(at), country.map_or("", Country::code), change))
        .map(drop)
}

/// The codes since a moment: of all countries, and of one. The minute of the moment counts as a whole,
/// so that a limit is never exceeded.
pub(super) fn since(
    connection: &Connection,
    (environment, country): (Environment, Option<Country>),
    since: Timestamp,
) -> Result<(u32, u32)> {
    // The rest of the first hour minute by minute, and whole hours from then on.
    connection
        .prepare_cached(
            "SELECT coalesce(sum(sent), 0), coalesce(sum(sent) FILTER (WHERE country = ?3), 0)
             FROM (SELECT country, sent FROM traffic
                   WHERE environment = ?1 AND span = 1 AND start >= ?2 / 60000
                     AND start < (?2 / 3600000 + 1) * 60
                   UNION ALL
                   SELECT country, sent FROM traffic
                   WHERE environment = ?1 AND span = 60 AND start > ?2 / 3600000)",
        )?
        .query_row((environment, Millis(since), country.map_or("", Country::code)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
}

/// Forgets what no limit looks at any more.
pub(super) fn forget_old(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<()> {
    let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    connection
        .prepare_cached(
            "DELETE FROM traffic WHERE environment = ?1
             AND (span = 1 AND start < ?2 / 60000 OR span = 60 AND start < ?2 / 3600000)",
        )?
        .execute((environment, Millis(before)))
        .map(drop)
}
