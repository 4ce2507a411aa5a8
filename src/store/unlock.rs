//! An operator lets a user ask again at once.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::audit::{AuditAction, AuditEntry};
use super::events::{self, EventKind, Note};
use super::subject::{self, Subject};
use crate::domain::environment::Environment;

/// Who is unlocked, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlock {
    /// Where.
    pub environment: Environment,
    /// The user.
    pub user: Subject,
    /// Their number.
    pub number: Subject,
    /// When.
    pub at: Timestamp,
    /// The operator.
    pub by: String,
    /// The operator's reason.
    pub reason: String,
}

impl Unlock {
    /// What the audit says of it.
    pub(super) fn audit(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            operator: self.by.clone(),
            environment: Some(self.environment),
            action: AuditAction::Unlock,
            detail: format!("{} at {}: {}", self.user.label, self.number.label, self.reason),
        }
    }
}

/// Lets neither the sends until now nor the wrong tries of user and number count any more.
pub(super) fn unlock(connection: &Connection, unlock: &Unlock) -> Result<()> {
    subject::reset(connection, unlock.environment, unlock.user.key)?;
    subject::reset(connection, unlock.environment, unlock.number.key)?;
    let note = Note {
        environment: unlock.environment,
        at: unlock.at,
        kind: EventKind::Unlocked,
        user: unlock.user.label.clone(),
        recipient: unlock.number.label.clone(),
        detail: format!("by {}: {}", unlock.by, unlock.reason),
    };
    events::note(connection, &note)
}
