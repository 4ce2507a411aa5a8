//! What has counted for the quotas lately, in the order of time, to judge it by another rule.

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row};

use super::Sqlite;
use super::values::{Millis, kinds, whole_number};
use crate::domain::environment::Environment;
use crate::domain::refusal::Refusal;
use crate::domain::replay::{Trace, TraceKind};
use crate::store::error::StoreError;
use crate::store::event::{EventKind, EventReason};
use crate::store::standing::MAX_TRACES;

impl Sqlite {
    pub async fn traces(
        &self,
        environment: Environment,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Trace>, StoreError> {
        self.worker.read(move |connection| between(connection, environment, (after, until))).await
    }
}

/// Reads the sends that count, the resets and the refusals of an environment after a moment and
/// until another one, oldest first.
fn between(
    connection: &Connection,
    environment: Environment,
    (after, until): (Timestamp, Timestamp),
) -> Result<Vec<Trace>> {
    let resets = kinds(EventKind::resets_quota);
    let sql = format!(
        "SELECT counted_at AS at, user, number, 0 AS what, id, 1 AS times FROM deliveries
         WHERE environment = ?1 AND at > ?2 AND at <= ?4 AND counted_at IS NOT NULL
         UNION ALL
         SELECT at, user, number, iif(kind = ?5, 2, 1), id, repeats + 1 FROM events
         WHERE environment = ?1 AND at > ?2 AND at <= ?4 AND user IS NOT NULL
               AND (kind IN ({resets}) OR kind = ?5 AND reason = ?6)
         ORDER BY at DESC, what DESC, id DESC LIMIT ?3"
    );
    let values = (
        environment,
        Millis(after),
        whole_number(MAX_TRACES),
        Millis(until),
        EventKind::REFUSED,
        EventReason::Refusal(Refusal::Quota),
    );
    let read = |row: &Row<'_>| {
        let trace = Trace {
            at: row.get::<_, Millis>("at")?.0,
            user: row.get("user")?,
            recipient: row.get("number")?,
            kind: match row.get("what")? {
                0 => TraceKind::Sent,
                1 => TraceKind::Reset,
                _ => TraceKind::Refused,
            },
        };
        Ok(std::iter::repeat_n(trace, row.get::<_, u32>("times")? as usize))
    };
    let mut traces: Vec<Trace> = Vec::new();
    for trace in connection.prepare_cached(&sql)?.query_map(values, read)? {
        traces.extend(trace?);
    }
    traces.truncate(MAX_TRACES);
    traces.reverse();
    Ok(traces)
}
