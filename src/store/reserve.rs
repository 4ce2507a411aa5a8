//! Takes the slot of a code before anything is sent. Judging and taking are one transaction,
//! so that requests which race, in whatever process, never get more slots than there are.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::audit::{AuditAction, AuditEntry};
use super::challenge;
use super::delivery;
use super::events::{self, EventKind, EventReason, NewEvent, RefusedRequest};
use super::ids::{ChallengeId, DeliveryId};
use super::lease::Lease;
use super::limits;
use super::quota::Counted;
use super::subject::{self, Subject};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit};
use crate::domain::passcode::{IssuedCode, MAX_WRONG_TRIES};
use crate::domain::quota::{Quota, QuotaRule};
use crate::domain::refusal::Refusal;
use crate::domain::routing::RouteReason;
use crate::domain::secret::LookupKey;
use crate::domain::sender::Sender;

/// A request for the slot of one code.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// Where it is asked for.
    pub environment: Environment,
    /// Who signs in.
    pub user: Subject,
    /// Where the code goes.
    pub number: Subject,
    /// The country of the number.
    pub country: Option<Country>,
    /// Who the message comes from.
    pub sender: Sender,
    /// Why this sender.
    pub reason: RouteReason,
    /// Parts that the message will be sent in.
    pub segments: usize,
    /// The rule by which user and number are judged.
    pub rule: QuotaRule,
    /// The moment from which the code is expired.
    pub valid_until: Timestamp,
    /// When it is asked for.
    pub at: Timestamp,
    /// Who asks, such as "console by ana".
    pub asked_by: String,
    /// The process that sends and follows it, and how long nobody else may.
    pub lease: Lease,
    /// Who will hold the message, as
    /// [`Provider::account`](crate::domain::provider::Provider::account).
    pub account: Option<String>,
    /// The block of numbers that the number is in, as
    /// [`DeckKey::block`](crate::domain::secret::DeckKey::block).
    pub block: LookupKey,
    /// How many codes may be sent at all, and where.
    pub limits: Limits,
}

impl Reservation {
    /// What the audit says of it.
    pub(super) fn audit(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            operator: self.asked_by.clone(),
            environment: Some(self.environment),
            action: AuditAction::Send,
            detail: format!("{} at {} from {}", self.user.label, self.number.label, self.sender),
        }
    }
}

/// What became of a request for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// A slot is taken: the code may be sent.
    Slot {
        /// The delivery that was begun.
        delivery: DeliveryId,
        /// The challenge that the code belongs to.
        challenge: ChallengeId,
        /// The quota after this send.
        quota: Quota,
    },
    /// All codes of the user or of the number are used: nothing may be sent.
    Locked {
        /// The stricter quota of both.
        quota: Quota,
    },
    /// Too many wrong tries in a row: an operator must unlock the user.
    UserLocked,
    /// A limit of the environment or of the country is reached.
    OverLimit(OverLimit),
}

/// Takes a slot if user and number are both open and no limit is reached. A refusal leaves an event and nothing else.
pub(super) fn reserve(
    connection: &Connection,
    request: &Reservation,
    digest: impl FnOnce(ChallengeId) -> [u8; 32],
) -> Result<Reserved> {
    let user = subject::find(connection, request.environment, request.user.key)?;
    let number = subject::find(connection, request.environment, request.number.key)?;
    if subject::have_used_up_tries(user.as_ref(), number.as_ref()) {
        let why = format!("{MAX_WRONG_TRIES} wrong tries in a row");
        refuse(connection, request, Refusal::UserLocked, why)?;
        return Ok(Reserved::UserLocked);
    }
    let counted = Counted::read(connection, user.as_ref(), number.as_ref())?;
    let quota = counted.judge(request.rule, request.at);
    if !quota.is_open() {
        let allowed = request.rule.allowed.get();
        let why = format!("{allowed} of {allowed} codes used");
        refuse(connection, request, Refusal::Quota, why)?;
        return Ok(Reserved::Locked { quota });
    }
    let over = limits::over(
        connection,
        (request.environment, request.country),
        &request.limits,
        request.at,
    )?;
    if let Some(over) = over
        && !request.limits.record_only
    {
        refuse(connection, request, over.into(), over.to_string())?;
        return Ok(Reserved::OverLimit(over));
    }
    let taken = take(connection, request, counted, digest)?;
    if let (Some(over), Reserved::Slot { delivery, .. }) = (over, &taken) {
        let event = NewEvent {
            environment: request.environment,
            at: request.at,
            kind: EventKind::WouldRefuse,
            user: &request.user.label,
            recipient: &request.number.label,
            delivery: Some(*delivery),
            keys: None,
            sender: Some(request.sender.as_str()),
            sid: None,
            error_code: None,
            request_id: None,
            reason: Some(EventReason::Refusal(over.into())),
            country: request.country,
            detail: Some(&format!("{over}; sent all the same, as limits only record")),
        };
        events::insert(connection, &event)?;
    }
    Ok(taken)
}

fn take(
    connection: &Connection,
    request: &Reservation,
    mut counted: Counted,
    digest: impl FnOnce(ChallengeId) -> [u8; 32],
) -> Result<Reserved> {
    let user = subject::ensure(connection, request.environment, &request.user)?;
    let number = subject::ensure(connection, request.environment, &request.number)?;
    let counted_at = counted.add(request.at);
    let delivery = delivery::begin(connection, request, (user, number), counted_at)?;
    let challenge = challenge::open_or_new(connection, user, number, request.at)?;
    let code = IssuedCode { digest: digest(challenge), valid_until: request.valid_until };
    challenge::add_code(connection, challenge, delivery, &code)?;
    Ok(Reserved::Slot { delivery, challenge, quota: counted.judge(request.rule, request.at) })
}

fn refuse(
    connection: &Connection,
    request: &Reservation,
    refusal: Refusal,
    detail: String,
) -> Result<()> {
    let refused = RefusedRequest {
        environment: request.environment,
        at: request.at,
        user: request.user.clone(),
        number: request.number.clone(),
        country: request.country,
        refusal,
        detail,
    };
    events::record_refusal(connection, &refused)
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{
        Deck, HERE, MINUTE, at, attempt, digest, number, request, rule, test_key, user,
    };
    use super::super::{Attempt, Store};
    use super::*;
    use crate::domain::delivery::DeliveryStatus;
    use crate::domain::passcode::Verdict;

    fn is_slot(reserved: Reserved) -> bool {
        matches!(reserved, Reserved::Slot { .. })
    }

    #[tokio::test]
    async fn three_codes_within_the_time_out_lock_until_the_time_out_after_the_third() {
        let deck = Deck::new().await;
        for (minute, left) in [(0, 2), (2, 1)] {
            let Reserved::Slot { quota, .. } = deck.ask(request(minute * MINUTE)).await else {
                panic!("refused at {minute}");
            };
            assert_eq!(quota.left(), left);
        }
        let locked = Quota::Locked { used: 3, unlock_at: at(19 * MINUTE) };
        let third = deck.ask(request(4 * MINUTE)).await;
        assert!(matches!(third, Reserved::Slot { quota, .. } if quota == locked), "{third:?}");
        let early = deck.ask(request(19 * MINUTE - 1)).await;
        let locked = Quota::Locked { used: 3, unlock_at: at(19 * MINUTE) };
        assert_eq!(early, Reserved::Locked { quota: locked });
        assert!(is_slot(deck.ask(request(19 * MINUTE)).await));
    }

    #[tokio::test]
    async fn codes_far_enough_apart_never_lock() {
        let deck = Deck::new().await;
        for minute in [0, 14, 28, 42] {
            assert!(is_slot(deck.ask(request(minute * MINUTE)).await), "{minute}");
        }
    }

    #[tokio::test]
    async fn a_refused_request_leaves_an_event_and_does_not_move_the_unlock_time() {
        let deck = Deck::new().await;
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let before = deck.quota(rule(3, 15), 3 * MINUTE).await;
        for _ in 0..3 {
            assert_eq!(deck.ask(request(3 * MINUTE)).await, Reserved::Locked { quota: before });
        }
        assert_eq!(deck.quota(rule(3, 15), 3 * MINUTE).await, before);
        let last = deck.store.latest_events(HERE, 1).await.unwrap().remove(0);
        assert_eq!(last.kind, EventKind::Delivery(DeliveryStatus::Refused));
        assert_eq!((last.delivery, last.detail.as_deref()), (None, Some("3 of 3 codes used")));
        assert_eq!(last.reason, Some(EventReason::Refusal(Refusal::Quota)));
        assert_eq!(last.country, Country::from_code("CO"));
    }

    #[tokio::test]
    async fn user_and_number_must_both_be_open() {
        let deck = Deck::new().await;
        for second in 0..3 {
            deck.slot(request(second * 1000)).await;
        }
        let other_number = Reservation { number: number(2), ..request(MINUTE) };
        assert!(!is_slot(deck.ask(other_number).await));
        let other_user = Reservation { user: user(2), ..request(MINUTE) };
        assert!(!is_slot(deck.ask(other_user).await));
        let both = Reservation { user: user(2), number: number(2), ..request(MINUTE) };
        assert!(is_slot(deck.ask(both).await));
    }

    #[tokio::test]
    async fn a_user_without_an_id_is_their_number() {
        let deck = Deck::new().await;
        let nameless = |minute: i64| Reservation { user: number(1), ..request(minute * MINUTE) };
        for minute in 0..3 {
            assert!(is_slot(deck.ask(nameless(minute)).await));
        }
        assert!(!is_slot(deck.ask(nameless(3)).await));
        assert_eq!(deck.attempt(attempt(3 * MINUTE), 1).await, Verdict::Approved);
        assert!(is_slot(deck.ask(nameless(3)).await));
    }

    #[tokio::test]
    async fn environments_do_not_mix() {
        let deck = Deck::new().await;
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let elsewhere = Reservation { environment: Environment::Production, ..request(3 * MINUTE) };
        assert!(is_slot(deck.ask(elsewhere).await));
        let elsewhere = Attempt { environment: Environment::Development, ..attempt(3 * MINUTE) };
        assert_eq!(deck.attempt(elsewhere, 1).await, Verdict::NoCode);
        assert!(deck.store.latest_events(Environment::Development, 9).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_restart_forgets_nothing() {
        let deck = Deck::new().await;
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let Deck { folder, store } = deck;
        drop(store);
        let store = Store::open(&folder.path().join("deck.db"), test_key()).await.unwrap();
        let deck = Deck { folder, store };
        assert!(!is_slot(deck.ask(request(3 * MINUTE)).await));
        assert_eq!(deck.attempt(attempt(3 * MINUTE), 1).await, Verdict::Approved);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn requests_that_race_get_exactly_the_allowed_codes() {
        let deck = Deck::new().await;
        let stores = [deck.store.clone(), deck.again().await];
        let asked: Vec<_> = (0..20)
            .map(|index| {
                let store = stores[index % 2].clone();
                tokio::spawn(async move { store.reserve(request(0), |id| digest(id, 1)).await })
            })
            .collect();
        let mut slots = 0;
        for asked in asked {
            slots += usize::from(is_slot(asked.await.unwrap().unwrap()));
        }
        assert_eq!(slots, 3);
    }

    #[tokio::test]
    async fn a_changed_rule_is_judged_against_the_same_log() {
        let deck = Deck::new().await;
        for minute in 0..3 {
            deck.slot(request(minute * MINUTE)).await;
        }
        assert!(deck.quota(rule(4, 15), 3 * MINUTE).await.is_open());
        assert!(deck.quota(rule(3, 2), 3 * MINUTE).await.is_open());
        let stricter = Quota::Locked { used: 3, unlock_at: at(62 * MINUTE) };
        assert_eq!(deck.quota(rule(2, 60), 20 * MINUTE).await, stricter);
        assert!(is_slot(deck.ask(Reservation { rule: rule(4, 15), ..request(3 * MINUTE) }).await));
    }

    #[tokio::test]
    async fn a_clock_set_back_gives_no_further_codes() {
        let deck = Deck::new().await;
        deck.slot(request(60 * MINUTE)).await;
        for minute in 0..2 {
            deck.slot(request(minute * MINUTE)).await;
        }
        let unlock_at = Some(at(75 * MINUTE));
        for minute in [2, 30, 74] {
            let Reserved::Locked { quota } = deck.ask(request(minute * MINUTE)).await else {
                panic!("a slot at {minute}");
            };
            assert_eq!(quota.unlock_at(), unlock_at);
        }
        assert!(is_slot(deck.ask(request(75 * MINUTE)).await));
    }

    #[tokio::test]
    async fn what_is_answered_equals_what_is_read_later_also_between_milliseconds() {
        let deck = Deck::new().await;
        let between = at(0) + jiff::SignedDuration::from_nanos(999_999);
        let once = Reservation { rule: rule(1, 15), at: between, ..request(0) };
        let Reserved::Slot { quota, .. } = deck.ask(once).await else { panic!() };
        assert_eq!(quota, deck.quota(rule(1, 15), 0).await);
    }
}
