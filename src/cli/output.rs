//! Lines or JSON on standard output.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::domain::text::is_printable;

/// How a command writes its results. Never with colors, so they may go anywhere.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// JSON or lines.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON is wanted.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Writes a line: the text, or the report as one JSON object.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn line(self, text: &str, report: &impl Serialize) -> io::Result<()> {
        if self.json { print(&escaped(&serde_json::to_string(report)?)) } else { self.text(text) }
    }

    /// Writes a line that is for people alone.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn text(self, text: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { print(&shown(text, io::stdout().is_terminal())) }
    }
}

/// Clears the terminal and writes a text, so that what is watched stays in its place. Returns whether
/// standard output is a terminal; anywhere else nothing is written.
///
/// # Errors
/// When standard output is gone.
pub fn repaint(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    if !out.is_terminal() {
        return Ok(false);
    }
    // Line by line, without a blank screen in between; what was there before stays to scroll to.
    let lines = shown(text, true).replace('\n', "\x1b[K\n");
    writeln!(out, "\x1b[H{lines}\x1b[K\n\x1b[J")?;
    out.flush()?;
    Ok(true)
}

/// Writes a message to standard error. Where that is gone, the exit code has to do.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", shown(text, io::stderr().is_terminal()));
}

/// A JSON text whose strings hold nothing that moves a cursor or turns the direction of writing:
/// such characters are escaped, so that the values stay what they are.
pub(super) fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_printable(letter) {
            safe.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                // A string takes all that is written to it.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

/// A text without control characters but for tabs and line breaks; on a terminal also without the
/// marks that turn the direction of writing or cannot be seen. In a file these stay: what is written
/// there may be read again.
pub(super) fn shown(text: &str, on_terminal: bool) -> String {
    let is_shown = |letter: &char| match letter {
        '\n' | '\t' => true,
        letter if on_terminal => is_printable(*letter),
        letter => !letter.is_control(),
    };
    text.chars().filter(is_shown).collect()
}

fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    // Anyone who reads along wants to see each line when it comes.
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_printed_reaches_the_terminal_as_an_instruction() {
        let text = "a\x1b[31mb\u{9b}2Jc\u{7f}\u{202e}d\r\n\te\u{200d}";
        assert_eq!(shown(text, true), "a[31mb2Jcd\n\te");
        assert_eq!(shown(text, false), "a[31mb2Jc\u{202e}d\n\te\u{200d}");
        let json = serde_json::to_string(text).unwrap();
        let safe = escaped(&json);
        assert!(safe.chars().all(is_printable), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
}
