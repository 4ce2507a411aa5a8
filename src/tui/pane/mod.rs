//! The four panes of an environment. Each has a file for its state, and one for its keys and its
//! picture.

pub mod changes;
pub mod draft;
mod empty;
pub mod form;
pub mod form_input;
pub mod form_view;
pub mod form_words;
pub mod log;
mod log_filter;
pub mod log_view;
pub mod numbers;
pub mod numbers_view;
pub mod quota;
mod quota_filter;
pub mod quota_view;
pub mod typed_filter;

use super::keymap::Context;

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The settings form.
    Form,
    /// The From numbers.
    Numbers,
    /// The quota.
    Quota,
    /// The delivery log.
    Log,
}

impl Pane {
    /// All panes, in the order of Tab.
    pub const ALL: [Self; 4] = [Self::Form, Self::Numbers, Self::Quota, Self::Log];

    /// The pane after this one.
    pub const fn next(self) -> Self {
        match self {
            Self::Form => Self::Numbers,
            Self::Numbers => Self::Quota,
            Self::Quota => Self::Log,
            Self::Log => Self::Form,
        }
    }

    /// Where its keys hold.
    pub const fn context(self) -> Context {
        match self {
            Self::Form => Context::Form,
            Self::Numbers => Context::Numbers,
            Self::Quota => Context::Quota,
            Self::Log => Context::Log,
        }
    }

    /// The pane before this one.
    pub const fn previous(self) -> Self {
        self.next().next().next()
    }
}
