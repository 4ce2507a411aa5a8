//! The config as it was before each save: what was saved by mistake can be put back.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::{Kept, replace};
use super::paths::Paths;

/// Versions that are kept.
pub const VERSIONS: usize = 20;

/// A config as it was once. Like the config it holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its name: when another one took its place, in UTC.
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

/// Beside the config, under its name, as several configs may share a folder.
fn folder(config: &Path) -> PathBuf {
    // Whoever reads by way of a link and whoever does not must find the same versions.
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
            && name.ends_with('Z')
        {
            versions.push(Version { name: name.to_owned(), path });
        }
    }
    // The names are times, and those sort as text.
    versions.sort_by(|one, other| other.name.cmp(&one.name));
    Ok(versions)
}

/// Keeps the text that a config has now, with the mode of its file, and forgets the oldest. To be
/// called by whoever has the lock.
pub(super) fn keep(config: &Path, text: &str) -> io::Result<()> {
    let folder = folder(config);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let kept = of_folder(&folder)?;
    let path = (0..)
        .map_while(|later| {
            Timestamp::now().checked_add(jiff::SignedDuration::from_millis(later)).ok()
        })
        .map(|at| folder.join(format!("{}.ron", at.strftime("%Y%m%dT%H%M%S.%3fZ"))))
        .find(|path| !path.exists() && kept.first().is_none_or(|newest| newest.path < *path))
        .ok_or_else(|| io::Error::other("no name is left for the former version"))?;
    let mode = fs::metadata(config)?.permissions();
    replace(&path, Kept::Never(0o600), |file| file.write_all(text.as_bytes()))?;
    fs::set_permissions(&path, mode)?;
    for old in kept.iter().skip(VERSIONS - 1) {
        fs::remove_file(&old.path)?;
    }
    Ok(())
}
