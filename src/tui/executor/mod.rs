//! Carries out effects: each in a task, its outcome a message.

mod ask;
mod save;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::{Mutex, watch};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};

use super::effect::{Effect, Work};
use super::input::InputEvent;
use super::message::{LoadedDeck, Message, Places};
use crate::config::{self, Config, ConfigError, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::load_metadata;
use crate::engine::{
    AccountProblem, Deck, Engine, EngineError, Operator, check_account, offered_senders,
    watch_config,
};
use crate::runtime::Runtime;
use crate::store::EventId;

/// Events read from the store for an environment at the start, and at once later.
const EVENTS_AT_ONCE: usize = 1_000;

/// Time between two tries to open or read a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// How long the end of the console waits for saves.
const MAX_SAVE: Duration = Duration::from_secs(5);

/// How long the end of the console waits for the store.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Has the engine and the files; the tasks that it starts report over one bounded channel.
#[derive(Clone)]
pub struct Executor {
    deck: Deck,
    operator: Operator,
    /// Held from reading the settings until they are told, so that an older reading never comes
    /// after a newer one.
    settings: Arc<Mutex<()>>,
    /// Work under way that can be stopped.
    works: Arc<std::sync::Mutex<BTreeMap<Work, AbortHandle>>>,
    /// Saves under way.
    saves: Arc<std::sync::Mutex<Vec<JoinHandle<()>>>>,
    events: Sender<InputEvent>,
}

impl Executor {
    /// An executor for the deck at these places.
    pub fn new(
        paths: Paths,
        runtime: Runtime,
        operator: Operator,
        events: Sender<InputEvent>,
    ) -> Self {
        let (settings, works, saves) = <_>::default();
        Self { deck: Deck::new(paths, runtime), operator, settings, works, saves, events }
    }

    /// Carries out an effect that is not about the terminal.
    pub fn run(&self, effect: Effect) {
        let this = self.clone();
        if let Effect::Stop(work) = effect {
            return self.stop(work);
        }
        let work = work_of(&effect);
        let must_end = matches!(effect, Effect::Save(_) | Effect::TakeEdited(_));
        let task = tokio::spawn(async move { Box::pin(this.carry_out(effect)).await });
        if let Some(work) = work {
            self.can_be_stopped(work, task.abort_handle());
        }
        if must_end {
            let mut saves = self.saves.lock().unwrap_or_else(PoisonError::into_inner);
            saves.retain(|save| !save.is_finished());
            saves.push(task);
        }
    }

    async fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Load => self.load().await,
            Effect::Save(save) => Box::pin(self.save(save)).await,
            Effect::TakeEdited(edited) => Box::pin(self.take_edited(*edited)).await,
            Effect::CheckAccount(query) => {
                let environment = query.environment;
                let (paths, config) = (self.deck.paths(), self.deck.config_in_force());
                let result = check_account(paths, &config, self.deck.runtime(), *query).await;
                let result = result.map_err(|problem| match problem {
                    AccountProblem::NotReady(problem) => problem.to_string(),
                    AccountProblem::Access(problem) => format!("{environment}: {problem}"),
                });
                self.tell(Message::AccountChecked { environment, result }).await;
            }
            Effect::ListSenders { ticket, query } => {
                let on_progress = self.progress(Work::Asked(ticket));
                let offered = offered_senders(
                    self.deck.paths(),
                    &self.deck.config_in_force(),
                    self.deck.runtime(),
                    *query,
                    on_progress,
                )
                .await;
                let offered = offered.map_err(|problem| problem.to_string());
                self.tell(Message::SendersOffered { ticket, offered }).await;
            }
            // Those are the terminal's and the loop's.
            Effect::Quit
            | Effect::Suspend
            | Effect::Repaint
            | Effect::Edit(_)
            | Effect::Stop(_)
            | Effect::Copy(_) => {}
            other => {
                if let Some(engine) = self.deck.engine() {
                    let answer = self.ask(engine, other).await;
                    if let Some(answer) = answer {
                        self.tell(answer).await;
                    }
                }
            }
        }
    }

    /// Waits for the saves under way, so that what is saved is also written down.
    pub async fn finish_saves(&self) {
        let saves = std::mem::take(&mut *self.saves.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async {
            for save in saves {
                // One that has failed has said so.
                let _ = save.await;
            }
        };
        // A network that does not answer must not keep anybody here.
        let _ = tokio::time::timeout(MAX_SAVE, all).await;
    }

    fn can_be_stopped(&self, work: Work, handle: AbortHandle) {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        works.retain(|_, work| !work.is_finished());
        works.insert(work, handle);
    }

    fn stop(&self, work: Work) {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = works.remove(&work) {
            handle.abort();
        }
    }

    /// Tells how far work has come, where the console has time to hear it.
    fn progress(&self, work: Work) -> impl Fn(usize) + use<> {
        let events = self.events.clone();
        // One that is missed is followed by another, or by the end.
        move |count| drop(events.try_send(InputEvent::Message(Message::Progress { work, count })))
    }

    async fn prune(&self, engine: &Engine) {
        // A store that fails now is reported by whoever reads it next.
        let _ = engine.by(&self.operator).prune(self.progress(Work::Pruning)).await;
        self.tell(Message::Pruned).await;
    }

    async fn tell(&self, message: Message) {
        // It fails only when the console is gone, and then nobody wants to know.
        let _ = self.events.send(InputEvent::Message(message)).await;
    }

    /// Reads the files, then opens the engine, then reports what happens in it for good.
    async fn load(&self) {
        // Not for what is read, but so that it is there when it is needed.
        let _ = spawn_blocking(load_metadata).await;
        let deck = self.readable_deck().await;
        let config = deck.config.clone();
        self.tell(Message::Loaded(Box::new(deck))).await;
        let mut said = None;
        let engine = loop {
            match self.deck.open(config.clone()).await {
                Ok(engine) => break engine,
                Err(error) => {
                    let words = error.to_string();
                    if said.as_ref() != Some(&words) {
                        self.tell(Message::EngineFailed(words.clone())).await;
                    }
                    said = Some(words);
                    tokio::time::sleep(STORE_RETRY).await;
                }
            }
        };
        if said.is_some() {
            // The settings may have changed meanwhile.
            self.reload().await;
        }
        self.tell(Message::EngineReady).await;
        let (this, pruning) = (self.clone(), engine.clone());
        let task = tokio::spawn(async move { this.prune(&pruning).await });
        self.can_be_stopped(Work::Pruning, task.abort_handle());
        self.report(engine).await;
    }

    /// Reads the files, as often as it takes: what is out of order is told, and read again when it
    /// was changed, by whomever.
    async fn readable_deck(&self) -> LoadedDeck {
        let mut watch = watch_config(self.deck.paths()).ok();
        let mut said = None;
        loop {
            match self.read_deck().await {
                Ok(deck) => return deck,
                Err(error) => {
                    let words = error.to_string();
                    if said.as_ref() != Some(&words) {
                        self.tell(Message::LoadFailed(words.clone())).await;
                    }
                    said = Some(words);
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
    async fn read_deck(&self) -> Result<LoadedDeck, ConfigError> {
        let config = self.deck.reload().await?;
        let paths = self.deck.paths().clone();
        spawn_blocking(move || with_tokens(&paths, config)).await.map_err(|stopped| {
            let path = self.deck.paths().secrets.clone();
            ConfigError::Unreadable { path, source: stopped.into() }
        })
    }

    /// Reports events and quota, first as they are, then whenever something changes, here or in
    /// another process. Where the store fails, that is said once, and tried again until it
    /// answers.
    async fn report(&self, engine: &Engine) {
        let watch = engine.watch();
        if let Err(error) = &watch {
            let text = format!("Changes of other processes are not seen at once: {error}");
            self.tell(Message::StoreFailed(text)).await;
        }
        // What was saved after the first reading and before the watch woke nobody.
        self.reload().await;
        let mut changes = engine.changes();
        // Without a watch these stay silent.
        let (_silent, never) = watch::channel(0);
        let (mut store, mut config) = match &watch {
            Ok(watch) => (watch.store.clone(), watch.config.clone()),
            Err(_) => (never.clone(), never),
        };
        let mut newest = None;
        let mut failing = false;
        let mut quota_is_old = true;
        loop {
            // What is written from here on wakes the loop again.
            changes.mark_unchanged();
            engine.by(&self.operator).take_over().await;
            match self.report_events(engine, &mut newest).await {
                Ok(is_new) => {
                    failing = false;
                    if is_new || quota_is_old {
                        self.tell(ask::quota(engine).await).await;
                    }
                    quota_is_old = false;
                    tokio::select! {
                        changed = changes.changed() => match changed {
                            Ok(()) => quota_is_old = true,
                            Err(_) => return,
                        },
                        Ok(()) = store.changed() => {}
                        Ok(()) = config.changed() => {
                            self.reload().await;
                            quota_is_old = true;
                        }
                    }
                }
                Err(error) => {
                    if !failing {
                        self.tell(Message::StoreFailed(error.to_string())).await;
                    }
                    failing = true;
                    tokio::time::sleep(STORE_RETRY).await;
                }
            }
        }
    }

    /// Takes settings that another process has saved. A file that cannot be read, perhaps
    /// because it is half edited, changes nothing but is told.
    async fn reload(&self) {
        let _in_order = self.settings.lock().await;
        match self.read_deck().await {
            Ok(deck) => self.tell(Message::Loaded(Box::new(deck))).await,
            Err(error) => self.tell(Message::ConfigUnusable(error.to_string())).await,
        }
    }

    /// Lets other processes follow what is still under way.
    pub async fn give_up(&self) {
        if let Some(engine) = self.deck.engine() {
            // Nobody is left to be told if it fails, and nothing is worth waiting long for.
            let _ = tokio::time::timeout(LAST_WORDS, engine.give_up()).await;
        }
    }

    /// Reports the events after the newest one that was reported; at first the latest of each
    /// environment. Answers whether there were any.
    async fn report_events(
        &self,
        engine: &Engine,
        newest: &mut Option<EventId>,
    ) -> Result<bool, EngineError> {
        let before = *newest;
        let mut seen = if let Some(seen) = *newest {
            seen
        } else {
            // Taken before the reads: an event that comes between them is read later.
            let seen = engine.newest_event().await?;
            for environment in Environment::ALL {
                let mut events = engine.latest_events(environment, EVENTS_AT_ONCE).await?;
                events.retain(|event| event.id <= seen);
                self.tell(Message::Events(events)).await;
            }
            seen
        };
        loop {
            let events = engine.events_after(seen, EVENTS_AT_ONCE).await?;
            let is_all = events.len() < EVENTS_AT_ONCE;
            if let Some(last) = events.last() {
                seen = last.id;
                self.tell(Message::Events(events)).await;
            }
            *newest = Some(seen);
            if is_all {
                return Ok(before != *newest);
            }
        }
    }
}

/// The work that an effect sets off, if it is such that can be stopped.
const fn work_of(effect: &Effect) -> Option<Work> {
    match effect {
        Effect::ListSenders { ticket, .. } | Effect::WhatIf { ticket, .. } => {
            Some(Work::Asked(*ticket))
        }
        _ => None,
    }
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
        store: config::below_home(&paths.store_of(&config.deck)),
    });
    LoadedDeck { config, tokens, unwritable, welcome }
}
