//! A deck as a face works with it: where its files are, and its engine once that is open.
//!
//! The engine is opened when it is first needed. Settings can be read and changed without it, so
//! that an invalid config can be repaired where no engine can be opened.

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};
use tokio::task::spawn_blocking;

use super::error::EngineError;
use super::open::Engine;
use crate::config::{self, Config, ConfigError, Paths};
use crate::runtime::Runtime;

/// A deck, its engine open or not. Cheap to clone; all clones share the engine.
#[derive(Clone)]
pub struct Deck {
    paths: Paths,
    runtime: Runtime,
    engine: Arc<OnceCell<Engine>>,
    /// Held from reading or writing the settings until they are in force, so that an older
    /// reading never replaces a newer one.
    pub(super) settings: Arc<Mutex<()>>,
}

impl Deck {
    /// The deck at these places. Touches nothing yet.
    pub fn new(paths: Paths, runtime: Runtime) -> Self {
        let (engine, settings) = <_>::default();
        Self { paths, runtime, engine, settings }
    }

    /// Where the files of the deck are.
    pub const fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The time and the chance of the deck.
    pub const fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The engine, if it is open.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.get()
    }

    /// Opens the engine with these settings, or returns it as it is where it is open already.
    ///
    /// # Errors
    /// When the key or the store cannot be had.
    pub async fn open(&self, config: Config) -> Result<&Engine, EngineError> {
        // Boxed, as a change of settings holds it too.
        let open = || Box::pin(Engine::open(self.paths.clone(), config, self.runtime.clone()));
        self.engine.get_or_try_init(open).await
    }

    /// Closes the store, if it is open: nothing can be done with the engine any more. For the end of a
    /// process.
    pub async fn close(&self) {
        if let Some(engine) = self.engine() {
            // A store that has failed is as closed as it can be.
            let _ = engine.inner.store.close().await;
        }
    }

    /// Opens the engine to read what the deck holds, or returns it as it is where it is open already.
    /// Makes nothing.
    ///
    /// # Errors
    /// When the key or the store cannot be read.
    pub async fn open_to_read(&self, config: Config) -> Result<&Engine, EngineError> {
        let open = || Engine::open_to_read(self.paths.clone(), config, self.runtime.clone());
        self.engine.get_or_try_init(open).await
    }

    /// Opens the engine on the store on record, also where the settings name another place: the
    /// audit goes on there until another store is adopted. Nothing else can be done with it then.
    pub(super) async fn open_recorded(&self, config: Config) -> Result<&Engine, EngineError> {
        let mut by_record = config.clone();
        if let Some(recorded) = config::key_and_store(&self.paths)?.store {
            by_record.deck.store = recorded.is_named.then_some(recorded.path);
        }
        let engine = self.open(by_record).await?;
        engine.reconfigure(config).await;
        Ok(engine)
    }

    /// Whether the first send has still to make the store.
    pub fn has_no_store_yet(&self, config: &Config) -> bool {
        let recorded = config::key_and_store(&self.paths).map(|known| known.store);
        recorded.is_ok_and(|store| store.is_none_or(|store| store.is_new))
            && !config::store_path(&self.paths, &config.deck).exists()
    }

    /// Reads the settings again, puts them into force where the engine is open, and returns them.
    ///
    /// # Errors
    /// When the config cannot be read, or something in it is wrong. What was in force stays.
    pub async fn reload(&self) -> Result<Config, ConfigError> {
        let _in_order = self.settings.lock().await;
        let config = self.read_config().await?;
        if let Some(engine) = self.engine() {
            // Also where nothing differs: a token may have changed, which shows nowhere.
            engine.reconfigure(config.clone()).await;
        }
        Ok(config)
    }

    /// The settings in force; the built-in ones where the engine is not open.
    pub fn config_in_force(&self) -> Config {
        self.engine().map_or_else(Config::built_in, |engine| (*engine.config()).clone())
    }

    /// What the file says, or the built-in settings where there is none.
    pub(super) async fn read_config(&self) -> Result<Config, ConfigError> {
        let path = self.paths.config.clone();
        let read = spawn_blocking(move || config::load(&path)).await.unwrap_or_else(|stopped| {
            let path = self.paths.config.clone();
            Err(ConfigError::Unreadable { path, source: stopped.into() })
        });
        Ok(read?.unwrap_or_else(Config::built_in))
    }
}
