//! What a pop-up wants after an input, as data: it never reaches into the stack that it is in.

use super::effect::Effect;
use super::keymap::Action;
use crate::domain::country::Country;
use crate::domain::environment::PerEnvironment;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::sender::Sender;
use crate::domain::settings::Settings;
use crate::store::{QuotaRow, Remedy};

/// What becomes of a pop-up after an input.
#[derive(Debug)]
pub enum Flow {
    /// It stays open.
    Stay(Vec<Effect>),
    /// It closes.
    Close(Vec<Effect>),
    /// It closes with all pop-ups below it.
    CloseAll,
    /// It stays, and another one opens above it.
    Open(Popup),
    /// Another one takes its place.
    Replace(Popup),
    /// It closes, and an action is performed as if its key had been pressed where it was.
    Perform(Action),
}

impl Flow {
    /// It stays, and nothing is to be done.
    pub const STAY: Self = Self::Stay(Vec::new());
    /// It closes, and nothing is to be done.
    pub const CLOSE: Self = Self::Close(Vec::new());
}

/// A pop-up that another one opens, by what it begins with.
#[derive(Debug)]
pub enum Popup {
    /// Check a code that a number has received.
    Verify {
        /// The number as typed.
        number: String,
    },
    /// Help a user who gets no code.
    Unlock {
        /// The user.
        row: Box<QuotaRow>,
        /// What they are to be given.
        remedy: Remedy,
    },
    /// Acknowledge one of the findings.
    Acknowledge {
        /// Their names, the worst first.
        findings: Vec<String>,
    },
    /// A former version of the settings, beside the present ones.
    Version {
        /// When it was replaced, as the screen shows it.
        replaced: String,
        /// The settings of each environment then.
        settings: Box<PerEnvironment<Settings>>,
    },
    /// Replace all From numbers, after a yes.
    ReplaceNumbers {
        /// What changes.
        lines: Vec<String>,
        /// The numbers.
        grid: Box<FromNumbers>,
    },
    /// A new From number.
    Number {
        /// The sender, as the account offers it.
        sender: Sender,
        /// The country that it should serve first.
        country: Option<Country>,
        /// Whether it becomes the default number.
        is_default: bool,
    },
}
