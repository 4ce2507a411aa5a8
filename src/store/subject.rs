//! Users and numbers as the store knows them: nothing here says who they are.

use crate::domain::secret::LookupKey;

/// A user or a number, without saying who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Under what it is found.
    pub key: LookupKey,
    /// What is shown: a user id or a masked number.
    pub label: String,
}
