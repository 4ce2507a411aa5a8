//! Thresholds: when something in an environment is worth a warning, and when it is critical.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounded::Bounded;

/// A share in percent, 1 to 100.
pub type Percent = Bounded<1, 100>;

/// The thresholds of a deck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Failures of one kind within an hour that are worth a warning, where they are also a share that
    /// is.
    pub failures: Bounded<1, 10_000>,
    /// The share of an hour's codes that fail in one way that is worth a warning.
    pub warning_percent: Percent,
    /// The share of the newest codes that fail that is critical, where the failures are also twice as
    /// many as are worth a warning.
    pub failing_percent: Percent,
    /// Minutes that a code may have no final status.
    pub open_minutes: Bounded<1, 1440>,
    /// The factor over the usual number of codes in an hour, or to a country in a day, that is
    /// worth a warning; for 20 codes or more.
    pub busy_factor: Bounded<2, 1000>,
    /// The share of a country's codes in a day that were never entered that is worth a warning; for
    /// 20 codes or more.
    pub unverified_percent: Percent,
    /// Wrong tries of one user in a row that are worth a warning.
    pub wrong_tries: Bounded<1, 100>,
    /// Different numbers in one block of 1,000 within a day that are worth a warning.
    pub block_numbers: Bounded<2, 1000>,
    /// Whole units of the account's currency; a balance below is worth a warning, and one below zero
    /// is always critical.
    pub balance: Bounded<0, 65_535>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            failures: Bounded::nearest(3),
            warning_percent: Bounded::nearest(5),
            failing_percent: Bounded::nearest(50),
            open_minutes: Bounded::nearest(10),
            busy_factor: Bounded::nearest(5),
            unverified_percent: Bounded::nearest(80),
            wrong_tries: Bounded::nearest(10),
            block_numbers: Bounded::nearest(10),
            balance: Bounded::nearest(10),
        }
    }
}
