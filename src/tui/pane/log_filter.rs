//! Which lines the delivery log shows: those that a typed text means.

use crate::domain::sender::Sender;
use crate::store::Event;
use crate::tui::text_field::TextField;

/// A text, and whether it is being typed.
#[derive(Debug)]
pub struct LogFilter {
    /// The text as typed.
    pub text: TextField,
    /// Whether it is being typed.
    pub is_typing: bool,
}

impl LogFilter {
    /// Begins to type.
    pub fn new() -> Self {
        Self { text: TextField::new("", 80), is_typing: true }
    }

    /// Whether a line is meant: by its status, its error code, its SID, the whole sender, or a
    /// part of the user's name or of the masked number.
    pub fn fits(&self, event: &Event) -> bool {
        let typed = self.text.text().trim().to_lowercase();
        if typed.is_empty() {
            return true;
        }
        let has = |text: &str| text.to_lowercase().contains(&typed);
        let of_sender = event.sender.as_deref().is_some_and(|sender| {
            has(sender) || Sender::parse(sender).is_ok_and(|sender| has(&sender.to_string()))
        });
        let sid = event.sid.as_deref();
        of_sender
            || event.kind.to_string().starts_with(&typed)
            || event.kind.key() == typed
            || event.error_code.is_some_and(|code| code.to_string() == typed)
            || sid.is_some_and(|sid| sid.eq_ignore_ascii_case(&typed))
            || has(&event.user)
            || has(&event.recipient)
    }
}
