//! What comes from the keyboard and the mouse.

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

/// What happened with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseInput {
    /// The left button was pressed at a column and a row.
    Click(u16, u16),
    /// The wheel was turned up over a column and a row.
    WheelUp(u16, u16),
    /// The wheel was turned down over a column and a row.
    WheelDown(u16, u16),
}
