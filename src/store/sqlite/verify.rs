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
        return Ok(Verdict::NoCode);
    };
    let tried = digest(user.subject.key, found.id);
    let wrong_in_a_row = user.wrong_in_a_row.max(number.wrong_in_a_row);
    let verdict = passcode::judge(Some(&found.challenge), wrong_in_a_row, &tried, attempt.at);
    match verdict {
        Verdict::Approved => {
            challenges::mark_used(connection, found.id)?;
            subjects::reset(connection, attempt.environment, user.subject.key)?;
            subjects::reset(connection, attempt.environment, attempt.number)?;
            log(connection, attempt, &user, EventKind::Verified, None)?;
        }
        Verdict::Wrong { tries_left } => {
            challenges::count_wrong_try(connection, found.id)?;
            subjects::count_wrong_try(connection, user.id)?;
            // Without an id the number is the user: one row, counted once.
            if number.id != user.id {
                subjects::count_wrong_try(connection, number.id)?;
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
    let Some(number) = subjects::find(connection, attempt.environment, attempt.number)? else {
        return Ok(None);
    };
    let user = match attempt.user {
        None => None,
        Some(key) => match subjects::find(connection, attempt.environment, key)? {
            None => return Ok(None),
            Some(user) => Some(user.id),
        },
    };
    let Some(found) = challenges::newest(connection, number.id, user)? else { return Ok(None) };
    Ok(Some((subjects::get(connection, found.user)?, number, found)))
}

fn log(
    connection: &Connection,
    attempt: &Attempt,
    user: &SubjectRow,
    kind: EventKind,
    detail: Option<&str>,
) -> Result<()> {
    let event = NewEvent {
        keys: Some((user.subject.key, attempt.number)),
        detail,
        ..NewEvent::of(
            attempt.environment,
            attempt.at,
            kind,
            (&user.subject.label, &attempt.recipient),
        )
    };
    events::insert(connection, &event)
}
