//! Carries out effects: each in a task, its outcome a message.

mod save;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio::task::{JoinHandle, spawn_blocking};

use super::effect::Effect;
use super::input::Heard;
use super::message::{LoadedDeck, Message};
use crate::config::{self, Config, ConfigError, Paths};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::load_metadata;
use crate::engine::{AccountProblem, CodeRequest, Engine, EngineError, Operator, offered_senders};
use crate::store::EventId;
use crate::surroundings::Surroundings;

/// Events read from the store for an environment at the start, and at once later.
const EVENTS_AT_ONCE: usize = 1_000;

/// Time between two tries to open or read a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// How long the end of the console waits for saves.
const LONGEST_SAVE: Duration = Duration::from_secs(5);

/// How long the end of the console waits for the store.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Has the engine and the files; the tasks that it starts report over one bounded channel.
#[derive(Clone)]
pub struct Executor {
    paths: Paths,
    surroundings: Surroundings,
    operator: Operator,
    engine: Arc<OnceCell<Engine>>,
    /// Held from reading the settings until they are in force and told, so that an older reading
    /// never comes after a newer one.
    settings: Arc<Mutex<()>>,
    /// Saves under way.
    saves: Arc<std::sync::Mutex<Vec<JoinHandle<()>>>>,
    heard: Sender<Heard>,
}

impl Executor {
    /// An executor for the deck at these places.
    pub fn new(
        paths: Paths,
        surroundings: Surroundings,
        operator: Operator,
        heard: Sender<Heard>,
    ) -> Self {
        let (engine, settings, saves) = <_>::default();
        Self { paths, surroundings, operator, engine, settings, saves, heard }
    }

    /// Carries out an effect that is not about the terminal.
    pub fn run(&self, effect: Effect) {
        let this = self.clone();
        let must_end = matches!(effect, Effect::Save(_) | Effect::TakeEdited(_));
        let task = tokio::spawn(async move {
            match effect {
                Effect::Load => this.load().await,
                Effect::LoadQuota => this.load_quota().await,
                Effect::Preview { generation, request } => this.preview(generation, request).await,
                Effect::Send(request) => this.send(request).await,
                Effect::Save(save) => this.save(*save).await,
                Effect::Verify { generation, attempt } => {
                    if let Some(engine) = this.engine.get() {
                        let result = engine.verify(*attempt).await;
                        let result = result.map_err(|error| error.to_string());
                        this.tell(Message::Verified { generation, result }).await;
                    }
                }
                Effect::Unlock(request) => {
                    if let Some(engine) = this.engine.get() {
                        let (user, relief) = (request.user.label.clone(), request.relief);
                        let result = engine.unlock(*request).await;
                        let result = result.map_err(|error| error.to_string());
                        this.tell(Message::Unlocked { user, relief, result }).await;
                    }
                }
                Effect::Handset { generation, environment, number } => {
                    if let Some(engine) = this.engine.get() {
                        let received = engine.handset(environment, &number).await;
                        let received = received.map_err(|error| error.to_string());
                        this.tell(Message::Handset { generation, received }).await;
                    }
                }
                Effect::LoadUser { generation, environment, row } => {
                    if let Some(engine) = this.engine.get() {
                        let story = engine.user_story(environment, &row).await;
                        let story = story.map_err(|error| error.to_string());
                        this.tell(Message::UserLoaded { generation, story }).await;
                    }
                }
                Effect::CallBack(delivery) => {
                    if let Some(engine) = this.engine.get() {
                        let result = engine.call_back(delivery).await;
                        let result = result.map_err(|error| error.to_string());
                        this.tell(Message::CalledBack(result)).await;
                    }
                }
                Effect::CheckAccount(query) => {
                    let environment = query.environment;
                    let result = this.check_account(*query).await;
                    let result = result.map_err(|problem| match problem {
                        AccountProblem::NotReady(problem) => problem.to_string(),
                        AccountProblem::Access(problem) => format!("{environment}: {problem}"),
                    });
                    this.tell(Message::AccountChecked { environment, result }).await;
                }
                Effect::ListSenders { generation, query } => {
                    let offered = offered_senders(&this.paths, &this.config(), *query).await;
                    let offered = offered.map_err(|problem| problem.to_string());
                    this.tell(Message::SendersOffered { generation, offered }).await;
                }
                Effect::FindUser { generation, environment, typed } => {
                    if let Some(engine) = this.engine.get() {
                        let keys = engine.lookup_keys(environment, &typed);
                        this.tell(Message::KeysFound { generation, keys }).await;
                    }
                }
                Effect::Rehearse { generation, environment, rule } => {
                    if let Some(engine) = this.engine.get() {
                        let news = engine.rehearse(environment, rule).await;
                        let news = news.map(|found| found.sentences());
                        let news = news.map_err(|error| error.to_string());
                        this.tell(Message::Rehearsed { generation, news }).await;
                    }
                }
                Effect::TakeEdited(edited) => this.take_edited(*edited).await,
                Effect::LoadStory { generation, delivery } => {
                    if let Some(engine) = this.engine.get() {
                        let story = engine.story(delivery).await;
                        let story = story.map_err(|error| error.to_string());
                        this.tell(Message::StoryLoaded { generation, story }).await;
                    }
                }
                Effect::LoadStatus => this.load_status().await,
                Effect::Quit
                | Effect::Suspend
                | Effect::Repaint
                | Effect::Edit
                | Effect::Copy(_) => {}
            }
        });
        if must_end {
            let mut saves = self.saves.lock().unwrap_or_else(PoisonError::into_inner);
            saves.retain(|save| !save.is_finished());
            saves.push(task);
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
        let _ = tokio::time::timeout(LONGEST_SAVE, all).await;
    }

    async fn tell(&self, message: Message) {
        // It fails only when the console is gone, and then nobody wants to know.
        let _ = self.heard.send(Heard::Message(message)).await;
    }

    /// Reads the files, then opens the engine, then reports what happens in it for good.
    async fn load(&self) {
        let paths = self.paths.clone();
        let loaded = spawn_blocking(move || {
            load_metadata();
            read_deck(&paths)
        })
        .await;
        let deck = match loaded {
            Ok(Ok(deck)) => deck,
            Ok(Err(error)) => return self.tell(Message::LoadFailed(error.to_string())).await,
            Err(_) => return,
        };
        let config = deck.config.clone();
        self.tell(Message::Loaded(Box::new(deck))).await;
        let mut said = None;
        let engine = loop {
            let (paths, config) = (self.paths.clone(), config.clone());
            let surroundings = self.surroundings.clone();
            match Engine::open(paths, config, self.operator.clone(), surroundings).await {
                Ok(engine) => break self.engine.get_or_init(|| async { engine }).await,
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
            self.reload(engine).await;
        }
        self.tell(Message::EngineReady).await;
        let pruning = engine.clone();
        // A store that fails now is reported by whoever reads it next.
        tokio::spawn(async move { pruning.prune().await });
        self.report(engine).await;
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
        self.reload(engine).await;
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
            engine.take_over().await;
            match self.report_events(engine, &mut newest).await {
                Ok(is_new) => {
                    failing = false;
                    if is_new || quota_is_old {
                        self.load_quota().await;
                    }
                    quota_is_old = false;
                    tokio::select! {
                        changed = changes.changed() => match changed {
                            Ok(()) => quota_is_old = true,
                            Err(_) => return,
                        },
                        Ok(()) = store.changed() => {}
                        Ok(()) = config.changed() => {
                            self.reload(engine).await;
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
    async fn reload(&self, engine: &Engine) {
        let _in_order = self.settings.lock().await;
        let paths = self.paths.clone();
        match spawn_blocking(move || read_deck(&paths)).await {
            Ok(Ok(deck)) => {
                // Also where only a token has changed, which shows nowhere.
                engine.reconfigure(deck.config.clone()).await;
                self.tell(Message::Loaded(Box::new(deck))).await;
            }
            Ok(Err(error)) => self.tell(Message::ConfigUnusable(error.to_string())).await,
            Err(_) => {}
        }
    }

    /// Lets other processes follow what is still under way.
    pub async fn give_up(&self) {
        if let Some(engine) = self.engine.get() {
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

    async fn load_quota(&self) {
        let Some(engine) = self.engine.get() else { return };
        let mut rows = PerEnvironment::from_fn(|_| Vec::new());
        for environment in Environment::ALL {
            match engine.quota_rows(environment).await {
                Ok(found) => rows[environment] = found,
                Err(error) => return self.tell(Message::StoreFailed(error.to_string())).await,
            }
        }
        self.tell(Message::Quota(rows)).await;
    }

    /// Reads how every environment fares.
    async fn load_status(&self) {
        let Some(engine) = self.engine.get() else { return };
        let mut all = PerEnvironment::from_fn(|_| None);
        for environment in Environment::ALL {
            match engine.status(environment).await {
                Ok(status) => all[environment] = Some(Box::new(status)),
                Err(error) => return self.tell(Message::StoreFailed(error.to_string())).await,
            }
        }
        self.tell(Message::Status(all)).await;
    }

    async fn preview(&self, generation: u64, request: CodeRequest) {
        let Some(engine) = self.engine.get() else { return };
        let CodeRequest { environment, number, user } = request;
        let preview = engine.preview(environment, &number, user, None).await;
        let preview = preview.map(Box::new).map_err(|error| error.to_string());
        self.tell(Message::Previewed { generation, preview }).await;
    }

    async fn send(&self, request: CodeRequest) {
        let Some(engine) = self.engine.get() else { return };
        let result = engine.request(request).await.map_err(|error| error.to_string());
        self.tell(Message::Sent(result)).await;
    }
}

fn read_deck(paths: &Paths) -> Result<LoadedDeck, ConfigError> {
    Ok(with_tokens(paths, read_config(paths)?))
}

fn read_config(paths: &Paths) -> Result<Config, ConfigError> {
    Ok(config::load(&paths.config)?.unwrap_or_else(Config::built_in))
}

/// The config with what the screen shows beside it.
fn with_tokens(paths: &Paths, config: Config) -> LoadedDeck {
    let tokens = PerEnvironment::from_fn(|environment| {
        let source = config.environments[environment].provider.token_source();
        // An unreadable secrets file is reported by the engine, which needs it too.
        config::token_status(paths, environment, source).unwrap_or(config::TokenStatus::NotSet)
    });
    let unwritable = config::unwritable(&paths.config);
    LoadedDeck { config, tokens, unwritable }
}
