//! The store in one `SQLite` file that several processes of a host may share. What each operation
//! promises stands at [`Store`](super::Store); here is how it is kept: a write is one transaction on
//! the thread of the file, so nothing changes between judging and acting.
//!
//! `SQLite` has one writer at a time, so ids are given in the order of commits. The queries here use
//! that; nothing outside may.

mod acknowledgements;
mod audit;
mod audit_seal;
mod backfill;
mod balances;
mod challenges;
mod commit;
mod credentials;
mod deliveries;
mod destinations;
mod durability;
mod error;
mod events;
mod file;
mod health;
mod identity;
mod leases;
mod limits;
mod matching;
mod newest;
mod open;
mod origins;
mod probe;
mod prune;
mod quota;
mod quota_rows;
mod read_only;
mod reader;
mod rebuilt_tables;
mod report;
mod reserve;
mod schema;
mod sentences;
mod subjects;
mod tables;
#[cfg(test)]
mod test_file;
mod timeline;
mod traces;
mod traffic;
mod unlock;
mod values;
mod verify;
mod worker;

use std::io::Read;
use std::path::Path;

use jiff::SignedDuration;

use self::worker::Worker;
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::domain::secret::DeckKey;
use crate::files::{self, Links};
use crate::runtime::Clock;
use crate::store::error::StoreError;

/// The way to the file: cheap to clone, usable from any task.
///
/// Work is done in turn on a thread of its own, which ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Sqlite {
    worker: Worker,
    key: DeckKey,
    clock: Clock,
}

/// Whether there is a database at a path, by the first bytes of its file (`SQLite`'s file format,
/// section 1.3.1).
pub(super) fn is_at(path: &Path) -> bool {
    let mut header = [0; 16];
    let read = files::open(path, Links::Follow).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header == *b"SQLite format 3\0"
}

/// The identity of a store that this process does not have open; `None` where an earlier version has
/// made it.
pub(super) fn id_at(path: &Path) -> Result<Option<StoreId>, StoreError> {
    identity::read_file(path)
}

impl Sqlite {
    pub async fn open(store: DeckStore, key: DeckKey, clock: Clock) -> Result<Self, StoreError> {
        let known = (key.clone(), clock.clone());
        let open = move |store: &DeckStore| open::open(store, &known.0, &known.1);
        Ok(Self { worker: Worker::start(store, true, open).await?, key, clock })
    }

    pub async fn open_to_read(
        store: DeckStore,
        key: DeckKey,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let known = (key.clone(), clock.clone());
        let open = move |store: &DeckStore| read_only::open_to_read(store, &known.0, &known.1);
        Ok(Self { worker: Worker::start(store, false, open).await?, key, clock })
    }

    pub async fn in_memory(
        store: DeckStore,
        key: DeckKey,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let known = (key.clone(), clock.clone());
        let open = move |store: &DeckStore| read_only::in_memory(store, &known.0, &known.1);
        Ok(Self { worker: Worker::start(store, false, open).await?, key, clock })
    }

    pub async fn replace_id(&self, id: StoreId) -> Result<(), StoreError> {
        self.worker.write(move |connection| identity::replace(connection, id)).await
    }

    pub async fn probe(&self) -> Result<(), StoreError> {
        self.worker.probe().await
    }

    pub async fn close(&self) -> Result<(), StoreError> {
        self.worker.close().await
    }

    pub async fn clock_skew(&self) -> Result<SignedDuration, StoreError> {
        Ok(self.worker.clocks().await?.skew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::passcode::Verdict;
    use crate::domain::phone::PhoneNumber;
    use crate::domain::user::User;
    use crate::store::contract::deck::{Deck, HERE, attempt, manual, place, request};
    use crate::store::{Attempt, ChallengeId, Reservation, Store, Subject};

    #[tokio::test]
    async fn a_store_is_bound_to_the_first_key_that_opens_it() {
        let deck = Deck::sqlite().await;
        let path = deck.folder().join("deck.db");
        let other = Store::open(&place(&path), DeckKey::new([2; 32]), manual()).await;
        assert!(matches!(other.err(), Some(StoreError::OtherKey { .. })));
    }

    #[tokio::test]
    async fn neither_a_code_nor_a_whole_number_is_in_the_files() {
        let deck = Deck::sqlite().await;
        let key = DeckKey::new([7; 32]);
        let phone = PhoneNumber::parse("+573001234567").unwrap();
        let subject = |user: User| Subject { key: key.user(&user), label: user.label() };
        let number = subject(User::Number(phone.clone()));
        let user = number.clone();
        let (asked, tried) = ((key.clone(), user.key), key.clone());
        let reservation = Reservation { user, number: number.clone(), ..request(0) };
        let hash = move |id: ChallengeId| asked.0.code(HERE, asked.1, id.0, b"804713");
        deck.store.reserve(|_| reservation, hash).await.unwrap();
        let recipient = phone.masked();
        let attempt = Attempt { user: None, number: number.key, recipient, ..attempt(1) };
        let hash = move |user, id: ChallengeId| tried.code(HERE, user, id.0, b"804713");
        assert_eq!(deck.store.verify(attempt, hash).await, Ok(Verdict::Approved));

        let mut bytes = Vec::new();
        for file in std::fs::read_dir(deck.folder()).unwrap() {
            bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("+57 ••• ••• 4567"));
        for secret in ["804713", "3001234567", "300123"] {
            assert!(!holds(secret), "{secret}");
        }
    }
}
