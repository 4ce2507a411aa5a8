//! One question about one delivery, and what its answer means.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::client::Clients;
use crate::config::Config;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::domain::secret::DeckKey;
use crate::provider::{Capability, Client, ErrorClass, MessageState, ProviderError};
use crate::runtime::Clock;
use crate::store::{DeliveryId, Lease, MAX_DEFERRAL, StatusReport, Store};

/// How long after its request a delivery is followed without a break. No code is valid for
/// longer than ten minutes; a status that has not come by then will hardly come.
const FOLLOW_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long everybody waits when the provider answers 429 without saying how long.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest that a provider's `Retry-After` holds everybody up.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// A delivery to follow.
#[derive(Clone)]
pub(super) struct Order {
    pub delivery: DeliveryId,
    pub environment: Environment,
    /// The provider's id of the message; `None` where it must be looked for first.
    pub sid: Option<String>,
    /// Who holds its message, as [`Provider::account`]; `None`: an older version sent it.
    pub account: Option<String>,
    /// When the code was asked for.
    pub asked_at: Timestamp,
}

/// What is recorded beside a status.
#[derive(Clone, Default)]
pub(super) struct Outcome {
    pub sid: Option<String>,
    pub error_code: Option<u32>,
    pub request_id: Option<String>,
    pub detail: Option<String>,
}

impl Outcome {
    /// Only words.
    pub(super) fn saying(detail: &str) -> Self {
        Self { detail: Some(detail.to_owned()), ..Self::default() }
    }

    pub(super) fn report(
        self,
        delivery: DeliveryId,
        at: Timestamp,
        status: DeliveryStatus,
    ) -> StatusReport {
        let Self { sid, error_code, request_id, detail } = self;
        StatusReport { delivery, at, status, sid, error_code, request_id, detail }
    }
}

/// The identity of a process towards the others on the same store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tenure {
    /// Drawn at random.
    pub owner: i64,
    /// How long what it follows stays its own.
    pub lease: Duration,
}

impl Tenure {
    /// The lease from now on.
    pub(super) fn lease(self, now: Timestamp) -> Lease {
        let until = now.checked_add(self.lease).unwrap_or(Timestamp::MAX);
        Lease { owner: self.owner, until }
    }
}

/// What the scheduler works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub store: Store,
    pub key: DeckKey,
    pub tenure: Tenure,
    pub look_again: Duration,
    pub clients: Arc<Clients>,
    pub config: watch::Receiver<Arc<Config>>,
    pub clock: Clock,
    pub changes: watch::Sender<u64>,
}

/// What became of one question.
pub(super) enum Answer {
    /// Ask again by the back-off; with the status, if there was one.
    Later(Option<DeliveryStatus>),
    /// Ask again after this wait.
    After(Duration),
    /// The message was found at the provider; its status is asked for from now on.
    Found(String),
    /// Its end is in the store, or it is no longer this process's.
    Ended,
    /// It has no end for so long that it need not be asked about all the time.
    Parked,
    /// The provider is busy: nobody asks for so long.
    Pause(Duration),
}

impl Desk {
    /// Asks once about a delivery, and only then looks whether its time is over: an answer that
    /// came late is still the truth.
    pub(super) async fn ask(&self, order: &Order) -> Answer {
        let answer = match &order.sid {
            Some(sid) => self.ask_provider(order, sid).await,
            None => self.reconcile(order).await,
        };
        let now = self.clock.now();
        let age = now.duration_since(order.asked_at);
        match answer {
            Answer::Later(Some(DeliveryStatus::Sent)) if age >= FOLLOW_FOR => {
                let outcome = Outcome::saying("the carrier gave no receipt within 30 min");
                self.record(order, DeliveryStatus::SentNoReceipt, outcome).await
            }
            Answer::Later(_) if age >= FOLLOW_FOR => self.park(order, now, age).await,
            answer => answer,
        }
    }

    /// Lets a delivery rest for as long as it has been without an end already, so that hopeless
    /// ones cost less and less; the provider may tell later, or its credentials may be mended.
    async fn park(&self, order: &Order, now: Timestamp, age: SignedDuration) -> Answer {
        let until = now.checked_add(age.min(MAX_DEFERRAL)).unwrap_or(Timestamp::MAX);
        let lease = Lease { owner: self.tenure.owner, until };
        match self.store.defer(order.delivery, lease).await {
            Ok(()) => Answer::Parked,
            Err(_) => Answer::Later(None),
        }
    }

    /// The client of the account that holds the message of a delivery; `None` while it cannot be
    /// used, or the settings name another one, which knows nothing of it.
    pub(super) async fn client(&self, order: &Order) -> Option<Client> {
        let environment = order.environment;
        let provider = self.config.borrow().environments[environment].provider.clone();
        let account = order.account.as_ref()?;
        if provider.account().as_ref() == Some(account) {
            return self.clients.client(environment, &provider).await.ok();
        }
        let sandbox = Provider::Sandbox;
        if sandbox.account().as_ref() == Some(account) {
            return self.clients.client_with(environment, &sandbox, None).await.ok();
        }
        None
    }

    async fn ask_provider(&self, order: &Order, sid: &str) -> Answer {
        let Some(client) = self.client(order).await else { return Answer::Later(None) };
        match client.fetch(sid).await {
            Ok(MessageState {
                status: Some(status),
                error_code,
                error_message: detail,
                request_id,
                ..
            }) => {
                let outcome = Outcome { sid: None, error_code, request_id, detail };
                self.record(order, status, outcome).await
            }
            Err(ProviderError::Refused(refusal))
                if refusal.class == ErrorClass::TestCredentials =>
            {
                let outcome = Outcome {
                    error_code: refusal.code,
                    ..Outcome::saying("test credentials give no status")
                };
                self.record(order, DeliveryStatus::SentNoReceipt, outcome).await
            }
            Err(ProviderError::Busy { retry_after }) => {
                Answer::Pause(retry_after.unwrap_or(PAUSE).min(MAX_PAUSE))
            }
            Err(ProviderError::NotFound) if !client.can(Capability::KeepMessages) => {
                let outcome = Outcome::saying("the Sandbox that had this message has ended");
                self.record(order, DeliveryStatus::SentNoReceipt, outcome).await
            }
            // A message that is not listed yet, a token that is being replaced, a network that
            // is away for a while.
            Ok(_) | Err(_) => Answer::Later(None),
        }
    }

    /// Wakes whoever shows the log.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) async fn record(
        &self,
        order: &Order,
        status: DeliveryStatus,
        outcome: Outcome,
    ) -> Answer {
        let delivery = order.delivery;
        // The SID again: the store may have failed when it was first told.
        let outcome = Outcome { sid: order.sid.clone(), ..outcome };
        let report = outcome.report(delivery, self.clock.now(), status);
        match self.store.report(report).await {
            Ok(true) => {
                self.changed();
                if status.is_final() { Answer::Ended } else { Answer::Later(Some(status)) }
            }
            Ok(false) => match self.store.unfinished(delivery).await {
                // Another process has written the end: somebody may wait for it here.
                Ok(None) => {
                    self.changed();
                    Answer::Ended
                }
                _ => Answer::Later(Some(status)),
            },
            // A store that is busy now may take the report the next time.
            Err(_) => Answer::Later(None),
        }
    }
}
