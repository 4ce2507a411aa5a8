//! Lists of an account's messages, shared by all deliveries that are looked for in them: a thousand
//! of them are no reason to ask the provider a thousand times.
//!
//! A list says what was there when it was begun. So it serves only those who had to look by then; a
//! later look gets one that is begun later.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::domain::environment::{Environment, PerEnvironment};
use crate::provider::{Client, Listing, ProviderError, Search};
use crate::runtime::Clock;

/// Lists go back to a whole number of these: deliveries that are not quite as old share one.
const STEP: SignedDuration = SignedDuration::from_mins(10);

/// Messages of a list that are looked through at most.
const MAX_LISTED: usize = 2_000;

/// Which messages a delivery is looked for among.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Messages {
    /// The account, as [`Provider::account`](crate::domain::provider::Provider::account).
    pub account: Option<Arc<str>>,
    /// Those from this sender; `None`: from any.
    pub from: Option<String>,
}

/// What came of listing messages.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// When it was begun, by the clock of the engine.
    pub begun: Timestamp,
    /// The messages, or why there are none.
    pub outcome: Result<Arc<Listing>, NotListed>,
}

/// Why messages could not be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotListed {
    /// The provider has too many requests at once.
    Busy,
    /// It refuses the credentials.
    Refused,
    /// It refuses for another reason, or does not respond.
    Failed,
}

/// The newest list of some messages.
struct Newest {
    begun: Instant,
    ended: Instant,
    /// How far it goes back; `None`: to the first message.
    within: Option<SignedDuration>,
    listed: Listed,
}

/// The newest lists of each environment. One is made at a time.
#[derive(Default)]
pub(super) struct Listings {
    newest: PerEnvironment<Mutex<HashMap<Messages, Newest>>>,
}

impl Listings {
    /// Returns a list that was begun when a delivery was `due` to be looked for, or later, and that
    /// goes back far enough.
    pub(super) async fn list(
        &self,
        (client, clock): (&Client, &Clock),
        environment: Environment,
        messages: &Messages,
        (within, due): (Option<SignedDuration>, Instant),
    ) -> Listed {
        let called = Instant::now();
        let mut newest = self.newest[environment].lock().await;
        let known = newest.get(messages).filter(|known| serves(known, within, due));
        // What has failed is shared with those alone who were waiting for it.
        if let Some(known) = known.filter(|it| it.listed.outcome.is_ok() || called <= it.ended) {
            return known.listed.clone();
        }
        let within = within.map(rounded_up);
        let (begun, now) = (Instant::now(), clock.now());
        let search = Search { from: messages.from.as_deref(), within, limit: MAX_LISTED };
        let outcome = client.list(&search).await.map(Arc::new).map_err(|error| match error {
            ProviderError::Busy { .. } => NotListed::Busy,
            ProviderError::Refused(refusal) if refusal.class.refuses_credentials() => {
                NotListed::Refused
            }
            _ => NotListed::Failed,
        });
        let listed = Listed { begun: now, outcome };
        let ended = Instant::now();
        newest.insert(messages.clone(), Newest { begun, ended, within, listed: listed.clone() });
        listed
    }

    /// Forgets the lists of an environment, unless one is being made: nobody looks for anything.
    pub(super) fn forget(&self, environment: Environment) {
        if let Ok(mut newest) = self.newest[environment].try_lock() {
            newest.clear();
        }
    }
}

/// Whether a list is new enough and goes back far enough.
fn serves(known: &Newest, within: Option<SignedDuration>, due: Instant) -> bool {
    let is_long_enough = match (known.within, within) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(known), Some(within)) => known >= within,
    };
    known.begun >= due && is_long_enough
}

fn rounded_up(within: SignedDuration) -> SignedDuration {
    let steps = within.as_secs().div_euclid(STEP.as_secs()).saturating_add(1);
    i32::try_from(steps)
        .ok()
        .and_then(|steps| STEP.checked_mul(steps))
        .unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;
    use crate::domain::provider::BaseUrl;
    use crate::provider::{Patience, loopback_client};

    /// A server without any message, and how often it was asked; the first so many times it has too
    /// much to do.
    async fn empty_account(busy: usize) -> (Client, Arc<AtomicUsize>) {
        const RESPONSE: &[u8] =
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 15\r\n\r\n{\"messages\":[]}";
        const BUSY: &[u8] =
            b"HTTP/1.1 429 Too Many\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = BaseUrl::parse(&format!("http://{}", server.local_addr().unwrap())).unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = server.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let _ = stream.read(&mut request).await;
                let is_busy = count.fetch_add(1, Ordering::SeqCst) < busy;
                let _ = stream.write_all(if is_busy { BUSY } else { RESPONSE }).await;
            }
        });
        (Client::sandbox(loopback_client().unwrap(), url, Patience::default()), asked)
    }

    #[tokio::test]
    async fn a_thousand_who_had_to_look_by_then_share_one_list_and_later_ones_get_another() {
        let (client, asked) = empty_account(0).await;
        let listings = Arc::new(Listings::default());
        let list = |environment, account: &str, minutes, due| {
            let (client, listings) = (client.clone(), Arc::clone(&listings));
            let messages = Messages { account: Some(account.into()), from: None };
            async move {
                let within = Some(SignedDuration::from_mins(minutes));
                let asker = (&client, &Clock::System);
                let listed = listings.list(asker, environment, &messages, (within, due)).await;
                assert!(listed.outcome.unwrap().is_complete);
            }
        };
        let due = Instant::now();
        let mut all = JoinSet::new();
        (0..1_000).for_each(|_| drop(all.spawn(list(Environment::Test, "one", 5, due))));
        all.join_all().await;
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        list(Environment::Test, "one", 5, Instant::now()).await;
        assert_eq!(asked.load(Ordering::SeqCst), 2, "an old list was taken for a new one");
        list(Environment::Test, "one", 50, due).await;
        list(Environment::Test, "other", 5, due).await;
        list(Environment::Production, "one", 5, due).await;
        assert_eq!(asked.load(Ordering::SeqCst), 5);
        listings.forget(Environment::Test);
        list(Environment::Test, "other", 5, due).await;
        assert_eq!(asked.load(Ordering::SeqCst), 6);
    }

    #[tokio::test]
    async fn a_list_that_failed_is_asked_for_again_by_whoever_comes_later() {
        let (client, asked) = empty_account(1).await;
        let listings = Listings::default();
        let messages = Messages { account: None, from: None };
        let due = Instant::now();
        for expected in [Err(NotListed::Busy), Ok(())] {
            let asker = (&client, &Clock::System);
            let listed = listings.list(asker, Environment::Test, &messages, (None, due)).await;
            assert_eq!(listed.outcome.map(drop), expected);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    proptest! {
        #[test]
        fn no_list_serves_whoever_has_to_look_after_it_was_begun_or_further_back(
            due in 0_u64..100,
            begun in 0_u64..100,
            wanted in prop::option::of(0_i64..100),
            listed in prop::option::of(0_i64..100),
        ) {
            let start = Instant::now();
            let at = |second| start + Duration::from_secs(second);
            let known = Newest {
                begun: at(begun),
                ended: at(begun),
                within: listed.map(SignedDuration::from_mins),
                listed: Listed { begun: Timestamp::UNIX_EPOCH, outcome: Err(NotListed::Failed) },
            };
            let serves = serves(&known, wanted.map(SignedDuration::from_mins), at(due));
            let goes_back = listed.is_none_or(|listed| wanted.is_some_and(|wanted| wanted <= listed));
            prop_assert_eq!(serves, begun >= due && goes_back);
        }

        #[test]
        fn a_list_goes_back_as_far_as_it_should_and_hardly_further(seconds in 0_i64..10_000_000) {
            let within = SignedDuration::from_secs(seconds);
            let rounded = rounded_up(within);
            prop_assert!(rounded >= within && rounded <= within + STEP);
        }
    }
}
