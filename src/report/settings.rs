//! The settings, and where they are.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::{self, Config};
use crate::domain::environment::Environment;

/// Where the files of a deck are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Places<'a> {
    /// The settings.
    pub config: &'a Path,
    /// The tokens and the key.
    pub secrets: &'a Path,
    /// The store.
    pub store: &'a Path,
}

/// The settings of an environment, by their names in the config and without secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// The environment.
    pub environment: &'static str,
    /// The provider, by its name.
    pub provider: &'static str,
    /// The account with the provider, if it has one.
    pub account: Value,
    /// Everything else.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl Settings {
    /// The settings of an environment.
    pub fn of(config: &Config, environment: Environment) -> Self {
        let mut settings = match config::to_json(config, environment) {
            Value::Object(settings) => settings,
            _ => Map::new(),
        };
        // The provider by its name, as everywhere else; its account beside it.
        let mut provider = settings.remove("provider").unwrap_or_default();
        let account = provider.get_mut("Twilio").map(Value::take);
        Self {
            environment: environment.key(),
            provider: config.environments[environment].provider.name(),
            account: account.unwrap_or_default(),
            settings,
        }
    }
}

/// The settings of one environment as a text, for another deck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported<'a> {
    /// The environment.
    pub environment: &'static str,
    /// The text, in the language of the config.
    pub settings: &'a str,
}

/// The keys of the console as a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsoleKeys<'a> {
    /// The text, in the shape of `keys.ron`.
    pub keys: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_settings_are_those_of_the_config_with_the_account_beside_them() {
        let config = Config::built_in();
        let report = Settings::of(&config, Environment::Development);
        assert_eq!(report.provider, "Sandbox");
        let fields = config::to_json(&config, Environment::Development);
        let mut expected: Vec<&str> =
            fields.as_object().unwrap().keys().map(String::as_str).collect();
        expected.extend(["account", "environment"]);
        expected.sort_unstable();
        assert_eq!(names(&report), expected.join(" "));
    }

    #[test]
    fn the_names_of_places_and_texts_are_stable() {
        let place = Path::new("");
        let places = Places { config: place, secrets: place, store: place };
        assert_eq!(names(&places), "config secrets store");
        assert_eq!(names(&Exported { environment: "test", settings: "" }), "environment settings");
        assert_eq!(names(&ConsoleKeys { keys: "" }), "keys");
    }
}
