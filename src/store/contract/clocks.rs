//! Wall clocks that are set while the machine goes on: durations stay what they are.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::deck::{Deck, HERE, MINUTE, at, attempt, digest, lease, request, rule};
use crate::domain::passcode::Verdict;
use crate::runtime::Clock;
use crate::store::{Attempt, EventQuery, Reservation, Reserved, Store};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

fn set(clock: &Clock, by: i64) {
    clock.set(clock.now() + SignedDuration::from_millis(by));
}

/// A request for a code, valid for five minutes, now by this clock.
fn asked(clock: &Clock) -> Reservation {
    let now = clock.now();
    Reservation { at: now, valid_until: now + SignedDuration::from_mins(5), ..request(0) }
}

async fn ask(store: &Store, clock: &Clock) -> Reserved {
    let reservation = asked(clock);
    store.reserve(|_| reservation, |challenge| digest(challenge, 1)).await.unwrap()
}

async fn is_sent(store: &Store, clock: &Clock) -> bool {
    matches!(ask(store, clock).await, Reserved::Slot { .. })
}

/// How long the user is locked from now on; `None` if they are not.
async fn locked_for(store: &Store, clock: &Clock) -> Option<SignedDuration> {
    let subject = request(0);
    let (user, number, now) = (subject.user.key, subject.number.key, clock.now());
    let standing = store.standing(HERE, user, number, rule(3, 15), now).await.unwrap();
    standing.quota.unlock_at().map(|end| end.duration_since(now))
}

async fn verdict(store: &Store, clock: &Clock) -> Verdict {
    let attempt = Attempt { at: clock.now(), ..attempt(0) };
    store.verify(attempt, |_, challenge| digest(challenge, 1)).await.unwrap()
}

async fn prune(store: &Store, clock: &Clock) {
    store.prune(1, SignedDuration::from_hours(48), clock.now(), drop).await.unwrap();
}

async fn moments(store: &Store) -> Vec<Timestamp> {
    let events = store.events(EventQuery::latest(HERE, 99)).await.unwrap();
    events.iter().map(|event| event.at).collect()
}

fn about(duration: SignedDuration, minutes: i64) -> bool {
    (duration - SignedDuration::from_mins(minutes)).abs() <= SignedDuration::from_millis(20)
}

#[tokio::test]
async fn a_year_ahead_and_back_loses_and_opens_nothing() {
    let clock = Clock::machine("first", at(0));
    for deck in Deck::of_every_store_with(&clock).await {
        let store = &deck.store;
        for _ in 0..3 {
            assert!(is_sent(store, &clock).await);
        }
        set(&clock, YEAR);
        assert!(!is_sent(store, &clock).await);
        prune(store, &clock).await;
        assert!(about(locked_for(store, &clock).await.unwrap(), 15));
        set(&clock, -YEAR);
        assert!(about(locked_for(store, &clock).await.unwrap(), 15));
        assert_eq!(moments(store).await.len(), 4);
        clock.advance(SignedDuration::from_mins(15));
        assert!(is_sent(store, &clock).await);
    }
}

#[tokio::test]
async fn a_send_by_a_clock_that_is_ahead_locks_for_no_longer_than_the_time_out() {
    let clock = Clock::machine("first", at(0));
    for deck in Deck::of_every_store_with(&clock).await {
        let store = &deck.store;
        assert!(is_sent(store, &clock).await && is_sent(store, &clock).await);
        set(&clock, DAY);
        assert!(is_sent(store, &clock).await);
        set(&clock, -DAY);
        assert!(about(locked_for(store, &clock).await.unwrap(), 15));
        let now = clock.now();
        assert!(
            moments(store)
                .await
                .iter()
                .all(|at| at.duration_since(now).abs() < SignedDuration::from_secs(1))
        );
    }
}

#[tokio::test]
async fn processes_with_different_wall_clocks_share_one_quota() {
    let right = Clock::machine("first", at(0));
    let ahead = Clock::machine("first", at(HOUR));
    for deck in Deck::of_every_store_with(&right).await {
        let other = deck.again_with(&ahead).await;
        let sent = [
            is_sent(&deck.store, &right).await,
            is_sent(&other, &ahead).await,
            is_sent(&deck.store, &right).await,
            is_sent(&deck.store, &right).await,
            is_sent(&other, &ahead).await,
        ];
        assert_eq!(sent, [true, true, true, false, false]);
        assert!(about(locked_for(&deck.store, &right).await.unwrap(), 15));
        assert!(about(locked_for(&other, &ahead).await.unwrap(), 15));
    }
}

#[tokio::test]
async fn a_code_is_valid_neither_longer_nor_before_it_was_sent() {
    for (back, passed, expected) in [
        (0, 4, Verdict::Approved),
        (0, 5, Verdict::Expired),
        (HOUR, 0, Verdict::Expired),
        (HOUR, 6, Verdict::Expired),
        (-HOUR, 1, Verdict::Expired),
    ] {
        let clock = Clock::machine("first", at(0));
        for deck in Deck::of_every_store_with(&clock).await {
            assert!(is_sent(&deck.store, &clock).await);
            set(&clock, -back);
            clock.advance(SignedDuration::from_mins(passed));
            assert_eq!(verdict(&deck.store, &clock).await, expected, "{back} {passed}");
        }
    }
}

#[tokio::test]
async fn a_process_that_never_ends_prunes_its_own_rows_and_those_dated_in_the_future() {
    let clock = Clock::machine("first", at(0));
    for deck in Deck::of_every_store_with(&clock).await {
        let store = &deck.store;
        clock.advance(SignedDuration::from_hours(2));
        set(&clock, YEAR);
        assert!(is_sent(store, &clock).await);
        set(&clock, -YEAR);
        for _ in 0..3 {
            clock.advance(SignedDuration::from_hours(1));
            assert!(is_sent(store, &clock).await);
        }
        clock.advance(SignedDuration::from_hours(47));
        prune(store, &clock).await;
        assert_eq!(moments(store).await.len(), 2);
        clock.advance(SignedDuration::from_hours(3));
        prune(store, &clock).await;
        assert!(moments(store).await.is_empty());
    }
}

#[tokio::test]
async fn a_wall_clock_that_is_wrong_at_the_boot_deletes_nothing_before_it_has_proved_itself() {
    let clock = Clock::machine("first", at(0));
    for deck in Deck::of_every_store_with(&clock).await {
        assert!(is_sent(&deck.store, &clock).await);
        let next = Clock::machine("second", at(YEAR));
        let store = deck.again_with(&next).await;
        prune(&store, &next).await;
        assert_eq!(moments(&store).await.len(), 1);
        // The clock is set right, as it usually is soon after a boot.
        set(&next, 10 * MINUTE - YEAR);
        next.advance(SignedDuration::from_hours(2));
        prune(&store, &next).await;
        assert_eq!(moments(&store).await.len(), 1);
    }
}

#[tokio::test]
async fn a_boot_with_a_clock_that_went_back_never_opens_early_and_locks_no_longer() {
    let clock = Clock::machine("first", at(0));
    for deck in Deck::of_every_store_with(&clock).await {
        for _ in 0..3 {
            assert!(is_sent(&deck.store, &clock).await);
        }
        let next = Clock::machine("second", at(-DAY));
        let store = deck.again_with(&next).await;
        let left = locked_for(&store, &next).await.unwrap();
        // It has been up for a minute.
        assert!(about(left, 14), "{left}");
    }
}

#[tokio::test]
async fn the_deliveries_of_an_earlier_boot_are_no_ones() {
    let clock = Clock::machine("first", at(0));
    for deck in Deck::of_every_store_with(&clock).await {
        let long = Reservation { lease: lease(1, HOUR), ..asked(&clock) };
        deck.store.reserve(|_| long, |challenge| digest(challenge, 1)).await.unwrap();
        let now = clock.now();
        assert!(deck.store.take_over(lease(2, HOUR), now).await.unwrap().is_empty());
        let next = Clock::machine("second", at(2 * MINUTE));
        let store = deck.again_with(&next).await;
        assert_eq!(store.take_over(lease(2, HOUR), next.now()).await.unwrap().len(), 1);
    }
}

/// What happens to a wall clock between two requests.
#[derive(Debug, Clone, Copy)]
enum Step {
    Wait(i64),
    Set(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = (0..8 * MINUTE).prop_map(Step::Wait);
    let set = prop_oneof![-2 * DAY..2 * DAY, -HOUR..HOUR, Just(YEAR), Just(-YEAR)];
    prop::collection::vec(prop_oneof![2 => wait, 1 => set.prop_map(Step::Set)], 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_the_wall_clock_is_set_the_quota_is_that_of_the_time_that_passed(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clock = Clock::machine("first", at(0));
            let (mut passed, mut sends) = (0_i64, Vec::<Timestamp>::new());
            for deck in Deck::of_every_store_with(&clock).await {
                for step in &steps {
                    match step {
                        Step::Wait(wait) => {
                            clock.advance(SignedDuration::from_millis(wait / 100 * 100));
                            passed += wait / 100 * 100;
                        }
                        Step::Set(by) => set(&clock, by / 100 * 100),
                    }
                    let really = rule(3, 15).judge(&sends, at(passed));
                    let sent = is_sent(&deck.store, &clock).await;
                    assert_eq!(sent, really.is_open(), "after {passed} ms");
                    if sent {
                        sends.push(at(passed));
                    }
                }
            }
        });
    }
}
