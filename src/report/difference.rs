//! What differs between settings.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::difference;
use crate::domain::environment::Environment;

/// A field that a change changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The field, by its name in the config.
    pub field: &'static str,
    /// The field, as people call it.
    pub label: &'static str,
    /// Its value before.
    pub old: &'a str,
    /// Its value afterwards.
    pub new: &'a str,
    /// Whether it was only shown.
    pub dry_run: bool,
}

impl<'a> Difference<'a> {
    /// A difference in an environment.
    pub fn of(environment: Environment, of: &'a difference::Difference, dry_run: bool) -> Self {
        let (field, label) = (of.field.key(), of.field.label());
        let environment = environment.key();
        Self { environment, field, label, old: &of.old, new: &of.new, dry_run }
    }
}

/// A setting of the whole deck that a change changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeckDifference<'a> {
    /// What changes, in words.
    pub deck: &'a str,
    /// Whether it was only shown.
    pub dry_run: bool,
}

/// A warning about changed settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeWarning<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The field, as people call it.
    pub field: &'static str,
    /// The warning.
    pub warning: &'a str,
}

/// A field that differs between two environments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceBetween<'a> {
    /// The field, by its name in the config.
    pub field: &'static str,
    /// The field, as people call it.
    pub label: &'static str,
    /// The value of each, under the name of its environment.
    #[serde(flatten)]
    pub values: BTreeMap<&'static str, &'a str>,
    /// Whether only Production has it.
    pub drift: bool,
}

impl<'a> DifferenceBetween<'a> {
    /// A difference from one environment to another.
    pub fn of(
        (from, to): (Environment, Environment),
        of: &'a difference::Difference,
        drift: bool,
    ) -> Self {
        let values = [(from.key(), of.old.as_str()), (to.key(), of.new.as_str())];
        let (field, label) = (of.field.key(), of.field.label());
        Self { field, label, values: values.into(), drift }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::domain::bounded::CodesAllowed;
    use crate::domain::settings::Settings;
    use crate::report::names::names;

    #[test]
    fn the_names_of_differences_are_stable() {
        let old = Config::built_in().environments.test;
        let new = Settings { codes_allowed: CodesAllowed::nearest(9), ..old.clone() };
        let change = &difference::differences(&old, &new)[0];
        let report = Difference::of(Environment::Test, change, true);
        assert_eq!(names(&report), "dry_run environment field label new old");
        assert_eq!((report.field, report.new), ("codes_allowed", "9"));
        let ends = (Environment::Test, Environment::Production);
        let between = DifferenceBetween::of(ends, change, false);
        assert_eq!(names(&between), "drift field label production test");
        assert_eq!(names(&DeckDifference { deck: "", dry_run: true }), "deck dry_run");
        let warning = ChangeWarning { environment: "test", field: "Provider", warning: "" };
        assert_eq!(names(&warning), "environment field warning");
    }
}
