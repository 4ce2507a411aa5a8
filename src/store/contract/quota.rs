//! The quota, against the rule on plain lists: whatever happens in whatever order, the store and a
//! few lists in memory agree.

use jiff::Timestamp;
use proptest::prelude::*;

use super::deck::{self, Deck, HERE, MINUTE, at, attempt, request};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::passcode::Verdict;
use crate::domain::quota::{Quota, QuotaRule};
use crate::store::{Attempt, DeliveryId, Reservation, Reserved};

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
        judge(&self.users[usize::from(user)]).stricter(judge(&self.numbers[usize::from(number)]))
    }

    /// A clock that was set back since the newest send stands still for the count.
    fn add(&mut self, delivery: DeliveryId, user: u8, number: u8, now: Timestamp) {
        let lists = [&mut self.users[usize::from(user)], &mut self.numbers[usize::from(number)]];
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

/// The store and the model, which go the same steps.
struct Walk {
    deck: Deck,
    model: Model,
    /// In milliseconds.
    now: i64,
    rule: QuotaRule,
}

impl Walk {
    fn begin(deck: Deck) -> Self {
        Self { deck, model: Model::default(), now: 0, rule: deck::rule(3, 15) }
    }

    async fn go(mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        for step in steps {
            self.compare().await?;
            self.take(step).await?;
        }
        Ok(())
    }

    /// Compares how every user with every number stands.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let (rule, now) = (self.rule, at(self.now));
        for (user, number) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            let (user_key, number_key) = (deck::user(user).key, deck::number(number).key);
            let stored = self.deck.store.standing(HERE, user_key, number_key, rule, now).await;
            let expected = self.model.judge(rule, user, number, now);
            prop_assert_eq!(stored.unwrap().quota, expected, "user {}, number {}", user, number);
        }
        Ok(())
    }

    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Clock(by) => self.now += by,
            Step::Rule(allowed, time_out) => self.rule = deck::rule(allowed, time_out),
            Step::Ask(user, number) => self.ask(user, number).await?,
            Step::Release(user, back) => {
                let sends = &self.model.users[usize::from(user)];
                if let Some(index) = sends.len().checked_sub(back + 1) {
                    let delivery = sends[index].0;
                    self.deck.report(delivery, DeliveryStatus::NotSent).await;
                    self.model.remove(delivery);
                }
            }
            Step::Unlock(user, number) => {
                self.deck.unlock_of(deck::user(user), deck::number(number), self.now).await;
                self.model.reset(user, number);
            }
            Step::Verify(user, number) => {
                let (user_key, number_key) = (deck::user(user).key, deck::number(number).key);
                let tried =
                    Attempt { user: Some(user_key), number: number_key, ..attempt(self.now) };
                if self.deck.attempt(tried, 1).await == Verdict::Approved {
                    self.model.reset(user, number);
                }
            }
        }
        Ok(())
    }

    async fn ask(&mut self, user: u8, number: u8) -> Result<(), TestCaseError> {
        let expected = self.model.judge(self.rule, user, number, at(self.now));
        let asked = Reservation {
            user: deck::user(user),
            number: deck::number(number),
            rule: self.rule,
            ..request(self.now)
        };
        match self.deck.ask(asked).await {
            Reserved::Slot { delivery, .. } => {
                prop_assert!(expected.is_open());
                self.model.add(delivery, user, number, at(self.now));
            }
            refused => prop_assert_eq!(refused, Reserved::Locked { quota: expected }),
        }
        Ok(())
    }
}

async fn walk(steps: Vec<Step>) -> Result<(), TestCaseError> {
    for deck in Deck::of_every_store().await {
        Walk::begin(deck).go(&steps).await?;
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
