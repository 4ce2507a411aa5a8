//! Lines or JSON on standard output.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::bounded::CodesAllowed;
use crate::store::Standing;

/// How a command answers. Never with colours, so it may go anywhere.
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

    /// Writes a line: the text, or the object.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn line(self, text: &str, object: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{text}")?;
        }
        // Whoever reads along wants to see each line when it comes.
        out.flush()
    }
}

/// A moment as in RFC 3339, UTC, with milliseconds.
pub fn moment(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// How a user stands, as every command names it. A lock that only an operator opens has no
/// moment of unlocking.
pub fn standing(standing: Standing, allowed: CodesAllowed) -> Value {
    let Standing { quota, tries_used_up } = standing;
    json!({
        "state": if standing.is_open() { "open" } else { "locked" },
        "used": quota.used(),
        "allowed": allowed.get(),
        "left": if tries_used_up { 0 } else { quota.left() },
        "unlock_at": quota.unlock_at().filter(|_| !tries_used_up).map(moment),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds_and_are_in_utc() {
        let zero = Timestamp::from_millisecond(0).unwrap();
        assert_eq!(moment(zero), "1970-01-01T00:00:00.000Z");
        let later = Timestamp::from_millisecond(1_764_000_000_042).unwrap();
        assert_eq!(moment(later), "2025-11-24T16:00:00.042Z");
    }
}
