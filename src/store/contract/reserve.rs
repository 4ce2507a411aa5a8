//! Taking slots: what is sent, and what is refused.

use super::deck::{Deck, HERE, MINUTE, at, attempt, digest, number, request, rule, user};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::passcode::Verdict;
use crate::domain::quota::Quota;
use crate::domain::refusal::Refusal;
use crate::store::{Attempt, EventKind, EventReason, Reservation, Reserved};

fn is_slot(reserved: Reserved) -> bool {
    matches!(reserved, Reserved::Slot { .. })
}

#[tokio::test]
async fn three_codes_within_the_time_out_lock_until_the_time_out_after_the_third() {
    for deck in Deck::of_every_store().await {
        for (minute, left) in [(0, 2), (2, 1)] {
            let Reserved::Slot { quota, .. } = deck.ask(request(minute * MINUTE)).await else {
                panic!("refused at {minute}");
            };
            assert_eq!(quota.left(), left);
        }
        let locked = Quota::Locked { used: 3, unlock_at: at(19 * MINUTE) };
        let third = deck.ask(request(4 * MINUTE)).await;
        assert!(matches!(third, Reserved::Slot { quota, .. } if quota == locked), "{third:?}");
        let early = deck.ask(request(19 * MINUTE - 1)).await;
        let locked = Quota::Locked { used: 3, unlock_at: at(19 * MINUTE) };
        assert_eq!(early, Reserved::Locked { quota: locked });
        assert!(is_slot(deck.ask(request(19 * MINUTE)).await));
    }
}

#[tokio::test]
async fn codes_far_enough_apart_never_lock() {
    for deck in Deck::of_every_store().await {
        for minute in [0, 14, 28, 42] {
            assert!(is_slot(deck.ask(request(minute * MINUTE)).await), "{minute}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_leaves_an_event_and_does_not_move_the_unlock_time() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let before = deck.quota(rule(3, 15), 3 * MINUTE).await;
        for _ in 0..3 {
            assert_eq!(deck.ask(request(3 * MINUTE)).await, Reserved::Locked { quota: before });
        }
        assert_eq!(deck.quota(rule(3, 15), 3 * MINUTE).await, before);
        let last = deck.latest(HERE, 1).await.remove(0);
        assert_eq!(last.kind, EventKind::REFUSED);
        assert_eq!((last.delivery, last.detail.as_deref()), (None, Some("3 of 3 codes used")));
        assert_eq!(last.reason, Some(EventReason::Refusal(Refusal::Quota)));
        assert_eq!(last.country, Country::from_code("CO"));
    }
}

#[tokio::test]
async fn user_and_number_must_both_be_open() {
    for deck in Deck::of_every_store().await {
        for second in 0..3 {
            deck.slot(request(second * 1000)).await;
        }
        let other_number = Reservation { number: number(2), ..request(MINUTE) };
        assert!(!is_slot(deck.ask(other_number).await));
        let other_user = Reservation { user: user(2), ..request(MINUTE) };
        assert!(!is_slot(deck.ask(other_user).await));
        let both = Reservation { user: user(2), number: number(2), ..request(MINUTE) };
        assert!(is_slot(deck.ask(both).await));
    }
}

#[tokio::test]
async fn a_user_without_an_id_is_their_number() {
    for deck in Deck::of_every_store().await {
        let nameless = |minute: i64| Reservation { user: number(1), ..request(minute * MINUTE) };
        for minute in 0..3 {
            assert!(is_slot(deck.ask(nameless(minute)).await));
        }
        assert!(!is_slot(deck.ask(nameless(3)).await));
        let nobody = Attempt { user: None, ..attempt(3 * MINUTE) };
        assert_eq!(deck.attempt(nobody, 1).await, Verdict::Approved);
        assert!(is_slot(deck.ask(nameless(3)).await));
    }
}

#[tokio::test]
async fn environments_do_not_mix() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let elsewhere = Reservation { environment: Environment::Production, ..request(3 * MINUTE) };
        assert!(is_slot(deck.ask(elsewhere).await));
        let elsewhere = Attempt { environment: Environment::Development, ..attempt(3 * MINUTE) };
        assert_eq!(deck.attempt(elsewhere, 1).await, Verdict::NoCode);
        assert!(deck.latest(Environment::Development, 9).await.is_empty());
    }
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let deck = deck.restarted().await;
        assert!(!is_slot(deck.ask(request(3 * MINUTE)).await));
        assert_eq!(deck.attempt(attempt(3 * MINUTE), 1).await, Verdict::Approved);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_race_get_exactly_the_allowed_codes() {
    for deck in Deck::of_every_store().await {
        let stores = [deck.store.clone(), deck.again().await];
        let asked: Vec<_> = (0..20)
            .map(|index| {
                let store = stores[index % 2].clone();
                tokio::spawn(async move { store.reserve(|_| request(0), |id| digest(id, 1)).await })
            })
            .collect();
        let mut slots = 0;
        for asked in asked {
            slots += usize::from(is_slot(asked.await.unwrap().unwrap()));
        }
        assert_eq!(slots, 3);
    }
}

#[tokio::test]
async fn a_changed_rule_is_judged_against_the_same_log() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        assert!(deck.quota(rule(4, 15), 3 * MINUTE).await.is_open());
        assert!(deck.quota(rule(3, 2), 3 * MINUTE).await.is_open());
        let stricter = Quota::Locked { used: 3, unlock_at: at(62 * MINUTE) };
        assert_eq!(deck.quota(rule(2, 60), 20 * MINUTE).await, stricter);
        assert!(is_slot(deck.ask(Reservation { rule: rule(4, 15), ..request(3 * MINUTE) }).await));
    }
}

#[tokio::test]
async fn a_clock_set_back_gives_no_further_codes() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(60 * MINUTE)).await;
        for minute in 0..2 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let unlock_at = Some(at(75 * MINUTE));
        for minute in [2, 30, 74] {
            let Reserved::Locked { quota } = deck.ask(request(minute * MINUTE)).await else {
                panic!("a slot at {minute}");
            };
            assert_eq!(quota.unlock_at(), unlock_at);
        }
        assert!(is_slot(deck.ask(request(75 * MINUTE)).await));
    }
}

#[tokio::test]
async fn the_returned_quota_equals_the_stored_one_even_between_milliseconds() {
    for deck in Deck::of_every_store().await {
        let between = at(0) + jiff::SignedDuration::from_nanos(999_999);
        let once = Reservation { rule: rule(1, 15), at: between, ..request(0) };
        let Reserved::Slot { quota, .. } = deck.ask(once).await else { panic!() };
        assert_eq!(quota, deck.quota(rule(1, 15), 0).await);
    }
}
