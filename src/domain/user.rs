//! The user who signs in, as the caller names them.

use std::fmt;

use super::digits::is_invisible_mark;
use super::phone::PhoneNumber;
use super::text::{is_printable, masked_numbers};

/// The longest user id, in characters.
const MAX_LENGTH: usize = 128;

/// Identifies the user whose codes are counted: the caller's user id, or else the phone number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum User {
    /// The user is known by the caller's id.
    Id(UserId),
    /// The caller gave no id: the number is the user.
    Number(PhoneNumber),
}

/// A user id: 1 to 128 printable characters, without spaces around it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

/// Why a text is not a user id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserIdError {
    /// The text is empty or has only spaces.
    #[error("the user id is empty: leave it out to count by phone number")]
    Empty,
    /// The text is too long.
    #[error("the user id is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// The text has a control character or an invisible mark.
    #[error("the user id has a character that cannot be printed")]
    Unprintable,
}

impl UserId {
    /// Parses a user id.
    ///
    /// # Errors
    /// When it is empty, too long, or not printable.
    pub fn parse(text: &str) -> Result<Self, UserIdError> {
        let text = text.trim();
        if text.is_empty() {
            Err(UserIdError::Empty)
        } else if text.chars().count() > MAX_LENGTH {
            Err(UserIdError::TooLong)
        } else if text.chars().all(|letter| is_printable(letter) && !is_invisible_mark(letter)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(UserIdError::Unprintable)
        }
    }

    /// Returns the whole id, to compute the key under which it is stored.
    pub fn whole(&self) -> &str {
        &self.0
    }
}

impl User {
    /// Returns the text that is shown and stored for the user: the id, or the masked number. Digits
    /// of an id that may be a phone number are masked too.
    pub fn label(&self) -> String {
        match self {
            Self::Number(number) => number.masked(),
            Self::Id(id) => masked_numbers(&id.0),
        }
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId(…)")
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_a_phone_number_is_masked() {
        let label = |id| User::Id(UserId::parse(id).unwrap()).label();
        assert_eq!(label("jdoe"), "jdoe");
        assert_eq!(label("user-4711"), "user-4711");
        assert_eq!(label("ana/3001234567"), "ana/…67");
        assert_eq!(label("+57 300 123 4567"), "+…67");
        for (id, label_of_it) in [
            ("300/123/4567", "…67"),
            ("57_300_123_4567", "…67"),
            ("(57) 300.123-4567", "(…67"),
            ("u-3001234567@example.com", "u-…67@example.com"),
            ("٣٠٠١٢٣٤٥٦٧", "…٦٧"),
            ("٣٠٠ ١٢٣ ٤٥٦٧", "…٦٧"),
            ("３００１２３４５６７", "…６７"),
            ("300 — 123 :: 4567", "…67"),
            ("ana.ruiz+2@example.com", "ana.ruiz+2@example.com"),
            ("staff-123456", "staff-123456"),
            ("a1b2c3d4e5f6a7", "a1b2c3d4e5f6a7"),
        ] {
            assert_eq!(label(id), label_of_it, "{id}");
        }
    }

    #[test]
    fn an_id_must_be_printable_and_short() {
        assert!(UserId::parse("a\x1b[31mb").is_err());
        assert!(UserId::parse("   ").is_err());
        for mark in [
            '\u{61c}',
            '\u{2060}',
            '\u{2064}',
            '\u{ad}',
            '\u{e0041}',
            '\u{200b}',
            '\u{fe0f}',
            '\u{3164}',
        ] {
            assert!(UserId::parse(&format!("an{mark}a")).is_err(), "{mark:?}");
        }
        assert!(UserId::parse(&"x".repeat(129)).is_err());
        assert_eq!(UserId::parse(" 山田 ").unwrap().whole(), "山田");
    }
}
