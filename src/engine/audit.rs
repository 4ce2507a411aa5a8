//! Who did what: writing it down, reading it, checking it.

use super::acting::ActingEngine;
use super::error::EngineError;
use super::open::Engine;
use crate::config::Config;
use crate::domain::difference::differences;
use crate::domain::environment::Environment;
use crate::domain::settings::Settings;
use crate::store::{AuditAction, AuditEntry, AuditRow, BrokenAudit};

impl ActingEngine<'_> {
    /// Writes a change of settings into the audit, a row for each field. Of a token only that
    /// it was changed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn audit_save(
        self,
        environment: Environment,
        before: &Settings,
        after: &Settings,
        token_changed: bool,
    ) -> Result<(), EngineError> {
        let mut changes: Vec<String> =
            differences(before, after).iter().map(ToString::to_string).collect();
        if token_changed {
            changes.push("Auth token: changed".to_owned());
        }
        for change in changes {
            self.audit(Some(environment), AuditAction::Change, change).await?;
        }
        Ok(())
    }

    /// Writes everything into the audit that changes from one config to another; `token` is where a
    /// token was changed too.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn audit_config(
        self,
        before: &Config,
        after: &Config,
        token: Option<Environment>,
    ) -> Result<(), EngineError> {
        for (environment, old) in before.environments.iter() {
            let new = &after.environments[environment];
            self.audit_save(environment, old, new, token == Some(environment)).await?;
        }
        for change in before.deck.differences(&after.deck) {
            self.audit(None, AuditAction::Change, change).await?;
        }
        Ok(())
    }

    /// Writes into the audit that a config that was out of order was mended, and what has changed
    /// since the last good version.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn audit_mended(self, before: &Config, after: &Config) -> Result<(), EngineError> {
        let text = "config.ron was out of order, and was mended".to_owned();
        self.audit(None, AuditAction::Change, text).await?;
        self.audit_config(before, after, None).await
    }

    /// Writes into the audit that settings could not be saved, and why.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn audit_failed_save(
        self,
        environment: Environment,
        problem: &str,
    ) -> Result<(), EngineError> {
        self.audit(Some(environment), AuditAction::FailedSave, problem.to_owned()).await
    }

    pub(super) async fn audit(
        self,
        environment: Option<Environment>,
        action: AuditAction,
        detail: String,
    ) -> Result<(), EngineError> {
        let (at, operator) = (self.engine.now(), self.operator.asked_by.clone());
        let entry = AuditEntry { at, operator, environment, action, detail };
        Ok(self.engine.inner.store.audit(entry).await?)
    }
}

impl Engine {
    /// The audit from a row on, oldest first, at most `limit` rows; the first row is 1.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_rows(&self, from: i64, limit: usize) -> Result<Vec<AuditRow>, EngineError> {
        Ok(self.inner.store.audit_rows(from, limit).await?)
    }

    /// Checks the whole audit: how many rows it has, or where it is broken.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn verify_audit(&self) -> Result<Result<i64, BrokenAudit>, EngineError> {
        Ok(self.inner.store.verify_audit().await?)
    }
}
