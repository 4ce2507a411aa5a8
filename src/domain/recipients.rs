//! Whom an environment may text.

use std::collections::BTreeSet;
use std::fmt;

use super::phone::PhoneNumber;

/// Whom an environment may text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// Every valid number.
    Anyone,
    /// These numbers and no other: keeps a test from ever texting a real user. The Sandbox,
    /// which texts no one, ignores it.
    Only(BTreeSet<PhoneNumber>),
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Only(numbers) if numbers.len() == 1 => f.write_str("only 1 number"),
            Self::Only(numbers) => write!(f, "only {} numbers", numbers.len()),
        }
    }
}
