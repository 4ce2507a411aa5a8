//! An operator helps a user who gets no code: gives codes back, or forgives wrong tries.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::audit::{AuditAction, AuditEntry};
use super::events::{self, EventKind, NewEvent};
use super::quota::quota;
use super::subject::{self, Subject};
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;

/// What is given to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// All codes, as if none had been asked for.
    AllCodes,
    /// One code more.
    OneCode,
    /// No wrong try counts any more. It gives no code back.
    WrongTries,
}

impl Remedy {
    const fn event(self) -> EventKind {
        match self {
            Self::AllCodes => EventKind::Unlocked,
            Self::WrongTries => EventKind::ForgaveTries,
            Self::OneCode => EventKind::GaveBack,
        }
    }

    const fn action(self) -> AuditAction {
        match self {
            Self::AllCodes => AuditAction::Unlock,
            Self::OneCode => AuditAction::GiveBack,
            Self::WrongTries => AuditAction::ForgiveTries,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::AllCodes => "all codes",
            Self::OneCode => "one code",
            Self::WrongTries => "wrong tries forgiven",
        }
    }
}

/// Who is helped, how, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlock {
    /// Where.
    pub environment: Environment,
    /// The user.
    pub user: Subject,
    /// Their number.
    pub number: Subject,
    /// What they get.
    pub remedy: Remedy,
    /// The rule that they are judged by.
    pub rule: QuotaRule,
    /// When.
    pub at: Timestamp,
    /// The operator.
    pub by: String,
    /// The operator's reason.
    pub reason: String,
}

impl Unlock {
    /// What the audit says of it.
    pub(super) fn audit(&self) -> AuditEntry {
        let detail = format!(
            "{} at {}, {}: {}",
            self.user.label,
            self.number.label,
            self.remedy.words(),
            self.reason
        );
        AuditEntry {
            at: self.at,
            operator: self.by.clone(),
            environment: Some(self.environment),
            action: self.remedy.action(),
            detail,
        }
    }
}

/// Helps a user; `false`, and nothing is written, where there was nothing to give.
pub(super) fn unlock(connection: &Connection, unlock: &Unlock) -> Result<bool> {
    let Unlock { environment, user, number, remedy, .. } = unlock;
    let given = match remedy {
        Remedy::AllCodes => {
            subject::reset_codes(connection, *environment, user.key)?
                | subject::reset_codes(connection, *environment, number.key)?
        }
        Remedy::OneCode => give_back(connection, unlock)?,
        Remedy::WrongTries => {
            subject::forgive_tries(connection, *environment, user.key)?
                | subject::forgive_tries(connection, *environment, number.key)?
        }
    };
    if !given {
        return Ok(false);
    }
    let event = NewEvent {
        environment: *environment,
        at: unlock.at,
        kind: remedy.event(),
        user: &user.label,
        recipient: &number.label,
        delivery: None,
        keys: Some((user.key, number.key)),
        sender: None,
        sid: None,
        error_code: None,
        request_id: None,
        reason: None,
        country: None,
        detail: Some(&format!("{} by {}: {}", remedy.words(), unlock.by, unlock.reason)),
    };
    events::insert(connection, &event)?;
    Ok(true)
}

/// Lets the newest send count no more; of the number too where that is what holds the user up.
/// The code of that send stays as it is.
fn give_back(connection: &Connection, unlock: &Unlock) -> Result<bool> {
    let left = || -> Result<u16> {
        let keys = (unlock.user.key, unlock.number.key);
        let standing = quota(connection, unlock.environment, keys, unlock.rule, unlock.at)?;
        Ok(standing.quota.left())
    };
    let before = left()?;
    let both = [(&unlock.user, "user"), (&unlock.number, "number")];
    // As little as helps: the user's send, else the number's, else both.
    for tried in [&both[..1], &both[1..], &both[..]] {
        connection.execute_batch("SAVEPOINT give_back")?;
        for (subject, column) in tried {
            uncount_newest(connection, unlock.environment, subject, column)?;
        }
        let helps = left()? > before;
        let end =
            if helps { "RELEASE give_back" } else { "ROLLBACK TO give_back; RELEASE give_back" };
        connection.execute_batch(end)?;
        if helps {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lets the newest counted send of a user or to a number count no more.
fn uncount_newest(
    connection: &Connection,
    environment: Environment,
    subject: &Subject,
    column: &str,
) -> Result<()> {
    let Some(row) = subject::find(connection, environment, subject.key)? else { return Ok(()) };
    let sql = format!(
        "UPDATE deliveries SET counted_at = NULL WHERE id =
             (SELECT id FROM deliveries
              WHERE {column} = ?1 AND id > ?2 AND counted_at IS NOT NULL
              ORDER BY id DESC LIMIT 1)"
    );
    connection.prepare_cached(&sql)?.execute((row.id, row.reset_upto)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, MINUTE, attempt, number, request, rule, user};
    use super::super::{Reservation, Reserved};
    use super::*;
    use crate::domain::passcode::{MAX_WRONG_TRIES, Verdict};

    #[tokio::test]
    async fn one_code_is_given_back_to_a_user_who_changes_numbers() {
        let deck = Deck::new().await;
        for minute in 0..3 {
            deck.slot(Reservation { number: number(2), ..request(minute * MINUTE) }).await;
        }
        let asked = Reservation { number: number(2), ..request(3 * MINUTE) };
        assert!(matches!(deck.ask(asked.clone()).await, Reserved::Locked { .. }));
        assert!(deck.relieve(Remedy::OneCode, (user(1), number(2)), 3 * MINUTE).await);
        deck.slot(asked.clone()).await;
        assert!(matches!(deck.ask(asked).await, Reserved::Locked { .. }));
    }

    #[tokio::test]
    async fn a_code_is_given_back_where_the_number_holds_the_user_up() {
        let deck = Deck::new().await;
        for who in [2, 2, 1, 2] {
            deck.ask(Reservation { user: user(who), ..request(0) }).await;
        }
        let by_first = request(MINUTE);
        assert!(matches!(deck.ask(by_first.clone()).await, Reserved::Locked { .. }));
        assert!(deck.relieve(Remedy::OneCode, (user(1), number(1)), MINUTE).await);
        deck.slot(by_first).await;
    }

    #[tokio::test]
    async fn where_one_code_back_would_not_help_nothing_is_taken_off_the_count() {
        let deck = Deck::new().await;
        for _ in 0..5 {
            deck.slot(Reservation { rule: rule(9, 15), ..request(0) }).await;
        }
        // The rule is stricter by now: three codes.
        assert!(!deck.relieve(Remedy::OneCode, (user(1), number(1)), 1).await);
        assert_eq!(deck.quota(rule(9, 15), 1).await.used(), 5);
    }

    #[tokio::test]
    async fn a_code_that_was_given_back_for_still_works() {
        let deck = Deck::new().await;
        deck.ask_for_code(request(0), 7).await;
        assert!(deck.relieve(Remedy::OneCode, (user(1), number(1)), 1).await);
        assert_eq!(deck.quota(rule(3, 15), 1).await.used(), 0);
        assert!(!deck.relieve(Remedy::OneCode, (user(1), number(1)), 2).await);
        assert_eq!(deck.attempt(attempt(3), 7).await, Verdict::Approved);
    }

    #[tokio::test]
    async fn codes_and_wrong_tries_are_given_back_apart() {
        let deck = Deck::new().await;
        for _ in 0..3 {
            deck.slot(request(0)).await;
        }
        for _ in 0..MAX_WRONG_TRIES {
            let sql = "UPDATE subjects SET wrong_in_a_row = wrong_in_a_row + 1";
            deck.behind_its_back().execute_batch(sql).unwrap();
        }
        let pair = (user(1), number(1));
        assert!(deck.relieve(Remedy::AllCodes, pair.clone(), 1).await);
        assert!(matches!(deck.ask(request(2)).await, Reserved::UserLocked));
        assert!(!deck.relieve(Remedy::AllCodes, pair.clone(), 2).await, "there is nothing left");
        assert!(deck.relieve(Remedy::WrongTries, pair.clone(), 3).await);
        assert!(!deck.relieve(Remedy::WrongTries, pair, 4).await);
        deck.slot(request(5)).await;
        let rows = deck.store.audit_rows(4, 9).await.unwrap();
        let actions: Vec<&str> = rows.iter().map(|row| row.entry.action.key()).collect();
        assert_eq!(actions, ["unlock", "forgive_tries", "send"]);
    }
}
