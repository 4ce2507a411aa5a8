//! Why an edit of the settings is invalid.

use crate::config::ConfigError;

/// Why an edit cannot be made of the settings as they are.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEdit {
    /// A field is unknown, or its value breaks its rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something else stands against it, such as a number that is not there.
    #[error("{0}")]
    Rule(String),
}
