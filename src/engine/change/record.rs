//! Writes a change of the settings into the audit, or that one failed.

use tokio::task::spawn_blocking;

use super::outcome::{ChangeError, NotAudited};
use super::write::Written;
use crate::config::{self, Config, ConfigError, Replaced};
use crate::domain::difference::differences;
use crate::domain::environment::Environment;
use crate::engine::deck::Deck;
use crate::engine::error::EngineError;
use crate::engine::operator::Operator;
use crate::store::AuditAction;

impl Deck {
    /// Writes down what is about to change. Opens the engine for it where it is not open yet, unless
    /// there is nothing to write down.
    pub(super) async fn record_intent(
        &self,
        operator: &Operator,
        (old, new): (&Config, &Config),
        token: Option<Environment>,
    ) -> Result<(), NotAudited> {
        let intended = changes(old, new, token);
        if intended.is_empty() {
            return Ok(());
        }
        let acting = self.open_recorded(old.clone()).await?.by(operator);
        for (environment, change) in intended {
            acting.audit(environment, AuditAction::Intent, change).await?;
        }
        Ok(())
    }

    /// Writes down what somebody has changed in the config outside of smsdeck since it was last
    /// read, in the name of the operator who reads it now. Does nothing for an operator who may only look.
    ///
    /// # Errors
    /// When that cannot be written; it is noticed again then.
    pub async fn record_outside_change(&self, operator: &Operator) -> Result<(), NotAudited> {
        if operator.may_act().is_err() {
            return Ok(());
        }
        let paths = self.paths().clone();
        let noticed = spawn_blocking(move || config::outside_change(&paths));
        let Some(change) = noticed.await.map_err(EngineError::from)?? else { return Ok(()) };
        let acting = self.open_recorded(change.new.clone()).await?.by(operator);
        for (environment, words) in changes(&change.old, &change.new, None) {
            let text = format!("Changed outside smsdeck: {words}");
            acting.audit(environment, AuditAction::Change, text).await?;
        }
        let remember = spawn_blocking(move || change.remember());
        let path = self.paths().config.clone();
        let unwritable = |source| ConfigError::Unwritable { path, source };
        Ok(remember.await.map_err(EngineError::from)?.map_err(unwritable)?)
    }

    /// Writes down what has changed: a row for each field. Opens the engine for it where it is not
    /// open yet, unless there is nothing to write down.
    pub(super) async fn record_change(
        &self,
        operator: &Operator,
        written: &Written,
    ) -> Result<(), NotAudited> {
        let Written { replaced, token_of, token, unverified, .. } = written;
        let Replaced { old, new, was_broken } = replaced;
        if old == new && !was_broken && token_of.is_none() {
            return Ok(());
        }
        let acting = self.open_recorded(new.clone()).await?.by(operator);
        if *was_broken {
            let text = "Repaired an invalid config.ron".to_owned();
            acting.audit(None, AuditAction::Change, text).await?;
        }
        let changes = changes(old, new, token_of.filter(|_| token.is_ok()));
        for (environment, change) in changes {
            acting.audit(environment, AuditAction::Change, change).await?;
        }
        for (environment, problem) in unverified {
            let text = format!("Credentials saved unverified: {problem}");
            acting.audit(Some(*environment), AuditAction::Change, text).await?;
        }
        if let Err(problem) = token {
            let text = format!("The settings are saved, but the token is not: {problem}");
            acting.audit(*token_of, AuditAction::FailedSave, text).await?;
        }
        Ok(())
    }

    /// Writes down that someone tried to save settings in vain, if they did.
    pub(super) async fn record_failure(
        &self,
        operator: &Operator,
        environment: Option<Environment>,
        error: &ChangeError,
    ) -> Result<(), NotAudited> {
        if !error.is_failed_save() {
            return Ok(());
        }
        let config = self.read_config().await?;
        let acting = self.open_recorded(config).await?.by(operator);
        let text = format!("Not saved: {error}");
        Ok(acting.audit(environment, AuditAction::FailedSave, text).await?)
    }
}

/// Each field that differs, in words, with its environment; `token` is whose token was changed too,
/// of which nothing else is said.
fn changes(
    old: &Config,
    new: &Config,
    token: Option<Environment>,
) -> Vec<(Option<Environment>, String)> {
    let mut all = Vec::new();
    for (environment, before) in old.environments.iter() {
        let changes = differences(before, &new.environments[environment]);
        let token = (token == Some(environment)).then(|| "Auth token: changed".to_owned());
        let changes = changes.iter().map(ToString::to_string).chain(token);
        all.extend(changes.map(|change| (Some(environment), change)));
    }
    let deck = old.deck.differences(&new.deck);
    all.extend(deck.into_iter().map(|change| (None, change)));
    all
}
