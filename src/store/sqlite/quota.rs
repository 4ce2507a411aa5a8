//! What counts for a user and a number, read from the send log. The rule itself is the
//! domain's.
//!
//! The moments from which the sends of one user count never decrease with the id
//! ([`counts_from`]), so the newest sends are those with the greatest ids, and a quota reads the end
//! of one range of an index.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::Sqlite;
use super::subjects::{self, SubjectRow};
use super::values::{Millis, whole_millisecond, whole_number};
use crate::domain::environment::Environment;
use crate::domain::quota::{Quota, QuotaRule, counts_from};
use crate::domain::secret::LookupKey;
use crate::store::error::StoreError;
use crate::store::standing::Standing;

impl Sqlite {
    pub async fn standing(
        &self,
        environment: Environment,
        user: LookupKey,
        number: LookupKey,
        rule: QuotaRule,
        now: Timestamp,
    ) -> Result<Standing, StoreError> {
        self.worker
            .read(move |connection| standing(connection, environment, (user, number), rule, now))
            .await
    }
}

/// Newest sends that are judged. The rule looks at 20 at most; the rest only counts how many
/// were used where more codes were allowed before.
const MAX_JUDGED: usize = 100;

const SENDS_OF_USER: &str = "
    SELECT counted_at FROM deliveries
    WHERE user = ?1 AND id > ?2 AND counted_at IS NOT NULL
    ORDER BY id DESC LIMIT ?3";

const SENDS_OF_NUMBER: &str = "
    SELECT counted_at FROM deliveries
    WHERE number = ?1 AND id > ?2 AND counted_at IS NOT NULL
    ORDER BY id DESC LIMIT ?3";

/// The counted sends that one request is judged by, newest first.
pub(super) struct Counted {
    user: Vec<Timestamp>,
    number: Vec<Timestamp>,
}

impl Counted {
    /// Reads the sends of a user and of a number; nothing was ever sent to one that is `None`.
    pub(super) fn read(
        connection: &Connection,
        user: Option<&SubjectRow>,
        number: Option<&SubjectRow>,
    ) -> Result<Self> {
        let sends = |sql, subject: Option<&SubjectRow>| -> Result<Vec<Timestamp>> {
            let Some(SubjectRow { id, reset_upto, .. }) = subject else { return Ok(Vec::new()) };
            connection
                .prepare_cached(sql)?
                .query_map((id, reset_upto, whole_number(MAX_JUDGED)), |row| {
                    row.get::<_, Millis>(0).map(|moment| moment.0)
                })?
                .collect()
        };
        Ok(Self { user: sends(SENDS_OF_USER, user)?, number: sends(SENDS_OF_NUMBER, number)? })
    }

    /// The stricter of both verdicts: user and number must be open.
    pub(super) fn judge(&self, rule: QuotaRule, now: Timestamp) -> Quota {
        rule.judge(&self.user, now).stricter(rule.judge(&self.number, now))
    }

    /// Adds a send and returns the moment from which it counts.
    pub(super) fn add(&mut self, at: Timestamp) -> Timestamp {
        let newest = self.user.first().max(self.number.first()).copied();
        let counted_at = whole_millisecond(counts_from(at, newest));
        self.user.insert(0, counted_at);
        self.number.insert(0, counted_at);
        counted_at
    }
}

/// How a user with a number stands, as a request now would be judged.
pub(super) fn standing(
    connection: &Connection,
    environment: Environment,
    (user, number): (LookupKey, LookupKey),
    rule: QuotaRule,
    now: Timestamp,
) -> Result<Standing> {
    let user = subjects::find(connection, environment, user)?;
    let number = subjects::find(connection, environment, number)?;
    let (user, number) = (user.as_ref(), number.as_ref());
    let quota = Counted::read(connection, user, number)?.judge(rule, now);
    Ok(Standing { quota, tries_used_up: subjects::is_locked(user, number) })
}

#[cfg(test)]
mod tests {
    use super::super::test_file::behind_its_back;
    use super::*;
    use crate::store::contract::deck::Deck;

    #[tokio::test]
    async fn judging_reads_one_range_of_one_index() {
        let deck = Deck::sqlite().await;
        let connection = behind_its_back(&deck);
        for (sql, index) in
            [(SENDS_OF_USER, "deliveries_by_user"), (SENDS_OF_NUMBER, "deliveries_by_number")]
        {
            let plan: Vec<String> = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map((1, 0, 100), |row| row.get("detail"))
                .unwrap()
                .collect::<Result<_>>()
                .unwrap();
            assert_eq!(plan.len(), 1, "{plan:?}");
            let wanted = format!("SEARCH deliveries USING COVERING INDEX {index} (");
            assert!(plan[0].starts_with(&wanted) && plan[0].contains("id>?"), "{plan:?}");
        }
    }
}
