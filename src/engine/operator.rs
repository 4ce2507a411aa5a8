//! Who works with the deck, and what they may do.

/// Who asks, for log and audit, and whether they may do more than look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The face and the person, such as `console by ana on host7`.
    pub asked_by: String,
    /// Whether they only look: nothing is sent, verified, unlocked, canceled, pruned or saved,
    /// and nothing is followed that another process has begun.
    pub read_only: bool,
    /// Whether it is a person. The audit keeps what people do; what applications send is in the log,
    /// which forgets.
    pub is_person: bool,
}

/// Someone who may only look wanted to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read-only")]
pub struct ReadOnly;

impl Operator {
    /// Refuses someone who may only look. Whatever acts asks this first.
    ///
    /// # Errors
    /// When the operator may only look.
    pub const fn may_act(&self) -> Result<(), ReadOnly> {
        if self.read_only { Err(ReadOnly) } else { Ok(()) }
    }
}

/// Someone who may do everything.
impl From<String> for Operator {
    fn from(asked_by: String) -> Self {
        Self { asked_by, read_only: false, is_person: true }
    }
}

impl Operator {
    /// Returns an application by its name.
    pub const fn application(name: String) -> Self {
        Self { asked_by: name, read_only: false, is_person: false }
    }
}
