//! What the provider reports, and what it does to slots.

use super::deck::{Deck, MINUTE, at, lease, number, report, request, rule};
use crate::domain::delivery::DeliveryStatus;
use crate::store::{DeliveryId, EventKind, EventQuery, StatusReport};

#[tokio::test]
async fn a_delivery_only_moves_forwards_and_a_stale_report_leaves_no_event() {
    use DeliveryStatus::{Delivered, Queued, Sending, Submitting};
    for deck in Deck::of_every_store().await {
        let delivery = deck.slot(request(0)).await;
        for (status, moved) in [
            (Submitting, false),
            (Queued, true),
            (Queued, false),
            (Delivered, true),
            (Sending, false),
            (DeliveryStatus::Failed, false),
        ] {
            assert_eq!(deck.report(delivery, status).await, moved, "{status}");
        }
        let kinds = [Submitting, Queued, Delivered].map(EventKind::Delivery);
        assert_eq!(deck.kinds().await, kinds);
        assert!(!deck.report(DeliveryId(99), Queued).await);
    }
}

#[tokio::test]
async fn a_released_slot_can_be_taken_again() {
    for deck in Deck::of_every_store().await {
        for second in 0..2 {
            deck.slot(request(second * 1000)).await;
        }
        let third = deck.slot(request(2000)).await;
        assert!(!deck.quota(rule(3, 15), MINUTE).await.is_open());
        assert!(deck.report(third, DeliveryStatus::Unknown).await);
        assert!(!deck.quota(rule(3, 15), MINUTE).await.is_open());
        assert!(deck.report(third, DeliveryStatus::NotSent).await);
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.left(), 1);
        deck.slot(request(MINUTE)).await;
        assert!(!deck.quota(rule(3, 15), MINUTE).await.is_open());
    }
}

#[tokio::test]
async fn what_the_provider_has_keeps_its_slot_whatever_happens_to_it() {
    for deck in Deck::of_every_store().await {
        let delivery = deck.slot(request(0)).await;
        deck.report(delivery, DeliveryStatus::Accepted).await;
        assert!(!deck.report(delivery, DeliveryStatus::Refused).await);
        assert!(deck.report(delivery, DeliveryStatus::Undelivered).await);
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 1);
    }
}

#[tokio::test]
async fn a_message_that_went_out_after_all_is_counted_again() {
    for deck in Deck::of_every_store().await {
        let delivery = deck.slot(request(0)).await;
        deck.report(delivery, DeliveryStatus::NotSent).await;
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 0);
        // Without a SID it is no more than an old status.
        assert!(!deck.report(delivery, DeliveryStatus::Queued).await);
        let sid = Some("SM1".to_owned());
        let late = StatusReport { sid, ..report(delivery, DeliveryStatus::Queued) };
        assert!(deck.store.report(late.clone()).await.unwrap());
        assert!(!deck.store.report(late).await.unwrap());
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 1);
        assert!(deck.report(delivery, DeliveryStatus::Delivered).await);
    }
}

#[tokio::test]
async fn a_delivery_that_was_given_up_counts_again_once_its_receipt_proves_it() {
    for deck in Deck::of_every_store().await {
        let delivery = deck.slot(request(0)).await;
        deck.report(delivery, DeliveryStatus::NotSent).await;
        let sid = Some("SM1".to_owned());
        let late = StatusReport { sid, ..report(delivery, DeliveryStatus::Delivered) };
        assert!(deck.store.report(late).await.unwrap());
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 1);
        let events = deck.store.events(EventQuery::OfDelivery(delivery)).await.unwrap();
        let detail = events.last().unwrap().detail.as_deref().unwrap_or_default();
        assert!(detail.contains("was sent after all"), "{detail}");
    }
}

#[tokio::test]
async fn an_event_repeats_what_is_known_of_its_delivery() {
    for deck in Deck::of_every_store().await {
        let delivery = deck.slot(request(0)).await;
        let sid = "SM0123".to_owned();
        let accepted = report(delivery, DeliveryStatus::Accepted);
        deck.store.report(StatusReport { sid: Some(sid.clone()), ..accepted }).await.unwrap();
        let failed = report(delivery, DeliveryStatus::Undelivered);
        let failed = StatusReport {
            error_code: Some(30003),
            detail: Some("no\x1b[31m phone".to_owned()),
            ..failed
        };
        deck.store.report(failed).await.unwrap();
        let events = deck.store.events(EventQuery::OfDelivery(delivery)).await.unwrap();
        assert_eq!(events.len(), 3);
        assert_eq!(events[0].detail.as_deref(), Some("CO is on 72404, 1 segment (console by ana)"));
        let last = &events[2];
        assert_eq!((last.user.as_str(), &last.recipient), ("user-1", &number(1).label));
        assert_eq!((last.sid.as_ref(), last.sender.as_deref()), (Some(&sid), Some("72404")));
        assert_eq!((last.error_code, last.detail.as_deref()), (Some(30003), Some("no[31m phone")));
    }
}

#[tokio::test]
async fn only_deliveries_whose_end_is_not_known_are_unfinished() {
    for deck in Deck::of_every_store().await {
        let begun = DeliveryStatus::ALL.into_iter().filter(|it| *it != DeliveryStatus::Reserved);
        for (second, status) in begun.clone().enumerate() {
            let second = i64::try_from(second).unwrap();
            let delivery = deck.slot(request(second * 60 * MINUTE)).await;
            deck.report(delivery, status).await;
        }
        let unfinished = deck.store.take_over(lease(2, 0), at(MINUTE * 60 * 99)).await.unwrap();
        let statuses: Vec<DeliveryStatus> = unfinished.iter().map(|row| row.status).collect();
        let expected: Vec<DeliveryStatus> = begun.filter(|status| !status.is_final()).collect();
        assert_eq!(statuses, expected);
        assert_eq!((unfinished[0].at, unfinished[0].number), (at(0), number(1).key));
    }
}
