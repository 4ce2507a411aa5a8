//! The text that narrows a pane, and the question about it that is under way.

use crate::domain::text::masked_digits;
use crate::tui::input::Input;
use crate::tui::question::Ticket;
use crate::tui::text_field::{PasteRefused, TextField};

/// Digits from which on a text may be a whole number, or an id that is masked: no number is shorter
/// (ITU-T E.164).
const MIN_DIGITS: usize = 6;

/// A text, and whether it is being typed.
#[derive(Debug)]
pub struct TypedFilter {
    /// The text as typed.
    pub text: TextField,
    /// Whether it is being typed.
    pub is_typing: bool,
    /// Which question about the number is awaited.
    ticket: Ticket,
}

impl TypedFilter {
    /// Begins to type.
    pub(super) fn new() -> Self {
        Self { text: TextField::new("", 80), is_typing: true, ticket: Ticket::default() }
    }

    /// Edits the text; what was found for the old one counts no more. Returns why a paste was
    /// refused, if it was.
    pub(super) fn edit(&mut self, input: &Input) -> Option<PasteRefused> {
        self.ticket = Ticket::default();
        match input {
            Input::Key(key) => {
                self.text.on_key(*key);
                None
            }
            Input::Paste(pasted) => self.text.paste(pasted).err(),
            Input::Action(_) => None,
        }
    }

    /// The text, if it may be a whole number or an id.
    pub(super) fn may_be_number(&self) -> Option<String> {
        let typed = self.text.text();
        let digits = typed.chars().filter(char::is_ascii_digit).count();
        (digits >= MIN_DIGITS).then(|| typed.to_owned())
    }

    /// Waits for the answer to a question.
    pub(super) const fn wait_for(&mut self, ticket: Ticket) {
        self.ticket = ticket;
    }

    /// Whether it waits for the answer to a question.
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.ticket == ticket
    }

    /// The text as a title shows it: a whole number is masked once it is typed.
    pub(super) fn shown(&self) -> String {
        let text = self.text.text();
        if self.is_typing { format!("{text}_") } else { masked_digits(text, 7) }
    }
}
