//! The three environments, which share nothing unless an operator copies it.

use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the three environments, in the order in which they are always shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// The environment in which developers try things out; it runs on the Sandbox unless changed.
    Development,
    /// The environment in which releases are tested.
    Test,
    /// The environment in which real users sign in.
    Production,
}

impl Environment {
    /// All environments, in their fixed order.
    pub const ALL: [Self; 3] = [Self::Development, Self::Test, Self::Production];

    /// Returns the short name, for narrow screens.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::Development => "Dev",
            Self::Test => "Test",
            Self::Production => "Prod",
        }
    }

    /// Returns the name for screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => "Development",
            Self::Test => "Test",
            Self::Production => "Production",
        }
    }

    /// Returns the name for files, the command line and JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }

    /// Finds an environment by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.key() == key)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a text that names no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown environment {0:?}: use development, test or production")]
pub struct UnknownEnvironment(String);

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    /// Accepts the whole name or an unambiguous beginning of it (`dev`, `prod`), in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim().to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|environment| !wanted.is_empty() && environment.key().starts_with(&wanted))
            .ok_or_else(|| UnknownEnvironment(text.chars().take(40).collect()))
    }
}

/// One value for each environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Environments")]
pub struct PerEnvironment<T> {
    /// The value for Development.
    pub development: T,
    /// The value for Test.
    pub test: T,
    /// The value for Production.
    pub production: T,
}

impl<T> PerEnvironment<T> {
    /// Builds the three values with one function.
    pub fn from_fn(mut value: impl FnMut(Environment) -> T) -> Self {
        Self {
            development: value(Environment::Development),
            test: value(Environment::Test),
            production: value(Environment::Production),
        }
    }

    /// Iterates over the environments with their values, in the fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Environment, &T)> {
        Environment::ALL.into_iter().map(|environment| (environment, &self[environment]))
    }
}

impl<T> Index<Environment> for PerEnvironment<T> {
    type Output = T;

    fn index(&self, environment: Environment) -> &T {
        match environment {
            Environment::Development => &self.development,
            Environment::Test => &self.test,
            Environment::Production => &self.production,
        }
    }
}

impl<T> IndexMut<Environment> for PerEnvironment<T> {
    fn index_mut(&mut self, environment: Environment) -> &mut T {
        match environment {
            Environment::Development => &mut self.development,
            Environment::Test => &mut self.test,
            Environment::Production => &mut self.production,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_found_by_its_name_or_the_beginning_of_it() {
        assert_eq!("prod".parse(), Ok(Environment::Production));
        assert_eq!("Development".parse(), Ok(Environment::Development));
        assert!("".parse::<Environment>().is_err());
        assert!("staging".parse::<Environment>().is_err());
    }

    #[test]
    fn each_environment_has_its_own_value() {
        let mut values = PerEnvironment::from_fn(Environment::name);
        values[Environment::Test] = "changed";
        let all: Vec<_> = values.iter().map(|(_, value)| *value).collect();
        assert_eq!(all, ["Development", "changed", "Production"]);
    }
}
