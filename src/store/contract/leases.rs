//! Which process follows a delivery.

use super::deck::{Deck, MINUTE, at, lease, report, request};
use crate::domain::delivery::DeliveryStatus;

#[tokio::test]
async fn only_deliveries_with_an_expired_lease_are_taken_over() {
    for deck in Deck::of_every_store().await {
        let kept = deck.slot(request(0)).await;
        let ended = deck.slot(request(1)).await;
        deck.report(ended, DeliveryStatus::Submitting).await;
        deck.report(ended, DeliveryStatus::Refused).await;
        let other = deck.again().await;
        let taken = |now| other.take_over(lease(2, now + MINUTE), at(now));
        assert!(taken(MINUTE - 1).await.unwrap().is_empty());
        assert_eq!(
            deck.store.renew_all(vec![kept, ended], lease(1, 2 * MINUTE)).await.unwrap(),
            [kept]
        );
        assert!(taken(MINUTE).await.unwrap().is_empty());
        let found = taken(2 * MINUTE).await.unwrap();
        assert_eq!(found.iter().map(|found| found.delivery).collect::<Vec<_>>(), [kept]);
        assert!(deck.store.renew_all(vec![kept], lease(1, 9 * MINUTE)).await.unwrap().is_empty());
        assert!(!deck.store.renew(kept, lease(1, 9 * MINUTE)).await.unwrap());
        assert!(other.renew(kept, lease(2, 9 * MINUTE)).await.unwrap());
    }
}

#[tokio::test]
async fn a_delivery_that_its_process_forgot_is_free_after_its_lease() {
    for deck in Deck::of_every_store().await {
        let (kept, forgotten) = (deck.slot(request(0)).await, deck.slot(request(1)).await);
        assert_eq!(deck.store.renew_all(vec![kept], lease(1, 2 * MINUTE)).await.unwrap(), [kept]);
        assert_eq!(deck.store.next_lease_end(at(0)).await.unwrap(), Some(at(MINUTE + 1)));
        let taken = deck.store.take_over(lease(1, 3 * MINUTE), at(MINUTE + 1)).await.unwrap();
        assert_eq!(taken.iter().map(|taken| taken.delivery).collect::<Vec<_>>(), [forgotten]);
    }
}

#[tokio::test]
async fn deliveries_of_a_process_that_gives_up_are_free_at_once() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        let other = deck.again().await;
        assert_eq!(other.next_lease_end(at(0)).await.unwrap(), Some(at(MINUTE)));
        deck.store.give_up(1).await.unwrap();
        assert_eq!(other.take_over(lease(2, MINUTE), at(0)).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_deferred_delivery_is_free_only_when_its_time_has_come() {
    for deck in Deck::of_every_store().await {
        let delivery = deck.slot(request(0)).await;
        deck.store.defer(delivery, lease(1, 30 * MINUTE)).await.unwrap();
        assert!(
            deck.store.renew_all(vec![delivery], lease(1, 40 * MINUTE)).await.unwrap().is_empty()
        );
        assert_eq!(deck.store.next_lease_end(at(0)).await.unwrap(), Some(at(30 * MINUTE)));
        let taken = |now| deck.store.take_over(lease(1, now + MINUTE), at(now));
        assert!(taken(30 * MINUTE - 1).await.unwrap().is_empty());
        assert_eq!(taken(30 * MINUTE).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_lease_given_by_a_clock_that_ran_ahead_counts_as_ended() {
    for deck in Deck::of_every_store().await {
        let day = 24 * 60 * MINUTE;
        deck.slot(request(2 * day)).await;
        let end = deck.store.next_lease_end(at(0)).await.unwrap().unwrap();
        assert!(end <= at(0), "{end}");
        assert_eq!(deck.store.take_over(lease(2, MINUTE), at(0)).await.unwrap().len(), 1);
        assert_eq!(deck.store.next_lease_end(at(0)).await.unwrap(), Some(at(MINUTE)));
    }
}

#[tokio::test]
async fn two_processes_that_take_over_at_once_get_different_deliveries() {
    for deck in Deck::of_every_store().await {
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
}

#[tokio::test]
async fn one_sid_is_never_adopted_twice() {
    for deck in Deck::of_every_store().await {
        let (first, second) = (deck.slot(request(0)).await, deck.slot(request(1)).await);
        let sent = |delivery| crate::store::StatusReport {
            sid: Some("SM1".to_owned()),
            ..report(delivery, DeliveryStatus::Sent)
        };
        assert!(deck.store.adopt(sent(first)).await.unwrap());
        assert!(!deck.store.adopt(sent(second)).await.unwrap());
        assert!(deck.store.unfinished(second).await.unwrap().unwrap().sid.is_none());
    }
}

#[tokio::test]
async fn a_sid_is_adopted_even_if_its_status_is_stale() {
    for deck in Deck::of_every_store().await {
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
