//! What smsdeck does: requests codes, verifies them, follows deliveries to their end.
//!
//! The engine joins the rules with the services (store, provider, config). It knows no
//! screen and no terminal; the console and the command line are two faces of it.

mod account;
mod audit;
mod cancel;
mod client;
mod desk;
mod error;
mod file_watch;
mod find_user;
mod findings;
mod follow;
mod health;
mod operator;
mod pace;
mod pause;
mod plan;
mod reconcile;
mod request;
mod retry_budget;
mod verify;
mod what_if;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

pub use account::{AccountProblem, AccountQuery, check_account, offered_senders};
pub use cancel::CancelError;
pub use error::{EngineError, NotReady, RequestError};
pub use file_watch::{ConfigWatch, FileWatch, watch_config};
pub use findings::{Finding, Severity};
pub use health::Status;
pub use operator::{Operator, ReadOnly};
pub use pace::Pace;
pub use plan::{Plan, Preview, plan};
pub use request::{CodeRequest, Submission};
pub use verify::{CodeAttempt, UnlockRequest};
pub use what_if::WhatIf;

use crate::config::{self, Config, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::secret::DeckKey;
use crate::domain::settings::Settings;
pub use crate::runtime::Clock;
use crate::runtime::{Rng, Runtime};
use crate::store::{DeliveryId, Event, EventId, QuotaRow, Store};
use client::Clients;
use desk::{Desk, Tenure};
use follow::Follower;
use retry_budget::RetryBudget;

/// The engine of one deck. Cheap to clone; all clones share the store, the clients and the
/// follower. Needs a tokio runtime.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    paths: Paths,
    store: Store,
    store_path: PathBuf,
    key: DeckKey,
    clock: Clock,
    // Where codes are drawn from.
    rng: Rng,
    operator: Operator,
    config: watch::Sender<Arc<Config>>,
    clients: Arc<Clients>,
    tenure: Tenure,
    follower: Follower,
    retries: PerEnvironment<Mutex<RetryBudget>>,
    changes: watch::Sender<u64>,
}

impl Engine {
    /// Opens the deck: its key and its store.
    ///
    /// # Errors
    /// When the key or the store cannot be had. Nothing can be sent then.
    pub async fn open(
        paths: Paths,
        config: Config,
        operator: impl Into<Operator>,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, EngineError> {
        Self::open_with(paths, config, operator, runtime, Pace::default()).await
    }

    /// Opens the deck with other waits than the usual ones.
    ///
    /// # Errors
    /// When the key or the store cannot be had. Nothing can be sent then.
    pub async fn open_with(
        paths: Paths,
        config: Config,
        operator: impl Into<Operator>,
        runtime: impl Into<Runtime>,
        pace: Pace,
    ) -> Result<Self, EngineError> {
        let runtime = runtime.into();
        let key_paths = paths.clone();
        let key = tokio::task::spawn_blocking(move || config::deck_key(&key_paths)).await??;
        let store_path = paths.store_of(&config.deck);
        let store = Store::open(&store_path, key.clone()).await?;
        let (config, _) = watch::channel(Arc::new(config));
        let (changes, _) = watch::channel(0);
        let clients =
            Clients::new(paths.clone(), config.subscribe(), pace.patience, runtime.clone());
        let clients = Arc::new(clients);
        let Runtime { clock, rng, .. } = runtime;
        let owner = getrandom::u64().map_err(|_| EngineError::NoEntropy)?.cast_signed();
        let tenure = Tenure { owner, lease: pace.lease };
        let follower = Follower::start(Desk {
            store: store.clone(),
            key: key.clone(),
            tenure,
            look_again: pace.look_again,
            clients: Arc::clone(&clients),
            config: config.subscribe(),
            clock: clock.clone(),
            changes: changes.clone(),
        });
        let inner = Inner {
            paths,
            store,
            store_path,
            key,
            clock,
            rng,
            operator: operator.into(),
            config,
            clients,
            tenure,
            follower,
            retries: PerEnvironment::from_fn(|_| Mutex::default()),
            changes,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The settings that count: those last loaded or saved.
    pub fn config(&self) -> Arc<Config> {
        self.inner.config.borrow().clone()
    }

    /// Puts newly saved settings into force. Clients are made anew when next needed, as a
    /// token may have changed too.
    pub async fn reconfigure(&self, config: Config) {
        self.inner.config.send_replace(Arc::new(config));
        self.inner.clients.forget().await;
        self.changed();
    }

    /// The settings in force for an environment.
    pub fn settings(&self, environment: Environment) -> Settings {
        self.inner.config.borrow().environments[environment].clone()
    }

    /// The present moment by the engine's clock, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Wakes whenever this process has written to the store or the settings have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Users with codes that still matter, locked ones first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn quota_rows(&self, environment: Environment) -> Result<Vec<QuotaRow>, EngineError> {
        let rule = self.settings(environment).quota_rule();
        Ok(self.inner.store.quota_rows(environment, rule, self.now()).await?)
    }

    /// The id of the newest event, of whatever environment; 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_event(&self) -> Result<EventId, EngineError> {
        Ok(self.inner.store.newest_event().await?)
    }

    /// The id before the first event that is not older than a moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn event_before(&self, since: Timestamp) -> Result<EventId, EngineError> {
        Ok(self.inner.store.event_before(since).await?)
    }

    /// The newest events of an environment, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn latest_events(
        &self,
        environment: Environment,
        limit: usize,
    ) -> Result<Vec<Event>, EngineError> {
        Ok(self.inner.store.latest_events(environment, limit).await?)
    }

    /// Events of all environments after one already seen, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events_after(
        &self,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<Event>, EngineError> {
        Ok(self.inner.store.events_after(after, limit).await?)
    }

    /// The events of one delivery, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn story(&self, delivery: DeliveryId) -> Result<Vec<Event>, EngineError> {
        Ok(self.inner.store.events_of(delivery).await?)
    }

    /// Forgets sends and events that are older than the settings say. In small steps, so that
    /// no send waits; the audit stays. `told` hears how many rows are forgotten so far. Whoever
    /// drops the future stops it, and the next one goes on from there.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune(&self, on_progress: impl Fn(usize)) -> Result<(), EngineError> {
        self.may_act()?;
        let days = i64::from(self.config().deck.retention_days.get());
        let kept = SignedDuration::from_hours(24 * days);
        Ok(self.inner.store.prune(self.inner.tenure.owner, kept, self.now(), on_progress).await?)
    }

    fn changed(&self) {
        self.inner.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}
