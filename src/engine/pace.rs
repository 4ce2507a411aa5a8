//! The pace of the engine: how long it waits for what.

use std::time::Duration;

use crate::provider::Patience;

/// The waits of the engine. Only tests use shorter ones than the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long the provider may take to respond.
    pub patience: Patience,
    /// The minimum time between the two lookups after which a message that the provider does not
    /// list counts as never sent.
    pub look_again: Duration,
    /// How long a process owns a delivery without renewing its lease. Longer than one create with
    /// the wait before it, so that no process looks for a message that is just being sent.
    pub lease: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            look_again: Duration::from_mins(1),
            lease: Duration::from_mins(1),
        }
    }
}
