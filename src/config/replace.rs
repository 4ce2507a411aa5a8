//! Replaces the whole text of the config with an edited text or a former version.

use super::contents::Config;
use super::error::ConfigError;
use super::history::{Version, in_force, versions};
use super::load::{load, read_text};
use super::parse::parse;
use super::paths::Paths;
use super::save::put;
use super::wire::render;
use crate::files::Lock;

/// The result of replacing one config with another.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// The one before; where that was invalid, the last valid version.
    pub old: Config,
    /// The one that is in force.
    pub new: Config,
    /// Whether the one before was invalid.
    pub was_broken: bool,
}

/// Replaces the config with an edited text, exactly as written.
///
/// # Errors
/// When something in it is wrong, with line and column, or the config is no longer what the edit
/// began with. Nothing is changed then.
pub fn replace_text(paths: &Paths, before: &str, after: &str) -> Result<Replaced, ConfigError> {
    let new = parse(after, &paths.config)?;
    put_text(paths, (after, new), |present| {
        let is_same = present == before;
        if is_same { Ok(()) } else { Err(ConfigError::Changed { path: paths.config.clone() }) }
    })
}

/// Replaces the config with a valid text, if the present one may be replaced.
fn put_text(
    paths: &Paths,
    (text, new): (&str, Config),
    may_go: impl FnOnce(&str) -> Result<(), ConfigError>,
) -> Result<Replaced, ConfigError> {
    let path = &paths.config;
    let unwritable = |source| ConfigError::Unwritable { path: path.clone(), source };
    let _lock = Lock::take(path).map_err(unwritable)?;
    let old = read_text(path)?;
    // A config that has gone is compared like an invalid one.
    let present = old.clone().unwrap_or_else(|| render(&last_good(paths)));
    may_go(&present)?;
    // An invalid config may be corrected so; what changes is compared with the last valid one.
    let good = parse(&present, path).ok();
    let was_broken = good.is_none();
    let before = good.unwrap_or_else(|| last_good(paths));
    if old.as_deref() != Some(text) {
        put(path, old.as_deref(), text).map_err(unwritable)?;
    }
    Ok(Replaced { old: before, new, was_broken })
}

/// What was last in force, the newest version that can be read, or the built-in config: what an invalid config is compared
/// with.
pub fn last_good(paths: &Paths) -> Config {
    let known = in_force(&paths.config).and_then(|text| parse(&text, &paths.config).ok());
    let versions = versions(paths).unwrap_or_default();
    let good =
        known.or_else(|| versions.iter().find_map(|version| load(&version.path).ok().flatten()));
    good.unwrap_or_else(Config::built_in)
}

/// Restores a former version of the config, exactly as it was written.
///
/// # Errors
/// When either cannot be read, `may_go` refuses to replace the present config, or it cannot be
/// written. Nothing is changed then.
pub fn restore(
    paths: &Paths,
    version: &Version,
    may_go: impl FnOnce(&Config) -> bool,
) -> Result<Replaced, ConfigError> {
    let missing = || ConfigError::Missing { path: version.path.clone() };
    let text = read_text(&version.path)?.ok_or_else(missing)?;
    let new = parse(&text, &version.path)?;
    let changed = || ConfigError::Changed { path: paths.config.clone() };
    put_text(paths, (&text, new), |present| {
        let present = parse(present, &paths.config).unwrap_or_else(|_| last_good(paths));
        may_go(&present).then_some(()).ok_or_else(changed)
    })
}
