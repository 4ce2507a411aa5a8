//! The engine of one deck: what it holds, how it is opened, and the settings in force.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::client::Clients;
use super::error::EngineError;
use super::follow::Follower;
use super::leaseholder::Leaseholder;
use super::own_store::{own_store, same_place, with_command};
use super::pace::Pace;
use super::poll::Poller;
use super::retry_budget::RetryBudget;
use super::status_requests::StatusRequests;
use crate::config::{Config, KeyAndStore, Paths, SecretsError, bind_store, key_and_store};
use crate::domain::deck_store::{DeckStore, StoreId};
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
    /// For what was begun in it; anything else goes through [`Engine::store`].
    pub(super) store: Store,
    pub(super) store_path: PathBuf,
    // The place that the settings named when it was opened.
    named_store: Option<PathBuf>,
    pub(super) key: DeckKey,
    pub(super) clock: Clock,
    // Where codes are drawn from.
    pub(super) rng: Rng,
    pub(super) config: watch::Sender<Arc<Config>>,
    pub(super) clients: Arc<Clients>,
    pub(super) leaseholder: Leaseholder,
    pub(super) follower: Follower,
    pub(super) status_requests: Arc<StatusRequests>,
    pub(super) retries: PerEnvironment<Mutex<RetryBudget>>,
    pub(super) changes: watch::Sender<u64>,
}

/// What the engine of a deck is made of, once its store is open.
struct Parts {
    paths: Paths,
    config: Config,
    runtime: Runtime,
    pace: Pace,
    key: DeckKey,
    own: DeckStore,
    store: Store,
}

impl Engine {
    /// Opens the deck: its key and its store. Makes both at the first start.
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
        let (places, deck) = (paths.clone(), config.deck.clone());
        let bind = move || bind_store(&places, |known| own_store(&places, &deck, known));
        let (key, own) = spawn_blocking(bind).await??;
        let store = Store::open(&own, key.clone(), runtime.clock.clone()).await;
        let store = store.map_err(|error| with_command(error, &paths))?;
        if own.is_new {
            let (places, id) = (paths.clone(), own.id);
            spawn_blocking(move || record_made(&places, id)).await??;
        }
        let parts = Parts { paths, config, runtime, pace, key, own, store };
        Self::assemble(parts, Follower::start)
    }

    /// Opens the deck to read what it holds. Makes nothing, and follows nothing: a deck that was
    /// never used looks like one that has sent nothing, and whatever would write fails.
    ///
    /// # Errors
    /// When the key or the store cannot be read.
    pub async fn open_to_read(
        paths: Paths,
        config: Config,
        runtime: impl Into<Runtime>,
    ) -> Result<Self, EngineError> {
        let (runtime, pace) = (runtime.into(), Pace::default());
        let (places, deck) = (paths.clone(), config.deck.clone());
        let (known, own) = spawn_blocking(move || {
            let known = key_and_store(&places)?;
            let own = own_store(&places, &deck, &known)?;
            Ok::<_, EngineError>((known, own))
        })
        .await??;
        let clock = runtime.clock.clone();
        let (key, store) = match known.key {
            Some(key) if !own.is_new || Store::is_at(&own.path) => {
                (key.clone(), Store::open_to_read(&own, key, clock).await)
            }
            _ => {
                let key = DeckKey::new([0; 32]);
                (key.clone(), Store::in_memory(&own, key, clock).await)
            }
        };
        let store = store.map_err(|error| with_command(error, &paths))?;
        let parts = Parts { paths, config, runtime, pace, key, own, store };
        Self::assemble(parts, |_| Follower::of_nothing())
    }

    fn assemble(
        parts: Parts,
        follow: impl FnOnce(Poller) -> Follower,
    ) -> Result<Self, EngineError> {
        let Parts { paths, config, runtime, pace, key, own, store } = parts;
        let named_store = paths.named_store(&config.deck);
        let (config, _) = watch::channel(Arc::new(config));
        let (changes, _) = watch::channel(0);
        let clients = Clients::new(
            paths.clone(),
            config.subscribe(),
            pace.patience,
            runtime.clone(),
            key.clone(),
        );
        let clients = Arc::new(clients);
        let Runtime { clock, rng, .. } = runtime;
        let owner = getrandom::u64().map_err(|_| EngineError::NoEntropy)?.cast_signed();
        let leaseholder = Leaseholder { owner, lease: pace.lease };
        let status_requests = Arc::new(StatusRequests::default());
        let follower = follow(Poller {
            store: store.clone(),
            key: key.clone(),
            leaseholder,
            look_again: pace.look_again,
            clients: Arc::clone(&clients),
            listings: Arc::default(),
            config: config.subscribe(),
            clock: clock.clone(),
            status_requests: Arc::clone(&status_requests),
            changes: changes.clone(),
        });
        let inner = Inner {
            paths,
            store,
            store_path: own.path,
            named_store,
            key,
            clock,
            rng,
            config,
            clients,
            leaseholder,
            follower,
            status_requests,
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

    /// The store, unless the settings name another one since this process has opened its own: then
    /// nothing may be sent through it, and what it says may not be the truth.
    pub(super) fn store(&self) -> Result<&Store, StoreError> {
        let inner = &self.inner;
        let named = inner.paths.named_store(&self.config().deck);
        let is_same = match (&named, &inner.named_store) {
            (Some(named), Some(_)) => same_place(named, &inner.store_path),
            (named, opened) => named.is_none() && opened.is_none(),
        };
        if is_same {
            return Ok(&inner.store);
        }
        let named = named.unwrap_or_else(|| inner.paths.store.clone());
        Err(StoreError::OtherPlace { named, open: inner.store_path.clone() })
    }

    /// The deck's key.
    pub(super) fn key(&self) -> DeckKey {
        self.inner.key.clone()
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

/// Records that a new store was made: from now on it must be there.
fn record_made(paths: &Paths, id: StoreId) -> Result<(), EngineError> {
    let made = |known: &KeyAndStore| match &known.store {
        Some(store) if store.id == id => Ok(DeckStore { is_new: false, ..store.clone() }),
        // Somebody has adopted another one meanwhile.
        Some(store) => Ok(store.clone()),
        None => Err(SecretsError::Unreadable {
            path: paths.secrets.clone(),
            source: std::io::ErrorKind::NotFound.into(),
        }),
    };
    Ok(bind_store(paths, made).map(drop)?)
}
