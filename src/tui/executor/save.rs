//! Saving an environment: the token is tried, the files are written, the audit says so.

use tokio::task::spawn_blocking;

use super::{Executor, read_deck};
use crate::config::{self, Config, ConfigError, Paths, SecretsError};
use crate::engine::{AccountProblem, AccountQuery, Engine, EngineError, check_account};
use crate::provider::AccountReport;
use crate::tui::effect::{Save, TokenChange};
use crate::tui::message::Message;

/// Why a save did not go through.
#[derive(Debug, thiserror::Error)]
enum SaveError {
    #[error("Not saved: {0}")]
    Config(#[from] ConfigError),
    #[error("The settings were saved, but the token was not: {0}")]
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
        check_account(&self.paths, &self.config(), query).await
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
        let now = self.surroundings.clock.now();
        let save = Box::new(save);
        if let Some(refused) = self.refused_token(&save).await {
            let problem = Some(format!("Not saved: {refused}."));
            let audited = match self.engine.get() {
                Some(engine) => audit(engine, &save, false, problem.as_deref()).await.err(),
                None => None,
            };
            let problem = match (problem, audited) {
                (Some(said), Some(error)) => {
                    Some(format!("{said} It is not in the audit: {error}."))
                }
                (problem, _) => problem,
            };
            return self.tell(Message::Saved { save, deck: None, problem }).await;
        }
        let _in_order = self.settings.lock().await;
        let work = save.clone();
        let written = spawn_blocking(move || {
            let problem = write(&paths, &work, now).err().map(|error| error.to_string());
            (read_deck(&paths).ok(), problem)
        });
        let (deck, problem) = written.await.unwrap_or_else(|_| {
            (None, Some("Not saved: a background task stopped, start again.".to_owned()))
        });
        let mut problem = problem;
        if let (Some(deck), Some(engine)) = (&deck, self.engine.get()) {
            engine.reconfigure(deck.config.clone()).await;
        }
        // Settings may have been saved although their token was not.
        let is_saved = deck
            .as_ref()
            .is_some_and(|deck| deck.config.environments[save.environment] == save.settings);
        if let Some(engine) = self.engine.get()
            && let Err(error) = audit(engine, &save, is_saved, problem.as_deref()).await
        {
            let said = problem.unwrap_or_else(|| "Saved".to_owned());
            problem = Some(format!("{said}, but it is not in the audit: {error}"));
        }
        self.tell(Message::Saved { save, deck: deck.map(Box::new), problem }).await;
    }

    /// Puts a config that was edited as a text into force, and writes down what was changed.
    pub(super) async fn take_edited(&self, before: &Config, after: &Config) {
        let _in_order = self.settings.lock().await;
        let paths = self.paths.clone();
        let deck = match spawn_blocking(move || read_deck(&paths)).await {
            Ok(Ok(deck)) => deck,
            Ok(Err(error)) => return self.tell(Message::NotEdited(error.to_string())).await,
            Err(_) => return,
        };
        if let Some(engine) = self.engine.get() {
            engine.reconfigure(deck.config.clone()).await;
            for (environment, old) in before.environments.iter() {
                let new = &after.environments[environment];
                if let Err(error) = engine.audit_save(environment, old, new, false).await {
                    let text = format!("Saved, but it is not in the audit: {error}");
                    return self.tell(Message::NotEdited(text)).await;
                }
            }
        }
        self.tell(Message::Edited(Box::new(deck))).await;
    }
}

/// Writes a save into the audit: what was changed, and what failed.
async fn audit(
    engine: &Engine,
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

/// Saves the settings first: they may be refused, and then the token stays as it was too.
fn write(paths: &Paths, save: &Save, now: jiff::Timestamp) -> Result<(), SaveError> {
    let environment = save.environment;
    config::save_environment(paths, environment, &save.baseline, &save.settings)?;
    match &save.token {
        TokenChange::Keep => {}
        TokenChange::Replace(token) => config::store_token(paths, environment, token, now)?,
        TokenChange::Remove => config::remove_token(paths, environment)?,
    }
    Ok(())
}
