//! Carries out effects: each in a task, its outcome a message.

mod ask;
mod reporter;
mod save;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::{Mutex, watch};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};

use self::reporter::Reporter;
use super::effect::{EngineEffect, FileEffect, Work};
use super::keyboard::InputEvent;
use super::message::{LoadedDeck, Message, Places};
use super::question::{Answer, Question};
use crate::config::{self, Config, ConfigError, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::load_metadata;
use crate::engine::{
    AccountProblem, Deck, Engine, EngineError, Operator, check_account, offered_senders,
    watch_config,
};
use crate::runtime::Runtime;
use crate::store::{Cursor, EventPage, EventQuery, Position};

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
    reporter: Reporter,
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
        Self {
            deck: Deck::new(paths, runtime),
            operator,
            settings,
            works,
            saves,
            reporter: Reporter(events),
        }
    }

    /// Carries out an effect on the files.
    pub fn run_on_files(&self, effect: FileEffect) {
        let work = match &effect {
            FileEffect::ListSenders { ticket, .. } => Some(Work::Asked(*ticket)),
            _ => None,
        };
        let must_end = matches!(effect, FileEffect::Save(_) | FileEffect::TakeEdited(_));
        let this = self.clone();
        let task = tokio::spawn(async move { Box::pin(this.on_files(effect)).await });
        if let Some(work) = work {
            self.can_be_stopped(work, task.abort_handle());
        }
        if must_end {
            let mut saves = self.saves.lock().unwrap_or_else(PoisonError::into_inner);
            saves.retain(|save| !save.is_finished());
            saves.push(task);
        }
    }

    /// Has the engine carry out an effect. Before it is open, the effect is answered with a
    /// failure.
    pub fn run_on_engine(&self, effect: EngineEffect) {
        let work = match &effect {
            EngineEffect::Ask { ticket, question: Question::WhatIf { .. } } => {
                Some(Work::Asked(*ticket))
            }
            _ => None,
        };
        let this = self.clone();
        let task = tokio::spawn(async move {
            let message = match this.deck.engine() {
                Some(engine) => {
                    let carried_out =
                        ask::carry_out(engine, &this.operator, effect, &this.reporter);
                    Box::pin(carried_out).await
                }
                None => ask::unanswered(effect),
            };
            this.reporter.tell(message).await;
        });
        if let Some(work) = work {
            self.can_be_stopped(work, task.abort_handle());
        }
    }

    async fn on_files(&self, effect: FileEffect) {
        let (paths, runtime) = (self.deck.paths(), self.deck.runtime());
        match effect {
            FileEffect::Load => self.load().await,
            FileEffect::Save(save) => Box::pin(self.save(save)).await,
            FileEffect::TakeEdited(edited) => Box::pin(self.take_edited(*edited)).await,
            FileEffect::CheckAccount(query) => {
                let environment = query.environment;
                let config = self.deck.config_in_force();
                let result = check_account(paths, &config, runtime, *query).await;
                let result = result.map_err(|problem| match problem {
                    AccountProblem::NotReady(problem) => problem.to_string(),
                    AccountProblem::Access(problem) => format!("{environment}: {problem}"),
                });
                self.reporter.tell(Message::AccountChecked { environment, result }).await;
            }
            FileEffect::ListSenders { ticket, query } => {
                let on_progress = self.reporter.progress(Work::Asked(ticket));
                let config = self.deck.config_in_force();
                let offered = offered_senders(paths, &config, runtime, *query, on_progress).await;
                let answer = offered.map(Answer::Senders).map_err(|problem| problem.to_string());
                self.reporter.tell(Message::Answered { ticket, answer }).await;
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

    /// Stops work that is under way; nothing comes of it any more.
    pub fn stop(&self, work: Work) {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = works.remove(&work) {
            handle.abort();
        }
    }

    async fn prune(&self, engine: &Engine) {
        // A store that fails now is reported by whoever reads it next.
        let _ = engine.by(&self.operator).prune(self.reporter.progress(Work::Pruning)).await;
        self.reporter.tell(Message::Pruned).await;
    }

    /// Reads the files, then opens the engine, then reports what happens in it for good.
    async fn load(&self) {
        // Not for what is read, but so that it is there when it is needed.
        let _ = spawn_blocking(load_metadata).await;
        let deck = self.readable_deck().await;
        let config = deck.config.clone();
        self.reporter.tell(Message::Loaded(Box::new(deck))).await;
        let mut said = None;
        let engine = loop {
            match self.deck.open(config.clone()).await {
                Ok(engine) => break engine,
                Err(error) => {
                    let words = error.to_string();
                    if said.as_ref() != Some(&words) {
                        self.reporter.tell(Message::EngineFailed(words.clone())).await;
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
        self.reporter.tell(Message::EngineReady).await;
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
                        self.reporter.tell(Message::LoadFailed(words.clone())).await;
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
            self.reporter.tell(Message::StoreFailed(text)).await;
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
                        self.reporter.tell(ask::quota(engine).await).await;
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
                        self.reporter.tell(Message::StoreFailed(error.to_string())).await;
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
            Ok(deck) => self.reporter.tell(Message::Loaded(Box::new(deck))).await,
            Err(error) => self.reporter.tell(Message::ConfigUnusable(error.to_string())).await,
        }
    }

    /// Lets other processes follow what is still under way.
    pub async fn give_up(&self) {
        if let Some(engine) = self.deck.engine() {
            // Nobody is left to be told if it fails, and nothing is worth waiting long for.
            let _ = tokio::time::timeout(LAST_WORDS, engine.give_up()).await;
        }
    }

    /// Reports the events after those that were reported; at first the latest of each
    /// environment. Returns whether there were any.
    async fn report_events(
        &self,
        engine: &Engine,
        told: &mut Option<Cursor>,
    ) -> Result<bool, EngineError> {
        let mut is_new = false;
        let mut cursor = if let Some(cursor) = *told {
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
            *told = Some(cursor);
            let EventPage { events, end } = engine.events_after(cursor, EVENTS_AT_ONCE).await?;
            let is_all = events.len() < EVENTS_AT_ONCE;
            cursor = end;
            if !events.is_empty() {
                is_new = true;
                self.reporter.tell(Message::Events(events)).await;
            }
            if is_all {
                *told = Some(cursor);
                return Ok(is_new);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::CodeRequest;
    use crate::tui::question::Ticket;

    #[tokio::test]
    async fn what_needs_the_engine_before_it_is_open_comes_back_as_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let home = |_: &str| Some(folder.path().as_os_str().to_owned());
        let paths = Paths::find(None, home).unwrap();
        let operator = Operator { asked_by: "a test".to_owned(), read_only: false };
        let (sender, mut events) = tokio::sync::mpsc::channel(8);
        let executor = Executor::new(paths, Runtime::of_this_machine(), operator, sender);
        let environment = Environment::Development;
        let request = CodeRequest { environment, number: "+573001234567".to_owned(), user: None };
        let ticket = Ticket::default().next();
        let question = Question::Preview(request.clone());

        executor.run_on_engine(EngineEffect::Ask { ticket, question });
        let Some(InputEvent::Message(Message::Answered { ticket: answered, answer: Err(reason) })) =
            events.recv().await
        else {
            panic!("the question is not answered with a failure")
        };
        assert_eq!((answered, reason.as_str()), (ticket, "the store is not open"));

        executor.run_on_engine(EngineEffect::Send(request));
        let sent = events.recv().await;
        assert!(matches!(sent, Some(InputEvent::Message(Message::Sent(Err(_))))), "{sent:?}");
    }
}
