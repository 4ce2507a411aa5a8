//! What accounts have reported of credentials.

use jiff::SignedDuration;

use super::deck::{Deck, HERE, MINUTE, at, number, request, user};
use crate::domain::balance::Balance;
use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;
use crate::store::{BalanceReport, CredentialsReport, Reservation, Reserved};

fn report(credentials: u8, minute: i64, refused: Option<u32>) -> CredentialsReport {
    let fingerprint = Fingerprint([credentials; 32]);
    CredentialsReport { environment: HERE, fingerprint, at: at(minute * MINUTE), refused }
}

#[tokio::test]
async fn what_was_last_reported_of_credentials_counts_for_them_alone() {
    for deck in Deck::of_every_store().await {
        let store = &deck.store;
        for reported in [report(1, 0, Some(20003)), report(2, 1, None), report(1, 2, None)] {
            store.report_credentials(reported).await.unwrap();
        }
        store.report_credentials(report(3, 3, Some(20005))).await.unwrap();
        let of = async |credentials| {
            let fingerprint = Some(Fingerprint([credentials; 32]));
            store.credentials(HERE, fingerprint).await.unwrap()
        };
        assert_eq!(of(1).await, Some(report(1, 2, None)));
        assert_eq!(of(2).await, Some(report(2, 1, None)));
        assert_eq!(of(4).await, None);
        assert_eq!(store.credentials(HERE, None).await.unwrap(), Some(report(3, 3, Some(20005))));
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
            let reported = BalanceReport { environment: HERE, fingerprint, at, balance };
            store.report_balance(reported.clone()).await.unwrap();
            assert_eq!(store.balance(HERE).await.unwrap(), Some(reported));
        }
        assert_eq!(store.balance(Environment::Production).await.unwrap(), None);
    }
}

#[tokio::test]
async fn refused_credentials_are_tried_again_by_one_process_at_a_time() {
    for deck in Deck::of_every_store().await {
        let store = &deck.store;
        store.report_credentials(report(1, 0, Some(20003))).await.unwrap();
        let paused = async |minute: i64, user_number| {
            let rest = SignedDuration::from_mins(1);
            let asked = Reservation {
                user: user(user_number),
                number: number(user_number),
                credentials: Some((Fingerprint([1; 32]), rest)),
                ..request(minute * MINUTE)
            };
            match deck.ask(asked).await {
                Reserved::Slot { .. } => None,
                Reserved::Paused { code, until } => Some((code, until)),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(paused(0, 1).await, Some((20003, at(MINUTE))));
        assert_eq!(paused(1, 2).await, None);
        assert_eq!(paused(1, 3).await, Some((20003, at(2 * MINUTE))), "two may try");
        assert_eq!(paused(2, 4).await, None);
        store.report_credentials(report(1, 2, None)).await.unwrap();
        assert_eq!((paused(2, 5).await, paused(2, 6).await), (None, None));
    }
}
