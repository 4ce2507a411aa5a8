//! Saving an environment: the token is tried, the files are written, the audit says so.

use tokio::task::spawn_blocking;

use super::{Executor, read_config, with_tokens};
use crate::config::{self, Config, ConfigError, Paths, Replaced, SecretsError};
use crate::domain::environment::Environment;
use crate::engine::{AccountProblem, AccountQuery, ActingEngine, EngineError, check_account};
use crate::provider::AccountReport;
use crate::tui::effect::{Save, TokenChange};
use crate::tui::message::{EditedText, Message, SaveOutcome};

/// Why a save did not go through.
#[derive(Debug, thiserror::Error)]
enum SaveError {
    #[error("Not saved: {0}")]
    Config(#[from] ConfigError),
    #[error("The settings were saved, but the token was not: {0}.")]
    Token(#[from] SecretsError),
}

impl Executor {
    /// The settings in force; the built-in ones before the first are read.
    pub(super) fn config(&self) -> Config {
        self.engine.get().map_or_else(Config::built_in, |engine| (*engine.config()).clone())
    }

    pub(super) async fn check_account(
        &self,
        query: AccountQuery,
    ) -> Result<AccountReport, AccountProblem> {
        check_account(&self.paths, &self.config(), &self.runtime, query).await
    }

    /// Whether a new token may become the stored one: not if the account certainly refuses it.
    /// What cannot be asked now is no reason to lose what was typed.
    async fn refused_token(&self, save: &Save) -> Option<AccountProblem> {
        let TokenChange::Replace(token) = &save.token else { return None };
        let (environment, provider) = (save.environment, save.settings.provider.clone());
        let query = AccountQuery { environment, provider, token: Some(token.clone()) };
        self.check_account(query).await.err().filter(AccountProblem::is_refusal)
    }

    pub(super) async fn save(&self, save: Save) {
        let paths = self.paths.clone();
        let now = self.runtime.clock.now();
        let save = Box::new(save);
        if let Some(refused) = self.refused_token(&save).await {
            let problem = format!("Not saved: {refused}.");
            let audited = self.audit(&save, false, Some(&problem)).await;
            let outcome = SaveOutcome { problem: joined(Some(problem), audited), ..<_>::default() };
            return self.tell(Message::Saved { save, outcome }).await;
        }
        let _in_order = self.settings.lock().await;
        let work = save.clone();
        let written = spawn_blocking(move || {
            let (config, problem) = write(&paths, &work, now);
            let is_saved = config.is_some();
            let deck = config.map_or_else(|| read_config(&paths), Ok);
            let deck = deck.ok().map(|config| with_tokens(&paths, config));
            let has_token = is_saved && problem.is_none();
            (is_saved, has_token, deck, problem.map(|error| error.to_string()))
        });
        let stopped = "Not saved: a background task stopped, start again.".to_owned();
        let (is_saved, has_token, deck, problem) =
            written.await.unwrap_or((false, false, None, Some(stopped)));
        if let (Some(deck), Some(engine)) = (&deck, self.engine.get()) {
            engine.reconfigure(deck.config.clone()).await;
        }
        let audited = self.audit(&save, is_saved, problem.as_deref()).await;
        let problem = joined(problem, audited);
        let outcome = SaveOutcome { is_saved, has_token, deck: deck.map(Box::new), problem };
        self.tell(Message::Saved { save, outcome }).await;
    }

    /// Writes a save into the audit: what was changed, and what failed. Answers why it could not.
    async fn audit(&self, save: &Save, is_saved: bool, problem: Option<&str>) -> Option<String> {
        let Some(engine) = self.engine.get() else { return Some(NO_STORE.to_owned()) };
        audit(engine.by(&self.operator), save, is_saved, problem)
            .await
            .err()
            .map(|error| error.to_string())
    }

    /// Writes down that an edited text was not taken, for the environments that it changes.
    async fn audit_failed(&self, edited: &EditedText, problem: &str) {
        let Some(engine) = self.engine.get() else { return };
        let changed = |environment: &Environment| {
            edited.old.environments[*environment] != edited.new.environments[*environment]
        };
        for environment in Environment::ALL.into_iter().filter(changed) {
            // A store that fails is told by whoever reads it next; the text is not lost.
            let _ = engine.by(&self.operator).audit_failed_save(environment, problem).await;
        }
    }

    /// Puts a text that was edited in the place of the config, and writes down what was changed.
    pub(super) async fn take_edited(&self, edited: EditedText) {
        let _in_order = self.settings.lock().await;
        let (paths, text) = (self.paths.clone(), edited.clone());
        let taken = spawn_blocking(move || {
            let replaced = config::replace_text(&paths, &text.before, &text.after)?;
            let forgotten = config::forget_tokens(&paths, &replaced.old, &replaced.new).map(drop);
            let deck = with_tokens(&paths, replaced.new.clone());
            Ok::<_, ConfigError>((replaced, deck, forgotten))
        });
        let (replaced, deck, forgotten) = match taken.await {
            Ok(Ok(taken)) => taken,
            Ok(Err(error)) => {
                let reason = format!("Not taken: {error}");
                self.audit_failed(&edited, &reason).await;
                return self.tell(Message::NotEdited { reason, kept: Some(edited.kept) }).await;
            }
            Err(_) => return,
        };
        // It is in its place now; a copy that stays does no harm.
        let _ = edited.kept.parent().map(std::fs::remove_dir_all);
        let audited = self.audit_edit(&replaced).await;
        self.tell(Message::EditTaken(Box::new(deck))).await;
        let not_done = |reason| Message::NotEdited { reason, kept: None };
        if let Err(error) = forgotten {
            let text =
                format!("It is in force, but a token that it no longer names stays: {error}");
            self.tell(not_done(text)).await;
        }
        if let Err(error) = audited {
            let text = format!("It is in force, but it is not in the audit: {error}");
            self.tell(not_done(text)).await;
        }
    }

    /// Puts an edited config into force and into the audit. Where the console could not be opened
    /// for a config that was out of order, it is now.
    async fn audit_edit(&self, replaced: &Replaced) -> Result<(), EngineError> {
        let Replaced { old, new, was_broken } = replaced;
        let engine = self.open(new.clone()).await?;
        engine.reconfigure(new.clone()).await;
        if *was_broken {
            engine.by(&self.operator).audit_mended(old, new).await
        } else {
            engine.by(&self.operator).audit_config(old, new, None).await
        }
    }
}

/// Why there is no audit.
const NO_STORE: &str = "the store cannot be used";

/// What went wrong, with what could not be written down of it.
fn joined(problem: Option<String>, not_audited: Option<String>) -> Option<String> {
    let Some(why) = not_audited else { return problem };
    let said = problem.unwrap_or_else(|| "Saved.".to_owned());
    Some(format!("{said} It is not in the audit: {why}."))
}

/// Writes a save into the audit: what was changed, and what failed.
async fn audit(
    engine: ActingEngine<'_>,
    save: &Save,
    is_saved: bool,
    problem: Option<&str>,
) -> Result<(), EngineError> {
    let environment = save.environment;
    if is_saved {
        let token_changed = save.token != TokenChange::Keep && problem.is_none();
        engine.audit_save(environment, &save.baseline, &save.settings, token_changed).await?;
    }
    match problem {
        Some(problem) => engine.audit_failed_save(environment, problem).await,
        None => Ok(()),
    }
}

/// Saves the settings first: they may be refused, and then the token stays as it was too. Answers
/// the config as it is now, if they are saved.
fn write(paths: &Paths, save: &Save, now: jiff::Timestamp) -> (Option<Config>, Option<SaveError>) {
    let environment = save.environment;
    let config = match config::save_environment(paths, environment, &save.baseline, &save.settings)
    {
        Ok(config) => config,
        Err(error) => return (None, Some(error.into())),
    };
    let token = match &save.token {
        TokenChange::Keep => Ok(()),
        TokenChange::Replace(token) => {
            config::replace_token(paths, environment, &save.known_token, token, now)
        }
        TokenChange::Remove => config::remove_token(paths, environment, &save.known_token),
    };
    (Some(config), token.err().map(SaveError::from))
}
