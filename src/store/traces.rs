//! What has counted for the quotas lately, in the order of time, to judge it by another rule.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::values::{Millis, whole_number};
use crate::domain::environment::Environment;
use crate::domain::replay::{Trace, TraceKind};

/// Sends, resets and refusals that are read at the most, the newest.
pub const MOST_TRACES: usize = 200_000;

/// Reads the sends that count, the resets and the refusals of an environment after a moment and
/// until another one, oldest first.
pub(super) fn between(
    connection: &Connection,
    environment: Environment,
    (after, until): (Timestamp, Timestamp),
) -> Result<Vec<Trace>> {
    let mut traces: Vec<Trace> = connection
        .prepare_cached(
            "SELECT counted_at AS at, user, number, 0 AS what, id FROM deliveries
             WHERE environment = ?1 AND counted_at > ?2 AND counted_at <= ?4
             UNION ALL
             SELECT at, users.id, numbers.id, iif(kind = 'refused', 2, 1), events.id FROM events
             JOIN subjects AS users
                  ON users.environment = ?1 AND users.key = events.user_key
             JOIN subjects AS numbers
                  ON numbers.environment = ?1 AND numbers.key = events.number_key
             WHERE events.environment = ?1 AND at > ?2 AND at <= ?4
                   AND (kind IN ('verified', 'unlocked')
                        OR kind = 'refused' AND delivery IS NULL AND detail LIKE '%codes used')
             ORDER BY at DESC, what DESC, id DESC LIMIT ?3",
        )?
        .query_map((environment, Millis(after), whole_number(MOST_TRACES), Millis(until)), |row| {
            Ok(Trace {
                at: row.get::<_, Millis>("at")?.0,
                user: row.get("user")?,
                recipient: row.get("number")?,
                kind: match row.get("what")? {
                    0 => TraceKind::Sent,
                    1 => TraceKind::Reset,
                    _ => TraceKind::Refused,
                },
            })
        })?
        .collect::<Result<_>>()?;
    traces.reverse();
    Ok(traces)
}
