//! Judges one try at a code and keeps what follows from it, in one transaction: of two right
//! tries that race only one finds the challenge unused.

use rusqlite::{Connection, Result};

use super::Sqlite;
use super::challenges::{self, ChallengeRow};
use super::events::{self, NewEvent};
use super::subjects::{self, SubjectRow};
use crate::domain::passcode::{self, Verdict};
use crate::domain::secret::LookupKey;
use crate::store::attempt::Attempt;
use crate::store::error::StoreError;
use crate::store::event::EventKind;
use crate::store::ids::ChallengeId;

impl Sqlite {
    pub async fn verify(
        &self,
        attempt: Attempt,
        digest: impl FnOnce(LookupKey, ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Result<Verdict, StoreError> {
        self.worker.write(move |connection| verify(connection, &attempt, digest)).await
    }
}

/// Judges a try. `digest` hashes the code tried for the user and the challenge that are found.
fn verify(
    connection: &Connection,
    attempt: &Attempt,
    digest: impl FnOnce(LookupKey, ChallengeId) -> [u8; 32],
) -> Result<Verdict> {
    let Some((user, number, found)) = find(connection, attempt)? else {
        let needs_user = attempt.user.is_none() && is_open_for_a_user(connection, attempt)?;
        return Ok(if needs_user { Verdict::NeedsUser } else { Verdict::NoCode });
    };
    if attempt.user.is_none()
        && !found.challenge.is_open(attempt.at)
        && is_open_for_a_user(connection, attempt)?
    {
        return Ok(Verdict::NeedsUser);
    }
    let tried = digest(user.subject.key, found.id);
    let wrong_in_a_row = user.wrong_in_a_row.max(number.wrong_in_a_row);
    let verdict = passcode::judge(Some(&found.challenge), wrong_in_a_row, &tried, attempt.at);
    match verdict {
        Verdict::Approved => {
            challenges::mark_used(connection, &found)?;
            subjects::reset(connection, attempt.environment, user.subject.key)?;
            subjects::reset(connection, attempt.environment, attempt.number)?;
            log(connection, attempt, (&user, &number), EventKind::Verified, None)?;
        }
        Verdict::Wrong { tries_left } => {
            challenges::count_wrong_try(connection, &found)?;
            subjects::count_wrong_try(connection, user.id)?;
            // Without an id the number is the user: one row, counted once.
            if number.id != user.id {
                subjects::count_wrong_try(connection, number.id)?;
            }
            let left = format!("tries left: {tries_left}");
            log(connection, attempt, (&user, &number), EventKind::WrongCode, Some(&left))?;
        }
        Verdict::Expired => {
            log(connection, attempt, (&user, &number), EventKind::ExpiredCode, None)?;
        }
        // No code was compared, so there is nothing to tell.
        Verdict::NoCode | Verdict::NeedsUser | Verdict::TriesUsedUp | Verdict::UserLocked => {}
    }
    Ok(verdict)
}

/// Whether some user with an id has an open challenge at the number.
fn is_open_for_a_user(connection: &Connection, attempt: &Attempt) -> Result<bool> {
    let number = subjects::find(connection, attempt.environment, attempt.number)?;
    let Some(number) = number else { return Ok(false) };
    let newest = challenges::newest_of_users(connection, number.id)?;
    Ok(newest.iter().any(|row| row.challenge.is_open(attempt.at)))
}

/// The challenge that is tried, with its user and its number. Without a user it is the number's own:
/// users who share a number must not approve each other's sign-in.
fn find(
    connection: &Connection,
    attempt: &Attempt,
) -> Result<Option<(SubjectRow, SubjectRow, ChallengeRow)>> {
    let Some(number) = subjects::find(connection, attempt.environment, attempt.number)? else {
        return Ok(None);
    };
    let user = match attempt.user {
        None => Some(number.clone()),
        Some(key) => subjects::find(connection, attempt.environment, key)?,
    };
    let Some(user) = user else { return Ok(None) };
    let found = challenges::newest(connection, number.id, user.id)?;
    Ok(found.map(|found| (user, number, found)))
}

fn log(
    connection: &Connection,
    attempt: &Attempt,
    (user, number): (&SubjectRow, &SubjectRow),
    kind: EventKind,
    detail: Option<&str>,
) -> Result<()> {
    let event = NewEvent {
        subjects: Some((user.id, number.id)),
        detail,
        ..NewEvent::of(attempt.environment, attempt.at, kind)
    };
    events::insert(connection, &event)
}
