//! An operator helps a user who gets no code: gives codes back, or forgives wrong tries.

use rusqlite::{Connection, Result};

use super::events::{self, NewEvent};
use super::quota::standing;
use super::{Sqlite, audit, subjects};
use crate::domain::environment::Environment;
use crate::store::error::StoreError;
use crate::store::subject::Subject;
use crate::store::unlock::{Remedy, Unlock};

impl Sqlite {
    pub async fn unlock(&self, unlock: Unlock) -> Result<bool, StoreError> {
        let key = self.key.clone();
        self.worker
            .write(move |connection| {
                let given = give(connection, &unlock)?;
                if given {
                    audit::append(connection, &key, &unlock.audit())?;
                }
                Ok(given)
            })
            .await
    }
}

/// Helps a user; `false`, and nothing is written, where there was nothing to give.
fn give(connection: &Connection, unlock: &Unlock) -> Result<bool> {
    let Unlock { environment, user, number, remedy, .. } = unlock;
    let given = match remedy {
        Remedy::AllCodes => {
            subjects::reset_codes(connection, *environment, user.key)?
                | subjects::reset_codes(connection, *environment, number.key)?
        }
        Remedy::OneCode => give_back(connection, unlock)?,
        Remedy::WrongTries => {
            subjects::forgive_tries(connection, *environment, user.key)?
                | subjects::forgive_tries(connection, *environment, number.key)?
        }
    };
    if !given {
        return Ok(false);
    }
    let id = |subject: &Subject| -> Result<i64> {
        let found = subjects::find(connection, *environment, subject.key)?;
        subjects::ensure(connection, *environment, subject, found.as_ref())
    };
    let event = NewEvent {
        subjects: Some((id(user)?, id(number)?)),
        detail: Some(&unlock.detail()),
        ..NewEvent::of(*environment, unlock.at, remedy.event())
    };
    events::insert(connection, &event)?;
    Ok(true)
}

/// Lets the newest send count no more; of the number too where that is what holds the user up.
/// The code of that send stays as it is.
fn give_back(connection: &Connection, unlock: &Unlock) -> Result<bool> {
    let left = || -> Result<u16> {
        let keys = (unlock.user.key, unlock.number.key);
        let standing = standing(connection, unlock.environment, keys, unlock.rule, unlock.at)?;
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
    let Some(row) = subjects::find(connection, environment, subject.key)? else { return Ok(()) };
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
    use super::super::test_file::behind_its_back;
    use super::*;
    use crate::domain::passcode::MAX_WRONG_TRIES;
    use crate::store::Reserved;
    use crate::store::contract::deck::{Deck, number, request, user};

    #[tokio::test]
    async fn giving_codes_back_does_not_forgive_wrong_tries() {
        let deck = Deck::sqlite().await;
        for _ in 0..3 {
            deck.slot(request(0)).await;
        }
        for _ in 0..MAX_WRONG_TRIES {
            let sql = "UPDATE subjects SET wrong_in_a_row = wrong_in_a_row + 1";
            behind_its_back(&deck).execute_batch(sql).unwrap();
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
