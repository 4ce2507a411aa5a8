//! Who did what: writing it down, reading it, checking it.

use super::acting::ActingEngine;
use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::store::{AuditAction, AuditEntry, AuditRow, BrokenAudit};

impl ActingEngine<'_> {
    /// Writes down what the operator did, or tried to do.
    pub(super) async fn audit(
        self,
        environment: Option<Environment>,
        action: AuditAction,
        detail: String,
    ) -> Result<(), EngineError> {
        let (at, operator) = (self.engine.now(), self.operator.asked_by.clone());
        let entry = AuditEntry { at, operator, environment, action, detail };
        Ok(self.engine.inner.store.append_audit(entry).await?)
    }
}

impl Engine {
    /// The audit from a row on, oldest first, at most `limit` rows; the first row is 1.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_rows(&self, from: i64, limit: usize) -> Result<Vec<AuditRow>, EngineError> {
        Ok(self.store()?.audit_rows(from, limit).await?)
    }

    /// Checks the whole audit: how many rows it has, or where it is broken.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn verify_audit(&self) -> Result<Result<i64, BrokenAudit>, EngineError> {
        Ok(self.store()?.verify_audit().await?)
    }
}
