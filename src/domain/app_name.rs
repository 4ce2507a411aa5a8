//! The name of the app in messages.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::is_printable;

/// The longest name, in characters: with it the built-in text still fits into one message.
const MAX_LENGTH: usize = 60;

/// The name of the app that stands for `{app}` in messages: 1 to 60 printable characters, with
/// something to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = MAX_LENGTH))]
pub struct AppName(String);

/// Why a text is no name of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppNameError {
    /// The text is empty or has only spaces.
    #[error("the name is empty: write what users know the app as")]
    Empty,
    /// The text is too long.
    #[error("the name is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The text has a character that cannot be printed.
    #[error("the name has a character that cannot be printed: type it again")]
    Unprintable,
}

impl AppName {
    /// Checks a name. It is kept as it was typed.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that cannot be printed.
    pub fn parse(text: &str) -> Result<Self, AppNameError> {
        if text.trim().is_empty() {
            Err(AppNameError::Empty)
        } else if text.chars().count() > MAX_LENGTH {
            Err(AppNameError::TooLong)
        } else if text.chars().all(is_printable) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AppNameError::Unprintable)
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for AppName {
    fn default() -> Self {
        Self("Sign-in".to_owned())
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<AppName> for String {
    fn from(name: AppName) -> Self {
        name.0
    }
}

impl TryFrom<String> for AppName {
    type Error = AppNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_seen_and_is_short() {
        for name in ["ACME", "Bücher & Co", "山田", "a b", &"x".repeat(60)] {
            assert_eq!(AppName::parse(name).unwrap().as_str(), name);
        }
        for (name, error) in [
            ("", AppNameError::Empty),
            ("  ", AppNameError::Empty),
            ("\x1b[31mACME", AppNameError::Unprintable),
            ("AC\u{202e}ME", AppNameError::Unprintable),
            ("AC\nME", AppNameError::Unprintable),
            (&"x".repeat(61), AppNameError::TooLong),
        ] {
            assert_eq!(AppName::parse(name), Err(error), "{name:?}");
        }
    }
}
