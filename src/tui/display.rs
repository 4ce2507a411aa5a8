//! Shows the model on the terminal: as a picture, or line by line.

use std::io;

use super::message::Message;
use super::model::Model;
use super::plain::{self, Announcer};
use super::terminal::{Kind, Terminal};
use super::view::view;

/// The terminal, and how the model is shown on it.
pub struct Display {
    /// The terminal.
    pub terminal: Terminal,
    /// Who reads the picture out, if that is wanted, and the columns that there are.
    reader: Option<(Announcer, u16)>,
}

/// The columns of a terminal; as of most, where it does not know them (a serial line).
const fn known(columns: u16) -> u16 {
    if columns == 0 { 80 } else { columns }
}

impl Display {
    /// Takes the terminal, and returns the size of the screen.
    ///
    /// # Errors
    /// When standard output is no terminal.
    pub fn take(is_plain: bool) -> io::Result<(Self, (u16, u16))> {
        let terminal = Terminal::take(if is_plain { Kind::Lines } else { Kind::Screen })?;
        let (columns, rows) = Terminal::size()?;
        let reader = is_plain.then(|| (Announcer::default(), known(columns)));
        let size = if is_plain { plain::SIZE } else { (columns, rows) };
        Ok((Self { terminal, reader }, size))
    }

    /// Shows what has changed.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, model: &Model) -> io::Result<()> {
        match &mut self.reader {
            None => self.terminal.draw(|frame| view(model, frame)),
            Some((announcer, columns)) => {
                let text = announcer.announce(model, *columns);
                self.terminal.write(&text)
            }
        }
    }

    /// Redraws everything.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        match &mut self.reader {
            None => self.terminal.repaint(),
            Some((announcer, _)) => {
                announcer.forget();
                Ok(())
            }
        }
    }

    /// Returns what a message is to the model: a picture that is read out has a size of its own.
    pub fn adapt(&mut self, message: Message) -> Option<Message> {
        match (message, &mut self.reader) {
            (Message::Resize(width, _), Some((_, columns))) => {
                *columns = known(width);
                None
            }
            (message, _) => Some(message),
        }
    }
}
