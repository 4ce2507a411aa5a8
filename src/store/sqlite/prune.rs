//! Forgets sends and events that are old enough, in steps so small that no send waits for one.
//! The audit is never pruned.
//!
//! Nothing is forgotten because of a single reading of the wall clock: a row must be old by the
//! deck's time, which goes on with the uptime of the machine, and by what the wall clock showed when
//! it was written. Where the uptime is not known, it must be older than the newest send of another
//! process.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};

use super::open::INCREMENTAL;
use super::values::{Millis, RawMillis, whole_number};
use super::{Sqlite, traffic};
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
                let rows = self.worker.note(step).await?;
                if rows == 0 {
                    break;
                }
                forgotten += rows;
                on_progress(forgotten);
            }
        }
        let forget = move |connection: &Connection| {
            Environment::ALL.iter().try_for_each(|it| traffic::forget_old(connection, *it, now))
        };
        self.worker.note(forget).await?;
        while self.worker.note(shrink).await? {}
        Ok(())
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
/// Users and numbers go with their last delivery and event, unless wrong tries count against them.
/// Deliveries without an end go too: after that many days no one will report on them any more.
fn step(connection: &Connection, environment: Environment, old: Horizon) -> Result<usize> {
    let range = (environment, old.before, old.wall_before, old.wall, whole_number(STEP));
    let rows = Forgotten::select(
        connection,
        "SELECT id, user, number FROM events
         WHERE environment = ?1 AND at < ?2 AND (at + skew < ?3 OR at + skew > ?4)
         ORDER BY at LIMIT ?5",
        range,
    )?;
    if !rows.is_empty() {
        for row in &rows {
            connection.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([row.id])?;
            row.forget_subjects(connection)?;
        }
        return Ok(rows.len());
    }
    let rows = Forgotten::select(
        connection,
        "SELECT id, user, number FROM deliveries
         WHERE environment = ?1 AND at < ?2 AND coalesce(counted_at, at) < ?2
           AND (at + skew < ?3 OR at + skew > ?4)
           AND NOT EXISTS (SELECT 1 FROM events WHERE delivery = deliveries.id)
         ORDER BY at LIMIT ?5",
        range,
    )?;
    for row in &rows {
        connection.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([row.id])?;
        connection
            .prepare_cached(
                "DELETE FROM challenges WHERE user = ?1 AND number = ?2
                 AND NOT EXISTS (SELECT 1 FROM deliveries
                                 WHERE user = ?1 AND deliveries.id >= challenges.id
                                   AND challenge = challenges.id)",
            )?
            .execute((row.user, row.number))?;
        row.forget_subjects(connection)?;
    }
    Ok(rows.len())
}

/// A row that is old, with whom it is about.
struct Forgotten {
    id: i64,
    user: Option<i64>,
    number: Option<i64>,
}

impl Forgotten {
    fn select(connection: &Connection, sql: &str, range: impl Params) -> Result<Vec<Self>> {
        let read =
            |row: &Row<'_>| Ok(Self { id: row.get(0)?, user: row.get(1)?, number: row.get(2)? });
        connection.prepare_cached(sql)?.query_map(range, read)?.collect()
    }

    /// Forgets user and number, if nothing is left that is about them.
    fn forget_subjects(&self, connection: &Connection) -> Result<()> {
        for subject in [self.user, self.number].into_iter().flatten() {
            connection
                .prepare_cached(
                    "DELETE FROM subjects WHERE id = ?1 AND wrong_in_a_row = 0
                     AND NOT EXISTS (SELECT 1 FROM deliveries WHERE user = ?1)
                     AND NOT EXISTS (SELECT 1 FROM deliveries WHERE number = ?1)
                     AND NOT EXISTS (SELECT 1 FROM events WHERE user = ?1)
                     AND NOT EXISTS (SELECT 1 FROM events WHERE number = ?1)",
                )?
                .execute([subject])?;
        }
        Ok(())
    }
}

/// Pages of the file that are given back to the system in one step: 256 KiB.
const PAGES: usize = 64;

/// Gives some of the room that is free in the file back to the system; returns whether there was
/// any.
fn shrink(connection: &Connection) -> Result<bool> {
    let free: i64 = connection.query_row("PRAGMA freelist_count", (), |row| row.get(0))?;
    let is_kept: i64 = connection.query_row("PRAGMA auto_vacuum", (), |row| row.get(0))?;
    if free == 0 || is_kept != INCREMENTAL {
        return Ok(false);
    }
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query(())?;
    while rows.next()?.is_some() {}
    Ok(true)
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
