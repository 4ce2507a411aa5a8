//! The contents of `config.ron`.

use super::deck::DeckSettings;
use crate::domain::environment::PerEnvironment;
use crate::domain::settings::Settings;

/// The contents of `config.ron`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The settings of each environment.
    pub environments: PerEnvironment<Settings>,
    /// The settings of the whole deck.
    pub deck: DeckSettings,
}

impl Config {
    /// Returns the config used where there is no file: Development can send to the Sandbox at once.
    pub fn built_in() -> Self {
        let environments = PerEnvironment::from_fn(Settings::built_in);
        Self { environments, deck: DeckSettings::default() }
    }
}
