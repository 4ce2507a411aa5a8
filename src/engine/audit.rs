//! Who did what: writing it down, reading it, checking it.

use super::acting::ActingEngine;
use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::store::{AuditAction, AuditEntry, AuditRow, BrokenAudit, StoreError};

/// Characters of a detail that a row of the audit takes, with room for its number.
const MAX_DETAIL: usize = 900;

impl ActingEngine<'_> {
    /// Writes down what the operator did, or tried to do. What is too long for a row takes several.
    pub(super) async fn audit(
        self,
        environment: Option<Environment>,
        action: AuditAction,
        detail: String,
    ) -> Result<(), StoreError> {
        let at = self.engine.now();
        for detail in rows(&detail) {
            let operator = self.operator.asked_by.clone();
            let entry = AuditEntry { at, operator, environment, action, detail };
            self.engine.inner.store.append_audit(entry).await?;
        }
        Ok(())
    }
}

/// A text as it fits into rows, each of which says which part of it it has.
fn rows(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let parts: Vec<String> = letters.chunks(MAX_DETAIL).map(|part| part.iter().collect()).collect();
    let count = parts.len();
    if count < 2 {
        return vec![text.to_owned()];
    }
    parts.iter().zip(1..).map(|(part, nth)| format!("({nth} of {count}) {part}")).collect()
}

impl Engine {
    /// The audit from a row on, oldest first, at most `limit` rows; the first row is 1.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit_rows(&self, from: i64, limit: usize) -> Result<Vec<AuditRow>, EngineError> {
        Ok(self.store()?.audit_rows(from, limit).await?)
    }

    /// The newest rows of the audit, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_audit_rows(&self, limit: usize) -> Result<Vec<AuditRow>, EngineError> {
        Ok(self.store()?.newest_audit_rows(limit).await?)
    }

    /// Checks the whole audit: how many rows it has, or where it is broken.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn verify_audit(&self) -> Result<Result<i64, BrokenAudit>, EngineError> {
        Ok(self.store()?.verify_audit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_takes_as_many_rows_as_it_needs() {
        assert_eq!(rows("short"), ["short"]);
        let text = "é".repeat(MAX_DETAIL * 2 + 1);
        let parts = rows(&text);
        assert!(parts[0].starts_with("(1 of 3) é") && parts[2] == "(3 of 3) é", "{parts:?}");
        let whole: String = parts.iter().map(|part| &part[9..]).collect();
        assert_eq!(whole, text);
    }
}
