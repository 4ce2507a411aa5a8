//! Where the engine reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// A clock in whole milliseconds since 1970.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The clock of this machine.
    System,
    /// A clock that stands still until it is set, for tests and demonstrations.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// The present moment, in whole milliseconds: what the store keeps and what is compared
    /// later must be the same.
    pub fn now(&self) -> Timestamp {
        let millisecond = match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Manual(millisecond) => millisecond.load(Ordering::SeqCst),
        };
        Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MIN)
    }

    /// Moves a manual clock; the system's clock is not ours to move.
    pub fn set(&self, now: Timestamp) {
        if let Self::Manual(millisecond) = self {
            millisecond.store(now.as_millisecond(), Ordering::SeqCst);
        }
    }
}
