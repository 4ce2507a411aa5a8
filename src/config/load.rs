//! Reads the config from its file.

use std::io;
use std::path::Path;

use super::contents::Config;
use super::error::ConfigError;
use super::file;
use super::parse::parse;
use super::wire::render;

/// The largest config that is read, in bytes; a real one has a few thousand.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the config; `None` where there is no file.
///
/// # Errors
/// When the file cannot be read, or something in it is wrong: then with line, column and
/// field. The file is never touched.
pub fn load(path: &Path) -> Result<Option<Config>, ConfigError> {
    match read_text(path)? {
        Some(text) => parse(&text, path).map(Some),
        None => Ok(None),
    }
}

/// The text of a file; `None` where there is none.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let bytes = match file::read(path, MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(unreadable)?,
    };
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| ConfigError::NotUtf8 { path: path.to_owned() })
}

/// The text of the config as it is on disk, or as it would be written.
///
/// # Errors
/// When there is a file that cannot be read.
pub fn text(path: &Path) -> Result<String, ConfigError> {
    Ok(read_text(path)?.unwrap_or_else(|| render(&Config::built_in())))
}
