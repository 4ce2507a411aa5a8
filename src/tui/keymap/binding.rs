//! One row of the table of keys: a key, where it holds, and what it does there.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Serialize;

use super::action::Action;
use super::context::Context;
use super::key;

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The key.
    pub key: KeyCode,
    /// With Control or not; Shift is part of the character.
    pub modifiers: KeyModifiers,
    /// What it does.
    pub action: Action,
    /// Its name in the hint bar; empty where the hint bar leaves it out.
    pub hint: &'static str,
    /// What the help says; empty for a second key of the same action.
    pub help: &'static str,
}

/// The name of a part of the table as the file of keys has it.
pub(super) fn name_in_file(part: impl Serialize) -> String {
    // Names without fields cannot fail to be written.
    ron::to_string(&part).unwrap_or_default()
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", name_in_file(self.context), name_in_file(self.action))
    }
}

impl Binding {
    pub(super) fn matches(&self, key: KeyEvent) -> bool {
        // Terminals disagree about reporting Shift beside a capital letter or Shift-Tab.
        self.key == key.code && self.modifiers == key.modifiers.difference(KeyModifiers::SHIFT)
    }

    /// The key as it is pressed.
    pub const fn event(&self) -> KeyEvent {
        KeyEvent::new(self.key, self.modifiers)
    }

    /// The key as people write it: `s`, `^S`, `Tab`.
    pub fn key_name(&self) -> String {
        key::name(self.key, self.modifiers)
    }
}
