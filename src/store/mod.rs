//! The store: what must survive a crash, in a database that several processes may share.
//!
//! Sends and their slots, challenges and the hashes of their codes, wrong tries, and the log of
//! what has happened. It holds no code and no whole phone number: subjects are keyed hashes
//! with a label that may be shown. Every rule is the domain's; the store only makes sure that
//! judging and acting are one transaction. It knows no provider and no settings file. A moment is an
//! argument; the clock only says how the wall clock has been set since moments were written.
//!
//! [`Store`] is the contract: every operation, with what it promises whichever database keeps it.
//! A database is a variant of `Database` that has all of them, in a folder of its own; the tests in
//! `contract` check what is written here.

mod acknowledgement;
mod attempt;
mod audit;
mod audit_chain;
mod balance;
#[cfg(test)]
mod contract;
mod credentials;
mod delivery;
mod destinations;
mod error;
mod event;
mod health;
mod ids;
mod lease;
mod log;
mod reservation;
mod sqlite;
mod standing;
mod subject;
mod unlock;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

pub use self::acknowledgement::Acknowledgement;
pub use self::attempt::Attempt;
pub use self::audit::{AuditAction, AuditEntry, AuditRow, BrokenAudit};
pub use self::balance::BalanceReport;
pub use self::credentials::CredentialsReport;
pub use self::delivery::{StatusReport, Unfinished};
pub use self::destinations::{BlockTraffic, CountryTraffic, Destinations};
pub use self::error::StoreError;
pub use self::event::{Event, EventKind, EventReason};
pub use self::health::{
    CauseCount, FailureCount, HOURS, Health, Newest, Outage, Outcomes, RouteFailures, RouteHealth,
    Times,
};
pub use self::ids::{ChallengeId, DeliveryId, EventId};
pub use self::lease::{Lease, MAX_DEFERRAL};
pub use self::log::{Cursor, EventFilter, EventPage, EventQuery, MAX_OF_USER, Position};
pub use self::reservation::{RefusedRequest, Reservation, Reserved};
pub use self::standing::{MAX_TRACES, QuotaQuery, QuotaRow, Standing};
pub use self::subject::Subject;
pub use self::unlock::{Remedy, Unlock};

use self::sqlite::Sqlite;
use crate::domain::country::Country;
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit};
use crate::domain::passcode::Verdict;
use crate::domain::quota::QuotaRule;
use crate::domain::replay::Trace;
use crate::domain::secret::{DeckKey, Fingerprint, LookupKey};
use crate::runtime::Clock;

/// The way to the store: cheap to clone, usable from any task.
///
/// What decides whether a code goes out or lets someone in (a slot, a verification, an unlock, the
/// audit) is on disk when its method returns. Anything else is visible at once and on disk with the
/// next of those. A method whose future is dropped may still do its work.
#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// What keeps a store.
#[derive(Clone)]
enum Database {
    Sqlite(Sqlite),
}

impl Store {
    /// Opens the store of a deck. One that is new is made if it is not there (folder 0700, file
    /// 0600), bound to the key, and gets its identity; any other must be there, bound to this key,
    /// and have this identity.
    ///
    /// With another key no user and no number would be found again: everyone's quota would
    /// be open.
    ///
    /// Moments are those of the wall clock of `clock`, and mean durations: what was written ten
    /// minutes ago by the uptime of the machine is read as ten minutes ago, whatever the wall clock
    /// was set to before or since.
    ///
    /// # Errors
    /// When the file cannot be made, read or written, is damaged, is not a store, is of a
    /// newer schema, is bound to another key, or is another store.
    pub async fn open(store: &DeckStore, key: DeckKey, clock: Clock) -> Result<Self, StoreError> {
        Ok(Self { database: Database::Sqlite(Sqlite::open(store.clone(), key, clock).await?) })
    }

    /// Opens the store of a deck to read it: also on a disk that is full or mounted read-only.
    /// Whatever would write fails.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or is not the store that it should be.
    pub async fn open_to_read(
        store: &DeckStore,
        key: DeckKey,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let sqlite = Sqlite::open_to_read(store.clone(), key, clock).await?;
        Ok(Self { database: Database::Sqlite(sqlite) })
    }

    /// Makes an empty store in memory, which stands for one that was not made yet.
    ///
    /// # Errors
    /// When there is no memory.
    pub async fn in_memory(
        store: &DeckStore,
        key: DeckKey,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let sqlite = Sqlite::in_memory(store.clone(), key, clock).await?;
        Ok(Self { database: Database::Sqlite(sqlite) })
    }

    /// The identity of the store at a path, which this process does not have open; `None` where an
    /// earlier version has made it.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a store.
    pub fn id_at(path: &Path) -> Result<Option<StoreId>, StoreError> {
        sqlite::id_at(path)
    }

    /// Whether there is a file at a path that may be a store, of whatever deck.
    pub fn is_at(path: &Path) -> bool {
        sqlite::is_at(path)
    }
}

/// Declares the operations, each of which is carried out by the database of the store.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $outcome:ty;
    )*) => {
        impl Store { $(
            $(#[$doc])*
            ///
            /// # Errors
            /// When the store failed; then nothing was written.
            pub async fn $name(&self, $($argument: $type),*) -> Result<$outcome, StoreError> {
                match &self.database {
                    Database::Sqlite(sqlite) => sqlite.$name($($argument),*).await,
                }
            }
        )* }
    };
}

// Sending.
operations! {
    /// Takes the slot of a code, if both the user and the number are open and no limit is reached:
    /// begins a delivery that is about to be handed over, and adds the hash of the code, which
    /// `digest` computes, to the user's challenge. Without a slot nothing may be sent.
    ///
    /// A refusal leaves an event; it neither counts nor moves the moment of unlocking. Requests
    /// that race, in whatever process, never get more slots than there are.
    ///
    /// Credentials that the account rejected rest; after that one request may try them, in whatever
    /// process, and from then on they rest again.
    ///
    /// `reservation` gets the moment at which it is judged, which is after every wait. A slot is on
    /// disk when this returns, and so is everything that was written before.
    fn reserve(
        reservation: impl FnOnce(Timestamp) -> Reservation + Send + 'static,
        digest: impl FnOnce(ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Reserved;

    /// Writes into the log that a request was refused before a slot was asked for: by routing,
    /// the recipients or a provider that is not ready.
    fn record_refusal(refused: RefusedRequest) -> ();

    /// Moves a delivery and writes its event. `false`, and no event, if the report is stale
    /// ([`judge_report`](crate::domain::delivery::judge_report)) or the delivery is not known. A
    /// status that releases the slot gives it back and makes the code worthless.
    ///
    /// Everyone sees it at once, but a power cut may take it back: then the delivery is found
    /// without an end, and looked up at the provider.
    fn report(report: StatusReport) -> bool;

    /// As [`report`](Self::report), for many at once: all are written, or none.
    fn report_all(reports: Vec<StatusReport>) -> Vec<bool>;

    /// The limit that one more code to a country would break now; `None` if it breaks none.
    fn over_limit(
        environment: Environment,
        country: Option<Country>,
        limits: Limits,
        now: Timestamp,
    ) -> Option<OverLimit>;
}

// Users.
operations! {
    /// Judges a try at a code of the newest challenge of a number (and user, if given).
    /// `digest` hashes the code tried for the user and the challenge that are found. Where it
    /// fails, no one may be let in.
    ///
    /// A success ends the challenge, and neither sends nor wrong tries until then count any
    /// more. Of several right tries exactly one succeeds.
    fn verify(
        attempt: Attempt,
        digest: impl FnOnce(LookupKey, ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Verdict;

    /// Gives a user codes back or forgives wrong tries, and writes who allowed it and why.
    /// `false`, and nothing is written, where there was nothing to give.
    fn unlock(unlock: Unlock) -> bool;

    /// How a user with a number stands, judged as a request now would be.
    fn standing(
        environment: Environment,
        user: LookupKey,
        number: LookupKey,
        rule: QuotaRule,
        now: Timestamp,
    ) -> Standing;

    /// The users who are asked about: locked ones first, of each kind the one last texted first.
    fn quota_rows(query: QuotaQuery) -> Vec<QuotaRow>;

    /// What has counted for the quotas of an environment after a moment and until another one,
    /// oldest first; of more than [`MAX_TRACES`] the newest.
    fn traces(environment: Environment, after: Timestamp, until: Timestamp) -> Vec<Trace>;
}

// Acknowledgements.
operations! {
    /// Acknowledges a finding, in place of what was said of it before, and writes that into the
    /// audit.
    fn acknowledge(acknowledgement: Acknowledgement) -> ();

    /// The acknowledgements of an environment that have not ended.
    fn acknowledgements(environment: Environment, now: Timestamp) -> Vec<Acknowledgement>;
}

// Credentials.
operations! {
    /// Writes down what an account has said of credentials, in place of what it said before.
    fn report_credentials(report: CredentialsReport) -> ();

    /// What an account has last said of credentials; without a fingerprint, of those of the
    /// environment that were last reported.
    fn credentials(
        environment: Environment,
        fingerprint: Option<Fingerprint>,
    ) -> Option<CredentialsReport>;

    /// Writes down what the account of an environment has left, in place of what it had before.
    fn report_balance(report: BalanceReport) -> ();

    /// What the account of an environment has last said it has left.
    fn balance(environment: Environment) -> Option<BalanceReport>;
}

// Following deliveries.
operations! {
    /// A delivery with what is needed to find it at the provider; `None` if it has its end.
    fn unfinished(delivery: DeliveryId) -> Option<Unfinished>;

    /// Takes over the deliveries without an end that no one follows at `now`, oldest first. Of
    /// several processes that do so at once, each gets others.
    fn take_over(lease: Lease, now: Timestamp) -> Vec<Unfinished>;

    /// Renews the leases of these deliveries and returns which are still the process's own and
    /// without an end. What a process began and forgot is not renewed, so that it is taken over.
    fn renew_all(deliveries: Vec<DeliveryId>, lease: Lease) -> Vec<DeliveryId>;

    /// Renews the lease of one delivery; `false` if another process has taken it over, or it
    /// has its end: then it must not be sent.
    fn renew(delivery: DeliveryId, lease: Lease) -> bool;

    /// As [`renew`](Self::renew), right before a message is handed over: that it was missing until
    /// now says nothing. Where it fails, the message must not be sent.
    fn renew_to_send(delivery: DeliveryId, lease: Lease) -> bool;

    /// Lets go of a delivery that may not end soon, until the end of this lease; then any
    /// process may take it again.
    fn defer(delivery: DeliveryId, lease: Lease) -> ();

    /// Gives up all leases of a process that ends.
    fn give_up(owner: i64) -> ();

    /// When the next lease ends, or the next deferred delivery is free.
    fn next_lease_end(now: Timestamp) -> Option<Timestamp>;

    /// Whether a message of the provider belongs to a delivery.
    fn has_sid(sid: String) -> bool;

    /// Takes a message that was found at the provider for the one of a delivery; `false`, and
    /// nothing is changed, if another delivery has its SID already or this one has its end.
    fn adopt(found: StatusReport) -> bool;

    /// Records that the provider does not list the message of a delivery, and returns since when.
    fn record_missing(delivery: DeliveryId, now: Timestamp) -> Timestamp;
}

// Reading the log.
operations! {
    /// The events that are asked for, oldest first.
    fn events(query: EventQuery) -> Vec<Event>;

    /// Up to `limit` events from a place on, of all environments and processes, in the order in
    /// which they were committed.
    fn events_after(cursor: Cursor, limit: usize) -> EventPage;

    /// The newest so many events between two places that a filter lets through, oldest first.
    fn matching_events(
        filter: EventFilter,
        between: (Cursor, Cursor),
        limit: usize,
    ) -> Vec<Event>;

    /// A place in the log, to read on from.
    fn cursor(position: Position) -> Cursor;

    /// The outcomes of an environment until now, and what is still open.
    fn health(environment: Environment, now: Timestamp) -> Health;

    /// How far the wall clock is ahead of where it would be, had no one set it since the boot; zero
    /// where the uptime of the machine is not known.
    fn clock_skew() -> SignedDuration;

    /// Where the codes of an environment went within the last day.
    fn destinations(environment: Environment, now: Timestamp) -> Destinations;
}

// Keeping order.
operations! {
    /// Writes what someone did into the audit.
    fn append_audit(entry: AuditEntry) -> ();

    /// The audit from a row on, oldest first, at most `limit` rows; the first row is 1.
    fn audit_rows(from: i64, limit: usize) -> Vec<AuditRow>;

    /// The newest rows of the audit, newest first, at most `limit`.
    fn newest_audit_rows(limit: usize) -> Vec<AuditRow>;

    /// Checks the whole audit: `Ok(rows)` where it is whole, else where it is broken.
    fn verify_audit() -> Result<i64, BrokenAudit>;

    /// Gives the store another identity. A process that has it open under the old one can neither read nor
    /// write it from then on, and nobody opens it without knowing the new one.
    fn replace_id(id: StoreId) -> ();

    /// Ends the store in this process, once what was asked of it before is done; whatever is asked of
    /// it from then on fails. For the end of a process, so that the file is whole without its log.
    fn close() -> ();

    /// Tries what a send needs: takes the lock for writing, writes, and takes it back. Waits for
    /// another writer for at most two seconds. Fails also where the disk has no room left.
    fn probe() -> ();

    /// Forgets sends and events that are older than `kept`, step by step: between two steps every
    /// other job has its turn, and what is forgotten stays so. `on_progress` gets after each step
    /// how many rows are forgotten.
    ///
    /// They are older by the uptime of the machine and by its wall clock: a clock that is far ahead
    /// for a moment must not wipe everything. Where the uptime is not known, they are older than the
    /// newest send of another process than `owner`.
    fn prune(
        owner: i64,
        kept: SignedDuration,
        now: Timestamp,
        on_progress: impl Fn(usize),
    ) -> ();
}
