//! Writes a change of the settings into the files of the deck.

use jiff::Timestamp;

use super::asked::{Edit, EnvironmentSave, SettingsChange, TokenChange};
use super::outcome::ChangeError;
use crate::config::{self, Config, ConfigError, Paths, Replaced, SecretsError};
use crate::domain::environment::Environment;

/// What was written.
pub(super) struct Written {
    /// The settings before and now.
    pub replaced: Replaced,
    /// Whose token was to be stored or removed.
    pub token_of: Option<Environment>,
    /// Whether it was.
    pub token: Result<(), SecretsError>,
    /// Whether the tokens that the settings no longer name are gone.
    pub forgotten: Result<(), SecretsError>,
    /// Credentials that no account was asked about, and why not.
    pub unverified: Vec<(Environment, String)>,
}

/// Saves the settings first: they may be refused, and then the tokens stay as they are too. The
/// credentials must be those of `checked`, whatever the file says by now.
pub(super) fn write(
    paths: &Paths,
    change: &SettingsChange,
    checked: &Config,
    now: Timestamp,
) -> Result<Written, ChangeError> {
    let (replaced, token) = match change {
        SettingsChange::Environment(save) => {
            let replaced = save_environment(paths, save)?;
            (replaced, change_token(paths, save, now))
        }
        SettingsChange::Edit(edit) => {
            let replaced = save_edit(paths, edit, checked)?;
            (replaced, store_token(paths, edit, now))
        }
        SettingsChange::Text { before, after } => {
            (config::replace_text(paths, before, after)?, Ok(()))
        }
        SettingsChange::Version { version, compared } => {
            let may_go = |present: &Config| *present == **compared;
            (config::restore(paths, version, may_go)?, Ok(()))
        }
    };
    // A token that could not be changed as asked is someone else's by now, and stays.
    let forgotten = match token {
        Ok(()) => config::forget_tokens(paths, &replaced.old, &replaced.new).map(drop),
        Err(_) => Ok(()),
    };
    let (token_of, unverified) = (change.token_of(), Vec::new());
    Ok(Written { replaced, token_of, token, forgotten, unverified })
}

fn save_environment(paths: &Paths, save: &EnvironmentSave) -> Result<Replaced, ChangeError> {
    let EnvironmentSave { environment, baseline, settings, .. } = save;
    let new = config::save_environment(paths, *environment, baseline, settings)?;
    let mut old = new.clone();
    old.environments[*environment] = baseline.clone();
    Ok(Replaced { old, new, was_broken: false })
}

fn save_edit(paths: &Paths, edit: &Edit, checked: &Config) -> Result<Replaced, ChangeError> {
    let (old, new) = config::change(paths, |config| {
        (edit.edit)(config).map_err(ChangeError::Invalid)?;
        let is_checked = config.environments.iter().all(|(environment, settings)| {
            let checked = &checked.environments[environment].provider;
            settings.provider.has_same_credentials(checked)
        });
        // Someone has saved others meanwhile.
        let path = paths.config.clone();
        if is_checked { Ok(()) } else { Err(ChangeError::from(ConfigError::Changed { path })) }
    })?;
    Ok(Replaced { old, new, was_broken: false })
}

fn change_token(paths: &Paths, save: &EnvironmentSave, now: Timestamp) -> Result<(), SecretsError> {
    let EnvironmentSave { environment, token, known_token, .. } = save;
    match token {
        TokenChange::Keep => Ok(()),
        TokenChange::Replace(token) => {
            config::replace_token(paths, *environment, known_token, token, now)
        }
        TokenChange::Remove => config::remove_token(paths, *environment, known_token),
    }
}

fn store_token(paths: &Paths, edit: &Edit, now: Timestamp) -> Result<(), SecretsError> {
    let Some((environment, token)) = &edit.token else { return Ok(()) };
    config::store_token(paths, *environment, token, now)
}
