//! Everything that `config.ron` says.

use super::deck::DeckSettings;
use crate::domain::environment::PerEnvironment;
use crate::domain::settings::Settings;

/// Everything that `config.ron` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The settings of each environment.
    pub environments: PerEnvironment<Settings>,
    /// What holds for the whole deck.
    pub deck: DeckSettings,
}

impl Config {
    /// What applies where there is no file: Development can send to the Sandbox at once.
    pub fn built_in() -> Self {
        let environments = PerEnvironment::from_fn(Settings::built_in);
        Self { environments, deck: DeckSettings::default() }
    }
}
