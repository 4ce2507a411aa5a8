//! Writes a change of the settings into the audit, or that one failed.

use super::outcome::{ChangeError, NotAudited};
use super::write::Written;
use crate::config::{Config, Replaced};
use crate::domain::difference::differences;
use crate::domain::environment::Environment;
use crate::engine::acting::ActingEngine;
use crate::engine::deck::Deck;
use crate::engine::error::EngineError;
use crate::engine::operator::Operator;
use crate::store::AuditAction;

impl Deck {
    /// Writes down what has changed: a row for each field. Opens the engine for it where it is not
    /// open yet, unless there is nothing to write down.
    pub(super) async fn record_change(
        &self,
        operator: &Operator,
        written: &Written,
    ) -> Result<(), NotAudited> {
        let Written { replaced, token_of, token, .. } = written;
        let Replaced { old, new, was_broken } = replaced;
        if old == new && !was_broken && token_of.is_none() {
            return Ok(());
        }
        let acting = self.open_recorded(new.clone()).await?.by(operator);
        if *was_broken {
            let text = "config.ron was out of order, and was mended".to_owned();
            acting.audit(None, AuditAction::Change, text).await?;
        }
        audit_differences(acting, old, new, token_of.filter(|_| token.is_ok())).await?;
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

/// Writes down each field that differs; `token` is whose token was changed too, of which
/// nothing else is written.
async fn audit_differences(
    acting: ActingEngine<'_>,
    old: &Config,
    new: &Config,
    token: Option<Environment>,
) -> Result<(), EngineError> {
    for (environment, before) in old.environments.iter() {
        let changes = differences(before, &new.environments[environment]);
        let token = (token == Some(environment)).then(|| "Auth token: changed".to_owned());
        for change in changes.iter().map(ToString::to_string).chain(token) {
            acting.audit(Some(environment), AuditAction::Change, change).await?;
        }
    }
    for change in old.deck.differences(&new.deck) {
        acting.audit(None, AuditAction::Change, change).await?;
    }
    Ok(())
}
