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

    use super::super::test_deck::{Deck, HERE, MINUTE, at, attempt, request, rule};
    use super::super::{Attempt, DeliveryId, Reservation, Reserved};
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::domain::passcode::Verdict;

    /// Something that happens, where it says so to one of two users at one of two numbers.
    #[derive(Debug, Clone)]
    enum Step {
        /// Time passes, or the clock is set back, by milliseconds.
        Clock(i64),
        Ask(u8, u8),
        /// The newest delivery of a user but so many turns out never to have gone out.
        Release(u8, usize),
        Unlock(u8, u8),
        Verify(u8, u8),
        /// The settings are changed: codes allowed, minutes of time-out.
        Rule(u16, u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        let one = || 1u8..3;
        prop_oneof![
            3 => (0..9 * MINUTE).prop_map(Step::Clock),
            1 => (-20 * MINUTE..0).prop_map(Step::Clock),
            8 => (one(), one()).prop_map(|(user, number)| Step::Ask(user, number)),
            1 => (one(), 0usize..4).prop_map(|(user, back)| Step::Release(user, back)),
            1 => (one(), one()).prop_map(|(user, number)| Step::Unlock(user, number)),
            1 => (one(), one()).prop_map(|(user, number)| Step::Verify(user, number)),
            1 => (1u16..6, 1u16..30).prop_map(|(allowed, time_out)| Step::Rule(allowed, time_out)),
        ]
    }

    /// The sends that count, in plain lists: for each user and for each number.
    #[derive(Default)]
    struct Model {
        users: [Vec<(DeliveryId, Timestamp)>; 3],
        numbers: [Vec<(DeliveryId, Timestamp)>; 3],
    }

    impl Model {
        fn judge(&self, rule: QuotaRule, user: u8, number: u8, now: Timestamp) -> Quota {
            let judge = |sends: &[(DeliveryId, Timestamp)]| {
                let moments: Vec<Timestamp> = sends.iter().map(|&(_, sent)| sent).collect();
                rule.judge(&moments, now)
            };
            judge(&self.users[usize::from(user)])
                .stricter(judge(&self.numbers[usize::from(number)]))
        }

        /// A clock that was set back since the newest send stands still for the count.
        fn add(&mut self, delivery: DeliveryId, user: u8, number: u8, now: Timestamp) {
            let lists =
                [&mut self.users[usize::from(user)], &mut self.numbers[usize::from(number)]];
            let newest = lists.iter().flat_map(|sends| sends.iter()).map(|&(_, sent)| sent).max();
            let sent = newest.map_or(now, |newest| newest.max(now));
            for sends in lists {
                sends.push((delivery, sent));
            }
        }

        fn remove(&mut self, delivery: DeliveryId) {
            for sends in self.users.iter_mut().chain(&mut self.numbers) {
                sends.retain(|&(sent, _)| sent != delivery);
            }
        }

        fn reset(&mut self, user: u8, number: u8) {
            self.users[usize::from(user)].clear();
            self.numbers[usize::from(number)].clear();
        }
    }

    /// The same steps in the store and in the model.
    async fn walk(steps: Vec<Step>) -> Result<(), TestCaseError> {
        use super::super::test_deck::{number as number_of, user as user_of};
        let deck = Deck::new().await;
        let mut model = Model::default();
        let (mut now, mut rule) = (0, rule(3, 15));
        for step in steps {
            for (user, number) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
                let (user_key, number_key) = (user_of(user).key, number_of(number).key);
                let stored = deck.store.quota(HERE, user_key, number_key, rule, at(now)).await;
                let expected = model.judge(rule, user, number, at(now));
                prop_assert_eq!(
                    stored.unwrap().quota,
                    expected,
                    "user {}, number {}",
                    user,
                    number
                );
            }
            match step {
                Step::Clock(by) => now += by,
                Step::Rule(allowed, time_out) => {
                    rule = super::super::test_deck::rule(allowed, time_out);
                }
                Step::Ask(user, number) => {
                    let expected = model.judge(rule, user, number, at(now));
                    let (user_is, number_is) = (user_of(user), number_of(number));
                    let asked =
                        Reservation { user: user_is, number: number_is, rule, ..request(now) };
                    match deck.ask(asked).await {
                        Reserved::Slot { delivery, .. } => {
                            prop_assert!(expected.is_open());
                            model.add(delivery, user, number, at(now));
                        }
                        refused => prop_assert_eq!(refused, Reserved::Locked { quota: expected }),
                    }
                }
                Step::Release(user, back) => {
                    let sends = &model.users[usize::from(user)];
                    if let Some(index) = sends.len().checked_sub(back + 1) {
                        let delivery = sends[index].0;
                        deck.report(delivery, DeliveryStatus::NotSent).await;
                        model.remove(delivery);
                    }
                }
                Step::Unlock(user, number) => {
                    deck.unlock_of(user_of(user), number_of(number), now).await;
                    model.reset(user, number);
                }
                Step::Verify(user, number) => {
                    let (user_key, number_key) = (user_of(user).key, number_of(number).key);
                    let tried =
                        Attempt { user: Some(user_key), number: number_key, ..attempt(now) };
                    if deck.attempt(tried, 1).await == Verdict::Approved {
                        model.reset(user, number);
                    }
                }
            }
        }
        Ok(())
    }

    /// How many walks are made: few in the usual run, and as many as `SMSDECK_LONG` says in a
    /// long one.
    fn how_many(usual: u32) -> u32 {
        std::env::var("SMSDECK_LONG").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(how_many(48)))]

        #[test]
        fn the_store_agrees_with_the_rule_on_plain_lists(
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
