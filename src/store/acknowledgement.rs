//! A finding that an operator knows of, and that is no longer to wake anybody.

use jiff::Timestamp;

use super::audit::{AuditAction, AuditEntry};
use crate::domain::environment::Environment;

/// A finding that an operator has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Where.
    pub environment: Environment,
    /// The stable name of the finding.
    pub finding: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when; not later than `at`: it is ended.
    pub until: Timestamp,
    /// Who, by way of what, from where.
    pub by: String,
    /// Why, in the operator's words; safe to show, without whole numbers.
    pub reason: String,
}

impl Acknowledgement {
    /// What the audit says of it.
    pub(super) fn audit(&self) -> AuditEntry {
        let Self { environment, finding, at, until, by, reason } = self;
        let detail = if until > at {
            format!("{finding} until {}: {reason}", until.strftime("%Y-%m-%d %H:%M:%SZ"))
        } else {
            format!("{finding}: ended")
        };
        AuditEntry {
            at: *at,
            operator: by.clone(),
            environment: Some(*environment),
            action: AuditAction::Acknowledge,
            detail,
        }
    }
}
