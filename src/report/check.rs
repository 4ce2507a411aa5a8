//! Warnings about valid settings, and the figures behind them.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::config::Exposed;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::figures;
use crate::domain::price::Price;

/// A warning about the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsWarning<'a> {
    /// Always `warning`; what is wrong is an error.
    pub severity: &'static str,
    /// The environment.
    pub environment: &'static str,
    /// The field, as people call it.
    pub field: &'a str,
    /// The warning.
    pub message: &'a str,
}

impl<'a> SettingsWarning<'a> {
    /// A warning about a field.
    pub const fn of(environment: Environment, field: &'a str, message: &'a str) -> Self {
        Self { severity: "warning", environment: environment.key(), field, message }
    }
}

/// A warning about a file of the deck that others can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExposedFile {
    /// Always `warning`.
    pub severity: &'static str,
    /// The file.
    pub path: String,
    /// The warning.
    pub message: String,
}

impl ExposedFile {
    /// A warning about a file.
    pub fn of(exposed: &Exposed) -> Self {
        let path = exposed.path.display().to_string();
        Self { severity: "warning", path, message: exposed.to_string() }
    }
}

/// The figures behind the settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// The environment.
    pub environment: &'static str,
    /// Codes that one user can get within a day.
    pub codes_per_user_and_day: u32,
    /// The chance of guessing a code of one user within a day, 0 to 1.
    pub guessing_chance_per_day: f64,
    /// SMS that one code takes.
    pub segments: u32,
    /// What one user can cost in a day, where the price of an SMS is set.
    pub cost_per_user_and_day: Option<f64>,
    /// Countries that are on some number.
    pub mapped_countries: Vec<&'static str>,
    /// The only countries that are texted at all, if that is limited.
    pub only_countries: Option<Vec<&'static str>>,
    /// Calling codes of which some countries are on a number and others are not.
    pub partly_mapped: Vec<PartlyMapped>,
}

/// A calling code that several countries share, not all of them on a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartlyMapped {
    /// The calling code.
    pub calling_code: u16,
    /// Its countries that are on a number.
    pub mapped: Vec<&'static str>,
    /// Its countries that are on none.
    pub left_out: Vec<&'static str>,
}

impl Figures {
    /// The figures of an environment, at a price for each SMS.
    pub fn of(environment: Environment, of: &figures::Figures, price: Option<Price>) -> Self {
        Self {
            environment: environment.key(),
            codes_per_user_and_day: of.codes_a_day,
            guessing_chance_per_day: of.guessing_chance,
            segments: of.segments,
            cost_per_user_and_day: price.map(|price| f64::from(of.cost_a_day(price))),
            mapped_countries: codes(&of.mapped),
            only_countries: of.only_countries.as_ref().map(codes),
            partly_mapped: of.partly_mapped.iter().map(PartlyMapped::from).collect(),
        }
    }
}

impl From<&figures::PartlyMapped> for PartlyMapped {
    fn from(of: &figures::PartlyMapped) -> Self {
        let (mapped, left_out) = (codes(&of.mapped), codes(&of.left_out));
        Self { calling_code: of.calling_code, mapped, left_out }
    }
}

/// Countries that were texted in the last day and are on no number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmappedCountries {
    /// The environment.
    pub environment: &'static str,
    /// The countries.
    pub texted_on_no_number: Vec<&'static str>,
}

impl UnmappedCountries {
    /// The unmapped countries of an environment.
    pub fn of(environment: Environment, countries: &BTreeSet<Country>) -> Self {
        Self { environment: environment.key(), texted_on_no_number: codes(countries) }
    }
}

/// The ISO codes of countries.
pub(super) fn codes<'a>(countries: impl IntoIterator<Item = &'a Country>) -> Vec<&'static str> {
    countries.into_iter().map(|country| country.code()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Exposed};
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_check_are_stable() {
        let settings = Config::built_in().environments.test;
        let figures = figures::Figures::of(&settings, "ACME");
        let figures = Figures::of(Environment::Test, &figures, None);
        assert_eq!(
            names(&figures),
            "codes_per_user_and_day cost_per_user_and_day environment guessing_chance_per_day mapped_countries only_countries partly_mapped segments"
        );
        let part = PartlyMapped { calling_code: 1, mapped: Vec::new(), left_out: Vec::new() };
        assert_eq!(names(&part), "calling_code left_out mapped");
        let warning = SettingsWarning::of(Environment::Test, "Provider", "");
        assert_eq!(names(&warning), "environment field message severity");
        let exposed = ExposedFile::of(&Exposed { path: "/deck.db".into(), mode: 0o644 });
        assert_eq!(names(&exposed), "message path severity");
        let unmapped = UnmappedCountries::of(Environment::Test, &BTreeSet::new());
        assert_eq!(names(&unmapped), "environment texted_on_no_number");
    }
}
