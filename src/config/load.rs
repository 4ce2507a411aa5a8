//! Reads the config from its file.

use std::io;
use std::path::Path;

use super::contents::Config;
use super::error::ConfigError;
use super::parse::parse;
use super::paths::history_folder;
use super::wire::render;
use crate::domain::plain_text;
use crate::files::{self, Links};

/// The largest config that is read, in bytes; a real one has a few thousand.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the config; `None` where there never was one.
///
/// # Errors
/// When the file cannot be read, has gone, or something in it is wrong: then with line, column and
/// field. The file is never touched.
pub fn load(path: &Path) -> Result<Option<Config>, ConfigError> {
    match read_text(path)? {
        Some(text) => parse(&text, path).map(Some),
        None => has_not_gone(path).map(|()| None),
    }
}

/// Fails where a config that is missing was there before: the built-in settings do not replace it.
fn has_not_gone(path: &Path) -> Result<(), ConfigError> {
    if path.is_symlink() {
        return Err(ConfigError::DanglingLink { path: path.to_owned() });
    }
    if std::fs::read_dir(history_folder(path)).is_ok_and(|mut versions| versions.next().is_some()) {
        return Err(ConfigError::Gone { path: path.to_owned() });
    }
    Ok(())
}

/// The text of a file; `None` where there is none.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let file = match files::open(path, Links::Follow) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    // The opened file counts, even if it is not the one that was checked at the start.
    let found = file.metadata().map_err(unreadable)?;
    if !files::is_private(&found) {
        let (path, owner) = (path.to_owned(), files::owner_of(&found));
        return Err(ConfigError::NotYours { path: path.clone(), owner, config: path });
    }
    let bytes = files::read_open(file, MAX_BYTES).map_err(unreadable)?;
    decoded(bytes, path).map(Some)
}

/// The text of settings that the operator named: a file, or standard input for `-`.
///
/// # Errors
/// When it cannot be read, or is no text: then with line and column.
pub fn input(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    decoded(files::read_input(path, MAX_BYTES).map_err(unreadable)?, path)
}

fn decoded(bytes: Vec<u8>, path: &Path) -> Result<String, ConfigError> {
    plain_text::decoded(bytes).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: error.line,
        column: error.column,
        message: error.to_string(),
    })
}

/// The text of the config as it is on disk, or as it would be written.
///
/// # Errors
/// When there is a file that cannot be read.
pub fn text(path: &Path) -> Result<String, ConfigError> {
    Ok(read_text(path)?.unwrap_or_else(|| render(&Config::built_in())))
}
