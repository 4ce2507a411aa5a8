//! Saves the config: rewrites what has changed, and nothing else.

use std::io;
use std::path::Path;

use super::contents::Config;
use super::edit;
use super::error::ConfigError;
use super::history;
use super::load::read_text;
use super::parse::parse;
use super::paths::Paths;
use super::wire::render;
use crate::domain::environment::Environment;
use crate::domain::plain_text::{has_windows_lines, with_line_feeds};
use crate::domain::settings::Settings;
use crate::files::{Links, Lock, Mode, replace};

/// Saves the settings of one environment and returns the config as it is now.
///
/// As [`change`].
///
/// # Errors
/// When this environment was changed by another process since `baseline` was read, or the file
/// cannot be read or written. Nothing is changed then.
pub fn save_environment(
    paths: &Paths,
    environment: Environment,
    baseline: &Settings,
    settings: &Settings,
) -> Result<Config, ConfigError> {
    let (_, config) = change(paths, |config| {
        if config.environments[environment] != *baseline {
            let path = paths.config.clone();
            return Err(ConfigError::Conflict { path, environment });
        }
        config.environments[environment] = settings.clone();
        Ok(())
    })?;
    Ok(config)
}

/// Changes the config and returns it as it was and as it is now.
///
/// The file is read again under the lock, so that changes saved in the meantime are kept. It is
/// replaced as a whole or not at all; what is not changed stays as it was written, with its
/// comments, and the file as it was is kept among the [`versions`](super::versions). Where nothing changes,
/// nothing is written.
///
/// # Errors
/// With what `edit` returns, or when the file cannot be read or written. Nothing is changed then.
pub fn change<E: From<ConfigError>>(
    paths: &Paths,
    edit: impl FnOnce(&mut Config) -> Result<(), E>,
) -> Result<(Config, Config), E> {
    let path = &paths.config;
    let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
    let _lock = Lock::take(path).map_err(unwritable)?;
    let old_text = read_text(path)?;
    let old = match &old_text {
        Some(text) => parse(text, path)?,
        None => Config::built_in(),
    };
    let mut new = old.clone();
    edit(&mut new)?;
    if new == old {
        return Ok((old, new));
    }
    let text = match &old_text {
        Some(old_text) => changed_text(old_text, &old, &new),
        None => render(&new),
    };
    put(path, old_text.as_deref(), &text).map_err(unwritable)?;
    Ok((old, new))
}

/// Replaces the config's text, and keeps the one before.
pub(super) fn put(path: &Path, old: Option<&str>, new: &str) -> io::Result<()> {
    match old {
        // An invalid one may hold anything, even a secret.
        Some(old) if parse(old, path).is_err() => history::set_aside(path, old)?,
        Some(old) => history::keep(path, old)?,
        None => {}
    }
    let write = |file: &mut std::fs::File| io::Write::write_all(file, new.as_bytes());
    replace(path, Links::Follow, Mode::KeptOr(0o644), write)?;
    // It is saved: that it is noticed again as a change from outside is the lesser evil.
    let _ = history::remember_in_force(path, new);
    Ok(())
}

/// The text of a file in which only what differs is rewritten. One that cannot be changed in part
/// is rewritten as a whole: comments are lost then, settings never.
///
/// Lines end as they did.
pub fn changed_text(text: &str, old: &Config, new: &Config) -> String {
    if has_windows_lines(text) {
        return changed_text(&with_line_feeds(text), old, new).replace('\n', "\r\n");
    }
    let edited = edit::edited(text, &render(old), &render(new));
    let is_right = |text: &String| parse(text, Path::new("")).is_ok_and(|config| config == *new);
    edited.filter(is_right).unwrap_or_else(|| render(new))
}
