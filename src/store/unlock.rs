//! How an operator helps a user who gets no code.

use jiff::Timestamp;

use super::audit::{AuditAction, AuditEntry};
use super::event::EventKind;
use super::subject::Subject;
use crate::domain::environment::Environment;
use crate::domain::quota::QuotaRule;

/// What is given to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// All codes, as if none had been asked for.
    AllCodes,
    /// One code more.
    OneCode,
    /// No wrong try counts any more. It gives no code back.
    WrongTries,
}

impl Remedy {
    pub(super) const fn event(self) -> EventKind {
        match self {
            Self::AllCodes => EventKind::Unlocked,
            Self::WrongTries => EventKind::ForgaveTries,
            Self::OneCode => EventKind::GaveBack,
        }
    }

    const fn action(self) -> AuditAction {
        match self {
            Self::AllCodes => AuditAction::Unlock,
            Self::OneCode => AuditAction::GiveBack,
            Self::WrongTries => AuditAction::ForgiveTries,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::AllCodes => "all codes",
            Self::OneCode => "one code",
            Self::WrongTries => "wrong tries cleared",
        }
    }
}

/// Who is helped, how, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlock {
    /// Where.
    pub environment: Environment,
    /// The user.
    pub user: Subject,
    /// Their number.
    pub number: Subject,
    /// What they get.
    pub remedy: Remedy,
    /// The rule that they are judged by.
    pub rule: QuotaRule,
    /// When.
    pub at: Timestamp,
    /// The operator.
    pub by: String,
    /// The operator's reason.
    pub reason: String,
}

impl Unlock {
    /// What the log says of it, in words.
    pub(super) fn detail(&self) -> String {
        format!("{} by {}: {}", self.remedy.words(), self.by, self.reason)
    }

    /// What the audit says of it.
    pub(super) fn audit(&self) -> AuditEntry {
        let detail = format!(
            "{} at {}, {}: {}",
            self.user.label,
            self.number.label,
            self.remedy.words(),
            self.reason
        );
        AuditEntry {
            at: self.at,
            operator: self.by.clone(),
            environment: Some(self.environment),
            action: self.remedy.action(),
            detail,
        }
    }
}
