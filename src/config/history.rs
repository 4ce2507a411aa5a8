//! The config as it was before each save, so that a mistaken save can be undone.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::load::read_text;
use super::paths::{Paths, beside, history_folder};
use crate::files::{self, Links, Mode, replace};

/// The number of versions that are kept.
pub const VERSIONS: usize = 20;

/// A config as it was once. Like the config it holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name: when it was replaced, in UTC.
    pub name: String,
    /// When it was replaced.
    pub replaced_at: Timestamp,
    /// Its file.
    pub path: PathBuf,
}

/// The versions that are kept, the newest first.
///
/// # Errors
/// When their folder cannot be read.
pub fn versions(paths: &Paths) -> io::Result<Vec<Version>> {
    of_folder(&history_folder(&paths.config))
}

/// Removes what processes of this deck that were killed have left behind. A text that was edited
/// and not taken is put aside.
pub fn remove_leftovers(paths: &Paths) {
    let unsaved = beside(&paths.config, ".unsaved");
    files::remove_leftovers(
        &paths.config,
        &paths.secrets,
        &history_folder(&paths.config),
        &unsaved,
    );
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
            && let Some(replaced_at) = moment(name)
        {
            versions.push(Version { name: name.to_owned(), replaced_at, path });
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
    replace(&beside(config, ".broken"), Links::Refuse, Mode::Always(0o600), |file| {
        file.write_all(text.as_bytes())
    })
}

/// The file, in the folder of versions, with the config as smsdeck last read or wrote it.
const IN_FORCE: &str = "in-force";

/// Returns the config as smsdeck last read or wrote it; `None` where it never did.
pub(super) fn in_force(config: &Path) -> Option<String> {
    read_text(&history_folder(config).join(IN_FORCE)).ok().flatten()
}

/// Remembers the text of the config, with the mode of its file. The caller must hold the lock.
pub(super) fn remember_in_force(config: &Path, text: &str) -> io::Result<()> {
    let folder = history_folder(config);
    let mode = fs::metadata(config)?.mode() & 0o7777;
    make_own_folder(&folder)?;
    replace(&folder.join(IN_FORCE), Links::Refuse, Mode::Always(mode), |file| {
        file.write_all(text.as_bytes())
    })
}

/// Keeps the present text of a config, with the mode of its file, and deletes the oldest version.
/// The caller must hold the lock.
pub(super) fn keep(config: &Path, text: &str) -> io::Result<()> {
    let folder = history_folder(config);
    let mode = fs::metadata(config)?.mode() & 0o7777;
    make_own_folder(&folder)?;
    let kept = of_folder(&folder)?;
    // A save that failed after this point has left it here already.
    if kept
        .first()
        .is_some_and(|newest| read_text(&newest.path).is_ok_and(|it| it.as_deref() == Some(text)))
    {
        return Ok(());
    }
    // After the newest, even if the clock has been set back since.
    let after = kept.first().and_then(|newest| moment(&newest.name));
    let after = after.and_then(|newest| newest.checked_add(SignedDuration::from_millis(1)).ok());
    let at = Timestamp::now().max(after.unwrap_or(Timestamp::MIN));
    let path = folder.join(format!("{}.ron", at.strftime(NAME)));
    replace(&path, Links::Refuse, Mode::Always(mode), |file| file.write_all(text.as_bytes()))?;
    for old in kept.iter().skip(VERSIONS - 1) {
        fs::remove_file(&old.path)?;
    }
    Ok(())
}

/// Makes the folder of versions, or makes sure that the one that is there is this user's own and
/// no link to somewhere else.
fn make_own_folder(folder: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return fs::DirBuilder::new().mode(0o700).create(folder);
        }
        found => found?,
    };
    if found.is_dir() && files::is_private(&found) {
        return Ok(());
    }
    let text = format!("{} is not a folder of yours", folder.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_folder_of_versions_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.ron");
        fs::write(&config, "text").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = folder.path().join("config.ron.history");
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let error = keep(&config, "text").unwrap_err();
        assert!(error.to_string().contains("is not a folder of yours"), "{error}");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        fs::remove_file(&link).unwrap();
        keep(&config, "text").unwrap();
        assert_eq!(of_folder(&link).unwrap().len(), 1);
    }
}
