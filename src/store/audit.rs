//! The entries of the audit: who did what. How its rows are chained is in `audit_chain`.

use jiff::Timestamp;

use crate::domain::environment::Environment;

/// What someone did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// Was about to change settings.
    Intent,
    /// Changed a setting.
    Change,
    /// Tried to save settings, in vain.
    FailedSave,
    /// Was about to have a code sent.
    Send,
    /// What became of that.
    SendOutcome,
    /// Gave a user all codes back.
    Unlock,
    /// Gave a user one code back.
    GiveBack,
    /// Let a user's wrong tries count no more.
    ForgiveTries,
    /// Called a message back.
    CancelMessage,
    /// Made another store the one of the deck.
    AdoptStore,
    /// Acknowledged a finding, or ended that.
    Acknowledge,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 11] = [
        Self::Intent,
        Self::Change,
        Self::FailedSave,
        Self::Send,
        Self::SendOutcome,
        Self::Unlock,
        Self::GiveBack,
        Self::ForgiveTries,
        Self::CancelMessage,
        Self::AdoptStore,
        Self::Acknowledge,
    ];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Change => "change",
            Self::FailedSave => "failed_save",
            Self::Send => "send",
            Self::SendOutcome => "send_outcome",
            Self::Unlock => "unlock",
            Self::GiveBack => "give_back",
            Self::ForgiveTries => "forgive_tries",
            Self::CancelMessage => "call_back",
            Self::AdoptStore => "adopt_store",
            Self::Acknowledge => "acknowledge",
        }
    }

    /// What was done, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Intent => "About to change",
            Self::Change => "Changed",
            Self::FailedSave => "Save failed",
            Self::Send => "Send a code",
            Self::SendOutcome => "Outcome",
            Self::Unlock => "Unlocked",
            Self::GiveBack => "Gave one code back",
            Self::ForgiveTries => "Cleared wrong tries",
            Self::CancelMessage => "Canceled a message",
            Self::AdoptStore => "Adopted a store",
            Self::Acknowledge => "Acknowledged",
        }
    }

    /// Finds an action by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.key() == key)
    }
}

/// A row that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who, by way of what, from where.
    pub operator: String,
    /// In which environment; `None`: in the whole deck.
    pub environment: Option<Environment>,
    /// What.
    pub action: AuditAction,
    /// What exactly, in words. Never holds a secret or a whole number.
    pub detail: String,
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place, from 1.
    pub id: i64,
    /// What it says.
    pub entry: AuditEntry,
    /// Chains it to the row before it.
    pub(super) hash: [u8; 32],
}

/// Where the audit is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenAudit {
    /// A row is not as it was written, or does not follow the one before it.
    #[error("row {0} was changed, or earlier rows were removed or reordered")]
    Row(i64),
    /// The seal is missing: rows were removed, all of them if none is left.
    #[error("the seal is missing, so rows may be missing too: {found} rows found")]
    NoSeal {
        /// Rows that are there.
        found: i64,
    },
    /// Rows are missing at the end, or the seal was tampered with.
    #[error("the end does not match: {found} rows found, {sealed} written")]
    End {
        /// Rows that are there.
        found: i64,
        /// Rows that were written.
        sealed: i64,
    },
}
