//! Temporary files: locked by the process that writes them, so that what nobody holds is a leftover of a
//! process that was killed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::regular::{Links, open};

/// How the names of temporary files begin.
const PREFIX: &str = ".smsdeck-";

/// Makes a temporary file that is locked as long as its writer lives.
pub(super) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let new = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        if is_held(new.as_file())? {
            return Ok(new);
        }
    }
}

/// Locks a file that was just made. Returns `false` where another process has taken it for a
/// leftover in the meantime.
pub(super) fn is_held(file: &File) -> io::Result<bool> {
    // A file system without locks has to do without them.
    let is_taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    Ok(!is_taken && file.metadata()?.nlink() > 0)
}

/// Removes the temporary files that dead processes have left in a folder.
pub(super) fn remove_files(folder: &Path) {
    for path in entries(folder, PREFIX) {
        if is_mine(&path) && open(&path, Links::Refuse).is_ok_and(|file| is_free(&file)) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether a file or folder belongs to this user.
pub(super) fn is_mine(path: &Path) -> bool {
    let me = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|found| found.uid() == me)
}

/// Whether no process holds a file.
pub(super) fn is_free(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// The entries of a folder whose names begin so.
pub(super) fn entries(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.flatten();
    let named = entries.filter(|it| it.file_name().to_string_lossy().starts_with(prefix));
    named.map(|it| it.path()).collect()
}
