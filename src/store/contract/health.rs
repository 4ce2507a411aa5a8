//! The figures of an environment, from what happened to its codes.

use std::time::Duration;

use super::deck::{Deck, HERE, MINUTE, at, report, request, rule};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::fault::Fault;
use crate::store::{HOURS, Newest, Outage, Outcomes, Reservation, StatusReport, Times};

/// A delivery that is asked for at a minute and comes to its end so many seconds later.
async fn ended(deck: &Deck, minute: i64, status: DeliveryStatus, seconds: i64) {
    let delivery = deck.slot(Reservation { rule: rule(20, 1), ..request(minute * MINUTE) }).await;
    let code = (status == DeliveryStatus::Undelivered).then_some(30003);
    // It was asked about later than it arrived.
    let has_arrived = status == DeliveryStatus::Delivered;
    let took = has_arrived.then(|| Duration::from_secs(seconds.unsigned_abs() - 1));
    let report = StatusReport {
        took,
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
            median: Some(Duration::from_secs(1)),
            p95: Some(Duration::from_secs(7)),
            times: Times {
                within: [1, 1, 1, 2, 2, 2, 2, 2, 2],
                codes: 2,
                total: Duration::from_secs(8),
            },
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

#[tokio::test]
async fn an_outage_begins_with_the_first_failure_after_the_last_code_that_went_out() {
    use DeliveryStatus::{NotSent, Queued, Undelivered};
    let failed = async |deck: &Deck, minute: i64, fault| {
        let delivery =
            deck.slot(Reservation { rule: rule(20, 1), ..request(minute * MINUTE) }).await;
        let report = StatusReport { fault, at: at(minute * MINUTE), ..report(delivery, NotSent) };
        deck.store.report(report).await.unwrap();
    };
    for deck in Deck::of_every_store().await {
        let health =
            async |minute: i64| deck.store.health(HERE, at(minute * MINUTE)).await.unwrap();
        assert_eq!(health(0).await.outage, None);
        failed(&deck, 0, Some(Fault::Tls)).await;
        ended(&deck, 10, Queued, 1).await;
        assert_eq!(health(10).await.outage, None);
        ended(&deck, 20, Undelivered, 1).await;
        failed(&deck, 21, Some(Fault::NoConnection)).await;
        failed(&deck, 22, Some(Fault::NoConnection)).await;
        // One that is just being handed over says nothing yet.
        deck.slot(Reservation { rule: rule(20, 1), ..request(23 * MINUTE) }).await;
        let found = health(24).await;
        let expected = Outage {
            since: at(20 * MINUTE),
            count: 3,
            of_cause: 2,
            error_code: None,
            fault: Some(Fault::NoConnection),
        };
        assert_eq!(found.outage, Some(expected));
        assert_eq!(found.newest, Newest { codes: 5, failed: 4 });
        let cause = found.newest_cause.unwrap();
        assert_eq!((cause.fault, cause.count), (Some(Fault::NoConnection), 2));
        assert_eq!(cause.first, at(21 * MINUTE));
        assert_eq!(found.five_minutes, Newest { codes: 3, failed: 3 });
        let route = &found.route_failures[0];
        assert_eq!((route.country, route.codes), (Country::from_code("CO"), 5));
        let causes: Vec<_> = route.causes.iter().map(|it| (it.fault, it.count)).collect();
        assert_eq!(causes[0], (Some(Fault::NoConnection), 2));
        assert_eq!(causes.iter().map(|(_, count)| count).sum::<u32>(), 4);
        assert_eq!(route.causes[0].first, at(21 * MINUTE));
        let counts: Vec<_> = found.failures.iter().map(|it| (it.error_code, it.fault)).collect();
        let [tls, no_connection] = [Fault::Tls, Fault::NoConnection].map(Some);
        assert_eq!(counts, [(None, no_connection), (None, tls), (Some(30003), None)]);
        assert_eq!(found.failures[0].first, at(21 * MINUTE));
        let worst = found.failures[0].routes[0].clone();
        assert_eq!((worst.0, worst.2), (request(0).country, 2));
        // After an hour without any code there is nothing new to judge by.
        assert_eq!(health(24 + 60).await.newest, Newest::default());
    }
}

#[tokio::test]
async fn no_more_than_the_newest_codes_are_judged() {
    for deck in Deck::of_every_store().await {
        for minute in 0..40 {
            let status = DeliveryStatus::Undelivered;
            let status = if minute < 20 { status } else { DeliveryStatus::Delivered };
            ended(&deck, minute, status, 1).await;
        }
        let newest = deck.store.health(HERE, at(41 * MINUTE)).await.unwrap().newest;
        assert_eq!(newest, Newest { codes: Newest::MOST, failed: 5 });
    }
}
