//! Moments as every face writes them.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A moment as in RFC 3339, in UTC, with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds_and_are_in_utc() {
        let zero = Timestamp::from_millisecond(0).unwrap();
        assert_eq!(Moment(zero).to_string(), "1970-01-01T00:00:00.000Z");
        let later = Timestamp::from_millisecond(1_764_000_000_042).unwrap();
        assert_eq!(Moment(later).to_string(), "2025-11-24T16:00:00.042Z");
    }
}
