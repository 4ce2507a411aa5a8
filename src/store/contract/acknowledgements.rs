//! Findings that operators have acknowledged.

use super::deck::{Deck, HERE, MINUTE, at};
use crate::domain::environment::Environment;
use crate::store::{Acknowledgement, AuditAction};

fn acknowledgement(finding: &str, minute: i64, until: i64) -> Acknowledgement {
    Acknowledgement {
        environment: HERE,
        finding: finding.to_owned(),
        at: at(minute * MINUTE),
        until: at(until * MINUTE),
        by: "console by ana".to_owned(),
        reason: "the carrier works on it".to_owned(),
    }
}

#[tokio::test]
async fn an_acknowledgement_holds_until_its_end_and_is_audited() {
    for deck in Deck::of_every_store().await {
        let store = &deck.store;
        let first = acknowledgement("error-30007", 0, 10);
        store.acknowledge(first.clone()).await.unwrap();
        let at_minute =
            async |minute| store.acknowledgements(HERE, at(minute * MINUTE)).await.unwrap();
        assert_eq!(at_minute(9).await, [first]);
        assert_eq!(at_minute(10).await, []);
        let elsewhere = store.acknowledgements(Environment::Production, at(0)).await.unwrap();
        assert_eq!(elsewhere, []);
        let longer = acknowledgement("error-30007", 5, 60);
        store.acknowledge(longer.clone()).await.unwrap();
        assert_eq!(at_minute(30).await, [longer]);
        store.acknowledge(acknowledgement("error-30007", 40, 40)).await.unwrap();
        assert_eq!(at_minute(40).await, []);
        let rows = store.audit_rows(1, 10).await.unwrap();
        let details: Vec<_> = rows.iter().map(|row| row.entry.detail.as_str()).collect();
        assert_eq!(rows.iter().filter(|it| it.entry.action == AuditAction::Acknowledge).count(), 3);
        assert!(details[0].ends_with(": the carrier works on it"), "{details:?}");
        assert_eq!(details[2], "error-30007: ended");
    }
}
