//! A change of the settings as a face asks for it, and what it would change.

use std::path::Path;

use super::invalid_edit::InvalidEdit;
use super::outcome::ChangeError;
use crate::config::{self, Config, ConfigError, Paths, TokenStatus, Version};
use crate::domain::environment::Environment;
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;

/// A change of the settings.
pub enum SettingsChange {
    /// One environment is saved as it was edited.
    Environment(Box<EnvironmentSave>),
    /// Something is edited in whatever the file says by then.
    Edit(Edit),
    /// A text that someone has edited takes the place of the file.
    Text {
        /// The text that the edit began with; if the file has another one by now, nothing changes.
        before: String,
        /// The text as edited.
        after: String,
    },
    /// A former version takes the place of the file.
    Version {
        /// The version.
        version: Version,
        /// The settings that it was compared with; if the file has others by now, nothing changes.
        /// Of an invalid file the last good version.
        compared: Box<Config>,
    },
}

/// What becomes of credentials that no account could be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checking {
    /// They are not saved.
    Required,
    /// They are saved, and called unverified until the account has accepted them.
    Waived,
}

/// A save of one environment.
#[derive(Debug, Clone)]
pub struct EnvironmentSave {
    /// The environment.
    pub environment: Environment,
    /// The settings that the edit began with; if the file has others by now, nothing is saved.
    pub baseline: Settings,
    /// The settings to save.
    pub settings: Settings,
    /// What becomes of the stored token.
    pub token: TokenChange,
    /// What was known of the stored token; if there is another one by now, it stays.
    pub known_token: TokenStatus,
}

/// What a save does to the stored token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenChange {
    /// It stays as it is.
    Keep,
    /// This one takes its place.
    Replace(Secret),
    /// It is removed.
    Remove,
}

/// Edits the settings in place, or says why it cannot be done.
pub type EditConfig = dyn Fn(&mut Config) -> Result<(), InvalidEdit> + Send + Sync;

/// An edit of the settings, carried out while no one else can write them.
pub struct Edit {
    /// The environment that it is about, for the audit; `None`: the whole deck.
    pub environment: Option<Environment>,
    /// Makes the change. It runs more than once: to see what would change, and to change it.
    pub edit: Box<EditConfig>,
    /// A token of an environment, which is stored once the settings are saved.
    pub token: Option<(Environment, Secret)>,
}

impl SettingsChange {
    /// An edit that is about one environment, or about the whole deck, with a token that is stored
    /// once the settings are saved.
    pub fn edit(
        environment: Option<Environment>,
        token: Option<(Environment, Secret)>,
        edit: impl Fn(&mut Config) -> Result<(), InvalidEdit> + Send + Sync + 'static,
    ) -> Self {
        Self::Edit(Edit { environment, edit: Box::new(edit), token })
    }

    /// What would change: the settings as they are and as they would be. Of an invalid file the
    /// last good version is what they are. Writes nothing.
    ///
    /// # Errors
    /// When a file cannot be read, or the change is invalid.
    pub fn preview(&self, paths: &Paths) -> Result<(Config, Config), ChangeError> {
        match self {
            Self::Environment(save) => {
                let old = present(paths)?;
                let mut new = old.clone();
                new.environments[save.environment] = save.settings.clone();
                Ok((old, new))
            }
            Self::Edit(edit) => {
                let old = present(paths)?;
                let mut new = old.clone();
                (edit.edit)(&mut new).map_err(ChangeError::Invalid)?;
                Ok((old, new))
            }
            Self::Text { after, .. } => {
                let new = config::parse(after, &paths.config)?;
                Ok((present_or_last_good(paths), new))
            }
            Self::Version { version, .. } => {
                Ok((present_or_last_good(paths), version_of(&version.path)?))
            }
        }
    }

    /// The environment that the change is about; `None`: the whole deck.
    pub(super) fn environment(&self) -> Option<Environment> {
        match self {
            Self::Environment(save) => Some(save.environment),
            Self::Edit(edit) => edit.environment,
            Self::Text { .. } | Self::Version { .. } => None,
        }
    }

    /// The environment whose stored token changes.
    pub fn token_of(&self) -> Option<Environment> {
        match self {
            Self::Environment(save) => {
                (save.token != TokenChange::Keep).then_some(save.environment)
            }
            Self::Edit(edit) => edit.token.as_ref().map(|(of, _)| *of),
            Self::Text { .. } | Self::Version { .. } => None,
        }
    }

    /// The token that would become the stored one, and whose.
    pub(super) fn new_token(&self) -> Option<(Environment, &Secret)> {
        match self {
            Self::Environment(save) => match &save.token {
                TokenChange::Replace(token) => Some((save.environment, token)),
                TokenChange::Keep | TokenChange::Remove => None,
            },
            Self::Edit(edit) => edit.token.as_ref().map(|(of, token)| (*of, token)),
            Self::Text { .. } | Self::Version { .. } => None,
        }
    }
}

/// What the file says, or the built-in settings where there is none.
fn present(paths: &Paths) -> Result<Config, ConfigError> {
    Ok(config::load(&paths.config)?.unwrap_or_else(Config::built_in))
}

fn present_or_last_good(paths: &Paths) -> Config {
    present(paths).unwrap_or_else(|_| config::last_good(paths))
}

fn version_of(path: &Path) -> Result<Config, ConfigError> {
    config::load(path)?.ok_or_else(|| ConfigError::Missing { path: path.to_owned() })
}
