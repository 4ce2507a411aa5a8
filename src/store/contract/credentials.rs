//! What accounts have said of credentials.

use super::deck::{Deck, HERE, MINUTE, at};
use crate::domain::balance::Balance;
use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;
use crate::store::{BalanceReport, CredentialsReport};

fn said(credentials: u8, minute: i64, refused: Option<u32>) -> CredentialsReport {
    let fingerprint = Fingerprint([credentials; 32]);
    CredentialsReport { environment: HERE, fingerprint, at: at(minute * MINUTE), refused }
}

#[tokio::test]
async fn what_was_last_said_of_credentials_counts_for_them_alone() {
    for deck in Deck::of_every_store().await {
        let store = &deck.store;
        for report in [said(1, 0, Some(20003)), said(2, 1, None), said(1, 2, None)] {
            store.report_credentials(report).await.unwrap();
        }
        store.report_credentials(said(3, 3, Some(20005))).await.unwrap();
        let of = async |credentials| {
            let fingerprint = Some(Fingerprint([credentials; 32]));
            store.credentials(HERE, fingerprint).await.unwrap()
        };
        assert_eq!(of(1).await, Some(said(1, 2, None)));
        assert_eq!(of(2).await, Some(said(2, 1, None)));
        assert_eq!(of(4).await, None);
        assert_eq!(store.credentials(HERE, None).await.unwrap(), Some(said(3, 3, Some(20005))));
        let elsewhere = store.credentials(Environment::Production, None).await.unwrap();
        assert_eq!(elsewhere, None);
    }
}

#[tokio::test]
async fn the_last_balance_of_an_environment_is_kept() {
    for deck in Deck::of_every_store().await {
        let store = &deck.store;
        for (minute, amount) in [(0, "12.40"), (1, "-3.20")] {
            let balance = Balance::parse(amount, "USD").unwrap();
            let (fingerprint, at) = (Fingerprint([1; 32]), at(minute * MINUTE));
            let report = BalanceReport { environment: HERE, fingerprint, at, balance };
            store.report_balance(report.clone()).await.unwrap();
            assert_eq!(store.balance(HERE).await.unwrap(), Some(report));
        }
        assert_eq!(store.balance(Environment::Production).await.unwrap(), None);
    }
}

#[tokio::test]
async fn refused_credentials_are_tried_again_by_one_process_at_a_time() {
    for deck in Deck::of_every_store().await {
        let store = &deck.store;
        store.report_credentials(said(1, 0, Some(20003))).await.unwrap();
        let claim = async |minute| {
            let fingerprint = Fingerprint([1; 32]);
            let (rested, now) = (at((minute - 1) * MINUTE), at(minute * MINUTE));
            store.claim_trial(HERE, fingerprint, rested, now).await.unwrap()
        };
        assert!(!claim(0).await);
        assert!(claim(1).await);
        assert!(!claim(1).await, "two have claimed the same trial");
        assert!(claim(2).await);
        store.report_credentials(said(1, 2, None)).await.unwrap();
    }
}
