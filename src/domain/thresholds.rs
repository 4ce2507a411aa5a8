//! From when on something in an environment is worth a warning, and from when on codes count as not
//! going out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;

/// A share in percent.
pub type Percent = Bounded<1, 100>;

/// The thresholds of a deck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Failures of one kind within an hour from which on they are worth a warning.
    pub failures: Bounded<1, 10_000>,
    /// The share of an hour's codes that fail in one way from which on that is critical; at least
    /// twice as many as are worth a warning.
    pub failing_percent: Percent,
    /// Minutes that a code may be without an end.
    pub open_minutes: Bounded<1, 1440>,
    /// How many times the usual codes of an hour, or of a country's day, are worth a warning; from
    /// 20 codes on.
    pub busy_factor: Bounded<2, 1000>,
    /// The share of a country's codes of a day that nobody ever entered, from which on that is
    /// worth a warning; from 20 codes on.
    pub unverified_percent: Percent,
    /// Different numbers of one block of 1,000 within a day that are worth a warning.
    pub block_numbers: Bounded<2, 1000>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            failures: Bounded::nearest(3),
            failing_percent: Bounded::nearest(50),
            open_minutes: Bounded::nearest(10),
            busy_factor: Bounded::nearest(5),
            unverified_percent: Bounded::nearest(80),
            block_numbers: Bounded::nearest(10),
        }
    }
}
