//! Leases: which process follows a delivery. Another one takes over only what nobody has
//! renewed in time, so that no delivery is followed twice and none is forgotten.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result};

use super::delivery::{self, Unfinished};
use super::ids::DeliveryId;
use super::values::Millis;

/// The right of one process to follow deliveries, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The process: a random number that it draws at its start.
    pub owner: i64,
    /// From when on others may take over.
    pub until: Timestamp,
}

/// The longest that a delivery may rest: see `park`.
pub const MAX_REST: SignedDuration = SignedDuration::from_hours(24);

/// The end of the longest lease that can have been given by `now`. One beyond it was given while
/// the clock was ahead.
fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(MAX_REST).unwrap_or(Timestamp::MAX)
}

/// Takes over every delivery that is nobody's at the moment `now`.
pub(super) fn take_over(
    connection: &Connection,
    lease: Lease,
    now: Timestamp,
) -> Result<Vec<Unfinished>> {
    let abandoned = delivery::abandoned(connection, now, latest(now))?;
    let mut take = connection
        .prepare_cached("UPDATE deliveries SET owner = ?2, lease_until = ?3 WHERE id = ?1")?;
    for unfinished in &abandoned {
        take.execute((unfinished.delivery, lease.owner, Millis(lease.until)))?;
    }
    Ok(abandoned)
}

/// Renews the leases of these deliveries, and answers which are still the process's own and
/// without an end. What a process began and forgot is not renewed, so that it is taken over.
pub(super) fn renew(
    connection: &Connection,
    mut deliveries: Vec<DeliveryId>,
    lease: Lease,
) -> Result<Vec<DeliveryId>> {
    let mut failed = None;
    deliveries.retain(|delivery| {
        hold(connection, *delivery, lease).unwrap_or_else(|error| {
            failed = Some(error);
            true
        })
    });
    failed.map_or(Ok(deliveries), Err)
}

/// Renews the lease of one delivery; whether it is still the process's own and without an end.
pub(super) fn hold(connection: &Connection, delivery: DeliveryId, lease: Lease) -> Result<bool> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET lease_until = ?3
             WHERE id = ?1 AND owner = ?2 AND finished = 0",
        )?
        .execute((delivery, lease.owner, Millis(lease.until)))
        .map(|rows| rows == 1)
}

/// As [`hold`], right before the message is handed over: looks in vain until now say nothing.
pub(super) fn hold_to_send(
    connection: &Connection,
    delivery: DeliveryId,
    lease: Lease,
) -> Result<bool> {
    connection
        .prepare_cached("UPDATE deliveries SET missed_at = NULL WHERE id = ?1 AND owner = ?2")?
        .execute((delivery, lease.owner))?;
    hold(connection, delivery, lease)
}

/// Gives the leases of a process up, so that another one need not wait for their end.
pub(super) fn give_up(connection: &Connection, owner: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET lease_until = 0 WHERE finished = 0 AND owner = ?1")?
        .execute([owner])
        .map(drop)
}

/// Lets go of a delivery until a moment from which on any process may take it again; at most
/// [`MAX_REST`] from now.
pub(super) fn park(connection: &Connection, delivery: DeliveryId, lease: Lease) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET owner = NULL, lease_until = ?3
             WHERE id = ?1 AND owner = ?2 AND finished = 0",
        )?
        .execute((delivery, lease.owner, Millis(lease.until)))
        .map(drop)
}

/// When the next lease ends; `None` where every delivery has its end. A process's own count too:
/// one that nobody renews any more was forgotten. One of a clock that was ahead has ended.
pub(super) fn next_end(connection: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT CASE WHEN lease_until > ?1 THEN 0 ELSE lease_until END AS ends FROM deliveries
             WHERE finished = 0 ORDER BY ends LIMIT 1",
        )?
        .query_row([Millis(latest(now))], |row| row.get::<_, Millis>(0))
        .optional()
        .map(|moment| moment.map(|moment| moment.0))
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, MINUTE, at, lease, report, request};
    use crate::domain::delivery::DeliveryStatus;

    #[tokio::test]
    async fn only_what_nobody_renewed_in_time_is_taken_over() {
        let deck = Deck::new().await;
        let kept = deck.slot(request(0)).await;
        let ended = deck.slot(request(1)).await;
        deck.report(ended, DeliveryStatus::Submitting).await;
        deck.report(ended, DeliveryStatus::Refused).await;
        let other = deck.again().await;
        let taken = |now| other.take_over(lease(2, now + MINUTE), at(now));
        assert!(taken(MINUTE - 1).await.unwrap().is_empty());
        assert_eq!(
            deck.store.renew(vec![kept, ended], lease(1, 2 * MINUTE)).await.unwrap(),
            [kept]
        );
        assert!(taken(MINUTE).await.unwrap().is_empty());
        let found = taken(2 * MINUTE).await.unwrap();
        assert_eq!(found.iter().map(|found| found.delivery).collect::<Vec<_>>(), [kept]);
        assert!(deck.store.renew(vec![kept], lease(1, 9 * MINUTE)).await.unwrap().is_empty());
        assert!(!deck.store.hold(kept, lease(1, 9 * MINUTE)).await.unwrap());
        assert!(other.hold(kept, lease(2, 9 * MINUTE)).await.unwrap());
    }

    #[tokio::test]
    async fn what_a_process_began_and_forgot_is_free_after_its_lease() {
        let deck = Deck::new().await;
        let (kept, forgotten) = (deck.slot(request(0)).await, deck.slot(request(1)).await);
        assert_eq!(deck.store.renew(vec![kept], lease(1, 2 * MINUTE)).await.unwrap(), [kept]);
        assert_eq!(deck.store.next_lease_end(at(0)).await.unwrap(), Some(at(MINUTE + 1)));
        let taken = deck.store.take_over(lease(1, 3 * MINUTE), at(MINUTE + 1)).await.unwrap();
        assert_eq!(taken.iter().map(|taken| taken.delivery).collect::<Vec<_>>(), [forgotten]);
    }

    #[tokio::test]
    async fn what_a_process_gives_up_is_free_at_once() {
        let deck = Deck::new().await;
        deck.slot(request(0)).await;
        let other = deck.again().await;
        assert_eq!(other.next_lease_end(at(0)).await.unwrap(), Some(at(MINUTE)));
        deck.store.give_up(1).await.unwrap();
        assert_eq!(other.take_over(lease(2, MINUTE), at(0)).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_parked_is_nobodys_until_its_moment() {
        let deck = Deck::new().await;
        let delivery = deck.slot(request(0)).await;
        deck.store.park(delivery, lease(1, 30 * MINUTE)).await.unwrap();
        assert!(deck.store.renew(vec![delivery], lease(1, 40 * MINUTE)).await.unwrap().is_empty());
        assert_eq!(deck.store.next_lease_end(at(0)).await.unwrap(), Some(at(30 * MINUTE)));
        let taken = |now| deck.store.take_over(lease(1, now + MINUTE), at(now));
        assert!(taken(30 * MINUTE - 1).await.unwrap().is_empty());
        assert_eq!(taken(30 * MINUTE).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_lease_of_a_clock_that_was_ahead_has_ended() {
        let deck = Deck::new().await;
        let day = 24 * 60 * MINUTE;
        deck.slot(request(2 * day)).await;
        let end = deck.store.next_lease_end(at(0)).await.unwrap().unwrap();
        assert!(end <= at(0), "{end}");
        assert_eq!(deck.store.take_over(lease(2, MINUTE), at(0)).await.unwrap().len(), 1);
        assert_eq!(deck.store.next_lease_end(at(0)).await.unwrap(), Some(at(MINUTE)));
    }

    #[tokio::test]
    async fn two_that_take_over_at_once_share_nothing() {
        let deck = Deck::new().await;
        for number in 0..3 {
            deck.slot(request(number)).await;
        }
        let (one, two) = (deck.again().await, deck.again().await);
        let (one, two) = tokio::join!(
            one.take_over(lease(2, 9 * MINUTE), at(2 * MINUTE)),
            two.take_over(lease(3, 9 * MINUTE), at(2 * MINUTE))
        );
        assert_eq!(one.unwrap().len() + two.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn one_sid_is_never_adopted_twice() {
        let deck = Deck::new().await;
        let (first, second) = (deck.slot(request(0)).await, deck.slot(request(1)).await);
        let sent = |delivery| crate::store::StatusReport {
            sid: Some("SM1".to_owned()),
            ..report(delivery, DeliveryStatus::Sent)
        };
        assert!(deck.store.adopt(sent(first)).await.unwrap());
        assert!(!deck.store.adopt(sent(second)).await.unwrap());
        assert!(deck.store.unfinished(second).await.unwrap().unwrap().sid.is_none());
    }

    #[tokio::test]
    async fn a_sid_is_adopted_even_where_the_status_is_no_news() {
        let deck = Deck::new().await;
        let delivery = deck.slot(request(0)).await;
        deck.report(delivery, DeliveryStatus::Sent).await;
        let found = |sid: &str| crate::store::StatusReport {
            sid: Some(sid.to_owned()),
            ..report(delivery, DeliveryStatus::Sent)
        };
        assert!(deck.store.adopt(found("SM1")).await.unwrap());
        let known = deck.store.unfinished(delivery).await.unwrap().unwrap();
        assert_eq!(known.sid.as_deref(), Some("SM1"));
        assert!(!deck.store.adopt(found("SM2")).await.unwrap());
        deck.report(delivery, DeliveryStatus::Delivered).await;
        assert!(!deck.store.adopt(found("SM1")).await.unwrap());
    }
}
