//! Judges one try at a code and keeps what follows from it, in one transaction: of two right
//! tries that race only one finds the challenge unused.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::challenge::{self, ChallengeRow};
use super::events::{self, EventKind, NewEvent};
use super::ids::ChallengeId;
use super::subject::{self, SubjectRow};
use crate::domain::environment::Environment;
use crate::domain::passcode::{self, Verdict};
use crate::domain::secret::LookupKey;

/// One try at a code, without the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where it is tried.
    pub environment: Environment,
    /// The number that the code was sent to.
    pub number: LookupKey,
    /// The user who signs in; `None` takes the number's newest challenge, whoever's it is.
    pub user: Option<LookupKey>,
    /// The masked number, for the log.
    pub recipient: String,
    /// When it is tried.
    pub at: Timestamp,
}

/// Judges a try. `digest` hashes the code tried for the user and the challenge that are found.
pub(super) fn verify(
    connection: &Connection,
    attempt: &Attempt,
    digest: impl FnOnce(LookupKey, ChallengeId) -> [u8; 32],
) -> Result<Verdict> {
    let Some((user, number, found)) = find(connection, attempt)? else {
        return Ok(Verdict::NoCode);
    };
    let tried = digest(user.subject.key, found.id);
    let wrong_in_a_row = user.wrong_in_a_row.max(number.wrong_in_a_row);
    let verdict = passcode::judge(Some(&found.challenge), wrong_in_a_row, &tried, attempt.at);
    match verdict {
        Verdict::Approved => {
            challenge::mark_used(connection, found.id)?;
            subject::reset(connection, attempt.environment, user.subject.key)?;
            subject::reset(connection, attempt.environment, attempt.number)?;
            log(connection, attempt, &user, EventKind::Verified, None)?;
        }
        Verdict::Wrong { tries_left } => {
            challenge::count_wrong_try(connection, found.id)?;
            subject::count_wrong_try(connection, user.id)?;
            // Without an id the number is the user: one row, counted once.
            if number.id != user.id {
                subject::count_wrong_try(connection, number.id)?;
            }
            let left = format!("tries left: {tries_left}");
            log(connection, attempt, &user, EventKind::WrongCode, Some(&left))?;
        }
        Verdict::Expired => log(connection, attempt, &user, EventKind::ExpiredCode, None)?,
        // No code was compared, so there is nothing to tell.
        Verdict::NoCode | Verdict::TriesUsedUp | Verdict::UserLocked => {}
    }
    Ok(verdict)
}

/// The challenge that is tried, with its user and its number.
fn find(
    connection: &Connection,
    attempt: &Attempt,
) -> Result<Option<(SubjectRow, SubjectRow, ChallengeRow)>> {
    let Some(number) = subject::find(connection, attempt.environment, attempt.number)? else {
        return Ok(None);
    };
    let user = match attempt.user {
        None => None,
        Some(key) => match subject::find(connection, attempt.environment, key)? {
            None => return Ok(None),
            Some(user) => Some(user.id),
        },
    };
    let Some(found) = challenge::newest(connection, number.id, user)? else { return Ok(None) };
    Ok(Some((subject::get(connection, found.user)?, number, found)))
}

fn log(
    connection: &Connection,
    attempt: &Attempt,
    user: &SubjectRow,
    kind: EventKind,
    detail: Option<&str>,
) -> Result<()> {
    let event = NewEvent {
        environment: attempt.environment,
        at: attempt.at,
        kind,
        user: &user.subject.label,
        recipient: &attempt.recipient,
        delivery: None,
        keys: Some((user.subject.key, attempt.number)),
        sender: None,
        sid: None,
        error_code: None,
        request_id: None,
        reason: None,
        country: None,
        detail,
    };
    events::insert(connection, &event)
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{
        Deck, HERE, MINUTE, at, attempt, digest, number, request, rule, user,
    };
    use super::super::{Reservation, Reserved};
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::domain::passcode::MAX_WRONG_TRIES;

    #[tokio::test]
    async fn a_right_code_works_once() {
        let deck = Deck::new().await;
        deck.slot(request(0)).await;
        assert_eq!(deck.attempt(attempt(1), 1).await, Verdict::Approved);
        assert_eq!(deck.attempt(attempt(2), 1).await, Verdict::NoCode);
        assert_eq!(deck.kinds().await.last(), Some(&EventKind::Verified));
    }

    #[tokio::test]
    async fn nothing_was_sent_to_an_unknown_number_or_user() {
        let deck = Deck::new().await;
        assert_eq!(deck.attempt(attempt(0), 1).await, Verdict::NoCode);
        deck.slot(request(0)).await;
        let stranger = Attempt { user: Some(user(2).key), ..attempt(1) };
        assert_eq!(deck.attempt(stranger, 1).await, Verdict::NoCode);
        let known = Attempt { user: Some(user(1).key), ..attempt(1) };
        assert_eq!(deck.attempt(known, 1).await, Verdict::Approved);
    }

    #[tokio::test]
    async fn a_late_code_is_expired_and_not_counted() {
        let deck = Deck::new().await;
        deck.slot(request(0)).await;
        assert_eq!(deck.attempt(attempt(5 * MINUTE), 1).await, Verdict::Expired);
        assert_eq!(deck.kinds().await.last(), Some(&EventKind::ExpiredCode));
        assert_eq!(deck.attempt(attempt(5 * MINUTE - 1), 1).await, Verdict::Approved);
    }

    #[tokio::test]
    async fn an_earlier_code_works_until_the_first_success_kills_all() {
        let deck = Deck::new().await;
        deck.ask_for_code(request(0), 1).await;
        deck.ask_for_code(request(MINUTE), 2).await;
        assert_eq!(deck.attempt(attempt(2 * MINUTE), 1).await, Verdict::Approved);
        assert_eq!(deck.attempt(attempt(2 * MINUTE), 2).await, Verdict::NoCode);
    }

    #[tokio::test]
    async fn five_wrong_tries_end_a_challenge_and_a_new_code_begins_the_next() {
        let deck = Deck::new().await;
        deck.slot(request(0)).await;
        for tries_left in (0..5).rev() {
            assert_eq!(deck.attempt(attempt(1), 9).await, Verdict::Wrong { tries_left });
        }
        assert_eq!(deck.attempt(attempt(1), 1).await, Verdict::TriesUsedUp);
        deck.ask_for_code(request(2), 3).await;
        assert_eq!(deck.attempt(attempt(3), 1).await, Verdict::Wrong { tries_left: 4 });
        assert_eq!(deck.attempt(attempt(3), 3).await, Verdict::Approved);
    }

    #[tokio::test]
    async fn a_hundred_wrong_tries_in_a_row_lock_the_user_until_an_operator_unlocks() {
        let deck = Deck::new().await;
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
        let rows = deck.store.quota_rows(HERE, rule(3, 15), at(later)).await.unwrap();
        assert_eq!((rows.len(), rows[0].wrong_in_a_row, rows[0].is_locked()), (1, 100, true));
        deck.unlock(later).await;
        assert!(deck.store.quota_rows(HERE, rule(3, 15), at(later)).await.unwrap().is_empty());
        deck.slot(request(later)).await;
        assert_eq!(deck.attempt(attempt(later), 1).await, Verdict::Approved);
    }

    #[tokio::test]
    async fn a_success_ends_the_row_of_wrong_tries_and_gives_all_codes_back() {
        let deck = Deck::new().await;
        deck.slot(request(0)).await;
        deck.attempt(attempt(1), 9).await;
        let row = || deck.store.quota_rows(HERE, rule(3, 15), at(2));
        assert_eq!(row().await.unwrap()[0].wrong_in_a_row, 1);
        deck.attempt(attempt(2), 1).await;
        assert_eq!(deck.quota(rule(3, 15), 2).await.left(), 3);
        assert!(row().await.unwrap().is_empty());
        deck.slot(request(3)).await;
        assert_eq!(row().await.unwrap()[0].wrong_in_a_row, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_right_tries_that_race_exactly_one_succeeds() {
        let deck = Deck::new().await;
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

    #[tokio::test]
    async fn the_code_of_a_message_that_never_went_out_does_not_work() {
        let deck = Deck::new().await;
        deck.ask_for_code(request(0), 1).await;
        let Reserved::Slot { delivery, .. } = deck.ask_for_code(request(1), 2).await else {
            panic!("refused");
        };
        deck.report(delivery, DeliveryStatus::NotSent).await;
        assert_eq!(deck.attempt(attempt(2), 2).await, Verdict::Wrong { tries_left: 4 });
        assert_eq!(deck.attempt(attempt(2), 1).await, Verdict::Approved);
    }

    #[tokio::test]
    async fn without_a_user_the_newest_challenge_of_the_number_is_tried() {
        let deck = Deck::new().await;
        deck.ask_for_code(request(0), 1).await;
        deck.ask_for_code(Reservation { user: user(2), ..request(1) }, 2).await;
        assert_eq!(deck.attempt(attempt(2), 2).await, Verdict::Approved);
        let first = Attempt { user: Some(user(1).key), number: number(1).key, ..attempt(2) };
        assert_eq!(deck.attempt(first, 1).await, Verdict::Approved);
    }
}
