//! The figures of an environment, from what happened to its codes.

use std::time::Duration;

use super::deck::{Deck, HERE, MINUTE, at, report, request, rule};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::store::{HOURS, Outcomes, Reservation, StatusReport};

/// A delivery that is asked for at a minute and comes to its end so many seconds later.
async fn ended(deck: &Deck, minute: i64, status: DeliveryStatus, seconds: i64) {
    let delivery = deck.slot(Reservation { rule: rule(20, 1), ..request(minute * MINUTE) }).await;
    let code = (status == DeliveryStatus::Undelivered).then_some(30003);
    let report = StatusReport {
        error_code: code,
        at: at(minute * MINUTE + seconds * 1000),
        ..report(delivery, status)
    };
    deck.store.report(report).await.unwrap();
}

#[tokio::test]
async fn the_figures_follow_from_what_happened_to_the_codes() {
    use DeliveryStatus::{Delivered, Queued, Undelivered};
    for deck in Deck::of_every_store().await {
        for (minute, status, seconds) in [
            (0, Delivered, 2),
            (26 * 60, Delivered, 4),
            (47 * 60, Undelivered, 9),
            (48 * 60 - 30, Delivered, 2),
            (48 * 60 - 20, Delivered, 8),
            (48 * 60 - 10, Undelivered, 3),
            (48 * 60 - 5, Queued, 1),
        ] {
            ended(&deck, minute, status, seconds).await;
        }
        let now = at(48 * 60 * MINUTE);
        let health = deck.store.health(HERE, now).await.unwrap();
        let hour = Outcomes {
            codes: 5,
            delivered: 2,
            failed: 2,
            median: Some(Duration::from_secs(2)),
            p95: Some(Duration::from_secs(8)),
        };
        assert_eq!(health.hour, hour);
        assert_eq!(health.hour.delivery_rate(), Some(50));
        assert_eq!((health.day.codes, health.day.delivered), (6, 3));
        assert_eq!(health.codes_by_hour[HOURS - 1], 4);
        assert_eq!(health.codes_by_hour.iter().sum::<u32>(), 6);
        // Two codes in the 47 hours before the last one.
        assert_eq!(health.usual_per_hour, 1);
        let failure = &health.failures[0];
        assert_eq!((failure.error_code, failure.count), (Some(30003), 2));
        assert_eq!(health.oldest_open, Some(at((48 * 60 - 5) * MINUTE)));
        let route = &health.routes[0];
        assert_eq!((route.country, route.sender.as_str()), (Country::from_code("CO"), "72404"));
        assert_eq!((route.codes, route.last_error), (6, Some(30003)));
        assert_eq!(route.last_failed, Some(at((48 * 60 - 10) * MINUTE)));
    }
}

#[tokio::test]
async fn a_delivery_open_for_more_than_a_day_is_no_longer_reported() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        let health = deck.store.health(HERE, at(25 * 60 * MINUTE)).await.unwrap();
        assert_eq!((health.oldest_open, health.hour.codes), (None, 0));
    }
}
