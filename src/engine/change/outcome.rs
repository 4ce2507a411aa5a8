//! What a change of the settings has come to.

use super::invalid_edit::InvalidEdit;
use crate::config::{Config, ConfigError, SecretsError};
use crate::domain::environment::Environment;
use crate::engine::account::AccountProblem;
use crate::engine::error::EngineError;
use crate::engine::operator::ReadOnly;
use crate::store::StoreError;

/// Settings that are saved and in force, with what could not be done beside them.
#[derive(Debug)]
pub struct Changed {
    /// The settings before; the last good version, where the file was invalid.
    pub old: Config,
    /// The settings now.
    pub new: Config,
    /// Whether the file was invalid before.
    pub repaired: bool,
    /// Whose token was stored or removed as asked.
    pub token: Option<Environment>,
    /// Why a token was not stored or removed as asked.
    pub token_problem: Option<SecretsError>,
    /// Why a token that the settings no longer name is still stored.
    pub leftover_token: Option<SecretsError>,
    /// Credentials that were saved without asking the account, and why it could not be asked.
    pub unverified: Vec<(Environment, String)>,
    /// Why the audit does not say so.
    pub not_audited: Option<NotAudited>,
}

/// A change that did not take place: files and settings in force are as they were.
#[derive(Debug)]
pub struct NotChanged {
    /// Why not.
    pub error: ChangeError,
    /// Why the audit does not say so, where it should.
    pub not_audited: Option<NotAudited>,
}

/// Why settings were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The operator may only look.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// This process may not write the file.
    #[error("{0}")]
    Unwritable(String),
    /// The account refuses the new credentials.
    #[error("{environment}: {problem}")]
    RefusedCredentials {
        /// Whose account it is.
        environment: Environment,
        /// What it said.
        problem: AccountProblem,
    },
    /// The account could not be asked about the new credentials.
    #[error("{environment}: could not test the new credentials with the account: {problem}")]
    Unchecked {
        /// Whose account it is.
        environment: Environment,
        /// Why not.
        problem: AccountProblem,
    },
    /// What was asked for breaks a rule.
    #[error(transparent)]
    Invalid(InvalidEdit),
    /// The file cannot be read or written, or was changed by someone else.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A background task ended before its time.
    #[error("a background task stopped: restart smsdeck")]
    TaskLost(#[from] tokio::task::JoinError),
}

impl ChangeError {
    /// Whether someone tried to save settings in vain, which belongs in the audit. What one may
    /// not do, and what is no change of settings at all, was not tried.
    pub(super) const fn is_failed_save(&self) -> bool {
        matches!(
            self,
            Self::RefusedCredentials { .. }
                | Self::Unchecked { .. }
                | Self::Config(_)
                | Self::TaskLost(_)
        )
    }
}

/// Why a change is not in the audit.
#[derive(Debug, thiserror::Error)]
pub enum NotAudited {
    /// The config does not say where the store is.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
