//! Judging tries at a code.

use super::deck::{Deck, MINUTE, attempt, digest, number, request, rule, user};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::passcode::{MAX_WRONG_TRIES, Verdict};
use crate::store::{Attempt, EventKind, Reservation, Reserved};

#[tokio::test]
async fn a_right_code_works_once() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        assert_eq!(deck.attempt(attempt(1), 1).await, Verdict::Approved);
        assert_eq!(deck.attempt(attempt(2), 1).await, Verdict::NoCode);
        assert_eq!(deck.kinds().await.last(), Some(&EventKind::Verified));
    }
}

#[tokio::test]
async fn nothing_was_sent_to_an_unknown_number_or_user() {
    for deck in Deck::of_every_store().await {
        assert_eq!(deck.attempt(attempt(0), 1).await, Verdict::NoCode);
        deck.slot(request(0)).await;
        let stranger = Attempt { user: Some(user(2).key), ..attempt(1) };
        assert_eq!(deck.attempt(stranger, 1).await, Verdict::NoCode);
        let known = Attempt { user: Some(user(1).key), ..attempt(1) };
        assert_eq!(deck.attempt(known, 1).await, Verdict::Approved);
    }
}

#[tokio::test]
async fn users_who_share_a_number_cannot_approve_each_other() {
    for deck in Deck::of_every_store().await {
        let of_ben = |millisecond| Reservation { user: user(2), ..request(millisecond) };
        let of_the_number = |millisecond| Reservation { user: number(1), ..request(millisecond) };
        deck.ask_for_code(request(0), 1).await;
        let nobody = || Attempt { user: None, ..attempt(3) };
        let ben = || Attempt { user: Some(user(2).key), ..attempt(3) };
        assert_eq!(deck.attempt(nobody(), 1).await, Verdict::NeedsUser);
        assert_eq!(deck.attempt(ben(), 1).await, Verdict::NoCode);
        deck.ask_for_code(of_ben(1), 2).await;
        assert_eq!(deck.attempt(nobody(), 2).await, Verdict::NeedsUser);
        assert!(matches!(deck.attempt(attempt(3), 2).await, Verdict::Wrong { .. }));
        assert!(matches!(deck.attempt(ben(), 1).await, Verdict::Wrong { .. }));
        // The number's own code approves nobody with an id, and theirs not the number's.
        deck.ask_for_code(of_the_number(2), 3).await;
        assert!(matches!(deck.attempt(nobody(), 1).await, Verdict::Wrong { .. }));
        assert!(matches!(deck.attempt(attempt(3), 3).await, Verdict::Wrong { .. }));
        assert_eq!(deck.attempt(nobody(), 3).await, Verdict::Approved);
        assert_eq!(deck.attempt(nobody(), 3).await, Verdict::NeedsUser);
        assert_eq!(deck.attempt(attempt(3), 1).await, Verdict::Approved);
        assert_eq!(deck.attempt(ben(), 2).await, Verdict::Approved);
        assert_eq!(deck.attempt(nobody(), 2).await, Verdict::NoCode);
    }
}

#[tokio::test]
async fn a_late_code_is_expired_and_not_counted() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        assert_eq!(deck.attempt(attempt(5 * MINUTE), 1).await, Verdict::Expired);
        assert_eq!(deck.kinds().await.last(), Some(&EventKind::ExpiredCode));
        assert_eq!(deck.attempt(attempt(5 * MINUTE - 1), 1).await, Verdict::Approved);
    }
}

#[tokio::test]
async fn earlier_codes_work_until_the_first_success_invalidates_all() {
    for deck in Deck::of_every_store().await {
        deck.ask_for_code(request(0), 1).await;
        deck.ask_for_code(request(MINUTE), 2).await;
        assert_eq!(deck.attempt(attempt(2 * MINUTE), 1).await, Verdict::Approved);
        assert_eq!(deck.attempt(attempt(2 * MINUTE), 2).await, Verdict::NoCode);
    }
}

#[tokio::test]
async fn five_wrong_tries_end_a_challenge_and_a_new_code_begins_the_next() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        for tries_left in (0..5).rev() {
            assert_eq!(deck.attempt(attempt(1), 9).await, Verdict::Wrong { tries_left });
        }
        assert_eq!(deck.attempt(attempt(1), 1).await, Verdict::TriesUsedUp);
        deck.ask_for_code(request(2), 3).await;
        assert_eq!(deck.attempt(attempt(3), 1).await, Verdict::Wrong { tries_left: 4 });
        assert_eq!(deck.attempt(attempt(3), 3).await, Verdict::Approved);
    }
}

#[tokio::test]
async fn a_hundred_wrong_tries_in_a_row_lock_the_user_until_an_operator_unlocks() {
    for deck in Deck::of_every_store().await {
        let day = |day: u32| i64::from(day) * 1440 * MINUTE;
        for round in 0..MAX_WRONG_TRIES / 5 {
            deck.slot(request(day(round))).await;
            for _ in 0..5 {
                deck.attempt(attempt(day(round)), 9).await;
            }
        }
        let later = day(MAX_WRONG_TRIES);
        assert_eq!(deck.attempt(attempt(later), 1).await, Verdict::UserLocked);
        assert_eq!(deck.ask(request(later)).await, Reserved::UserLocked);
        let other_name = Reservation { user: user(2), ..request(later) };
        assert_eq!(deck.ask(other_name).await, Reserved::UserLocked);
        let rows = deck.rows(rule(3, 15), later).await;
        assert_eq!((rows.len(), rows[0].wrong_in_a_row, rows[0].is_locked()), (1, 100, true));
        deck.unlock(later).await;
        assert!(deck.rows(rule(3, 15), later).await.is_empty());
        deck.slot(request(later)).await;
        assert_eq!(deck.attempt(attempt(later), 1).await, Verdict::Approved);
    }
}

#[tokio::test]
async fn a_success_resets_wrong_tries_and_gives_all_codes_back() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        deck.attempt(attempt(1), 9).await;
        let row = || deck.rows(rule(3, 15), 2);
        assert_eq!(row().await[0].wrong_in_a_row, 1);
        deck.attempt(attempt(2), 1).await;
        assert_eq!(deck.quota(rule(3, 15), 2).await.left(), 3);
        assert!(row().await.is_empty());
        deck.slot(request(3)).await;
        assert_eq!(row().await[0].wrong_in_a_row, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_of_several_correct_tries_that_race_succeeds() {
    for deck in Deck::of_every_store().await {
        deck.slot(request(0)).await;
        let stores = [deck.store.clone(), deck.again().await];
        let tries: Vec<_> = (0..16)
            .map(|index| {
                let store = stores[index % 2].clone();
                tokio::spawn(async move { store.verify(attempt(1), |_, id| digest(id, 1)).await })
            })
            .collect();
        let mut approved = 0;
        for verdict in tries {
            approved += usize::from(verdict.await.unwrap().unwrap() == Verdict::Approved);
        }
        assert_eq!(approved, 1);
    }
}

#[tokio::test]
async fn the_code_of_a_message_that_never_went_out_does_not_work() {
    for deck in Deck::of_every_store().await {
        deck.ask_for_code(request(0), 1).await;
        let Reserved::Slot { delivery, .. } = deck.ask_for_code(request(1), 2).await else {
            panic!("refused");
        };
        deck.report(delivery, DeliveryStatus::NotSent).await;
        assert_eq!(deck.attempt(attempt(2), 2).await, Verdict::Wrong { tries_left: 4 });
        assert_eq!(deck.attempt(attempt(2), 1).await, Verdict::Approved);
    }
}
