//! How everyone stands.

use super::deck::{Deck, HERE, MINUTE, at, attempt, number, request, rule, user};
use crate::domain::quota::Quota;
use crate::store::{Attempt, QuotaRow, Reservation};

async fn rows(deck: &Deck, minute: i64) -> Vec<QuotaRow> {
    deck.rows(rule(3, 15), minute * MINUTE).await
}

fn by(who: u8, minute: i64) -> Reservation {
    Reservation { user: user(who), number: number(who), ..request(minute * MINUTE) }
}

#[tokio::test]
async fn locked_users_come_first_and_then_the_one_last_texted() {
    for deck in Deck::of_every_store().await {
        for (who, minute) in [(1, 0), (1, 1), (1, 2), (2, 3), (3, 4), (4, 5), (4, 5), (4, 5)] {
            deck.slot(by(who, minute)).await;
        }
        let rows = rows(&deck, 6).await;
        let users: Vec<String> = rows.iter().map(|row| row.user.label.clone()).collect();
        assert_eq!(users, ["user-4", "user-1", "user-3", "user-2"]);
        assert_eq!(rows[1].quota, Quota::Locked { used: 3, unlock_at: at(17 * MINUTE) });
        assert_eq!((&rows[1].number, rows[1].last_sent), (&number(1), at(2 * MINUTE)));
    }
}

#[tokio::test]
async fn a_user_disappears_when_their_sends_no_longer_matter() {
    for deck in Deck::of_every_store().await {
        deck.slot(by(1, 0)).await;
        deck.slot(by(2, 1)).await;
        assert_eq!(rows(&deck, 14).await.len(), 2);
        assert_eq!(rows(&deck, 15).await.len(), 1);
        assert_eq!(rows(&deck, 16).await, []);
    }
}

#[tokio::test]
async fn a_row_judges_as_a_request_would_be_judged() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(Reservation { number: number(9), ..by(1, minute) }).await;
        }
        deck.slot(by(2, 3)).await;
        deck.attempt(Attempt { number: number(9).key, ..attempt(0) }, 9).await;
        for row in rows(&deck, 4).await {
            let (rule, now) = (rule(3, 15), at(4 * MINUTE));
            let standing = deck.store.standing(HERE, row.user.key, row.number.key, rule, now).await;
            assert_eq!(row.quota, standing.unwrap().quota);
            assert_eq!(row.wrong_in_a_row, u32::from(row.user == user(1)));
        }
    }
}

#[tokio::test]
async fn an_unlocked_user_is_gone_and_has_all_codes_again() {
    for deck in Deck::of_every_store().await {
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        deck.unlock(3 * MINUTE).await;
        assert_eq!(rows(&deck, 3).await, []);
        assert_eq!(deck.quota(rule(3, 15), 3 * MINUTE).await.left(), 3);
        let event = deck.latest(HERE, 1).await.remove(0);
        assert_eq!(event.detail.as_deref(), Some("all codes by ana: lost phone"));
    }
}
