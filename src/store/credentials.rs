//! What an account has last said of the credentials of an environment.

use jiff::Timestamp;

use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;

/// What an account has said of credentials, to whichever process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialsReport {
    /// The environment that uses them.
    pub environment: Environment,
    /// What distinguishes them from others.
    pub fingerprint: Fingerprint,
    /// When it said so, or was last tried again.
    pub at: Timestamp,
    /// The provider's error code by which it refuses them; `None` if it accepts them.
    pub refused: Option<u32>,
}
