//! How many codes an environment and a country have had lately, for the limits on them. What a
//! limit is stands in the domain.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::values::Millis;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit, Traffic};

/// Counts what went out, or may have, since a moment. The second column is of one country.
const SENT_SINCE: &str = "
    SELECT count(*), coalesce(sum(country IS ?3), 0) FROM deliveries
    WHERE environment = ?1 AND at > ?2 AND status NOT IN ('refused', 'not_sent')";

/// The limit that one more code to a country would break; `None` if it breaks none.
pub(super) fn over(
    connection: &Connection,
    (environment, country): (Environment, Option<Country>),
    limits: &Limits,
    now: Timestamp,
) -> Result<Option<OverLimit>> {
    let sent = |hours| -> Result<(u32, u32)> {
        let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        connection
            .prepare_cached(SENT_SINCE)?
            .query_row((environment, Millis(since), country), |row| Ok((row.get(0)?, row.get(1)?)))
    };
    let mut traffic = Traffic::default();
    if limits.caps_hours() {
        (traffic.hour, traffic.country_hour) = sent(1)?;
    }
    if limits.caps_days() {
        (traffic.day, traffic.country_day) = sent(24)?;
    }
    Ok(limits.judge(country, traffic))
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, MINUTE, number, request, user};
    use super::super::{EventKind, EventReason, Reservation, Reserved};
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::domain::limits::{Cap, Caps, Span};
    use crate::domain::refusal::Refusal;

    fn cap(codes: u32) -> Option<Cap> {
        Cap::new(codes)
    }

    fn by(who: u8, minute: i64, limits: &Limits) -> Reservation {
        let limits = limits.clone();
        Reservation { user: user(who), number: number(who), limits, ..request(minute * MINUTE) }
    }

    #[tokio::test]
    async fn a_cap_refuses_until_enough_is_an_hour_old_and_counts_no_refusals() {
        let deck = Deck::new().await;
        let limits = Limits { environment: Caps { hour: cap(2), day: None }, ..Limits::default() };
        let first = deck.slot(by(1, 0, &limits)).await;
        deck.slot(by(2, 30, &limits)).await;
        for _ in 0..3 {
            let refused = deck.ask(by(3, 59, &limits)).await;
            assert!(matches!(refused, Reserved::OverLimit(_)), "{refused:?}");
        }
        deck.slot(by(3, 60, &limits)).await;
        assert!(matches!(deck.ask(by(4, 61, &limits)).await, Reserved::OverLimit(_)));
        // What never went out is not counted.
        deck.report(first, DeliveryStatus::NotSent).await;
        let fifth = by(5, 90, &limits);
        deck.slot(fifth).await;
    }

    #[tokio::test]
    async fn a_limit_that_only_records_sends_and_says_what_it_would_have_refused() {
        let deck = Deck::new().await;
        let caps = Caps { hour: None, day: cap(1) };
        let limits = Limits { each_country: caps, record_only: true, ..Limits::default() };
        deck.slot(by(1, 0, &limits)).await;
        deck.slot(by(2, 1, &limits)).await;
        let events = deck.store.latest_events(super::super::test_deck::HERE, 9).await.unwrap();
        let told: Vec<_> =
            events.iter().filter(|event| event.kind == EventKind::WouldRefuse).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].reason, Some(EventReason::Refusal(Refusal::CountryCap(Span::Day))));
        let detail = told[0].detail.as_deref().unwrap();
        assert!(detail.starts_with("the cap of 1 code a day to Colombia is reached"), "{detail}");
    }
}
