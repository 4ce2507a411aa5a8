//! How all users of an environment stand, for the pane that shows who is locked. Judges like
//! `quota`, from one pass over the recent sends instead of one query a user.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::Sqlite;
use super::subjects::{self, SubjectRow};
use super::values::{Millis, country, whole_number};
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;
use crate::domain::secret::LookupKey;
use crate::store::error::StoreError;
use crate::store::standing::{QuotaQuery, QuotaRow};

/// Newest sends of an environment that are looked at, so that the work is bounded in the
/// busiest one too.
const MAX_SENDS: usize = 100_000;

const SENDS_SINCE: &str = "
    SELECT id, user, number, counted_at FROM deliveries
    WHERE environment = ?1 AND at > ?2 AND counted_at IS NOT NULL
    ORDER BY at DESC, id DESC LIMIT ?3";

const LATEST_SEND: &str = "
    SELECT id, user, number, counted_at FROM deliveries
    WHERE (user = ?1 OR number = ?1) AND counted_at IS NOT NULL
    ORDER BY id DESC LIMIT 1";

/// Of someone whose sends were all given back.
const LATEST_GIVEN_BACK: &str = "
    SELECT id, user, number, at AS counted_at FROM deliveries
    WHERE (user = ?1 OR number = ?1) AND counted_at IS NULL
    ORDER BY id DESC LIMIT 1";

const SENDS_OF: &str = "
    SELECT id, user, number, counted_at FROM deliveries
    WHERE (user = ?1 OR number = ?1) AND counted_at > ?2
    ORDER BY counted_at DESC, id DESC LIMIT ?3";

impl Sqlite {
    pub async fn quota_rows(&self, query: QuotaQuery) -> Result<Vec<QuotaRow>, StoreError> {
        let QuotaQuery { environment, key, rule, now } = query;
        self.worker
            .read(move |connection| match key {
                None => all(connection, environment, rule, now),
                Some(key) => of_key(connection, environment, key, rule, now).map(Vec::from_iter),
            })
            .await
    }
}

/// One counted send.
struct Send {
    id: i64,
    user: i64,
    number: i64,
    counted_at: Timestamp,
}

impl Send {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            user: row.get("user")?,
            number: row.get("number")?,
            counted_at: row.get::<_, Millis>("counted_at")?.0,
        })
    }
}

/// Users with a counted send within the last time-out, and those who have used up their wrong
/// tries: the locked ones first, of each kind the one last texted first.
///
/// Where an environment has more than [`MAX_SENDS`] sends within the memory of the rule, the
/// older ones are left out.
fn all(
    connection: &Connection,
    environment: Environment,
    rule: QuotaRule,
    now: Timestamp,
) -> Result<Vec<QuotaRow>> {
    let mut board = Board::default();
    let since = now.checked_sub(rule.memory()).unwrap_or(Timestamp::MIN);
    let mut statement = connection.prepare_cached(SENDS_SINCE)?;
    let sends =
        statement.query_map((environment, Millis(since), whole_number(MAX_SENDS)), Send::read)?;
    for send in sends {
        board.add(connection, send?)?;
    }
    let mut forgotten = Vec::new();
    for locked in subjects::with_tries_used_up(connection, environment)? {
        match latest_send(connection, locked.id)? {
            Some(send) => board.list(connection, send)?,
            None => forgotten.push(without_sends(locked, rule)),
        }
    }
    let mut rows = board.judge(connection, rule, now)?;
    rows.retain(|row| row.quota.used() > 0 || row.is_locked());
    rows.extend(forgotten);
    rows.sort_by_key(|row| (!row.is_locked(), Reverse(row.last_sent)));
    Ok(rows)
}

/// How the user or the number under a key stands, also where the list leaves them out: as wrong
/// tries of a number hold up every user of it.
fn of_key(
    connection: &Connection,
    environment: Environment,
    key: LookupKey,
    rule: QuotaRule,
    now: Timestamp,
) -> Result<Option<QuotaRow>> {
    let Some(found) = subjects::find(connection, environment, key)? else { return Ok(None) };
    let Some(send) = latest_send(connection, found.id)? else {
        return Ok(Some(without_sends(found, rule)));
    };
    let mut board = Board::default();
    let since = now.checked_sub(rule.memory()).unwrap_or(Timestamp::MIN);
    for subject in [send.user, send.number] {
        let mut statement = connection.prepare_cached(SENDS_OF)?;
        let values = (subject, Millis(since), whole_number(MAX_SENDS));
        for send in statement.query_map(values, Send::read)? {
            let send = send?;
            board.count(connection, subject, &send)?;
        }
    }
    board.list(connection, send)?;
    Ok(board.judge(connection, rule, now)?.pop())
}

fn latest_send(connection: &Connection, subject: i64) -> Result<Option<Send>> {
    let latest = |sql| connection.prepare_cached(sql)?.query_row([subject], Send::read).optional();
    match latest(LATEST_SEND)? {
        None => latest(LATEST_GIVEN_BACK),
        found => Ok(found),
    }
}

/// Someone who is known although their sends are forgotten.
fn without_sends(known: SubjectRow, rule: QuotaRule) -> QuotaRow {
    QuotaRow {
        user: known.subject.clone(),
        number: known.subject,
        quota: rule.judge(&[], Timestamp::UNIX_EPOCH),
        last_sent: Timestamp::UNIX_EPOCH,
        wrong_in_a_row: known.wrong_in_a_row,
        country: None,
        sender: String::new(),
    }
}

/// The sends, sorted out by whom they count for.
#[derive(Default)]
struct Board {
    /// The latest send of each user.
    latest: HashMap<i64, Send>,
    subjects: HashMap<i64, SubjectSends>,
}

/// One subject with its counted sends, as user and as number.
struct SubjectSends {
    row: SubjectRow,
    as_user: Vec<Timestamp>,
    as_number: Vec<Timestamp>,
}

impl Board {
    /// Takes a send; the newest must come first.
    fn add(&mut self, connection: &Connection, send: Send) -> Result<()> {
        let user = self.sends(connection, send.user)?;
        if send.id > user.row.reset_upto {
            user.as_user.push(send.counted_at);
        }
        let number = self.sends(connection, send.number)?;
        if send.id > number.row.reset_upto {
            number.as_number.push(send.counted_at);
        }
        self.latest.entry(send.user).or_insert(send);
        Ok(())
    }

    /// Counts a send for one of the two whom it was for.
    fn count(&mut self, connection: &Connection, subject: i64, send: &Send) -> Result<()> {
        let counted = self.sends(connection, subject)?;
        if send.id > counted.row.reset_upto {
            if send.user == subject {
                counted.as_user.push(send.counted_at);
            }
            if send.number == subject {
                counted.as_number.push(send.counted_at);
            }
        }
        Ok(())
    }

    /// Lists a user, unless there already, by a send that does not count any more.
    fn list(&mut self, connection: &Connection, send: Send) -> Result<()> {
        self.sends(connection, send.user)?;
        self.sends(connection, send.number)?;
        self.latest.entry(send.user).or_insert(send);
        Ok(())
    }

    fn sends(&mut self, connection: &Connection, id: i64) -> Result<&mut SubjectSends> {
        match self.subjects.entry(id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let row = subjects::get(connection, id)?;
                Ok(place.insert(SubjectSends { row, as_user: Vec::new(), as_number: Vec::new() }))
            }
        }
    }

    fn judge(
        self,
        connection: &Connection,
        rule: QuotaRule,
        now: Timestamp,
    ) -> Result<Vec<QuotaRow>> {
        let mut rows = Vec::new();
        for send in self.latest.values() {
            let both = (self.subjects.get(&send.user), self.subjects.get(&send.number));
            let (Some(user), Some(number)) = both else { continue };
            let quota = rule.judge(&user.as_user, now).stricter(rule.judge(&number.as_number, now));
            let wrong_in_a_row = user.row.wrong_in_a_row.max(number.row.wrong_in_a_row);
            let (country, sender) = connection
                .prepare_cached(
                    "SELECT country, sender FROM deliveries
                     JOIN origins ON origins.id = origin WHERE deliveries.id = ?1",
                )?
                .query_row([send.id], |row| Ok((country(row, "country")?, row.get("sender")?)))?;
            rows.push(QuotaRow {
                user: user.row.subject.clone(),
                number: number.row.subject.clone(),
                quota,
                last_sent: send.counted_at,
                wrong_in_a_row,
                country,
                sender,
            });
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_file::behind_its_back;
    use super::*;
    use crate::domain::passcode::MAX_WRONG_TRIES;
    use crate::store::contract::deck::{Deck, HERE, MINUTE, at, number, request, rule, user};
    use crate::store::{Remedy, Reservation};

    #[tokio::test]
    async fn a_user_locked_by_wrong_tries_is_found_even_after_their_sends_are_pruned() {
        let deck = Deck::sqlite().await;
        deck.slot(request(0)).await;
        deck.slot(Reservation { user: user(2), ..request(MINUTE) }).await;
        let tries =
            format!("UPDATE subjects SET wrong_in_a_row = {MAX_WRONG_TRIES} WHERE key = ?1");
        behind_its_back(&deck).execute(&tries, [number(1).key]).unwrap();
        // The list has the user last texted there; the other one is found by name.
        for who in [1, 2] {
            let query = QuotaQuery {
                environment: HERE,
                key: Some(user(who).key),
                rule: rule(3, 15),
                now: at(2 * MINUTE),
            };
            let found = deck.store.quota_rows(query).await.unwrap().remove(0);
            assert_eq!((found.user.clone(), found.is_locked()), (user(who), true));
            assert_eq!(found.quota.used(), 2);
        }
        let forget = "DELETE FROM events; DELETE FROM deliveries;";
        behind_its_back(&deck).execute_batch(forget).unwrap();
        let left = deck.rows(rule(3, 15), 3 * MINUTE).await;
        assert_eq!((left.len(), left[0].is_locked()), (1, true));
        assert!(deck.relieve(Remedy::WrongTries, (number(1), number(1)), 4).await);
        deck.slot(request(5 * MINUTE)).await;
    }
}
