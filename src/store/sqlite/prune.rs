//! Forgets sends and events that are old enough, in steps so small that no send waits for one.
//! The audit is never pruned.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result};

use super::Sqlite;
use super::values::{Millis, whole_number};
use crate::store::error::StoreError;

/// Rows that one step looks at: a few milliseconds.
const STEP: usize = 500;

impl Sqlite {
    pub async fn prune(
        &self,
        owner: i64,
        kept: SignedDuration,
        now: Timestamp,
        on_progress: impl Fn(usize),
    ) -> Result<(), StoreError> {
        let newest = self.worker.read(move |connection| newest(connection, owner)).await?;
        let before = now.min(newest.unwrap_or(Timestamp::MIN)).checked_sub(kept);
        let before = before.unwrap_or(Timestamp::MIN);
        let mut from = Pruned::default();
        while !from.is_done {
            from = self.worker.write(move |connection| step(connection, before, from)).await?;
            on_progress(from.rows);
        }
        self.worker.write(forget_empty_challenges).await
    }
}

/// How far pruning has come: the ids up to which everything was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Pruned {
    events: i64,
    deliveries: i64,
    /// Events and deliveries that are forgotten.
    rows: usize,
    /// Whether nothing older is left.
    is_done: bool,
}

/// When the newest delivery of another process than `owner` counts from.
fn newest(connection: &Connection, owner: i64) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT max(at, coalesce(counted_at, at)) FROM deliveries
             WHERE owner IS NOT ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([owner], |row| row.get::<_, Millis>(0))
        .optional()
        .map(|moment| moment.map(|moment| moment.0))
}

/// Does one step: forgets what is older than `before` among the next rows.
///
/// Users and numbers stay: anyone who asks again keeps their wrong tries. Deliveries without an end
/// go too: after that many days no one will tell of them any more.
fn step(connection: &Connection, before: Timestamp, from: Pruned) -> Result<Pruned> {
    // Ids grow with time, so the oldest rows are those with the smallest ids.
    let last = |sql, from: i64| -> Result<Option<i64>> {
        let last: Option<Option<i64>> = connection
            .prepare_cached(sql)?
            .query_row((from, Millis(before), whole_number(STEP)), |row| row.get(0))
            .optional()?;
        Ok(last.flatten())
    };
    let events = last(
        "SELECT max(id) FROM (SELECT id, at FROM events WHERE id > ?1 ORDER BY id LIMIT ?3)
         WHERE at < ?2",
        from.events,
    )?;
    if let Some(upto) = events {
        let rows = connection
            .prepare_cached("DELETE FROM events WHERE id > ?1 AND id <= ?2 AND at < ?3")?
            .execute((from.events, upto, Millis(before)))?;
        return Ok(Pruned { events: upto, rows: from.rows + rows, ..from });
    }
    let deliveries = last(
        "SELECT max(id) FROM (SELECT id, at FROM deliveries WHERE id > ?1 ORDER BY id LIMIT ?3)
         WHERE at < ?2",
        from.deliveries,
    )?;
    let Some(upto) = deliveries else { return Ok(Pruned { is_done: true, ..from }) };
    let range = (from.deliveries, upto, Millis(before));
    connection
        .prepare_cached(
            "DELETE FROM codes WHERE delivery IN
                 (SELECT id FROM deliveries WHERE id > ?1 AND id <= ?2 AND at < ?3
                      AND coalesce(counted_at, at) < ?3)",
        )?
        .execute(range)?;
    let rows = connection
        .prepare_cached(
            "DELETE FROM deliveries WHERE id > ?1 AND id <= ?2 AND at < ?3
                 AND coalesce(counted_at, at) < ?3
                 AND NOT EXISTS (SELECT 1 FROM events WHERE delivery = deliveries.id)",
        )?
        .execute(range)?;
    Ok(Pruned { deliveries: upto, rows: from.rows + rows, ..from })
}

/// Forgets challenges that have no codes any more.
fn forget_empty_challenges(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM challenges WHERE id IN
                 (SELECT id FROM challenges
                  WHERE NOT EXISTS (SELECT 1 FROM codes WHERE challenge = challenges.id)
                  LIMIT ?1)",
        )?
        .execute([whole_number(STEP)])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::test_file::behind_its_back;
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::store::contract::deck::{Deck, HERE, MINUTE, at, request};

    #[tokio::test]
    async fn old_deliveries_are_pruned_even_without_a_final_status() {
        let deck = Deck::sqlite().await;
        let hour = 60 * MINUTE;
        let old = deck.slot(request(0)).await;
        deck.report(old, DeliveryStatus::Delivered).await;
        deck.slot(request(hour)).await;
        let young = deck.slot(request(9 * hour)).await;
        deck.report(young, DeliveryStatus::Delivered).await;
        let forgotten = std::cell::Cell::new(0);
        let on_progress = |rows| forgotten.set(rows);
        deck.store
            .prune(9, SignedDuration::from_hours(1), at(99 * hour), on_progress)
            .await
            .unwrap();
        assert!(forgotten.get() > 0);
        let connection = behind_its_back(&deck);
        let ids: Vec<i64> = connection
            .prepare("SELECT id FROM deliveries ORDER BY id")
            .unwrap()
            .query_map((), |row| row.get(0))
            .unwrap()
            .collect::<Result<_>>()
            .unwrap();
        assert_eq!(ids, [young.0]);
        let events = deck.latest(HERE, 99).await;
        assert!(events.iter().all(|event| event.delivery == Some(young)), "{events:?}");
        assert_eq!(deck.store.audit_rows(1, 99).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn pruning_in_many_steps_comes_to_an_end() {
        let deck = Deck::sqlite().await;
        for minute in 0..40 {
            let delivery = deck.slot(request(minute * 60 * MINUTE)).await;
            deck.report(delivery, DeliveryStatus::Delivered).await;
        }
        let connection = behind_its_back(&deck);
        let mut from = Pruned::default();
        let mut steps = 0;
        while !from.is_done {
            from = step(&connection, at(99 * 60 * MINUTE), from).unwrap();
            steps += 1;
        }
        assert!(steps >= 3, "{steps}");
        let left: i64 =
            connection.query_row("SELECT count(*) FROM deliveries", (), |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }
}
