//! Caps on the codes of an environment and of a country.

use super::deck::{Deck, HERE, MINUTE, number, request, user};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::limits::{Cap, Caps, Limits, Span};
use crate::domain::refusal::Refusal;
use crate::store::{EventKind, EventReason, Reservation, Reserved};

fn cap(codes: u32) -> Option<Cap> {
    Cap::new(codes)
}

fn by(who: u8, minute: i64, limits: &Limits) -> Reservation {
    let limits = limits.clone();
    Reservation { user: user(who), number: number(who), limits, ..request(minute * MINUTE) }
}

#[tokio::test]
async fn a_cap_refuses_until_enough_is_an_hour_old_and_counts_no_refusals() {
    for deck in Deck::of_every_store().await {
        let limits = Limits { environment: Caps { hour: cap(2), day: None }, ..Limits::default() };
        deck.slot(by(1, 0, &limits)).await;
        deck.slot(by(2, 30, &limits)).await;
        for _ in 0..3 {
            let refused = deck.ask(by(3, 59, &limits)).await;
            assert!(matches!(refused, Reserved::OverLimit(_)), "{refused:?}");
        }
        // Minutes are counted as a whole.
        assert!(matches!(deck.ask(by(3, 60, &limits)).await, Reserved::OverLimit(_)));
        let third = deck.slot(by(3, 61, &limits)).await;
        assert!(matches!(deck.ask(by(4, 62, &limits)).await, Reserved::OverLimit(_)));
        // What never went out is not counted, and what did after all is.
        deck.report(third, DeliveryStatus::NotSent).await;
        deck.slot(by(4, 63, &limits)).await;
        assert!(matches!(deck.ask(by(5, 64, &limits)).await, Reserved::OverLimit(_)));
    }
}

#[tokio::test]
async fn a_cap_of_a_day_counts_a_country_minute_by_minute_and_hour_by_hour() {
    for deck in Deck::of_every_store().await {
        let each_country = Caps { hour: None, day: cap(3) };
        let limits = Limits { each_country, ..Limits::default() };
        for (who, minute) in [(1, 30), (2, 65), (3, 23 * 60)] {
            deck.slot(by(who, minute, &limits)).await;
        }
        let abroad = Reservation { country: Country::from_code("LV"), ..by(4, 1_000, &limits) };
        deck.slot(abroad).await;
        let day = 24 * 60;
        assert!(matches!(deck.ask(by(5, day + 30, &limits)).await, Reserved::OverLimit(_)));
        deck.slot(by(5, day + 31, &limits)).await;
        assert!(matches!(deck.ask(by(6, day + 65, &limits)).await, Reserved::OverLimit(_)));
        deck.slot(by(6, day + 66, &limits)).await;
    }
}

#[tokio::test]
async fn a_limit_that_only_records_sends_and_says_what_it_would_have_refused() {
    for deck in Deck::of_every_store().await {
        let caps = Caps { hour: None, day: cap(1) };
        let limits = Limits { each_country: caps, record_only: true, ..Limits::default() };
        deck.slot(by(1, 0, &limits)).await;
        deck.slot(by(2, 1, &limits)).await;
        let events = deck.latest(HERE, 9).await;
        let recorded: Vec<_> =
            events.iter().filter(|event| event.kind == EventKind::WouldRefuse).collect();
        assert_eq!(recorded.len(), 1);
        assert_eq!(recorded[0].reason, Some(EventReason::Refusal(Refusal::CountryCap(Span::Day))));
        let detail = recorded[0].detail.as_deref().unwrap();
        assert!(
            detail.starts_with("the limit of 1 code per day to Colombia is reached"),
            "{detail}"
        );
    }
}
