//! Whole numbers that cannot leave their bounds, and the bounds of the settings that are such
//! numbers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct Bounded<const MIN: u16, const MAX: u16>(u16);

/// How long a code is valid, in minutes. NIST SP 800-63B allows 10 at most.
pub type CodeValidity = Bounded<1, 10>;

/// Number of codes allowed before the time-out.
pub type CodesAllowed = Bounded<1, 20>;

/// Time-out between code requests, in minutes; a day at most.
pub type TimeOut = Bounded<1, 1440>;

/// The number is outside its bounds, or no whole number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is out of bounds: a whole number from {least} to {most}")]
pub struct OutOfBounds {
    given: String,
    least: u16,
    most: u16,
}

impl<const MIN: u16, const MAX: u16> Bounded<MIN, MAX> {
    /// The number, or the bound that is nearest to it.
    pub const fn nearest(number: u16) -> Self {
        if number < MIN {
            Self(MIN)
        } else if number > MAX {
            Self(MAX)
        } else {
            Self(number)
        }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Reads the number as typed into a field.
    ///
    /// # Errors
    /// When it is no whole number within the bounds.
    pub fn parse(typed: &str) -> Result<Self, OutOfBounds> {
        let typed = typed.trim();
        typed.parse().ok().and_then(|number: u16| number.try_into().ok()).ok_or_else(|| {
            OutOfBounds { given: typed.chars().take(20).collect(), least: MIN, most: MAX }
        })
    }
}

impl<const MIN: u16, const MAX: u16> TryFrom<u16> for Bounded<MIN, MAX> {
    type Error = OutOfBounds;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(OutOfBounds { given: number.to_string(), least: MIN, most: MAX })
        }
    }
}

impl<const MIN: u16, const MAX: u16> From<Bounded<MIN, MAX>> for u16 {
    fn from(bounded: Bounded<MIN, MAX>) -> Self {
        bounded.0
    }
}

impl<const MIN: u16, const MAX: u16> JsonSchema for Bounded<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("From{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        for (typed, fits) in [
            ("1", true),
            ("10", true),
            ("0", false),
            ("11", false),
            ("", false),
            ("5.5", false),
            ("-1", false),
        ] {
            assert_eq!(CodeValidity::parse(typed).is_ok(), fits, "{typed}");
        }
        assert_eq!(
            TimeOut::parse("1441").unwrap_err().to_string(),
            "\"1441\" is out of bounds: a whole number from 1 to 1440"
        );
    }
}
