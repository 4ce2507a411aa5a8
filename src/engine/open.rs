//! The engine of one deck: what it holds, how it is opened, and the settings in force.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::watch;

use super::client::Clients;
use super::error::EngineError;
use super::follow::Follower;
use super::leaseholder::Leaseholder;
use super::pace::Pace;
use super::poll::Poller;
use super::retry_budget::RetryBudget;
use crate::config::{self, Config, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::secret::DeckKey;
use crate::domain::settings::Settings;
use crate::runtime::{Clock, Rng, Runtime};
use crate::store::{Store, StoreError};

/// The engine of one deck. Cheap to clone; all clones share the store, the clients and the
/// follower. Needs a tokio runtime.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) paths: Paths,
    pub(super) store: Store,
    pub(super) store_path: PathBuf,
    pub(super) key: DeckKey,
    pub(super) clock: Clock,
    // Where codes are drawn from.
    pub(super) rng: Rng,
    pub(super) config: watch::Sender<Arc<Config>>,
    pub(super) clients: Arc<Clients>,
    pub(super) leaseholder: Leaseholder,
    pub(super) follower: Follower,
    pub(super) retries: PerEnvironment<Mutex<RetryBudget>>,
    pub(super) changes: watch::Sender<u64>,
}

impl Engine {
    /// Opens the deck: its key and its store.
    ///
    /// # Errors
    /// When the key or the store cannot be had. Nothing can be sent then.
    pub async fn open(
        paths: Paths,
        config: Config,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, EngineError> {
        Self::open_with(paths, config, runtime, Pace::default()).await
    }

    /// Opens the deck with other waits than the usual ones.
    ///
    /// # Errors
    /// When the key or the store cannot be had. Nothing can be sent then.
    pub async fn open_with(
        paths: Paths,
        config: Config,
        runtime: impl Into<Runtime>,
        pace: Pace,
    ) -> Result<Self, EngineError> {
        let runtime = runtime.into();
        let store_path = paths.store_of(&config.deck);
        let places = (paths.clone(), store_path.clone());
        let read_key = move || config::deck_key(&places.0, &places.1, Store::is_at);
        let key = tokio::task::spawn_blocking(read_key).await??;
        let store = Store::open(&store_path, key.clone(), runtime.clock.clone()).await?;
        let (config, _) = watch::channel(Arc::new(config));
        let (changes, _) = watch::channel(0);
        let clients =
            Clients::new(paths.clone(), config.subscribe(), pace.patience, runtime.clone());
        let clients = Arc::new(clients);
        let Runtime { clock, rng, .. } = runtime;
        let owner = getrandom::u64().map_err(|_| EngineError::NoEntropy)?.cast_signed();
        let leaseholder = Leaseholder { owner, lease: pace.lease };
        let follower = Follower::start(Poller {
            store: store.clone(),
            key: key.clone(),
            leaseholder,
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
            config,
            clients,
            leaseholder,
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

    /// Puts newly saved settings into force. Clients are made again when next needed, as a
    /// token may have changed too.
    pub async fn reconfigure(&self, config: Config) {
        self.inner.config.send_replace(Arc::new(config));
        self.inner.clients.forget().await;
        self.changed();
    }

    /// Refuses what would go into another store than the settings name: one that was changed since
    /// this process has opened its own.
    pub(super) fn check_store(&self) -> Result<(), StoreError> {
        let named = self.inner.paths.store_of(&self.config().deck);
        if named == self.inner.store_path {
            return Ok(());
        }
        Err(StoreError::OtherPlace { named, open: self.inner.store_path.clone() })
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

    /// Gives up what this process follows, and what it was about to take over, so that others
    /// need not wait until they may. For the end of a process.
    ///
    /// # Errors
    /// When the store cannot be written; the others wait then.
    pub async fn give_up(&self) -> Result<(), EngineError> {
        Ok(self.inner.follower.give_up().await?)
    }

    pub(super) fn changed(&self) {
        self.inner.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}
