//! What reaches a pane or a pop-up from the keyboard.

use crossterm::event::KeyEvent;

use super::keymap::Action;

/// What reaches a part: a key that means something there, any other key, or a paste.
#[derive(Debug, Clone)]
pub enum Input {
    /// A key of the table.
    Action(Action),
    /// A key that the table does not bind there: text, perhaps.
    Key(KeyEvent),
    /// Pasted text.
    Paste(String),
}
