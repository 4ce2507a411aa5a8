//! How fast the engine works.

use std::time::Duration;

use crate::provider::Patience;

/// The waits of the engine. Tests take shorter ones; everybody else the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long the provider may take to answer.
    pub patience: Patience,
    /// The least time between two looks for a message that the provider does not list, before
    /// it counts as never sent.
    pub look_again: Duration,
    /// How long a delivery stays a process's own without being renewed. Longer than one create
    /// with the wait before it, so that nobody looks for a message that is just being sent.
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
