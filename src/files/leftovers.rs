//! What a process that was killed has left behind: temporary files and copies that were edited.
//!
//! Whoever writes one holds a lock on it, which the system releases when the process dies: what
//! nobody holds is a leftover.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::regular::{Links, open, open_with};

/// How the names of temporary files begin.
pub(super) const PREFIX: &str = ".smsdeck-";

/// How the names of folders with edited copies begin.
const COPIES: &str = ".smsdeck-edit-";

/// How those of folders in the system's temporary folder begin.
const TEMPORARY: &str = "smsdeck-";

/// The file in a folder of copies whose lock says that the folder is in use.
const IN_USE: &str = "in-use";

/// The most files that a folder of copies is taken to have; one with more is something else.
const MAX_FILES: usize = 16;

/// A folder for copies that only its owner may read. Deleted when dropped, unless it is kept.
#[derive(Debug)]
pub struct Copies {
    folder: tempfile::TempDir,
    in_use: File,
}

impl Copies {
    /// Makes one in `beside`.
    ///
    /// # Errors
    /// When nothing can be made there.
    pub fn new_in(beside: &Path) -> io::Result<Self> {
        let private = Permissions::from_mode(0o700);
        let folder =
            tempfile::Builder::new().prefix(COPIES).permissions(private).tempdir_in(beside)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let in_use = open_with(&mut options, &folder.path().join(IN_USE), Links::Refuse)?;
        // A file system without locks has to do without them.
        let _ = in_use.try_lock();
        Ok(Self { folder, in_use })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Has programs that are started from now on hold the folder too: an editor outlives a
    /// console that is killed.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn share(&self) -> io::Result<()> {
        Ok(rustix::io::fcntl_setfd(&self.in_use, rustix::io::FdFlags::empty())?)
    }

    /// Keeps the folder when this is dropped, and in use as long as the returned file is open.
    pub fn keep(self) -> (PathBuf, File) {
        (self.folder.keep(), self.in_use)
    }
}

/// Removes what dead processes have left beside a config and its secrets, in its folder of
/// `versions`, and in the system's temporary folder. Creates nothing; what cannot be removed stays.
pub fn remove_leftovers(config: &Path, secrets: &Path, versions: &Path) {
    // A writer that has just made its file has not locked it yet, but holds one of these.
    if !Lock::is_held(config) && !Lock::is_held(secrets) {
        let target = config.canonicalize().unwrap_or_else(|_| config.to_owned());
        for folder in [config.parent(), target.parent(), Some(versions)].into_iter().flatten() {
            remove_from(folder);
        }
    }
    for folder in entries(&std::env::temp_dir(), TEMPORARY) {
        remove_copies(&folder);
    }
}

/// Removes what dead processes have left in a folder.
pub(super) fn remove_from(folder: &Path) {
    for path in entries(folder, PREFIX) {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(COPIES)) {
            remove_copies(&path);
        } else if is_mine(&path) && open(&path, Links::Refuse).is_ok_and(|file| is_free(&file)) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Removes a folder of copies that nobody uses, and nothing else that is called so.
fn remove_copies(folder: &Path) {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir());
    if !is_folder || !is_mine(folder) {
        return;
    }
    let files = entries(folder, "");
    let is_copy = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Editors leave their own files beside the copy.
        name == IN_USE || name.contains("config.ron") || name == "before.ron"
    };
    let is_edited = files.iter().any(|path| path.ends_with("before.ron"));
    if files.len() > MAX_FILES || !files.iter().all(is_copy) || !(is_edited || files.is_empty()) {
        return;
    }
    let in_use = open(&folder.join(IN_USE), Links::Refuse);
    let is_used = in_use.is_ok_and(|file| !is_free(&file));
    if !is_used {
        let _ = fs::remove_dir_all(folder);
    }
}

fn is_mine(path: &Path) -> bool {
    let me = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|found| found.uid() == me)
}

/// Whether no process holds a file.
fn is_free(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// The entries of a folder whose names begin so.
fn entries(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.flatten();
    let named = entries.filter(|it| it.file_name().to_string_lossy().starts_with(prefix));
    named.map(|it| it.path()).collect()
}
