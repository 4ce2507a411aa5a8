//! What has counted for the quotas lately, in the order of time, to judge it by another rule.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::events::EventReason;
use super::values::{Millis, whole_number};
use crate::domain::environment::Environment;
use crate::domain::refusal::Refusal;
use crate::domain::replay::{Trace, TraceKind};

/// Sends, resets and refusals that are read at the most, the newest.
pub const MAX_TRACES: usize = 200_000;

/// Reads the sends that count, the resets and the refusals of an environment after a moment and
/// until another one, oldest first.
pub(super) fn between(
    connection: &Connection,
    environment: Environment,
    (after, until): (Timestamp, Timestamp),
) -> Result<Vec<Trace>> {
    let used_up = EventReason::Refusal(Refusal::Quota);
    let values = (environment, Millis(after), whole_number(MAX_TRACES), Millis(until), used_up);
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
                   AND (kind IN ('verified', 'unlocked') OR kind = 'refused' AND reason = ?5)
             ORDER BY at DESC, what DESC, id DESC LIMIT ?3",
        )?
        .query_map(values, |row| {
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

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, HERE, MINUTE, at, request};

    #[tokio::test]
    async fn what_is_read_step_by_step_is_what_is_read_at_once() {
        let deck = Deck::new().await;
        let hour = 60 * MINUTE;
        // On the borders of the steps, and a millisecond beside them.
        for moment in [0, hour - 1, hour, hour + 1, 2 * hour, 3 * hour + 1] {
            deck.slot(request(moment)).await;
        }
        let read =
            async |after, until| deck.store.traces(HERE, at(after), at(until)).await.unwrap();
        let whole = read(-1, 4 * hour).await;
        assert_eq!(whole.len(), 6);
        let mut steps = read(-1, 0).await;
        for step in 0..4 {
            steps.extend(read(step * hour, (step + 1) * hour).await);
        }
        assert_eq!(steps, whole);
    }
}
