//! Files that are replaced as a whole or not at all, one writer at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a writer waits for another one. A save takes milliseconds.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// An exclusive lock on writing a file. Released when dropped, and by the system when the
/// process dies.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock on writing `path`; creates its folder if it is missing.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        // A path through a symlink and a direct path must share one lock.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.with_file_name(&name))?;
        if let Some(folder) = path.parent() {
            let like = fs::metadata(path).or_else(|_| fs::metadata(folder))?;
            give(&path.with_file_name(&name), &like)?;
        }
        let end = Instant::now() + MAX_WAIT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    let text = "another smsdeck is writing it and does not end";
                    return Err(io::Error::new(io::ErrorKind::TimedOut, text));
                }
            }
        }
    }
}

/// Writes a file that others read, mode 0644: as a whole or not at all.
///
/// # Errors
/// When its folder cannot be written.
pub fn publish(path: &Path, text: &str) -> io::Result<()> {
    replace(path, Kept::OrMode(0o644), |file| file.write_all(text.as_bytes()))
}

/// Gives a new file or folder the owner of another one: a file that root creates must not lock
/// out the user whose deck it is. Only root can change owners; for others nothing changes.
pub(super) fn give(path: &Path, like: &fs::Metadata) -> io::Result<()> {
    let found = fs::metadata(path)?;
    if (found.uid(), found.gid()) == (like.uid(), like.gid()) {
        return Ok(());
    }
    may_fail_for_others(chown(path, Some(like.uid()), Some(like.gid())))
}

fn may_fail_for_others(given: io::Result<()>) -> io::Result<()> {
    given.or_else(|error| {
        // Only root may change owners; a file that we own is still right.
        if error.kind() == io::ErrorKind::PermissionDenied { Ok(()) } else { Err(error) }
    })
}

/// The mode that a file has after it is replaced.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// It keeps its mode; a new file gets this one.
    OrMode(u32),
    /// It gets this mode in any case.
    Never(u32),
}

/// Replaces a file: a new one in the same folder is written, synced and renamed over it, and
/// the folder is synced. Owner and group are kept where the system allows it.
pub(super) fn replace(
    path: &Path,
    mode: Kept,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    // A link is followed, so that its target is replaced, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        None => PathBuf::from("."),
        // A bare file name is in the current folder.
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.to_owned(),
    };
    let old = fs::metadata(&path).ok();
    let bits = match (mode, &old) {
        (Kept::OrMode(_), Some(old)) => old.mode() & 0o7777,
        (Kept::OrMode(mode) | Kept::Never(mode), _) => mode,
    };
    let mut new = tempfile::Builder::new().prefix(".smsdeck-").tempfile_in(&folder)?;
    write(new.as_file_mut())?;
    // A new file gets the owner of its folder.
    let like = old.map_or_else(|| fs::metadata(&folder), Ok)?;
    if (like.uid(), like.gid()) != owner(new.as_file())? {
        let given = fchown(new.as_file(), Some(like.uid()), Some(like.gid()));
        // A user who may not change the owner may still set a group that they are in.
        let given = given.or_else(|_| fchown(new.as_file(), None, Some(like.gid())));
        may_fail_for_others(given)?;
    }
    new.as_file().set_permissions(fs::Permissions::from_mode(bits))?;
    new.as_file().sync_all()?;
    new.persist(&path).map_err(|error| error.error)?;
    File::open(&folder)?.sync_all()
}

fn owner(file: &File) -> io::Result<(u32, u32)> {
    file.metadata().map(|metadata| (metadata.uid(), metadata.gid()))
}

/// Reads a file of at most `largest` bytes.
///
/// # Errors
/// When it cannot be read, or is larger.
pub fn read(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    read_from(File::open(path)?, largest)
}

/// Reads a file that is open, of at most `largest` bytes.
pub(super) fn read_from(file: File, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is far too large"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.ron");
        fs::write(&path, "old").unwrap();
        let full = replace(&path, Kept::OrMode(0o644), |file| {
            file.write_all(b"ne")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["config.ron"]);
    }

    #[test]
    fn the_mode_is_kept_or_forced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
        replace(&path, Kept::OrMode(0o644), |_| Ok(())).unwrap();
        assert_eq!(mode(), 0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, Kept::OrMode(0o644), |_| Ok(())).unwrap();
        assert_eq!(mode(), 0o640);
        replace(&path, Kept::Never(0o600), |_| Ok(())).unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace(&link, Kept::OrMode(0o644), |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
