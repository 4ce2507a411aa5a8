//! The From numbers.

use serde::Serialize;

use super::check::codes;
use crate::domain::environment::Environment;
use crate::domain::from_numbers;

/// A From number of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FromNumber<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The number, short code, name or Messaging Service SID.
    pub sender: &'a str,
    /// The countries that it serves.
    pub countries: Vec<&'static str>,
    /// Whether it serves all other countries too.
    pub default: bool,
}

impl<'a> FromNumber<'a> {
    /// A row of an environment's From numbers.
    pub fn of(environment: Environment, row: &'a from_numbers::FromNumber, default: bool) -> Self {
        Self {
            environment: environment.key(),
            sender: row.sender.as_str(),
            countries: codes(&row.countries),
            default,
        }
    }
}

/// The From numbers of an environment as CSV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumbersCsv<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The file's text.
    pub csv: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sender::Sender;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_from_number_are_stable() {
        let sender = Sender::parse("72404").unwrap();
        let row = from_numbers::FromNumber { sender, countries: ["CO".parse().unwrap()].into() };
        let report = FromNumber::of(Environment::Test, &row, true);
        assert_eq!(names(&report), "countries default environment sender");
        assert_eq!((report.sender, &report.countries[..]), ("72404", &["CO"][..]));
    }
}
