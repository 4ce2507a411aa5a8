//! The From numbers of one environment: senders, the countries each serves, and the default.

use std::collections::BTreeSet;
use std::fmt;

use super::country::Country;
use super::sender::Sender;

/// One row of the grid: a sender and the countries whose recipients it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromNumber {
    /// Who the message comes from.
    pub sender: Sender,
    /// The countries that are sent to from it. Empty only for the default number.
    pub countries: BTreeSet<Country>,
}

impl FromNumber {
    /// Its countries, in words.
    pub fn country_codes(&self) -> String {
        if self.countries.is_empty() {
            return "no country of its own".to_owned();
        }
        self.countries.iter().map(|country| country.code()).collect::<Vec<_>>().join(" ")
    }
}

/// `+1 415 555 0100 for CA US`
impl fmt::Display for FromNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.sender, self.country_codes())
    }
}

/// The whole grid, always consistent: no sender twice, no country on two numbers, the default
/// in the grid, and every number of some use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FromNumbers {
    numbers: Vec<FromNumber>,
    default: Option<Sender>,
}

/// What makes a grid inconsistent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FromNumbersError {
    /// Two rows have the same sender.
    #[error("{0} is listed twice")]
    SenderTwice(Sender),
    /// Two rows list the same country.
    #[error("{country} is already on {on}; a country can be on only one number")]
    CountryTwice {
        /// The country.
        country: Country,
        /// The number that has it already.
        on: Sender,
    },
    /// The default number is not in the grid.
    #[error("the default number {0} is not a From number")]
    DefaultMissing(Sender),
    /// A number serves no country and is not the default.
    #[error("{0} has no countries: add one, or make it the default number")]
    NoCountries(Sender),
    /// A sender name in a country of `+1`.
    #[error("{sender} is alphanumeric, which no +1 country accepts: remove {country} from it")]
    RefusedInCountry {
        /// The sender name.
        sender: Sender,
        /// The country that never accepts it.
        country: Country,
    },
    /// An edit or removal names a sender that is not there (any more).
    #[error("{0} is not a From number")]
    Unknown(Sender),
}

impl FromNumbers {
    /// Checks a grid.
    ///
    /// # Errors
    /// With the first inconsistency, row by row.
    pub fn new(
        numbers: Vec<FromNumber>,
        default: Option<Sender>,
    ) -> Result<Self, FromNumbersError> {
        for (index, number) in numbers.iter().enumerate() {
            let before = &numbers[..index];
            if before.iter().any(|other| other.sender == number.sender) {
                return Err(FromNumbersError::SenderTwice(number.sender.clone()));
            }
            for &country in &number.countries {
                if let Some(other) = before.iter().find(|other| other.countries.contains(&country))
                {
                    return Err(FromNumbersError::CountryTwice {
                        country,
                        on: other.sender.clone(),
                    });
                }
                if number.sender.is_refused_in(country) {
                    return Err(FromNumbersError::RefusedInCountry {
                        sender: number.sender.clone(),
                        country,
                    });
                }
            }
            if number.countries.is_empty() && default.as_ref() != Some(&number.sender) {
                return Err(FromNumbersError::NoCountries(number.sender.clone()));
            }
        }
        if let Some(sender) = &default
            && !numbers.iter().any(|number| number.sender == *sender)
        {
            return Err(FromNumbersError::DefaultMissing(sender.clone()));
        }
        Ok(Self { numbers, default })
    }

    /// The rows, in the order in which they were entered.
    pub fn rows(&self) -> &[FromNumber] {
        &self.numbers
    }

    /// The row of a sender.
    pub fn row(&self, sender: &Sender) -> Option<&FromNumber> {
        self.numbers.iter().find(|row| row.sender == *sender)
    }

    /// The number for countries that no number claims.
    pub const fn default_number(&self) -> Option<&Sender> {
        self.default.as_ref()
    }

    /// The default number, in words.
    pub fn default_words(&self) -> String {
        let default = self.default.as_ref();
        default.map_or_else(|| "no default".to_owned(), |sender| format!("default {sender}"))
    }

    /// Whether this sender is the default number.
    pub fn is_default(&self, sender: &Sender) -> bool {
        self.default.as_ref() == Some(sender)
    }

    /// The number that lists a country.
    pub fn serving(&self, country: Country) -> Option<&FromNumber> {
        self.numbers.iter().find(|number| number.countries.contains(&country))
    }

    /// How many countries are on some number.
    pub fn mapped_countries(&self) -> usize {
        self.numbers.iter().map(|number| number.countries.len()).sum()
    }

    /// Adds a number, or puts it in the place of `replaces`. Countries that it shares with
    /// other numbers move to it; `make_default` marks it, and an edit without it takes the mark
    /// away.
    ///
    /// # Errors
    /// When the outcome would be inconsistent; nothing is changed then.
    pub fn with(
        &self,
        replaces: Option<&Sender>,
        number: FromNumber,
        make_default: bool,
    ) -> Result<Self, FromNumbersError> {
        let mut numbers = self.numbers.clone();
        for other in numbers.iter_mut().filter(|other| replaces != Some(&other.sender)) {
            if other.sender != number.sender {
                other.countries.retain(|country| !number.countries.contains(country));
            }
        }
        let was_default = replaces.is_some_and(|sender| self.is_default(sender));
        let default = match (make_default, was_default) {
            (true, _) => Some(number.sender.clone()),
            (false, true) => None,
            (false, false) => self.default.clone(),
        };
        match replaces {
            None => numbers.push(number),
            Some(sender) => {
                let row = numbers
                    .iter_mut()
                    .find(|row| row.sender == *sender)
                    .ok_or_else(|| FromNumbersError::Unknown(sender.clone()))?;
                *row = number;
            }
        }
        Self::new(numbers, default)
    }

    /// The grid with one number, or with `None` the default mark, as another grid has it. Countries
    /// that it has there move to it.
    ///
    /// # Errors
    /// When the outcome would be inconsistent.
    pub fn with_that_of(
        &self,
        other: &Self,
        number: Option<&Sender>,
    ) -> Result<Self, FromNumbersError> {
        let Some(sender) = number else { return self.with_default(other.default_number()) };
        let here = self.row(sender).is_some();
        match other.row(sender) {
            None => self.without(sender),
            Some(row) => {
                let is_default = self.is_default(sender) || row.countries.is_empty();
                self.with(here.then_some(sender), row.clone(), is_default)
            }
        }
    }

    /// Removes a number from the grid; if it was the default, there is none afterwards.
    ///
    /// # Errors
    /// When it is not in the grid.
    pub fn without(&self, sender: &Sender) -> Result<Self, FromNumbersError> {
        let numbers: Vec<FromNumber> =
            self.numbers.iter().filter(|number| number.sender != *sender).cloned().collect();
        if numbers.len() == self.numbers.len() {
            return Err(FromNumbersError::Unknown(sender.clone()));
        }
        let default = self.default.clone().filter(|default| default != sender);
        Self::new(numbers, default)
    }

    /// Makes a number the default, or clears the default with `None`.
    ///
    /// # Errors
    /// When it is not in the grid, or the former default would be left without any country.
    pub fn with_default(&self, sender: Option<&Sender>) -> Result<Self, FromNumbersError> {
        Self::new(self.numbers.clone(), sender.cloned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sender(text: &str) -> Sender {
        Sender::parse(text).unwrap()
    }

    fn number(text: &str, countries: &[&str]) -> FromNumber {
        FromNumber {
            sender: sender(text),
            countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_country_moves_with_the_number_that_claims_it_last() {
        let grid = FromNumbers::new(vec![number("+14155550100", &["US", "CA"])], None).unwrap();
        let grid = grid.with(None, number("+16135550100", &["CA"]), true).unwrap();
        assert_eq!(grid.serving("CA".parse().unwrap()).unwrap().sender, sender("+16135550100"));
        assert_eq!(grid.serving("US".parse().unwrap()).unwrap().sender, sender("+14155550100"));
        assert!(grid.is_default(&sender("+16135550100")));
    }

    #[test]
    fn an_inconsistent_grid_cannot_be_made() {
        let us = || number("+14155550100", &["US"]);
        let new = |numbers, default: Option<&str>| FromNumbers::new(numbers, default.map(sender));
        assert!(matches!(new(vec![us(), us()], None), Err(FromNumbersError::SenderTwice(_))));
        assert!(matches!(
            new(vec![us(), number("+16135550100", &["US"])], None),
            Err(FromNumbersError::CountryTwice { .. })
        ));
        assert!(matches!(new(vec![us()], Some("72404")), Err(FromNumbersError::DefaultMissing(_))));
        assert!(matches!(
            new(vec![number("72404", &[])], None),
            Err(FromNumbersError::NoCountries(_))
        ));
        assert!(new(vec![number("72404", &[])], Some("72404")).is_ok());
        assert!(matches!(
            new(vec![number("ACME", &["DE", "CA"])], None),
            Err(FromNumbersError::RefusedInCountry { .. })
        ));
    }

    #[test]
    fn taking_the_last_country_away_from_a_number_is_refused() {
        let grid = FromNumbers::new(vec![number("+14155550100", &["CA"])], None).unwrap();
        let moved = grid.with(None, number("+16135550100", &["CA"]), false);
        assert_eq!(moved, Err(FromNumbersError::NoCountries(sender("+14155550100"))));
    }

    #[test]
    fn removing_the_default_leaves_none() {
        let grid =
            FromNumbers::new(vec![number("+14155550100", &["US"])], Some(sender("+14155550100")))
                .unwrap();
        let grid = grid.without(&sender("+14155550100")).unwrap();
        assert_eq!((grid.rows().len(), grid.default_number()), (0, None));
        assert!(grid.without(&sender("ACME")).is_err());
    }

    proptest! {
        #[test]
        fn no_sequence_of_edits_puts_a_country_on_two_numbers(
            edits in prop::collection::vec((0u8..6, prop::collection::btree_set(0usize..8, 0..4), any::<bool>()), 1..20)
        ) {
            let mut grid = FromNumbers::default();
            for (which, countries, default) in edits {
                let sender = sender(&format!("7240{which}"));
                let countries = countries.into_iter().filter_map(|row| Country::all().nth(row)).collect();
                let replaces = grid.rows().iter().any(|row| row.sender == sender).then(|| sender.clone());
                if let Ok(changed) = grid.with(replaces.as_ref(), FromNumber { sender, countries }, default) {
                    grid = changed;
                }
                for country in Country::all().take(8) {
                    let on = grid.rows().iter().filter(|row| row.countries.contains(&country)).count();
                    prop_assert!(on <= 1);
                }
            }
        }
    }
}
