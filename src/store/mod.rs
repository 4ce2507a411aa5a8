//! The store: what must survive a crash, in one `SQLite` file that several processes may share.
//!
//! Sends and their slots, challenges and the hashes of their codes, wrong tries, and the log of
//! what has happened. It holds no code and no whole phone number: subjects are keyed hashes
//! with a label that may be shown. Every rule is the domain's; the store only makes sure that
//! judging and acting are one transaction. It knows no provider, no settings file and no clock.

mod audit;
mod backfill;
mod challenge;
mod delivery;
mod error;
mod events;
mod health;
mod ids;
mod lease;
mod limits;
mod open;
mod prune;
mod quota;
mod quota_rows;
mod reserve;
mod schema;
mod subject;
#[cfg(test)]
mod test_deck;
mod traces;
mod traffic;
mod unlock;
mod values;
mod verify;
mod worker;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

pub use self::audit::{AuditAction, AuditEntry, AuditRow, BrokenAudit};
pub use self::delivery::{StatusReport, Unfinished};
pub use self::error::StoreError;
pub use self::events::{Event, EventKind, EventReason, RefusedRequest};
pub use self::ids::{ChallengeId, DeliveryId, EventId};
pub use self::lease::{Lease, MAX_REST};
pub use self::quota::Standing;
pub use self::quota_rows::QuotaRow;
pub use self::reserve::{Reservation, Reserved};
pub use self::subject::Subject;
pub use self::traces::MAX_TRACES;
pub use self::unlock::{Remedy, Unlock};
pub use self::verify::Attempt;
use self::worker::Worker;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit};
use crate::domain::passcode::Verdict;
use crate::domain::quota::QuotaRule;
use crate::domain::replay::Trace;
use crate::domain::secret::{DeckKey, LookupKey};
pub use health::{FailureCount, HOURS, Health, Outcomes, RouteHealth};
pub use traffic::{BlockTraffic, CountryTraffic, Destinations};

/// The way to the store: cheap to clone, usable from any task.
///
/// Work is done in turn on a thread of its own, which ends when the last clone is dropped. What
/// a method has answered to is on disk. A method whose future is dropped may still do its work.
#[derive(Clone)]
pub struct Store {
    worker: Worker,
    key: DeckKey,
}

impl Store {
    /// Opens the store at a path, and makes it (folder 0700, file 0600) if it is not there. A
    /// new store is bound to the key of its deck; an older one must be bound to this key.
    ///
    /// With another key no user and no number would be found again: everybody's quota would
    /// be open.
    ///
    /// # Errors
    /// When the file cannot be made, read or written, is damaged, is not a store, is of a
    /// newer schema, or is bound to another key.
    pub async fn open(path: &Path, key: DeckKey) -> Result<Self, StoreError> {
        let worker = Worker::start(path.to_owned(), key.clone()).await?;
        Ok(Self { worker, key })
    }

    /// Takes the slot of a code, if both the user and the number are open: begins a delivery
    /// and puts the hash of the code, which `digest` computes, to the user's challenge.
    ///
    /// A refusal leaves an event; it neither counts nor moves the moment of unlocking.
    ///
    /// # Errors
    /// When the store failed: then no slot is taken and nothing may be sent.
    pub async fn reserve(
        &self,
        reservation: Reservation,
        digest: impl FnOnce(ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Result<Reserved, StoreError> {
        let key = self.key.clone();
        self.worker
            .write(move |connection| {
                let reserved = reserve::reserve(connection, &reservation, digest)?;
                if matches!(reserved, Reserved::Slot { .. }) {
                    audit::append(connection, &key, &reservation.audit())?;
                }
                Ok(reserved)
            })
            .await
    }

    /// Writes into the log that a request was refused before a slot was asked for: by routing,
    /// the recipients or a provider that is not ready.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn record_refusal(&self, refused: RefusedRequest) -> Result<(), StoreError> {
        self.worker.write(move |connection| events::record_refusal(connection, &refused)).await
    }

    /// Moves a delivery and writes its event. `false`, and no event, if the report is old news
    /// ([`may_become`](crate::domain::delivery::DeliveryStatus::may_become)) or the delivery is
    /// not known. A status that releases the slot gives it back and makes the code worthless.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn report(&self, report: StatusReport) -> Result<bool, StoreError> {
        self.worker.write(move |connection| delivery::report(connection, &report)).await
    }

    /// Judges a try at a code of the newest challenge of a number (and user, if given).
    /// `digest` hashes the code tried for the user and the challenge that are found.
    ///
    /// A success ends the challenge, and neither sends nor wrong tries until then count any
    /// more. Of several right tries exactly one succeeds.
    ///
    /// # Errors
    /// When the store failed: then nobody may be let in.
    pub async fn verify(
        &self,
        attempt: Attempt,
        digest: impl FnOnce(LookupKey, ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Result<Verdict, StoreError> {
        self.worker.write(move |connection| verify::verify(connection, &attempt, digest)).await
    }

    /// How a user with a number stands: what a request now would be told.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn quota(
        &self,
        environment: Environment,
        user: LookupKey,
        number: LookupKey,
        rule: QuotaRule,
        now: Timestamp,
    ) -> Result<Standing, StoreError> {
        self.worker
            .read(move |connection| {
                quota::quota(connection, environment, (user, number), rule, now)
            })
            .await
    }

    /// The limit that one more code to a country would break now; `None` if it breaks none.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn over_limit(
        &self,
        environment: Environment,
        country: Option<Country>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Option<OverLimit>, StoreError> {
        self.worker
            .read(move |connection| limits::over(connection, (environment, country), &limits, now))
            .await
    }

    /// The users of whom a send still matters, and those locked for their wrong tries: locked
    /// ones first, of each kind the one last texted first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn quota_rows(
        &self,
        environment: Environment,
        rule: QuotaRule,
        now: Timestamp,
    ) -> Result<Vec<QuotaRow>, StoreError> {
        self.worker
            .read(move |connection| quota_rows::read(connection, environment, rule, now))
            .await
    }

    /// How the user or the number under a key stands; `None` where nothing of them matters.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn quota_row(
        &self,
        environment: Environment,
        key: LookupKey,
        rule: QuotaRule,
        now: Timestamp,
    ) -> Result<Option<QuotaRow>, StoreError> {
        self.worker
            .read(move |connection| quota_rows::of_key(connection, environment, key, rule, now))
            .await
    }

    /// What has counted for the quotas of an environment after a moment and until another one,
    /// oldest first; of more than [`MAX_TRACES`] the newest.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn traces(
        &self,
        environment: Environment,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Trace>, StoreError> {
        let read = move |connection: &rusqlite::Connection| {
            traces::between(connection, environment, (after, until))
        };
        self.worker.read(read).await
    }

    /// Gives a user codes back or forgives wrong tries, and writes who allowed it and why.
    /// `false`, and nothing is written, where there was nothing to give.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn unlock(&self, unlock: Unlock) -> Result<bool, StoreError> {
        let key = self.key.clone();
        self.worker
            .write(move |connection| {
                let given = unlock::unlock(connection, &unlock)?;
                if given {
                    audit::append(connection, &key, &unlock.audit())?;
                }
                Ok(given)
            })
            .await
    }

    /// Forgets sends and events that are older than `kept`, step by step: between two steps every
    /// other job has its turn.
    ///
    /// They are older than the newest send of another process than `owner`, not only than now: a
    /// clock that is far ahead for a moment must not wipe everything. A deck that nobody has used
    /// is pruned one send later. `told` hears after each step how many rows are forgotten.
    ///
    /// # Errors
    /// When the store failed; what was forgotten until then stays so.
    pub async fn prune(
        &self,
        owner: i64,
        kept: SignedDuration,
        now: Timestamp,
        on_progress: impl Fn(usize),
    ) -> Result<(), StoreError> {
        let newest = self.worker.read(move |connection| prune::newest(connection, owner)).await?;
        let before = now.min(newest.unwrap_or(Timestamp::MIN)).checked_sub(kept);
        let before = before.unwrap_or(Timestamp::MIN);
        let mut from = prune::Pruned::default();
        while !from.is_done {
            from =
                self.worker.write(move |connection| prune::step(connection, before, from)).await?;
            on_progress(from.rows);
        }
        self.worker.write(prune::empty_challenges).await
    }

    /// Writes what somebody did into the audit.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let key = self.key.clone();
        self.worker.write(move |connection| audit::append(connection, &key, &entry)).await
    }

    /// The audit from a row on, oldest first, at most `limit` rows; the first row is 1.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn audit_rows(&self, from: i64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.worker.read(move |connection| audit::rows(connection, from, limit)).await
    }

    /// Checks the whole audit: `Ok(Ok(rows))` where it is whole, else where it is broken.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn verify_audit(&self) -> Result<Result<i64, BrokenAudit>, StoreError> {
        let key = self.key.clone();
        self.worker.read(move |connection| audit::verify(connection, &key)).await
    }

    /// Up to `limit` events after one, of all environments and processes, oldest first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn events_after(
        &self,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.worker.read(move |connection| events::after(connection, after, limit)).await
    }

    /// What happened to the codes of a user and a number, the newest 500 events, oldest first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn user_story(
        &self,
        environment: Environment,
        user: Subject,
        number: Subject,
    ) -> Result<Vec<Event>, StoreError> {
        let read = move |connection: &rusqlite::Connection| {
            events::of_user(connection, environment, &user, &number)
        };
        self.worker.read(read).await
    }

    /// How an environment has fared until now, and what is still open.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn health(
        &self,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Health, StoreError> {
        self.worker.read(move |connection| health::health(connection, environment, now)).await
    }

    /// Where the codes of an environment went within the last day.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn destinations(
        &self,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Destinations, StoreError> {
        self.worker
            .read(move |connection| traffic::destinations(connection, environment, now))
            .await
    }

    /// When the provider last answered a create or told a status in an environment, and the error
    /// code if it refused.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn newest_answer(
        &self,
        environment: Environment,
    ) -> Result<Option<(Timestamp, Option<u32>)>, StoreError> {
        self.worker.read(move |connection| events::newest_answer(connection, environment)).await
    }

    /// The id of the newest event, of all environments and processes; 0 before the first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn newest_event(&self) -> Result<EventId, StoreError> {
        self.worker.read(events::newest).await
    }

    /// The id before the first event that is not older than a moment.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn event_before(&self, since: Timestamp) -> Result<EventId, StoreError> {
        self.worker.read(move |connection| events::before(connection, since)).await
    }

    /// The newest `limit` events of an environment, oldest first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn latest_events(
        &self,
        environment: Environment,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.worker.read(move |connection| events::latest(connection, environment, limit)).await
    }

    /// All events of a delivery, oldest first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn events_of(&self, delivery: DeliveryId) -> Result<Vec<Event>, StoreError> {
        self.worker.read(move |connection| events::of_delivery(connection, delivery)).await
    }

    /// A delivery with what is needed to find it at the provider; `None` if it has its end.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn unfinished(&self, delivery: DeliveryId) -> Result<Option<Unfinished>, StoreError> {
        self.worker.read(move |connection| delivery::unfinished(connection, delivery)).await
    }

    /// Takes over the deliveries without an end that nobody follows at `now`, oldest first.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn take_over(
        &self,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Unfinished>, StoreError> {
        self.worker.write(move |connection| lease::take_over(connection, lease, now)).await
    }

    /// Renews the leases of these deliveries and answers which are still the process's own and
    /// without an end.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn renew(
        &self,
        deliveries: Vec<DeliveryId>,
        lease: Lease,
    ) -> Result<Vec<DeliveryId>, StoreError> {
        self.worker.write(move |connection| lease::renew(connection, deliveries, lease)).await
    }

    /// Renews the lease of one delivery; `false` if another process has taken it over, or it
    /// has its end: then it must not be sent.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn hold(&self, delivery: DeliveryId, lease: Lease) -> Result<bool, StoreError> {
        self.worker.write(move |connection| lease::hold(connection, delivery, lease)).await
    }

    /// As [`hold`](Self::hold), right before a message is handed over.
    ///
    /// # Errors
    /// When the store failed: then it must not be sent.
    pub async fn hold_to_send(
        &self,
        delivery: DeliveryId,
        lease: Lease,
    ) -> Result<bool, StoreError> {
        self.worker.write(move |connection| lease::hold_to_send(connection, delivery, lease)).await
    }

    /// Gives up all leases of a process that ends.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn give_up(&self, owner: i64) -> Result<(), StoreError> {
        self.worker.write(move |connection| lease::give_up(connection, owner)).await
    }

    /// Lets go of a delivery that may not end soon, until the end of this lease; then any
    /// process may take it again.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn park(&self, delivery: DeliveryId, lease: Lease) -> Result<(), StoreError> {
        self.worker.write(move |connection| lease::park(connection, delivery, lease)).await
    }

    /// When the next lease ends, or the next parked delivery is free.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn next_lease_end(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.worker.read(move |connection| lease::next_end(connection, now)).await
    }

    /// Whether a message of the provider belongs to a delivery.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn has_sid(&self, sid: String) -> Result<bool, StoreError> {
        self.worker.read(move |connection| delivery::has_sid(connection, &sid)).await
    }

    /// Takes a message that was found at the provider for the one of a delivery; `false`, and
    /// nothing is changed, if another delivery has its SID already or this one has its end.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn adopt(&self, report: StatusReport) -> Result<bool, StoreError> {
        self.worker.write(move |connection| delivery::adopt(connection, &report)).await
    }

    /// Notes that the provider does not list a message, and answers since when.
    ///
    /// # Errors
    /// When the store failed, or does not know the delivery.
    pub async fn miss(
        &self,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        self.worker.write(move |connection| delivery::miss(connection, delivery, now)).await
    }
}

#[cfg(test)]
mod tests {
    use super::test_deck::{Deck, HERE, attempt, request};
    use super::*;
    use crate::domain::phone::PhoneNumber;
    use crate::domain::user::User;

    #[tokio::test]
    async fn a_store_is_bound_to_the_first_key_that_opens_it() {
        let deck = Deck::new().await;
        let path = deck.folder.path().join("deck.db");
        let other = Store::open(&path, DeckKey::new([2; 32])).await;
        assert!(matches!(other.err(), Some(StoreError::OtherKey { .. })));
    }

    #[tokio::test]
    async fn neither_a_code_nor_a_whole_number_is_in_the_files() {
        let deck = Deck::new().await;
        let key = DeckKey::new([7; 32]);
        let phone = PhoneNumber::parse("+573001234567").unwrap();
        let subject = |user: User| Subject { key: key.user(&user), label: user.label() };
        let number = subject(User::Number(phone.clone()));
        let user = number.clone();
        let (asked, tried) = ((key.clone(), user.key), key.clone());
        let reservation = Reservation { user, number: number.clone(), ..request(0) };
        let hash = move |id: ChallengeId| asked.0.code(HERE, asked.1, id.0, b"804713");
        deck.store.reserve(reservation, hash).await.unwrap();
        let attempt = Attempt { number: number.key, recipient: phone.masked(), ..attempt(1) };
        let hash = move |user, id: ChallengeId| tried.code(HERE, user, id.0, b"804713");
        assert_eq!(deck.store.verify(attempt, hash).await, Ok(Verdict::Approved));

        let mut bytes = Vec::new();
        for file in std::fs::read_dir(deck.folder.path()).unwrap() {
            bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("+57 ••• ••• 4567"));
        for secret in ["804713", "3001234567", "300123"] {
            assert!(!holds(secret), "{secret}");
        }
    }
}
