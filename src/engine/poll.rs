//! Asks the provider once about one delivery, and records what that means.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::client::Clients;
use super::leaseholder::Leaseholder;
use super::listings::Listings;
use super::status_details::StatusDetails;
use super::status_requests::StatusRequests;
use crate::config::Config;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::domain::secret::DeckKey;
use crate::provider::{Capability, Client, ErrorClass, MessageState, ProviderError};
use crate::runtime::Clock;
use crate::store::{DeliveryId, Lease, MAX_DEFERRAL, Store};

/// How long after its request a delivery is followed without a break. No code is valid for
/// longer than ten minutes; a status that has not come by then will hardly come.
const FOLLOW_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long everyone waits when the provider returns 429 without saying how long, or refuses the
/// credentials.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// The longest that a provider's `Retry-After` holds everyone up.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// A delivery to follow.
#[derive(Clone)]
pub(super) struct Followed {
    pub delivery: DeliveryId,
    pub environment: Environment,
    /// The provider's id of the message; `None` where it must be looked for first.
    pub sid: Option<Box<str>>,
    /// Who holds its message, as [`Provider::account`]; `None`: an older version sent it.
    pub account: Option<Arc<str>>,
    /// When the code was asked for.
    pub asked_at: Timestamp,
    /// Where it stands, if that is in the store.
    pub status: Option<DeliveryStatus>,
}

/// Asks about deliveries, for the scheduler.
#[derive(Clone)]
pub(super) struct Poller {
    pub store: Store,
    pub key: DeckKey,
    pub leaseholder: Leaseholder,
    pub look_again: Duration,
    pub clients: Arc<Clients>,
    pub listings: Arc<Listings>,
    pub config: watch::Receiver<Arc<Config>>,
    pub clock: Clock,
    pub status_requests: Arc<StatusRequests>,
    pub changes: watch::Sender<u64>,
}

/// What came of asking once.
pub(super) enum Polled {
    /// To be asked again by the back-off; with the status, if there was one.
    Later(Option<DeliveryStatus>),
    /// To be asked again after this wait.
    After(Duration),
    /// The message was found at the provider; its status is asked for from now on.
    Found(String),
    /// The list did not have it: it is asked about by itself.
    NotListed,
    /// Its end is in the store, or it is no longer this process's.
    Ended,
    /// It has no end for so long that it need not be asked about all the time.
    Deferred,
    /// The provider is busy: no one asks it for so long.
    Pause(Duration),
    /// The provider refuses the credentials: one request at a time shows whether it still does.
    Refused,
}

impl Polled {
    /// The provider is busy, and may have said for how long.
    pub(super) fn paused(retry_after: Option<Duration>) -> Self {
        Self::Pause(retry_after.unwrap_or(PAUSE).min(MAX_PAUSE))
    }
}

impl Poller {
    /// Asks once about a delivery that was `due`, and only then looks whether its time is over: an
    /// answer that came late is still the truth.
    pub(super) async fn poll(&self, followed: &Followed, due: Instant) -> Polled {
        let polled = match &followed.sid {
            Some(sid) => self.ask_provider(followed, sid).await,
            None => self.reconcile(followed, due).await,
        };
        self.conclude(followed, polled).await
    }

    /// Ends or defers what has been followed for long enough.
    pub(super) async fn conclude(&self, followed: &Followed, polled: Polled) -> Polled {
        let now = self.clock.now();
        let age = now.duration_since(followed.asked_at);
        match polled {
            Polled::Later(Some(DeliveryStatus::Sent)) if age >= FOLLOW_FOR => {
                let details = StatusDetails::in_words("no receipt within 30 min");
                self.record(followed, DeliveryStatus::SentNoReceipt, details).await
            }
            Polled::Later(_) | Polled::Refused if age >= FOLLOW_FOR => {
                self.defer(followed, now, age).await
            }
            polled => polled,
        }
    }

    /// Lets a delivery rest for as long as it has been without an end already, so that hopeless
    /// ones cost less and less; the provider may tell later, or its credentials may be fixed.
    async fn defer(&self, followed: &Followed, now: Timestamp, age: SignedDuration) -> Polled {
        let until = now.checked_add(age.min(MAX_DEFERRAL)).unwrap_or(Timestamp::MAX);
        let lease = Lease { owner: self.leaseholder.owner, until };
        match self.store.defer(followed.delivery, lease).await {
            Ok(()) => Polled::Deferred,
            Err(_) => Polled::Later(None),
        }
    }

    /// The client of the account that holds the message of a delivery; `None` while it cannot be
    /// used, or the settings name another one, which knows nothing of it.
    pub(super) async fn client(&self, followed: &Followed) -> Option<Client> {
        let environment = followed.environment;
        let provider = self.config.borrow().environments[environment].provider.clone();
        let account = followed.account.as_deref()?;
        if provider.account().as_deref() == Some(account) {
            return self.clients.client(environment, &provider).await.ok();
        }
        let sandbox = Provider::Sandbox;
        if sandbox.account().as_deref() == Some(account) {
            return self
                .clients
                .account_with(environment, &sandbox, None)
                .await
                .ok()
                .map(|it| it.client);
        }
        None
    }

    async fn ask_provider(&self, followed: &Followed, sid: &str) -> Polled {
        let Some(client) = self.client(followed).await else { return Polled::Later(None) };
        let fetched = client.fetch(sid).await;
        self.note_outcome(followed.environment, fetched.as_ref().err());
        match fetched {
            Ok(MessageState { status: Some(status), .. }) if followed.status == Some(status) => {
                Polled::Later(Some(status))
            }
            Ok(state @ MessageState { status: Some(status), .. }) => {
                self.record(followed, status, StatusDetails::of(state)).await
            }
            Err(ProviderError::Refused(refusal))
                if refusal.class == ErrorClass::TestCredentials =>
            {
                let details = StatusDetails {
                    error_code: refusal.code,
                    ..StatusDetails::in_words("test credentials give no status")
                };
                self.record(followed, DeliveryStatus::SentNoReceipt, details).await
            }
            // One request at a time shows whether they are right again.
            Err(ProviderError::Refused(refusal)) if refusal.class.refuses_credentials() => {
                Polled::Refused
            }
            Err(ProviderError::Busy { retry_after }) => Polled::paused(retry_after),
            Err(ProviderError::NotFound) if !client.can(Capability::KeepMessages) => {
                let details =
                    StatusDetails::in_words("the Sandbox that had this message has ended");
                self.record(followed, DeliveryStatus::SentNoReceipt, details).await
            }
            // A message that is not listed yet, a token that is being replaced, a network that
            // is away for a while.
            Ok(_) | Err(_) => Polled::Later(None),
        }
    }

    /// Takes note of whether a status request was answered. A refusal of the message is an answer.
    pub(super) fn note_outcome(&self, environment: Environment, error: Option<&ProviderError>) {
        let outcome = match error {
            Some(ProviderError::Refused(refusal)) if refusal.class.refuses_credentials() => {
                Err(refusal.to_string())
            }
            None | Some(ProviderError::NotFound | ProviderError::Refused(_)) => Ok(()),
            Some(error) => Err(error.to_string()),
        };
        if self.status_requests.note(environment, self.clock.now(), outcome) {
            self.changed();
        }
    }

    /// Wakes everything that shows the log.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) async fn record(
        &self,
        followed: &Followed,
        status: DeliveryStatus,
        details: StatusDetails,
    ) -> Polled {
        let delivery = followed.delivery;
        // The SID again: the store may have failed when it was first reported.
        let details = StatusDetails { sid: followed.sid.as_deref().map(str::to_owned), ..details };
        let report = details.report(delivery, self.clock.now(), status);
        match self.store.report(report).await {
            Ok(true) => {
                self.changed();
                if status.is_final() { Polled::Ended } else { Polled::Later(Some(status)) }
            }
            Ok(false) => match self.store.unfinished(delivery).await {
                // Another process has written the end: someone may wait for it here.
                Ok(None) => {
                    self.changed();
                    Polled::Ended
                }
                _ => Polled::Later(Some(status)),
            },
            // A store that is busy now may take the report the next time.
            Err(_) => Polled::Later(None),
        }
    }
}
