//! What is known of the credentials of an environment.

use jiff::Timestamp;

use crate::provider::ErrorCode;

/// What is known of the credentials of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsStatus {
    /// No account was asked about them yet.
    Unverified,
    /// The account accepts them.
    Accepted {
        /// When it was first seen.
        since: Timestamp,
    },
    /// The account refuses them.
    Refused {
        /// The error code.
        code: ErrorCode,
        /// When it last did.
        at: Timestamp,
    },
}

impl CredentialsStatus {
    /// The stable name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
        }
    }
}
