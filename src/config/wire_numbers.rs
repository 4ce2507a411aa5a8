//! The From numbers of an environment as `config.ron` has them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::country::Country;
use crate::domain::from_numbers::{FromNumber, FromNumbers, FromNumbersError};
use crate::domain::sender::Sender;

/// A sender, and the countries that are sent to from it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FromNumber")]
pub(super) struct WireNumber {
    sender: Sender,
    #[schemars(extend("uniqueItems" = true))]
    countries: Vec<Country>,
}

/// Checks a grid as it is written.
pub(super) fn numbers_from(
    wire: Vec<WireNumber>,
    default: Option<Sender>,
) -> Result<FromNumbers, FromNumbersError> {
    let mut numbers = Vec::new();
    for WireNumber { sender, countries: written } in wire {
        let mut countries = BTreeSet::new();
        for country in written {
            if !countries.insert(country) {
                return Err(FromNumbersError::CountryTwice { country, on: sender });
            }
        }
        numbers.push(FromNumber { sender, countries });
    }
    FromNumbers::new(numbers, default)
}

/// A grid as it is written, but for its default.
pub(super) fn numbers_of(grid: &FromNumbers) -> Vec<WireNumber> {
    let number = |row: &FromNumber| WireNumber {
        sender: row.sender.clone(),
        countries: row.countries.iter().copied().collect(),
    };
    grid.rows().iter().map(number).collect()
}
