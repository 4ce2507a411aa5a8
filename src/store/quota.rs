//! What counts for a user and a number, read from the send log. The rule itself is the
//! domain's.
//!
//! A send counts from the moment at which it was asked for, or from the newest counted send of
//! its user and number if the clock has been set back since: elapsed time counts as none. So
//! the moments of one user never decrease with the id, the newest sends are those with the
//! greatest ids, and a quota reads the end of one range of an index.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::subject::{self, SubjectRow};
use super::values::{Millis, whole_millisecond, whole_number};
use crate::domain::environment::Environment;
use crate::domain::quota::{Quota, QuotaRule};
use crate::domain::secret::LookupKey;

/// Newest sends that are judged. The rule looks at 20 at most; the rest only tells how many
/// were used where more codes were allowed before.
const MOST_JUDGED: usize = 100;

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
                .query_map((id, reset_upto, whole_number(MOST_JUDGED)), |row| {
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
        let counted_at = newest.map_or(at, |newest| newest.max(at));
        let counted_at = whole_millisecond(counted_at);
        self.user.insert(0, counted_at);
        self.number.insert(0, counted_at);
        counted_at
    }
}

/// How a user with a number stands: what a request now would be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The stricter of the quotas of both.
    pub quota: Quota,
    /// Whether so many wrong tries were made in a row that only an operator can unlock them.
    pub tries_used_up: bool,
}

impl Standing {
    /// Whether a code may be sent.
    pub const fn is_open(&self) -> bool {
        self.quota.is_open() && !self.tries_used_up
    }
}

/// How a user with a number stands, as a request now would be judged.
pub(super) fn quota(
    connection: &Connection,
    environment: Environment,
    (user, number): (LookupKey, LookupKey),
    rule: QuotaRule,
    now: Timestamp,
) -> Result<Standing> {
    let user = subject::find(connection, environment, user)?;
    let number = subject::find(connection, environment, number)?;
    let (user, number) = (user.as_ref(), number.as_ref());
    let quota = Counted::read(connection, user, number)?.judge(rule, now);
    Ok(Standing { quota, tries_used_up: subject::have_used_up_tries(user, number) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_deck::{Deck, MINUTE, at, attempt, request, rule};
    use super::super::{DeliveryId, Reservation, Reserved};
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::domain::passcode::Verdict;

    /// Something that happens to user 1.
    #[derive(Debug, Clone)]
    enum Step {
        /// Time passes, or the clock is set back, by milliseconds.
        Clock(i64),
        Ask,
        /// The newest delivery but so many turns out never to have gone out.
        Release(usize),
        Unlock,
        Verify,
        /// The settings are changed: codes allowed, minutes of time-out.
        Rule(u16, u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..9 * MINUTE).prop_map(Step::Clock),
            1 => (-20 * MINUTE..0).prop_map(Step::Clock),
            8 => Just(Step::Ask),
            1 => (0usize..4).prop_map(Step::Release),
            1 => Just(Step::Unlock),
            1 => Just(Step::Verify),
            1 => (1u16..6, 1u16..30).prop_map(|(allowed, time_out)| Step::Rule(allowed, time_out)),
        ]
    }

    /// The same steps on a plain list of the sends that count.
    async fn walk(steps: Vec<Step>) -> Result<(), TestCaseError> {
        let deck = Deck::new().await;
        let (mut now, mut rule) = (0, rule(3, 15));
        let mut sends: Vec<(DeliveryId, Timestamp)> = Vec::new();
        for step in steps {
            let counted: Vec<Timestamp> = sends.iter().map(|&(_, sent)| sent).collect();
            let expected = rule.judge(&counted, at(now));
            prop_assert_eq!(deck.quota(rule, now).await, expected);
            match step {
                Step::Clock(by) => now += by,
                Step::Rule(allowed, time_out) => {
                    rule = super::super::test_deck::rule(allowed, time_out);
                }
                Step::Ask => match deck.ask(Reservation { rule, ..request(now) }).await {
                    Reserved::Slot { delivery, .. } => {
                        prop_assert!(expected.is_open());
                        let newest = counted.iter().copied().max();
                        sends.push((delivery, newest.map_or(at(now), |sent| sent.max(at(now)))));
                    }
                    refused => prop_assert_eq!(refused, Reserved::Locked { quota: expected }),
                },
                Step::Release(back) => {
                    if let Some(index) = sends.len().checked_sub(back + 1) {
                        deck.report(sends.remove(index).0, DeliveryStatus::NotSent).await;
                    }
                }
                Step::Unlock => {
                    deck.unlock(now).await;
                    sends.clear();
                }
                Step::Verify => {
                    if deck.attempt(attempt(now), 1).await == Verdict::Approved {
                        sends.clear();
                    }
                }
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_store_agrees_with_the_rule_on_a_plain_list(
            steps in prop::collection::vec(step(), 1..80),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(walk(steps))?;
        }
    }

    #[tokio::test]
    async fn judging_reads_one_range_of_one_index() {
        let deck = Deck::new().await;
        let connection = deck.behind_its_back();
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
