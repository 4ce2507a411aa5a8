//! Changes of the config that were not made by smsdeck, noticed when the file is next read.

use std::io;
use std::path::PathBuf;

use super::contents::Config;
use super::error::ConfigError;
use super::history::{in_force, remember_in_force};
use super::load::read_text;
use super::parse::parse;
use super::paths::Paths;
use crate::files::Lock;

/// A change of the config that somebody made outside of smsdeck. Nobody else can change the config,
/// or notice the change, while this is there.
pub struct OutsideChange {
    /// The config before the change, as far as smsdeck knows.
    pub old: Config,
    /// The config now.
    pub new: Config,
    path: PathBuf,
    text: String,
    _lock: Lock,
}

impl OutsideChange {
    /// Remembers the config as it is now, so that the change is not noticed again.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn remember(self) -> io::Result<()> {
        remember_in_force(&self.path, &self.text)
    }
}

/// Returns the change of the config that somebody has made outside of smsdeck since it last read or
/// wrote it. The first time, the config is only remembered; an invalid one cannot be compared.
///
/// # Errors
/// When the files cannot be read or written.
pub fn outside_change(paths: &Paths) -> Result<Option<OutsideChange>, ConfigError> {
    let path = &paths.config;
    let is_known = |text: &Option<String>| text.is_none() || *text == in_force(path);
    if is_known(&read_text(path)?) {
        return Ok(None);
    }
    let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
    let lock = Lock::take(path).map_err(unwritable)?;
    let text = read_text(path)?;
    if is_known(&text) {
        return Ok(None);
    }
    let text = text.unwrap_or_default();
    let Ok(new) = parse(&text, path) else { return Ok(None) };
    let known = in_force(path).and_then(|known| parse(&known, path).ok());
    match known {
        Some(old) if old != new => {
            let path = path.clone();
            Ok(Some(OutsideChange { old, new, path, text, _lock: lock }))
        }
        _ => {
            remember_in_force(path, &text).map_err(unwritable)?;
            Ok(None)
        }
    }
}
