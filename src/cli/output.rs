//! Lines or JSON on standard output.

use std::io::{self, Write};

use serde::Serialize;

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
        if self.json { print(&serde_json::to_string(report)?) } else { print(text) }
    }

    /// Writes a line that is for people alone.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn text(self, text: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { print(text) }
    }
}

fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    // Anyone who reads along wants to see each line when it comes.
    out.flush()
}
