//! Leases: which process follows a delivery. Another one takes over only what no one has
//! renewed in time, so that no delivery is followed twice and none is forgotten.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::values::Millis;
use super::{Sqlite, deliveries};
use crate::store::delivery::Unfinished;
use crate::store::error::StoreError;
use crate::store::ids::DeliveryId;
use crate::store::lease::{Lease, latest_end};

impl Sqlite {
    pub async fn take_over(
        &self,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Unfinished>, StoreError> {
        self.worker.note(move |connection| take_over(connection, lease, now)).await
    }

    pub async fn renew_all(
        &self,
        deliveries: Vec<DeliveryId>,
        lease: Lease,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        self.worker.note(move |connection| renew_all(connection, deliveries, lease)).await
    }

    pub async fn renew(&self, delivery: DeliveryId, lease: Lease) -> Result<bool, StoreError> {
        self.worker.note(move |connection| renew(connection, delivery, lease)).await
    }

    pub async fn renew_to_send(
        &self,
        delivery: DeliveryId,
        lease: Lease,
    ) -> Result<bool, StoreError> {
        self.worker.note(move |connection| renew_to_send(connection, delivery, lease)).await
    }

    pub async fn defer(&self, delivery: DeliveryId, lease: Lease) -> Result<(), StoreError> {
        self.worker.note(move |connection| defer(connection, delivery, lease)).await
    }

    pub async fn give_up(&self, owner: i64) -> Result<(), StoreError> {
        self.worker.note(move |connection| give_up(connection, owner)).await
    }

    pub async fn next_lease_end(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.worker.look(move |connection| next_end(connection, now)).await
    }
}

/// Takes over every delivery that is no one's at the moment `now`.
fn take_over(connection: &Connection, lease: Lease, now: Timestamp) -> Result<Vec<Unfinished>> {
    let abandoned = deliveries::abandoned(connection, now, latest_end(now))?;
    let mut take = connection
        .prepare_cached("UPDATE deliveries SET owner = ?2, lease_until = ?3 WHERE id = ?1")?;
    for unfinished in &abandoned {
        take.execute((unfinished.delivery, lease.owner, Millis(lease.until)))?;
    }
    Ok(abandoned)
}

/// Renews the leases of these deliveries, and returns which are still the process's own and
/// without an end. What a process began and forgot is not renewed, so that it is taken over.
fn renew_all(
    connection: &Connection,
    mut deliveries: Vec<DeliveryId>,
    lease: Lease,
) -> Result<Vec<DeliveryId>> {
    let mut failed = None;
    deliveries.retain(|delivery| {
        renew(connection, *delivery, lease).unwrap_or_else(|error| {
            failed = Some(error);
            true
        })
    });
    failed.map_or(Ok(deliveries), Err)
}

/// Renews the lease of one delivery; whether it is still the process's own and without an end.
fn renew(connection: &Connection, delivery: DeliveryId, lease: Lease) -> Result<bool> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET lease_until = ?3
             WHERE id = ?1 AND owner = ?2 AND finished = 0",
        )?
        .execute((delivery, lease.owner, Millis(lease.until)))
        .map(|rows| rows == 1)
}

/// As [`renew`], right before the message is handed over: looks in vain until now say nothing.
fn renew_to_send(connection: &Connection, delivery: DeliveryId, lease: Lease) -> Result<bool> {
    connection
        .prepare_cached("UPDATE deliveries SET missed_at = NULL WHERE id = ?1 AND owner = ?2")?
        .execute((delivery, lease.owner))?;
    renew(connection, delivery, lease)
}

/// Gives the leases of a process up, so that another one need not wait for their end.
fn give_up(connection: &Connection, owner: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET lease_until = 0 WHERE finished = 0 AND owner = ?1")?
        .execute([owner])
        .map(drop)
}

/// Lets go of a delivery until a moment from which on any process may take it again; at most
/// `MAX_DEFERRAL` from now.
fn defer(connection: &Connection, delivery: DeliveryId, lease: Lease) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET owner = NULL, lease_until = ?3
             WHERE id = ?1 AND owner = ?2 AND finished = 0",
        )?
        .execute((delivery, lease.owner, Millis(lease.until)))
        .map(drop)
}

/// When the next lease ends; `None` where every delivery has its end. A process's own count too:
/// one that no one renews any more was forgotten. One of a clock that was ahead has ended.
fn next_end(connection: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    let (first, last): (Option<Millis>, Option<Millis>) = connection
        .prepare_cached(
            "SELECT (SELECT min(lease_until) FROM deliveries WHERE finished = 0),
                    (SELECT max(lease_until) FROM deliveries WHERE finished = 0)",
        )?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let is_ahead = last.is_some_and(|last| last.0 > latest_end(now));
    Ok(first.map(|first| if is_ahead { Timestamp::UNIX_EPOCH } else { first.0 }))
}
