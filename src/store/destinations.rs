//! Where codes go, and how many of them are never entered: what tells people who sign in from an
//! abuser who makes money with every message.

use std::collections::BTreeSet;

use crate::domain::country::Country;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::secret::LookupKey;

/// Where the codes of an environment went within the last day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations {
    /// Country by country, those with the most codes first.
    pub countries: Vec<CountryTraffic>,
    /// Blocks of 1,000 numbers of which several had codes, those with the most numbers first.
    pub blocks: Vec<BlockTraffic>,
    /// Countries to which no code could go, as no From number serves them.
    pub refused: BTreeSet<Country>,
    /// Whether there were codes before the last day, so that there is something usual.
    pub has_history: bool,
}

/// The codes to one country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryTraffic {
    /// The country; `None`: numbers of no country.
    pub country: Option<Country>,
    /// Codes within the last day.
    pub day: u32,
    /// Codes a day, on average over the week before or what there is of it, rounded up.
    pub usual: u32,
    /// Codes of the last day that were entered, or can be entered no more.
    pub settled: u32,
    /// Those of them that no one ever entered.
    pub unverified: u32,
}

impl CountryTraffic {
    /// The share of settled codes that no one entered, in percent, rounded down.
    pub fn unverified_share(&self) -> Option<u32> {
        (self.unverified * 100).checked_div(self.settled)
    }
}

/// The codes to one block of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockTraffic {
    /// What tells the block, as
    /// [`DeckKey::block`](crate::domain::secret::DeckKey::block).
    pub block: LookupKey,
    /// The country of its numbers.
    pub country: Option<Country>,
    /// Codes within the last day.
    pub codes: u32,
    /// Codes a day, on average over the week before, rounded up.
    pub usual: u32,
    /// Different numbers that the last day's codes went to.
    pub numbers: u32,
}

impl BlockTraffic {
    /// A short name of the block: four hexadecimal digits of what tells it.
    pub fn name(&self) -> String {
        format!("{:02x}{:02x}", self.block.0[0], self.block.0[1])
    }
}

impl Destinations {
    /// The countries that were asked for in the last day and are on none of these numbers: sent to
    /// from the default number, or refused.
    pub fn on_no_number(&self, numbers: &FromNumbers) -> BTreeSet<Country> {
        let texted = self.countries.iter().filter_map(|traffic| traffic.country);
        let asked = texted.chain(self.refused.iter().copied());
        asked.filter(|&country| numbers.serving(country).is_none()).collect()
    }
}
