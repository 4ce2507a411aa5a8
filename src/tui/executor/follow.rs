//! Follows the deck: reads its files, opens the engine, and reports what happens in both for good.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::{Executor, ask};
use crate::config::{self, Config, ConfigError, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::load_metadata;
use crate::engine::{Engine, EngineError, watch_config};
use crate::store::{Cursor, EventPage, EventQuery, Position};
use crate::tui::effect::Work;
use crate::tui::message::{LoadedDeck, Message, Places};

/// Events read from the store for an environment at the start, and at once later.
const EVENTS_AT_ONCE: usize = 1_000;

/// Time between two tries to open or read a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// How many times as long as a reading took the console rests before the next one, and for how long at
/// most: it takes a small part of a core, however much happens on the deck.
const REST: u32 = 15;
const MAX_REST: Duration = Duration::from_secs(5);

/// Time between two prunings of a console that stays open.
const PRUNE_EVERY: Duration = Duration::from_hours(6);

impl Executor {
    /// Reads the files, then opens the engine, then reports what happens in it for good.
    pub(super) async fn load(&self) {
        // Not for what is read, but so that it is there when it is needed.
        let _ = spawn_blocking(load_metadata).await;
        let deck = self.readable_deck().await;
        let config = deck.config.clone();
        self.reporter.tell(Message::Loaded(Box::new(deck))).await;
        let mut last_error = None;
        let engine = loop {
            match self.open(config.clone()).await {
                Ok(engine) => break engine,
                Err(words) => {
                    if last_error.as_ref() != Some(&words) {
                        self.reporter.tell(Message::EngineFailed(words.clone())).await;
                    }
                    last_error = Some(words);
                    tokio::time::sleep(STORE_RETRY).await;
                }
            }
        };
        // What cannot be written into the audit now is noticed again.
        let _ = self.deck.record_outside_change(&self.operator).await;
        if last_error.is_some() {
            // The settings may have changed meanwhile.
            self.reload().await;
        }
        self.reporter.tell(Message::EngineReady).await;
        let (this, pruning) = (self.clone(), engine.clone());
        let task = tokio::spawn(async move { this.prune(&pruning).await });
        self.can_be_stopped(Work::Pruning, task.abort_handle());
        if !self.operator.read_only {
            let engine = engine.clone();
            tokio::spawn(async move { engine.keep_balances().await });
        }
        self.report(engine).await;
    }

    /// Opens the engine; only to read it, for an operator who may only look.
    async fn open(&self, config: Config) -> Result<&Engine, String> {
        let opened = if self.operator.read_only {
            if self.deck.has_no_store_yet(&config) {
                // Nothing to show yet, and nothing may be made.
                return Err("no code has been sent yet, so there is no store".to_owned());
            }
            self.deck.open_to_read(config).await
        } else {
            self.deck.open(config).await
        };
        opened.map_err(|error| error.to_string())
    }

    /// Reads the files, as often as it takes: what cannot be read is reported, and read again when it
    /// was changed, by any process.
    async fn readable_deck(&self) -> LoadedDeck {
        let mut watch = watch_config(self.deck.paths()).ok();
        let mut last_error = None;
        loop {
            match self.read_deck().await {
                Ok(deck) => return deck,
                Err(error) => {
                    let words = error.to_string();
                    if last_error.as_ref() != Some(&words) {
                        self.reporter.tell(Message::LoadFailed(words.clone())).await;
                    }
                    last_error = Some(words);
                }
            }
            let is_changed = match &mut watch {
                Some(watch) => watch.config.changed().await.is_ok(),
                None => false,
            };
            if !is_changed {
                tokio::time::sleep(STORE_RETRY).await;
            }
        }
    }

    /// Reads the settings, puts them into force where the engine is open, and adds what the screen
    /// shows beside them.
    pub(super) async fn read_deck(&self) -> Result<LoadedDeck, ConfigError> {
        let config = self.deck.reload().await?;
        let paths = self.deck.paths().clone();
        spawn_blocking(move || with_tokens(&paths, config)).await.map_err(|stopped| {
            let path = self.deck.paths().secrets.clone();
            ConfigError::Unreadable { path, source: stopped.into() }
        })
    }

    /// Reports events and quota, first as they are, then whenever something changes, here or in
    /// another process. Where the store fails, that is reported once, and tried again until it
    /// works.
    async fn report(&self, engine: &Engine) {
        let watch = engine.watch();
        if let Err(error) = &watch {
            let text = format!("Changes made by other processes may appear late: {error}");
            self.reporter.tell(Message::StoreFailed(text)).await;
        }
        // What was saved after the first reading and before the watch woke no one.
        self.reload().await;
        let mut changes = engine.changes();
        // Without a watch these stay silent.
        let (_silent, never) = watch::channel(0);
        let (mut store, mut config) = match &watch {
            Ok(watch) => (watch.store.clone(), watch.config.clone()),
            Err(_) => (never.clone(), never),
        };
        let (mut newest, mut failing, mut quota_is_old) = (None, false, true);
        loop {
            let begun = Instant::now();
            // What is written from here on wakes the loop again.
            changes.mark_unchanged();
            engine.by(&self.operator).take_over().await;
            match self.report_events(engine, &mut newest).await {
                Ok(is_new) => {
                    failing = false;
                    if std::mem::take(&mut quota_is_old) || is_new {
                        self.reporter.tell(ask::quota(engine).await).await;
                    }
                    rest(begun).await;
                    tokio::select! {
                        changed = changes.changed() => match changed {
                            Ok(()) => quota_is_old = true,
                            Err(_) => return,
                        },
                        Ok(()) = store.changed() => {}
                        Ok(()) = config.changed() => {
                            self.reload().await;
                            let _ = self.deck.record_outside_change(&self.operator).await;
                            quota_is_old = true;
                        }
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        self.reporter.tell(Message::StoreFailed(error.to_string())).await;
                    }
                    tokio::time::sleep(STORE_RETRY).await;
                }
            }
        }
    }

    /// Takes settings that another process has saved. A file that cannot be read, perhaps
    /// because it is half edited, changes nothing but is reported.
    async fn reload(&self) {
        let _in_order = self.settings.lock().await;
        match self.read_deck().await {
            Ok(deck) => self.reporter.tell(Message::Loaded(Box::new(deck))).await,
            Err(error) => self.reporter.tell(Message::ConfigUnusable(error.to_string())).await,
        }
    }

    /// Reports the events after those that were reported; at first the latest of each
    /// environment. Returns whether there were any.
    async fn report_events(
        &self,
        engine: &Engine,
        reported: &mut Option<Cursor>,
    ) -> Result<bool, EngineError> {
        let mut is_new = false;
        let mut cursor = if let Some(cursor) = *reported {
            cursor
        } else {
            // Taken before the reads: an event that comes between them is read later.
            let cursor = engine.cursor(Position::End).await?;
            let mut latest = Vec::new();
            for environment in Environment::ALL {
                let (upto, limit) = (Some(cursor), EVENTS_AT_ONCE);
                latest.push(engine.events(EventQuery::Latest { environment, upto, limit }).await?);
            }
            for events in latest {
                self.reporter.tell(Message::Events(events)).await;
            }
            is_new = true;
            cursor
        };
        loop {
            *reported = Some(cursor);
            let EventPage { events, end } = engine.events_after(cursor, EVENTS_AT_ONCE).await?;
            let is_all = events.len() < EVENTS_AT_ONCE;
            cursor = end;
            if !events.is_empty() {
                is_new = true;
                self.reporter.tell(Message::Events(events)).await;
            }
            if is_all {
                *reported = Some(cursor);
                return Ok(is_new);
            }
        }
    }

    /// Prunes at the start, and from then on as long as the console runs.
    async fn prune(&self, engine: &Engine) {
        loop {
            // A store that fails now is reported by the next reader.
            let _ = engine.by(&self.operator).prune(self.reporter.progress(Work::Pruning)).await;
            self.reporter.tell(Message::Pruned).await;
            tokio::time::sleep(PRUNE_EVERY).await;
        }
    }
}

/// Rests after a reading: on a busy deck something is always new, and reading must not take all the
/// time.
async fn rest(begun: Instant) {
    tokio::time::sleep((begun.elapsed() * REST).min(MAX_REST)).await;
}

/// The config with what the screen shows beside it.
fn with_tokens(paths: &Paths, config: Config) -> LoadedDeck {
    let tokens = PerEnvironment::from_fn(|environment| {
        let source = config.environments[environment].provider.token_source();
        // An unreadable secrets file is reported by the engine, which needs it too.
        config::token_status(paths, environment, source).unwrap_or(config::TokenStatus::NotSet)
    });
    let unwritable = config::unwritable(&paths.config);
    let welcome = (!paths.config.exists()).then(|| Places {
        config: config::below_home(&paths.config),
        store: config::below_home(&config::store_path(paths, &config.deck)),
    });
    LoadedDeck { config, tokens, unwritable, welcome }
}
