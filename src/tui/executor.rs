//! Carries out effects: each in a task, its outcome a message.

use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;

use super::effect::{Effect, Save, TokenChange};
use super::input::Heard;
use super::message::{LoadedDeck, Message};
use crate::config::{self, Config, ConfigError, Paths, SecretsError};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::phone::load_metadata;
use crate::engine::{Clock, CodeRequest, Engine, EngineError};
use crate::store::EventId;

/// Events read from the store for an environment at the start, and at once later.
const EVENTS_AT_ONCE: usize = 1_000;

/// Has the engine and the files; the tasks that it starts report over one bounded channel.
#[derive(Clone)]
pub struct Executor {
    paths: Paths,
    clock: Clock,
    asked_by: String,
    engine: Arc<OnceCell<Engine>>,
    heard: Sender<Heard>,
}

/// Why a save did not go through.
#[derive(Debug, thiserror::Error)]
enum SaveError {
    #[error("Not saved: {0}")]
    Config(#[from] ConfigError),
    #[error("The settings were saved, but the token was not: {0}")]
    Token(#[from] SecretsError),
}

impl Executor {
    /// An executor for the deck at these places.
    pub fn new(paths: Paths, clock: Clock, asked_by: String, heard: Sender<Heard>) -> Self {
        Self { paths, clock, asked_by, engine: Arc::default(), heard }
    }

    /// Carries out an effect that is not about the terminal.
    pub fn run(&self, effect: Effect) {
        let this = self.clone();
        tokio::spawn(async move {
            match effect {
                Effect::Load => this.load().await,
                Effect::LoadQuota => this.load_quota().await,
                Effect::Preview { generation, request } => this.preview(generation, request).await,
                Effect::Send(request) => this.send(request).await,
                Effect::Save(save) => this.save(*save).await,
                Effect::Verify(attempt) => {
                    if let Some(engine) = this.engine.get() {
                        let result =
                            engine.verify(*attempt).await.map_err(|error| error.to_string());
                        this.tell(Message::Verified(result)).await;
                    }
                }
                Effect::Unlock(request) => {
                    if let Some(engine) = this.engine.get() {
                        let user = request.user.label.clone();
                        let result = engine.unlock(*request).await;
                        let result = result.map(|()| user).map_err(|error| error.to_string());
                        this.tell(Message::Unlocked(result)).await;
                    }
                }
                Effect::Handset { environment, number } => {
                    if let Some(engine) = this.engine.get() {
                        let result = engine.handset(environment, &number).await;
                        this.tell(Message::Handset(result.map_err(|error| error.to_string())))
                            .await;
                    }
                }
                Effect::Quit | Effect::Suspend | Effect::Repaint => {}
            }
        });
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
        let open =
            Engine::open(self.paths.clone(), config, self.asked_by.clone(), self.clock.clone());
        let engine = match open.await {
            Ok(engine) => self.engine.get_or_init(|| async { engine }).await,
            Err(error) => return self.tell(Message::EngineFailed(error.to_string())).await,
        };
        self.tell(Message::EngineReady).await;
        if let Err(error) = self.report(engine).await {
            self.tell(Message::StoreFailed(error.to_string())).await;
        }
    }

    /// Reports events and quota, first as they are, then whenever something changes.
    async fn report(&self, engine: &Engine) -> Result<(), EngineError> {
        let mut changes = engine.changes();
        let mut newest = EventId(0);
        for environment in Environment::ALL {
            let events = engine.latest_events(environment, EVENTS_AT_ONCE).await?;
            newest = events.last().map_or(newest, |event| event.id.max(newest));
            self.tell(Message::Events(events)).await;
        }
        engine.resume().await?;
        loop {
            self.load_quota().await;
            if changes.changed().await.is_err() {
                return Ok(());
            }
            let events = engine.events_after(newest, EVENTS_AT_ONCE).await?;
            if let Some(last) = events.last() {
                newest = last.id;
                self.tell(Message::Events(events)).await;
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

    async fn save(&self, save: Save) {
        let environment = save.environment;
        let paths = self.paths.clone();
        let now = self.clock.now();
        let Ok(saved) = spawn_blocking(move || write(&paths, &save, now)).await else { return };
        let result = match saved {
            Ok(deck) => {
                if let Some(engine) = self.engine.get() {
                    engine.reconfigure(deck.config.clone()).await;
                }
                Ok(Box::new(deck))
            }
            Err(error) => Err(error.to_string()),
        };
        self.tell(Message::Saved { environment, result }).await;
    }
}

fn read_deck(paths: &Paths) -> Result<LoadedDeck, ConfigError> {
    let config = config::load(&paths.config)?.unwrap_or_else(Config::built_in);
    Ok(with_tokens(paths, config))
}

fn with_tokens(paths: &Paths, config: Config) -> LoadedDeck {
    let tokens = PerEnvironment::from_fn(|environment| {
        let source = config.environments[environment].provider.token_source();
        // An unreadable secrets file is reported by the engine, which needs it too.
        config::token_status(paths, environment, source).unwrap_or(config::TokenStatus::NotSet)
    });
    LoadedDeck { config, tokens }
}

/// Saves the settings first: they may be refused, and then the token stays as it was too.
fn write(paths: &Paths, save: &Save, now: jiff::Timestamp) -> Result<LoadedDeck, SaveError> {
    let environment = save.environment;
    let config = config::save_environment(paths, environment, &save.baseline, &save.settings)?;
    match &save.token {
        TokenChange::Keep => {}
        TokenChange::Replace(token) => config::store_token(paths, environment, token, now)?,
        TokenChange::Remove => config::remove_token(paths, environment)?,
    }
    Ok(with_tokens(paths, config))
}
