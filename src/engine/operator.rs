//! Who works with the deck, and what they may do.

use super::Engine;

/// Who asks, for log and audit, and whether they may do more than look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The face and the person, such as `console by ana on host7`.
    pub asked_by: String,
    /// Whether they only look: nothing is sent, verified, unlocked or called back, nothing is
    /// pruned, and nothing is followed that another process has begun.
    pub read_only: bool,
}

/// Somebody who only looks wanted to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read-only: start without --read-only to do this")]
pub struct ReadOnly;

/// Somebody who may do everything.
impl From<String> for Operator {
    fn from(asked_by: String) -> Self {
        Self { asked_by, read_only: false }
    }
}

impl Engine {
    /// Refuses somebody who only looks.
    pub(super) fn may_act(&self) -> Result<(), ReadOnly> {
        if self.inner.operator.read_only { Err(ReadOnly) } else { Ok(()) }
    }
}
