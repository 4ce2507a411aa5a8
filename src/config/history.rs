//! The config as it was before each save, so that a mistaken save can be undone.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::file::{Kept, give, replace};
use super::paths::Paths;

/// The number of versions that are kept.
pub const VERSIONS: usize = 20;

/// A config as it was once. Like the config it holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name: when it was replaced, in UTC.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
}

/// The versions that are kept, the newest first.
///
/// # Errors
/// When their folder cannot be read.
pub fn versions(paths: &Paths) -> io::Result<Vec<Version>> {
    of_folder(&folder(&paths.config))
}

/// Returns the history folder: beside the config and named after it, as several configs may share
/// a folder.
pub(super) fn folder(config: &Path) -> PathBuf {
    // A path through a symlink and a direct path must lead to the same versions.
    let config = config.canonicalize().unwrap_or_else(|_| config.to_owned());
    let mut name = config.file_name().unwrap_or_default().to_owned();
    name.push(".history");
    config.with_file_name(name)
}

fn of_folder(folder: &Path) -> io::Result<Vec<Version>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut versions = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.and_then(|name| name.strip_suffix(".ron"))
            && moment(name).is_some()
        {
            versions.push(Version { name: name.to_owned(), path });
        }
    }
    // The names are times, and those sort as text.
    versions.sort_by(|one, other| other.name.cmp(&one.name));
    Ok(versions)
}

/// How a version is named: by the time, in UTC.
const NAME: &str = "%Y%m%dT%H%M%S.%3fZ";

/// The time in the name of a version; `None` where that is no such name.
fn moment(name: &str) -> Option<Timestamp> {
    let time = name.strip_suffix('Z')?;
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", time).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// Saves an invalid text beside the config, readable only by its owner: it may hold what belongs
/// in no history. It is not a version, as it could not be restored.
pub(super) fn set_aside(config: &Path, text: &str) -> io::Result<()> {
    let mut name = config.file_name().unwrap_or_default().to_owned();
    name.push(".broken");
    replace(&config.with_file_name(name), Kept::Never(0o600), |file| {
        file.write_all(text.as_bytes())
    })
}

/// Keeps the present text of a config, with the mode of its file, and deletes the oldest version.
/// The caller must hold the lock.
pub(super) fn keep(config: &Path, text: &str) -> io::Result<()> {
    let folder = folder(config);
    let owner = fs::metadata(config)?;
    if !folder.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        give(&folder, &owner)?;
    }
    let kept = of_folder(&folder)?;
    // A save that failed after this point has left it here already.
    if kept
        .first()
        .is_some_and(|newest| fs::read_to_string(&newest.path).is_ok_and(|it| it == text))
    {
        return Ok(());
    }
    // After the newest, even if the clock has been set back since.
    let after = kept.first().and_then(|newest| moment(&newest.name));
    let after = after.and_then(|newest| newest.checked_add(SignedDuration::from_millis(1)).ok());
    let at = Timestamp::now().max(after.unwrap_or(Timestamp::MIN));
    let path = folder.join(format!("{}.ron", at.strftime(NAME)));
    replace(&path, Kept::Never(0o600), |file| file.write_all(text.as_bytes()))?;
    fs::set_permissions(&path, owner.permissions())?;
    give(&path, &owner)?;
    for old in kept.iter().skip(VERSIONS - 1) {
        fs::remove_file(&old.path)?;
    }
    Ok(())
}
