//! How an environment fares, read from what happened.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use super::values::Millis;
use crate::domain::environment::Environment;

/// What happened in an environment since some moment, and what is still open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Codes that were asked for and reached the provider or should have.
    pub codes: u32,
    /// Failures by error code, the most frequent first; `None`: without a code.
    pub failures: Vec<FailureCount>,
    /// When the oldest code without an end was asked for.
    pub oldest_open: Option<Timestamp>,
    /// When a code was last delivered.
    pub last_delivered: Option<Timestamp>,
}

/// How often one error happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureCount {
    /// The provider's error code, if it gave one.
    pub error_code: Option<u32>,
    /// How often.
    pub count: u32,
    /// When last.
    pub last: Timestamp,
}

/// Reads how an environment has fared since a moment.
pub(super) fn health(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Health> {
    let failures = connection
        .prepare_cached(
            "SELECT error_code, count(*), max(at) FROM events
             WHERE environment = ?1 AND at >= ?2 AND delivery IS NOT NULL
               AND kind IN ('failed', 'undelivered', 'refused', 'not_sent')
             GROUP BY error_code ORDER BY count(*) DESC, error_code",
        )?
        .query_map((environment, Millis(since)), |row| {
            let last = row.get::<_, Millis>(2)?.0;
            Ok(FailureCount { error_code: row.get(0)?, count: row.get(1)?, last })
        })?
        .collect::<Result<_>>()?;
    let codes = connection
        .prepare_cached("SELECT count(*) FROM deliveries WHERE environment = ?1 AND at >= ?2")?
        .query_row((environment, Millis(since)), |row| row.get(0))?;
    let moment = |sql: &str| -> Result<Option<Timestamp>> {
        let found = connection
            .prepare_cached(sql)?
            .query_row([environment], |row| row.get::<_, Option<Millis>>(0))
            .optional()?;
        Ok(found.flatten().map(|moment| moment.0))
    };
    Ok(Health {
        codes,
        failures,
        oldest_open: moment(
            "SELECT min(at) FROM deliveries WHERE environment = ?1 AND finished = 0",
        )?,
        last_delivered: moment(
            "SELECT at FROM events WHERE environment = ?1 AND kind = 'delivered'
             ORDER BY id DESC LIMIT 1",
        )?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, HERE, MINUTE, at, report, request};
    use super::super::{Reservation, StatusReport};
    use super::*;
    use crate::domain::delivery::DeliveryStatus;

    #[tokio::test]
    async fn failures_are_counted_by_their_code_and_what_is_open_is_found() {
        let deck = Deck::new().await;
        let rule = super::super::test_deck::rule(20, 15);
        let mut slots = Vec::new();
        for minute in 0..4 {
            slots.push(deck.slot(Reservation { rule, ..request(minute * MINUTE) }).await);
        }
        for (delivery, status, code) in [
            (slots[0], DeliveryStatus::Undelivered, Some(30003)),
            (slots[1], DeliveryStatus::Undelivered, Some(30003)),
            (slots[2], DeliveryStatus::Delivered, None),
        ] {
            let told =
                StatusReport { error_code: code, at: at(9 * MINUTE), ..report(delivery, status) };
            deck.store.report(told).await.unwrap();
        }
        let health = deck.store.health(HERE, at(0)).await.unwrap();
        let failure = FailureCount { error_code: Some(30003), count: 2, last: at(9 * MINUTE) };
        assert_eq!((health.codes, health.failures), (4, vec![failure]));
        assert_eq!(health.oldest_open, Some(at(3 * MINUTE)));
        assert_eq!(health.last_delivered, Some(at(9 * MINUTE)));
        let later = deck.store.health(HERE, at(10 * MINUTE)).await.unwrap();
        assert!(later.failures.is_empty() && later.codes == 0);
    }
}
