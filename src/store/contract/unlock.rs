//! Giving codes back.

use super::deck::{Deck, MINUTE, attempt, number, request, rule, user};
use crate::domain::passcode::Verdict;
use crate::store::{Remedy, Reservation, Reserved};

#[tokio::test]
async fn one_code_is_given_back_to_a_user_who_changes_numbers() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(Reservation { number: number(2), ..request(minute * MINUTE) }).await;
        }
        let asked = Reservation { number: number(2), ..request(3 * MINUTE) };
        assert!(matches!(deck.ask(asked.clone()).await, Reserved::Locked { .. }));
        assert!(deck.relieve(Remedy::OneCode, (user(1), number(2)), 3 * MINUTE).await);
        deck.slot(asked.clone()).await;
        assert!(matches!(deck.ask(asked).await, Reserved::Locked { .. }));
    }
}

#[tokio::test]
async fn a_code_is_given_back_where_the_number_holds_the_user_up() {
    for deck in Deck::of_every_store().await {
        for who in [2, 2, 1, 2] {
            deck.ask(Reservation { user: user(who), ..request(0) }).await;
        }
        let by_first = request(MINUTE);
        assert!(matches!(deck.ask(by_first.clone()).await, Reserved::Locked { .. }));
        assert!(deck.relieve(Remedy::OneCode, (user(1), number(1)), MINUTE).await);
        deck.slot(by_first).await;
    }
}

#[tokio::test]
async fn giving_one_code_back_changes_nothing_where_it_would_not_help() {
    for deck in Deck::of_every_store().await {
        for _ in 0..5 {
            deck.slot(Reservation { rule: rule(9, 15), ..request(0) }).await;
        }
        // The rule is stricter by now: three codes.
        assert!(!deck.relieve(Remedy::OneCode, (user(1), number(1)), 1).await);
        assert_eq!(deck.quota(rule(9, 15), 1).await.used(), 5);
    }
}

#[tokio::test]
async fn giving_a_code_back_does_not_revoke_it() {
    for deck in Deck::of_every_store().await {
        deck.ask_for_code(request(0), 7).await;
        assert!(deck.relieve(Remedy::OneCode, (user(1), number(1)), 1).await);
        assert_eq!(deck.quota(rule(3, 15), 1).await.used(), 0);
        assert!(!deck.relieve(Remedy::OneCode, (user(1), number(1)), 2).await);
        assert_eq!(deck.attempt(attempt(3), 7).await, Verdict::Approved);
    }
}
