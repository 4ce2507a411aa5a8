//! What an account has last said it has left.

use jiff::Timestamp;

use crate::domain::balance::Balance;
use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;

/// What an account has last said it has left, to whichever process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceReport {
    /// The environment that uses the account.
    pub environment: Environment,
    /// The credentials that it was asked with.
    pub fingerprint: Fingerprint,
    /// When it said so.
    pub at: Timestamp,
    /// What it has left.
    pub balance: Balance,
}
