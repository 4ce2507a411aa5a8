//! What the tests of a store share: an empty store, and short words for what is done to it.

use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::domain::country::Country;
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::limits::Limits;
use crate::domain::passcode::Verdict;
use crate::domain::quota::{Quota, QuotaRule};
use crate::domain::routing::RouteReason;
use crate::domain::secret::{DeckKey, LookupKey};
use crate::domain::sender::Sender;
use crate::runtime::Clock;
use crate::store::{
    Attempt, ChallengeId, DeliveryId, Event, EventKind, EventQuery, Lease, QuotaQuery, QuotaRow,
    Remedy, Reservation, Reserved, StatusReport, Store, Subject, Unlock,
};

pub(in crate::store) const MINUTE: i64 = 60_000;

/// The environment in which everything happens unless a test says otherwise.
pub(in crate::store) const HERE: Environment = Environment::Test;

/// A moment so many milliseconds after the beginning of a test.
pub(in crate::store) fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millisecond).unwrap()
}

pub(in crate::store) fn rule(allowed: u16, time_out: u16) -> QuotaRule {
    QuotaRule { allowed: allowed.try_into().unwrap(), time_out: time_out.try_into().unwrap() }
}

pub(in crate::store) fn user(number: u8) -> Subject {
    Subject { key: LookupKey([number; 32]), label: format!("user-{number}") }
}

pub(in crate::store) fn number(number: u8) -> Subject {
    Subject {
        key: LookupKey([100 + number; 32]), label: format!("+57 ••• ••• 00{number:02}")
    }
}

/// The key of every deck of these tests.
pub(in crate::store) fn test_key() -> DeckKey {
    DeckKey::new([9; 32])
}

/// A clock without an uptime: moments are what each test says.
pub(in crate::store) fn manual() -> Clock {
    Clock::manual(at(0))
}

/// A lease of a process.
pub(in crate::store) fn lease(owner: i64, until: i64) -> Lease {
    Lease { owner, until: at(until) }
}

/// User 1 asks for a code to number 1, three allowed within 15 minutes.
pub(in crate::store) fn request(millisecond: i64) -> Reservation {
    Reservation {
        environment: HERE,
        user: user(1),
        number: number(1),
        country: Country::from_code("CO"),
        sender: Sender::parse("72404").unwrap(),
        reason: RouteReason {
            is_named: false,
            country: Country::from_code("CO"),
            listed_on: Sender::parse("72404").ok(),
            default_applied: None,
        },
        segments: 1,
        rule: rule(3, 15),
        valid_until: at(millisecond + 5 * MINUTE),
        at: at(millisecond),
        asked_by: "console by ana".to_owned(),
        is_audited: true,
        lease: lease(1, millisecond + MINUTE),
        account: Some("Sandbox".to_owned()),
        block: LookupKey([7; 32]),
        limits: Limits::default(),
        credentials: None,
    }
}

/// A try at the code of user 1 at number 1.
pub(in crate::store) fn attempt(millisecond: i64) -> Attempt {
    Attempt {
        environment: HERE,
        number: number(1).key,
        user: Some(user(1).key),
        recipient: number(1).label,
        at: at(millisecond),
    }
}

pub(in crate::store) fn report(delivery: DeliveryId, status: DeliveryStatus) -> StatusReport {
    StatusReport {
        delivery,
        at: at(0),
        status,
        sid: None,
        error_code: None,
        request_id: None,
        detail: None,
        fault: None,
        took: None,
    }
}

/// A store that is empty at first.
pub(in crate::store) struct Deck {
    pub(in crate::store) store: Store,
    place: Place,
}

/// Where a store is kept; it goes with this.
enum Place {
    Sqlite(TempDir),
}

impl Deck {
    /// One for each database.
    pub(in crate::store) async fn of_every_store() -> [Self; 1] {
        [Self::sqlite().await]
    }

    /// One in a file.
    pub(in crate::store) async fn sqlite() -> Self {
        Self::sqlite_with(manual()).await
    }

    /// One for each database, by this clock.
    pub(in crate::store) async fn of_every_store_with(clock: &Clock) -> [Self; 1] {
        [Self::sqlite_with(clock.clone()).await]
    }

    async fn sqlite_with(clock: Clock) -> Self {
        let place = Place::Sqlite(tempfile::tempdir().unwrap());
        Self { store: place.open(clock).await, place }
    }

    /// Another way to the same store, as a second process has it.
    pub(in crate::store) async fn again(&self) -> Store {
        self.place.open(manual()).await
    }

    /// Another way to the same store, by this clock.
    pub(in crate::store) async fn again_with(&self, clock: &Clock) -> Store {
        self.place.open(clock.clone()).await
    }

    /// The same store, as a process finds it that starts when no other is left.
    pub(in crate::store) async fn restarted(self) -> Self {
        let Self { store, place } = self;
        drop(store);
        Self { store: place.open(manual()).await, place }
    }

    /// The folder of a store in a file.
    pub(in crate::store) fn folder(&self) -> &Path {
        let Place::Sqlite(folder) = &self.place;
        folder.path()
    }

    /// Asks for a slot, with 1 as the code.
    pub(in crate::store) async fn ask(&self, reservation: Reservation) -> Reserved {
        self.ask_for_code(reservation, 1).await
    }

    /// Asks for a slot for a code, for which one byte stands.
    pub(in crate::store) async fn ask_for_code(
        &self,
        reservation: Reservation,
        code: u8,
    ) -> Reserved {
        self.store.reserve(|_| reservation, move |id| digest(id, code)).await.unwrap()
    }

    /// Asks for a slot that must be given.
    pub(in crate::store) async fn slot(&self, reservation: Reservation) -> DeliveryId {
        match self.ask(reservation).await {
            Reserved::Slot { delivery, .. } => delivery,
            refused => panic!("{refused:?}"),
        }
    }

    /// Tries a code.
    pub(in crate::store) async fn attempt(&self, attempt: Attempt, code: u8) -> Verdict {
        self.store.verify(attempt, move |_, id| digest(id, code)).await.unwrap()
    }

    pub(in crate::store) async fn report(
        &self,
        delivery: DeliveryId,
        status: DeliveryStatus,
    ) -> bool {
        self.store.report(report(delivery, status)).await.unwrap()
    }

    /// The quota of user 1 with number 1.
    pub(in crate::store) async fn quota(&self, rule: QuotaRule, millisecond: i64) -> Quota {
        let (user, number) = (user(1).key, number(1).key);
        self.store.standing(HERE, user, number, rule, at(millisecond)).await.unwrap().quota
    }

    pub(in crate::store) async fn unlock(&self, millisecond: i64) {
        self.unlock_of(user(1), number(1), millisecond).await;
    }

    /// Gives a user all codes back and forgives their wrong tries.
    pub(in crate::store) async fn unlock_of(
        &self,
        user: Subject,
        number: Subject,
        millisecond: i64,
    ) {
        for remedy in [Remedy::AllCodes, Remedy::WrongTries] {
            self.relieve(remedy, (user.clone(), number.clone()), millisecond).await;
        }
    }

    pub(in crate::store) async fn relieve(
        &self,
        remedy: Remedy,
        (user, number): (Subject, Subject),
        millisecond: i64,
    ) -> bool {
        let unlock = Unlock {
            environment: HERE,
            user,
            number,
            remedy,
            rule: rule(3, 15),
            at: at(millisecond),
            by: "ana".to_owned(),
            reason: "lost phone".to_owned(),
        };
        self.store.unlock(unlock).await.unwrap()
    }

    /// What has happened so far.
    pub(in crate::store) async fn kinds(&self) -> Vec<EventKind> {
        self.latest(HERE, 1000).await.into_iter().map(|event| event.kind).collect()
    }

    /// The newest events of an environment, oldest first.
    pub(in crate::store) async fn latest(
        &self,
        environment: Environment,
        limit: usize,
    ) -> Vec<Event> {
        self.store.events(EventQuery::latest(environment, limit)).await.unwrap()
    }

    /// How everyone stands.
    pub(in crate::store) async fn rows(&self, rule: QuotaRule, millisecond: i64) -> Vec<QuotaRow> {
        let query = QuotaQuery { environment: HERE, key: None, rule, now: at(millisecond) };
        self.store.quota_rows(query).await.unwrap()
    }
}

/// The store of the tests at a path.
pub(in crate::store) fn place(path: &Path) -> DeckStore {
    DeckStore { id: StoreId([5; 16]), path: path.to_owned(), is_named: false, is_new: true }
}

impl Place {
    async fn open(&self, clock: Clock) -> Store {
        match self {
            Self::Sqlite(folder) => {
                Store::open(&place(&folder.path().join("deck.db")), test_key(), clock).await
            }
        }
        .unwrap()
    }
}

/// Stands for the keyed hash of a code: bound to its challenge, as the real one is.
pub(in crate::store) fn digest(challenge: ChallengeId, code: u8) -> [u8; 32] {
    let mut digest = [code; 32];
    digest[..8].copy_from_slice(&challenge.0.to_be_bytes());
    digest
}
