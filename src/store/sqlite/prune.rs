//! Forgets sends and events that are old enough, in steps so small that no send waits for one.
//! The audit is never pruned.
//!
//! Nothing is forgotten because of a single reading of the wall clock: a row must be old by the
//! deck's time, which goes on with the uptime of the machine, and by what the wall clock showed when
//! it was written. Where the uptime is not known, it must be older than the newest send of another
//! process.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result};

use super::Sqlite;
use super::values::{Millis, RawMillis, whole_number};
use crate::domain::environment::Environment;
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
        let now = match self.worker.clocks().await?.may_prune {
            Some(true) => now,
            Some(false) => return Ok(()),
            None => {
                let newest = self.worker.read(move |connection| newest(connection, owner)).await?;
                now.min(newest.unwrap_or(Timestamp::MIN))
            }
        };
        let mut forgotten = 0;
        for environment in Environment::ALL {
            loop {
                let step = move |connection: &Connection| {
                    step(connection, environment, Horizon::of(now, kept))
                };
                let rows = self.worker.write(step).await?;
                if rows == 0 {
                    break;
                }
                forgotten += rows;
                on_progress(forgotten);
            }
        }
        self.worker.write(forget_empty_challenges).await
    }
}

/// What is old enough to be forgotten: by the deck's time, and by the wall clock as it was then.
#[derive(Debug, Clone, Copy)]
struct Horizon {
    /// Older than this by the deck's time.
    before: Millis,
    /// Older than this by the wall clock.
    wall_before: RawMillis,
    /// The present wall clock. What is later was written by a wrong one, which says nothing.
    wall: RawMillis,
}

impl Horizon {
    fn of(now: Timestamp, kept: SignedDuration) -> Self {
        let before = now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        Self { before: Millis(before), wall_before: RawMillis(before), wall: RawMillis(now) }
    }
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

/// Does one step: forgets some of the oldest events of an environment, or where there are none some
/// of its deliveries. Returns how many rows are forgotten; none once nothing old is left.
///
/// Users and numbers stay: anyone who asks again keeps their wrong tries. Deliveries without an end
/// go too: after that many days no one will tell of them any more.
fn step(connection: &Connection, environment: Environment, old: Horizon) -> Result<usize> {
    let range = (environment, old.before, old.wall_before, old.wall, whole_number(STEP));
    let events = connection
        .prepare_cached(
            "DELETE FROM events WHERE id IN
                 (SELECT id FROM events
                  WHERE environment = ?1 AND at < ?2
                    AND (wall IS NULL OR wall < ?3 OR wall > ?4)
                  ORDER BY at LIMIT ?5)",
        )?
        .execute(range)?;
    if events > 0 {
        return Ok(events);
    }
    let ids: Vec<i64> = connection
        .prepare_cached(
            "SELECT id FROM deliveries
             WHERE environment = ?1 AND at < ?2 AND coalesce(counted_at, at) < ?2
               AND (wall IS NULL OR wall < ?3 OR wall > ?4)
               AND NOT EXISTS (SELECT 1 FROM events WHERE delivery = deliveries.id)
             ORDER BY at LIMIT ?5",
        )?
        .query_map(range, |row| row.get(0))?
        .collect::<Result<_>>()?;
    for id in &ids {
        connection.prepare_cached("DELETE FROM codes WHERE delivery = ?1")?.execute([id])?;
        connection.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([id])?;
    }
    Ok(ids.len())
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
        let old = Horizon::of(at(99 * 60 * MINUTE), SignedDuration::ZERO);
        let mut steps = 0;
        while step(&connection, HERE, old).unwrap() > 0 {
            steps += 1;
        }
        assert!(steps >= 2, "{steps}");
        let left: i64 =
            connection.query_row("SELECT count(*) FROM deliveries", (), |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }
}
